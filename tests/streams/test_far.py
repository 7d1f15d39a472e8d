"""A pipe to another machine: who is let in, and by which clock he works."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from streams.clock import SimulatedClock, SystemClock
from streams.far import Door, Invitation, come_in


@pytest.fixture
def door() -> Iterator[Door]:
    opened = Door("127.0.0.1")
    yield opened
    opened.close()


def knocking(invitation: Invitation, clock: SimulatedClock) -> tuple[threading.Thread, list[object]]:
    found: list[object] = []

    def knock() -> None:
        try:
            found.extend(come_in(invitation, clock))
        except OSError as error:
            found.append(error)

    thread = threading.Thread(target=knock)
    thread.start()
    return thread, found


def test_who_shows_the_invitation_is_in_and_counts_by_the_clocks_of_the_house(door: Door) -> None:
    house, guest = SimulatedClock(), SimulatedClock()
    house.step(5_000_000.0)
    guest.jump(-3600.0)
    thread, found = knocking(door.invitation, guest)
    ours = door.admitted(house, 20.0, lambda: True)
    thread.join()
    theirs, clock = found
    assert isinstance(theirs, socket.socket)
    with ours, theirs:
        ours.sendall(b"word")
        assert theirs.recv(4) == b"word"
    assert clock.monotonic_s() == house.monotonic_s()  # type: ignore[attr-defined]
    assert abs(clock.now() - house.now()) < timedelta(milliseconds=1)  # type: ignore[attr-defined]
    guest.step(2.5)
    house.step(2.5)
    assert clock.monotonic_s() == house.monotonic_s()  # type: ignore[attr-defined]


def test_who_shows_another_one_is_sent_away_and_the_next_let_in(door: Door) -> None:
    stranger, heard = knocking(replace(door.invitation, secret=b"x" * 32), SimulatedClock())
    let_in: list[socket.socket] = []
    waiting = threading.Thread(target=lambda: let_in.append(door.admitted(SystemClock(), 20.0, lambda: True)))
    waiting.start()
    stranger.join()
    assert isinstance(heard[0], OSError)
    guest, found = knocking(door.invitation, SimulatedClock())
    guest.join()
    waiting.join()
    for end in (let_in[0], found[0]):
        assert isinstance(end, socket.socket)
        end.close()


@pytest.mark.parametrize(("within_s", "awaited"), [(0.1, True), (20.0, False)])
def test_nobody_is_waited_for_longer_than_he_is_awaited(door: Door, within_s: float, awaited: bool) -> None:
    with pytest.raises(OSError, match="it did not come"):
        door.admitted(SystemClock(), within_s, lambda: awaited)


def test_the_secret_is_not_told_by_what_is_logged_of_an_invitation(door: Door) -> None:
    assert "secret" not in repr(door.invitation)
