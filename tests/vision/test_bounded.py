"""A week before a busy camera leaves no more behind than a day."""

import pickle
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.lifecycle import MAX_OPEN, MAX_RECENT, Lifecycle
from streams.frame import Frame
from tests.vision.script import MODEL, SIZE, START, Seen, detections
from vision.config import HazardsConfig
from vision.hazards import RULES
from vision.leads import LeadNetwork
from vision.pipeline import Pipeline
from vision.view import View
from vision.zones import Zone, ZoneType

BUSY_LOOKS = 150
"""Looks of the busy time of a day, 10 s apart; then the camera sees nothing until the next day."""
DAYS = 7
MOST_BYTES = 64 << 20
"""Of one camera's state, pictures and all: a hundred cameras must fit into a small machine."""
STEP_S = 10.0
DAY_S = 86_400.0
SHORT = {"clutter": {"dwell_s": 20.0}, "ebike": {"parked_s": 20.0}, "flying_lead": {"dwell_s": 20.0}}
CLASSES = ("ebike", "person", "flame", "clutter", "cable", "bicycle", "smoke")


def busy(rng: np.random.Generator, spots: list[Seen]) -> list[Seen]:
    """Two dozen things: most of them new at a new place, some that stay for a while."""
    kept = [spot for spot in spots if rng.random() < 0.8][:12]
    fresh = []
    for _ in range(24 - len(kept)):
        x, y, w, h = (float(v) for v in rng.uniform((0, 0, 0.03, 0.03), (0.85, 0.85, 0.15, 0.15)))
        fresh.append((str(rng.choice(CLASSES)), float(rng.uniform(0.2, 0.95)), (x, y, x + w, y + h)))
    return [*kept, *fresh]


def week() -> Iterator[tuple[Frame, list[Seen]]]:
    """(frame, what is seen) of every look."""
    rng, index = np.random.default_rng(5), 0
    width, height = SIZE
    for day in range(DAYS):
        spots: list[Seen] = []
        for look in range(BUSY_LOOKS):
            spots = busy(rng, spots)
            if look % 50 == 0:
                still = rng.integers(0, 255, (height, width, 3)).astype(np.uint8)
            at_s = day * DAY_S + look * STEP_S
            yield Frame("cam", index, START + timedelta(seconds=at_s), at_s, at_s, still), spots
            index += 1


class NoLeads(LeadNetwork):
    """Sees no lead in any close-up."""

    def __init__(self) -> None:
        self.version = "none"

    def look(self, closeup: NDArray[np.uint8]) -> NDArray[np.float32]:
        height, width = closeup.shape[:2]
        return np.zeros((height // 2, width // 2), np.float32)


def size_of(thing: Any, seen: set[int] | None = None) -> int:
    """How many things an object holds, with all that it refers to; an array is one."""
    seen = set() if seen is None else seen
    if id(thing) in seen or isinstance(thing, type) or callable(thing):
        return 0
    seen.add(id(thing))
    if isinstance(thing, np.ndarray | str | bytes | int | float | bool | None):
        return 1
    if isinstance(thing, Iterator):
        return 1  # a counter without end, say
    parts: list[Any] = []
    if isinstance(thing, dict):
        parts = [*thing.keys(), *thing.values()]
    elif hasattr(thing, "__iter__"):
        parts = list(thing)
    slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    parts += [getattr(thing, name) for name in slots if hasattr(thing, name)]
    parts += list(getattr(thing, "__dict__", {}).values())
    return 1 + sum(size_of(part, seen) for part in parts)


def test_the_measure_sees_what_grows() -> None:
    class Leaky:
        def __init__(self) -> None:
            self.kept = {"looks": [np.zeros(10)], "names": {"a"}}

    leaky = Leaky()
    before = size_of(leaky)
    leaky.kept["looks"].append(np.zeros(10))  # type: ignore[attr-defined]
    assert size_of(leaky) == before + 1


def test_state_is_bounded_over_a_week_of_a_busy_camera() -> None:
    zones = [
        Zone(str(kind), kind, ((n / 3, 0.0), ((n + 1) / 3, 0.0), ((n + 1) / 3, 1.0), (n / 3, 1.0)))
        for n, kind in enumerate((ZoneType.CORRIDOR, ZoneType.LIFT, ZoneType.YARD))
    ]
    pipeline = Pipeline(View(zones), HazardsConfig.model_validate(SHORT), MODEL, NoLeads())
    lifecycle = Lifecycle(clear_s=dict.fromkeys(RULES, 10.0), new_id=lambda at: at.isoformat(), place_of={})
    most: dict[str, list[int]] = defaultdict(lambda: [0] * DAYS)
    raised: set[str] = set()
    for number, (frame, spots) in enumerate(week()):
        look = pipeline.judge(frame, detections(spots))
        raised |= {change.alert.fingerprint for change in lifecycle.observe(look)}
        if number % 10 == 9:
            for part, held in vars(pipeline).items():
                day = number // BUSY_LOOKS
                most[part][day] = max(most[part][day], size_of(held))
    assert len(raised) > 200
    # Days differ by chance, and what is kept of the last so many looks fills up in three of them; what was kept of each
    # look or place would go on growing.
    for part, sizes in most.items():
        assert max(sizes[5:]) <= 1.1 * max(sizes[3:5]), part
    assert len(pickle.dumps(pipeline)) <= MOST_BYTES
    assert len(lifecycle.open_alerts()) <= MAX_OPEN
    assert len(list(lifecycle._all())) <= MAX_OPEN + MAX_RECENT
