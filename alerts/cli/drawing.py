"""`xinan zones`: draw zones on a still."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alerts.cli.options import CameraName
from alerts.cli.start import open_browser
from alerts.terminal import ConfigFile, Overrides, complain, fail, plain_errors, say

if TYPE_CHECKING:
    from streams.frame import Frame
    from vision.config import CameraConfig

app = typer.Typer()


@app.command()
def zones(
    target: Annotated[str, typer.Argument(metavar="CAMERA|FILE", help="A camera of the settings, or a recording.")],
    config: ConfigFile = None,
    overrides: Overrides = None,
    camera: CameraName = None,
    at: Annotated[float, typer.Option(min=0.0, metavar="S", help="The picture at this second.")] = 0.0,
    out_file: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the page saves.")] = Path("zones.toml"),
    still: Annotated[
        Path | None, typer.Option(metavar="PNG", help="No page: write the picture with a grid and the zones.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page. 0: a free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
) -> None:
    """Draw zones on a still of a camera or recording; prints them for the settings."""
    with plain_errors():
        from alerts.audit.still import still_of_camera, still_of_file, write_still
        from alerts.chosen import chosen_camera, chosen_settings

        settings = chosen_settings(config, overrides)
        known = {one.name: one for one in settings.cameras}
        named = known.get(target)
        if named is None and not Path(target).exists():
            fail(f"{target}: neither a camera of the settings ({', '.join(known) or 'they name none'}) nor a file", 2)
        frame = still_of_camera(named, at) if named else still_of_file(Path(target), at)
        chosen = named
        if chosen is None and (camera is not None or len(known) == 1):
            chosen = chosen_camera(settings, camera)
        if frame.pts_s < at - 1:
            complain(f"{target}: ends before second {at:g}; this is its last picture, of second {frame.pts_s:.1f}")
        if still is not None:
            write_still(still, frame.image, chosen)
            say(f"{frame.size[0]}x{frame.size[1]}, second {frame.pts_s:.1f}: {still}")
        else:
            draw_zones(frame, chosen, out_file, port, browser=browser)


def draw_zones(frame: "Frame", camera: "CameraConfig | None", out_file: Path, port: int, *, browser: bool) -> None:
    """Serve the page until it is done or Ctrl-C, and print what was drawn."""
    from alerts.errors import SettingsError
    from alerts.watch import bind
    from alerts.web.zones_app import HOST, Drawing, serve_drawing
    from streams.clock import SystemClock
    from vision.jpeg import encode_jpeg

    if out_file.exists():
        raise SettingsError(f"--out {out_file}: is there already; name a new file, or move that one away")
    drawing = Drawing(frame.camera, encode_jpeg(frame.image, 92), frame.size, camera, out_file)

    def announce(link: str) -> None:
        say(f"Zones: {link}")
        if browser:
            open_browser(link)

    with contextlib.closing(bind(HOST, port)) as listener:
        serve_drawing(drawing, listener, SystemClock(), announce)
    if drawing.toml:
        say(f"\n# below the camera's own keys\n{drawing.toml}")
