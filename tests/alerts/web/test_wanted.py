"""Who is looked at, as the analyzers are told."""

from alerts.web.wanted import MOST_RECENT, PICTURES_S, RECENT_S, Wanted
from streams.clock import SimulatedClock
from vision.orders import ShowLive


def names(*given: str) -> frozenset[str]:
    return frozenset(given)


def test_only_what_changes_is_told() -> None:
    clock, told = SimulatedClock(), list[ShowLive]()
    wanted = Wanted(clock, told.append)
    wanted.tick()
    assert not told
    wanted.viewed(names("gate"))
    wanted.viewed(names("gate"))
    wanted.fetched("hall")
    clock.step(PICTURES_S - 1)
    wanted.fetched("hall")
    clock.step(PICTURES_S - 1)
    wanted.tick()
    assert told == [ShowLive(names("gate")), ShowLive(names("gate"), names("hall"))]
    clock.step(1)
    wanted.tick()
    wanted.viewed(names())
    assert told[2:] == [ShowLive(names("gate")), ShowLive()]


def test_the_last_minutes_are_kept_of_a_few_cameras_until_their_pages_are_closed_for_a_while() -> None:
    clock, told = SimulatedClock(), list[ShowLive]()
    wanted = Wanted(clock, told.append)
    cameras = [f"shed-{number}" for number in range(MOST_RECENT + 1)]
    for camera in cameras:
        wanted.tuned(camera)
    assert told[-1] == ShowLive(recent=names(*cameras[:-1])), "who comes first has them"
    clock.step(RECENT_S - 1)
    wanted.tuned(cameras[0])
    clock.step(1)
    wanted.tick()
    assert told[-1] == ShowLive(recent=names(cameras[0]))
    wanted.tuned(cameras[-1])
    assert told[-1] == ShowLive(recent=names(cameras[0], cameras[-1]))
    clock.step(RECENT_S)
    wanted.tick()
    assert told[-1] == ShowLive()
