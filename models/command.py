"""What the verbs of `xinan models` have in common: help, options, and how they end."""

import argparse
import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec

from models.errors import WorkshopError
from streams.errors import StreamError
from vision.errors import VisionError

P = ParamSpec("P")


def command(kept: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """For the `main` of a verb. What is raised on purpose, or names a file that cannot be read or written, becomes one
    line and exit code 1; Ctrl-C one line that says what is `kept`, and exit code 130.
    """

    def decorate(main: Callable[P, None]) -> Callable[P, None]:
        @functools.wraps(main)
        def ending(*args: P.args, **kwargs: P.kwargs) -> None:
            try:
                main(*args, **kwargs)
            except (WorkshopError, VisionError, StreamError) as error:
                raise SystemExit(f"xinan: {' '.join(str(error).split())}") from None
            except OSError as error:
                if error.errno is None:
                    raise
                where = f"{error.filename}: " if error.filename else ""
                raise SystemExit(f"xinan: {where}{error.strerror}") from None
            except KeyboardInterrupt:
                print(f"xinan: stopped; {kept}", file=sys.stderr)
                raise SystemExit(130) from None

        return ending

    return decorate


def parser_of(verb: str, about: str | None) -> argparse.ArgumentParser:
    """A parser whose help begins with the first paragraph of `about`, the module's docstring, and ends with the rest.

    Options are written out: with `--size` and `--sizes` beside each other, a shortened one is a trap.
    """
    what, _, more = (about or "").partition("\n\n")
    return argparse.ArgumentParser(prog=f"xinan models {verb}", description=what, epilog=more, allow_abbrev=False)


def add_set(parser: argparse.ArgumentParser, use: str = "", *, required: bool = True) -> None:
    """`--set`. use: what it is for, where that is not plain."""
    text = "training set made by `xinan models data`" + (f": {use}" if use else "")
    parser.add_argument("--set", type=Path, metavar="FOLDER", required=required, help=text)


def add_model(parser: argparse.ArgumentParser) -> None:
    """`--model`."""
    parser.add_argument("--model", type=Path, metavar="FILE", help="ONNX file (the shipped model)")


def add_size(parser: argparse.ArgumentParser, default: int | None = None) -> None:
    """`--size`; None: the model's own."""
    text = f"long side of the network's input, px ({default or 'as the model says'})"
    parser.add_argument("--size", type=side, metavar="PX", default=default, help=text)


def add_threads(parser: argparse.ArgumentParser, default: int = 2, why: str = "") -> None:
    """`--threads`."""
    parser.add_argument("--threads", type=positive, metavar="N", default=default, help=f"({default}{why})")


def positive(text: str) -> int:
    """A whole number from 1."""
    return _whole(text, 1)


def side(text: str) -> int:
    """A side of the network's input: a multiple of 32."""
    value = _whole(text, 32)
    if value % 32:
        raise argparse.ArgumentTypeError(f"{text} is no multiple of 32")
    return value


def natural(text: str) -> int:
    """A whole number from 0."""
    return _whole(text, 0)


def amount(text: str) -> float:
    """A number from 0."""
    return _number(text, 0, float("inf"))


def share(text: str) -> float:
    """A number from 0 to 1."""
    return _number(text, 0, 1)


def _whole(text: str, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least}")
    return int(text)


def _number(text: str, least: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not least <= number <= most or number == float("inf"):
        upto = "" if most == float("inf") else f" to {most}"
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least}{upto}")
    return number
