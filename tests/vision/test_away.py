"""An analyzer's clips on their way home from another machine."""

import hashlib
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from streams.clip import PART
from vision.away import NOT_WRITTEN, PIECE_BYTES, AwayConnection, HomeConnection
from vision.look import ClipCut
from vision.orders import CutClip, ShowLive

DATA = bytes(range(256)) * (PIECE_BYTES // 100)


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[tuple[HomeConnection, AwayConnection]]:
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


def cut(ends: tuple[HomeConnection, AwayConnection], wanted: Path) -> ClipCut:
    """The order goes there, a file is cut there, and its answer comes back."""
    home, away = ends
    home.send(CutClip("gate", wanted, 1.0, 2.0))
    order = away.recv()
    assert isinstance(order, CutClip) and (order.camera, order.from_s, order.until_s) == ("gate", 1.0, 2.0)
    assert order.path != wanted
    order.path.write_bytes(DATA)
    away.send(ClipCut("gate", order.path, size=len(DATA), sha256=hashlib.sha256(DATA).hexdigest()))
    assert not order.path.exists()
    answer = home.recv()
    assert isinstance(answer, ClipCut)
    return answer


@pytest.mark.parametrize("name", ["clips/2026/a.mp4", "clips/b.mp4"])
def test_a_clip_is_at_home_before_it_is_told_of(
    ends: tuple[HomeConnection, AwayConnection], tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the store has a relative path."""
    monkeypatch.chdir(tmp_path)
    for wanted in (tmp_path / name, Path("rel") / name):
        answer = cut(ends, wanted)
        assert (answer.path, answer.trouble, answer.size) == (wanted, "", len(DATA))
        assert wanted.read_bytes() == DATA
        assert not wanted.with_name(wanted.name + PART).exists()


def test_a_disk_that_takes_no_clip_costs_the_clip_alone(
    ends: tuple[HomeConnection, AwayConnection], tmp_path: Path
) -> None:
    (tmp_path / "clips").write_text("no folder")
    answer = cut(ends, tmp_path / "clips" / "a.mp4")
    assert (answer.size, answer.trouble) == (0, NOT_WRITTEN)
    assert cut(ends, tmp_path / "others" / "a.mp4").trouble == ""


def test_a_clip_that_was_not_cut_and_all_other_words_go_as_they_are(
    ends: tuple[HomeConnection, AwayConnection], tmp_path: Path
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
    ends: tuple[HomeConnection, AwayConnection],
) -> None:
    home, away = ends
    home.close()
    with pytest.raises(EOFError):
        away.recv()
