"""The flame rule against what shines, blinks and moves: drawn pictures, scripted detections."""

from collections.abc import Callable, Sequence
from datetime import date, time

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.vision.script import SIZE, Seen, keys, play, raised_s
from vision.burning import ATTENDED, BurnSite, BurnWindow
from vision.look import Look
from vision.zones import ZoneType

Picture = Callable[[float], NDArray[np.uint8]]

PLACE = (0.4, 0.4, 0.5, 0.6)
CENTRE = 288, 180
"""Of PLACE, px."""


def backdrop(at_s: float, gain: float = 1.0) -> NDArray[np.uint8]:
    """A wall with a door, in the camera's noise."""
    noise = np.random.default_rng(round(at_s * 1000)).normal(0, 3, (SIZE[1], SIZE[0], 3))
    wall = np.full((SIZE[1], SIZE[0], 3), 70.0)
    wall[100:300, 200:240] = 40
    return np.asarray(np.clip(wall * gain + noise, 0, 255), np.uint8)


def flame(at_s: float) -> NDArray[np.uint8]:
    """Tongues that never take a shape twice."""
    picture, rng = backdrop(at_s), np.random.default_rng(round(at_s * 1000) + 7)
    for colour, share in (((20, 90, 230), 1.0), ((60, 190, 255), 0.6), ((200, 240, 255), 0.3)):
        for _ in range(4):
            x, y = CENTRE[0] + int(rng.normal(0, 8)), CENTRE[1] + int(rng.normal(5, 10))
            axes = max(3, int(share * rng.uniform(8, 18))), max(4, int(share * rng.uniform(14, 30)))
            cv2.ellipse(picture, (x, y), axes, 0, 0, 360, colour, -1)
    return picture


def lamp(
    at_s: float, colour: tuple[int, int, int] = (120, 220, 255), shift: int = 0, gain: float = 1.0
) -> NDArray[np.uint8]:
    picture = backdrop(at_s, gain)
    shade = tuple(int(gain * c) for c in colour)
    cv2.circle(picture, (CENTRE[0] + shift, CENTRE[1]), 22, shade, -1)
    return picture


def shaking_lamp(at_s: float) -> NDArray[np.uint8]:
    return lamp(at_s, shift=(0, 2, -1, 1, -2)[round(at_s * 5) % 5])


def dimmed_lamp(at_s: float) -> NDArray[np.uint8]:
    return lamp(at_s, gain=0.75 + 0.2 * float(np.sin(at_s)))


def sign(at_s: float) -> NDArray[np.uint8]:
    """Blinks between two faces, once a second."""
    picture = backdrop(at_s)
    cv2.rectangle(picture, (260, 150), (316, 210), (0, 60, 220), 3)
    if at_s % 1 < 0.5:
        cv2.putText(picture, "OPEN", (262, 188), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (0, 140, 255), 3)
    return picture


def passer_by(at_s: float) -> NDArray[np.uint8]:
    """A lamp, before which somebody passes every four seconds."""
    picture = lamp(at_s)
    if (since_s := (at_s - 2) % 4) < 0.6:
        x = 240 + int(160 * since_s)
        cv2.rectangle(picture, (x, 120), (x + 40, 330), (50, 60, 40), -1)
    return picture


def at(score: float, box: tuple[float, float, float, float] = PLACE) -> list[Seen]:
    return [("flame", score, box)]


# Thresholds are 0.4 here: 0.45 is weak, 0.8 good, 0.95 strong.


@pytest.mark.parametrize("fps", [1.0, 2.0, 5.0, 8.0])
@pytest.mark.parametrize("score", [0.45, 0.8, 0.95])
def test_a_flame_that_burns_on_is_confirmed_within_the_verification_time(score: float, fps: float) -> None:
    at_s = raised_s(play(lambda s: at(score), seconds=6, fps=fps, picture=flame), "flame")
    assert at_s is not None
    assert at_s <= max(2.0, 3 / fps) + 1 / fps


def test_a_plain_flame_is_confirmed_in_less_than_a_second() -> None:
    at_s = raised_s(play(lambda s: at(0.95), seconds=5, picture=flame, hazards={"flame": {"verify_s": 1.0}}), "flame")
    assert at_s is not None
    assert at_s < 1.0


@pytest.mark.parametrize(("verify_s", "least_s", "most_s"), [(1, 0.6, 1.4), (4, 2.5, 4.4), (16, 10, 16.4)])
def test_weak_evidence_really_waits(verify_s: float, least_s: float, most_s: float) -> None:
    looks = play(lambda s: at(0.45), seconds=17, fps=3, picture=flame, hazards={"flame": {"verify_s": verify_s}})
    at_s = raised_s(looks, "flame")
    assert at_s is not None
    assert least_s <= at_s <= most_s


