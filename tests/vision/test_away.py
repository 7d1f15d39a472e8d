"""An analyzer's clips on their way home from another machine."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from streams import supervisor
from streams.clip import PART
from streams.clock import SystemClock
from streams.disk import sync
from streams.supervisor import Supervisor
from tests.acceptance.watching import until
from vision import away
from vision.away import NOT_WRITTEN, PIECE_BYTES, AwayConnection, ClipPiece, Home, HomeConnection, cutting_room
from vision.look import ClipCut
from vision.orders import CutClip, ShowLive

DATA = bytes(range(256)) * (PIECE_BYTES // 100)
SILENT_S = 1.0
PIECES = 12


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[tuple[Connection, AwayConnection]]:
    """Over a real socket, so large that no buffer holds a clip's piece twice."""
    home, away = socket.socketpair()
    for end in (home, away):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
    (tmp_path / "away").mkdir()
    with ExitStack() as stack:
        yield (
            stack.enter_context(HomeConnection(stack.enter_context(home))),
            stack.enter_context(AwayConnection(away.detach(), tmp_path / "away")),
        )


def cut(ends: tuple[Connection, AwayConnection], wanted: Path) -> ClipCut:
    """The order goes there, a file is cut there, and its answer comes back."""
    home, away = ends
    home.send(CutClip("gate", wanted, 1.0, 2.0))
    order = away.recv()
    assert isinstance(order, CutClip) and (order.camera, order.from_s, order.until_s) == ("gate", 1.0, 2.0)
    assert order.path != wanted
    order.path.write_bytes(DATA)
    away.send(ClipCut("gate", order.path, size=len(DATA), sha256=hashlib.sha256(DATA).hexdigest()))
    assert not order.path.exists()
    told: list[Any] = []
    at_home = Home(told.append)
    while not told:
        at_home.take(home.recv())
    assert isinstance(told[0], ClipCut)
    return told[0]


def send_slowly(connection: Connection, wanted: Path) -> None:
    """Child: sends a clip over a slow line, so that no heartbeat passes, then beats."""
    connection.send(None)
    for index in range(PIECES):
        connection.send(ClipPiece(wanted, bytes(100), first=not index))
        time.sleep(SILENT_S / 4)
    connection.send(ClipCut("gate", wanted, size=100 * PIECES))
    while True:
        connection.send(None)
        time.sleep(SILENT_S / 10)


@pytest.mark.parametrize("name", ["clips/2026/a.mp4", "clips/b.mp4"])
def test_a_clip_is_at_home_before_it_is_told_of(
    ends: tuple[Connection, AwayConnection], tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the store has a relative path."""
    monkeypatch.chdir(tmp_path)
    for wanted in (tmp_path / name, Path("rel") / name):
        answer = cut(ends, wanted)
        assert (answer.path, answer.trouble, answer.size) == (wanted, "", len(DATA))
        assert wanted.read_bytes() == DATA
        assert not wanted.with_name(wanted.name + PART).exists()


def test_a_disk_that_takes_no_clip_costs_the_clip_alone(
    ends: tuple[Connection, AwayConnection], tmp_path: Path
) -> None:
    (tmp_path / "clips").write_text("no folder")
    answer = cut(ends, tmp_path / "clips" / "a.mp4")
    assert (answer.size, answer.trouble) == (0, NOT_WRITTEN)
    assert cut(ends, tmp_path / "others" / "a.mp4").trouble == ""


def test_a_clip_that_was_not_cut_and_all_other_words_go_as_they_are(
    ends: tuple[Connection, AwayConnection], tmp_path: Path
) -> None:
    home, away = ends
    home.send(ShowLive(frozenset({"gate"})))
    assert away.recv() == ShowLive(frozenset({"gate"}))
    home.send(CutClip("gate", tmp_path / "a.mp4", 1.0, 2.0))
    away.send(ClipCut("gate", away.recv().path, trouble="the camera sent nothing"))
    assert home.recv() == ClipCut("gate", tmp_path / "a.mp4", trouble="the camera sent nothing")
    away.send(None)
    assert home.recv() is None


def test_the_other_end_is_told_of_the_end_whoever_still_holds_the_socket(
    ends: tuple[Connection, AwayConnection],
) -> None:
    home, away = ends
    home.close()
    with pytest.raises(EOFError):
        away.recv()


def test_an_analyzer_is_not_hung_while_its_clip_comes_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither while a line nor while a disk takes longer than anybody may be silent."""

    def sync_slowly(path: Path) -> None:
        time.sleep(2 * SILENT_S)
        sync(path)

    monkeypatch.setattr(supervisor, "SILENT_S", SILENT_S)
    monkeypatch.setattr(away, "sync", sync_slowly)
    told: list[Any] = []
    lost: list[str] = []
    wanted = tmp_path / "clips" / "a.mp4"
    take = Home(told.append).take
    child = Supervisor("t", send_slowly, wanted, clock=SystemClock(), on_message=take, on_down=lost.append)
    child.start()
    try:
        until(lambda: told or lost, "the clip")
    finally:
        child.stop()
    assert (told, lost) == ([ClipCut("gate", wanted, size=100 * PIECES)], [])
    assert wanted.stat().st_size == 100 * PIECES


def test_clips_of_an_analyzer_that_was_killed_go_and_those_of_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed = (
        "import os; from vision.away import cutting_room as room\nwith room() as r: (r / 'a').touch(); os.kill(0, 9)"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", killed], env=environment, start_new_session=True)
    assert run.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert list(left.iterdir())
    with cutting_room() as one:
        assert not left.exists()
        (one / "b").touch()
        with cutting_room() as other:
            assert sorted(tmp_path.iterdir()) == sorted([one, other])
            assert (one / "b").exists()
    assert not list(tmp_path.iterdir())
