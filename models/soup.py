"""One network from several runs of one start, by averaging weights: `xinan models soup --start W.npz --out S.pt RUNS`.

Runs that started from the same weights lie in one basin: the mean of their weights is a network that generalises
better than any of them and costs nothing at run time (Wortsman et al., "Model soups", 2022). A mean with the start
weights keeps what fine-tuning forgot (Wortsman et al., "Robust fine-tuning of zero-shot models", 2022); rows of
classes that the start does not know stay as they were learnt.
"""

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from models.classes import CLASSES, COCO_START
from models.command import add_set, add_size, add_threads, command, parser_of, share
from models.dataset import load_set
from models.figures import finite
from models.files import spare
from models.network import (
    checkpoint_network,
    import_ultralytics,
    require_device,
    save_checkpoint,
    set_threads,
    start_network,
)
from models.train import evaluate
from models.validate import measure

State = dict[str, Any]
#: The last class layers: one row a class.
CLASS_ROWS: Final = re.compile(r"\.cv3\.\d\.2\.(weight|bias)$")
LEARNT: Final = [index for index in range(len(CLASSES)) if index not in COCO_START]


def mean(states: Sequence[Mapping[str, Any]]) -> State:
    """The mean of the floating tensors as float32; all else is the first one's."""
    first = states[0]
    return {
        name: sum(state[name].float() for state in states) / len(states) if value.is_floating_point() else value
        for name, value in first.items()
    }


def toward(start: Mapping[str, Any], tuned: Mapping[str, Any], part: float) -> State:
    """`part` of the tuned weights and the rest of the start's. Rows of classes without a start stay tuned."""
    out: State = {}
    for name, value in tuned.items():
        if not value.is_floating_point():
            out[name] = value
            continue
        out[name] = start[name].float() + part * (value.float() - start[name].float())
        if CLASS_ROWS.search(name):
            out[name][LEARNT] = value[LEARNT].float()
    return out


@command("nothing was written")
def main(argv: Sequence[str] | None = None) -> None:
    args = parse(argv)
    if args.out:
        spare(args.out, args.start, *args.runs)
    import_ultralytics()
    set_threads(1)
    require_device(args.device)
    network = start_network(args.start)
    tuned = [checkpoint_network(run).state_dict() for run in args.runs]
    state = toward(network.state_dict(), mean(tuned), args.share)
    metrics = {}
    if args.set:
        network.load_state_dict(state)
        held = load_set(args.set, "val", tuple(args.apart))
        found = evaluate(network.to(args.device).eval(), held, args.size, args.threads)
        metrics = finite(measure(found))
        what = {"runs": [run.stem for run in args.runs], "share": args.share, "size": args.size}
        print(json.dumps({**what, **metrics}), flush=True)
    if args.out:
        save_checkpoint(args.out, {"ema": state, "metrics": metrics})


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = parser_of("soup", __doc__)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN.pt", help="checkpoints to average")
    parser.add_argument("--start", type=Path, required=True, help="what they started from, .npz or .pt")
    parser.add_argument("--share", type=share, default=1.0, help="of the tuned weights; the rest is the start's (1)")
    parser.add_argument("--out", type=Path, help="checkpoint to write")
    add_set(parser, "measure the result on its held-out pictures", required=False)
    parser.add_argument("--apart", nargs="+", default=(), help="sources held out whole, as in training")
    add_size(parser, 576)
    parser.add_argument("--device", default="cpu", help="(cpu)")
    add_threads(parser)
    args = parser.parse_args(argv)
    if not args.out and not args.set:
        parser.error("nothing to do: --out or --set is needed")
    return args


if __name__ == "__main__":
    main()
