"""Rows of the database ↔ values of the program."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from alerts.access.roles import Role
from alerts.alert import Alert
from vision.rule import Severity

PRIORITIES = {Severity.FIRE: 0, Severity.VIOLATION: 1, Severity.FAULT: 2}
SEVERITIES = {priority: severity for severity, priority in PRIORITIES.items()}
_ALERT_FIELDS = tuple(field.name for field in fields(Alert))


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notice for one channel.

    id: ULID, and the receiver's idempotency key. payload: `alerts.db.codec.to_json` of the alert as it was at
    `created_at`. attempts: those that have ended. dead_at: given up, for the reason in `last_error`.
    person, rung, reason, group_key, repeat_s: of `alerts.routing.plan.Planned`. not_before: when the first attempt was
    due. also: payloads of the alerts that are told with it; None: not yet looked for. superseded_at: no longer needed,
    for `superseded_reason`; superseded_by: the id of the delivery that tells it, too.
    """

    id: str
    alert_id: str
    channel: str
    kind: str
    severity: Severity
    payload: Mapping[str, Any]
    created_at: datetime
    next_try_at: datetime
    expires_at: datetime
    attempts: int = 0
    last_error: str = ""
    delivered_at: datetime | None = None
    dead_at: datetime | None = None
    person: str = ""
    rung: int = 0
    reason: str = ""
    not_before: datetime | None = None
    group_key: str | None = None
    repeat_s: float | None = None
    also: Sequence[Mapping[str, Any]] | None = None
    superseded_at: datetime | None = None
    superseded_by: str | None = None
    superseded_reason: str = ""

    @property
    def state(self) -> str:
        """delivered, dead, superseded or waiting."""
        if self.delivered_at is not None:
            return "delivered"
        if self.dead_at is not None:
            return "dead"
        return "waiting" if self.superseded_at is None else "superseded"


@dataclass(frozen=True, slots=True)
class OperatorSession:
    """A signed-in browser.

    token_hash: hex SHA-256 of its cookie. account: id; "" for who came by a link of no account, whose name, role and
    places these are; of an account, they are as they were at the log-in. agent: what the browser calls itself.
    """

    token_hash: str
    name: str
    created_at: datetime
    expires_at: datetime
    account: str = ""
    role: Role = Role.ADMIN
    places: frozenset[str] | None = None
    agent: str = ""


def from_alert(alert: Alert) -> dict[str, Any]:
    """Column values, without `state_version`."""
    values = {name: getattr(alert, name) for name in _ALERT_FIELDS}
    values.update(severity=alert.severity.value, box=list(alert.box), evidence=dict(alert.evidence))
    values["muted"] = None if alert.muted is None else dict(alert.muted)
    return values


def to_alert(row: Row[Any]) -> Alert:
    """From a row of `schema.alerts`."""
    values = {name: value for name, value in row._mapping.items() if name in _ALERT_FIELDS}
    x1, y1, x2, y2 = values["box"]
    return Alert(**{**values, "severity": Severity(values["severity"]), "box": (x1, y1, x2, y2)})


def to_delivery(row: Row[Any]) -> Delivery:
    """From a row of `schema.deliveries`."""
    values = dict(row._mapping)
    return Delivery(severity=SEVERITIES[values.pop("priority")], **values)


def from_session(session: OperatorSession) -> dict[str, Any]:
    """Column values."""
    return {**asdict(session), "role": session.role.value, "places": from_places(session.places)}


def to_session(row: Row[Any]) -> OperatorSession:
    """From a row of `schema.sessions`."""
    return OperatorSession(**{**row._mapping, "role": Role(row.role), "places": to_places(row.places)})


def from_places(places: frozenset[str] | None) -> list[str] | None:
    """As JSON."""
    return None if places is None else sorted(places)


def to_places(listed: Sequence[str] | None) -> frozenset[str] | None:
    """From JSON."""
    return None if listed is None else frozenset(listed)
