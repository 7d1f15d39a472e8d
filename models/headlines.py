"""The figures a detector is judged by, each with the bar it must reach and the goal it should.

"Recall" and "false" are at the detector's thresholds. A figure is measured where the class is labelled exhaustively.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from models.classes import BICYCLE, CABLE, CLASSES, CLUTTER, EBIKE, FLAME, PERSON
from models.confusion import KICK_SCOOTERS, bicycles_called_ebike
from models.figures import Area, Figure
from models.score import (
    Scored,
    average_precision,
    boxes_found,
    gather,
    pictures_false,
    pictures_found,
    select,
)
from models.validate import is_wheelchair

Limits = dict[str, float]  # class -> threshold
Metric = Callable[[Sequence[Scored], Limits], Figure]
Wanted = Callable[[Scored], bool]


@dataclass(frozen=True, slots=True)
class Headline:
    """One row. bar, goal: the least value accepted and the one aimed at; the largest where less is better."""

    name: str
    metric: Metric
    bar: float | None = None
    goal: float | None = None
    better: Literal["more", "less"] = "more"

    def reached(self, figure: Mapping[str, Any]) -> str:
        """What an entry's value reaches: "goal", "bar" or "no", empty where nothing is demanded; with a question mark
        where the worse end of its interval reaches less.
        """
        if self.bar is None or self.goal is None:
            return ""
        sure = self._level(figure.get("low" if self.better == "more" else "high", figure["value"]))
        level = self._level(figure["value"])
        return level if level == sure else f"{level}?"

    def _level(self, value: float) -> str:
        sign = 1 if self.better == "more" else -1
        for demand, level in ((self.goal, "goal"), (self.bar, "bar")):
            if demand is not None and sign * value >= sign * demand:
                return level
        return "no"


def from_source(*prefixes: str, indoor: str | None = None) -> Wanted:
    """Pictures of the sources that begin with one of `prefixes`."""
    return lambda item: item.source.startswith(prefixes) and indoor in (None, item.indoor)


def any_of(*wanted: Wanted) -> Wanted:
    return lambda item: any(one(item) for one in wanted)


def none_of(*wanted: Wanted) -> Wanted:
    return lambda item: not any(one(item) for one in wanted)


def _ap(class_id: int, iou: float, wanted: Wanted) -> Metric:
    def metric(items: Sequence[Scored], _: Limits) -> Figure:
        matches = gather(select(items, wanted), class_id, iou)
        return Area(average_precision(matches), matches.truths)

    return metric


def _recall(class_id: int, wanted: Wanted) -> Metric:
    return lambda items, limits: boxes_found(gather(select(items, wanted), class_id, 0.5), limits[CLASSES[class_id]])


def _seen(class_id: int, wanted: Wanted) -> Metric:
    return lambda items, limits: pictures_found(select(items, wanted), class_id, limits[CLASSES[class_id]])


def _false(class_id: int, wanted: Wanted) -> Metric:
    return lambda items, limits: pictures_false(select(items, wanted), class_id, limits[CLASSES[class_id]])


_FIRENET = from_source("fire/firenet")
_PBL5: Wanted = lambda item: item.source == "fire/pbl5"  # noqa: E731 - "fire/pbl5_lamps" begins alike
_FIRES = any_of(_FIRENET, _PBL5)
_LAMPS, _FIERY, _ROOMS = from_source("fire/pbl5_lamps"), from_source("fire/voc2007"), from_source("ebike2/backgrounds")
_VOC, _LIFT = from_source("ebike/voc2007"), from_source("ebike/lift_photos")
_GARAGE, _STREET = from_source("ebike2/nerve", indoor="1"), from_source("ebike2/nerve", indoor="0")
_WHEELS = any_of(_VOC, _GARAGE, _STREET)
_REST = none_of(_LAMPS, _FIERY, _ROOMS, _WHEELS)

HEADLINES: Final = (
    Headline("flame recall per picture", _seen(FLAME, _FIRES), 0.80, 0.95),
    Headline("flame recall per picture, FireNET photos", _seen(FLAME, _FIRENET), 0.80, 0.95),
    Headline("flame recall per picture, pbl5 videos", _seen(FLAME, _PBL5), 0.80, 0.95),
    Headline("flame AP at IoU 0.3", _ap(FLAME, 0.3, _FIRES), 0.40, 0.65),
    Headline("flame AP at IoU 0.3, FireNET photos", _ap(FLAME, 0.3, _FIRENET), 0.40, 0.65),
    Headline("flame AP at IoU 0.3, pbl5 videos", _ap(FLAME, 0.3, _PBL5), 0.40, 0.65),
    Headline("flame false, all pictures without fire", _false(FLAME, lambda _: True), 0.05, 0.01, "less"),
    Headline("flame false, lamps", _false(FLAME, _LAMPS), 0.05, 0.01, "less"),
    Headline("flame false, fire-coloured photos", _false(FLAME, _FIERY), 0.05, 0.01, "less"),
    Headline("flame false, rooms and garages", _false(FLAME, _ROOMS), 0.05, 0.01, "less"),
    Headline("flame false, streets and wheels", _false(FLAME, _WHEELS), 0.05, 0.01, "less"),
    Headline("flame false, halls, lifts, wheelchairs, tables", _false(FLAME, _REST), 0.05, 0.01, "less"),
    Headline("e-bike recall, lift photos", _recall(EBIKE, _LIFT), 0.75, 0.95),
    Headline("e-bike AP50, VOC motorbikes and streets", _ap(EBIKE, 0.5, any_of(_VOC, _STREET)), 0.76, 0.88),
    Headline("e-bike AP50, VOC motorbikes", _ap(EBIKE, 0.5, _VOC), 0.76, 0.88),
    Headline("e-bike AP50, streets", _ap(EBIKE, 0.5, _STREET), 0.76, 0.88),
    Headline("wheelchair pictures raising e-bike", _false(EBIKE, is_wheelchair), 0.05, 0.01, "less"),
    Headline("bicycles called e-bike", bicycles_called_ebike, 0.10, 0.03, "less"),
    Headline("person recall, lift photos", _recall(PERSON, _LIFT), 0.75, 0.90),
    Headline("person recall, VOC", _recall(PERSON, _VOC)),
)

#: Worth knowing, without a bar. The clips have one box a burning frame: the whole picture.
BESIDE: Final = (
    Headline("flame recall per frame, foreign clips", _seen(FLAME, from_source("clip/"))),
    Headline("flame false per frame, foreign clips", _false(FLAME, from_source("clip/")), better="less"),
    Headline("e-bike AP50, garages", _ap(EBIKE, 0.5, _GARAGE)),
    Headline("e-bike recall, garages", _recall(EBIKE, _GARAGE)),
    Headline("e-bike AP50, lift photos", _ap(EBIKE, 0.5, _LIFT)),
    Headline("kick-scooter pictures raising e-bike", _false(EBIKE, from_source(KICK_SCOOTERS)), better="less"),
    Headline("bicycle AP50, VOC", _ap(BICYCLE, 0.5, _VOC)),
    Headline("person AP50, VOC", _ap(PERSON, 0.5, _VOC)),
    Headline("person AP50, lift photos", _ap(PERSON, 0.5, _LIFT)),
    Headline("clutter AP50, furnished rooms", _ap(CLUTTER, 0.5, from_source("ebike2/furniture"))),
    Headline("clutter AP50, bags in unseen halls", _ap(CLUTTER, 0.5, from_source("clutter/ScottHodg"))),
    Headline("cable AP50, cables on tables", _ap(CABLE, 0.5, from_source("clutter/m4nh"))),
)


def measured(rows: Sequence[Headline], items: Sequence[Scored], limits: Limits) -> dict[str, dict[str, Any]]:
    """name -> figure, for the rows that have something to count."""
    figures = {row.name: row.metric(items, limits) for row in rows}
    return {name: figure.entry() for name, figure in figures.items() if figure.of}
