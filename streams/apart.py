"""Work that is done in a process of its own, which takes its memory with it when it ends."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

A = TypeVar("A")
R = TypeVar("R")


def apart(work: Callable[[A], R], argument: A) -> R:
    """What `work`, a module-level function, gives for the argument; both and what it raises have to be picklable."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as child:
        return child.submit(work, argument).result()
