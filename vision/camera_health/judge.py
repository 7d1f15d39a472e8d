"""Whether a camera's pictures still show its place: one judge a camera, fed with its looks.

Few rules, all of physics: a picture without light or with too much of it shows nothing; what lies on a lens is out of
focus, so that it takes edges away and brings none; what stands in the room brings edges of its own; a camera that was
turned loses its whole view at once and shows another one, as sharp and as still. A fault never mutes a hazard.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from streams.frame import Frame
from vision.camera_health.config import HealthConfig
from vision.camera_health.displaced import displacement
from vision.camera_health.frozen import StandStill
from vision.camera_health.glimpse import Glimpse, glimpse, seen_through
from vision.camera_health.lights_out import LightsOut
from vision.camera_health.trouble import Cause, Trouble
from vision.camera_health.usual import SEEN, Blocks, Compared, UsualView
from vision.geometry import Polygon

PERIOD_S = 0.35
"""Looks nearer to the one before are not judged: nothing here is a matter of less than seconds."""
DISPLACEMENT_S = 2.0
"""The search for a displaced view is dearer, and made this often while a part of the view is lost."""
LONGEST_S = 3.0
"""A look speaks for at most this long before it."""

NOTHING_TO_FREEZE = frozenset({Cause.BLACK, Cause.OVEREXPOSED})
"""Without any light, or in white, there may be no noise to tell a living picture by."""
DIM = 80
"""Grey level that 99 % of a picture do not exceed, up to which nothing can be said of its standing still: what a
camera's noise filter leaves of the noise, the encoder takes, and a quiet place is equal for the whole night."""
NO_LIGHT = 20
"""Grey level that 99 % of a picture without signal do not exceed: black of a video is 16."""
LITTLE_LIGHT = 45
"""The same of a place too dark to see in."""
NO_LAYOUT = 0.5
"""Correlation with the usual bright and dark blocks below which the place is not recognised."""
SAME_LAYOUT = 0.8
"""The same from which it is recognised without any of its edges."""
WHITE_OUT, WHITE_OVER = 0.6, 0.3
"""Share of white pixels with which a picture is over-exposed; the second if the view is lost too."""
LOST = 0.3
"""Share of the usual edges, at most, that are there when the view is lost."""
FEW_EDGES = 0.5
"""Edges, usual = 1, of a lens that is covered."""
UNIFORM = 0.25
"""Contrast of the blocks' brightness, usual = 1, of a covering that has edges of its own: a cloth, a net."""
PART_LOST = 0.3
"""Share of the blocks that are lost when a part of the lens is."""
BARE = 0.35
"""Edges, usual = 1, of the blocks behind spray or tape: what stands in the room would have its own."""
SAME_LIGHT = 0.15
"""Change of brightness of the blocks that are left when a part of the lens is lost: spray does not light the place."""
BLURRED = 0.5
"""Of the usual detail: what is left of it when a lens is out of focus."""
DETAILED = 0.5
"""Grey levels of detail that a block needs to be judged by it."""
OTHER_LIGHT = 1.5
"""Ratio of brightness from which detail is not compared: lamps were switched."""
OTHER_COLOUR = 4.0
"""Levels of colour, usual or now, that part a picture in colour from one under infrared."""
DISPLACED = 0.015
"""Share of the picture's width by which a corner of the view must have gone."""
STEADY = 0.6
"""Likeness of the recent looks from which another view stands."""
SETTLED = 0.5
"""Share of the blocks that show their view while it is learnt further."""
BLANK_LEVELS = 12.0
"""Standard deviation of the blocks' grey levels below which a picture without edges shows nothing at all."""
BLANK_BLOCKS = 3


@dataclass(slots=True)
class _Held:
    """A cause on its way. gathered_s: grows while it is seen, shrinks while it is not, between 0 and its limit."""

    gathered_s: float = 0.0
    since_s: float = 0.0
    told: bool = False


