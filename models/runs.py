"""The folder of a training run: what decided it, the figures of its passes, its checkpoints. Every file is whole at any
time, and one folder holds one run.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from models.errors import WorkshopError
from models.files import read_json, write_json, write_text

RUN: Final = "run.json"
LOG: Final = "metrics.jsonl"
LAST: Final = "last.pt"
BEST: Final = "best.pt"
#: What may be another when a run goes on: how long it goes on, and on what machine.
FREE: Final = ("epochs", "minutes", "device", "workers", "threads")


class RunError(WorkshopError):
    """A folder that does not fit the training run it is to hold."""


def enter(out: Path, decided: Mapping[str, Any], *, resume: bool) -> None:
    """Write `decided` (plan, hashes) into the folder of a new run, or of the run that goes on.

    Raises RunError where the folder holds a run and `resume` is not said, where there is none to go on with, and where
    that run was decided in another way.
    """
    begun = (out / LAST).exists()
    if begun and not resume:
        raise RunError(f"{out} holds a run: go on with it by --resume, or take another folder")
    if resume and not begun:
        raise RunError(f"{out}: no {LAST} to go on from")
    if resume:
        require_same(out / RUN, decided)
    write_json(out / RUN, decided)


def require_same(file: Path, decided: Mapping[str, Any]) -> None:
    """Raises RunError naming the first thing that the run in `file` began with and that is another now."""
    try:
        was = flat(read_json(file))
    except (KeyError, TypeError):
        raise RunError(f"{file}: not the beginning of a run") from None
    now = flat(json.loads(json.dumps(decided)))
    for name, value in was.items():
        if name not in FREE and name in now and now[name] != value:
            raise RunError(f"{file}: the run began with {name} {value}, now it is {now[name]}; take another folder")


def flat(decided: Mapping[str, Any]) -> dict[str, Any]:
    """Name -> value of everything that decides a run."""
    plan = dict(decided["plan"])
    return {**plan.pop("mix"), **plan, **{name: decided[name] for name in ("set", "hard") if name in decided}}


def log(out: Path, entry: Mapping[str, Any]) -> None:
    """Add a pass to the figures, in place of one that was logged when the run was stopped before it was saved."""
    file = out / LOG
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    kept = [line for line in lines if json.loads(line)["epoch"] < entry["epoch"]]
    write_text(file, "\n".join([*kept, json.dumps(entry)]) + "\n")
