"""Which parts a report may tell of, and what became of their recordings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from alerts.audit.find import Job
from alerts.audit.found import SourceSummary, State, source_from
from alerts.audit.parts import Parts
from alerts.audit.stamp import Stamps
from alerts.audit.standing import Head, faults_of, holds, is_marked, lies_so, stuck_of, unread_of
from streams.chain import Fault
from streams.folder import printable


@dataclass(frozen=True, slots=True)
class ToldParts:
    """The parts, and which of them may be told."""

    parts: Parts
    stamps: Stamps | None

    def tells(self, job: Job, head: Head) -> bool:
        """Whether what was found tells of the recording: its files lie as they did, and nothing of it may show what a
        mask hides now.
        """
        return lies_so(head, job) and not self.hides(job, head)

    def hides(self, job: Job, head: Head) -> bool:
        """Whether what was found may show what a mask hides now."""
        return self.stamps is not None and self.stamps.hides(job, head["stamp"])

    def length_s(self, job: Job) -> float:
        """Of a recording, as far as it is known."""
        head = self.parts.head(job.key)
        if head is None or not self.tells(job, head):
            return 0.0
        summary = head["summary"]  # perhaps of an earlier version
        return float(max(summary["duration_s"], summary.get("looked_s") or 0.0))

    def is_over(self, job: Job, head: Head | None) -> bool:
        """Whether a run that ends now leaves nothing to be done: a look that was finished, as it is judged now, or one
        that could not be made."""
        if head is None or head["state"] == State.UNDER_WORK:
            return False
        return is_marked(head) or self.stamps is None or head["stamp"] == self.stamps.of(job).told()

    def source(self, job: Job, head: Head | None) -> SourceSummary | None:
        """What became of it; None: nothing yet. What may not be told tells nothing of it, but why it was not looked
        through again does.
        """
        if head is None:
            return None
        files = max(1, len(job.segments))  # as they lie now
        unread = tuple(fault for fault in unread_of(head) if fault.index < files or not job.segments)
        why, stands = _why(job, unread, stuck_of(head)), self._stands(job, head)
        if self.tells(job, head):
            # The same recording may have been given by another path this time.
            told = head["summary"] | given_by(job) | {"faults": faults_of(head)}
            source = source_from(told, State(head["state"]))
        elif why:
            source = SourceSummary(job.source, job.told, readable=False, complete=False)
            unread = tuple(replace(fault, reason=fault.reason + stands) for fault in unread)
        else:
            return None
        return replace(source, unread=unread, error=why + stands) if why else source

    def _stands(self, job: Job, head: Head) -> str:
        """What becomes of what was found before."""
        if self.hides(job, head):
            return "; what was found before its zones or masks changed is not shown"
        return "; what was found before is kept" if holds(head) else ""


def _why(job: Job, unread: Sequence[Fault], failed: str) -> str:
    """Why it was not looked through, though it is there; "" where it was. failed: why a newer look came to nothing."""
    if not unread:
        return f"could not be looked through again: {failed}" if failed else ""
    of = f"{len(unread)} of {len(job.segments)} files cannot be read now" if job.segments else "cannot be read now"
    name = f"{printable(job.segments[unread[0].index].path.name)}: " if job.segments else ""
    return f"{of}: {name}{unread[0].reason}"


def given_by(job: Job) -> dict[str, str]:
    return {"source": job.source, "path": job.told}
