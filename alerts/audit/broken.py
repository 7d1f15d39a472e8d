"""Files that a look did not see to their end for no damage of their own: their disk went, or was away for a moment.

A look that broke off at them is done again: see docs/design/audit.md.
"""

from collections.abc import Collection, Generator
from pathlib import Path
from typing import TypeVar

from alerts.audit.content import Signature, files_of, shut, signature_of, whole
from alerts.audit.find import Job, is_picture
from alerts.audit.found import SourceSummary
from streams.chain import Fault
from streams.clock import Clock
from streams.disk import refused
from streams.errors import SourceError
from streams.video_file import VideoFileSource

T = TypeVar("T")

Unread = list[tuple[int, str]]
"""Number of each file that cannot be read now, and why."""
BACK = "its disk was away for a moment"
"""Why a file was not read to its end that can be read now."""


def unread_since(
    job: Job, summary: SourceSummary, before: Signature, closed: Collection[int], clock: Clock, beat: T
) -> Generator[T, None, Unread]:
    """Which of the files that were not read to their end cannot be read any more, or can be read now as they could not
    in the look. before: what they were before it. closed: those that could not be read before: they went in none.
    Yields `beat` now and then.
    """
    if summary.failed or summary.complete:
        return []
    try:
        files = files_of(job)
    except OSError as error:
        return [] if 0 in closed else [(0, refused(error))]
    faults = _faults(job, summary, len(files))
    asked = sorted(faults.keys() - set(closed))
    gone = yield from shut([files[index] for index in asked], beat)
    found = {asked[index]: reason for index, reason in gone}
    for index in asked:
        path, fault = files[index], faults[index]
        if index in found or fault is None:
            continue
        back = fault.lost and _is_as_before(path, before, index) and _shows(path, clock)
        if back or (fault.refused and (yield from _reads(path, beat))):
            found[index] = BACK
        yield beat
    return sorted(found.items())


def _faults(job: Job, summary: SourceSummary, files: int) -> dict[int, Fault | None]:
    """Number of each file that was not read to its end, and what is known of that."""
    faults: dict[int, Fault | None] = {fault.index: fault for fault in summary.faults if not fault.overlap}
    if faults or files == 0:
        return faults
    if files == 1 and not summary.readable and not is_picture(job.path):
        return {0: Fault(0, summary.error, lost=True)}
    return dict.fromkeys(range(files))


def _reads(path: Path, beat: T) -> Generator[T, None, bool]:
    """Whether every byte of it can be had from its disk: else a part of the disk is bad, for good."""
    try:
        yield from whole([path], beat)
    except OSError:
        return False
    return True


def _is_as_before(path: Path, before: Signature, index: int) -> bool:
    """Of one that was being written meanwhile, the next run sees by itself that it is another."""
    try:
        return index < len(before) and before[index] == signature_of([path])[0]
    except OSError:
        return False


def _shows(path: Path, clock: Clock) -> bool:
    """Whether a picture can be had of it."""
    try:
        with VideoFileSource(path, camera="", clock=clock) as video:
            return next(video.spans(), None) is not None
    except SourceError:
        return False
