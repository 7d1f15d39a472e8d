"""The outbox in the database: what waits, what became of it, and what was given up (`alerts.delivery.outbox`)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select, update

from alerts.access.principal import Area
from alerts.db import areas, rows, schema
from alerts.db.opened import Opened
from alerts.db.rows import Delivery
from alerts.delivery import outbox
from alerts.delivery.replan import fires_anew, strays_anew
from alerts.notifiers.base import Missed
from alerts.notifiers.channel_base import PUSH_PREFIX
from alerts.record import records
from alerts.record.actor import Actor
from alerts.record.chain import Entry
from alerts.record.records import Kind
from alerts.routing.plan import Planner
from alerts.routing.recipient import Recipient
from alerts.track.answer_links import AnswerLinks
from vision.rule import Severity

_D = schema.deliveries.c


class StoredDeliveries(Opened):
    """Emptied by `alerts.delivery.deliver`; filled with the alerts, by `alerts.db.store`."""

    def due(self, channel: str, now: datetime, limit: int, severity: Severity | None = None) -> list[Delivery]:
        """What to try now on a channel: fire first, then what has waited longest for its turn. See `outbox.due`."""
        return self._deliveries(outbox.due(channel, now, severity).limit(limit))

    def take(self, channel: str, now: datetime, severity: Severity, *, fresh: bool = False) -> Delivery | None:
        """The most urgent one that is due, with those of its group that are told by it. fresh: not tried before."""
        with self.reading() as connection:
            found = connection.execute(outbox.due(channel, now, severity, fresh=fresh).limit(1)).one_or_none()
        if found is None:
            return None
        delivery = rows.to_delivery(found)
        if delivery.group_key is None or delivery.also is not None:
            return delivery
        with self.writing() as connection:
            return replace(delivery, also=outbox.gather(connection, found, now))

    def mark_delivered(
        self,
        delivery_id: str,
        at: datetime,
        links: AnswerLinks | None = None,
        missed: Mapping[int, Missed] = MappingProxyType({}),
    ) -> None:
        """It arrived. links: for the notices that follow from it. missed: of several receivers those whom it did not
        reach; each is told by a notice of its own, or is a dead letter of its own."""
        with self.writing() as connection:
            if missed:
                outbox.set_apart(connection, delivery_id, missed, at, links)
            more = outbox.arrived(connection, delivery_id, at, self._new_id, links)
        if more:
            self._call_listeners()

    def mark_failed(self, delivery_id: str, error: str, next_try_at: datetime | None, at: datetime) -> None:
        """One more failed attempt. Without `next_try_at` it is given up: dead, and kept for the record."""
        when: dict[str, Any] = {"dead_at": at} if next_try_at is None else {"next_try_at": next_try_at}
        with self.writing() as connection:
            outbox.failed(connection, delivery_id, {"last_error": error[:500], **when})

    def wake_channel(self, channel: str, severities: Collection[Severity], now: datetime) -> None:
        """It answers again: what of these was put off is due now."""
        with self.writing() as connection:
            outbox.wake(connection, channel, severities, now)

    def resend(self, delivery_ids: Sequence[str], at: datetime, by: Actor) -> int:
        """Try these again that were given up; how many there were."""
        with self.writing() as connection:
            found = outbox.resend(connection, delivery_ids, at)
            told = [
                Entry(Kind.RESENT, alert, by.name, by.via, {"deliveries": ids}, account=by.account)
                for alert, ids in found.items()
            ]
            records.put(connection, told, at)
        self._call_listeners()
        return sum(len(ids) for ids in found.values())

    def spread(
        self, delivery_id: str, told: Mapping[str, Recipient], at: datetime, links: AnswerLinks | None = None
    ) -> None:
        """Tell these channels what one delivery tells, each by a delivery of its own; doing it again adds nothing.

        told: channel → in whose name its notice is answered. Listeners are not called: whoever spreads knows whom to
        wake.
        """
        with self.writing() as connection:
            outbox.spread(connection, delivery_id, told, at, links)

    def abandon(self, channel: str, reason: str, at: datetime) -> None:
        """Give up all that waits for a channel."""
        with self.writing() as connection:
            connection.execute(
                update(schema.deliveries)
                .where(_D.channel == channel, outbox.WAITING)
                .values(dead_at=at, last_error=reason[:500])
            )

    def abandon_others(self, channels: Collection[str], at: datetime) -> int:
        """Give up what waits for none of these channels, nor for a phone: how many. Nobody would ever send it."""
        gone = and_(_D.channel.not_in(channels), ~_D.channel.startswith(PUSH_PREFIX, autoescape=True))
        with self.writing() as connection:
            return connection.execute(
                update(schema.deliveries)
                .where(gone, outbox.WAITING)
                .values(dead_at=at, last_error="the channel is no longer in the settings")
            ).rowcount

    def replan_fires(self, planner: Planner, at: datetime, links: AnswerLinks | None = None) -> int:
        """Fit fires that nobody has answered to the settings of that planner; how many notices were dropped, moved or
        made."""
        with self.writing() as connection:
            changed = fires_anew(connection, planner, at, self._new_id, links)
        self._call_listeners()
        return changed

    def replan_strays(self, planner: Planner, at: datetime, links: AnswerLinks | None = None) -> int:
        """The same of the next few alerts of which a notice waits that nobody would get: a piece at a time, so that
        nobody who writes waits long. 0: none is left."""
        with self.writing() as connection:
            changed = strays_anew(connection, planner, at, self._new_id, links)
        self._call_listeners()
        return changed

    def delivery(self, delivery_id: str) -> Delivery | None:
        """By its id."""
        return next(iter(self._deliveries(select(schema.deliveries).where(_D.id == delivery_id))), None)

    def deliveries_of(self, alert_id: str) -> list[Delivery]:
        """All notices of one alert, in order: who was told what, and when."""
        return self._deliveries(select(schema.deliveries).where(_D.alert_id == alert_id).order_by(_D.id))

    def deliveries_in(self, area: Area, delivery_ids: Sequence[str]) -> list[str]:
        """Those of them that tell of alerts of an area."""
        query = select(_D.id).where(_D.id.in_(delivery_ids), areas.is_of(_D.alert_id, area))
        with self.reading() as connection:
            return list(connection.scalars(query))

    def dead(
        self, limit: int = 50, area: Area | None = None, *, before: tuple[datetime, str] | None = None
    ) -> list[Delivery]:
        """Deliveries given up, newest first. area: only of its alerts. before: `dead_at` and id of the last one of the
        page before, which may be waiting again by now."""
        query = select(schema.deliveries).where(_D.dead_at.is_not(None))
        if area is not None:
            query = query.where(areas.is_of(_D.alert_id, area))
        if before is not None:
            at, delivery_id = before
            query = query.where(_D.dead_at <= at, or_(_D.dead_at < at, _D.id < delivery_id))
        return self._deliveries(query.order_by(_D.dead_at.desc(), _D.id.desc()).limit(limit))

    def delivery_counts(self) -> dict[str, dict[str, int]]:
        """channel → {"waiting": n, "delivered": n, "dead": n}; what is no longer needed is left out."""
        stage = case((_D.dead_at.is_not(None), "dead"), (_D.delivered_at.is_not(None), "delivered"), else_="waiting")
        needed = or_(_D.superseded_at.is_(None), _D.delivered_at.is_not(None))
        counts: dict[str, dict[str, int]] = {}
        with self.reading() as connection:
            for channel, name, number in connection.execute(
                select(_D.channel, stage, func.count()).where(needed).group_by(_D.channel, stage)
            ):
                counts.setdefault(channel, {"waiting": 0, "delivered": 0, "dead": 0})[name] = number
        return counts

    def queues(self, now: datetime) -> dict[Severity, tuple[int, datetime]]:
        """Of what is due and not delivered: how many, and since when the oldest is due. It costs as much as waits."""
        since = func.coalesce(_D.not_before, _D.created_at)
        query = select(_D.channel, _D.priority, func.count(), func.min(since)).where(outbox.WAITING, since <= now)
        found: dict[Severity, tuple[int, datetime]] = {}
        with self.reading() as connection:
            # By channel, too: in the order of the index.
            for _, priority, number, oldest in connection.execute(query.group_by(_D.channel, _D.priority)):
                severity = rows.SEVERITIES[priority]
                before, first = found.get(severity, (0, oldest))
                found[severity] = before + number, min(first, oldest)
        return found

    def dead_count(self) -> int:
        """How many were given up; by the index of those."""
        with self.reading() as connection:
            return connection.scalar(select(func.count()).where(_D.dead_at.is_not(None))) or 0

    def _deliveries(self, query: Select[Any]) -> list[Delivery]:
        with self.reading() as connection:
            return [rows.to_delivery(row) for row in connection.execute(query)]
