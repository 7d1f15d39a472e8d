"""What is drawn beside the boxes: every polygon that a zone holds, however deep."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pytest

from vision import drawn_words
from vision.geometry import Polygon
from vision.hazards import RULES
from vision.look import SeenBox
from vision.overlay import annotate, draw_parts, is_points, label_of, parts_of, plain_name, words_of
from vision.rule import Finding, Severity
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


def finding(hazard: str) -> Finding:
    at = datetime(2026, 6, 1, tzinfo=UTC)
    severity = Severity.FIRE if hazard == "flame" else Severity.VIOLATION
    box = (0.3, 0.4, 0.6, 0.9)
    return Finding("a", hazard, severity, "z", "corridor", "k", True, at, 0.0, 1.0, at, 0.87, box)


@pytest.mark.parametrize("kind", [*RULES, "person", "bicycle", "ebike", "smoke", "cable"])
def test_a_label_says_it_in_chinese_before_its_own_letters(kind: str) -> None:
    assert drawn_words.index()[kind][0] == RULES[kind].words.zh if kind in RULES else True
    word = drawn_words.drawn(kind, 20)
    assert word is not None and word.shape[0] == 20 and word.max() > 200 and (word < 30).mean() > 0.4


@pytest.mark.parametrize("size", [(120, 160), (360, 640), (1080, 1920)])
def test_the_word_stands_in_the_picture_whatever_its_size(size: tuple[int, int]) -> None:
    ground = np.full((*size, 3), 90, np.uint8)
    with_word = annotate(ground, findings=[finding("flame")])
    without = annotate(ground, findings=[finding("nobody_knows")], label=lambda _: label_of(finding("flame")))
    assert with_word.shape == ground.shape and (with_word != without).any()
    corner = annotate(ground, findings=[replace(finding("flying_lead"), box=(0.97, 0.0, 1.0, 0.03))])
    assert corner.shape == ground.shape


def test_what_has_no_word_is_labelled_as_before() -> None:
    assert drawn_words.drawn("nobody_knows", 20) is None
    ground = np.full((360, 640, 3), 90, np.uint8)
    assert (annotate(ground, boxes=[SeenBox("nobody_knows", 1, 0.5, (0.3, 0.4, 0.6, 0.9))]) != ground).any()


def test_whoever_acts_on_a_fire_reads_no_score_in_its_picture() -> None:
    sure, unsure = (replace(finding("flame"), confidence=share, confirmed=False) for share in (0.61, 0.14))
    assert words_of(sure) == words_of(unsure) == "FLAME?"
    ground, box = np.full((360, 640, 3), 90, np.uint8), (0.3, 0.4, 0.6, 0.9)
    seen = [annotate(ground, boxes=[SeenBox("flame", 1, share, box)], scores=False) for share in (0.61, 0.14)]
    assert (seen[0] == seen[1]).all()
