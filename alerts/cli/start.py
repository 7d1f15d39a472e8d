"""`xinan init`, `demo` and `watch`: what one begins with."""

import os
import shutil
import sys
import tempfile
import webbrowser
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from alerts.cli.options import NO_CAMERAS
from alerts.terminal import ConfigFile, Overrides, fail, log_by, plain_errors, say, tell

if TYPE_CHECKING:
    from alerts.config import Settings
    from alerts.reload import SettingsFile

app = typer.Typer()


@app.command()
def init(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="Where to.")] = Path("xinan.toml"),
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a settings file in which every key is explained, to be made your own."""
    with plain_errors():
        from alerts.installed import write_example

        write_example(file, force=force)
    say(f"{file}: name your cameras in it, then `xinan check`, then `xinan watch`")


@app.command()
def demo(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Console port. Default: 8800, or a free one.")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the console in the browser.")] = True,
    seconds: Annotated[float | None, typer.Option(help="End by itself after this long.")] = None,
) -> None:
    """Watch a bundled clip: real detections, real alerts, nothing to set up."""
    with plain_errors():
        from alerts.demo import demo_settings

        folder = Path(tempfile.mkdtemp(prefix="xinan-demo-"))
        try:
            _watch(demo_settings(folder, port), browser=browser, seconds=seconds)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@app.command()
def watch(
    config: ConfigFile = None,
    overrides: Overrides = None,
    browser: Annotated[bool, typer.Option(help="Open the console in the browser.")] = False,
    seconds: Annotated[float | None, typer.Option(help="End by itself after this long.")] = None,
    ray: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Analyzers run on a Ray cluster of which this machine is part: auto."),
    ] = None,
) -> None:
    """Watch the configured cameras, raise alerts, serve the console.

    Site, cameras, places, people, routing, channels, deadlines and retention follow the settings file while it runs.
    """
    with plain_errors():
        from alerts.chosen import chosen_file, chosen_settings
        from alerts.reload import SettingsFile

        settings = chosen_settings(config, overrides)
        file = chosen_file(config)
        if not settings.cameras:
            if file is None:
                fail(NO_CAMERAS, 2)
            say(f"{file}: no cameras yet; add the first in the console")
        followed = SettingsFile(file, overrides or ()) if file else None
        _watch(settings, browser=browser, seconds=seconds, file=followed, ray=ray)


def _watch(
    settings: "Settings",
    *,
    browser: bool,
    seconds: float | None,
    file: "SettingsFile | None" = None,
    ray: str | None = None,
) -> None:
    from alerts.watch import run_watch

    zone = ZoneInfo(settings.site.time_zone)
    log_by(zone)
    run_watch(
        settings,
        announce=say,
        on_change=partial(tell, zone=zone),
        on_ready=open_browser if browser else lambda link: None,
        seconds=seconds,
        file=file,
        ray=ray,
    )


def open_browser(link: str) -> None:
    """In the desktop's browser. Without a desktop nothing is opened: a text browser would take the terminal."""
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(link)
