"""Recordings through the live rules, into a folder: which there are, each of them by itself, and the whole of it.

May be killed at any moment and run again: what is done stays done, what was half done is done anew, and what is
written at the end is what an undisturbed run writes.
"""

import os
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.audit.clips import check_clips
from alerts.audit.content import identity_of, is_bare
from alerts.audit.crew import Crew, Orders
from alerts.audit.extras import NONE, Extras, Reporting
from alerts.audit.find import Job, find_jobs, shut_folders
from alerts.audit.found import SourceSummary, State, source_from, source_json
from alerts.audit.judged import read_verdicts
from alerts.audit.live_store import check_live, is_store
from alerts.audit.looker import Brief
from alerts.audit.naming import Naming
from alerts.audit.on_ray import OnRay
from alerts.audit.parquet import require_pyarrow
from alerts.audit.parts import Parts, owning
from alerts.audit.recording import Networks, Terms
from alerts.audit.results import AuditResult, write_results
from alerts.audit.review import Reviewer, Told, untouched
from alerts.audit.site import Site
from alerts.audit.stamp import Stamp, Stamps
from alerts.audit.standing import Head, holds, is_marked, lies_so, stuck
from alerts.audit.tally import Progress, Tally
from alerts.audit.views import Basis, Views
from alerts.config import Settings
from alerts.errors import AlertsError, SettingsError, StoreError
from alerts.installed import program
from streams.clock import Clock, SystemClock
from vision.detector import Detector
from vision.view import View

if TYPE_CHECKING:
    from alerts.audit.cluster import Cluster

Work = Generator[Told | None, None, None]
"""What is told of recordings while they are looked through."""
OnViews = Callable[[Mapping[str, Basis]], None]
"""Is told by what each camera of the archive is judged; "": what tells none."""
NO_VIEWS: Mapping[str, View] = MappingProxyType({})

RESULTS_S = 30.0
"""The report of what was found so far is written this often, or less often where that takes long."""
RESULTS_SHARE = 0.05
"""Of the time that may go into reports which the next one replaces."""


def audit(
    paths: Sequence[Path],
    settings: Settings,
    out: Path,
    *,
    view: View | None = None,
    views: Mapping[str, View] = NO_VIEWS,
    detector: Detector | None = None,
    jobs: int | None = None,
    on_ray: OnRay | None = None,
    full_hash: bool = False,
    forget: bool = False,
    extras: Extras = NONE,
    progress: Progress = lambda tally: None,
    on_views: OnViews = lambda bases: None,
    clock: Clock | None = None,
) -> AuditResult:
    """Run every recording under `paths` through the pipeline and write `out`.

    A recording whose name tells a camera of the settings is judged by that camera's zones, masks and all else of it, as
    the live watch does. views: of cameras by name, in the settings or in the archive: these count first. view: of what
    neither names; None: of the only camera of the settings, else the whole picture is a corridor. on_views: is told
    of each camera of the archive what it will be judged by, before anything is looked at.

    jobs: processes; None: one for each core that this process may use, or that the cluster has. detector: one that is
    loaded already; then all is done in this process. full_hash: read every byte of a recording to say whether it is the
    one that was done. forget: delete what was found in recordings that are not among these. extras: what else is wanted
    of the report, and the camera that took what tells none.

    One unreadable source is noted and the next is taken. Ctrl-C (KeyboardInterrupt) ends the run with valid files
    and `interrupted` set. Raises AlertsError when `out` cannot be written or a cluster cannot be used, ConfigError when
    the detector lacks a class that a hazard needs, or a camera's approved picture cannot be read, SettingsError when
    `extras` name a camera that the settings do not.
    """
    clock = clock or SystemClock()
    terms, by_camera = Terms.of(settings), Views(settings, view, views, extras.camera)
    stamp = Stamp.of(terms, detector)
    networks = Networks.load(terms, detector) if detector else None
    with owning(out):
        read_verdicts(out)  # what is wrong with them is better said before a night of looking than after
        found = _jobs(paths, settings, by_camera)
        stamps = Stamps(stamp, by_camera)
        _check(extras, stamps, by_camera, found, out)
        site = Site.of(settings, extras.camera, extras.language, by_camera)
        reporting = Reporting(site, terms.hazards, extras)
        run = _Run(found, Parts(out), stamps, reporting, clock, full_hash=full_hash)
        run.check(set(paths), forget=forget)
        on_views(by_camera.bases(found))

        def look(left: Sequence[Job]) -> Work:
            if networks is not None:
                reviewer = Reviewer(terms, networks, stamp, run.parts, clock, full_hash)
                return (told for job in left for told in reviewer.told(job, by_camera.of(job)))
            if on_ray is not None:
                brief = Brief(terms, stamp, program(), os.getcwd(), full_hash)
                return _cluster(on_ray, jobs, brief, by_camera, run.parts, clock).run(left)
            return Crew(jobs or usual_jobs(), Orders(terms, stamp, out, full_hash), by_camera, clock).run(left)

        return run.through(look, progress, forget=forget)


