"""Coded pictures on their way to viewers: times, the start in the middle, the slow one."""

import asyncio
import threading
from dataclasses import replace
from itertools import pairwise

import pytest
from aiortc.mediastreams import MediaStreamError
from pydantic import SecretStr

from alerts.web.live_feed import (
    BEHIND,
    CATCH_UP_TICKS,
    MOST_QUEUED,
    REPEAT_S,
    TICKS_PER_S,
    CameraFeed,
    LiveTimeline,
    ViewerTrack,
)
from streams.access_unit import AccessUnit, StreamFormat
from streams.clock import SimulatedClock
from tests.streams.units import unit
from vision.look import LiveUnits
from vision.sight import Sight

SETS = b"\x00\x00\x00\x01\x67\x42\x00\x00\x00\x01\x68\xce"
FORMAT = StreamFormat("h264", 704, 576, extradata=SETS)
STEP = TICKS_PER_S // 25
SIGHT = Sight(SecretStr("rtsp://camera/1"))


def units(numbers: range, keys: tuple[int, ...] = (0,)) -> list[AccessUnit]:
    return [unit(number, key=number in keys) for number in numbers]


def number_of(data: bytes) -> int:
    body = data.removeprefix(SETS)
    return int.from_bytes(body[5:7], "big")


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
async def feed(clock: SimulatedClock) -> CameraFeed:
    return CameraFeed("gate", SIGHT, clock)


async def give(feed: CameraFeed, *given: AccessUnit, together: bool = False) -> None:
    """As the supervisor's reader thread does."""
    messages = [tuple(given)] if together else [(one,) for one in given]
    for message in messages:
        feed.receive(LiveUnits("gate", FORMAT, message, SIGHT))
    await asyncio.sleep(0)


async def shown(track: ViewerTrack, count: int) -> list[tuple[int, int]]:
    """(number, ticks) of the next pictures."""
    async with asyncio.timeout(10):
        packets = [await track.recv() for _ in range(count)]
    return [(number_of(bytes(packet)), packet.pts or 0) for packet in packets]


@pytest.mark.parametrize(
    ("pts", "expected"),
    [
        ([0.0, 0.04, 0.08, 0.12], [0, 1, 2, 3]),
        ([5.0, 5.04, 5.08, 5.12], [0, 1, 2, 3]),
        ([0.0, 0.03, 0.09, 0.12], [0, 0.75, 2.25, 3]),  # jitter of the camera's own is kept
        ([0.0, 0.04, 9000.0, 9000.04], [0, 1, 2, 3]),  # its clock jumps ahead
        ([9000.0, 9000.04, 0.0, 0.04], [0, 1, 2, 3]),  # or back, or the stream begins anew
        ([0.0, 0.0, 0.0, 0.0], [0, 1, 2, 3]),  # it stands still
    ],
)
def test_times_go_on_whatever_the_camera_s_clock_does(pts: list[float], expected: list[float]) -> None:
    timeline = LiveTimeline()
    ticks = [timeline.ticks(unit(number, pts_s=pts_s)) for number, pts_s in enumerate(pts)]
    assert ticks == [round(step * STEP) for step in expected]


def test_a_camera_s_clock_that_runs_wrong_does_not_lead_away() -> None:
    timeline = LiveTimeline()
    told = [timeline.ticks(unit(number, pts_s=number / 25 * 1.02)) for number in range(25 * 120)]
    assert all(later > sooner for sooner, later in pairwise(told))
    assert abs(told[-1] / TICKS_PER_S - 120) < 0.6, "two minutes, two per cent fast: 2.4 s if it were believed"


async def test_pictures_come_as_they_are_in_the_camera_s_steps(feed: CameraFeed) -> None:
    track = feed.join()
    given = units(range(5))
    await give(feed, *given)
    assert await shown(track, 5) == [(number, number * STEP) for number in range(5)]
    await give(feed, *units(range(5, 6)))
    assert bytes(await track.recv()) == unit(5).data


@pytest.mark.parametrize(
    ("own", "expected"), [(b"", SETS + unit(0, key=True).data), (SETS, SETS + unit(0, key=True).data)]
)
async def test_a_key_picture_brings_the_parameter_sets(feed: CameraFeed, own: bytes, expected: bytes) -> None:
    """Once: its own if it has them."""
    track = feed.join()
    first = unit(0, key=True)
    await give(feed, replace(first, data=own + first.data))
    assert bytes(await track.recv()) == SETS + first.data


