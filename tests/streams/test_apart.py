"""Work in a process of its own: what it gives, what it raises, and its end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streams.apart import apart
from streams.errors import ApartFailed


def pid_and_double(number: int) -> tuple[int, int]:
    return os.getpid(), 2 * number


def refuse(path: str) -> None:
    raise FileNotFoundError(f"{path} is not there")


def die(number: int) -> None:
    os.kill(os.getpid(), number)


def test_the_answer_comes_from_another_process() -> None:
    pid, four = apart(pid_and_double, 2)
    assert four == 4
    assert pid != os.getpid()


def test_what_it_raises_is_raised() -> None:
    with pytest.raises(FileNotFoundError, match="it is not there"):
        apart(refuse, "it")


def test_one_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(ApartFailed, match=r"sleep: no answer within 0\.01 s"):
        apart(time.sleep, 60, 0.01)


def test_one_that_is_killed_is_one_line() -> None:
    with pytest.raises(ApartFailed, match="die: its process ended with exit code -9"):
        apart(die, int(signal.SIGKILL))


def test_ctrl_c_ends_both_at_once_and_the_other_says_nothing(tmp_path: Path) -> None:
    """As from a terminal: every process of the command gets it."""
    (tmp_path / "late.py").write_text(
        "import os, time\nfrom streams.apart import apart\n\n"
        "def late(path):\n    open(path, 'w').write(str(os.getpid()))\n    time.sleep(600)\n\n"
        "if __name__ == '__main__':\n    try:\n        apart(late, 'pid')\n"
        "    except KeyboardInterrupt:\n        print('stopped')\n"
    )
    command = subprocess.Popen(
        [sys.executable, "late.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    until_s = time.monotonic() + 60
    while not (tmp_path / "pid").exists() and time.monotonic() < until_s:
        time.sleep(0.02)
    os.killpg(command.pid, signal.SIGINT)
    said, _ = command.communicate(timeout=30)
    assert said == "stopped\n"
    assert command.returncode == 0
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text()}").exists()
