"""What led to an alert: which pictures are kept in memory, which of them with the alert, and that nobody is seen in
them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import SecretStr

from alerts.errors import StoreError
from alerts.evidence import film
from alerts.evidence.film import PICTURES, Films, Reel
from alerts.evidence.kept import Role, pictures_of
from alerts.record.sealed import files_of
from alerts.track.step import StepKind
from streams.clock import SimulatedClock
from tests.alerts.making import at, look
from tests.alerts.web.console import Parts, some_settings
from vision.blur import Private
from vision.config import CameraConfig
from vision.jpeg import encode_jpeg
from vision.look import Look, Preview
from vision.sight import Sight

NOISE = np.random.default_rng(5).integers(0, 255, (90, 160, 3), np.uint8)
PERSON = (0.5, 0.1, 0.7, 0.9)
HEAD = (slice(14, 20), slice(86, 106))


SHED = some_settings(Path("store")).cameras[0]


def preview(second: float, camera: str = "shed-1", sight: Sight = SHED.sight) -> Preview:
    return Preview(camera, int(second * 10), at(second), encode_jpeg(NOISE, 95), sight)


def looked(second: float, sight: Sight = SHED.sight) -> Look:
    return replace(look(second), sight=sight)


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = Parts.build(some_settings(tmp_path / "store"), SimulatedClock(at(0)))
    yield made
    made.close()


def reel(until_s: float, every_s: float = 0.25, look_every: int = 1) -> Reel:
    """look_every: pictures from one look to the next."""
    made = Reel()
    for number in range(int(until_s / every_s) + 1):
        made.show(preview(number * every_s))
        if number % look_every == 0:
            made.see(look(number * every_s))
    return made


@pytest.mark.parametrize("hours", [0.02, 0.5, 2])
def test_a_reel_is_dense_at_its_end_reaches_far_back_and_stays_small(hours: float) -> None:
    end = hours * 3600
    made = reel(end, 1.0)
    assert len(made) <= 30
    times = [(shot.at - at(0)).total_seconds() for shot in made._shots]
    assert times[-1] == end
    assert times[-1] - times[-3] <= 4
    assert end - times[0] >= min(end, film.LONGEST.total_seconds() * 0.55)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert max(gaps) <= 0.75 * end or len(gaps) < 3


def test_pictures_that_come_too_fast_are_passed_over() -> None:
    assert len(reel(3, 0.25)) == 4


@pytest.mark.parametrize(
    ("begun_s", "until_s", "first_s"), [(100, 110, 90), (0, 110, 0), (109, 110, 99)], ids=["soon", "long", "at once"]
)
def test_a_film_begins_before_the_first_evidence_and_ends_with_the_alert(
    begun_s: float, until_s: float, first_s: float
) -> None:
    shots = reel(120, 1.0).of(at(begun_s), at(until_s))
    assert 2 <= len(shots) <= PICTURES
    assert shots == sorted(shots, key=lambda shot: shot.at)
    assert at(first_s) <= shots[0].at
    assert shots[-1].at <= at(until_s)


def test_the_newest_picture_that_can_be_shown_is_one_that_somebody_has_looked_at_since() -> None:
    made = Reel()
    assert made.newest() is None
    made.show(preview(0))
    assert made.newest() is None, "nobody knows who is in it"
    made.see(replace(look(0.2), private=Private((PERSON,))))
    made.show(preview(1))
    shown = made.newest()
    assert shown is not None and (shown.at, shown.private.people) == (at(0), (PERSON,))
    made.see(look(1.3))
    shown = made.newest()
    assert shown is not None and (shown.at, shown.private.people) == (at(1), (PERSON,)), (
        "who was there a moment ago, too"
    )


def test_a_picture_that_no_look_was_near_is_shown_to_nobody() -> None:
    """The camera is looked at every 5 s, and its picture of 5 s is lost on the way."""
    made = Reel()
    made.show(preview(0))
    made.see(look(0.2))
    made.show(preview(2))
    made.see(replace(look(5), private=Private((PERSON,))))
    shown = made.newest()
    assert shown is not None and shown.at == at(0), "who was in the one of 2 s is not known"
    made.show(preview(6))
    made.see(replace(look(10), private=Private((PERSON,))))
    shown = made.newest()
    assert shown is not None and (shown.at, shown.private.people) == (at(6), (PERSON,))
    assert [shot.at for shot in made.of(at(0), at(10))] == [at(0), at(6)]


def test_a_film_of_a_camera_that_is_looked_at_now_and_then_shows_what_was_looked_at() -> None:
    made = reel(120, 1.0, look_every=20)
    shots = made.of(at(0), at(120))
    assert 4 <= len(shots) <= PICTURES
    for shot in shots:
        offset_s = (shot.at - at(0)).total_seconds() % 20
        assert min(offset_s, 20 - offset_s) <= film.NEAR.total_seconds()


def test_a_look_that_comes_late_counts_for_the_picture_of_its_time() -> None:
    made = Reel()
    for second in range(8):
        made.show(preview(second))
    made.see(look(1))
    shots = [shot.at for shot in made.of(at(0), at(8))]
    assert at(0) in shots and at(2) in shots and max(shots) <= at(1) + film.NEAR


def brightest(jpeg: bytes) -> NDArray[np.float64]:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image[HEAD], np.float64)


@pytest.mark.parametrize("seen_s", [-1.0, 0.4, 1.4], ids=["before", "with it", "after"])
def test_who_was_seen_near_a_picture_is_hidden_in_it(parts: Parts, seen_s: float) -> None:
    films = Films(parts.desk, parts.snapshots)
    raised = parts.raise_alert()
    began = (raised.started_at - at(0)).total_seconds()
    seen = replace(looked(began + seen_s), private=Private((PERSON,)))
    if seen_s < 0:
        films.put(seen)
    films.put(preview(began))
    if seen_s >= 0:
        films.put(seen)
    films.fired(raised, raised.started_at + timedelta(seconds=4))
    films.tick()
    now = parts.desk.alert(raised.id)
    [shown] = [one for one in pictures_of(now) if one.role is Role.FILM]
    assert shown.variants == ("veiled",)
    jpeg = parts.snapshots.path(shown.key, "veiled").read_bytes()
    assert brightest(jpeg).std() < 0.4 * brightest(encode_jpeg(NOISE, 95)).std()
    assert f"snapshots/{shown.key}.veiled.jpg" in files_of(now), "it is on record"
    parts.desk.step(raised.id, StepKind.NOTE, by="Li", detail={"note": "x"})
    assert isinstance(parts.clock, SimulatedClock)
    parts.clock.step(30)
    peak = replace(parts.finding(), confidence=0.99)
    parts.desk.receive(parts.look(0, peak))
    assert parts.desk.alert(raised.id).confidence == 0.99
    assert parts.desk.alert(raised.id).evidence["film"] == now.evidence["film"], "it stays when the fire grows"


def test_of_a_camera_that_showed_nothing_there_is_no_film(parts: Parts) -> None:
    films = Films(parts.desk, parts.snapshots)
    films.put(preview(-3, "stairs-2"))
    raised = parts.raise_alert()
    films.fired(raised, raised.started_at)
    films.tick()
    assert parts.desk.alert(raised.id) == raised


def test_a_film_that_the_disk_does_not_take_harms_nothing(
    parts: Parts, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    films = Films(parts.desk, parts.snapshots)
    raised = parts.raise_alert()
    films.put(replace(preview(0), at=raised.started_at))
    films.put(replace(looked(0), at=raised.started_at))
    films.fired(raised, raised.started_at + timedelta(seconds=4))
    monkeypatch.setattr(parts.snapshots, "save", refuse)
    films.tick()
    assert "has no film: the disk is full" in caplog.text
    assert parts.desk.alert(raised.id) == raised


MASKS = (((0.5, 0.0), (1.0, 0.0), (1.0, 1.0)),)


def shows(films: Films, cameras: Sequence[CameraConfig], second: float = 0.0) -> bool:
    """Whether there is still a picture of before after these are the cameras."""
    films.put(preview(second))
    films.put(looked(second))
    assert films.newest("shed-1") is not None
    films.watch(cameras)
    return films.newest("shed-1") is not None


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({"masks": MASKS}, False),
        ({"url": SecretStr("rtsp://camera/9")}, False),
        ({"place": "elsewhere"}, True),
        ({"name": "shed-9"}, False),
    ],
    ids=["mask", "address", "place", "gone"],
)
def test_of_a_camera_that_is_gone_or_shows_other_things_nothing_older_is_kept(
    parts: Parts, changed: dict[str, Any], kept: bool
) -> None:
    films = Films(parts.desk, parts.snapshots)
    first, second = parts.settings.cameras
    assert shows(films, [first.model_copy(update=changed), second]) is kept


@pytest.mark.parametrize("changed", [{"masks": MASKS}, {"url": SecretStr("rtsp://camera/9")}], ids=["mask", "address"])
def test_what_was_on_its_way_when_a_camera_came_to_show_something_else_is_not_kept(
    parts: Parts, changed: dict[str, Any]
) -> None:
    """Not the picture, and not the look either, which would say of a picture of now that nobody is in it."""
    films, new = Films(parts.desk, parts.snapshots), SHED.model_copy(update=changed)
    films.watch([new])
    films.put(preview(0))
    films.put(looked(0, new.sight))
    assert films.newest("shed-1") is None
    films.put(preview(1, sight=new.sight))
    films.put(looked(1.2))
    assert films.newest("shed-1") is None
    films.put(looked(1.3, new.sight))
    shown = films.newest("shed-1")
    assert shown is not None and shown.at == at(1)
    films.put(preview(2, "shed-9"))
    assert set(films._reels) == {"shed-1"}, "nobody watches another one"
