"""Alerts that a person keeps beyond their time, with a reason; each hold and release is on record."""

from datetime import datetime

from sqlalchemy import delete, insert, select

from alerts.db.schema_records import holds
from alerts.record.actor import Actor
from alerts.record.chain import Entry
from alerts.record.records import Kind, Transactions, put


def hold(store: Transactions, alert_id: str, *, by: Actor, reason: str, at: datetime) -> None:
    """Keep it until it is released; a second hold takes the place of the first. The alert must be stored."""
    with store.writing() as connection:
        connection.execute(delete(holds).where(holds.c.alert_id == alert_id))
        connection.execute(insert(holds).values(alert_id=alert_id, at=at, by=by.name, reason=reason))
        put(connection, [Entry(Kind.HELD, alert_id, by.name, by.via, {"reason": reason}, account=by.account)], at)


def release(store: Transactions, alert_id: str, *, by: Actor, at: datetime) -> bool:
    """Let it go its way again; whether it was held."""
    with store.writing() as connection:
        held = connection.execute(delete(holds).where(holds.c.alert_id == alert_id)).rowcount > 0
        if held:
            put(connection, [Entry(Kind.RELEASED, alert_id, by.name, by.via, account=by.account)], at)
    return held


def held(store: Transactions) -> dict[str, str]:
    """Alert id → reason."""
    with store.reading() as connection:
        return {row.alert_id: row.reason for row in connection.execute(select(holds))}