@pytest.mark.parametrize(("verify_s", "score"), [(1.0, 0.45), (1.0, 0.95), (2.0, 0.95)])
@pytest.mark.parametrize("picture", [lamp, shaking_lamp, dimmed_lamp, sign, passer_by])
def test_what_shines_and_does_not_burn_is_only_suspected(picture: Picture, score: float, verify_s: float) -> None:
    looks = play(lambda s: at(score), seconds=9, picture=picture, hazards={"flame": {"verify_s": verify_s}})
    assert looks[-1].findings
    assert raised_s(looks, "flame") is None


def test_a_passing_glint_is_shown_to_nobody() -> None:
    """Cards that come and go without a fire teach people to look away from the queue."""
    looks = play(lambda s: at(0.45) if s % 5 < 0.4 else [], seconds=20, picture=lamp)
    assert any(box.name == "flame" for look in looks for box in look.boxes)
    assert not [found for look in looks for found in look.findings]


def test_a_fire_is_told_of_where_it_burns_whatever_shone_beside_it_before() -> None:
    """A glint left of the zone, then a fire in it, near enough to be taken for the same place."""
    glint = [("flame", 0.45, (0.30, 0.4, 0.38, 0.6))]
    right = ((0.4, 0.0), (1.0, 0.0), (1.0, 1.0), (0.4, 1.0))
    looks = play(lambda s: glint if s < 0.4 else at(0.9), seconds=6, picture=flame, polygon=right)
    fired = [found for look in looks for found in look.findings if found.confirmed]
    assert fired
    assert {found.zone for found in fired} == {"zone"}
    assert len({(found.zone, found.key) for look in looks for found in look.findings}) == 1


def test_a_tail_light_that_drives_away_is_no_fire() -> None:
    def place(at_s: float) -> float:
        return 0.1 + 0.12 * at_s

    def picture(at_s: float) -> NDArray[np.uint8]:
        drawn = backdrop(at_s)
        cv2.circle(drawn, (int((place(at_s) + 0.03) * SIZE[0]), 200), 14, (40, 40, 250), -1)
        return drawn

    def script(at_s: float) -> list[Seen]:
        return at(0.5, (place(at_s), 0.5, place(at_s) + 0.06, 0.6))

    assert raised_s(play(script, seconds=7, picture=picture), "flame") is None


def test_smoke_beside_it_is_support() -> None:
    smoke: Seen = ("smoke", 0.7, (0.38, 0.1, 0.55, 0.4))
    alone = raised_s(play(lambda s: at(0.45), seconds=4, picture=flame), "flame")
    both = raised_s(play(lambda s: [*at(0.45), smoke], seconds=4, picture=flame), "flame")
    assert alone is not None
    assert both is not None
    assert both < alone


def test_one_who_wears_orange_takes_longer_than_a_flame() -> None:
    person: Seen = ("person", 0.9, (0.35, 0.2, 0.55, 0.9))
    bare = raised_s(play(lambda s: at(0.5), seconds=6, picture=flame), "flame")
    worn = raised_s(play(lambda s: [*at(0.5), person], seconds=6, picture=flame), "flame")
    assert bare is not None
    assert worn is None or worn > 2 * bare


@pytest.mark.parametrize(
    ("picture", "fps", "behaviour", "hertz"),
    [
        (flame, 5.0, "restless, as a flame", float),
        (lamp, 5.0, "still, as a lamp", float),
        (flame, 1.0, "restless, as a flame", str),
    ],
)
def test_the_evidence_says_why_in_plain_words(picture: Picture, fps: float, behaviour: str, hertz: type) -> None:
    (finding,) = play(lambda s: at(0.8), seconds=8, fps=fps, picture=picture)[-1].findings
    evidence = finding.evidence
    assert evidence["behaviour"] == behaviour
    assert isinstance(evidence["flicker_hz"], hertz)
    assert evidence["limit_confidence"] == 0.4
    assert evidence["place"] == "stays"


def test_a_grey_picture_has_no_colour_to_judge() -> None:
    def grey(at_s: float) -> NDArray[np.uint8]:
        return np.repeat(flame(at_s)[:, :, 1:2], 3, axis=2)

    looks = play(lambda s: at(0.8), seconds=4, picture=grey)
    assert raised_s(looks, "flame") is not None
    assert looks[-1].findings[0].evidence["warm_share"] == "unknown: no colour"


# --- one fire is one alert


def jumping(at_s: float) -> list[Seen]:
    step = round(at_s * 5) % 3
    x = (0.38, 0.45, 0.53)[step]
    return at(0.8, (x, 0.4, x + 0.06, 0.6))


