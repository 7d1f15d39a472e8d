"""multipart/x-mixed-replace: the form in which cameras send one JPEG after the other over HTTP."""

import re

MAX_HEADER = 8 * 1024
MAX_PART = 16 * 1024 * 1024
"""Bytes. A 4K picture of the best quality has about 6 MB."""

_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_BOUNDARY = re.compile(r'boundary="?([^";]+)', re.IGNORECASE)


class MultipartError(ValueError):
    """What comes is not multipart, or larger than it may be; one line."""


def boundary_of(content_type: str) -> str:
    """The boundary that a Content-Type tells; "" if it tells none."""
    found = _BOUNDARY.search(content_type)
    return found[1].strip() if found else ""


class MultipartReader:
    """Cuts a stream of bytes into the bodies of its parts. What it keeps is bounded by MAX_HEADER + MAX_PART.

    Cameras differ in whether the dashes before a boundary belong to its name, so that leading ones do not count. A part
    without Content-Length ends at the next boundary.
    """

    def __init__(self, boundary: str) -> None:
        name = boundary.lstrip("-").encode("latin-1", "replace")
        if not name:
            raise MultipartError("its multipart stream names no boundary")
        self._mark = b"--" + name
        self._held = bytearray()
        self._searched = 0
        self._length: int | None = None
        self._in_part = False

    def feed(self, data: bytes) -> list[bytes]:
        """The bodies that are complete now. Raises MultipartError."""
        self._held += data
        bodies: list[bytes] = []
        while (body := self._next()) is not None:
            bodies.append(body)
        return bodies

    def _next(self) -> bytes | None:
        if not self._in_part and not self._header():
            return None
        end = self._length if self._length is not None else self._find_mark()
        if end is None or len(self._held) < end:
            return None
        body = bytes(self._held[:end])
        self._drop(end)
        self._in_part = False
        return body if self._length is not None else body.rstrip(b"\r\n")

    def _header(self) -> bool:
        """Past the next boundary and the header behind it; False: more bytes are needed."""
        start = self._held.find(self._mark)
        if start < 0:
            if len(self._held) > MAX_HEADER:
                raise MultipartError(f"no boundary within {MAX_HEADER // 1024} KiB of its multipart stream")
            return False
        end = _HEADER_END.search(self._held, start)
        if end is None:
            if len(self._held) - start > MAX_HEADER:
                raise MultipartError(f"a part's header is longer than {MAX_HEADER // 1024} KiB")
            return False
        length = _LENGTH.search(self._held, start, end.end())
        self._length = int(length[1]) if length else None
        if self._length is not None and self._length > MAX_PART:
            raise _too_large()
        self._drop(end.end())
        self._in_part = True
        return True

    def _find_mark(self) -> int | None:
        found = self._held.find(self._mark, max(0, self._searched - len(self._mark)))
        self._searched = len(self._held)
        if found >= 0:
            return found
        if len(self._held) > MAX_PART:
            raise _too_large()
        return None

    def _drop(self, count: int) -> None:
        del self._held[:count]
        self._searched = 0


def _too_large() -> MultipartError:
    return MultipartError(f"a picture is larger than {MAX_PART // 2**20} MiB")
