"""Reasons are their words, and keep their code wherever they go."""

import pickle

import pytest

from streams.errors import SourceUnavailable
from streams.reasons import REASONS, Reason


def test_a_reason_is_its_words_and_goes_through_a_pipe() -> None:
    made = Reason("camera_no_answer", seconds=5)
    kept = pickle.loads(pickle.dumps(made))
    assert made == kept == "no answer within 5 s"
    assert (kept.code, kept.values) == ("camera_no_answer", {"seconds": "5"})


@pytest.mark.parametrize("code", sorted(REASONS))
def test_no_reason_holds_what_looks_like_an_address(code: str) -> None:
    reason = Reason(code, seconds=1, status=500, kind="text/html", detail="x", why="silent for 2.5 s")
    error = SourceUnavailable("rtsp://u:secret@cam/1", reason)
    assert error.reason == reason, "nothing of it is taken for a password"
    assert error.known is reason


def test_other_words_are_no_known_reason() -> None:
    assert SourceUnavailable("rtsp://cam/1", "it fell down").known is None
