"""Hand-overs: a sheet that whoever leaves has signed with notes, and whoever comes has countersigned.

Nothing of it is changed afterwards but by the one countersignature. Both are rows of the record too, with the
fingerprint of what was signed, so that `xinan verify` finds a sheet that was changed.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from alerts.access.principal import Area, Principal
from alerts.db.codec import time_text
from alerts.db.rows import from_places
from alerts.db.schema_shift import hand_overs as table
from alerts.errors import HandOverNotFound, HandOverRefused
from alerts.ids import UlidFactory
from alerts.record.actor import Actor
from alerts.record.chain import Entry, digest
from alerts.record.records import Kind, Transactions, put
from alerts.shift.spans import Span

MAX_NOTES = 4_000
_T = table.c


@dataclass(frozen=True, slots=True)
class HandOver:
    """places: what it is limited to, None: the whole site. came_at None: nobody has countersigned yet.

    Accounts are ids, "" of whoever came by a link of none.
    """

    id: str
    begins_at: datetime
    ends_at: datetime
    places: tuple[str, ...] | None
    sheet: Mapping[str, Any]
    notes: str
    left_by: str
    left_account: str
    left_at: datetime
    came_by: str = ""
    came_account: str = ""
    came_at: datetime | None = None
    came_notes: str = ""


def signed_hash(one: HandOver) -> str:
    """Fingerprint of what the leaving person signed."""
    return digest(
        {
            "id": one.id,
            "sheet": one.sheet,
            "notes": one.notes,
            "left_by": one.left_by,
            "left_at": time_text(one.left_at),
            "places": one.places,
        }
    )


def countersigned_hash(one: HandOver) -> str:
    """Fingerprint of that, and of what the coming person added."""
    at = "" if one.came_at is None else time_text(one.came_at)
    return digest({"signed": signed_hash(one), "came_by": one.came_by, "came_at": at, "came_notes": one.came_notes})


def check_sheet(sheet: Mapping[str, Any], notes: str, seen: str) -> None:
    """Whether it may be signed so. seen: `mark` of what was open in the sheet that the person read; "": not said.

    Raises HandOverRefused: something of it has changed since; something is open, and no word is left about it.
    """
    owed = sheet["owed"]
    if seen and seen != owed["mark"]:
        raise HandOverRefused("changed", "something that is open has changed since you read the sheet; read it again")
    if owed["open"] and not notes:
        raise HandOverRefused("remark", "something is still open: write what the next one has to know about it")


class HandOvers:
    """Thread-safe; may block on the database. Raises StoreError."""

    def __init__(self, store: Transactions) -> None:
        self._store = store
        self._new_id = UlidFactory(random.SystemRandom())

    def sign(
        self, sheet: Mapping[str, Any], span: Span, notes: str, who: Principal, by: str, now: datetime
    ) -> HandOver:
        """The leaving person's word. by: the name."""
        places = from_places(who.places) if who.is_limited else None
        bound = None if places is None else tuple(places)
        made = HandOver(self._new_id(now), span.begins, span.ends, bound, sheet, notes, by, who.account, now)
        with self._store.writing() as connection:
            values = {name: getattr(made, name) for name in _NAMES} | {"places": places, "sheet": dict(sheet)}
            connection.execute(insert(table).values(values))
            put(connection, [_entry(Kind.SIGNED_SHEET, made, _signer(who, by), signed_hash(made))], now)
        return made

    def countersign(self, name: str, notes: str, who: Principal, by: str, area: Area | None, now: datetime) -> HandOver:
        """The coming person's word. Raises HandOverNotFound; HandOverRefused where it has been given, or by whoever
        signed."""
        with self._store.writing() as connection:
            found = _find(connection, name, area)
            if found.came_at is not None:
                raise HandOverRefused("countersigned", f"{found.came_by} has countersigned it already")
            if _is_same(found, who.account, by):
                raise HandOverRefused("same_person", "somebody else than who signed it has to countersign")
            values = {"came_by": by, "came_account": who.account, "came_at": now, "came_notes": notes}
            connection.execute(update(table).where(_T.id == name).values(values))
            done = _find(connection, name, area)
            put(
                connection,
                [_entry(Kind.COUNTERSIGNED, done, _signer(who, by), countersigned_hash(done))],
                now,
            )
        return done

    def find(self, name: str, area: Area | None) -> HandOver:
        """Raises HandOverNotFound: there is none, or it is about more than the area."""
        with self._store.reading() as connection:
            return _find(connection, name, area)

    def page(self, area: Area | None, before: str | None = None, limit: int = 50) -> list[HandOver]:
        """Newest first, without their sheets. before: the id of the last one of the page before."""
        # Two or three a day: all of them are gone through, so that a page tells of nothing that is not theirs.
        query = select(_T.id, _T.places).order_by(_T.id.desc())
        if before is not None:
            query = query.where(_T.id < before)
        with self._store.reading() as connection:
            own = (row.id for row in connection.execute(query) if _is_within(row.places, area))
            return _bare(connection, _T.id.in_(list(islice(own, limit))))

    def of_shifts(self, begins: list[datetime], area: Area | None) -> dict[datetime, HandOver]:
        """Of shifts that begin then, the last one signed for each, without its sheet. Where the whole site is asked for
        one of the whole site goes before any that is limited."""
        with self._store.reading() as connection:
            found = _bare(connection, _T.begins_at.in_(begins))
        own = [one for one in reversed(found) if _is_within(one.places, area)]
        if area is None:
            own.sort(key=lambda one: one.places is None)  # the last one stays
        return {one.begins_at: one for one in own}


def to_hand_over(row: Row[Any]) -> HandOver:
    """From a row of the table, with its sheet or without."""
    values = {"sheet": {}, **row._mapping}
    return HandOver(**values | {"places": None if row.places is None else tuple(row.places)})


def _is_within(places: Sequence[str] | None, area: Area | None) -> bool:
    """Whether somebody of this area may see it: it is about nothing else."""
    if area is None:
        return True
    return places is not None and area.places.union(area.cameras).issuperset(places)


def _bare(connection: Connection, wanted: ColumnElement[bool]) -> list[HandOver]:
    """Newest first; sheets are large, and lists do not show them."""
    columns = [column for column in table.c if column is not _T.sheet]
    rows = connection.execute(select(*columns).where(wanted).order_by(_T.id.desc()))
    return [to_hand_over(row) for row in rows]


def _find(connection: Connection, name: str, area: Area | None) -> HandOver:
    row = connection.execute(select(table).where(_T.id == name)).one_or_none()
    found = None if row is None else to_hand_over(row)
    if found is None or not _is_within(found.places, area):
        raise HandOverNotFound("no such hand-over")
    return found


def _is_same(found: HandOver, account: str, by: str) -> bool:
    """By the account where both have one, else by the name."""
    if account and found.left_account:
        return account == found.left_account
    return by.casefold() == found.left_by.casefold()


def _signer(who: Principal, name: str) -> Actor:
    return Actor(name, who.via, who.account)


def _entry(kind: Kind, one: HandOver, by: Actor, sha256: str) -> Entry:
    span = {"begins_at": time_text(one.begins_at), "shift_ends_at": time_text(one.ends_at)}
    detail = {"hand_over": one.id, **span, "sha256": sha256}
    return Entry(kind, "", by.name, by.via, detail, account=by.account)


_NAMES = tuple(table.c.keys())
