"""What is pasted is boxed, and what it hides is no longer asked for."""

from dataclasses import replace

import numpy as np

from models.classes import CLASSES, EBIKE, FLAME, PERSON
from models.data import Row, Sample
from models.paste import (
    Sprite,
    bloom,
    blown_out,
    cut_flames,
    firelit,
    flame_alpha,
    put,
    put_flame,
    put_lamps,
    put_scooter,
    uncover,
)

RNG = np.random.default_rng
ALL = frozenset(range(len(CLASSES)))


def room() -> Sample:
    row = Row("images/x/a.jpg", "x", "x", ALL, "1", "")
    boxes = np.asarray([[PERSON, 100, 20, 140, 110]], np.float32)
    return Sample(row, np.full((120, 160, 3), 60, np.uint8), boxes, np.zeros((0, 5), np.float32), ALL)


def sprite() -> Sprite:
    colour = np.zeros((40, 30, 3), np.uint8)
    colour[...] = (20, 120, 250)
    return Sprite(colour, np.ones((40, 30), np.float32))


def test_put_boxes_what_is_visible() -> None:
    out = put(room(), sprite(), FLAME, 20, 100)
    assert out.boxes[-1].tolist() == [FLAME, 20, 100, 50, 120]
    assert out.image[110, 30].tolist() == [20, 120, 250]


def test_put_outside_changes_nothing() -> None:
    here = room()
    assert put(here, sprite(), FLAME, 400, 20) is here


def test_hidden_boxes_are_ignored() -> None:
    boxes, ignore = uncover(room().boxes, np.zeros((0, 5), np.float32), np.asarray([90, 0, 150, 100], np.float32))
    assert len(boxes) == 0
    assert ignore[:, 0].tolist() == [PERSON]


def test_flames_are_cut_where_they_burn() -> None:
    crop = np.full((60, 60, 3), 10, np.uint8)
    crop[20:40, 20:40] = (40, 160, 255)
    alpha = flame_alpha(crop)
    assert alpha[30, 30] > 0.9
    assert alpha[5, 5] == 0
    burning = Sample(room().row, crop, np.asarray([[FLAME, 5, 5, 55, 55]], np.float32), room().ignore, room().known)
    assert len(cut_flames([burning])) == 1


def test_pasting_adds_one_box_of_its_class() -> None:
    assert put_flame(room(), [sprite()], RNG(1)).boxes[-1, 0] == FLAME
    assert put_scooter(room(), [sprite()], RNG(1)).boxes[-1, 0] == EBIKE


def test_lamps_add_light_and_no_box() -> None:
    out = put_lamps(room(), RNG(2))
    np.testing.assert_array_equal(out.boxes, room().boxes)
    assert out.image.max() > 200


def test_a_flame_nobody_would_see_is_not_put() -> None:
    bright = replace(room(), image=np.full((120, 160, 3), (30, 130, 245), np.uint8))
    assert put(bright, sprite(), FLAME, 20, 20, contrast=45.0) is bright
    assert len(put(room(), sprite(), FLAME, 20, 20, contrast=45.0).boxes) == 2


def test_a_night_flame_lights_only_what_is_near() -> None:
    dark = firelit(room().image, (40.0, 60.0), 15.0, RNG(3))
    near, far = dark[60, 40].astype(int), dark[60, 150].astype(int)
    assert far.max() < 60
    assert near[2] - far[2] > near[0] - far[0] > 0  # warm light


def test_a_pale_flame_keeps_its_shape_and_loses_its_colour() -> None:
    pale = blown_out(sprite(), RNG(4))
    assert (pale.colour.min(axis=-1) > sprite().colour.min(axis=-1)).all()
    np.testing.assert_array_equal(pale.alpha, sprite().alpha)
    haze = bloom(room().image, (80.0, 60.0), 10.0, RNG(4))
    assert haze[60, 80].min() > 70
    assert haze[5, 5].max() <= 60
