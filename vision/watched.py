"""One camera inside an analyzer: its reader, its newest frame, its pipeline, and how it does."""

import logging
import random
from dataclasses import dataclass, replace
from datetime import datetime

from streams.access_unit import AccessUnit, StreamFormat
from streams.clock import Clock
from streams.errors import SourceUnavailable
from streams.frame import Frame
from streams.knock import knock
from streams.pushed import Letterbox
from streams.reader import CONNECTING, ONLINE, CameraReader
from streams.request import Request
from streams.slot import NewestSlot
from streams.source import Source, open_source
from vision.camera_health.config import USUAL_HEALTH, HealthConfig
from vision.camera_health.judge import PictureJudge
from vision.camera_health.rate import RateMeter
from vision.camera_health.trouble import Trouble
from vision.config import AnalysisConfig, CameraConfig, EvidenceConfig, HazardsConfig
from vision.detector import Detector
from vision.errors import ConfigError
from vision.footage import Footage
from vision.jpeg import SNAPSHOT_QUALITY, SNAPSHOT_WIDTH, encode_jpeg, shrink
from vision.leads import LeadNetwork
from vision.live import LiveView, Offer
from vision.look import CameraHealth, Look
from vision.motion import Motion
from vision.orders import ShowLive
from vision.pipeline import Pipeline
from vision.rule import Severity
from vision.schedule import Turns
from vision.view import View, view_of

log = logging.getLogger(__name__)

LIVELY_S = 2.0
"""Movement or a hit earns extra looks for this long: a flame's flicker pauses, and so does somebody who walks."""
STUCK_S = 20.0
"""Beyond its read time-out. A live source gives pictures or fails by then; a decoder that does neither hangs."""