def growing(at_s: float) -> list[Seen]:
    half = 0.02 + 0.02 * at_s
    return at(0.8, (0.5 - half, 0.6 - 2 * half, 0.5 + half, 0.6))


def splitting(at_s: float) -> list[Seen]:
    if at_s < 4 or at_s > 8:
        return at(0.8, (0.35, 0.3, 0.65, 0.6))
    return [*at(0.8, (0.35, 0.45, 0.4, 0.6)), *at(0.7, (0.6, 0.45, 0.65, 0.6))]


@pytest.mark.parametrize("script", [jumping, growing, splitting])
def test_one_fire_keeps_its_key(script: Callable[[float], Sequence[Seen]]) -> None:
    looks = play(script, seconds=14)
    assert len(keys(looks, "flame")) == 1
    assert max(len(look.findings) for look in looks) == 1


def test_a_fire_that_comes_back_at_its_place_keeps_its_key_and_is_verified_again() -> None:
    looks = play(lambda s: at(0.8) if s < 5 or s > 25 else [], seconds=32)
    confirmed = [f.monotonic_s for look in looks for f in look.findings if f.confirmed]
    assert len(keys(looks, "flame")) == 1
    assert not any(25 < at_s < 26 for at_s in confirmed)
    assert any(at_s > 26 for at_s in confirmed)


def test_a_fire_keeps_the_zone_where_it_was_first_seen() -> None:
    def leaning(at_s: float) -> list[Seen]:
        return at(0.8, (0.4 + 0.01 * at_s, 0.4, 0.5 + 0.01 * at_s, 0.6))

    looks = play(leaning, seconds=12, polygon=((0.3, 0.3), (0.46, 0.3), (0.46, 0.7), (0.3, 0.7)))
    assert {f.zone for look in looks for f in look.findings} == {"zone"}


# --- burn sites

BURNER = ((0.3, 0.3), (0.6, 0.3), (0.6, 0.7), (0.3, 0.7))
WINDOW = BurnWindow(date(2026, 1, 1), date(2026, 1, 3), time(6), time(10))
"""The script starts on 2026-01-01 at 00:00 UTC, which is 08:00 in Shanghai."""
SITE = BurnSite((WINDOW,), "Asia/Shanghai", (BURNER,), unattended_s=20)
SOMEBODY: Seen = ("person", 0.9, (0.52, 0.2, 0.62, 0.65))


def burn(script: Callable[[float], Sequence[Seen]], site: BurnSite | None, seconds: float = 6) -> list[Look]:
    return play(script, seconds=seconds, fps=3, zone_type=ZoneType.BURN_SITE, burning=site, picture=flame)


def test_attended_burning_is_logged_and_never_confirmed() -> None:
    looks = burn(lambda s: [*at(0.95), SOMEBODY], SITE, seconds=30)
    last = looks[-1].findings[0]
    assert raised_s(looks, "flame") is None
    assert last.notice == "attended burning"
    assert last.evidence["burning"] == ATTENDED


@pytest.mark.parametrize(
    ("script", "site", "said"),
    [
        (lambda s: [*at(0.95), SOMEBODY], None, None),
        (lambda s: [*at(0.95), SOMEBODY], BurnSite((WINDOW,), "Europe/Berlin", (BURNER,)), "outside the burn windows"),
        (lambda s: [*at(0.95, (0.7, 0.4, 0.8, 0.6)), SOMEBODY], SITE, "outside the burner"),
    ],
)
def test_other_burning_is_a_fire(
    script: Callable[[float], Sequence[Seen]], site: BurnSite | None, said: str | None
) -> None:
    looks = burn(script, site)
    at_s = raised_s(looks, "flame")
    assert at_s is not None
    assert at_s <= 2.5
    last = looks[-1].findings[0]
    assert not last.notice
    assert said is None or last.evidence["burning"].startswith(said)


def test_a_fire_that_is_left_alone_becomes_one() -> None:
    looks = burn(lambda s: [*at(0.95), *([SOMEBODY] if s < 3 else [])], SITE, seconds=28)
    at_s = raised_s(looks, "flame")
    assert at_s is not None
    assert 22.5 <= at_s <= 26
    assert looks[-1].findings[0].evidence["burning"].startswith("unattended for")


def test_a_fire_that_gets_away_is_one_though_somebody_is_there() -> None:
    def script(at_s: float) -> list[Seen]:
        half = 0.03 + max(0.0, at_s - 30) * 0.008
        return [*at(0.95, (0.45 - half, 0.6 - 3 * half, 0.45 + half, 0.6)), SOMEBODY]

    looks = burn(script, SITE, seconds=42)
    at_s = raised_s(looks, "flame")
    assert at_s is not None
    assert at_s > 30
