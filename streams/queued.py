"""How long a process has waited for a core: what tells one that hangs from one that does not get its turn."""

from pathlib import Path


def queued_s(pid: int | None) -> float | None:
    """Of its main thread since it began, seconds: it could have run, and others did. While it is stopped or waits for
    something else nothing is added. None where the system does not tell (Linux does, in proc_pid_schedstat, as long as
    this process may open one file more).
    """
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return None