def _check(extras: Extras, stamps: Stamps, views: Views, jobs: Sequence[Job], out: Path) -> None:
    """What cannot be had is told before anything is looked at. Raises AlertsError, ConfigError."""
    if is_store(out):
        raise AlertsError(f"--out {out}: the store of a live watch lies there; choose another folder")
    if extras.join is not None:
        check_live(extras.join)
    if extras.parquet:
        require_pyarrow()
    if several := views.undecided(job for job in jobs if not is_bare(job)):
        raise SettingsError(
            f"the settings name several cameras: {', '.join(several)}, and no recording tells that one of them took "
            "it; say which with --camera NAME, or --zone TYPE"
        )
    for job in jobs:
        stamps.of(job)  # reads its camera's approved picture
    if extras.any_clips:
        check_clips({views.camera(job): views.masks(job) for job in jobs})


def _jobs(paths: Sequence[Path], settings: Settings, views: Views) -> list[Job]:
    archive = settings.archive
    zone = ZoneInfo(archive.time_zone or settings.site.time_zone)
    naming = Naming(archive.name_pattern, zone) if archive.join else None
    jobs = find_jobs(paths, naming, archive.cut, views.told)
    files = [job for job in jobs if not os.path.isdir(job.path)]
    if naming and archive.name_pattern and len(files) > 1 and not any(job.started_at for job in files):
        raise SettingsError(
            f"archive.name_pattern: {archive.name_pattern} fits the path of none of {len(files)} recordings, such as "
            f"{files[0].told}; mend it, or leave it out where their names are of a usual layout (docs/guide/audit.md)"
        )
    return jobs


def _cluster(on_ray: OnRay, jobs: int | None, brief: Brief, views: Views, parts: Parts, clock: Clock) -> "Cluster":
    """Raises SettingsError where Ray, which is an extra, is missing."""
    from alerts.audit.cluster import Cluster

    return Cluster(on_ray.address, jobs, brief, views, parts, clock, near=on_ray.near, local_cores=usual_jobs())


