"""Batches ahead of the training step: by one thread where the network runs on the same cores, by worker processes where
it runs on a GPU. Batch k depends on the seed and k alone, however many workers there are.
"""

import contextlib
import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.augment import View
from models.geometry import Floats
from models.sampler import Sampler

Pixels = NDArray[np.uint8]
AHEAD: Final = 4


def collate_arrays(views: Sequence[View]) -> tuple[Pixels, dict[str, Floats]]:
    """(B, S, S, 3) BGR uint8 and ultralytics' batch fields plus `ignore` (M, 6), all float32."""
    images = np.stack([item.image for item in views])
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


def to_tensors(images: Pixels, fields: dict[str, Floats], device: str, torch: Any) -> tuple[Any, dict[str, Any]]:
    """(B, 3, S, S) RGB float32 0-1 and the fields, on the device."""
    pixels = torch.from_numpy(images).to(device, non_blocking=True)
    pictures = pixels.flip(-1).permute(0, 3, 1, 2).contiguous().float() / 255
    return pictures, {name: torch.from_numpy(value).to(device) for name, value in fields.items()}


@contextlib.contextmanager
def threaded(sampler: Sampler, seed: int, start: int) -> Iterator[Callable[[], list[View]]]:
    """A `next batch` made by one background thread, at most `AHEAD` before it is asked for; an error in the thread is
    raised where its batch is asked for.
    """
    steps = itertools.count(start)
    pool = ThreadPoolExecutor(1, "batches")

    def order() -> Future[list[View]]:
        return pool.submit(sampler.batch, np.random.default_rng((seed, next(steps))))

    ordered = deque(order() for _ in range(AHEAD))

    def next_batch() -> list[View]:
        ordered.append(order())
        return ordered.popleft().result()

    try:
        yield next_batch
    finally:
        pool.shutdown(cancel_futures=True)


class Batches:
    """Batch k of a sampler, as torch's DataLoader wants it."""

    def __init__(self, sampler: Sampler, seed: int, start: int, steps: int) -> None:
        self.sampler, self.seed, self.start, self.steps = sampler, seed, start, steps

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> list[View]:
        cv2.setNumThreads(1)
        return self.sampler.batch(np.random.default_rng((self.seed, self.start + index)))


def processes(sampler: Sampler, seed: int, start: int, steps: int, workers: int) -> Any:
    """An iterator of `steps` collated batches, made by forked workers that share the pictures' memory."""
    from torch.utils.data import DataLoader

    batches = Batches(sampler, seed, start, steps)
    loader = DataLoader(
        batches,
        batch_size=None,
        num_workers=workers,
        collate_fn=collate_arrays,
        prefetch_factor=4,
        multiprocessing_context="fork",
    )
    return iter(loader)
