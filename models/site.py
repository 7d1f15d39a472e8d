"""Teach the detector what a site's operators said:
`xinan models site --verdicts FOLDER --out site.onnx [--base MODEL.onnx] [--set SET] [--replay PICTURES]`.

Starts from the ONNX file that is in use (default: the shipped one), learns for a minute or so, measures both models,
and writes the new one only if no acknowledged alert is lost and the figures hold. The report stands beside it as JSON;
that of a model which was not written as site.refused.json.
"""

import argparse
import copy
import datetime
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from models.data import Sample
from models.dataset import SetError, load_set
from models.export import ParityError, spare, write_onnx
from models.folds import unit
from models.from_onnx import ForeignModel, metadata_of, network_of
from models.lessons import Lesson, LessonError, disturbed, lessons_hash, read_lessons
from models.network import set_threads
from models.ordinary import EVERY_S, Ordinary, demo_frames, ordinary_lessons
from models.site_report import Report, compare
from models.subject import Subject
from models.tables import write_whole
from models.tune import Plan, embolden, study, tune
from streams.errors import StreamError
from vision.detector import ModelInfo, find_model, sha256_of
from vision.errors import VisionError

#: The smallest scale of a picture that is made hard to see.
HARD: Final = 0.25


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. base: the model to start from, None for the shipped one."""

    verdicts: Path
    out: Path
    base: Path | None = None
    ordinary: Ordinary = field(default_factory=Ordinary)


def shown(items: Sequence[Any], what: str) -> Iterable[Any]:
    """The items, with a bar on a terminal."""
    console = Console(stderr=True)
    return track(items, what, console=console, disable=not console.is_terminal)


def learn(order: Order, plan: Plan, threads: int) -> Report:
    """Make the site model and its report; with objections in the report, the model is not written.

    Nothing is left half-written. Raises LessonError, SetError, ForeignModel, ParityError, VisionError or StreamError
    for what cannot be read, OSError for what cannot be written.
    """
    lessons, base = read_lessons(order.verdicts), find_model(order.base)
    spare(base, order.out)
    held = load_set(order.ordinary.training_set, "val") if order.ordinary.training_set else []
    set_threads(threads)
    ordinary = ordinary_lessons(order.ordinary, lessons, plan.seed)
    bold, measured = halves(held)
    tuned = taught(base, lessons, ordinary, bold, plan)
    staged = order.out.with_name(f".{order.out.stem}.part.onnx")
    try:
        write_onnx(tuned, staged, properties(base, order.verdicts))
        before, after = (Subject(path, threads, plan.size) for path in (base, staged))
        report = compare(before, after, lessons, measured, list(demo_frames(EVERY_S / 2)), shown)
        facts = {"base": base.name, "base_sha256": sha256_of(base), "plan": asdict(plan), **report.plain()}
        said, refused = (order.out.with_suffix(suffix) for suffix in (".json", ".refused.json"))
        if report.objections():
            said = refused
        else:
            staged.replace(order.out)
            refused.unlink(missing_ok=True)
        write_whole(said, json.dumps(facts, indent=1) + "\n")
    finally:
        staged.unlink(missing_ok=True)
    return report


def halves(held: Sequence[Sample]) -> tuple[list[Sample], list[Sample]]:
    """The held-out pictures that tell how bold the base was, and those that are measured: half of each source, no video
    or photo in both; what cannot be divided is measured.
    """
    units: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in held:
        units[unit(sample.row)].append(sample)
    bold: list[Sample] = []
    measured: list[Sample] = []
    lead: Counter[str] = Counter()  # of the measured, by source
    for samples in units.values():
        source = samples[0].row.source
        here = measured if lead[source] <= 0 else bold
        lead[source] += len(samples) if here is measured else -len(samples)
        here += samples
    return bold, measured


def taught(
    base: Path, lessons: Sequence[Lesson], ordinary: Sequence[Lesson], held: Sequence[Sample], plan: Plan
) -> Any:
    """The base network after the lessons. held: pictures, none of them learnt from, that tell how bold it was."""
    network = network_of(base)
    rng = np.random.default_rng(plan.seed)
    drawn = [lessons[index] for index in rng.permutation(len(lessons))[: plan.most]]
    views = min(plan.views, plan.most // len(drawn))
    seen = [lesson if view == 0 else disturbed(lesson, rng) for lesson in drawn for view in range(views)]
    judged = [study(network, one, plan.size) for one in shown(seen, "verdicts")]
    # What the base sees barely is lost first, and it is sure of what it was trained on: half are made hard to see.
    mixed = [disturbed(one, rng, HARD) if index % 2 else one for index, one in enumerate(ordinary)]
    others = [study(network, one, plan.size) for one in shown(mixed, "ordinary pictures")]
    tuned = copy.deepcopy(network)
    tune(tuned, judged, others, plan, lambda steps: shown(list(steps), "learning"))
    wrong = {int(class_id) for lesson in lessons for class_id in lesson.false[:, 0]}
    shows = [(wrong.intersection(one.boxes[:, 0].astype(int).tolist()), one) for one in held]
    true = [(classes, one) for classes, one in shows if classes]
    showing = ((classes, study(network, Lesson(one.image), plan.size)) for classes, one in shown(true, "boldness"))
    embolden(tuned, judged, showing, wrong, ModelInfo.parse(metadata_of(base), base.name).thresholds)
    return tuned


def properties(base: Path, verdicts: Path) -> dict[str, str]:
    """The base's metadata, with what makes the site model another one."""
    said = metadata_of(base)
    version = said["version"].removesuffix("+site") + "+site"
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return {
        **said,
        "version": version,
        "base": sha256_of(base),
        "data_hash": lessons_hash(verdicts),
        "trained": today,
    }


