"""Measure an ONNX file with the run time's own detector on the held-out pictures: `xinan models evaluate --set runs/set
[--clips CLIPS] [--baseline coco.onnx] [--worst worst.jpg]`.

Writes the results file, and for the shipped model the table in benchmarks/accuracy/README.md. `--choose FILE` instead
writes the thresholds that the held-out pictures call for.
"""

import argparse
import dataclasses
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from models.breakdown import by_class, by_light, by_size, by_source
from models.command import add_model, add_set, add_size, add_threads, command, parser_of
from models.confusion import confusion
from models.data import Sample
from models.dataset import load_set, set_hash
from models.files import spare, write_json
from models.headlines import BESIDE, HEADLINES, measured
from models.lights import VIEWS
from models.progress import progress
from models.score import Scored, select
from models.subject import MIN_SCORE, EvaluateError, Subject, clips, detect_all
from models.tables import markdown, update_readme
from models.validate import choose_thresholds
from models.worst import worst, write_sheet
from vision.detector import find_model, shipped_model

RESULTS: Final = Path(__file__).resolve().parents[1] / "benchmarks" / "accuracy"


def held_out(folder: Path) -> list[Sample]:
    """The pictures kept out of training. Raises SetError, and EvaluateError where there are none."""
    samples = load_set(folder, "val")
    if not samples:
        raise EvaluateError(f"{folder}: the set has no held-out picture")
    return samples


def assess(subject: Subject, items: Sequence[Scored], filmed: Sequence[Scored] = ()) -> dict[str, Any]:
    """The figures of one detector. items: still pictures; filmed: frames of clips.

    Rendered pictures count in the table by source only.
    """
    limits, stills = subject.limits, real(items)
    return {
        "model": subject.name,
        "version": subject.detector.info.version,
        "input_size": subject.input_size,
        "thresholds": limits,
        "headlines": measured(HEADLINES, stills, limits),
        "beside": measured(BESIDE, [*stills, *filmed], limits),
        "confusion": confusion(stills, limits),
        "by_class": by_class(stills, limits),
        "by_light": by_light(stills, limits),
        "by_size": by_size(stills, limits),
        "by_source": by_source([*items, *filmed], limits),
    }


def real(items: Sequence[Scored]) -> list[Scored]:
    """Without the rendered pictures."""
    return select(items, lambda item: not item.source.startswith("rendered"))


def in_other_lights(subject: Subject, samples: Sequence[Sample], items: Sequence[Scored]) -> dict[str, Any]:
    """View -> headlines, of imitations of every picture in another light."""
    views = {}
    for view, imitate in VIEWS.items():
        pairs = progress(list(zip(samples, items, strict=True)), f"{subject.name}, {view}")
        seen = [dataclasses.replace(item, found=subject.detect(imitate(sample.image))) for sample, item in pairs]
        views[view] = measured(HEADLINES, real(seen), subject.limits)
    return views


def our_subject(args: argparse.Namespace) -> Subject:
    """The detector to be measured. Raises EvaluateError for a COCO network."""
    subject = Subject(args.model, args.threads, args.size)
    if not subject.ours:
        raise EvaluateError(f"{subject.path}: a COCO network can only be the --baseline")
    return subject


def results_file(subject: Subject) -> Path:
    """Where results go by default: of the shipped model to the benchmarks of the checkout, of others beside the model.

    Raises EvaluateError for the shipped model outside a checkout.
    """
    if subject.path.resolve() != shipped_model().resolve():
        return subject.path.with_suffix(".results.json")
    if not RESULTS.is_dir():
        raise EvaluateError(f"{RESULTS} is missing: name the results file with --out")
    return RESULTS / "results" / f"{subject.name.removeprefix('xinan-')}.json"


def evaluate(args: argparse.Namespace) -> None:
    """Measure, then write: the old results stay until the new ones are whole."""
    subject = our_subject(args)
    baseline = Subject(args.baseline, args.threads, args.size) if args.baseline else None
    out = args.out or results_file(subject)
    samples = held_out(args.set)
    filmed = clips(subject, args.clips) if args.clips else []
    items = detect_all(subject, samples)
    errors = worst(real(items), subject.limits)
    ours = assess(subject, items, filmed)
    ours["views"] = in_other_lights(subject, samples, items)
    ours["worst"] = [error.entry() for error in errors]
    result = {
        "machine": f"{platform.machine()}, {platform.system()}",
        "min_score": MIN_SCORE,
        "set": {"pictures": len(samples), "sha256": set_hash(args.set)},
        "ours": ours,
    }
    if baseline:
        result["zero_shot_coco"] = assess(baseline, detect_all(baseline, samples))
    if args.worst:
        write_sheet(args.worst, errors, items, samples, subject.limits)
    write_json(out, result)
    if out.resolve().parent == RESULTS / "results" and subject.path.resolve() == shipped_model().resolve():
        update_readme(RESULTS / "README.md", markdown(result))
    print(f"{len(samples)} pictures measured: {out}")


def choose(args: argparse.Namespace) -> None:
    """Write the thresholds that the held-out pictures call for."""
    subject = our_subject(args)
    chosen = choose_thresholds(real(detect_all(subject, held_out(args.set))))
    write_json(args.choose, chosen)
    print(f"thresholds of {subject.name}: {args.choose}")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = parser_of("evaluate", __doc__)
    add_set(parser)
    parser.add_argument("--clips", type=Path, help="folder of the flame clips with their truth.csv")
    add_model(parser)
    parser.add_argument("--baseline", type=Path, help="COCO YOLO11n, written by `xinan models export --coco`")
    add_size(parser)
    add_threads(parser)
    parser.add_argument("--choose", type=Path, metavar="FILE", help="only write thresholds chosen on the pictures")
    parser.add_argument(
        "--worst",
        type=Path,
        metavar="FILE",
        help="JPEG of the worst pictures; rights unclear: show it nobody",
    )
    parser.add_argument("--out", type=Path, help="results file (default: MODEL.results.json beside the model)")
    return parser.parse_args(argv)


@command("the old results stand")
def main(argv: Sequence[str] | None = None) -> None:
    args = parse(argv)
    for out in (args.out, args.choose, args.worst):
        if out:
            spare(out, find_model(args.model), args.baseline)
    choose(args) if args.choose else evaluate(args)


if __name__ == "__main__":
    main()
