"""Try a camera's zones and masks on what it has just sent: what would have been raised, and a film of it.

The recording is cut from the analyzer's memory, which goes back some minutes while the camera's set-up page is open,
and from what comes next, or it is the clip of an alert; the rules run over it as in `xinan replay`, in a process of its
own, behind everything else, with a limit: what was tried until then counts. One trial at a time; its film goes with the
next one, after an hour, and with the watch.
"""

import contextlib
import json
import logging
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from alerts.audit.replay import Replayed, Step, replay
from alerts.config import Settings
from alerts.errors import AlertsError, SetupRefused
from alerts.words import reasons
from streams.apart import apart
from streams.clock import Clock, SystemClock
from streams.disk import replace_text
from streams.errors import ApartFailed, StreamError
from vision.config import CameraConfig
from vision.detector import Detector
from vision.errors import VisionError
from vision.footage import RECENT_S
from vision.look import ClipCut
from vision.orders import CutClip
from vision.view import view_of

log = logging.getLogger(__name__)

MOST_AHEAD_S = 300.0
CUT_S = 120.0
"""An analyzer that has not cut it so long after its end is not waited for. With masks it is encoded anew."""
TRY_S = 540.0
"""After so long it ends as if somebody had stopped it."""
LIMIT_S = 600.0
"""After so long it hangs, and nothing of it counts."""
KEEP_S = 3600.0
TOLD_S = 0.5
MOST_STEPS = 200
FOLDER = "trial"
_NICE = 10

Tell = Callable[[str, CutClip], bool]
"""tell(camera, order): to the camera's analyzer; never waits. False: it cannot take it now."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the process is given. folder: film and progress go there, beside the recording. length_s: of the recording,
    where it is known; a file that was written as it came does not tell it by itself.
    """

    folder: Path
    recording: Path
    settings: Settings
    camera: CameraConfig
    ahead_s: float
    length_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """looks, fired: how many. trouble: why the recording was not read to its end, or the rules not run; ""."""

    looks: int = 0
    fired: int = 0
    stopped: bool = False
    trouble: str = ""


@dataclass(slots=True)
class State:
    """phase: idle, cutting, running, done, failed. code, detail: why it failed. ended_s: monotonic."""

    phase: str = "idle"
    camera: str = ""
    code: str = ""
    detail: str = ""
    outcome: Outcome = field(default_factory=Outcome)
    ended_s: float = 0.0