def parse(argv: Sequence[str] | None) -> tuple[Order, Plan, int]:
    """The command line."""
    parser = argparse.ArgumentParser(prog="xinan models site", description=__doc__.partition("\n\n")[2])
    parser.add_argument("--verdicts", type=Path, required=True, help="folder written by `xinan verdicts`")
    parser.add_argument("--out", type=Path, required=True, help="ONNX file to write")
    parser.add_argument("--base", type=Path, help="ONNX file to start from (the shipped model)")
    parser.add_argument("--set", type=Path, help="training set: holds the model better, and measures it")
    parser.add_argument("--replay", type=Path, help="folder of ordinary pictures, such as quiet hours of the cameras")
    defaults = Plan()
    for name in ("steps", "rate", "seed", "views"):
        default = getattr(defaults, name)
        parser.add_argument(f"--{name}", type=type(default), default=default, help=f"({default})")
    parser.add_argument("--size", type=int, help="long side of the network's input, px (the model's)")
    parser.add_argument("--threads", type=int, default=1, help="(1: more are slower where the machine has other work)")
    args = parser.parse_args(argv)
    if args.steps < 1 or args.views < 1:
        parser.error("--steps and --views must be at least 1")
    order = Order(args.verdicts, args.out, args.base, Ordinary(args.set, args.replay))
    base = find_model(args.base)
    size = args.size or ModelInfo.parse(metadata_of(base), base.name).input_size
    plan = replace(defaults, steps=args.steps, rate=args.rate, seed=args.seed, views=args.views, size=size)
    return order, plan, args.threads


def main(argv: Sequence[str] | None = None) -> None:
    try:
        order, plan, threads = parse(argv)
        cv2.setNumThreads(threads)
        report = learn(order, plan, threads)
    except (LessonError, SetError, ForeignModel, ParityError, VisionError, StreamError, OSError) as error:
        raise SystemExit(f"xinan: {error}") from None
    except KeyboardInterrupt:
        raise SystemExit("xinan: stopped; nothing was written") from None
    for line in report.lines():
        print(line)
    if objections := report.objections():
        raise SystemExit("\n".join(("xinan: NOT WRITTEN, this model must not be used:", *objections)))
    print(f'written: {order.out}; to use it: [detector] model = "{order.out}"')


if __name__ == "__main__":
    main()
