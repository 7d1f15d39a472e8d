"""`xinan models synth`: stills, scenarios, and what recipes may name."""

from __future__ import annotations

import argparse
import errno
import importlib.util
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from models.synth.world import LIGHTS, OUTLETS, SynthError

NEEDED = {"bpy": "bpy", "OpenEXR": "openexr"}
LEAST_FREE = 200_000_000
"""Bytes that must be free in the target folder and in the temporary folder before anything is rendered."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    main_parser = argparse.ArgumentParser(prog="xinan models synth", description="Render the synthetic world.")
    verbs = main_parser.add_subparsers(dest="verb", required=True)
    stills = verbs.add_parser("stills", help="labelled training pictures")
    stills.add_argument("--out", type=Path, required=True, help="folder for images/, labels/, truth/, manifest.jsonl")
    stills.add_argument("--count", type=_count, default=500, help="number of pictures (default 500)")
    stills.add_argument("--seed", type=_seed, default=0, help="number of the world (default 0)")
    stills.add_argument("--recipe", type=Path, help="TOML file; default: the built-in recipe")
    stills.set_defaults(run=_stills)
    composites = verbs.add_parser("composites", help="rendered things and fires on real empty pictures")
    composites.add_argument("--backgrounds", type=Path, required=True, help="folder of pictures without two-wheelers")
    composites.add_argument("--out", type=Path, required=True, help="folder for images/, labels/, truth/")
    composites.add_argument("--count", type=_count, default=200, help="number of pictures (default 200)")
    composites.add_argument("--seed", type=_seed, default=0, help="number of the set (default 0)")
    composites.add_argument("--recipe", type=Path, help="TOML file; default: the built-in recipe")
    composites.set_defaults(run=_composites)
    scenarios = verbs.add_parser("scenarios", help="fixed-camera clips with truth, from their scripts")
    scenarios.add_argument("scripts", nargs="*", help="names of bundled scripts or TOML files; default: all bundled")
    scenarios.add_argument("--out", type=Path, required=True, help="folder for NAME.mp4 and NAME.truth.json")
    scenarios.add_argument("--cache", type=Path, help="folder that keeps rendered layers after a clip is done")
    scenarios.set_defaults(run=_scenarios)
    for verb in (stills, composites, scenarios):
        verb.add_argument("--processes", type=_count, default=os.cpu_count() or 1, help="default: one a core")
    sheet = verbs.add_parser("sheet", help="contact sheet of a folder of stills, with its boxes drawn")
    sheet.add_argument("folder", type=Path)
    sheet.add_argument("--out", type=Path, required=True, help="JPEG file to write")
    sheet.add_argument("--count", type=_count, default=60, help="pictures on it (default 60)")
    sheet.set_defaults(run=_sheet)
    verbs.add_parser("list", help="what recipes and scripts may name").set_defaults(run=_list)
    return main_parser


def _count(text: str) -> int:
    """A whole number from 1; argparse tells the rest."""
    return _at_least(1, text)


def _seed(text: str) -> int:
    """A whole number from 0."""
    return _at_least(0, text)


def _at_least(least: int, text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least}")
    return number


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb; 0 = done, 1 = failed (one line on stderr), 130 = interrupted."""
    options = parser().parse_args(argv)
    try:
        options.run(options)
    except SynthError as error:
        return _complain(str(error))
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return _complain(f"no space left on the disk of {getattr(options, 'out', '.')}: finished pictures are kept")
        return _complain(f"{error.filename or getattr(options, 'out', '')}: {error.strerror or error}")
    except KeyboardInterrupt:
        print("xinan models synth: interrupted; run it again to go on", file=sys.stderr)
        return 130
    return 0


def _complain(line: str) -> int:
    print(f"xinan models synth: {line}", file=sys.stderr)
    return 1


def require_renderer() -> None:
    """SynthError unless Blender and the file reader are installed."""
    missing = [package for module, package in NEEDED.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise SynthError(
            f"{', '.join(missing)} missing: rendering has an environment of its own, make it with `make synth`"
        )


def require_space(folder: Path) -> None:
    """SynthError unless both the target and the temporary folder have room."""
    folder.mkdir(parents=True, exist_ok=True)
    import tempfile

    for path in (folder, Path(tempfile.gettempdir())):
        free = shutil.disk_usage(path).free
        if free < LEAST_FREE:
            raise SynthError(f"{path}: {free // 1_000_000} MB free, {LEAST_FREE // 1_000_000} MB needed")


def _stills(options: argparse.Namespace) -> None:
    from models.synth.recipe import load_recipe
    from models.synth.stills import Order, make

    order = Order(options.out, options.count, options.seed, load_recipe(options.recipe))
    require_renderer()
    require_space(options.out)
    began = time.monotonic()
    with _progress() as progress:
        task = progress.add_task("pictures", total=order.count)
        made = make(order, options.processes, lambda done: progress.update(task, completed=done))
    spent = time.monotonic() - began
    print(f"{made} pictures in {spent:.0f} s ({spent / max(made, 1):.1f} s each); {order.count} in {options.out}")


def _composites(options: argparse.Namespace) -> None:
    from models.synth.composites import Order, find_backgrounds, make
    from models.synth.recipe import load_recipe

    recipe = load_recipe(options.recipe)
    backgrounds = tuple(find_backgrounds(options.backgrounds))
    order = Order(options.out, options.count, options.seed, recipe, backgrounds)
    require_renderer()
    require_space(options.out)
    with _progress() as progress:
        task = progress.add_task("pictures", total=order.count)
        made = make(order, options.processes, lambda done: progress.update(task, completed=done))
    print(f"{made} pictures made; {order.count} in {options.out}")


def _scenarios(options: argparse.Namespace) -> None:
    from models.synth.film import shoot_all
    from models.synth.script import find

    scripts = find(options.scripts)
    require_renderer()
    require_space(options.out)
    with _progress() as progress:
        task = progress.add_task("scenarios", total=len(scripts))
        shoot_all(scripts, options.out, options.cache, options.processes, _advance(progress, task))


def _advance(progress: Progress, task: object) -> Callable[[str], None]:
    def done(name: str) -> None:
        progress.console.print(name)
        progress.advance(task)  # type: ignore[arg-type]

    return done


def _sheet(options: argparse.Namespace) -> None:
    from models.synth.sheet import write_sheet

    shown = write_sheet(options.folder, options.out, options.count)
    print(f"{shown} pictures in {options.out}")


def _list(options: argparse.Namespace) -> None:
    from models.synth.blaze import FIRES
    from models.synth.places import PLACES
    from models.synth.script import STEPS, bundled
    from models.synth.things import MAKERS, SHINING
    from models.synth.things.leads import STYLES

    tables = {
        "places": PLACES, "lights": LIGHTS, "things": MAKERS, "shining": SHINING, "fires": FIRES, "outlets": OUTLETS,
        "lead styles": STYLES, "steps": STEPS, "scenarios": bundled(),
    }  # fmt: skip
    for title, names in tables.items():
        print(f"{title}: {', '.join(sorted(names))}")


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True))


if __name__ == "__main__":
    sys.exit(main())
