"""Recordings through the live rules, into a folder: which there are, each of them by itself, and the whole of it.

May be killed at any moment and run again: what is done stays done, what was half done is done anew, and what is
written at the end is what an undisturbed run writes.
"""

import os
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.audit.clips import check_clips
from alerts.audit.crew import Crew, Orders
from alerts.audit.extras import NONE, Extras
from alerts.audit.find import Job, find_jobs
from alerts.audit.found import SourceSummary, State, source_from, source_json
from alerts.audit.judged import read_verdicts
from alerts.audit.live_store import check_live, is_store
from alerts.audit.looker import Brief
from alerts.audit.naming import Naming
from alerts.audit.on_ray import OnRay
from alerts.audit.parquet import require_pyarrow
from alerts.audit.parts import Parts, owning
from alerts.audit.recording import Networks, Terms
from alerts.audit.results import AuditResult, Reporting, write_results
from alerts.audit.review import Reviewer, Told, untouched
from alerts.audit.site import Site
from alerts.audit.stamp import Stamp
from alerts.audit.tally import Progress, Tally
from alerts.config import Settings
from alerts.errors import AlertsError, StoreError
from alerts.installed import program
from streams.clock import Clock, SystemClock
from vision.detector import Detector
from vision.view import View

if TYPE_CHECKING:
    from alerts.audit.cluster import Cluster

RESULTS_S = 30.0
"""The report of what was found so far is written this often, or less often where that takes long."""
RESULTS_SHARE = 0.05
"""Of the time that may go into reports which the next one replaces."""


def audit(
    paths: Sequence[Path],
    settings: Settings,
    out: Path,
    *,
    view: View,
    detector: Detector | None = None,
    jobs: int | None = None,
    on_ray: OnRay | None = None,
    full_hash: bool = False,
    extras: Extras = NONE,
    progress: Progress = lambda tally: None,
    clock: Clock | None = None,
) -> AuditResult:
    """Run every recording under `paths` through the pipeline and write `out`. view: of the camera that took them all.

    jobs: processes; None: one for each core that this process may use, or that the cluster has. detector: one that is
    loaded already; then all is done in this process. full_hash: read every byte of a recording to say whether it is the
    one that was done. extras: what else is wanted of the report.

    One unreadable source is noted and the next is taken. Ctrl-C (KeyboardInterrupt) ends the run with valid files
    and `interrupted` set. Raises AlertsError when `out` cannot be written or a cluster cannot be used, ConfigError when
    the detector lacks a class that a hazard needs.
    """
    clock = clock or SystemClock()
    terms = Terms.of(settings, view)
    stamp = Stamp.of(terms, detector)
    networks = Networks.load(terms, detector) if detector else None
    with owning(out):
        read_verdicts(out)  # what is wrong with them is better said before a night of looking than after
        _check(extras, view, out)
        reporting = Reporting(Site.of(settings, extras.camera, extras.language), terms.hazards, extras)
        run = _Run(_jobs(paths, settings), Parts(out), stamp, reporting, clock)
        left = run.begin(full_hash=full_hash)
        if networks is not None:
            reviewer = Reviewer(terms, networks, stamp, run.parts, clock, full_hash)
            return run.finish((told for job in left for told in reviewer.told(job)), progress)
        if on_ray is not None:
            brief = Brief(terms, stamp, program(), os.getcwd(), full_hash)
            return run.finish(_cluster(on_ray, jobs, brief, run.parts, clock).run(left), progress)
        return run.finish(Crew(jobs or usual_jobs(), Orders(terms, stamp, out, full_hash), clock).run(left), progress)


def _check(extras: Extras, view: View, out: Path) -> None:
    """What cannot be had is told before anything is looked at. Raises AlertsError."""
    if is_store(out):
        raise AlertsError(f"--out {out}: the store of a live watch lies there; choose another folder")
    if extras.join is not None:
        check_live(extras.join)
    if extras.parquet:
        require_pyarrow()
    if extras.clips:
        check_clips(view)


def _jobs(paths: Sequence[Path], settings: Settings) -> list[Job]:
    archive = settings.archive
    zone = ZoneInfo(archive.time_zone or settings.site.time_zone)
    return find_jobs(paths, Naming(archive.name_pattern, zone) if archive.join else None, archive.cut)


def _cluster(on_ray: OnRay, jobs: int | None, brief: Brief, parts: Parts, clock: Clock) -> "Cluster":
    """Raises SettingsError where Ray, which is an extra, is missing."""
    from alerts.audit.cluster import Cluster

    return Cluster(on_ray.address, jobs, brief, parts, clock, near=on_ray.near, local_cores=usual_jobs())


def usual_jobs() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Run:
    """One run over all recordings."""

    def __init__(self, jobs: Sequence[Job], parts: Parts, stamp: Stamp, reporting: Reporting, clock: Clock) -> None:
        self.parts, self._reporting = parts, reporting
        self._jobs, self._stamp, self._clock = jobs, stamp, clock
        self._tally = Tally(jobs, clock)
        self._dropped: list[str] = []
        self._due_s = 0.0

    def begin(self, *, full_hash: bool) -> list[Job]:
        """What is left to be done. What an earlier run found in recordings that are gone is deleted."""
        self.parts.tidy()
        keys, known = {job.key for job in self._jobs}, self.parts.present()
        if known and not known & keys:
            # A disk that is not mounted, a path with a slip in it: a month of looking must not go for that.
            raise AlertsError(
                f"{self.parts.folder}: none of the {len(known)} recordings done before is among these; if they are to "
                "go, choose another folder or delete this one"
            )
        for key in sorted(self.parts.present() - keys):
            head = self.parts.head(key)
            self._dropped += [head["name"]] if head else []
            self.parts.drop(key)
        left = []
        for job in self._jobs:
            head = self.parts.head(job.key)
            if head is not None and head.get("line") != job.line:
                self.parts.drop(job.key)  # its files lie otherwise now, and what was found tells of them by number
                head = None
            if full_hash or not untouched(job, head, self._stamp):
                left.append(job)
            else:
                self._tally.keep(job)
        return left

    def finish(self, work: Generator[Told | None, None, None], progress: Progress) -> AuditResult:
        """Take all that comes of it. Raises what it raises, but for Ctrl-C."""
        self._report(last=False)
        try:
            for told in work:
                if told is not None:
                    self._take(told)
                progress(self._tally)
                if self._clock.monotonic_s() > self._due_s:
                    self._report(last=False)
        except KeyboardInterrupt:
            return self._report(interrupted=True, last=True)
        finally:
            work.close()
        return self._report(interrupted=False, last=True)

    def _take(self, told: Told) -> None:
        if told.lost:
            self._note_lost(told)
        self._tally.take(told)

    def _note_lost(self, told: Told) -> None:
        """Keep what was written of it before its process was lost."""
        job = told.job
        head = self.parts.head(job.key)
        summary = source_from(head["summary"], State.UNDER_WORK) if head else SourceSummary(job.source, job.told)
        summary.note(told.lost, failed=True)
        identity = {"name": job.name, "files": [], "content": {}, "line": job.line, "stamp": self._stamp.told()}
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
        return write_results(
            self._jobs, self.parts, reporting, interrupted=interrupted, last=last, dropped=self._dropped
        )
