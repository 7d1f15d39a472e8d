"""One suspected fire over time: how strongly the looks so far speak for a flame.

Belief grows while the detector sees a flame: in proportion to its score, and to how restless the pixels are
(`vision.flicker`). It reaches 1, and the fire is confirmed, after the verification time for evidence that is just
good enough and sooner for better. Where nothing moves, belief does not grow: a lamp may shine for hours.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vision import geometry
from vision.flicker import Flicker, Measure
from vision.geometry import Box
from vision.zones import Zone

PLAIN_SCORE = 2.0
"""Times the class's threshold: a flame of this score whose pixels cannot be judged takes the verification time; half
the score takes twice as long. Scores of real fires lie between one and five times the threshold."""
TOP_SCORE = 4.0
"""Scores above this many thresholds count as this."""
RESTLESS = 0.15
"""Unrest from which a thing is fully as restless as a flame. Flames in real clips: 0.05 (blown out) to 0.6; lamps,
their pictures shifted, dimmed and noisy: 0, now and then 0.1."""
STILL = 0.1
"""Smoothed restlessness (0–1) up to which a thing stands still: coding and a passer-by leave as much."""
HORIZON_S = 2.0
"""Restlessness is smoothed over the verification time, and at least this long."""
MOST_OF_ONE = 0.5
"""What one look says of its restlessness counts no more than this, however long ago the look before was: somebody who
passes by a lamp that was last looked at six seconds ago is no flame."""
SMOKE, GROWTH, COLD = 1.5, 1.25, 0.6
"""Factors of support: smoke beside it; grown by half within `MEMORY_S`; a colour no flame has."""
GROWN = 1.5
LEAST_WARM = 0.1
CARRIED_WEAK, CARRIED_STRONG = 0.2, 0.7
"""Factors where the thing travels, or lies on a person: a tail light, a safety vest; but a lighter is carried, too."""
TRAVEL_S = 0.8
"""A thing that touches none of the places where it was this long ago or longer is travelling."""
MEMORY_S = 10.0
MAX_LOOKS = 512
SMALL, SMALL_S = 0.05, 2.0
"""A flame below this share of the picture's sides may go unseen for this long without counting against it."""
LEAST_SIGHTS = 3
"""However strong, it takes this many looks after the first."""
TRY_S, TRIES_VERIFY = 5.0, 2.5
"""A suspicion is looked at closely for so long, and for so many verification times, whichever is more."""
FIRST_REST_S, LONGEST_REST_S = 5.0, 60.0
"""If nothing came of it, it is looked at closely again after this long, twice as long each time."""
PRESSING = 0.3
"""A belief that must be decided, however long it takes."""
LATELY_S = 1.0
"""What was seen so long ago is still pressing."""
RESTLESS_LATELY_S = 3.0
"""The same of what moved like a flame: a small one comes and goes."""
LEAK = 0.1
"""Of the verification time's worth of evidence, lost per verification time: chance sightings never add up."""


@dataclass(slots=True)
class Sight:
    """What one look shows of one fire. box: 0–1; xyxy: the same in pixels; score: of the detector.

    strength: score in thresholds. smoke: seen beside it. worn: it lies on a person. attended: somebody is beside it.
    """

    box: Box
    xyxy: NDArray[np.float32]
    score: float
    strength: float
    smoke: bool
    worn: bool
    attended: bool


