"""Fine-tune COCO YOLO11n on a training set: `xinan models train --set runs/set --start yolo11n_coco.npz --out runs/v1`.

Own loop instead of ultralytics' trainer: partial labels need their own loss, and batch norms, the shallow backbone and
the class branch must be handled gently or the network forgets motorcycles. Seeded; `--resume` goes on from `last.pt`.
`--minutes` bounds the wall clock: the learning rate then falls by whichever runs out first, steps or time.

A run's folder holds `run.json` (plan, hashes of the set and of `--hard`, versions), `data.json` (what the set is made
of), `metrics.jsonl` (the loss and the figures by source after every pass), `last.pt` and `best.pt`.
"""

import argparse
import contextlib
import copy
import dataclasses
import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.command import add_set, amount, command, natural, parser_of, positive, share
from models.data import Sample, statistics
from models.dataset import SetError, load_set, set_hash
from models.feed import processes, threaded
from models.figures import finite
from models.files import write_json
from models.geometry import Floats
from models.mine import hard_pictures
from models.network import (
    freeze_batchnorm,
    import_ultralytics,
    parameter_groups,
    predict,
    read_checkpoint,
    require_device,
    save_checkpoint,
    set_threads,
    start_network,
)
from models.parallel import OnDevice, Replicas, spread_over
from models.paste import cut_flames, load_cutouts
from models.runs import BEST, LAST, enter, log
from models.sampler import SIZES, Mix, Sampler
from models.score import Scored
from models.validate import measure

