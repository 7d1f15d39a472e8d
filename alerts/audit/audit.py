"""Recordings through the live rules, into a folder: which there are, each of them by itself, and the whole of it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from alerts.audit.find import find_jobs
from alerts.audit.found import SourceSummary
from alerts.audit.parts import Parts
from alerts.audit.recording import Networks, RecordingRun, Terms
from alerts.audit.results import AuditResult, write_results
from alerts.config import Settings
from streams.clock import Clock, SystemClock
from vision.detector import Detector
from vision.view import View

Progress = Callable[[SourceSummary, float], None]
"""Called now and then with the source under work and the seconds of it that are done."""

RESULTS_S = 30.0
"""The report of what was found so far is written this often."""


def audit(
    paths: Sequence[Path],
    settings: Settings,
    out: Path,
    *,
    view: View,
    detector: Detector,
    progress: Progress = lambda source, done_s: None,
    clock: Clock | None = None,
) -> AuditResult:
    """Run every recording under `paths` through the pipeline and write `out`. view: of the camera that took them all.

    One unreadable source is noted and the next is taken. Ctrl-C (KeyboardInterrupt) ends the run with valid files
    and `interrupted` set. Raises AlertsError when `out` cannot be written, ConfigError when the detector lacks a class
    that a hazard needs.
    """
    clock = clock or SystemClock()
    terms = Terms.of(settings, view)
    networks = Networks.load(terms, detector)
    jobs, parts = find_jobs(paths), Parts(out)
    parts.tidy()
    for key in parts.present():
        parts.drop(key)

    def report(*, interrupted: bool) -> AuditResult:
        return write_results(jobs, parts, settings.hazards, interrupted=interrupted)

    report(interrupted=True)
    written_s = clock.monotonic_s()
    try:
        for job in jobs:
            run = RecordingRun(job, terms, networks, parts, clock)
            for done_s in run.steps():
                progress(run.summary, done_s)
                if clock.monotonic_s() - written_s > RESULTS_S:
                    report(interrupted=True)
                    written_s = clock.monotonic_s()
    except KeyboardInterrupt:
        return report(interrupted=True)
    return report(interrupted=False)
