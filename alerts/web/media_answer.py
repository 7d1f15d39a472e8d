"""A picture or clip as an answer, from the folder or out of the object store; whole or a range of it.

A browser never gets an address of the object store: whoever had it could look again later, unseen and unasked.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Annotated, ParamSpec, TypeVar

from fastapi import Depends, Header, HTTPException
from fastapi.responses import FileResponse, Response, StreamingResponse

from alerts.errors import MediaAway, MediaGone
from alerts.evidence.media import MediaStore
from alerts.evidence.objects import Stored

BLOCK = 1 << 20
"""Bytes of one request to the object store."""
AWAY = "this lies in the object store, which does not answer just now; try again later"
P = ParamSpec("P")
T = TypeVar("T")
_READERS = ThreadPoolExecutor(8, "pictures")
"""Threads of their own: what waits for an object store that hangs holds up no notice and no answer."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


async def in_reader(read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `read` returns, called in a thread that is there for pictures and clips alone."""
    return await asyncio.get_running_loop().run_in_executor(_READERS, partial(read, *args, **kwargs))


def _ranges(range: Annotated[str, Header()] = "", if_range: Annotated[str, Header()] = "") -> tuple[str, str]:
    return range, if_range


Ranges = Annotated[tuple[str, str], Depends(_ranges)]
"""The headers Range and If-Range, "" where there is none."""


async def media_answer(media: MediaStore, name: str, media_type: str, wanted: str, if_range: str) -> Response | None:
    """None: it is not, or no longer, kept. wanted, if_range: as `Ranges` has them.

    Raises HTTPException: 416; 503 while the object store does not answer. StoreError.
    """
    found = await in_reader(media.find, name)
    if found is None or not isinstance(found, Stored):
        return None if found is None else FileResponse(found, media_type=media_type)
    mark = f'"{found.sha256}"'
    start, end, partly = 0, found.size, False
    if wanted and if_range in ("", mark):
        start, end, partly = _range(wanted, found.size)
    try:
        first = await in_reader(media.part, found, start, min(start + BLOCK, end))
    except MediaAway:
        raise HTTPException(503, AWAY, headers={"retry-after": "30"}) from None
    except MediaGone:
        return None
    headers = {"accept-ranges": "bytes", "content-length": str(end - start), "etag": mark}
    if partly:
        headers["content-range"] = f"bytes {start}-{end - 1}/{found.size}"
    rest = _blocks(media, found, first, start + len(first), end)
    return StreamingResponse(rest, status_code=206 if partly else 200, media_type=media_type, headers=headers)


async def _blocks(media: MediaStore, kept: Stored, first: bytes, start: int, end: int) -> AsyncIterator[bytes]:
    """An object store that goes away meanwhile cuts the answer short: the browser asks again for the rest."""
    yield first
    for begin in range(start, end, BLOCK):
        yield await in_reader(media.part, kept, begin, min(begin + BLOCK, end))


def _range(wanted: str, size: int) -> tuple[int, int, bool]:
    """Start, end (not included), and whether it is less than all; of what is no single range, all.

    Raises HTTPException 416.
    """
    found = _RANGE.fullmatch(wanted.strip())
    if found is None or not (found[1] or found[2]):
        return 0, size, False
    if found[1]:
        start, end = int(found[1]), min(int(found[2]) + 1, size) if found[2] else size
        if found[2] and int(found[2]) < start:
            return 0, size, False
    else:
        start, end = max(size - int(found[2]), 0), size
    if start >= end:
        raise HTTPException(416, "there is no such part", headers={"content-range": f"bytes */{size}"})
    return start, end, True