HEAD: Final = 23  # the last layer of YOLO11n
Step = Callable[[], Floats]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides a run besides the pictures.

    frozen_layers: stem to the first 1/8 stage are not trained: colours and edges COCO already has, and most of the
    backward cost. workers: processes that make batches for a GPU. rates: backbone, neck, head; rate_scale multiplies
    all.
    """

    epochs: int = 12
    steps: int = 200
    rates: tuple[float, float, float] = (1e-4, 4e-4, 6e-4)
    rate_scale: float = 1.0
    last_layer_rate: float = 2e-3
    decay: float = 5e-4
    warmup_steps: int = 60
    ema: float = 0.995
    frozen_layers: int = 5
    seed: int = 7
    threads: int = 2
    minutes: float = 0.0
    size: int = 640
    mix: Mix = field(default_factory=Mix)
    apart: tuple[str, ...] = ()
    device: str = "cpu"
    workers: int = 4


def evaluate(model: Any, samples: Sequence[Sample], size: int, threads: int) -> list[Scored]:
    """Detections of `model` on held-out samples, at run-time size."""

    def look(network: Any, sample: Sample) -> Scored:
        found = predict(network, sample.image, size, 0.01)
        row = sample.row
        return Scored(row.image, row.source, row.indoor, row.safe, sample.boxes, sample.ignore, found)

    # The head remembers the last input's anchors, so every thread needs a network of its own.
    networks = [copy.deepcopy(model).eval() for _ in range(threads)]
    return spread_over(samples, networks, look)


class Average:
    """Exponential moving average of the weights, slow only once the first steps are past."""

    def __init__(self, model: Any, decay: float) -> None:
        self.model = copy.deepcopy(model).eval()
        self.decay, self.updates = decay, 0

    def update(self, model: Any, torch: Any) -> None:
        self.updates += 1
        keep = self.decay * (1 - math.exp(-self.updates / 50))
        current = model.state_dict()
        pairs = [(mine, current[name]) for name, mine in self.model.state_dict().items() if mine.is_floating_point()]
        with torch.no_grad():
            torch._foreach_lerp_([mine for mine, _ in pairs], [theirs for _, theirs in pairs], 1 - keep)


def prepare(start: Path, plan: Plan, torch: Any) -> tuple[Any, Any]:
    """The network on its device with its shallow layers frozen, and AdamW over the rest."""
    torch.manual_seed(plan.seed)
    model = start_network(start)
    for name, parameter in model.named_parameters():
        shallow = int(name.split(".")[1]) < plan.frozen_layers
        parameter.requires_grad_(not shallow and ".dfl." not in name)
    model = model.to(plan.device)
    last = {id(p) for branch in model.model[-1].cv3 for p in branch[-1].parameters()}
    groups = parameter_groups(model, plan.rates, plan.decay)
    for group in groups:
        group["params"] = [p for p in group["params"] if id(p) not in last]
    fresh = [p for p in model.parameters() if id(p) in last]
    groups.append({"params": fresh, "lr": 0.0, "peak": plan.last_layer_rate, "weight_decay": 0.0})
    return model, torch.optim.AdamW(groups, betas=(0.9, 0.999))


def rate_factor(progress: float, step: int, warmup: int) -> float:
    """Linear warm-up times a cosine from 1 to 0.03 over `progress` 0-1."""
    cosine = 0.03 + 0.97 * (1 + math.cos(math.pi * min(1.0, progress))) / 2
    return min(1.0, (step + 1) / warmup) * cosine


@contextlib.contextmanager
def stepping(model: Any, sampler: Sampler, plan: Plan, start: int, torch: Any) -> Iterator[tuple[Step, list[Any]]]:
    """A function that draws the next batch and leaves its gradients on the model, and the networks behind it."""
    if plan.device == "cpu":
        replicas = Replicas(model, plan.threads)
        with threaded(sampler, plan.seed, start) as next_batch:
            yield lambda: replicas.backward(next_batch(), torch), replicas.networks
        return
    single = OnDevice(model, plan.device)
    feed = processes(sampler, plan.seed, start, plan.steps, plan.workers)

    def step() -> Floats:
        images, fields = next(feed)
        return single.backward(images, fields, torch)

    yield step, single.networks


def train(
    folder: Path, start: Path, out: Path, plan: Plan, *, hard: dict[str, int] | None = None, resume: bool = False
) -> None:
    """Run the plan, or with `resume` the rest of it. Raises SetError, WeightsError, RunError, OSError."""
    import_ultralytics()
    import torch

    set_threads(1)  # the work is split by picture, not within operations
    require_device(plan.device)
    if plan.device != "cpu":
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    learn, held = (load_set(folder, fold, plan.apart) for fold in ("train", "val"))
    if not learn:
        raise SetError(f"{folder}: the set has no picture to learn from")
    sampler = Sampler.over(learn, load_cutouts(folder), cut_flames(learn), plan.mix, hard)
    model, optimiser = prepare(start, plan, torch)
    enter(out, decisions(folder, plan, hard, torch), resume=resume)
    describe(out, learn, held)
    average, state = Average(model, plan.ema), {"epoch": 0, "step": 0, "spent_s": 0.0, "best": -1.0}
    if resume:
        state = restore(read_checkpoint(out / LAST, plan.device), model, average, optimiser)
    while state["epoch"] < plan.epochs and (not plan.minutes or state["spent_s"] < plan.minutes * 60):
        began = time.monotonic()
        with stepping(model, sampler, plan, int(state["step"]), torch) as (step, networks):
            loss = one_epoch(step, networks, optimiser, average, plan, state, torch)
        metrics = report(out, int(state["epoch"]) + 1, evaluate(average.model, held, plan.size, plan.threads), loss)
        state["epoch"] += 1
        state["spent_s"] += time.monotonic() - began
        if metrics["total"] >= state["best"]:  # with nothing held out all are 0, and the last one is the best guess
            state["best"] = metrics["total"]
            save_checkpoint(out / BEST, {"ema": average.model.state_dict(), "metrics": metrics})
        saved = {"model": model.state_dict(), "ema": average.model.state_dict(), "state": state}
        save_checkpoint(out / LAST, {**saved, "optimiser": optimiser.state_dict()})


def restore(saved: dict[str, Any], model: Any, average: Average, optimiser: Any) -> dict[str, Any]:
    """Put everything back as it was after the last whole pass; returns how far the run had come."""
    model.load_state_dict(saved["model"])
    average.model.load_state_dict(saved["ema"])
    optimiser.load_state_dict(saved["optimiser"])
    state: dict[str, Any] = saved["state"]
    average.updates = int(state["step"])
    return state


def decisions(folder: Path, plan: Plan, hard: dict[str, int] | None, torch: Any) -> dict[str, Any]:
    """What decides the run. hard: its hash, null for none."""
    import ultralytics

    versions = {"torch": torch.__version__, "ultralytics": ultralytics.__version__}
    drawn = hashlib.sha256(json.dumps(hard, sort_keys=True).encode()).hexdigest() if hard else None
    return {"plan": asdict(plan), "set": set_hash(folder), "hard": drawn, "versions": versions}


def describe(out: Path, learn: list[Sample], held: list[Sample]) -> None:
    """Write what the set is made of."""
    folds = {"train": learn, "val": held}
    made_of = {name: statistics((s.row.source, s.boxes) for s in samples) for name, samples in folds.items()}
    write_json(out / "data.json", made_of)
    print(f"{len(learn)} pictures to learn from, {len(held)} held out", flush=True)


def one_epoch(
    backward: Step,
    networks: Sequence[Any],
    optimiser: Any,
    average: Average,
    plan: Plan,
    state: dict[str, Any],
    torch: Any,
) -> float:
    """`plan.steps` optimiser steps; returns the mean loss a picture. `state["step"]` counts over epochs."""
    for network in networks:
        network.train()
        freeze_batchnorm(network)
    began = time.monotonic()
    losses: list[Floats] = []
    for _ in range(plan.steps):
        progress = state["step"] / (plan.epochs * plan.steps)
        if plan.minutes:
            spent = state["spent_s"] + time.monotonic() - began
            progress = max(progress, spent / (plan.minutes * 60))
            if progress >= 1 and losses:
                break
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * plan.rate_scale * rate_factor(progress, state["step"], plan.warmup_steps)
        losses.append(backward())
        torch.nn.utils.clip_grad_norm_(networks[0].parameters(), 10.0)
        optimiser.step()
        average.update(networks[0], torch)
        state["step"] += 1
        if state["step"] % 20 == 0:
            recent: Floats = np.mean(losses[-20:], axis=0)
            print(
                f"step {state['step']} loss {np.round(recent, 3)} {time.monotonic() - began:.0f} s "
                f"({100 * progress:.0f} %)",
                flush=True,
            )
    return float(np.sum(np.mean(losses, axis=0)))


def report(out: Path, epoch: int, items: Sequence[Scored], loss: float) -> dict[str, float]:
    """Measure, print and log one pass; figures without a picture behind them are left out."""
    metrics = finite(measure(items))
    log(out, {"epoch": epoch, **finite({"loss": loss}), **metrics})
    print(f"epoch {epoch} loss {loss:.3f} " + " ".join(f"{k}={v:.3f}" for k, v in metrics.items()), flush=True)
    return metrics


#: Options that are fields of `Plan` or `Mix` under the same name.
PLAN_OPTIONS: Final = (
    *("epochs", "steps", "minutes", "seed", "size", "ema", "frozen_layers", "rate_scale"),
    *("threads", "device", "workers"),
)
MIX_OPTIONS: Final = tuple(item.name for item in dataclasses.fields(Mix))
#: How an option is read: by its name, else by the type of its default.
KINDS: Final[dict[str | type, Callable[[str], Any]]] = {
    "seed": natural,
    "frozen_layers": natural,
    "minutes": amount,
    "rate_scale": amount,
    int: positive,
    float: share,
    str: str,
}


def parse(argv: Sequence[str] | None) -> tuple[argparse.Namespace, Plan]:
    """The command line, and the plan it makes."""
    parser = parser_of("train", __doc__)
    add_set(parser)
    parser.add_argument("--start", type=Path, required=True, help="COCO YOLO11n as .npz, or a checkpoint to go on from")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--hard", type=Path, help="hard negatives to draw more often, from `xinan models mine`")
    parser.add_argument("--apart", nargs="+", default=(), help="sources to hold out whole, by how they begin")
    parser.add_argument("--resume", action="store_true", help="go on from OUT/last.pt")
    defaults: dict[str, Any] = {**asdict(Plan()), **asdict(Mix())}
    for name in (*PLAN_OPTIONS, *MIX_OPTIONS):
        default, option = defaults[name], f"--{name.replace('_', '-')}"
        kind = KINDS.get(name, KINDS[type(default)])
        limits: dict[str, Any] = {"choices": sorted(SIZES)} if name == "sizes" else {"metavar": "X"}
        parser.add_argument(option, type=kind, default=default, help=f"({default})", **limits)
    args = parser.parse_args(argv)
    if args.frozen_layers > HEAD:
        parser.error(f"--frozen-layers {args.frozen_layers}: at most {HEAD}, the number of the head")
    chosen = vars(args)
    mix = Mix(**{name: chosen[name] for name in MIX_OPTIONS})
    plan = Plan(mix=mix, apart=tuple(args.apart), **{name: chosen[name] for name in PLAN_OPTIONS})
    return args, plan


@command("--resume goes on from the last whole pass")
def main(argv: Sequence[str] | None = None) -> None:
    args, plan = parse(argv)
    hard = hard_pictures(args.hard) if args.hard else None
    train(args.set, args.start, args.out, plan, hard=hard, resume=args.resume)


if __name__ == "__main__":
    main()
