"""Fine-tune COCO YOLO11n on the gathered pictures: `python -m models.train --data ../shared/data --out
runs/v0`.

Own loop instead of ultralytics' trainer: partial labels need their own loss, and batch norms, the shallow
backbone and the class branch must be handled gently or the network forgets motorcycles. Seeded; `--resume`
goes on from `last.pt`. `--minutes` bounds the wall clock: the learning rate then falls by whichever runs out
first, steps or time.
"""

import argparse
import contextlib
import copy
import itertools
import json
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.augment import View
from models.data import Sample, load_fold, load_rendered, statistics
from models.geometry import Floats, to_input
from models.network import (
    freeze_batchnorm,
    import_ultralytics,
    our_network,
    parameter_groups,
    predict,
    set_threads,
)
from models.parallel import Replicas, spread_over
from models.paste import cut_flames, load_cutouts
from models.sampler import SHARES, Sampler
from models.score import Scored
from models.validate import measure

FROZEN_LAYERS = 5  # stem to the first 1/8 stage: colours and edges COCO already has, and most of the backward cost


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides a run besides the pictures."""

    epochs: int = 12
    steps: int = 200
    rates: tuple[float, float, float] = (1e-4, 4e-4, 6e-4)
    last_layer_rate: float = 2e-3
    decay: float = 5e-4
    warmup_steps: int = 60
    ema: float = 0.995
    seed: int = 7
    threads: int = 2
    minutes: float = 0.0
    size: int = 640
    rendered_share: float = SHARES["rendered"]
    apart: tuple[str, ...] = ()


@contextlib.contextmanager
def batches(sampler: Sampler, seed: int, start: int) -> Iterator[Callable[[], list[View]]]:
    """A `next batch` made by one background thread, at most four ahead. Batch k depends on seed and k alone."""
    ready: queue.Queue[list[View]] = queue.Queue(maxsize=4)
    done = threading.Event()

    def work() -> None:
        for step in itertools.count(start):
            batch = sampler.batch(np.random.default_rng((seed, step)))
            while not done.is_set():
                with contextlib.suppress(queue.Full):
                    ready.put(batch, timeout=1.0)
                    break
            if done.is_set():
                return

    thread = threading.Thread(target=work, daemon=True, name="batches")
    thread.start()
    try:
        yield ready.get
    finally:
        done.set()
        thread.join()


def collate_arrays(views: Sequence[View]) -> tuple[Floats, dict[str, Floats]]:
    """(B, 3, S, S) pictures and ultralytics' batch fields plus `ignore` (M, 6), all float32."""
    images = np.concatenate([to_input(item.image) for item in views])
    size = views[0].image.shape[0]
    index, classes, boxes, ignore = [], [], [], []
    for number, item in enumerate(views):
        index.append(np.full(len(item.boxes), number))
        classes.append(item.boxes[:, 0])
        corners = item.boxes[:, 1:]
        boxes.append(np.concatenate([(corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]], 1))
        ignore.append(np.column_stack([np.full(len(item.ignore), number), item.ignore]))
    fields = {
        "batch_idx": np.concatenate(index),
        "cls": np.concatenate(classes),
        "bboxes": np.concatenate(boxes) / size,
        "ignore": np.concatenate(ignore),
    }
    return images, {name: np.asarray(value, np.float32) for name, value in fields.items()}


def collate(views: Sequence[View], torch: Any) -> tuple[Any, dict[str, Any]]:
    """`collate_arrays` as tensors."""
    images, fields = collate_arrays(views)
    return torch.from_numpy(images), {name: torch.from_numpy(value) for name, value in fields.items()}


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

    def update(self, model: Any) -> None:
        self.updates += 1
        keep = self.decay * (1 - math.exp(-self.updates / 50))
        current = model.state_dict()
        for name, value in self.model.state_dict().items():
            if value.dtype.is_floating_point:
                value.mul_(keep).add_(current[name].detach(), alpha=1 - keep)


def prepare(data: Path, plan: Plan, torch: Any) -> tuple[Any, Any]:
    """The network with its shallow layers frozen, and AdamW over the rest."""
    torch.manual_seed(plan.seed)
    model = our_network(data / "weights" / "yolo11n_coco.npz")
    for name, parameter in model.named_parameters():
        shallow = int(name.split(".")[1]) < FROZEN_LAYERS
        parameter.requires_grad_(not shallow and ".dfl." not in name)
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


