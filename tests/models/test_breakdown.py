"""Figures by class, light, source and size of the box."""

import pytest

from models.breakdown import by_class, by_light, by_size, by_source
from models.classes import CLASSES, EBIKE, FLAME
from tests.models.scored import HIT, MISS, picture

LIMITS = dict.fromkeys(CLASSES, 0.5)
SMALL, MEDIUM, LARGE = [0, 0, 20, 20], [100, 0, 150, 50], [200, 0, 300, 100]


def test_a_class_has_the_figures_that_have_something_to_count() -> None:
    items = [
        picture([[FLAME, *HIT]], [[*HIT, 0.6, FLAME]]),
        picture([], [[*MISS, 0.6, FLAME], [*HIT, 0.6, FLAME]]),
        picture([], []),
    ]
    flame = by_class(items, LIMITS)["flame"]
    assert flame["boxes"] == 1
    assert flame["recall"]["value"] == flame["picture_recall"]["value"] == flame["ap30"] == 1
    assert flame["ap50"] == flame["ap50_95"] == pytest.approx(1)
    assert flame["false_pictures"]["value"] == 0.5
    assert flame["false_boxes"] == {"count": 2, "per_picture": 1.0}
    assert set(by_class(items, LIMITS)["ebike"]) == {"boxes", "false_pictures", "false_boxes"}
    assert "person" not in by_class(items, LIMITS)


def test_lights_are_told_apart() -> None:
    items = [
        picture([[FLAME, *HIT]], [[*HIT, 0.6, FLAME]], light="night"),
        picture([[FLAME, *HIT]], [], light="day"),
        picture([[FLAME, *HIT]], [[*HIT, 0.6, FLAME]], light="day"),
    ]
    table = by_light(items, LIMITS)
    assert {light: entry["pictures"] for light, entry in table.items()} == {"day": 2, "night": 1, "grey": 0}
    assert table["day"]["classes"]["flame"]["recall"]["value"] == 0.5
    assert table["night"]["classes"]["flame"]["recall"]["value"] == 1
    assert table["grey"]["classes"] == {}


def test_a_clip_has_no_figures_of_boxes() -> None:
    clip = picture([[FLAME, *HIT]], [[*HIT, 0.6, FLAME]], source="clip/a.mp4")
    table = by_source([clip, picture([], [])], LIMITS)
    assert list(table) == ["clip/a.mp4", "s"]
    assert set(table["clip/a.mp4"]["classes"]["flame"]) == {"boxes", "picture_recall"}


def test_sizes_are_told_apart_at_the_networks_input() -> None:
    item = picture(
        [[EBIKE, *SMALL], [EBIKE, *MEDIUM], [EBIKE, *LARGE]],
        [[*MEDIUM, 0.9, EBIKE], [*LARGE, 0.4, EBIKE]],
    )
    figures = by_size([item], LIMITS)["ebike"]
    assert {size: entry["boxes"] for size, entry in figures.items()} == {"small": 1, "medium": 1, "large": 1}
    assert {size: entry["recall"]["value"] for size, entry in figures.items()} == {"small": 0, "medium": 1, "large": 0}
    assert {size: entry["ap50"] for size, entry in figures.items()} == {"small": 0, "medium": 1, "large": 1}


def test_an_enlarged_picture_has_larger_boxes() -> None:
    item = picture([[EBIKE, *SMALL]], [], scale=2.0)
    assert list(by_size([item], LIMITS)["ebike"]) == ["medium"]


def test_a_false_box_counts_in_its_own_size_only() -> None:
    """The small false box comes first; the medium one that is found is another size's business."""
    item = picture(
        [[EBIKE, *SMALL], [EBIKE, *MEDIUM]],
        [[400, 0, 420, 20, 0.9, EBIKE], [*MEDIUM, 0.8, EBIKE], [*SMALL, 0.7, EBIKE]],
    )
    figures = by_size([item], LIMITS)["ebike"]
    assert figures["small"]["ap50"] == 0.5
    assert figures["medium"]["ap50"] == 1


def test_a_loose_box_across_the_limit_still_finds() -> None:
    """33 x 33 is medium, but lies on a small true box of 30 x 30 (IoU 0.83)."""
    item = picture([[EBIKE, 0, 0, 30, 30]], [[0, 0, 33, 33, 0.9, EBIKE]])
    assert by_size([item], LIMITS)["ebike"]["small"]["recall"]["value"] == 1
