"""Is everything as it was recorded? Walks the record, alerts, silences and files, also while `xinan watch` runs.

Nothing is held in memory but a page of each, and the ids of silences. Every question is one statement, so that what is
being written meanwhile is seen whole or not at all; and what is deleted is put on record first, so that what is missing
is looked up last.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Row, func, or_, select

from alerts.db.rows import to_alert
from alerts.db.schema import alerts
from alerts.db.schema_records import records
from alerts.db.schema_shift import hand_overs
from alerts.db.schema_silences import silences
from alerts.db.track_store import steps_of
from alerts.errors import MediaAway
from alerts.evidence.media import Fingerprints, MediaStore
from alerts.evidence.media_rows import WHERE
from alerts.line import counted
from alerts.record.anchor import text
from alerts.record.chain import EMPTY, Fault, Head, Record, Walk
from alerts.record.records import SEALING, Kind, Transactions, newest, oldest
from alerts.record.sealed import state_hash, step_hash
from alerts.record.verify_silences import SilenceCheck
from alerts.shift.hand_overs import countersigned_hash, signed_hash, to_hand_over

PAGE = 500
_A, _R = alerts.c, records.c


@dataclass(slots=True)
class Verified:
    """What was gone through. deleted: files that are gone and of which the record says why. head: the newest row.

    remote: files of which the object store's copy was read; unread: of which it was not.
    uncovered: how many of the alerts are older than the record and were not changed since: nothing is known of them.
    uncovered_silences: how many silences and drills began before it; only that they were ended since is known.
    """

    records: int = 0
    alerts: int = 0
    silences: int = 0
    files: int = 0
    deleted: int = 0
    uncovered: int = 0
    uncovered_silences: int = 0
    remote: int = 0
    unread: int = 0
    head: Head = EMPTY
    faults: list[Fault] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """The result in words, without the faults."""
        faults = counted(len(self.faults), "fault") if self.faults else "no faults"
        yield (
            f"{counted(self.records, 'record')}, {counted(self.alerts, 'alert')}, {counted(self.silences, 'silence')}, "
            f"{counted(self.files, 'file')} ({self.deleted} deleted, as recorded): {faults}"
        )
        if self.remote or self.unread:
            unread = f", {self.unread} not read" if self.unread else ""
            yield f"in the {WHERE}: {counted(self.remote, 'file')} read{unread}"
        older = {"alert": self.uncovered, "silence": self.uncovered_silences}
        if said := " and ".join(counted(number, what) for what, number in older.items() if number):
            yield f"not covered: {said} from before the record began"

    def as_json(self) -> dict[str, Any]:
        """For other programs. head: as `alerts.record.anchor.text`."""
        return {**asdict(self), "head": text(self.head)}


class Verifier:
    """store: opened for reading. noted: heads noted elsewhere. remote: read what is in the object store, too."""

    def __init__(
        self, store: Transactions, media: MediaStore, noted: Iterable[Head] = (), *, remote: bool = True
    ) -> None:
        self._remote = remote
        self._store, self._media, self._noted = store, media, tuple(noted)
        self._before = ""
        self._silence_check = SilenceCheck(store)
        self.result = Verified()

    def size(self) -> int:
        """Steps that `steps` will take, about: rows of the record, alerts and silences."""
        with self._store.reading() as connection:
            tables = (records, alerts, silences)
            counted = [connection.scalar(select(func.count()).select_from(table)) for table in tables]
        return sum(number or 0 for number in counted)

    def steps(self) -> Iterator[int]:
        """Go through everything; yields the rows that were done since. What is wrong is in `result.faults`."""
        yield from self._walk()
        yield from self._alerts()
        yield from self._silences()

    def _walk(self) -> Iterator[int]:
        start = self._start()
        walk = Walk(start, self._noted)
        while page := oldest(self._store, walk.head.seq, PAGE):
            for record in page:
                self.result.faults += walk.step(record)
            self._missing_alerts(page)
            self.result.faults += self._silence_check.page(page)
            for record in page:
                self._files(record)
                self._step(record)
                self._hand_over(record)
                if record.kind == Kind.BEGAN:
                    self._before = str(record.detail.get("alerts_before", ""))
            self.result.records += len(page)
            yield len(page)
        self.result.faults += walk.end()
        self.result.head = walk.head

    def _start(self) -> Head:
        """Where older rows were taken away, as a later row says."""
        first = oldest(self._store, 0, 1)
        if not first or first[0].seq == 1:
            return EMPTY
        for said in newest(self._store, kinds=[Kind.SHORTENED], limit=1):
            self._before = str(said.detail.get("alerts_before", ""))
            return Head(int(said.detail.get("seq", 0)), str(said.detail.get("hash", "")))
        return EMPTY

    def _missing_alerts(self, page: Sequence[Record]) -> None:
        """Alerts that are on record and are not there, unless a later row says that they were deleted."""
        named = {record.subject for record in page if record.kind in SEALING}
        with self._store.reading() as connection:
            there = set(connection.scalars(select(_A.id).where(_A.id.in_(named))))
        for alert_id in sorted(named - there):
            if not self._proofs(alert_id):
                self.result.faults.append(Fault(f"alert {alert_id}", "is on record and no longer there"))

    def _files(self, record: Record) -> None:
        files = record.detail.get("files") if record.kind in SEALING else None
        for name, expected in (files or {}).items():
            self._file(record.subject, str(name), str(expected))

    def _file(self, alert_id: str, name: str, expected: str) -> None:
        self.result.files += 1
        found = self._fingerprints(name)
        self.result.unread += found.unread
        self.result.remote += found.remote is not None
        for where, value in (("", found.local), (f" in the {WHERE}", found.remote)):
            if value and value != expected:
                self.result.faults.append(Fault(name, f"was changed{where} after it was recorded", expected, value))
        if found.remote == "" and not self._proven(alert_id, name):
            self.result.faults.append(Fault(name, f"is on record and no longer in the {WHERE}", expected, ""))
        elif not found.local and found.remote is None and not found.unread:
            self._no_longer_there(alert_id, name, expected)

    def _no_longer_there(self, alert_id: str, name: str, expected: str) -> None:
        if self._proven(alert_id, name):
            self.result.deleted += 1
        else:
            self.result.faults.append(Fault(name, "is on record and no longer there", expected, ""))

    def _proven(self, alert_id: str, name: str) -> bool:
        return any(name in proof.detail.get("files", ()) for proof in self._proofs(alert_id))

    def _fingerprints(self, name: str) -> Fingerprints:
        """Of an object store that does not answer, it is said once; the rest is looked at as if it was not wanted."""
        try:
            return self._media.fingerprints(name, remote=self._remote)
        except MediaAway as error:
            self._remote = False
            self.result.faults.append(Fault(f"the {WHERE}", f"was not read from here on: {error}"))
            return self._media.fingerprints(name, remote=False)

    def _step(self, record: Record) -> None:
        """What a person did, beside the row that says it."""
        said = record.detail.get("step") if record.kind in SEALING else None
        if not said:
            return
        name = f"step {said.get('seq')} of alert {record.subject}"
        expected = str(said.get("sha256", ""))
        try:
            with self._store.reading() as connection:
                steps = steps_of(connection, record.subject)
        except (TypeError, ValueError):  # of a kind that there is not
            self.result.faults.append(Fault(name, f"cannot be read after record {record.seq}", expected))
            return
        found = next((step_hash(step) for step in steps if step.seq == said.get("seq")), "")
        if found == expected:
            return
        if found:
            self.result.faults.append(Fault(name, f"was changed after record {record.seq}", expected, found))
        elif not self._proofs(record.subject):
            self.result.faults.append(Fault(name, f"is in record {record.seq} and no longer there", expected))

    def _hand_over(self, record: Record) -> None:
        """A sheet that somebody signed, beside the row that says it."""
        if record.kind not in (Kind.SIGNED_SHEET, Kind.COUNTERSIGNED):
            return
        number, expected = str(record.detail.get("hand_over")), str(record.detail.get("sha256", ""))
        with self._store.reading() as connection:
            row = connection.execute(select(hand_overs).where(hand_overs.c.id == number)).one_or_none()
        fingerprint = signed_hash if record.kind == Kind.SIGNED_SHEET else countersigned_hash
        found = "" if row is None else fingerprint(to_hand_over(row))
        if found != expected:
            what = f"was changed after record {record.seq}" if found else f"is in record {record.seq} and not there"
            self.result.faults.append(Fault(f"hand-over {number}", what, expected, found))

    def _proofs(self, alert_id: str) -> list[Record]:
        return newest(self._store, subject=alert_id, kinds=[Kind.DELETED], limit=1000)

    def _alerts(self) -> Iterator[int]:
        """The state of every alert beside the last one on record."""
        after = ""
        while page := self._alert_page(after):
            for row in page:
                self._alert(row)
            after = page[-1].id
            self.result.alerts += len(page)
            yield len(page)

    def _silences(self) -> Iterator[int]:
        for number, faults in self._silence_check.rest(self.result.head.seq):
            self.result.faults += faults
            self.result.silences += number
            self.result.uncovered_silences = self._silence_check.older
            yield number

    def _alert_page(self, after: str) -> Sequence[Row[Any]]:
        inner = records.alias()
        last = select(func.max(inner.c.seq)).where(inner.c.subject == _A.id, inner.c.kind.in_(SEALING))
        query = (
            select(alerts, _R.seq, _R.kind, _R.detail)
            .select_from(alerts.outerjoin(records, _R.seq == last.correlate(alerts).scalar_subquery()))
            .where(or_(_A.fired_at.is_not(None), _A.false_alarm_at.is_not(None)), _A.id > after)
            .order_by(_A.id)
            .limit(PAGE)
        )
        with self._store.reading() as connection:
            return connection.execute(query).all()

    def _alert(self, row: Row[Any]) -> None:
        alert = to_alert(row)
        name = f"alert {alert.id}"
        if row.seq is None:
            if alert.id <= self._before:
                self.result.uncovered += 1
            else:
                self.result.faults.append(Fault(name, "is there and was never put on record"))
            return
        expected, found = str(row.detail.get("state", "")), state_hash(alert)
        if expected != found:
            what = f"was changed after record {row.seq} ({row.kind})"
            self.result.faults.append(Fault(name, what, expected, found))
