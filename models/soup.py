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
from models.dataset import load_set
from models.network import import_ultralytics, our_network, set_threads
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


def toward(start: Mapping[str, Any], tuned: Mapping[str, Any], share: float) -> State:
    """`share` of the tuned weights and the rest of the start's. Rows of classes without a start stay tuned."""
    out: State = {}
    for name, value in tuned.items():
        if not value.is_floating_point():
            out[name] = value
            continue
        out[name] = start[name].float() + share * (value.float() - start[name].float())
        if CLASS_ROWS.search(name):
            out[name][LEARNT] = value[LEARNT].float()
    return out


def load_state(path: Path) -> State:
    """The averaged weights of a run's checkpoint, on the CPU."""
    import torch

    state: State = torch.load(path, weights_only=True, map_location="cpu")["ema"]
    return state


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="xinan models soup", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN.pt", help="checkpoints to average")
    parser.add_argument("--start", type=Path, required=True, help="COCO YOLO11n as .npz")
    parser.add_argument("--share", type=float, default=1.0, help="of the tuned weights; the rest is the start's (1)")
    parser.add_argument("--out", type=Path, help="checkpoint to write")
    parser.add_argument("--set", type=Path, help="measure the result on this set's held-out pictures")
    parser.add_argument("--apart", nargs="+", default=(), help="sources held out whole, as in training")
    parser.add_argument("--size", type=int, default=576, help="long side of the network's input (576)")
    parser.add_argument("--device", default="cpu", help="(cpu)")
    parser.add_argument("--threads", type=int, default=2, help="(2)")
    args = parser.parse_args(argv)
    import_ultralytics()
    import torch

    set_threads(1)
    network = our_network(args.start)
    state = toward(network.state_dict(), mean([load_state(run) for run in args.runs]), args.share)
    metrics = {}
    if args.set:
        network.load_state_dict(state)
        held = load_set(args.set, "val", tuple(args.apart))
        found = evaluate(network.to(args.device).eval(), held, args.size, args.threads)
        metrics = {name: round(value, 4) for name, value in measure(found).items()}
        what = {"runs": [run.stem for run in args.runs], "share": args.share, "size": args.size}
        print(json.dumps({**what, **metrics}), flush=True)
    if args.out:
        torch.save({"ema": state, "metrics": metrics}, args.out)


if __name__ == "__main__":
    main()
