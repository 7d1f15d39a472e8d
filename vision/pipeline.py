"""Detections of one camera → tracks → scene → findings. No I/O; time comes with the frame.

Live, audit, tests and benchmarks all run this class.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from streams.frame import Frame
from vision import geometry
from vision.attention import Attention
from vision.blur import Private
from vision.clear_route import ClearRoute
from vision.config import DetectorConfig, HazardsConfig
from vision.detections import OWN_RULES, TWO_WHEELERS, Detections
from vision.detector import Detecting, Detector, ModelInfo
from vision.errors import ConfigError
from vision.geometry import Box
from vision.hazards import RULES
from vision.leads import LeadNetwork
from vision.look import Look, SeenBox
from vision.provenance import settings_version
from vision.rule import HURRY_S, SOON_S, Finding, HazardRule, Severity
from vision.scene import Scene
from vision.stillness import StillMap, Stillness
from vision.tracker import Track, Tracker
from vision.view import View

WEAK_SHARE = 0.5
"""Detections down to this share of their class's threshold may prolong a track, never start one."""

LINGERS_S = 3.0
"""Somebody whom the detector loses is thought to stand where they were for this long."""
CONTESTED = 0.6
"""What never made a track is rather a thing where a surer `clutter` box shares this much of its box (IoU)."""
COMPARE_S = 0.75
"""The picture is compared with the clear place this often at most: what stands for seconds needs no more."""
LIGHTS = 0.3
"""From this belief on a fire is thought to light the place, so that nothing can be compared with how it was."""
PRESSING = {"flame": ("flame",), "ebike": TWO_WHEELERS}
"""Class that a rule needs → classes of which the first sighting is followed up at once, where looks can be chosen."""
SAME_MACHINE = 0.6
"""What shares this much of its box with a machine that is known is that machine, where it was."""
MARGIN = 0.15
"""Arms, shadows and bags reach this share of a person's size beyond their box."""


def require_classes(hazards: HazardsConfig, names: Collection[str]) -> None:
    """Raises ConfigError where an enabled hazard needs a class that the detector does not know: it would never be
    raised, and nobody would know.
    """
    for kind, rule in RULES.items():
        if hazards[kind].enabled and (missing := sorted(rule.needs - set(names))):
            raise ConfigError(
                f"detector.model knows no {' and no '.join(missing)}, without which {kind} is never raised "
                f"(its classes: {', '.join(names)}); take another model, or set hazards.{kind}.enabled = false"
            )


def lead_network(hazards: HazardsConfig, detector: DetectorConfig) -> LeadNetwork | None:
    """The shipped lead network, if leads are looked for. Raises ModelError: it is missing or was changed."""
    return LeadNetwork.load(threads=detector.threads) if hazards["flying_lead"].enabled else None