async def test_a_viewer_that_comes_later_starts_at_once_and_ends_up_at_the_newest(feed: CameraFeed) -> None:
    first = feed.join()
    await give(feed, *units(range(40), keys=(0, 20)))
    late = feed.join()
    await give(feed, *units(range(40, 42), keys=()))
    seen = await shown(late, 22)
    assert [number for number, _ in seen] == list(range(20, 42))
    steps = [later - sooner for (_, sooner), (_, later) in pairwise(seen)]
    assert steps == [CATCH_UP_TICKS] * 19 + [STEP] * 2, "what has passed is shown in no time"
    assert len(await shown(first, 20)) == 20, "nobody else notices"


async def test_the_first_viewer_gets_what_the_analyzer_kept_in_the_same_way(feed: CameraFeed) -> None:
    track = feed.join()
    await give(feed, *units(range(30)), together=True)
    seen = await shown(track, 30)
    assert seen[-1][1] - seen[0][1] == 29 * CATCH_UP_TICKS


async def test_one_that_cannot_begin_waits_for_a_key_picture(feed: CameraFeed) -> None:
    track = feed.join()
    await give(feed, *units(range(4), keys=(2,)))
    assert [number for number, _ in await shown(track, 2)] == [2, 3]


async def test_a_slow_viewer_goes_on_with_the_next_key_picture_and_holds_nobody_up(feed: CameraFeed) -> None:
    slow, quick = feed.join(), feed.join()
    seen = []
    for number in range(2 * BEHIND + 2):
        await give(feed, unit(number, key=number % BEHIND == 0))
        seen += await shown(quick, 1)
    assert [number for number, _ in seen] == list(range(2 * BEHIND + 2))
    assert slow.cut and [number for number, _ in await shown(slow, 2)] == [2 * BEHIND, 2 * BEHIND + 1]


async def test_what_waits_is_bounded_without_key_pictures_too(feed: CameraFeed) -> None:
    track = feed.join()
    for number in range(MOST_QUEUED + 2):
        await give(feed, unit(number, key=number == 0))
    assert track.cut > MOST_QUEUED
    await give(feed, unit(700, key=True))
    assert [number for number, _ in await shown(track, 1)] == [700]


async def test_a_viewer_that_lost_pictures_is_shown_the_group_again(feed: CameraFeed, clock: SimulatedClock) -> None:
    track = feed.join()
    await give(feed, *units(range(6), keys=(0, 3)))
    before = await shown(track, 6)
    track.repeat()
    track.repeat()
    again = await shown(track, 3)
    assert [number for number, _ in again] == [3, 4, 5], "once, though the browser asks twice"
    assert before[-1][1] < again[0][1] < again[1][1], "time goes on"
    clock.step(REPEAT_S)
    track.repeat()
    assert [number for number, _ in await shown(track, 3)] == [3, 4, 5]


async def test_an_event_loop_that_is_held_up_loses_pictures_not_memory(feed: CameraFeed) -> None:
    track = feed.join()
    await give(feed, *units(range(2)))
    flood = [LiveUnits("gate", FORMAT, (unit(2 + number),), SIGHT) for number in range(3 * CameraFeed.MOST_RECEIVED)]

    def send() -> None:
        for message in flood:
            feed.receive(message)

    sender = threading.Thread(target=send)
    sender.start()
    sender.join()
    assert len(feed._received) <= CameraFeed.MOST_RECEIVED
    await asyncio.sleep(0)
    await give(feed, unit(9000, key=True))
    assert (await shown(track, 1))[0][0] == 9000, "what leans on lost pictures is not shown"


@pytest.mark.parametrize("end", ["feed", "track"])
async def test_it_ends(feed: CameraFeed, end: str) -> None:
    track = feed.join()
    waiting = asyncio.create_task(track.recv())
    await asyncio.sleep(0)
    feed.end() if end == "feed" else track.stop()
    with pytest.raises(MediaStreamError):
        await waiting


async def test_pictures_on_their_way_from_another_address_are_shown_to_nobody(feed: CameraFeed) -> None:
    track = feed.join()
    for sight in (Sight(SecretStr("rtsp://camera/9")), Sight(SIGHT.url, (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)),))):
        feed.receive(LiveUnits("gate", FORMAT, (unit(7, key=True),), sight))
    await give(feed, unit(0, key=True))
    assert [number for number, _ in await shown(track, 1)] == [0]
