"""Where nobody looks at a bar, a long audit says now and then how far it is."""

from dataclasses import dataclass
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from alerts.cli import progress
from alerts.cli.progress import DONE_S, LINE_S, Lines, audit_progress
from streams.clock import SimulatedClock


@dataclass
class Far:
    """What is read of a tally."""

    done: int = 0
    total: int = 8
    done_bytes: float = 0.0
    left_bytes: int = 1000
    seen_s: float = 0.0
    factor: float = 14.0


def test_a_line_comes_each_minute_and_soon_after_a_recording_of_a_long_run_is_done() -> None:
    clock, far = SimulatedClock(), Far()
    said: list[str] = []
    lines: Any = Lines(said.append, clock)
    lines(far)
    far.done = 5
    clock.step(LINE_S - 1)
    lines(far)
    assert said == [], "a brief run has its last line"
    clock.step(1)
    far.done_bytes, far.seen_s = 250.0, 90.0
    lines(far)
    assert said == [
        "5 of 8 recordings done, 25% of what is to be looked through; 1.5 min seen, 14.0× as fast as they last"
    ]
    clock.step(DONE_S)
    lines(far)
    assert len(said) == 1, "nothing was finished"
    far.done = 6
    lines(far)
    far.done = 7
    lines(far)
    assert len(said) == 2, "files of seconds do not fill a log"
    clock.step(LINE_S)
    lines(far)
    assert said[-1].startswith("7 of 8 recordings done")


def test_without_a_terminal_it_is_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    log, clock = StringIO(), SimulatedClock()
    monkeypatch.setattr(progress, "err", Console(file=log, highlight=False, soft_wrap=True))
    monkeypatch.setattr(progress, "SystemClock", lambda: clock)
    far: Any = Far(done=1, done_bytes=500.0, seen_s=7200.0)
    with audit_progress() as on_tally:
        clock.step(LINE_S)
        on_tally(far)
    assert log.getvalue().startswith("xinan: 1 of 8 recordings done, 50% of what is to be looked through; 2.0 h seen")
    assert log.getvalue().count("\n") == 1


def test_the_bar_moves_within_a_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = StringIO()
    monkeypatch.setattr(progress, "err", Console(file=screen, force_terminal=True, width=120))
    far: Any = Far(done_bytes=20.0, seen_s=7.0)
    with audit_progress() as on_tally:
        on_tally(far)
        far.done_bytes, far.seen_s = 130.0, 44.0
        on_tally(far)
    assert "44 s" in screen.getvalue()
    assert "13%" in screen.getvalue()
    assert "0/8 recordings" in screen.getvalue()
