"""Steps and answer links in the database, on a connection of `Store.writing` or `Store.reading`."""

from dataclasses import fields
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from alerts.db.schema_tracks import answer_links, steps
from alerts.track.answer_links import AnswerLink
from alerts.track.step import Step, StepKind


def add_step(connection: Connection, step: Step) -> None:
    """In the transaction that writes what it made of its alert."""
    values = {field.name: getattr(step, field.name) for field in fields(Step)}
    connection.execute(insert(steps).values(values | {"detail": dict(step.detail)}))


def steps_of(connection: Connection, alert_id: str) -> list[Step]:
    """What people did about an alert, in order."""
    rows = connection.execute(select(steps).where(steps.c.alert_id == alert_id).order_by(steps.c.seq))
    return [Step(**{**row._mapping, "kind": StepKind(row.kind)}) for row in rows]


def keep_link(connection: Connection, link: AnswerLink, now: datetime) -> None:
    """Let the link of a notice open something, in the transaction that makes the notice. Expired ones are removed."""
    connection.execute(delete(answer_links).where(answer_links.c.expires_at <= now))
    values = {field.name: getattr(link, field.name) for field in fields(AnswerLink)}
    connection.execute(insert(answer_links).values(values | {"allowed": [kind.value for kind in link.allowed]}))


def link_of(connection: Connection, token_hash: str, now: datetime) -> AnswerLink | None:
    """None if it is unknown or expired."""
    query = select(answer_links).where(answer_links.c.token_hash == token_hash, answer_links.c.expires_at > now)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return AnswerLink(**{**row._mapping, "allowed": tuple(StepKind(kind) for kind in row.allowed)})
