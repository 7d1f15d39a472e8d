"""`xinan check`, `places`, `discover` and `doctor`: is all there, and as it should be?"""

import os
from typing import Annotated

import typer

from alerts.cli.options import NO_CAMERAS
from alerts.line import counted
from alerts.terminal import ConfigFile, Overrides, complain, fail, plain_errors, say

app = typer.Typer()


@app.command()
def check(
    config: ConfigFile = None,
    overrides: Overrides = None,
    connect: Annotated[bool, typer.Option(help="Open every camera and fetch one picture.")] = True,
) -> None:
    """Check the settings and every camera in them."""
    with plain_errors():
        from alerts.audit.still import still_of_camera
        from alerts.chosen import chosen_settings
        from alerts.notifiers.channel_trial import require_channels
        from alerts.routing.rota import rota_words
        from streams.clock import SystemClock
        from streams.errors import StreamError
        from vision.detector import Detector
        from vision.errors import ConfigError
        from vision.footage import main_stream
        from vision.pipeline import require_classes
        from vision.view import view_of

        settings = chosen_settings(config, overrides)
        detector = Detector.configured(settings.detector)
        require_classes(settings.hazards, detector.names)
        require_channels(settings)
        if not settings.cameras:
            fail(NO_CAMERAS, 2)
        views = {camera.name: view_of(camera) for camera in settings.cameras}
        counts = f"{counted(len(settings.cameras), 'camera')}, {counted(len(settings.expiry_s), 'channel')}"
        say(f"settings: fine; {counts}; detector on {detector.engine}")
        for gap in settings.registry().misspelt():
            complain(f"{gap.where}: its place is no registered one; did you mean {gap.hint}?")
        if settings.people:
            say(f"people: {len(settings.people)}; {', '.join(rota_words(settings.duty(), SystemClock().now()))}")
        failed = False
        for camera in settings.cameras if connect else ():
            if camera.is_pushed:
                say(f"{camera.name}: a phone sends, by /patrol#{camera.name}/TOKEN")
                continue
            for stream in filter(None, (camera, main_stream(camera))):
                try:
                    width, height = still_of_camera(stream, 0.0).size
                    say(f"{stream.name}: {width}x{height}")
                    if stream is camera and (route := views[camera.name].clear):
                        route.require_shape((width, height))
                except (StreamError, ConfigError) as error:
                    failed = True
                    complain(f"{stream.name}: {error}")
    if failed:
        raise typer.Exit(1)


@app.command()
def places(config: ConfigFile = None, overrides: Overrides = None) -> None:
    """Show what lies where: places, cameras, zones, what is at hand in an emergency, and what is missing."""
    with plain_errors():
        from alerts.chosen import chosen_settings
        from alerts.registry.tree import print_places

        print_places(chosen_settings(config, overrides).registry())


@app.command()
def discover(
    addresses: Annotated[
        list[str] | None,
        typer.Argument(metavar="[HOST…]", help="Ask these, not the local network; host:port will do."),
    ] = None,
    user: Annotated[str, typer.Option(help="A user of the cameras. Without one, cameras are only listed.")] = "",
    seconds: Annotated[float, typer.Option(min=0.1, max=60, help="Wait for answers this long.")] = 3.0,
) -> None:
    """Find ONVIF cameras and print them as settings.

    The password is asked for, or taken from XINAN_ONVIF_PASSWORD; it is part of what is printed.
    """
    with plain_errors():
        from alerts.discover import ask
        from streams.clock import SystemClock
        from streams.onvif import DEVICE_PATH, Found
        from streams.onvif import discover as probe

        clock = SystemClock()
        if addresses:
            found = [Found(f"http://{address}{DEVICE_PATH}") for address in addresses]
        else:
            found = probe(clock, seconds)
        if not found:
            fail(f"no ONVIF camera answered within {seconds:g} s; cameras behind a router are asked by HOST")
        if not user:
            for one in found:
                say(f"{one.address}  {one.name}".rstrip())
            return
        password = os.environ.get("XINAN_ONVIF_PASSWORD") or typer.prompt("Password", hide_input=True, err=True)
        taken: set[str] = set()
        answers = [ask(one, user, password, clock, taken) for one in found]
        say("\n\n".join(text for text, _ in answers))
    if silent := [one.address for one, (_, fine) in zip(found, answers, strict=True) if not fine]:
        fail(f"no settings from {', '.join(silent)}; above is why")


@app.command()
def doctor(config: ConfigFile = None, overrides: Overrides = None) -> None:
    """Check this installation: libraries, weights, name clashes; and the object store, where the settings name one."""
    with plain_errors():
        from alerts.chosen import chosen_settings
        from alerts.doctor import examine, examine_media

        problems = 0
        for look in (examine, lambda: examine_media(chosen_settings(config, overrides))):
            for item in look():
                mark, style = ("ok  ", "green") if item.fine else ("BAD ", "red")
                problems += not item.fine
                say(f"{mark} {item.name}: {item.detail}", style)
    if problems:
        fail(f"{problems} of these are not as they should be")
