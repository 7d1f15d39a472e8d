"""On the CPU half a batch a thread: two single-threaded passes instead of one two-threaded one.

torch's own threads meet at a barrier in every operation; on a machine that does other work too, each barrier waits
for whoever was interrupted. Here the threads meet once a step. Batch norms must be frozen: nothing but gradients is
merged.
"""

import copy
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from models.augment import View
from models.feed import Pixels, collate_arrays, to_tensors
from models.geometry import Floats
from models.network import PartialLoss

T = TypeVar("T")
R = TypeVar("R")


class Replicas:
    """The master network and copies that share its weights but have gradients of their own."""

    def __init__(self, master: Any, count: int) -> None:
        self.networks = [master, *(self._shared(master) for _ in range(count - 1))]
        self._losses = [PartialLoss(network) for network in self.networks]
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="replica")

    @staticmethod
    def _shared(master: Any) -> Any:
        twin = copy.deepcopy(master)
        for mine, theirs in zip(twin.parameters(), master.parameters(), strict=True):
            mine.data = theirs.data
        return twin

    def backward(self, views: Sequence[View], torch: Any) -> Floats:
        """Gradients of the mean loss a picture over the batch, left on the master; returns the mean loss parts."""
        shares = [views[number :: len(self.networks)] for number in range(len(self.networks))]

        def work(number: int) -> Floats:
            images, batch = to_tensors(*collate_arrays(shares[number]), "cpu", torch)
            network = self.networks[number]
            network.zero_grad(set_to_none=True)
            loss, parts = self._losses[number](network(images), batch)
            (loss / len(views)).backward()
            return np.asarray(parts * (len(shares[number]) / len(views)), np.float32)

        parts = list(self._pool.map(work, (n for n, share in enumerate(shares) if share)))
        for twin in self.networks[1:]:
            for mine, theirs in zip(self.networks[0].parameters(), twin.parameters(), strict=True):
                if theirs.grad is not None:
                    mine.grad = theirs.grad if mine.grad is None else mine.grad.add_(theirs.grad)
        return np.asarray(np.sum(parts, axis=0), np.float32)


class OnDevice:
    """One network on a GPU, in bfloat16 where that is safe: convolutions, not the loss."""

    def __init__(self, master: Any, device: str) -> None:
        self.networks = [master]
        self._loss, self._device = PartialLoss(master), device

    def backward(self, images: Pixels, fields: dict[str, Floats], torch: Any) -> Floats:
        """As `Replicas.backward`, of a collated batch."""
        network = self.networks[0]
        pictures, batch = to_tensors(images, fields, self._device, torch)
        network.zero_grad(set_to_none=True)
        with torch.autocast(self._device.partition(":")[0], torch.bfloat16):
            raw = network(pictures)
        loss, parts = self._loss(as_float(raw), batch)
        (loss / len(images)).backward()
        return parts


def as_float(raw: Any) -> Any:
    """The nested outputs of a network, every tensor as float32."""
    if isinstance(raw, dict):
        return {name: as_float(value) for name, value in raw.items()}
    if isinstance(raw, (list, tuple)):
        return [as_float(value) for value in raw]
    return raw.float()


def spread_over(items: Sequence[T], networks: Sequence[Any], work: Callable[[Any, T], R]) -> list[R]:
    """`work(network, item)` for every item, one thread a network, in the order of the items."""

    def share(number: int) -> list[R]:
        return [work(networks[number], item) for item in items[number :: len(networks)]]

    with ThreadPoolExecutor(len(networks)) as pool:
        parts = list(pool.map(share, range(len(networks))))
    return [parts[index % len(networks)][index // len(networks)] for index in range(len(items))]
