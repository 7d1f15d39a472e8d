"""What is drawn beside the boxes: every polygon that a zone holds, however deep."""

from dataclasses import dataclass

import numpy as np
import pytest

from vision.geometry import Polygon
from vision.overlay import draw_parts, is_points, parts_of, plain_name
from vision.zones import Zone, ZoneType

TRIANGLE: Polygon = ((0.1, 0.1), (0.4, 0.1), (0.2, 0.4))
SQUARE: Polygon = ((0.5, 0.5), (0.9, 0.5), (0.9, 0.9), (0.5, 0.9))


@dataclass(frozen=True)
class Pile:
    name: str
    polygon: Polygon


@dataclass(frozen=True)
class Floor:
    corners: Polygon
    width_m: float


@dataclass(frozen=True)
class Rich(Zone):
    """Every form in which a zone may hold polygons."""

    spots: tuple[Polygon, ...] = ()
    pillars: tuple[Pile, ...] = ()
    ground: Floor | None = None
    days: tuple[str, ...] = ()


RICH = Rich(
    "shed",
    ZoneType.SHED,
    SQUARE,
    spots=(TRIANGLE, SQUARE),
    pillars=(Pile("A", TRIANGLE),),
    ground=Floor(SQUARE, 2.0),
    days=("a", "b", "c"),
)


def test_all_polygons_but_the_outline_are_parts() -> None:
    assert list(parts_of(RICH)) == [
        ("spots", "", TRIANGLE),
        ("spots", "", SQUARE),
        ("pillars", "A", TRIANGLE),
        ("ground", "", SQUARE),
    ]
    assert list(parts_of(Zone("a", ZoneType.LIFT))) == []


def test_they_are_drawn() -> None:
    canvas = np.zeros((90, 160, 3), np.uint8)
    draw_parts(canvas, [RICH])
    assert canvas[9, 24:56].any(axis=-1).mean() > 0.9, "the upper edge of the first spot"


@pytest.mark.parametrize("value", [(), ("a", "b", "c"), ((0, 1), (1, 1)), [(0, 0), (0, 1), (1, 1)], 3, None])
def test_what_is_no_polygon(value: object) -> None:
    assert not is_points(value)


@pytest.mark.parametrize(("name", "shown"), [("gate", "gate"), ("门厅", "lobby"), ("", "lobby")])
def test_names_that_cannot_be_drawn_give_way_to_the_kind(name: str, shown: str) -> None:
    assert plain_name(name, "lobby") == shown
