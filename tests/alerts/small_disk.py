"""A file system of some megabytes, for a process that a test starts: a tmpfs in a mount namespace of its own."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

_MOUNT = 'mount -t tmpfs -o size="$1"m tmpfs "$2" && shift 2 && exec "$@"'


def on_small_disk(folder: Path, megabytes: int, words: Sequence[str]) -> list[str]:
    """The command `words`, run where `folder` is such a file system. Skips the test where only root may have one."""
    folder.mkdir(parents=True, exist_ok=True)
    inside = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", _MOUNT, "sh", str(megabytes), str(folder)]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*inside, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no small file system to be had: unshare --user --mount is not allowed here")
    return [*inside, *words]


def from_outside(pid: int, folder: Path) -> Path:
    """The folder as the process sees it."""
    return Path(f"/proc/{pid}/root") / folder.relative_to("/")


def fill(folder: Path) -> Path:
    """A file that takes all the room there is."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            block = bytes(size)
            while True:
                try:
                    if file.write(block) < size:
                        break
                except OSError:
                    break
    return path
