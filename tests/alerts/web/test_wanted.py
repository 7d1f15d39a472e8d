"""Who is looked at, as the analyzers are told."""

from alerts.web.wanted import PICTURES_S, Wanted
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
