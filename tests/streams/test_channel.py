"""The lanes of a pipe, with a real pipe."""

import threading
from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection

import pytest

from streams import channel
from streams.channel import Channel

BIG = b"x" * 1_000_000
"""More than a pipe holds: its sender waits until somebody reads."""
PATIENCE_S = 20.0

Ends = tuple[Connection, Connection]


@pytest.fixture
def ends() -> Iterator[Ends]:
    ours, theirs = Pipe()
    yield ours, theirs
    ours.close()
    theirs.close()


def jam(full: Channel, theirs: Connection) -> None:
    """Let the thread be stuck in a message that nobody takes."""
    full.send(BIG)
    assert theirs.poll(PATIENCE_S)


def test_what_must_arrive_goes_first_and_in_order(ends: Ends) -> None:
    ours, theirs = ends
    sender = Channel(ours, "t")
    jam(sender, theirs)
    assert sender.offer("picture")
    for number in range(3):
        assert sender.send(number)
    assert theirs.recv() == BIG
    assert [theirs.recv() for _ in range(4)] == [0, 1, 2, "picture"]
    sender.close()


def test_of_what_is_wanted_the_newest_of_each_type_waits(ends: Ends) -> None:
    """However many there were while the other end took nothing."""
    ours, theirs = ends
    sender = Channel(ours, "t")
    jam(sender, theirs)
    sender.send("a message")
    for number in range(1000):
        sender.keep(number)
        sender.keep(number / 2)
    assert theirs.recv() == BIG
    assert [theirs.recv() for _ in range(3)] == [999, 499.5, "a message"]
    sender.close()


def test_what_may_be_lost_is_refused_when_there_is_no_room(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "MOST_OFFERED", 2)
    ours, theirs = ends
    sender = Channel(ours, "t")
    jam(sender, theirs)
    assert [sender.offer(number) for number in range(4)] == [True, True, False, False]
    assert sender.lost == 2
    theirs.recv()
    assert [theirs.recv(), theirs.recv()] == [0, 1]
    sender.close()


def test_what_must_arrive_waits_for_room(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "MOST_SENT", 1)
    ours, theirs = ends
    sender = Channel(ours, "t")
    jam(sender, theirs)
    assert sender.send("first")
    waiting = threading.Thread(target=sender.send, args=("second",))
    waiting.start()
    waiting.join(0.1)
    assert waiting.is_alive(), "there is no room yet"
    assert [theirs.recv() for _ in range(3)] == [BIG, "first", "second"]
    waiting.join(PATIENCE_S)
    assert not waiting.is_alive()
    sender.close()


def test_the_other_end_going_away_ends_it(ends: Ends) -> None:
    ours, theirs = ends
    gone = threading.Event()
    sender = Channel(ours, "t", gone.set)
    theirs.close()
    sender.send("nobody hears")
    assert gone.wait(PATIENCE_S)
    assert not sender.send("more")
    assert not sender.offer("more")


def test_closing_frees_who_waits(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "MOST_SENT", 1)
    ours, theirs = ends
    sender = Channel(ours, "t")
    jam(sender, theirs)
    sender.send("first")
    answers: list[bool] = []
    waiting = threading.Thread(target=lambda: answers.append(sender.send("second")))
    waiting.start()
    sender.close()
    waiting.join(PATIENCE_S)
    assert answers == [False]
