"""What several commands take or say."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Paths = Annotated[list[Path], typer.Argument(metavar="PATH…", help="Files and folders, mixed as you like.")]
ZoneOfAll = Annotated[
    str | None, typer.Option(metavar="TYPE", help="The whole picture is one zone of this type. Default: corridor.")
]
Hazards = Annotated[str | None, typer.Option(metavar="A,B", help="Only these hazards.")]
CameraName = Annotated[str | None, typer.Option(metavar="NAME", help="The zones of this camera in the settings.")]
ZoneOfOthers = Annotated[
    str | None,
    typer.Option(
        metavar="TYPE",
        help="Recordings of no camera of the settings: the whole picture is one zone of this type. Default: as of the "
        "only camera, else corridor.",
    ),
]
CameraOfOthers = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Recordings of no camera of the settings: as those of this one."),
]

Language = Literal["zh", "en"]

NO_CAMERAS = "no cameras: name some in xinan.toml ([[cameras]]); `xinan init` writes one to begin with"