class PictureJudge:
    """Deterministic and bounded; asks no clock. Not thread-safe.

    masks: of the camera: nothing is learnt there.
    """

    def __init__(self, config: HealthConfig, masks: Sequence[Polygon] = ()) -> None:
        self._holds = config.picture_holds()
        self._seen = seen_through(masks)
        self._view = UsualView()
        self._still = StandStill()
        self._lights = LightsOut(config.black_s)
        self._held = {cause: _Held() for cause in self._holds}
        self._judged_s: float | None = None
        self._searched_s = float("-inf")
        self._displaced = 0.0
        self._lost_view = False
        self._evidence: dict[str, Any] = {}
        self.troubles: tuple[Trouble, ...] = ()

    def look(self, frame: Frame) -> tuple[Trouble, ...]:
        """The camera's troubles as of this frame, most telling first; those of before if it comes too soon."""
        now_s = frame.monotonic_s
        passed_s = PERIOD_S if self._judged_s is None else now_s - self._judged_s
        if passed_s < PERIOD_S and self._judged_s is not None:
            return self.troubles
        self._judged_s = now_s
        passed_s = min(passed_s, LONGEST_S)
        seen = glimpse(frame.image, self._seen)
        compared = self._view.compare(seen, passed_s)
        still_s = self._still.update(seen.sample, now_s)
        causes = self._causes(seen, compared, now_s)
        self._lights.update(dark=Cause.BLACK in causes, at_home=self._at_home(causes, compared), now_s=now_s)
        if still_s > 0 and not NOTHING_TO_FREEZE & set(causes) and seen.brightest > DIM:
            causes = (*causes, Cause.FROZEN)
        if Cause.BLACK in causes and self._lights.usual:
            causes = (Cause.DARK,)
        self._evidence = _evidence(seen, compared, self._displaced, still_s)
        self._gather(causes, now_s, passed_s, still_s)
        if self._at_home(causes, compared):
            self._view.learn(seen, passed_s)
        self.troubles = tuple(self._told(frame))
        return self.troubles

    def _at_home(self, causes: Sequence[Cause], compared: Compared) -> bool:
        """Nothing is wrong, and this is the usual view, or becomes it."""
        return not causes and (not self._view.known or compared.kept >= SETTLED)

    def _causes(self, seen: Glimpse, compared: Compared, now_s: float) -> tuple[Cause, ...]:
        """What this look alone speaks for; of several explanations the plainest."""
        if seen.brightest <= NO_LIGHT and compared.layout < NO_LAYOUT:
            return (Cause.BLACK,)
        lost = self._view.known and compared.shown <= LOST
        if seen.clipped >= (WHITE_OVER if lost else WHITE_OUT):
            return (Cause.OVEREXPOSED,)
        if not self._view.known:
            return (Cause.DARK,) if seen.brightest <= LITTLE_LIGHT else ()
        if compared.judged.sum() <= BLANK_BLOCKS and compared.edges <= 1.5 and seen.light.std() < BLANK_LEVELS:
            return (Cause.COVERED,)
        if seen.brightest <= LITTLE_LIGHT and compared.layout >= NO_LAYOUT:
            return (Cause.DARK,)
        if lost:
            return self._lost(seen, compared)
        if self._sprayed(seen, compared):  # before blur: paint over most of the lens takes most of the detail
            return (Cause.SPRAYED,)
        if self._blurred(seen, compared):
            return (Cause.OUT_OF_FOCUS,)
        return (Cause.MOVED,) if self._is_displaced(compared, now_s) else ()

    def _lost(self, seen: Glimpse, compared: Compared) -> tuple[Cause, ...]:
        """The view is lost: something lies on the lens, or the camera looks elsewhere."""
        if compared.edges <= FEW_EDGES or float(seen.light.std()) <= UNIFORM * float(self._view.light.std()):
            return (Cause.COVERED,)
        if self._sprayed(seen, compared):
            return (Cause.SPRAYED,)
        if compared.layout >= SAME_LAYOUT and self._blurred(seen, compared):
            return (Cause.OUT_OF_FOCUS,)
        return (Cause.MOVED,) if compared.steady >= STEADY else ()

    def _blurred(self, seen: Glimpse, compared: Compared) -> bool:
        """The same bright and dark places in the same light, and the finest edges gone."""
        if compared.layout < NO_LAYOUT or not self._same_light(seen):
            return False
        return self._sharpness(seen, np.ones_like(compared.judged)) <= BLURRED

    def _sharpness(self, seen: Glimpse, blocks: Blocks) -> float:
        """What these blocks have of their usual detail, median; 1 if too few have any."""
        rich = blocks & (self._view.detail >= DETAILED)
        return float(np.median(seen.detail[rich] / self._view.detail[rich])) if rich.sum() > BLANK_BLOCKS else 1.0

    def _same_light(self, seen: Glimpse) -> bool:
        ratio = (float(seen.light.mean()) + 4) / (float(self._view.light.mean()) + 4)
        coloured = seen.colour >= OTHER_COLOUR, self._view.colour >= OTHER_COLOUR
        return 1 / OTHER_LIGHT <= ratio <= OTHER_LIGHT and coloured[0] == coloured[1]

    def _sprayed(self, seen: Glimpse, compared: Compared) -> bool:
        """A part is lost, nothing stands there instead, and the rest is as it was."""
        lost = compared.judged & (compared.seen < SEEN)
        left = compared.judged & ~lost
        if lost.sum() < PART_LOST * compared.judged.sum() or not left.any():
            return False
        if self._only_dark(seen, lost, left) or self._sharpness(seen, left) <= BLURRED:
            return False
        change = np.abs(np.log((seen.light[left] + 4) / (self._view.light[left] + 4)))
        return float(np.median(compared.block_edges[lost])) <= BARE and float(np.median(change)) <= SAME_LIGHT

    def _only_dark(self, seen: Glimpse, lost: Blocks, left: Blocks) -> bool:
        """Whether the lost part lies in the dark now, and the rest is no brighter: a lamp or a fire went out."""
        now, usual = float(np.median(seen.light[lost])), float(np.median(self._view.light[lost]))
        return now < usual / OTHER_LIGHT and now < LITTLE_LIGHT and float(np.median(seen.light[left])) < LITTLE_LIGHT

    def _is_displaced(self, compared: Compared, now_s: float) -> bool:
        if compared.kept >= 0.95 or compared.steady < STEADY / 2:
            self._displaced = 0.0
        elif now_s - self._searched_s >= DISPLACEMENT_S:
            self._searched_s = now_s
            self._displaced = displacement(self._view.usual, self._view.recent, compared.judged)
        return self._displaced >= DISPLACED

    def _gather(self, causes: Sequence[Cause], now_s: float, passed_s: float, still_s: float) -> None:
        for cause, held in self._held.items():
            if cause not in causes:
                held.gathered_s = max(0.0, held.gathered_s - passed_s)
                held.told = held.told and held.gathered_s > 0
                continue
            if held.gathered_s == 0:
                held.since_s = now_s - (still_s if cause is Cause.FROZEN else 0.0)
            held.gathered_s = min(self._holds[cause], held.gathered_s + passed_s)
            held.told = held.told or held.gathered_s >= self._holds[cause]

    def _told(self, frame: Frame) -> Iterator[Trouble]:
        for cause, held in self._held.items():
            if held.told:
                since = frame.at - timedelta(seconds=max(0.0, frame.monotonic_s - held.since_s))
                yield Trouble(cause, since, self._evidence)


def _evidence(seen: Glimpse, compared: Compared, displaced: float, still_s: float) -> dict[str, Any]:
    return {
        "brightest": seen.brightest,
        "clipped_frac": round(seen.clipped, 3),
        "kept_frac": round(compared.kept, 3),
        "edges": round(compared.edges, 3),
        "displaced_frac": round(displaced, 3),
        "frozen_s": round(still_s, 1),
    }
