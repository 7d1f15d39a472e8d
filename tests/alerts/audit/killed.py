"""Kills an audit, runs it again, and tells whether what it wrote is what an undisturbed run writes."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]


def start(arguments: Sequence[str | Path], cwd: Path) -> subprocess.Popen[str]:
    """An audit in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, str(ROOT / "xinan.py"), "audit", *map(str, arguments)],
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def killed_after(run: subprocess.Popen[str], seconds: float) -> bool:
    """Kill the whole group then; False where it had ended before. Nothing of it is left when this returns."""
    try:
        run.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    wait_for_end(run.pid)
    return run.returncode == -signal.SIGKILL


def wait_for_end(group: int) -> None:
    """Until no process of it is left. Raises TimeoutError."""
    until = time.monotonic() + 30
    while _group_lives(group):
        if time.monotonic() > until:
            raise TimeoutError(f"processes of group {group} are left")
        time.sleep(0.01)


def written(out: Path) -> dict[str, str]:
    """Every file that was written, by its SHA-256; of times that the machine took, nothing."""
    files = (path for path in sorted(out.rglob("*")) if path.is_file())
    return {path.relative_to(out).as_posix(): hashlib.sha256(_compared(path)).hexdigest() for path in files}


def _compared(path: Path) -> bytes:
    if path.name == "summary.json":
        summary = json.loads(path.read_text("utf-8"))
        return json.dumps([summary, [_timeless(source) for source in summary.pop("sources")]]).encode()
    if path.parent.name == "parts":
        head, *lines = path.read_text("utf-8").splitlines()
        told = json.loads(head)
        return json.dumps([_timeless(told.pop("summary")), told, lines]).encode()
    return path.read_bytes()


def _timeless(source: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in source.items() if key != "wall_s"}


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
