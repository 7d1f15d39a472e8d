"""Looks through recordings on any machine of a cluster, for whoever hands them out; knows nothing of what carries it.

It works only while it is asked, and no further than one answer holds: who does not fetch holds it back.
"""

import os
import platform
import socket
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import cv2

from alerts.audit.content import Signature, files_of, finished, sampled, signature_of
from alerts.audit.crew import TELL_S
from alerts.audit.find import Job
from alerts.audit.parcel import Item, Parcel
from alerts.audit.recording import Networks, Terms
from alerts.audit.review import Reviewer, Told
from alerts.audit.stamp import Stamp
from alerts.audit.standing import Head
from alerts.errors import AlertsError
from alerts.installed import program
from streams import memory
from streams.clock import SystemClock
from vision.errors import VisionError
from vision.view import View

MOST_BYTES = 2 << 20
"""An answer with so many bytes of pictures is sent at once. The pictures of one look may make it larger."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What every looker is told at its start. Picklable. program: of `alerts.installed`. folder: from which relative
    paths lead to recordings and weights.
    """

    terms: Terms
    stamp: Stamp
    program: str
    folder: str
    full_hash: bool


@dataclass(frozen=True, slots=True)
class Task:
    """A recording to look through. view: of its camera. known: what an earlier run tells of it. files: as who hands it
    out sees them; empty: they cannot be asked for there, and what is wrong with them is to be found out. sample:
    `beginning` there.
    """

    job: Job
    view: View
    known: Head | None
    files: Signature
    sample: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """The networks are loaded. node: the machine, as Ray numbers it. processor: what the system calls its kind."""

    host: str
    node: str
    processor: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing can be looked through here. Of all that is wrong with a machine this is what its owner can help."""

    host: str
    reason: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """This machine does not see the recording's files, or not all of them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a stretch of work. told: the last of it; None: nothing is under work."""

    told: Told | None
    items: tuple[Item, ...]


class Looker:
    """One recording at a time, with networks that are loaded once. Not thread-safe.

    `ready` first; then `begin` for each recording and `more` until its answer says that it is over.
    """

    def __init__(self, brief: Brief) -> None:
        self._brief = brief
        self._clock = SystemClock()
        self._parcel = Parcel()
        self._reviewer: Reviewer | None = None
        self._work: Iterator[Told] = iter(())

    def ready(self, node: str = "") -> Ready | Refused:
        """Load the networks, and make sure that the same comes of a recording here as anywhere else."""
        host = socket.gethostname()
        memory.settle()
        cv2.setNumThreads(1)
        brief = self._brief
        try:
            os.chdir(brief.folder)
        except OSError:
            os.chdir("/")  # rather no file than another one of the same relative path
        try:
            if different := _differences(brief, Stamp.of(brief.terms), program()):
                return Refused(host, f"has another {different} than the machine that hands out the recordings")
            networks = Networks.load(brief.terms)
        except (AlertsError, VisionError) as error:
            return Refused(host, str(error))
        self._reviewer = Reviewer(brief.terms, networks, brief.stamp, self._parcel, self._clock, brief.full_hash)
        return Ready(host, node, processor())

    def begin(self, task: Task) -> Answer | Elsewhere:
        """Give up what is under work, and begin with this one."""
        if self._reviewer is None:
            raise RuntimeError("not ready")
        if not sees(task.job, task.files, task.sample):
            return Elsewhere()
        self._parcel.begin(task.known)
        self._work = self._reviewer.told(task.job, task.view)
        return self.more()

    def more(self) -> Answer:
        """Work on until there is something to say: for half a second, or until pictures fill an answer."""
        began_s = self._clock.monotonic_s()
        told = None
        for told in self._work:
            full = self._parcel.size >= MOST_BYTES
            if told.over or full or self._clock.monotonic_s() - began_s > TELL_S:
                break
        return Answer(told, self._parcel.take())


def processor() -> str:
    """What the system calls this machine's kind of processor."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def sees(job: Job, files: Signature, sample: str = "") -> bool:
    """Whether all that is there elsewhere is there on this machine as well. Two recorders call their files alike, and
    make them equally large: what they hold counts. A file may have grown meanwhile.
    """
    if not files:
        return True
    try:
        here = signature_of(files_of(job))
    except OSError:
        return False
    present, wanted = _sizes(here), _sizes(files)
    for name, sizes in wanted.items():
        found = present.get(name, [])
        if len(found) < len(sizes) or any(ours < theirs for ours, theirs in zip(found, sizes, strict=False)):
            return False
    return not sample or present != wanted or beginning(job) == sample


def beginning(job: Job) -> str:
    """A fingerprint of the first file, as asking for more would take its time; "" where it cannot be read."""
    try:
        return finished(sampled(files_of(job)[:1], None))
    except OSError:
        return ""


def _sizes(files: list[list[Any]]) -> dict[str, list[int]]:
    """Of those that are there, by name, the largest first: several may be called alike."""
    sizes: dict[str, list[int]] = defaultdict(list)
    for name, size, *times in sorted(files, key=itemgetter(1), reverse=True):
        if size or any(times):
            sizes[name].append(size)
    return sizes


def _differences(brief: Brief, stamp: Stamp, source: str) -> str:
    """What is not the same here, in words; "" if all is."""
    ours, theirs = brief.stamp.told(), stamp.told()
    words = {"model": "model", "settings": "settings", "code": "version of the program"}
    found = [word for key, word in words.items() if ours[key] != theirs[key]]
    if source != brief.program and words["code"] not in found:
        found.append(words["code"])
    return " and ".join(found)
