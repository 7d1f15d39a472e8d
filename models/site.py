"""Teach the detector what a site's operators said:
`xinan models site --verdicts FOLDER --out site.onnx [--base MODEL.onnx] [--set SET] [--replay PICTURES]`.

Starts from the ONNX file that is in use (default: the shipped one), learns for a minute or so, measures both models,
and writes the new one only if no acknowledged alert is lost and the figures hold. The report stands beside it as JSON;
that of a model which was not written as site.refused.json.
"""

import copy
import datetime
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from models.command import add_set, add_size, add_threads, amount, command, natural, parser_of, positive
from models.data import Sample
from models.dataset import load_set
from models.export import write_onnx
from models.files import spare, write_bytes, write_json
from models.folds import unit
from models.from_onnx import metadata_of, network_of
from models.lessons import Lesson, disturbed, lessons_hash, read_lessons
from models.network import set_threads
from models.ordinary import EVERY_S, Ordinary, demo_frames, ordinary_lessons
from models.progress import progress
from models.site_report import Report, compare
from models.subject import Subject
from models.tune import Plan, embolden, study, tune
from vision.detector import ModelInfo, find_model, sha256_of

#: The smallest scale of a picture that is made hard to see.
HARD: Final = 0.25


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. base: the model to start from, None for the shipped one."""

    verdicts: Path
    out: Path
    base: Path | None = None
    ordinary: Ordinary = field(default_factory=Ordinary)


def learn(order: Order, plan: Plan, threads: int) -> Report:
    """Make the site model and its report; with objections in the report, the model is not written.

    Nothing is left half-written. Raises LessonError, SetError, ForeignModel, ParityError, VisionError or StreamError
    for what cannot be read, OSError for what cannot be written.
    """
    lessons, base = read_lessons(order.verdicts), find_model(order.base)
    spare(order.out, base)
    held = load_set(order.ordinary.training_set, "val") if order.ordinary.training_set else []
    set_threads(threads)
    ordinary = ordinary_lessons(order.ordinary, lessons, plan.seed)
    bold, measured = halves(held)
    tuned = taught(base, lessons, ordinary, bold, plan)
    with tempfile.TemporaryDirectory() as folder:
        staged = Path(folder, order.out.name)
        write_onnx(tuned, staged, properties(base, order.verdicts))
        before, after = (Subject(path, threads, plan.size) for path in (base, staged))
        report = compare(before, after, lessons, measured, list(demo_frames(EVERY_S / 2)), progress)
        said, refused = (order.out.with_suffix(suffix) for suffix in (".json", ".refused.json"))
        if report.objections():
            said = refused
        else:
            write_bytes(order.out, staged.read_bytes())
            refused.unlink(missing_ok=True)
        write_json(said, {"base": base.name, "base_sha256": sha256_of(base), "plan": asdict(plan), **report.plain()})
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
    judged = [study(network, one, plan.size) for one in progress(seen, "verdicts")]
    # What the base sees barely is lost first, and it is sure of what it was trained on: half are made hard to see.
    mixed = [disturbed(one, rng, HARD) if index % 2 else one for index, one in enumerate(ordinary)]
    others = [study(network, one, plan.size) for one in progress(mixed, "ordinary pictures")]
    tuned = copy.deepcopy(network)
    tune(tuned, judged, others, plan, lambda steps: progress(list(steps), "learning"))
    wrong = {int(class_id) for lesson in lessons for class_id in lesson.false[:, 0]}
    shows = [(wrong.intersection(one.boxes[:, 0].astype(int).tolist()), one) for one in held]
    true = [(classes, one) for classes, one in shows if classes]
    showing = ((classes, study(network, Lesson(one.image), plan.size)) for classes, one in progress(true, "boldness"))
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
    parser = parser_of("site", __doc__)
    parser.add_argument("--verdicts", type=Path, required=True, help="folder written by `xinan verdicts`")
    parser.add_argument("--out", type=Path, required=True, help="ONNX file to write")
    parser.add_argument("--base", type=Path, help="ONNX file to start from (the shipped model)")
    add_set(parser, "holds the model better, and measures it", required=False)
    parser.add_argument("--replay", type=Path, help="folder of ordinary pictures, such as quiet hours of the cameras")
    defaults = Plan()
    for name, kind in {"steps": positive, "rate": amount, "seed": natural, "views": positive}.items():
        default = getattr(defaults, name)
        parser.add_argument(f"--{name}", type=kind, metavar="N", default=default, help=f"({default})")
    add_size(parser)
    add_threads(parser, 1, ": more are slower where the machine has other work")
    args = parser.parse_args(argv)
    order = Order(args.verdicts, args.out, args.base, Ordinary(args.set, args.replay))
    base = find_model(args.base)
    size = args.size or ModelInfo.parse(metadata_of(base), base.name).input_size
    plan = replace(defaults, steps=args.steps, rate=args.rate, seed=args.seed, views=args.views, size=size)
    return order, plan, args.threads


@command("nothing was written")
def main(argv: Sequence[str] | None = None) -> None:
    order, plan, threads = parse(argv)
    cv2.setNumThreads(threads)
    report = learn(order, plan, threads)
    for line in report.lines():
        print(line)
    if objections := report.objections():
        raise SystemExit("\n".join(("xinan: NOT WRITTEN, this model must not be used:", *objections)))
    print(f'written: {order.out}; to use it: [detector] model = "{order.out}"')


if __name__ == "__main__":
    main()
