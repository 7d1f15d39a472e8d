"""Clutter against a reference: other lights, passers-by, piles that grow, allowed places, the approved picture."""

import re
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from streams.frame import Frame
from tests.vision.script import MODEL, SIZE, START, Seen, detections, keys, play, raised_s
from vision.clear_route import ClearRoute, load_clear_route
from vision.config import HazardsConfig
from vision.errors import ConfigError
from vision.floor import Floor
from vision.look import Look
from vision.pipeline import Pipeline
from vision.view import View
from vision.zones import Zone, ZoneType

Picture = NDArray[np.uint8]
DWELL = {"clutter": {"dwell_s": 6}}
BAG = 80, 220, 200, 330
"""x1, y1, x2, y2, pixels."""


def place() -> Picture:
    """A floor and a wall with texture of every size, the same each time."""
    rng = np.random.default_rng(7)
    grey = np.tile(np.linspace(90, 150, SIZE[1])[:, None], (1, SIZE[0]))
    for n in (1, 4):
        layer = cv2.resize(rng.uniform(-1, 1, (n * 9, n * 16)), SIZE)
        grey = grey + np.asarray(layer, np.float64) * 40 / n**0.5
    return np.repeat(np.asarray(np.clip(grey, 20, 235), np.uint8)[..., None], 3, axis=2)