def usual_jobs() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Run:
    """One run over all recordings."""

    def __init__(
        self, jobs: Sequence[Job], parts: Parts, stamps: Stamps, reporting: Reporting, clock: Clock, *, full_hash: bool
    ) -> None:
        self.parts, self._reporting = parts, reporting
        self._stamps, self._clock = stamps, clock
        self._full_hash = full_hash
        self._hidden = list(self._behind_shut(jobs))
        keys = {job.key for job in self._hidden}
        self._jobs = [job for job in jobs if job.key not in keys]
        self._tally = Tally(self._jobs, clock)
        self._due_s = 0.0

    def check(self, given: Collection[Path], *, forget: bool) -> None:
        """A disk that is not mounted, a folder that cannot be listed, a path with a slip in it: a month of looking must
        not go for that. Raises AlertsError.
        """
        gone = self._gone()
        missing = [job.told for job in self._jobs if _is_missing(job, given)] if gone else []
        if missing and forget:
            raise AlertsError(
                f"{missing[0]}: no recording is there; is its disk mounted, may its folder be listed? --forget would "
                f"delete what was found in {len(gone)} recordings that are gone: mend it, or leave this path out"
            )
        if missing and len(missing) == len(self._jobs):
            raise AlertsError(
                f"{missing[0]}: no recording is there; is its disk mounted? {self.parts.folder} tells of {len(gone)} "
                "recordings done before"
            )

    def _behind_shut(self, jobs: Sequence[Job]) -> Iterator[Job]:
        """Those that were done with files in a folder that cannot be listed now. To look through them again without
        these would undo what was done: they are left as they are.
        """
        shut = [job.name for job in shut_folders(jobs)]
        for job in jobs if shut else ():
            head = self.parts.head(job.key)
            known = head["state"] == State.DONE and head.get("folders") if head else None
            if any(_lies_in(folder, shut) for folder in set(known or ()) - set(job.folders)):
                yield job

    def through(self, look: Callable[[Sequence[Job]], Work], progress: Progress, *, forget: bool) -> AuditResult:
        """Look through what is left, and take all that comes of it. Raises what it raises, but for Ctrl-C.

        What was found in recordings that are not among these is kept: they may be there again next time.
        """
        absent: list[str] = []
        hidden = [job.name for job in self._hidden]
        interrupted = False
        try:
            left = self._begin()
            self._report(last=False)
            while left:
                self._look(look(left), progress)
                left = self._left(self._unfold())
            hidden += self._covered().values()
            absent = self._absent(forget=forget)
        except KeyboardInterrupt:
            interrupted = True
        result = self._report(interrupted=interrupted, last=True)
        return replace(result, absent=tuple(absent), hidden=tuple(hidden))

    def _begin(self) -> list[Job]:
        """What is left to be done. What was begun in recordings that are gone, and found nothing, is deleted."""
        self.parts.tidy()
        left, new = [], self._jobs
        while new:
            left += self._left(new)
            new = self._unfold({job.key for job in left})
        for key in self.parts.present() - self._keys() - self._held().keys():
            self.parts.drop(key)
        return left

    def _left(self, jobs: Iterable[Job]) -> list[Job]:
        """Those of them that are to be looked through."""
        left = []
        for job in jobs:
            head = self.parts.head(job.key)
            if self._full_hash or not untouched(job, head, self._stamps.of(job)):
                left.append(job)
            else:
                self._tally.keep(job)
        return left

    def _unfold(self, undone: Collection[str] = ()) -> list[Job]:
        """Put beside each recording the one of those of its files that it has left aside. Returns those that are new.

        undone: keys of recordings that are still to tell.
        """
        rows: list[Job] = []
        new: list[Job] = []
        known = self._keys()
        for job in self._jobs:
            rows.append(job)
            head = self.parts.head(job.key) if len(job.segments) > 1 and job.key not in undone else None
            aside = head["summary"].get("aside") if head and lies_so(head, job) else None
            if aside and (beside := job.beside(aside)).key not in known:
                rows.append(beside)
                new.append(beside)
                self._tally.add(beside)
        self._jobs = rows
        return new

    def _held(self) -> dict[str, Head]:
        """What is known of all recordings in which an earlier run has found anything, or which it has done."""
        heads = {key: self.parts.head(key) for key in self.parts.present()}
        return {key: head for key, head in heads.items() if head is not None and holds(head)}

    def _keys(self) -> set[str]:
        return {job.key for job in self._jobs}

    def _gone(self) -> dict[str, str]:
        """Key → name of recordings that were done before and are not among these, nor a part of one of these."""
        elsewhere = {name for job in self._jobs for name in job.names}
        return {key: name for key, name in self._left_over().items() if name not in elsewhere}

    def _left_over(self) -> dict[str, str]:
        """The same, also of those whose files are part of another one now."""
        keys = self._keys() | {job.key for job in self._hidden}
        return {key: head["name"] for key, head in sorted(self._held().items()) if key not in keys}

    def _absent(self, *, forget: bool) -> list[str]:
        """Names of those that are gone. forget: delete what was found in them, and in those whose files are part of
        another one that is done.
        """
        gone = list(self._gone().values())
        for key in self._left_over().keys() - self._covered().keys() if forget else ():
            self.parts.drop(key)
        return gone

    def _covered(self) -> dict[str, str]:
        """Key → name of recordings that were done before and whose files are part of another one that is not done, such
        as what it had left aside: they come back with it.
        """
        undone = {name for job in self._jobs if not self._is_done(job) for name in job.names}
        return {key: name for key, name in self._left_over().items() if name in undone}

    def _is_done(self, job: Job) -> bool:
        """As its files lie now, and with all of them that can be read."""
        head = self.parts.head(job.key)
        return head is not None and head["state"] == State.DONE and lies_so(head, job) and not is_marked(head)

    def _look(self, work: Work, progress: Progress) -> None:
        """Nobody writes any more when it returns, however it does."""
        with closing(work):
            for told in work:
                if told is not None:
                    self._take(told)
                progress(self._tally)
                if self._clock.monotonic_s() > self._due_s:
                    self._report(last=False)

    def _take(self, told: Told) -> None:
        if told.lost:
            self._note_lost(told)
        self._tally.take(told)

    def _note_lost(self, told: Told) -> None:
        """Keep what an earlier look found, else what was written of this one before its process was lost. Of what was
        found in half a recording, and may show what a mask hides now, nothing is written on.
        """
        job = told.job
        self.parts.settle(job.key)
        head = self.parts.head(job.key)
        hides = head is not None and self._stamps.hides(job, head["stamp"])
        if head is not None and holds(head) and (head["state"] == State.DONE or not lies_so(head, job) or hides):
            self.parts.renew(job.key, stuck(head, told.lost))
            return
        summary = source_from(head["summary"], State.UNDER_WORK) if head else SourceSummary(job.source, job.told)
        summary.note(told.lost, failed=True)
        identity = identity_of(job, [], {}, self._stamps.of(job).told())
        of = {"state": State.FAILED, "model_version": "", "summary": source_json(summary)}
        self.parts.write(job.key, {**identity, **of}, self.parts.found(job.key), last=True)

    def _report(self, *, last: bool, interrupted: bool = True) -> AuditResult:
        began_s = self._clock.monotonic_s()
        try:
            result = self._write(self._reporting, last=last, interrupted=interrupted)
        except StoreError:  # that of the watch: what a night has found is not lost for it
            alone = replace(self._reporting, extras=replace(self._reporting.extras, join=None))
            self._write(alone, last=last, interrupted=interrupted)
            raise
        now_s = self._clock.monotonic_s()
        self._due_s = now_s + max(RESULTS_S, (now_s - began_s) / RESULTS_SHARE)
        return result

    def _write(self, reporting: Reporting, *, last: bool, interrupted: bool) -> AuditResult:
        return write_results(self._jobs, self.parts, reporting, interrupted=interrupted, last=last, stamps=self._stamps)


def _is_missing(job: Job, given: Collection[Path]) -> bool:
    """Whether it may be there and cannot be seen now. A link in an archive that leads nowhere is only that."""
    return not job.segments and is_bare(job) and (job.path in given or not os.path.islink(job.path))


def _lies_in(folder: str, above: Iterable[str]) -> bool:
    return any(folder == one or folder.startswith(f"{one}/") for one in above)