@dataclass(slots=True)
class Fire:
    """Key, place and belief of one suspected fire. Bounded. since_s: first sighting; seen_s: the last.

    attended_s: when somebody was last seen beside it; at first when it began. box: 0–1.
    told: people were told of it, by this key and zone, which it keeps.
    tried_s: since when it is being looked at closely; rest_s: how long it is let be after that.
    """

    key: str
    zone: Zone | None
    since_s: float
    seen_s: float
    box: Box
    confirmed: bool = False
    told: bool = False
    belief: float = 0.0
    restless: float | None = None
    attended_s: float = 0.0
    tried_s: float = float("-inf")
    rest_s: float = 0.0
    _measured: int = 0
    _measure: Measure = field(default_factory=lambda: Measure(None, None, None))
    _smoke: bool = False
    _travels: bool = False
    _worn: bool = False
    _run_s: float = 0.0
    _looked_s: float = 0.0
    _looks: int = 1
    _flicker: Flicker = field(default_factory=Flicker)
    _sights: deque[tuple[float, float, Box]] = field(default_factory=lambda: deque(maxlen=MAX_LOOKS))

    @property
    def extent(self) -> Box:
        """All the places where it was seen of late: tongues and sparks of one fire fall within."""
        return geometry.around([self.box, *(box for _, _, box in self._sights)])

    @property
    def in_a_row_s(self) -> float:
        """How long it has been seen without being missed for long: for half of `verify_s`, however rare looks are."""
        return self.seen_s - self._run_s

    def start(self, now_s: float) -> None:
        """It is seen (again) after nothing was: begin to count anew, at the same place under the same key."""
        self.since_s = self.seen_s = self.attended_s = self._looked_s = self._run_s = now_s
        self.belief, self.confirmed, self._looks = 0.0, False, 1
        self.restless, self._measured, self._flicker = None, 0, Flicker()
        self._sights.clear()

    def see(
        self,
        image: NDArray[np.uint8],
        before: NDArray[np.uint8] | None,
        sight: Sight,
        now_s: float,
        verify_s: float,
        *,
        loose: bool = False,
    ) -> None:
        """Weigh a look that shows it. image, before: (H, W, 3) BGR of this look and, if kept, of the one before.

        loose: the look before was long ago, and closer ones are to be had: what has changed since then may be anything,
        so that it is noted and not believed.
        """
        if now_s - self.seen_s > verify_s / 2 and self._looked_s > self.seen_s:
            self._run_s = now_s
        passed_s = self._passed_s(now_s, verify_s)
        self._measure = self._flicker.look(image, sight.xyxy, now_s, before)
        if loose:
            self._measured = 0  # what the next look makes of its unrest counts in full
        else:
            self._feel(now_s, verify_s)
        self._travels = self._has_travelled(sight.box, now_s)
        self._smoke, self._worn = sight.smoke, sight.worn
        self.seen_s, self.box = now_s, sight.box
        if sight.attended:
            self.attended_s = now_s
        self._sights.append((now_s, sight.score, sight.box))
        while len(self._sights) > LEAST_SIGHTS and now_s - self._sights[0][0] > MEMORY_S:
            self._sights.popleft()
        weight = 0.0 if loose else self._weight(sight.strength)
        self.belief += (weight - LEAK) * passed_s / verify_s
        self.belief = min(1.0, max(0.0, self.belief))

    def decide(self, allowed: bool) -> None:
        """Confirm what is believed. allowed: it may burn in this look; should that end, evidence counts from here."""
        if self.confirmed:
            return
        if allowed:
            self.belief = 0.0
        self.confirmed = self.belief >= 1.0 and len(self._sights) >= LEAST_SIGHTS

    def miss(self, now_s: float, verify_s: float) -> None:
        """Weigh a look that does not show it; a small flame is seen only where it was looked at twice."""
        x1, y1, x2, y2 = self.box
        if max(x2 - x1, y2 - y1) < SMALL and now_s - self.seen_s <= SMALL_S:
            return
        self.belief = max(0.0, self.belief - self._passed_s(now_s, verify_s) / verify_s)

    def presses(self, now_s: float, verify_s: float) -> bool:
        """Whether it should be looked at closely now: it is undecided, and that has not been tried in vain of late."""
        lately_s = RESTLESS_LATELY_S if (self.restless or 0.0) > STILL else LATELY_S
        if self.confirmed or now_s - self.seen_s > lately_s:
            return False
        if not self.rests(now_s, verify_s) and now_s - self.tried_s > _try_s(verify_s):
            self.rest_s = min(LONGEST_REST_S, 2 * self.rest_s) if self.rest_s else FIRST_REST_S
            self.tried_s = now_s
        return not self.rests(now_s, verify_s) or self.belief >= PRESSING

    def rests(self, now_s: float, verify_s: float) -> bool:
        """Whether it was looked at closely of late, and nothing came of it."""
        tried_s = now_s - self.tried_s
        return _try_s(verify_s) < tried_s <= _try_s(verify_s) + self.rest_s

    def merge(self, other: "Fire") -> None:
        """Take in a younger fire that this one has grown together with."""
        self.belief, self.confirmed = max(self.belief, other.belief), self.confirmed or other.confirmed
        self._sights = deque(sorted([*self._sights, *other._sights]), maxlen=MAX_LOOKS)

    @property
    def growth(self) -> float:
        """Its area now over its area when `MEMORY_S` ago, or when first seen; of the middle of three looks."""
        areas = [(x2 - x1) * (y2 - y1) for _, _, (x1, y1, x2, y2) in self._sights]
        if len(areas) < 6:
            return 1.0
        return float(np.median(areas[-3:]) / max(np.median(areas[:3]), 1e-9))

    def evidence(self, verify_s: float, threshold: float) -> Mapping[str, Any]:
        """Why, for the person who has to judge it."""
        scores = [score for _, score, _ in self._sights]
        measure = self._measure
        return {
            # What a person can see for themselves first, then what was reckoned from it, then the limits.
            "behaviour": self._behaviour(),
            "place": "travels" if self._travels else "stays",
            "smoke": self._smoke,
            "on_a_person": self._worn,
            "growth": round(self.growth, 2),
            "seen_s": round(self.seen_s - self.since_s, 2),
            "looks": self._looks,
            "hits": len(scores),
            "mean_confidence": round(float(np.mean(scores)), 3),
            "warm_share": "unknown: no colour" if measure.warm is None else round(measure.warm, 2),
            "flicker_hz": "unknown: looks too rare" if measure.flicker_hz is None else round(measure.flicker_hz, 1),
            "restless": None if self.restless is None else round(self.restless, 3),
            "belief": round(self.belief, 3),
            "verify_s": verify_s,
            "limit_confidence": round(threshold, 3),
            "limit_restless": STILL,
            "limit_belief": 1.0,
        }

    def _behaviour(self) -> str:
        if self.restless is None:
            return "unknown: no earlier look to compare with, or nothing to see in the box"
        if self.restless <= STILL:
            return "still, as a lamp"
        return "restless, as a flame"

    def _passed_s(self, now_s: float, verify_s: float) -> float:
        """Time that this look speaks for: however rare looks are, it takes three to be sure."""
        passed_s, self._looked_s = now_s - self._looked_s, now_s
        self._looks += 1
        return min(passed_s, verify_s / 2)

    def _feel(self, now_s: float, verify_s: float) -> None:
        """Smooth the restlessness: a plain mean at first, then over the horizon."""
        if self._measure.unrest is None:
            return
        now = min(1.0, self._measure.unrest / RESTLESS)
        self._measured += 1
        horizon_s = max(HORIZON_S, verify_s)
        share = max(1 / self._measured, min(MOST_OF_ONE, 1 - float(np.exp((self.seen_s - now_s) / horizon_s))))
        self.restless = now if self.restless is None else self.restless + share * (now - self.restless)

    def _weight(self, strength: float) -> float:
        """Evidence of this look, in verification times per second of its own time."""
        weight = min(strength, TOP_SCORE) / PLAIN_SCORE
        if self.restless is not None:
            weight *= 2 * max(0.0, self.restless - STILL) / (1 - STILL)
        if self._smoke:
            weight *= SMOKE
        if self.growth >= GROWN:
            weight *= GROWTH
        if self._measure.warm is not None and self._measure.warm < LEAST_WARM:
            weight *= COLD
        if self._travels or self._worn:
            weight *= CARRIED_STRONG if strength >= PLAIN_SCORE else CARRIED_WEAK
        return weight

    def _has_travelled(self, box: Box, now_s: float) -> bool:
        earlier = [place for at_s, _, place in self._sights if now_s - at_s >= TRAVEL_S]
        if len(earlier) < 2:
            return False
        gaps = geometry.gap(np.array([box], np.float32), np.array(earlier, np.float32))
        return bool((gaps > 0).all())


def _try_s(verify_s: float) -> float:
    return max(TRY_S, TRIES_VERIFY * verify_s)
