"""The `xinan` command."""

import importlib
import io
import signal
import sys
from typing import Annotated, NoReturn

import typer

from alerts.cli import delivery, drawing, media, recordings, records, site, start, tokens, users
from alerts.terminal import ConfigFile, Overrides, fail, plain_errors, say

app = typer.Typer(
    help="Xin'an (心安): watches community cameras for e-bikes, flying leads, clutter and flames.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
models_app = typer.Typer(
    help="The detector's weights: list, verify, and (extra `train`) make new ones.", no_args_is_help=True
)
for matter in (start, recordings, site, drawing, records, delivery, users):
    app.add_typer(matter.app)
app.add_typer(models_app, name="models")
app.add_typer(delivery.channels_app, name="channels")
app.add_typer(tokens.tokens_app, name="tokens")
app.add_typer(users.users_app, name="users")
app.add_typer(media.media_app, name="media")


def _say_version(wanted: bool) -> None:
    if wanted:
        from alerts.installed import version

        say(f"xinan {version()}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """What every command takes."""


@models_app.command("list")
def models_list(config: ConfigFile = None, overrides: Overrides = None) -> None:
    """The configured detector (default: the shipped one): version, input size, engine, thresholds; verifies the
    file."""
    with plain_errors():
        from alerts.chosen import chosen_settings
        from vision.detector import Detector, find_model

        wanted = chosen_settings(config, overrides).detector
        detector = Detector.configured(wanted)
        info = detector.info
        verified = "sha256 verified" if wanted.model is None or wanted.sha256 else "sha256 not checked"
        file = find_model(wanted.model).name
        say(f"{file}  version {info.version}  input {info.input_size}  engine {detector.engine}  {verified}")
        for name in info.names:
            say(f"  {name:<10} threshold {info.thresholds[name]:.2f}")


WORKSHOP = {
    "data": "Make a training set of gathered, rendered and your own pictures.",
    "mine": "Find the pictures of a set that a detector gets wrong, to draw them more often.",
    "train": "Train the detector (extra `train`).",
    "soup": "Average the weights of several runs (extra `train`).",
    "export": "Export trained weights to ONNX (extra `train`).",
    "evaluate": "Measure a detector by source.",
    "quantize": "Make an int8 copy of a detector and say whether it is worth keeping (extra `train`).",
    "site": "Teach the detector what a site's operators said (extra `train`).",
    "synth": "Render labelled stills and scenarios of the synthetic world (extra `synth`).",
}
"""Commands that are modules of `models`, run with the arguments as they stand."""

WORKSHOP_MODULES = {"data": "build"}
"""Where the module is not called as the command is."""


def _workshop(context: typer.Context) -> None:
    name = str(context.info_name)
    sys.argv = [f"xinan models {name}", *context.args]
    try:
        importlib.import_module(f"models.{WORKSHOP_MODULES.get(name, name)}").main()
    except ModuleNotFoundError as error:
        extra = "synth" if name == "synth" else "train"
        fail(f"models {name}: {error.name} is missing; install it with: pip install 'xinan[{extra}]'")


for _name, _help in WORKSHOP.items():
    models_app.command(
        _name,
        help=_help,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    )(_workshop)


def main() -> None:
    """Entry point of the `xinan` command."""
    # A name or an alert that the terminal's encoding lacks must not end the program.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        signal.signal(signal.SIGTERM, _interrupt)
        importlib.import_module("cv2")
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except ImportError as error:
        if error.name and not error.name.startswith("cv2"):
            raise
        sys.exit(
            f"xinan: OpenCV does not load ({error}); on a machine without graphics libraries install the variant that "
            "needs none: pip install --force-reinstall --no-deps opencv-python-headless"
        )


def _interrupt(number: int, frame: object) -> NoReturn:
    """SIGTERM ends a command as Ctrl-C does: valid files, nothing left behind."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