def train(data: Path, teacher: Path, out: Path, plan: Plan, *, rendered: Path | None, resume: bool) -> None:
    import_ultralytics()
    import torch

    set_threads(1)  # the work is split by picture, not within operations
    out.mkdir(parents=True, exist_ok=True)
    learn, held = (load_fold(data, teacher, fold, plan.apart) for fold in ("train", "val"))
    (out / "data.json").write_text(json.dumps({"train": statistics(learn), "val": statistics(held)}, indent=1))
    scooters, flames = load_cutouts(data), cut_flames(learn)
    model, optimiser = prepare(data, plan, torch)
    average, state = Average(model, plan.ema), {"epoch": 0, "step": 0, "spent_s": 0.0, "best": -1.0}
    if resume and (out / "last.pt").exists():
        saved = torch.load(out / "last.pt", weights_only=True)
        model.load_state_dict(saved["model"])
        average.model.load_state_dict(saved["ema"])
        average.updates = int(saved["state"]["step"])
        optimiser.load_state_dict(saved["optimiser"])
        state = saved["state"]
    else:
        report(out, 0, evaluate(average.model, held, plan.size, plan.threads), 0.0)
    replicas = Replicas(model, plan.threads)
    while state["epoch"] < plan.epochs and (not plan.minutes or state["spent_s"] < plan.minutes * 60):
        began = time.monotonic()
        # Stills may still be rendering: each epoch takes what is there.
        stills = load_rendered(rendered) if rendered is not None else []
        print(f"epoch {state['epoch'] + 1}: {len(learn)} pictures, {len(stills)} rendered", flush=True)
        sampler = Sampler.over(learn + stills, scooters, flames, plan.rendered_share)
        with batches(sampler, plan.seed, int(state["step"])) as next_batch:
            loss = one_epoch(replicas, optimiser, average, next_batch, plan, state, torch)
        metrics = report(out, int(state["epoch"]) + 1, evaluate(average.model, held, plan.size, plan.threads), loss)
        state["epoch"] += 1
        state["spent_s"] += time.monotonic() - began
        if metrics["total"] > state["best"]:
            state["best"] = metrics["total"]
            torch.save({"ema": average.model.state_dict(), "metrics": metrics, "plan": asdict(plan)}, out / "best.pt")
        saved = {"model": model.state_dict(), "ema": average.model.state_dict(), "state": state}
        torch.save({**saved, "optimiser": optimiser.state_dict()}, out / "last.pt")


def one_epoch(
    replicas: Replicas,
    optimiser: Any,
    average: Average,
    next_batch: Callable[[], list[View]],
    plan: Plan,
    state: dict[str, Any],
    torch: Any,
) -> float:
    """`plan.steps` optimiser steps; returns the mean loss a picture. `state["step"]` counts over epochs."""
    model = replicas.networks[0]
    for network in replicas.networks:
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
            group["lr"] = group["peak"] * rate_factor(progress, state["step"], plan.warmup_steps)
        losses.append(replicas.backward(next_batch(), collate, torch))
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimiser.step()
        average.update(model)
        state["step"] += 1
        if state["step"] % 20 == 0:
            recent: Floats = np.mean(losses[-20:], axis=0)
            print(
                f"step {state['step']} loss {np.round(recent, 3)} {time.monotonic() - began:.0f} s",
                flush=True,
            )
    return float(np.sum(np.mean(losses, axis=0)))


def report(out: Path, epoch: int, items: Sequence[Scored], loss: float) -> dict[str, float]:
    """Measure, print and append one line to metrics.jsonl."""
    metrics = {name: round(value, 4) for name, value in measure(items).items()}
    with (out / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"epoch": epoch, "loss": round(loss, 4), **metrics}) + "\n")
    print(f"epoch {epoch} loss {loss:.3f} " + " ".join(f"{k}={v:.3f}" for k, v in metrics.items()), flush=True)
    return metrics


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, help="default: OUT/../teacher.json, written by models.teacher")
    parser.add_argument("--out", type=Path, default=Path("runs/v0"))
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=0.0, help="bound the wall clock; 0: none")
    parser.add_argument("--rendered", type=Path, help="folder of rendered stills with all classes labelled")
    parser.add_argument("--rendered-share", type=float, default=SHARES["rendered"], help="of all draws (default 0.12)")
    parser.add_argument("--apart", nargs="+", default=(), help="sources to hold out whole, by how they begin")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--resume", action="store_true")
    args = parser.parse_args()
    teacher = args.teacher or args.out.parent / "teacher.json"
    plan = Plan(
        epochs=args.epochs,
        steps=args.steps,
        minutes=args.minutes,
        seed=args.seed,
        rendered_share=args.rendered_share,
        apart=tuple(args.apart),
    )
    train(args.data, teacher, args.out, plan, rendered=args.rendered, resume=args.resume)


if __name__ == "__main__":
    main()
