"""What the `xinan` command says in a terminal: lines, errors in one line, progress."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

# `xinan --help` must not wait for the packages that do the work: what they define is imported where it is used.
if TYPE_CHECKING:
    from datetime import tzinfo
    from time import struct_time

    from alerts.lifecycle import Change

ConfigFile = Annotated[
    Path | None, typer.Option("--config", "-c", help="Settings, TOML. Default: xinan.toml if there.")
]
Overrides = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override one setting.")]
"""What every command takes that reads settings."""

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def fail(message: object, code: int = 1) -> NoReturn:
    """One line on stderr and out."""
    err.print(f"xinan: {' '.join(str(message).split())}", style="red", markup=False)
    raise typer.Exit(code)


def complain(message: object) -> None:
    """One line on stderr; the work goes on."""
    err.print(f"xinan: {' '.join(str(message).split())}", style="yellow", markup=False)


def say(message: object, style: str | None = None) -> None:
    """One line on stdout."""
    with may_be_unheard():
        out.print(str(message), style=style, markup=False)


@contextmanager
def may_be_unheard(console: Console | None = None) -> Iterator[None]:
    """A terminal, pipe or disk that takes no more lines ends the lines, not the work. console: default `out`."""
    try:
        yield
    except (OSError, SystemExit):  # rich turns a broken pipe into SystemExit
        (console or out).quiet = True


@contextmanager
def plain_errors() -> Iterator[None]:
    """What the packages raise on purpose becomes one line; wrong settings exit 2, all else 1."""
    from alerts.errors import AlertsError, SettingsError
    from streams.errors import StreamError
    from vision.errors import ConfigError, VisionError

    try:
        yield
    except (SettingsError, ConfigError) as error:
        fail(error, 2)
    except (AlertsError, VisionError, StreamError) as error:
        fail(error)


def tell(change: "Change", zone: "tzinfo | None" = None) -> None:
    """One line per alert that fires, resolves or comes back. zone: by whose clock; None: this machine's."""
    from alerts.wall_clock import local_text
    from alerts.words import alert_word, zone_name

    alert = change.alert
    if change.kind not in ("fired", "reopened", "resolved") or alert.fired_at is None:
        return
    named = (alert.place, alert.camera, zone_name(alert, "zh"))
    place = " · ".join(dict.fromkeys(part for part in named if part))
    at = local_text(alert.seen_at, zone, "%H:%M:%S")
    style = "bold red" if alert.severity == "fire" and change.kind != "resolved" else None
    word = alert_word(alert).upper()
    drill = "  DRILL 演练" if alert.exercise else ""
    note = f"  muted: {alert.muted['reason']}" if alert.muted and alert.held else drill
    with may_be_unheard():
        out.print(f"{at}  {change.kind:<9} {word}  {place}  {alert.confidence:.2f}{note}", style=style, markup=False)


def log_by(zone: "tzinfo") -> None:
    """The log to stderr, by the clock of the site: that of the lines of `tell`, whatever this machine's is."""

    def local(seconds: float | None) -> "struct_time":
        return datetime.fromtimestamp(seconds or 0.0, zone).timetuple()

    lines = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    lines.converter = local
    handler = logging.StreamHandler()
    handler.setFormatter(lines)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("httpx").setLevel(logging.WARNING)


class Rate(ProgressColumn):
    """Steps a second."""

    def render(self, task: Task) -> Text:
        """As text; 0 before the first step."""
        return Text(f"{task.speed or 0:.1f}/s")


def counting_bar() -> Progress:
    """Pictures done of all, rate, time left. Silent when stderr is not a terminal."""
    columns = (BarColumn(), MofNCompleteColumn(), Rate(), TimeElapsedColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, disable=not err.is_terminal)


@contextmanager
def source_progress() -> Iterator[Callable[[Any, float], None]]:
    """A bar per recording: seconds done of its length, rate, time left. Silent when stderr is not a terminal."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f} s  {task.fields[rate]:.1f}×"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    # Lines on stdout pass above the bar, but only where both go to the terminal.
    with Progress(*columns, console=err, disable=not err.is_terminal, redirect_stdout=out.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def on_source(source: Any, done_s: float) -> None:
            if source.path not in tasks:
                tasks[source.path] = bar.add_task(source.source, total=max(source.duration_s, done_s, 1e-3), rate=0.0)
            task = bar.tasks[bar.task_ids.index(tasks[source.path])]
            bar.update(task.id, completed=done_s, rate=done_s / max(task.elapsed or 0, 1e-3))

        yield on_source
