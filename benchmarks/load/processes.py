"""What processes cost, from Linux's /proc: CPU seconds, memory, open files, threads."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
_HELPERS = ("resource_tracker", "forkserver")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one process. cpu_s: user and system, with those of its children that have ended and were waited for.

    rss, pss: bytes. pss is 0 where it was not asked for: reading it takes milliseconds.
    """

    pid: int
    name: str
    cpu_s: float
    rss: int
    pss: int
    fds: int
    threads: int


def family(root: int) -> list[int]:
    """The process and all that it has started, oldest first."""
    parents = {pid: int(fields[1]) for pid in _pids() if (fields := _stat(pid)) is not None}
    found = [root]
    for pid in found:
        found += sorted(child for child, parent in parents.items() if parent == pid)
    return [pid for pid in found if pid in parents]


def children(root: int) -> list[int]:
    """Those that do the work: without Python's helpers of multiprocessing."""
    return [pid for pid in family(root)[1:] if not any(helper in _command(pid) for helper in _HELPERS)]


def cost(pid: int, *, with_pss: bool = False) -> Cost | None:
    """Of one process now; None if it is gone."""
    fields = _stat(pid)
    if fields is None:
        return None
    try:
        fds = len(os.listdir(PROC / str(pid) / "fd"))
        pss = _pss(pid) if with_pss else 0
    except OSError:
        return None
    cpu_s = sum(int(field) for field in fields[11:15]) / TICKS_PER_S
    return Cost(pid, _command(pid), cpu_s, int(fields[21]) * os.sysconf("SC_PAGE_SIZE"), pss, fds, int(fields[17]))


def costs(root: int, *, with_pss: bool = False) -> list[Cost]:
    """Of the process and all that it has started."""
    found = (cost(pid, with_pss=with_pss) for pid in family(root))
    return [one for one in found if one is not None]


def cpu_s(root: int) -> float:
    """CPU seconds so far of the process and all that it has started, ended children included."""
    return sum(one.cpu_s for one in costs(root))


def connected_to(port: int, pids: Iterable[int]) -> int | None:
    """Which of the processes has a TCP connection to this port of the machine; None: none has."""
    lines = (PROC / "net" / "tcp").read_text("utf-8").splitlines()[1:]
    fields = (line.split() for line in lines)
    sockets = {f"socket:[{field[9]}]" for field in fields if field[2].endswith(f":{port:04X}")}
    return next((pid for pid in pids if sockets & set(_links(pid))), None)


def _links(pid: int) -> list[str]:
    """What its open files are."""
    folder, found = PROC / str(pid) / "fd", []
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            with contextlib.suppress(OSError):  # closed meanwhile
                found.append(os.readlink(folder / name))
    return found


def _pids() -> Iterator[int]:
    return (int(name) for name in os.listdir(PROC) if name.isdecimal())


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the name (proc_pid_stat(5), from the third on); None if it is gone."""
    try:
        text = (PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields


def _command(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _pss(pid: int) -> int:
    lines = (PROC / str(pid) / "smaps_rollup").read_text("utf-8").splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