LEAST_SIDE = 16
"""Pixels. No camera sends less, and nothing could be seen in it."""
MOST_ASPECT = 8.0
"""Of the long side to the short one; panoramas have 3.6. A look at 1×5000 pixels takes half a minute, in which no other
camera of the analyzer is looked at."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """What the cameras of one analyzer share. offer: sends a live picture, if there is room."""

    hazards: HazardsConfig
    analysis: AnalysisConfig
    detector: Detector
    leads: LeadNetwork | None
    evidence: EvidenceConfig
    clock: Clock
    offer: Offer = lambda message: False
    health: HealthConfig = USUAL_HEALTH


class WatchedSlot(NewestSlot[Frame]):
    """The slot that looks are taken from; it also remembers the newest frame for the live picture, and movement.

    Every frame passes here and leaves with the masks in it. newest: the last frame, whether it was taken or not.
    moved_s: the stamp of the last frame in which something moved.
    unfit: why the last frame was not taken in, one line; "" if it was.
    """

    def __init__(self, view: View) -> None:
        super().__init__()
        self._view = view
        self._motion = Motion()
        self.newest: Frame | None = None
        self.moved_s = float("-inf")
        self.unfit = ""

    def put(self, item: Frame) -> None:
        """Make it the waiting frame, unless it is of a shape in which nothing can be seen."""
        self.unfit = unfit(*item.size)
        if self.unfit:
            return
        item = self.newest = self._view.shown(item)
        if self._motion.moved(item.image):
            self.moved_s = item.monotonic_s
        super().put(item)


class Watched:
    """Its reader's thread puts frames in; the analyzer's look thread takes them out, and asks for `health`. `want`,
    `live` and `pushed` are safe from any thread; `start` and `stop` are called once, by whoever begins and ends the
    watch over it.
    """

    def __init__(self, config: CameraConfig, shared: Equipment, before: "Watched | None" = None) -> None:
        """before: the same camera until now, whose settings were others or whose reader hangs."""
        self.config = config
        self.turns = Turns()
        self._detector, self._clock = shared.detector, shared.clock
        self._no_reference = ""
        view = self._view_of(config)
        self.slot = WatchedSlot(view)
        evidence = shared.evidence
        self.footage = Footage(config, evidence, shared.clock, self._open_main) if evidence.enabled else None
        if self.footage is not None and before is not None and before.footage is not None:
            self.footage.take_over(before.footage)
        analysis = shared.analysis
        self._sight = config.sight
        self.live = LiveView(
            config.name,
            self._sight,
            fps=analysis.preview_fps,
            width=analysis.preview_width,
            offer=shared.offer,
        )
        self.pushed = Letterbox()
        is_pushed = config.is_pushed
        self.reader = CameraReader(
            config,
            clock=shared.clock,
            rng=random.Random(),
            on_state=self._on_state,
            sample_fps=max(analysis.looks_per_s, analysis.preview_fps),
            slot=self.slot,
            on_unit=self._on_unit,
            opener=self.pushed.open if is_pushed else open_source,
            knock=self.pushed.waits if is_pushed else knock,
        )
        self._pipeline, self._since_s = self._rules_of(before) or (
            Pipeline(view, shared.hazards, shared.detector.info, shared.leads),
            shared.clock.monotonic_s(),
        )
        self._health = shared.health
        self._judge = PictureJudge(shared.health, config.masks)
        self._troubles: tuple[Trouble, ...] = ()
        self._rate, self._rated_since, self._units = RateMeter(), shared.clock.now(), 0
        self._looks = 0
        self._trouble, self._failed = self._no_reference, False
        self._hit_s = float("-inf")
        self._told: set[tuple[str, str, bool, bool]] = set()
        self._state = CameraHealth(config.name, "connecting", shared.clock.now(), self._sight)

    def start(self) -> None:
        """Begin to read."""
        self.reader.start()
        if self.footage is not None:
            self.footage.start()

    def stop(self) -> None:
        """End reading; may wait for a read time-out."""
        if not self.reader.stop():
            log.warning("%s: its reader hangs and is left behind", self.config.name)
        if self.footage is not None:
            self.footage.stop()

    def want(self, show: ShowLive) -> None:
        """Who is looked at now, and of whom the last minutes are wanted."""
        self.live.want(show)
        if self.footage is not None:
            self.footage.keep_recent(self.config.name in show.recent)

    @property
    def full(self) -> bool:
        """A frame waits to be looked at."""
        return self.slot.full

    def lively(self, now_s: float) -> bool:
        """Something moves, or a rule has just seen something that it is not yet sure of, or a fire burns."""
        return now_s - max(self.slot.moved_s, self._hit_s) <= LIVELY_S

    def stuck(self, now_s: float) -> bool:
        """Its reader neither gives pictures nor fails: only leaving it behind helps."""
        silent_s = now_s - self.reader.heard_s
        return self.reader.live and self.reader.state == ONLINE and silent_s > self.config.read_timeout_s + STUCK_S

    def look(self) -> Look | None:
        """Look at the waiting frame, if there is one. Whatever the pipeline raises is raised: see `failed`."""
        frame = self.slot.take(0)
        if frame is None:
            return None
        self._judge_picture(frame)
        look = self._pipeline.look(frame, self._detector)
        look = replace(look, rules_since_s=self._since_s, sight=self._sight)
        self._looks += 1
        self._failed = False
        # A look that went well; what is left to complain of is the reference.
        self._trouble = self._no_reference or self._pipeline.trouble
        if any(_is_fresh(found.severity, found.confirmed, found.notice) for found in look.findings):
            self._hit_s = frame.monotonic_s
        return self._with_picture(look, frame)

    def _judge_picture(self, frame: Frame) -> None:
        """What is wrong with the camera. Whatever goes wrong in that must not cost a look."""
        if self.config.is_pushed:
            return  # somebody carries it: its view changes all the time
        try:
            self._troubles = self._judge.look(frame)
        except Exception:
            log.exception("%s: its picture could not be judged", self.config.name)
            self._judge = PictureJudge(self._health, self.config.masks)

    def failed(self, error: Exception) -> None:
        """A look failed."""
        self._failed = True
        self._trouble = f"looks fail: {type(error).__name__}: {error}"

    def health(self) -> CameraHealth:
        """State and counters of now."""
        counters, state = self.reader.counters, self._state  # once: the reader's thread replaces it
        footage = self.footage.trouble if self.footage is not None else ""
        detail = state.detail or " ".join((self.slot.unfit or self._trouble or footage).split())[:200]
        online = state.state == ONLINE
        return replace(
            state,
            detail=detail,
            looks=self._looks,
            dropped=counters.dropped,
            reconnects=counters.reconnects,
            corrupt=counters.corrupt,
            fps=self._fps(state, counters.frames) if online else None,
            troubles=self._troubles if online else (),
            kept_s=self.footage.ring.span_s if self.footage is not None else 0.0,
        )

    def _fps(self, state: CameraHealth, frames: int) -> float | None:
        """Pictures a second since it came online. In the thread that asks for `health`, and no other: a reader that
        emptied the meter meanwhile would end the analyzer.
        """
        if state.since != self._rated_since:
            self._rate.reset()
            self._rated_since = state.since
        # A source that hands on no coded pictures is counted by its frames.
        return self._rate.update(self._units or frames, self._clock.monotonic_s())

    def _view_of(self, config: CameraConfig) -> View:
        """An approved picture that cannot be read must not blind this camera, nor those beside it."""
        try:
            return view_of(config)
        except ConfigError as error:
            self._no_reference = str(error)
            log.warning("%s: %s; the clear route is learnt instead", config.name, error)
            return view_of(config.model_copy(update={"reference": None}))

    def _rules_of(self, before: "Watched | None") -> tuple[Pipeline, float] | None:
        """The rules that go on, and since when they look: what they know is still so where only the reader began anew,
        or what changed in the settings does not show in the picture. Rules that have failed begin anew.
        """
        if before is None or before._failed or before._no_reference != self._no_reference:
            return None
        old, new = before.config, self.config
        same = (old.sight, old.zones, old.reference) == (new.sight, new.zones, new.reference)
        return (before._pipeline, before._since_s) if same else None

    def _open_main(self, request: Request) -> Source:
        """The main stream; not before the analysed one was tried, nor while its password is refused: these tries would
        count as well.
        """
        if self.reader.refused:
            raise SourceUnavailable(request.url, "is not tried while the password is refused")
        if self.reader.state == CONNECTING:
            raise SourceUnavailable(request.url, "is opened after the other one")
        return open_source(request)

    def _on_unit(self, stream: StreamFormat, unit: AccessUnit) -> None:
        """A coded picture, in the reader's thread."""
        self._units += 1
        if self.footage is not None:
            self.footage.ring.put(stream, unit)
        self.live.on_unit(stream, unit)

    def _on_state(self, state: str, at: datetime, detail: str) -> None:
        self._state = CameraHealth(self.config.name, state, at, self._sight, detail)
        if state != ONLINE:
            self.live.lost()

    def _with_picture(self, look: Look, frame: Frame) -> Look:
        """The look, with the frame as JPEG if it shows something not told of before; what is newly confirmed is shown
        as the main stream has it, where that is to be had.
        """
        now = {(found.hazard, found.key, found.confirmed, bool(found.notice)) for found in look.findings}
        news = now - self._told
        self._told = now
        if not news:
            return look
        image = frame.image
        if self.footage is not None and any(confirmed for _, _, confirmed, _ in news):
            native = self.footage.native(frame.monotonic_s)
            image = image if native is None else shrink(native, SNAPSHOT_WIDTH)
        return replace(look, picture=encode_jpeg(image, SNAPSHOT_QUALITY))


def unfit(width: int, height: int) -> str:
    """Why pictures of this size, pixels, cannot be looked at; "" if they can."""
    short, long = sorted((width, height))
    if short >= LEAST_SIDE and long <= MOST_ASPECT * short:
        return ""
    return f"its pictures are too small or too narrow to be looked at ({width}×{height})"


def _is_fresh(severity: Severity, confirmed: bool, notice: str) -> bool:
    """Worth extra looks: what is not yet decided, and a fire as long as it burns."""
    return not notice and (severity is Severity.FIRE or not confirmed)