class Pipeline:
    """The state of one camera. Feed frames that `View.shown` has masked, in order of time.

    leads: None: no flying lead is ever found. Without an approved picture the clear route is learnt, and so it is
    while the frames have another shape than that picture: fires are looked for all the same, and `trouble` says it.
    """

    def __init__(self, view: View, hazards: HazardsConfig, model: ModelInfo, leads: LeadNetwork | None) -> None:
        self._view, self._leads = view, leads
        self._names = model.names
        self._thresholds = model.thresholds
        self._threshold = np.array([model.thresholds[name] for name in model.names], np.float32)
        self._clutter = model.names.index("clutter") if "clutter" in model.names else -1
        self._explained = [index for index, name in enumerate(model.names) if name in OWN_RULES]
        self._size = (0, 0)
        self._fire_s = self._compared_s = float("-inf")
        self.trouble = ""
        self._made_by = {
            kind: {"model": model.version, "settings": settings_version(params, view.zones, model.thresholds)}
            for kind, params in hazards.by_kind.items()
        }
        self._attention: Attention | None = None
        if "flame" in model.names and hazards["flame"].enabled:
            self._attention = Attention(model.names.index("flame"), model.input_size)
        self._rules: list[HazardRule] = [
            rule(params) for kind, rule in RULES.items() if (params := hazards[kind]).enabled
        ]

        needed = {name for rule in self._rules for name in rule.needs}
        self._pressing = [name for need, names in PRESSING.items() if need in needed for name in names]

    def look(self, frame: Frame, detector: Detector, seen: Detections | None = None) -> Look:
        """See the frame and judge it. seen: of `glance`, where it is known."""
        return self.judge(frame, self.glance(frame, detector) if seen is None else seen)

    def glance(self, frame: Frame, detector: Detector) -> Detections:
        """Detect in the frame, and look twice where a small flame may be. No rule is told: the frame may lie ahead, and
        others before it come later.
        """
        return self.attend(frame, self.overview(frame, detector), detector)

    def overview(self, frame: Frame, detector: Detector) -> Detections:
        """Detect in the whole frame."""
        return detector.detect(frame.image, relax=WEAK_SHARE)

    def attend(self, frame: Frame, seen: Detections, detector: Detecting) -> Detections:
        """What the overview has seen, and what a second look at a part of the frame adds where a small flame may be."""
        return seen if self._attention is None else self._attention.look(frame, seen, detector, WEAK_SHARE)

    def due_s(self, now_s: float) -> float:
        """Until when the place should be seen again, judged by the look at `now_s`, which is the last one; infinite:
        nothing is open. See `HazardRule.due_s`.
        """
        wishes = [rule.due_s(now_s) for rule in self._rules]
        # A first sighting is told to no rule: the next look decides whether it is more than a flicker.
        wishes += [now_s + HURRY_S for name in self._pressing for track in self._born(name, now_s)]
        return min(wishes, default=math.inf)

    def gap_s(self, seen: Detections, now_s: float) -> float:
        """How far apart looks may lie before a picture that shows this and lies ahead, at `now_s`; infinite: as far as
        one likes.

        A flame or a machine that was not there at the last look came in between, and how it came counts.
        """
        if self._size == (0, 0):
            return math.inf
        surely = seen[seen.confidence >= self._threshold[seen.class_id]]
        for box in self._boxes(surely, ("flame",) if self._attention is not None else ()):
            unit = geometry.unit_box(box.tolist(), self._size)
            if not any(rule.passes_over(unit, self._size, now_s) for rule in self._rules):
                return SOON_S
        machines = self._boxes(surely, [name for name in TWO_WHEELERS if name in self._pressing])
        known = [track.xyxy for name in TWO_WHEELERS for track in self._tracker.standing(name)]
        if not len(machines):
            return math.inf
        same = geometry.overlap(machines, np.stack(known)).max(axis=1) if known else np.zeros(1)
        return SOON_S if float(same.min()) < SAME_MACHINE else math.inf

    def _boxes(self, seen: Detections, names: Collection[str]) -> NDArray[np.float32]:
        ids = [self._names.index(name) for name in names if name in self._names]
        return seen.xyxy[np.isin(seen.class_id, ids)]

    def _born(self, name: str, now_s: float) -> list[Track]:
        if self._size == (0, 0) or name not in self._names:
            return []
        return [track for track in self._tracker.recent(name, now_s, 0.0) if not track.confirmed]

    def judge(self, frame: Frame, detections: Detections) -> Look:
        """Judge a frame whose detections (down to `WEAK_SHARE` of the thresholds) are known."""
        if frame.size != self._size:
            # Boxes of another picture size mean nothing here: the camera was set anew, or a folder mixes shapes.
            clear = self._fitting(frame.size)
            self._size, self._tracker, self._stillness = frame.size, Tracker(self._names), Stillness(clear)
            self._compared_s = float("-inf")
        strong: NDArray[np.bool_] = detections.confidence >= self._threshold[detections.class_id]
        tracks = self._tracker.update(detections, strong, frame.monotonic_s)
        scene = self._scene(frame, detections, tracks)
        findings = [self._signed(finding) for rule in self._rules for finding in rule.update(scene)]
        if any(finding.severity is Severity.FIRE and _lights(finding) for finding in findings):
            self._fire_s = frame.monotonic_s
        boxes = tuple(SeenBox(track.name, track.track_id, track.confidence, scene.box_of(track)) for track in tracks)
        private = Private(self._seen_of(("person",), detections, frame), self._seen_of(TWO_WHEELERS, detections, frame))
        return Look(frame.camera, frame.at, frame.monotonic_s, frame.size, boxes, tuple(findings), private=private)

    def _seen_of(self, names: Sequence[str], detections: Detections, frame: Frame) -> tuple[Box, ...]:
        """Whatever of these is seen, however faintly, and whatever was seen a moment ago."""
        known = [name for name in names if name in self._names]
        seen = detections.xyxy[np.isin(detections.class_id, [self._names.index(name) for name in known])]
        recent = [track.xyxy for name in known for track in self._tracker.recent(name, frame.monotonic_s, LINGERS_S)]
        return tuple(geometry.unit_box(box.tolist(), frame.size) for box in (*seen, *recent))

    def _fitting(self, size: tuple[int, int]) -> ClearRoute | None:
        """The approved picture, if a camera of this size can have taken it."""
        self.trouble = ""
        try:
            if self._view.clear:
                self._view.clear.require_shape(size)
        except ConfigError as error:
            self.trouble = str(error)
            return None
        return self._view.clear

    def _signed(self, finding: Finding) -> Finding:
        """With the model and the settings that it came from."""
        return replace(finding, evidence={**finding.evidence, **self._made_by[finding.hazard]})

    def _scene(self, frame: Frame, detections: Detections, tracks: Sequence[Track]) -> Scene:
        still = self._still_map(frame, detections)
        return Scene(
            frame.camera,
            frame.at,
            frame.monotonic_s,
            frame.size,
            frame.image,
            tracks,
            self._view.zones,
            still,
            self._leads,
            self._thresholds,
        )

    def _still_map(self, frame: Frame, detections: Detections) -> StillMap:
        now_s = frame.monotonic_s
        if now_s - self._fire_s <= LINGERS_S or now_s - self._compared_s < COMPARE_S:
            return self._stillness.held()
        self._compared_s = now_s
        recent = [t for name in OWN_RULES for t in self._tracker.recent(name, now_s, LINGERS_S)]
        # Also what is too weak to start a track: somebody half seen is somebody.
        seen = detections[np.isin(detections.class_id, self._explained)]
        things = detections[detections.class_id == self._clutter]
        weak = [
            box for box, of in zip(seen.xyxy, seen.confidence, strict=True) if not _contested(box, float(of), things)
        ]
        boxes = [*(track.xyxy for track in recent), *weak]
        hidden = [geometry.grown(geometry.unit_box(box.tolist(), frame.size), MARGIN) for box in boxes]
        return self._stillness.update(frame.image, hidden, now_s)


def _contested(xyxy: NDArray[np.float32], confidence: float, things: Detections) -> bool:
    """Whether one of the things is seen more surely in the same box."""
    surer = things.xyxy[things.confidence > confidence]
    return bool(len(surer)) and bool(geometry.iou(xyxy[None], surer).max() >= CONTESTED)


def _lights(fire: Finding) -> bool:
    """Whether it is fire enough to light the place: a lamp that is taken for one for hours must not stop the rest."""
    return fire.confirmed or float(fire.evidence.get("belief", 0.0)) >= LIGHTS
