"""The picture judge on scripted pictures: each trouble within its time, and none of what only looks like one."""

from collections.abc import Callable
from datetime import timedelta

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from streams.frame import Frame
from tests.vision.camera_health.scenes import HEIGHT, START, WIDTH, Picture, Shown, noisy, place, told
from vision.camera_health.config import HealthConfig
from vision.camera_health.judge import PictureJudge
from vision.camera_health.trouble import Cause

BEGIN_S = 20.0
Change = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def turned(shift: tuple[float, float] = (0, 0), degrees: float = 0, zoom: float = 1) -> Change:
    """The view of a camera that was moved."""

    def change(image: NDArray[np.float32]) -> NDArray[np.float32]:
        turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, zoom)
        turn[0, 2] += shift[0] * WIDTH
        turn[1, 2] += shift[1] * HEIGHT
        return np.asarray(cv2.warpAffine(image, turn, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT), np.float32)

    return change


def sprayed(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Paint on the lens over the left two thirds, without a sharp rim."""
    cover = np.clip((0.7 - np.arange(WIDTH, dtype=np.float32) / WIDTH) / 0.15, 0, 1)[None, :, None]
    return np.asarray(image * (1 - cover) + 70 * cover, np.float32)


def blurred(image: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 5), np.float32)


def hand(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Dark, reddish, brighter where light comes in between the fingers."""
    glow = 30 + 40 * np.abs(np.linspace(-1, 1, WIDTH, dtype=np.float32))[None, :, None] * np.ones_like(image)
    return np.asarray(glow * np.array([0.6, 0.7, 1.6], np.float32), np.float32)


def cloth(image: NDArray[np.float32]) -> NDArray[np.float32]:
    weave = 90 + 25 * np.sin(np.arange(WIDTH) / 3)[None, :] * np.sin(np.arange(HEIGHT) / 3)[:, None]
    return np.repeat(weave[..., None], 3, 2).astype(np.float32)


def van(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Something large, plain and sharp that stands in a good third of the picture."""
    parked = image.copy()
    cv2.rectangle(parked, (60, 90), (380, 340), (200, 200, 205), -1)
    for x in range(100, 360, 40):
        cv2.rectangle(parked, (x, 120), (x + 25, 170), (40, 40, 45), -1)
        cv2.line(parked, (x, 190), (x, 330), (90, 90, 95), 2)
    return parked


def infrared(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Grey, darker to the rims, some surfaces of another brightness."""
    grey = 0.2 * image[..., 0] + 0.2 * image[..., 1] + 0.6 * image[..., 2]
    across = np.linspace(-1, 1, WIDTH)[None, :]
    return np.repeat((grey * (1.1 - 0.5 * across**2))[..., None], 3, 2).astype(np.float32)


def fire_light(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lit from below by a large fire, which is clipped itself."""
    lit = image * np.array([0.5, 0.9, 1.6], np.float32)
    cv2.ellipse(lit, (400, 300), (90, 70), 0, 0, 360, (160, 250, 255), -1)
    return lit


FAULTS: list[tuple[str, Change, Cause, float]] = [
    ("no light", lambda image: image * 0, Cause.BLACK, 10),
    ("too much light", lambda image: image * 4 + 120, Cause.OVEREXPOSED, 10),
    ("a hand", hand, Cause.COVERED, 10),
    ("a cloth", cloth, Cause.COVERED, 10),
    ("spray", sprayed, Cause.SPRAYED, 10),
    ("out of focus", blurred, Cause.OUT_OF_FOCUS, 30),
    ("shifted 5 %", turned((0.05, 0)), Cause.MOVED, 60),
    ("shifted 40 %", turned((0.4, 0.1)), Cause.MOVED, 60),
    ("turned 5°", turned(degrees=5), Cause.MOVED, 60),
    ("turned 30°", turned(degrees=30), Cause.MOVED, 60),
    ("zoomed 5 %", turned(zoom=1.05), Cause.MOVED, 60),
    ("zoomed 40 %", turned(zoom=1.4), Cause.MOVED, 60),
]


@pytest.mark.parametrize(("change", "cause", "within_s"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_each_trouble_is_told_within_its_time_and_is_over_when_the_view_is_back(
    change: Change, cause: Cause, within_s: float
) -> None:
    judge, own = PictureJudge(HealthConfig()), place()
    other = change(own)
    before = [causes for _, causes in told(judge, lambda index: noisy(own, index), BEGIN_S)]
    assert set().union(*before) == set()
    end_s = BEGIN_S + within_s
    seen = list(told(judge, lambda index: noisy(other, index), end_s, from_s=BEGIN_S))
    assert {one for _, causes in seen for one in causes} == {cause}
    assert seen[-1][1] == {cause}
    after = list(told(judge, lambda index: noisy(own, index), end_s + 40, from_s=end_s))
    assert after[-1][1] == set()


def test_a_trouble_says_since_when_and_why() -> None:
    judge, own = PictureJudge(HealthConfig()), place()
    for _ in told(judge, lambda index: noisy(own if index < 40 else own * 0, index), 30):
        pass
    (trouble,) = judge.troubles
    assert trouble.cause is Cause.BLACK
    assert abs(trouble.since - (START + timedelta(seconds=20))) <= timedelta(seconds=1)
    assert trouble.evidence["brightest"] < 20


LOOKALIKES: list[tuple[str, Change]] = [
    ("a lamp is switched off", lambda image: image * 0.35),
    ("a lamp is switched on", lambda image: image * 1.5 + 10),
    ("infrared at night", infrared),
    ("a van parks", van),
    ("a fire lights the room", fire_light),
    ("a shadow", lambda image: image * np.where(np.arange(WIDTH) < 300, 0.45, 1.0)[None, :, None].astype(np.float32)),
    ("a lift door opens", lambda image: np.concatenate((image[:, :420], place(9)[:, 420:]), 1)),
]


@pytest.mark.parametrize("change", [row[1] for row in LOOKALIKES], ids=[row[0] for row in LOOKALIKES])
def test_what_happens_in_the_place_is_no_trouble_of_the_camera(change: Change) -> None:
    judge, own = PictureJudge(HealthConfig()), place()
    other = change(own)
    for at_s, causes in told(judge, lambda index: noisy(own if index < 20 else other, index), 100, every_s=1.0):
        assert causes == set(), at_s


def test_a_very_dark_place_is_a_warning_and_no_black_picture() -> None:
    judge, own = PictureJudge(HealthConfig()), place()
    causes = [causes for _, causes in told(judge, lambda index: noisy(own if index < 40 else own * 0.1, index), 100)]
    assert set().union(*causes) == {Cause.DARK}


def with_clock(image: NDArray[np.float32], second: int) -> NDArray[np.float32]:
    shown = image.astype(np.uint8)
    cv2.putText(shown, f"2026-01-01 12:00:{second:02d}", (10, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2)
    return shown.astype(np.float32)


OWN = place()
FROZEN: list[tuple[str, Shown, bool]] = [
    ("the same picture", lambda index: noisy(OWN, min(index, 40)), True),
    (
        "the same picture, its clock runs",
        lambda index: noisy(with_clock(OWN, index // 2 % 60), min(index, 40)),
        True,
    ),
    ("a still place", lambda index: noisy(OWN, index), False),
    # An encoder that skips every block of a still scene: equal to the last bit up to the next key picture.
    ("a still place, key pictures 10 s apart", lambda index: noisy(OWN, index // 20), False),
    ("no noise at all, and somebody walks by now and then", lambda index: walker(index), False),
]


def walker(index: int) -> Picture:
    shown = OWN.copy()
    if index % 16 < 6:
        x = 60 * (index % 16)
        cv2.rectangle(shown, (x, 120), (x + 60, 320), (20, 20, 30), -1)
    return shown.astype(np.uint8)


@pytest.mark.parametrize(("shown", "frozen"), [row[1:] for row in FROZEN], ids=[row[0] for row in FROZEN])
def test_a_frozen_picture_is_told_from_a_still_place(shown: Shown, frozen: bool) -> None:
    judge = PictureJudge(HealthConfig())
    seen = list(told(judge, shown, 36))
    assert {cause for _, causes in seen for cause in causes} == ({Cause.FROZEN} if frozen else set())
    if frozen:
        assert min(at_s for at_s, causes in seen if causes) <= BEGIN_S + 15


def test_masks_teach_nothing() -> None:
    """The rim of a mask is an edge that stays when the camera is turned away."""
    half = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    judge, other = PictureJudge(HealthConfig(), [half]), place(5)

    def shown(index: int) -> Picture:
        picture = noisy(OWN if index < 40 else other, index)
        picture[:, : WIDTH // 2] = 0
        return picture

    assert list(told(judge, shown, 80))[-1][1] == {Cause.MOVED}


def test_what_is_switched_off_is_not_told() -> None:
    judge = PictureJudge(HealthConfig(off=(Cause.BLACK,)))
    assert all(not causes for _, causes in told(judge, lambda index: noisy(OWN * (index < 40), index), 40))


def test_the_same_looks_give_the_same_word() -> None:
    def shown(index: int) -> Picture:
        return noisy(turned((0.05, 0))(OWN) if index > 40 else OWN, index)

    first, second = (list(told(PictureJudge(HealthConfig()), shown, 60)) for _ in range(2))
    assert first == second


def test_looks_in_quick_succession_are_not_all_judged() -> None:
    judge = PictureJudge(HealthConfig())
    frame = Frame("shed", 0, START, 0.0, 0.0, noisy(OWN, 0))
    judge.look(frame)
    broken = Frame("shed", 1, START, 0.1, 0.1, np.zeros((0, 0, 3), np.uint8))
    assert judge.look(broken) == ()


def lift(index: int) -> Picture:
    """Two minutes lit, two minutes in the dark, by turns; a look every two seconds."""
    return noisy(OWN if index % 120 < 60 else OWN * 0, index)


def test_a_place_whose_light_goes_out_by_itself_is_told_twice_and_then_known() -> None:
    judge = PictureJudge(HealthConfig())
    seen = list(told(judge, lift, 6 * 240, every_s=2.0))
    dark = [[causes for at_s, causes in seen if at_s // 120 == 2 * number + 1] for number in range(6)]
    spells = [set[Cause]().union(*looks) for looks in dark]
    assert spells == [{Cause.BLACK}] * 2 + [{Cause.DARK}] * 4
    began_s = 6 * 240 + 120
    longer = list(told(judge, lambda index: noisy(OWN * (index < 780), index), began_s + 400, every_s=2.0, from_s=1440))
    black_s = [at_s - began_s for at_s, causes in longer if Cause.BLACK in causes]
    assert 240 <= black_s[0] <= 260, "longer than ever: somebody has to look"


def test_a_camera_that_is_covered_again_and_again_has_no_such_habit() -> None:
    """What comes after the dark is not its own view: it was turned, or stays covered by something else."""
    judge, other = PictureJudge(HealthConfig()), place(5)

    def shown(index: int) -> Picture:
        return noisy(OWN if index < 20 else other if index % 40 < 20 else OWN * 0, index)

    seen = list(told(judge, shown, 300, every_s=1.0))
    assert any(Cause.BLACK in causes for at_s, causes in seen if at_s > 270)


@pytest.mark.parametrize(
    ("light", "causes"), [(1.0, {Cause.FROZEN}), (0.3, set()), (0.15, {Cause.DARK})], ids=["light", "dim", "dark"]
)
def test_a_dark_place_whose_noise_is_filtered_away_is_not_frozen(light: float, causes: set[Cause]) -> None:
    """It looks so for the whole night. What stands still in the light does not live."""
    judge = PictureJudge(HealthConfig())
    seen = list(told(judge, lambda index: noisy(OWN * light, 0), 90, every_s=1.0))
    assert {cause for _, causes in seen for cause in causes} == causes
