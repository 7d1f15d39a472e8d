"""Looks through one recording after the other with loaded networks, unless it was done before and nothing changed."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

from alerts.audit.broken import Unread, unread_since
from alerts.audit.content import files_of, identity_of, sampled, shut, signature_of, signed, whole
from alerts.audit.find import Job
from alerts.audit.found import State, Step
from alerts.audit.parts import Keeper
from alerts.audit.recording import Networks, RecordingRun, Terms
from alerts.audit.stamp import Stamp
from alerts.audit.standing import (
    Head,
    holds,
    is_marked,
    keeping_whole,
    lies_so,
    marked,
    readable_then,
    renewed,
    same_content,
    unmarked,
)
from streams.clock import Clock
from streams.disk import refused
from vision.view import View

SETTLED = {State.DONE, State.UNREADABLE}
"""Looking again at the same file would say the same. A failure may have been the machine's."""


@dataclass(frozen=True, slots=True)
class Told:
    """How far a recording is. over: nothing more will come of it. seen: it was looked through, not found done.

    lost: why it was given up, "" where it was not.
    """

    job: Job
    step: Step
    over: bool = False
    seen: bool = True
    lost: str = ""


def untouched(job: Job, head: Head | None, stamp: Stamp) -> bool:
    """Whether it is done, and its files are as they were then, as far as the file system says."""
    try:
        return head is not None and _settled(job, head, stamp) and bool(head["files"] == signature_of(files_of(job)))
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class Reviewer:
    """One of each process. stamp: of every recording. full_hash: read every byte of a file to say whether it is the
    same. Not thread-safe.
    """

    terms: Terms
    networks: Networks
    stamp: Stamp
    parts: Keeper
    clock: Clock
    full_hash: bool = False

    def told(self, job: Job, view: View) -> Iterator[Told]:
        """How far it is, while it works, and at last that it is over; the part is there then. view: of its camera.

        Raises AlertsError when the part cannot be written.
        """
        stamp = self.stamp.under(view)
        known = self.parts.head(job.key)
        identity, fault = yield from self._identity(job, stamp)
        names, closed = yield from self._closed(job)
        if known is not None and holds(known) and (unread := _unread(job, known, names, closed, fault)):
            self.parts.renew(job.key, marked(known, unread))
            yield Told(job, Step(), over=True, seen=False)
            return
        was = known and unmarked(known)
        identity = keeping_whole(identity, was)
        if was and _settled(job, was, stamp) and same_content(was["content"], identity["content"]):
            self.parts.renew(job.key, renewed(was, identity))
            yield Told(job, Step(), over=True, seen=False)
            return
        step = Step()
        run = RecordingRun(job, identity, self.terms, view, self.networks, self.parts, self.clock)
        for step in run.steps():
            yield Told(job, step)
        shut_before, beat = {index for index, _ in closed}, Told(job, step)
        run.finish((yield from unread_since(job, run.summary, identity["files"], shut_before, self.clock, beat)))
        yield Told(job, step, over=True)

    def _identity(self, job: Job, stamp: Stamp) -> Generator[Told, None, tuple[dict[str, Any], str]]:
        """What is read of the files before anything is looked at: one that grows meanwhile is another next time. With
        it why that could not be read, "" if it could.

        Of ten thousand files that takes longer than any silence that whoever waits for it bears.
        """
        files: list[list[object]] = []
        content: dict[str, str] = {}
        beat, fault = Told(job, Step()), ""
        try:
            paths = files_of(job)
            files = yield from signed(paths, beat)
            content["sampled"] = yield from sampled(paths, beat)
            if self.full_hash:
                content["whole"] = yield from whole(paths, beat)
        except OSError as error:
            content, fault = {}, refused(error)  # it is not known: to open it says why, and the next run tries again
        return identity_of(job, files, content, stamp.told()), fault

    def _closed(self, job: Job) -> Generator[Told, None, tuple[list[str], Unread]]:
        """Names of its files, and which of them cannot be read now."""
        try:
            files = files_of(job)
        except OSError as error:
            return [], [(0, refused(error))]
        return [path.name for path in files], (yield from shut(files, Told(job, Step())))


def _unread(job: Job, known: Head, names: list[str], closed: Unread, fault: str) -> Unread:
    """Which of the files that gave something to what was found cannot be read now, and why: to look through the
    recording without them would undo what was done. names, closed: as they are now. fault: why its content could not be
    read.
    """
    if not names:
        return closed
    gave = readable_then(known, names, same_line=lies_so(known, job))
    return [(index, reason) for index, reason in closed if gave[index]] or ([(0, fault)] if fault else [])


def _settled(job: Job, head: Head, stamp: Stamp) -> bool:
    judged = head["stamp"] == stamp.told() and lies_so(head, job) and not is_marked(head)
    return judged and head["state"] in SETTLED and bool(head["content"])
