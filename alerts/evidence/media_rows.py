"""What is in the object store, or on its way there or out of it, as rows: known after a kill as before.

A file of the folder without a row, or with one that says neither "kept" nor "going", is to be sent. The row stands
before the first byte goes, so that nothing can be there of which no row knows.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from alerts.db.schema import alerts, meta
from alerts.db.schema_media import media
from alerts.evidence.names import alert_of
from alerts.evidence.objects import Stored
from alerts.record.chain import Entry
from alerts.record.records import Kind, Transactions, append, begin

_M = media.c
_PAGE = 500
"""Names of one question."""
WHERE = "object store"
_PLACE = "media_place"


@dataclass(frozen=True, slots=True)
class Counts:
    """kept: in the object store. local: of these, with a copy in the folder. sending: begun and not known to have
    arrived. going: to be deleted there. bytes: of kept, of local."""

    kept: int
    kept_bytes: int
    local: int
    local_bytes: int
    sending: int
    going: int


class MediaRows:
    """Thread-safe. Every method raises StoreError when the database fails."""

    def __init__(self, store: Transactions) -> None:
        self._store = store

    def place(self) -> str:
        """The object store that was last used; "" for none."""
        with self._store.reading() as connection:
            return connection.scalar(select(meta.c.value).where(meta.c.key == _PLACE)) or ""

    def use(self, place: str) -> None:
        """Put down which one is used from now on."""
        with self._store.writing() as connection:
            connection.execute(delete(meta).where(meta.c.key == _PLACE))
            connection.execute(insert(meta).values(key=_PLACE, value=place))

    def kept(self, name: str) -> Stored | None:
        """What the object store was found to hold under this name."""
        with self._store.reading() as connection:
            found = connection.execute(_kept().where(_M.name == name)).one_or_none()
        return None if found is None else Stored(found.name, found.size, found.sha256)

    def known(self, name: str) -> bool:
        """Whether any row speaks of it."""
        with self._store.reading() as connection:
            return connection.scalar(select(_M.name).where(_M.name == name)) is not None

    def kept_of(self, names: Collection[str]) -> set[str]:
        """Those that the object store holds."""
        return {row.name for row in self._pages(names, lambda page: _kept().where(_M.name.in_(page)))}

    def to_send(self, names: Collection[str]) -> list[str]:
        """In their order: those of a stored alert that are neither there nor to be deleted there."""
        settled = _M.kept_at.is_not(None) | _M.going_at.is_not(None)
        known = self._pages(names, lambda page: select(_M.name).where(_M.name.in_(page), settled))
        done = {row.name for row in known}
        ids = {alert_of(name) for name in names}
        of = {row.id for row in self._pages(ids, lambda page: select(alerts.c.id).where(alerts.c.id.in_(page)))}
        return [name for name in names if name not in done and alert_of(name) in of]

    def begin(self, names: Sequence[str]) -> list[str]:
        """Put down that these are being sent: those of an alert that is there, neither kept yet nor to be deleted."""
        with self._store.writing() as connection:
            ids = connection.scalars(select(alerts.c.id).where(alerts.c.id.in_({alert_of(name) for name in names})))
            rows = connection.execute(select(media).where(_M.name.in_(names))).all()
            known, settled = {row.name for row in rows}, {row.name for row in rows if row.kept_at or row.going_at}
            there = set(ids)
            fine = [name for name in names if alert_of(name) in there and name not in settled]
            if new := [name for name in fine if name not in known]:
                row = {"size": 0, "sha256": "", "kept_at": None, "local": True, "going_at": None}
                connection.execute(insert(media), [{"name": name, "alert_id": alert_of(name), **row} for name in new])
        return fine

    def arrived(self, done: Collection[Stored], at: datetime) -> None:
        """The object store holds these. Of one that is to be deleted by now that stays true."""
        with self._store.writing() as connection:
            for one in done:
                said = {"size": one.size, "sha256": one.sha256, "kept_at": at, "local": True}
                connection.execute(update(media).where(_M.name == one.name).values(said))

    def not_sent(self, names: Collection[str]) -> None:
        """They are no longer in the folder, and never arrived."""
        with self._store.writing() as connection:
            unsent = _M.kept_at.is_(None) & _M.going_at.is_(None) & (_M.sha256 == "")
            connection.execute(delete(media).where(_M.name.in_(names), unsent))

    def lost(self, names: Collection[str]) -> None:
        """The object store does not hold them, against what it said: to be sent again, as far as there is a copy."""
        with self._store.writing() as connection:
            connection.execute(update(media).where(_M.name.in_(names)).values(kept_at=None))

    def local_bytes(self) -> int:
        """Of the copies in the folder of what the object store holds."""
        with self._store.reading() as connection:
            return int(connection.scalar(select(func.coalesce(func.sum(_M.size), 0)).where(*_LOCAL)) or 0)

    def oldest_local(self, limit: int, stay: Collection[str]) -> list[Stored]:
        """Copies in the folder of what the object store holds, by age of the alert. stay: not of these alerts."""
        query = select(media).where(*_LOCAL).order_by(_M.alert_id, _M.name).execution_options(yield_per=_PAGE)
        found: list[Stored] = []
        with self._store.reading() as connection:
            for row in connection.execute(query):
                if row.alert_id not in stay:
                    found.append(Stored(row.name, row.size, row.sha256))
                if len(found) >= limit:
                    break
        return found

    def dropped(self, names: Collection[str]) -> None:
        """There is no copy in the folder any more."""
        with self._store.writing() as connection:
            connection.execute(update(media).where(_M.name.in_(names)).values(local=False))

    def going(self, limit: int) -> list[Stored]:
        """To be deleted from the object store, the longest wait first."""
        query = select(media).where(_M.going_at.is_not(None)).order_by(_M.going_at, _M.name).limit(limit)
        with self._store.reading() as connection:
            return [Stored(row.name, row.size, row.sha256) for row in connection.execute(query)]

    def gone(self, done: Sequence[Stored], at: datetime) -> None:
        """The object store says that it no longer holds these: the proof of it goes on record, the rows go."""
        of: dict[str, dict[str, str]] = {}
        for one in done:
            of.setdefault(alert_of(one.name), {})[one.name] = one.sha256
        with self._store.writing() as connection:
            head = begin(connection, at)
            entries = [
                Entry(Kind.DELETED, alert_id, detail={"reason": "retention", "where": WHERE, "files": files})
                for alert_id, files in of.items()
            ]
            append(connection, head, entries, at)
            connection.execute(delete(media).where(_M.name.in_([one.name for one in done])))

    def counts(self) -> Counts:
        """Of all."""
        arrived, going = _M.kept_at.is_not(None), _M.going_at.is_not(None)
        with self._store.reading() as connection:
            kept = connection.execute(_sum().where(arrived, ~going)).one()
            local = connection.execute(_sum().where(*_LOCAL)).one()
            sending = connection.scalar(select(func.count()).select_from(media).where(~arrived, ~going)) or 0
            leaving = connection.scalar(select(func.count()).select_from(media).where(going)) or 0
        return Counts(kept[0], kept[1], local[0], local[1], sending, leaving)

    def all_kept(self) -> Iterator[Stored]:
        """By name, page by page; what changes meanwhile may be missed."""
        after = ""
        while True:
            with self._store.reading() as connection:
                page = connection.execute(_kept().where(_M.name > after).order_by(_M.name).limit(_PAGE)).all()
            if not page:
                return
            for row in page:
                yield Stored(row.name, row.size, row.sha256)
            after = page[-1].name

    def _pages(self, keys: Collection[str], query: Callable[[Sequence[str]], Select[Any]]) -> Iterator[Any]:
        every = list(keys)
        for start in range(0, len(every), _PAGE):
            page = every[start : start + _PAGE]
            with self._store.reading() as connection:
                yield from connection.execute(query(page)).all()


def doom(connection: Connection, alert_ids: Collection[str], at: datetime) -> None:
    """In the transaction that deletes these alerts: their files are to be deleted from the object store, too."""
    connection.execute(update(media).where(_M.alert_id.in_(alert_ids)).values(going_at=at, local=False))


_LOCAL = (_M.kept_at.is_not(None), _M.going_at.is_(None), _M.local.is_(True))


def _kept() -> Select[Any]:
    return select(media).where(_M.kept_at.is_not(None), _M.going_at.is_(None))


def _sum() -> Select[Any]:
    return select(func.count(), func.coalesce(func.sum(_M.size), 0))
