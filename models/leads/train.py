"""Train the lead network on painted leads (extra `train`).

    python -m models.leads.train --bases FOLDER --out LEADS.pt [--steps N] [--minutes M]

The schedule ends at whichever limit comes first. The weights kept are a running average of the last steps.
"""

import argparse
import math
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from models.files import replacing
from models.leads.network import LeadNetwork
from models.leads.scenes import SIDE, Bases, sample

AVERAGE = 0.995
"""How slowly the kept weights follow, per step."""
POSITIVE = 3.0
"""Weight of a cell of a lead beside one of none: they are one in two hundred."""


class Painted(IterableDataset[tuple[Tensor, Tensor]]):  # type: ignore[misc]
    """Endless samples; each worker has its own seed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder, self._seed = folder, seed

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        cv2.setNumThreads(1)
        worker = get_worker_info()
        bases = Bases(self._folder)
        rng = np.random.default_rng((self._seed, worker.id if worker else 0))
        while True:
            image, mask = sample(bases, rng)
            rgb = np.ascontiguousarray(image[..., ::-1].transpose(2, 0, 1))
            yield torch.from_numpy(rgb), torch.from_numpy(mask)[None]


def loss_of(logits: Tensor, target: Tensor) -> Tensor:
    """Weighted cross-entropy and, so that thin things count as wholes, 1 − Dice over the batch."""
    each = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    crossed = (each * (1 + (POSITIVE - 1) * target)).mean()
    said = logits.sigmoid()
    dice = (2 * (said * target).sum() + 1) / ((said * said).sum() + (target * target).sum() + 1)
    return 20 * crossed + (1 - dice)


def train(
    folder: Path, out: Path, *, start: Path | None, steps: int, minutes: float, batch: int, workers: int, seed: int
) -> None:
    """start: weights to go on from. Raises OSError for a file or folder that cannot be read."""
    torch.manual_seed(seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = LeadNetwork().to(device, memory_format=torch.channels_last)
    if start is not None:
        network.load_state_dict(torch.load(start, map_location=device, weights_only=True))
    kept = {name: value.detach().clone().float() for name, value in network.state_dict().items()}
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=1e-2)
    loader = DataLoader(Painted(folder, seed), batch_size=batch, num_workers=workers, pin_memory=device.type == "cuda")
    started_s = time.monotonic()
    for step, (image, target) in enumerate(loader):
        done = max(step / steps, (time.monotonic() - started_s) / (60 * minutes))
        if done >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * min(1.0, (step + 1) / 50) * (0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2)
        image = image.to(device, non_blocking=True, memory_format=torch.channels_last).float() / 255
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            logits = network(image)
        loss = loss_of(logits.float(), target.to(device, non_blocking=True))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        slow = min(AVERAGE, (1 + step) / (10 + step))
        for name, value in network.state_dict().items():
            kept[name].mul_(slow).add_(value.float(), alpha=1 - slow)
        if step % 50 == 0:
            print(f"{time.monotonic() - started_s:6.0f} s  step {step}  loss {float(loss.detach()):.4f}", flush=True)
            save(kept, out)
    save(kept, out)


def save(kept: dict[str, Tensor], out: Path) -> None:
    """The state dict, float32 on the CPU, written beside and renamed."""
    # Counts of batches are whole numbers, whatever the average made of them.
    whole = {name: value.long() if name.endswith("num_batches_tracked") else value for name, value in kept.items()}
    with replacing(out) as part:
        torch.save({name: value.cpu() for name, value in whole.items()}, part)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bases", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=600.0)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    print(f"pictures of {SIDE} px", flush=True)
    train(
        args.bases,
        args.out,
        start=args.start,
        steps=args.steps,
        minutes=args.minutes,
        batch=args.batch,
        workers=args.workers,
        seed=args.seed,
    )


if __name__ == "__main__":
    main()