def with_thing(picture: Picture, box: tuple[int, int, int, int] = BAG) -> Picture:
    x1, y1, x2, y2 = box
    picture = picture.copy()
    picture[y1:y2, x1:x2] = (40, 30, 110)
    picture[y1 : (y1 + y2) // 2, x1:x2] = (70, 60, 160)
    return picture


def bag_from(start_s: float, until_s: float = 1e9) -> Callable[[float], Picture]:
    empty, full = place(), with_thing(place())
    return lambda s: full if start_s <= s < until_s else empty


def dimmed(picture: Picture) -> Picture:
    return (picture * 0.4).astype(np.uint8)


def infrared(picture: Picture) -> Picture:
    """Grey, brighter, lit from the middle."""
    down, across = np.mgrid[-1 : 1 : picture.shape[0] * 1j, -1 : 1 : picture.shape[1] * 1j]
    beam = 0.9 * np.exp(-(across**2) - down**2)[..., None] + 0.8
    grey = np.clip(picture.mean(axis=2, keepdims=True) * beam, 0, 255).astype(np.uint8)
    return np.repeat(grey, 3, axis=2)


def sunlit(picture: Picture) -> Picture:
    """A soft patch of warm sun on the floor."""
    patch = np.zeros(picture.shape[:2], np.float32)
    cv2.fillPoly(patch, [np.array([[250, 200], [380, 200], [460, 320], [300, 320]])], (1.0,))
    soft = np.asarray(cv2.GaussianBlur(patch, (0, 0), 6))[..., None] * np.array([0.4, 0.5, 0.6])
    return np.asarray(np.clip(picture * (1 + soft), 0, 255), np.uint8)


def shaken(picture: Picture, at_s: float) -> Picture:
    back = np.array([[1, 0, 4 * np.sin(5 * at_s)], [0, 1, 3 * np.cos(7 * at_s)]], np.float32)
    return np.asarray(cv2.warpAffine(picture, back, SIZE, borderMode=cv2.BORDER_REPLICATE), np.uint8)


LIGHTS = pytest.mark.parametrize("light", [dimmed, infrared, sunlit], ids=lambda light: light.__name__)


@LIGHTS
def test_another_light_is_no_clutter(light: Callable[[Picture], Picture]) -> None:
    empty = place()
    looks = play(lambda s: [], seconds=40, picture=lambda s: light(empty) if 8 < s < 24 else empty, hazards=DWELL)
    assert not keys(looks, "clutter")


@pytest.mark.parametrize("light", [dimmed, infrared], ids=lambda light: light.__name__)
def test_clutter_stays_one_alert_through_a_change_of_light(light: Callable[[Picture], Picture]) -> None:
    bag = bag_from(4)
    looks = play(lambda s: [], seconds=40, picture=lambda s: light(bag(s)) if 16 < s < 28 else bag(s), hazards=DWELL)
    assert len(keys(looks, "clutter")) == 1
    unseen_s = [look.monotonic_s for look in looks if look.monotonic_s > 11 and not look.findings]
    assert len(unseen_s) / 5 < 5, "well below the time after which it would be clear"


@pytest.mark.parametrize("light", [dimmed, infrared], ids=lambda light: light.__name__)
def test_what_comes_in_another_light_is_found(light: Callable[[Picture], Picture]) -> None:
    bag = bag_from(16)
    looks = play(lambda s: [], seconds=30, picture=lambda s: light(bag(s)) if s > 8 else bag(s), hazards=DWELL)
    at_s = raised_s(looks, "clutter")
    assert at_s is not None
    assert 22 <= at_s <= 24


def test_a_shaking_camera_raises_nothing_and_still_finds() -> None:
    bag = bag_from(14)
    looks = play(lambda s: [], seconds=30, picture=lambda s: shaken(bag(s), s), hazards=DWELL)
    at_s = raised_s(looks, "clutter")
    assert at_s is not None
    assert 20 <= at_s <= 23
    assert len(keys(looks, "clutter")) == 1


def test_somebody_unseen_who_passes_before_it_does_not_stop_the_clock() -> None:
    bag, hand = bag_from(4), (90, 60, 190, 340)
    looks = play(
        lambda s: [], seconds=14, picture=lambda s: with_thing(bag(s), hand) if 7 < s < 8.5 else bag(s), hazards=DWELL
    )
    at_s = raised_s(looks, "clutter")
    assert at_s is not None
    assert at_s <= 13.5


def test_somebody_who_stays_before_it_does_not_clear_it() -> None:
    person: Seen = ("person", 0.8, (70 / 640, 100 / 360, 210 / 640, 340 / 360))
    looks = play(lambda s: [person] if 14 < s < 60 else [], seconds=70, picture=bag_from(4), hazards=DWELL)
    assert len(keys(looks, "clutter")) == 1
    assert all(any(f.confirmed for f in look.findings) for look in looks if look.monotonic_s > 11)
    assert any(f.evidence["hidden"] for look in looks for f in look.findings)


def test_a_pile_that_grows_is_one_and_a_thing_far_away_is_another() -> None:
    def picture(s: float) -> Picture:
        now = bag_from(4)(s)
        now = with_thing(now, (204, 240, 280, 330)) if s >= 14 else now
        return with_thing(now, (480, 220, 580, 330)) if s >= 24 else now

    looks = play(lambda s: [], seconds=40, picture=picture, hazards=DWELL)
    assert len(keys([look for look in looks if look.monotonic_s < 24], "clutter")) == 1
    assert len(keys(looks, "clutter")) == 2


def test_a_cable_is_left_to_its_own_rule() -> None:
    def picture(s: float) -> Picture:
        now = place()
        if s >= 4:
            cv2.line(now, (100, 60), (420, 330), (230, 230, 230), 5)
        return now

    assert not keys(play(lambda s: [], seconds=24, picture=picture, hazards=DWELL), "clutter")


def test_a_cord_that_hangs_from_a_thing_does_not_move_its_box() -> None:
    def picture(s: float) -> Picture:
        now = place()
        if s >= 4:
            now = with_thing(now)
            cv2.line(now, (190, 300), (420, 345), (230, 230, 230), 5)
        return now

    looks = play(lambda s: [], seconds=16, picture=picture, hazards=DWELL)
    boxes = [f.box for look in looks for f in look.findings if f.hazard == "clutter" and f.confirmed]
    assert boxes
    assert all(np.allclose(box, (80 / 640, 220 / 360, 200 / 640, 330 / 360), atol=0.03) for box in boxes)


def test_a_lamp_that_passes_for_a_flame_does_not_stop_the_comparison() -> None:
    lamp: Seen = ("flame", 0.5, (0.80, 0.05, 0.84, 0.12))
    assert raised_s(play(lambda s: [lamp], seconds=16, picture=bag_from(4), hazards=DWELL), "clutter") is not None


@pytest.mark.parametrize(("allowed", "count"), [((0.1, 0.55, 0.35, 1.0), 0), ((0.7, 0.5, 0.9, 1.0), 1)])
def test_what_stands_in_an_allowed_place_may_stand(allowed: tuple[float, float, float, float], count: int) -> None:
    x1, y1, x2, y2 = allowed
    zone = Zone("z", ZoneType.CORRIDOR, allowed=(((x1, y1), (x2, y1), (x2, y2), (x1, y2)),))
    looks = play(lambda s: [], seconds=14, picture=bag_from(4), hazards=DWELL, zones=[zone])
    assert len(keys(looks, "clutter")) == count


@pytest.mark.parametrize(("width_m", "narrow"), [(1.2, True), (2.4, False)])
def test_the_way_past_it_is_told_in_metres(width_m: float, narrow: bool) -> None:
    zone = Zone("z", ZoneType.CORRIDOR, floor=Floor(width_m))
    looks = play(lambda s: [], seconds=14, picture=bag_from(4), hazards=DWELL, zones=[zone])
    evidence = next(f.evidence for look in looks for f in look.findings if f.confirmed)
    assert evidence["free_width_m"] == pytest.approx((1 - 200 / 640) * width_m, abs=0.05)
    assert evidence["limit_m"] == 1.1
    assert evidence["narrow"] is narrow


def watch(clear: ClearRoute | None, picture: Picture, seconds: int = 14) -> list[Look]:
    view = View((Zone("z", ZoneType.CORRIDOR),), clear=clear)
    pipeline = Pipeline(view, HazardsConfig.model_validate(DWELL), MODEL, None)
    return [pipeline.judge(Frame("cam", i, START, float(i), float(i), picture), detections([])) for i in range(seconds)]


@pytest.mark.parametrize("light", [lambda p: p, dimmed], ids=["same", "dimmed"])
def test_what_stood_there_from_the_start_counts_against_an_approved_picture(
    light: Callable[[Picture], Picture],
) -> None:
    now = light(with_thing(place()))
    assert len(keys(watch(ClearRoute(np.asarray(cv2.resize(place(), (320, 180)), np.uint8)), now), "clutter")) == 1
    assert not keys(watch(None, now), "clutter")


def test_an_approved_picture_of_another_shape_is_told_and_the_route_is_learnt() -> None:
    """A camera that was set to another shape must go on being looked at: for fires above all."""
    clear = ClearRoute(np.zeros((360, 360, 3), np.uint8), "clear.png")
    view = View((Zone("z", ZoneType.CORRIDOR),), clear=clear)
    pipeline = Pipeline(view, HazardsConfig.model_validate(DWELL), MODEL, None)
    flame = detections([("flame", 0.9, (0.4, 0.4, 0.6, 0.6))])
    seen = [pipeline.judge(Frame("cam", i, START, float(i), float(i), place()), flame) for i in range(3)]
    assert {found.hazard for look in seen for found in look.findings} == {"flame"}
    assert re.search(r"cameras\.reference clear\.png: 360×360 is another shape .* 640×360", pipeline.trouble)
    square = np.zeros((360, 360, 3), np.uint8)
    pipeline.judge(Frame("cam", 3, START, 3.0, 3.0, square), detections([]))
    assert not pipeline.trouble


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "no such file"), (b"", "not a picture"), (b"x", "not a picture")]
)
def test_a_file_that_is_no_picture_is_refused(tmp_path: Path, content: bytes | None, reason: str) -> None:
    file = tmp_path / "clear.png"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=reason):
        load_clear_route(file)


def test_a_picture_file_is_read(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "clear.png"), place())
    clear = load_clear_route(tmp_path / "clear.png")
    assert clear is not None
    assert np.array_equal(clear.picture, place())
    assert load_clear_route(None) is None
