"""What the C library's allocator is told in a process that lives for months and handles pictures."""

import ctypes
import sys

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
"""mallopt(3)."""
LARGE = 4 << 20
"""Bytes. A picture of 1080p and above is mapped by itself and given back whole. By default one freed picture teaches
glibc to keep such blocks in its heaps, and a camera that sent 4K for a minute costs its room for good."""
ARENAS = 2


def settle() -> None:
    """To be called before threads start. glibc only; elsewhere nothing happens."""
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(M_MMAP_THRESHOLD, LARGE)
            mallopt(M_ARENA_MAX, ARENAS)
