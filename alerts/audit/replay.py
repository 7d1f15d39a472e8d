"""A recording through the rules, step by step, as a film: the tool with which an installer tunes a camera.

The rules and the life cycle are those of `alerts.audit.run`, and the looks those of a dense one (`analysis.dense`): a
film wants every picture.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alerts.audit.film import Film, filming
from alerts.audit.found import EPOCH
from alerts.audit.recording import lifecycle_of
from alerts.audit.storyboard import Storyboard, clock_text, step_word
from alerts.config import Settings
from alerts.errors import AlertsError
from alerts.lifecycle import Change, ChangeKind
from alerts.words import english, reasons, value_text
from streams.clock import Clock, SystemClock
from streams.disk import replace_text
from streams.folder import printable
from streams.source import Recording, open_recording
from vision.detector import Detector
from vision.pipeline import Pipeline, lead_network, require_classes
from vision.view import View


@dataclass(frozen=True, slots=True)
class Step:
    """One change of one alert. at_s: seconds from the start of the recording. kind: as `storyboard.step_word`."""

    at_s: float
    kind: str
    change: Change

    def line(self) -> str:
        """For a terminal: when, what, where, why."""
        alert = self.change.alert
        why = "; ".join(
            f"{english(key).lower()} {value_text(key, value)}" for key, value in reasons(alert.evidence).items()
        )
        return f"{clock_text(self.at_s)}  {self.kind:<11} {alert.hazard} in {alert.zone or '–'}: {why}"

    def json(self) -> dict[str, Any]:
        """A line of the step file."""
        alert = self.change.alert
        return {
            "at_s": round(self.at_s, 3),
            "step": self.kind,
            "hazard": alert.hazard,
            "zone": alert.zone,
            "zone_type": alert.zone_type,
            "alert": alert.id,
            "start_s": round((alert.started_at - EPOCH).total_seconds(), 3),
            "confidence": round(alert.confidence, 4),
            "box": [round(v, 4) for v in alert.box],
            "evidence": dict(alert.evidence),
        }


@dataclass(slots=True)
class Replayed:
    """What became of a replay. fired: alerts raised. error: why the recording could not be read to its end, or ""."""

    looks: int = 0
    steps: int = 0
    fired: int = 0
    error: str = ""
    interrupted: bool = False


def replay(
    path: Path,
    settings: Settings,
    out: Path,
    *,
    view: View,
    detector: Detector,
    every_s: float = 0.0,
    on_step: Callable[[Step], None] = lambda step: None,
    progress: Callable[[float, float], None] = lambda done_s, duration_s: None,
    clock: Clock | None = None,
) -> Replayed:
    """Write the film `out` and its steps beside it (`.jsonl`); both whole, also after Ctrl-C, which ends them early.

    every_s: least time between two pictures of the film, seconds; the looks stay as they are. progress: seconds done,
    and of how many (0: not known).
    Raises SourceError when nothing can be read, AlertsError when `out` cannot be written, ConfigError when the detector
    lacks a class.
    """
    require_classes(settings.hazards, detector.names)
    clock = clock or SystemClock()
    name, fps = printable(path.name), settings.analysis.looks_per_s
    with open_recording(path, camera=name, clock=clock, sample_fps=fps, started_at=EPOCH) as source:
        require_other_file(out, path)
        run = _Run(settings, view, detector, source, every_s, on_step)
        try:
            with filming(out) as film:
                for done_s in run.steps(film):
                    progress(done_s, source.duration_s or 0.0)
        except KeyboardInterrupt:
            run.done.interrupted = True
        run.done.error = source.error or run.trouble
    if run.done.looks:
        try:
            replace_text(out.with_suffix(".jsonl"), "".join(run.lines))
        except OSError as error:
            raise AlertsError(f"{out.with_suffix('.jsonl')}: cannot be written: {error.strerror}") from None
    return run.done


def require_other_file(out: Path, source: Path) -> None:
    """Raises AlertsError where the film would be written over the recording, or over no file."""
    if out.exists() and not out.is_file():
        raise AlertsError(f"--out {out}: is not a regular file")
    if out.exists() and out.samefile(source):
        raise AlertsError(f"--out {out}: is the recording itself")
    if out.suffix.lower() != ".mp4":
        raise AlertsError(f"--out {out}: name a file that ends in .mp4")


class _Run:
    """One recording on its way."""

    def __init__(
        self,
        settings: Settings,
        view: View,
        detector: Detector,
        source: Recording,
        every_s: float,
        on_step: Callable[[Step], None],
    ) -> None:
        self.done, self.lines = Replayed(), list[str]()
        self._detector, self._source, self._every_s, self._on_step = detector, source, every_s, on_step
        self._view = view.undated()
        leads = lead_network(settings.hazards, settings.detector)
        self._pipeline = Pipeline(self._view, settings.hazards, detector.info, leads)
        self._lifecycle = lifecycle_of(settings.hazards)
        kinds = [kind for kind, params in settings.hazards.by_kind.items() if params.enabled]
        self._board = Storyboard(view.zones, kinds, source.duration_s or 0.0, f"model {detector.info.version}")

    @property
    def trouble(self) -> str:
        """Why the approved picture is not used, or ""."""
        return self._pipeline.trouble

    def steps(self, film: Film) -> Iterator[float]:
        """Look at every sampled frame; yields the seconds done."""
        filmed_s = float("-inf")
        for frame in map(self._view.shown, self._source.frames()):
            look = self._pipeline.look(frame, self._detector)
            changes = self._lifecycle.observe(look)
            self._board.note(look, changes)
            self._tell(frame.pts_s, changes)
            if (changes and any(map(step_word, changes))) or frame.pts_s - filmed_s >= self._every_s - 1e-6:
                filmed_s = frame.pts_s
                film.add(self._board.draw(frame, look), frame.pts_s)
            self.done.looks += 1
            yield frame.pts_s

    def _tell(self, at_s: float, changes: Sequence[Change]) -> None:
        for change in changes:
            word = step_word(change)
            if word:
                step = Step(at_s, word, change)
                self.lines.append(json.dumps(step.json(), ensure_ascii=False) + "\n")
                self.done.steps += 1
                self.done.fired += change.kind is ChangeKind.FIRED
                self._on_step(step)