class RulesTrial:
    """Thread-safe. folder: of the store."""

    def __init__(self, folder: Path, tell: Tell, clock: Clock) -> None:
        self._folder, self._tell, self._clock = folder / FOLDER, tell, clock
        self._lock = threading.Lock()
        self._cut = threading.Event()
        self._answer: ClipCut | None = None
        self._number = 0
        self._state = State()
        self._clear()

    def start(
        self, camera: CameraConfig, settings: Settings, ahead_s: float = 0.0, recording: bytes | None = None
    ) -> None:
        """camera: as it would be; it is watched under this name. ahead_s: of what comes from now on, so much too.
        recording: an MP4 file to take instead.

        Raises SetupRefused: another one runs.
        """
        with self._lock:
            if self._state.phase in ("cutting", "running"):
                raise SetupRefused("busy", "the rules are being tried already; wait for it or stop it")
            self._state = State("cutting", camera.name)
            self._cut.clear()
            self._answer = None
            self._number += 1  # what is still cut for the one before must not be taken for this one's
            file = self._folder / f"recent-{self._number}.mp4"
        alone = settings.model_copy(update={"people": (), "groups": (), "channels": (), "webhooks": (), "cameras": ()})
        work = Work(self._folder, file, alone, camera, min(ahead_s, MOST_AHEAD_S))
        threading.Thread(target=self._run, args=(work, recording), name="rules_trial", daemon=True).start()

    def answered(self, answer: ClipCut) -> bool:
        """Whether this clip was cut for a trial. From any thread."""
        if answer.path.parent != self._folder:
            return False
        with self._lock:
            awaited = self._state.phase == "cutting" and answer.path.name == f"recent-{self._number}.mp4"
            if awaited:
                self._answer = answer
                self._cut.set()
        if not awaited:
            answer.path.unlink(missing_ok=True)  # nobody waits for it any more
        return True

    def shown(self) -> dict[str, Any]:
        """As JSON. May block on the disk for a moment."""
        state = self._state
        told = _told(self._folder)
        return {
            "phase": state.phase,
            "camera": state.camera,
            "code": state.code,
            "detail": state.detail or state.outcome.trouble,
            "stopped": state.outcome.stopped,
            "looks": state.outcome.looks,
            "fired": state.outcome.fired,
            "done_s": told.get("done_s", 0.0),
            "duration_s": told.get("duration_s", 0.0),
            "steps": told.get("steps", []),
            "film": state.phase == "done" and self.film.is_file(),
        }

    @property
    def film(self) -> Path:
        """Where it lies, if there is one."""
        return self._folder / "film.mp4"

    def stop(self) -> None:
        """What was tried so far is kept."""
        self._cut.set()
        with contextlib.suppress(OSError):
            (self._folder / "stop").touch()

    def tick(self) -> None:
        """Call it now and then: a film that nobody needs any more goes."""
        state = self._state
        if state.phase in ("done", "failed") and self._clock.monotonic_s() - state.ended_s > KEEP_S:
            self._clear()
            self._state = State()

    def close(self) -> None:
        """The watch ends, and with it what was tried."""
        self.stop()
        self._clear()

    def _clear(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, work: Work, recording: bytes | None) -> None:
        ended = State("failed", work.camera.name)
        try:
            self._clear()
            work.folder.mkdir(mode=0o700, parents=True)
            if recording is None:
                work = replace(work, length_s=self._cut_recent(work).duration_s)
            else:
                work.recording.write_bytes(recording)
            self._state = State("running", work.camera.name)
            ended.outcome = apart(_tried, work, LIMIT_S)
            ended.phase = "failed" if ended.outcome.trouble and not ended.outcome.looks else "done"
            ended.code = "not_tried" if ended.phase == "failed" else ""
        except SetupRefused as refused:
            ended.code, ended.detail = refused.code, str(refused)
        except ApartFailed:
            ended.code, ended.detail = "not_tried", f"not finished within {LIMIT_S:g} s"
        except OSError as error:
            ended.code, ended.detail = "not_tried", (error.strerror or str(error)).lower()
        except Exception:  # a trial must not be "running" for ever
            log.exception("setup: the rules could not be tried")
            ended.code = "not_tried"
        ended.ended_s = self._clock.monotonic_s()
        self._state = ended

    def _cut_recent(self, work: Work) -> ClipCut:
        """Wait for it. Raises SetupRefused."""
        now_s = self._clock.monotonic_s()
        until_s = now_s + work.ahead_s
        order = CutClip(work.camera.name, work.recording, now_s - RECENT_S, until_s, analysed=True)
        if not self._tell(work.camera.name, order) or not self._cut.wait(work.ahead_s + CUT_S):
            raise SetupRefused("no_recording", f"{work.camera.name}: the analyzer does not answer")
        if self._answer is None or not self._answer.size:
            why = self._answer.trouble if self._answer else ""
            raise SetupRefused("no_recording", f"{work.camera.name}: {why or 'nothing was kept'}")
        return self._answer


def _told(folder: Path) -> dict[str, Any]:
    """How far the process is."""
    try:
        found: dict[str, Any] = json.loads((folder / "told.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _tried(work: Work) -> Outcome:
    """In the process."""
    os.nice(_NICE)
    teller = _Teller(work.folder, SystemClock(), work.length_s)
    try:
        view, detector = view_of(work.camera), Detector.configured(work.settings.detector)
        done = replay(
            work.recording,
            work.settings,
            work.folder / "film.mp4",
            view=view,
            detector=detector,
            on_step=teller.step,
            progress=teller.progress,
        )
    except (AlertsError, StreamError, VisionError) as error:
        return Outcome(trouble=str(error))
    teller.tell()
    return _outcome(done)


def _outcome(done: Replayed) -> Outcome:
    return Outcome(done.looks, done.fired, done.interrupted, done.error)


class _Teller:
    """Writes down how far it is, for the watch to read; and stops where the watch says so."""

    def __init__(self, folder: Path, clock: Clock, length_s: float = 0.0) -> None:
        self._folder, self._clock, self._length_s = folder, clock, length_s
        self._begun_s, self._told_s = clock.monotonic_s(), float("-inf")
        self._steps: list[dict[str, Any]] = []
        self._done_s = self._duration_s = 0.0

    def step(self, step: Step) -> None:
        """One more. The first ones count: a wrong zone says the same thing over and over."""
        if len(self._steps) < MOST_STEPS:
            said = step.json()
            self._steps.append({**said, "evidence": reasons(said["evidence"])})

    def progress(self, done_s: float, duration_s: float) -> None:
        """Raises KeyboardInterrupt, as Ctrl-C would, where it is to stop or has run for long enough."""
        self._done_s, self._duration_s = done_s, max(self._length_s, duration_s, done_s)
        now_s = self._clock.monotonic_s()
        if now_s - self._told_s >= TOLD_S:
            self._told_s = now_s
            self.tell()
            if (self._folder / "stop").exists() or now_s - self._begun_s > TRY_S:
                raise KeyboardInterrupt

    def tell(self) -> None:
        """Write it down."""
        said = {"done_s": round(self._done_s, 2), "duration_s": round(self._duration_s, 2), "steps": self._steps}
        replace_text(self._folder / "told.json", json.dumps(said, ensure_ascii=False))
