"""Where pictures come from: one protocol, one function that opens any address."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol, Self
from urllib.parse import unquote, urlsplit

from streams.clock import Clock
from streams.errors import SourceNotFound, SourceUnavailable, UnsupportedSource
from streams.folder import FolderSource
from streams.frame import Frame
from streams.image_file import PICTURE_SUFFIXES
from streams.pushed import PUSHED
from streams.request import Request
from streams.rtsp import RtspSource
from streams.video_file import VideoFileSource
from streams.webcam import WebcamSource

_SCHEME = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]+)://", re.IGNORECASE)


class Source(Protocol):
    """An opened source of pictures, and a context manager.

    source: the address as it may be shown (no credentials).
    live: it never ends by itself; its end is a loss.
    duration_s: of a recording, where known.
    corrupt: damaged packets and pictures left out so far.
    remark: one line to be said of a stream that runs, such as that it is too large; "" if nothing.
    """

    @property
    def source(self) -> str: ...
    @property
    def live(self) -> bool: ...
    @property
    def duration_s(self) -> float | None: ...
    @property
    def corrupt(self) -> int: ...
    @property
    def remark(self) -> str: ...

    def frames(self) -> Iterator[Frame]:
        """The frames, once. Raises SourceUnavailable (live) or SourceUnreadable (nothing can be decoded)."""
        ...

    def close(self) -> None:
        """End the iteration and free what is held; may be called again, and from another thread."""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...


class Recording(Source, Protocol):
    """A source that ends. frames_decoded: so far. error: why it broke off or what was damaged, None if it was whole."""

    @property
    def frames_decoded(self) -> int: ...
    @property
    def error(self) -> str | None: ...


def _open_rtsp(request: Request) -> Source:
    return RtspSource(
        request.url,
        camera=request.camera,
        clock=request.clock,
        sample_fps=request.sample_fps,
        transport=request.transport,
        open_timeout_s=request.open_timeout_s,
        read_timeout_s=request.read_timeout_s,
        on_unit=request.on_unit,
        decode=request.decode,
        decode_mpx_per_s=request.decode_mpx_per_s,
    )


def _open_http(request: Request) -> Source:
    # Here: an HTTP client takes 5 MB of each analyzer, and few cameras need one.
    from streams.http_jpeg import HttpSource

    return HttpSource(
        request.url,
        camera=request.camera,
        clock=request.clock,
        sample_fps=request.sample_fps,
        open_timeout_s=request.open_timeout_s,
        read_timeout_s=request.read_timeout_s,
        poll_s=request.poll_s,
        on_unit=request.on_unit,
        decode=request.decode,
        decode_mpx_per_s=request.decode_mpx_per_s,
    )


def _open_file_url(request: Request) -> Recording:
    try:
        parts = urlsplit(request.url)
    except ValueError:
        raise SourceNotFound(request.url, "the address is malformed") from None
    if parts.netloc not in ("", "localhost"):
        raise SourceNotFound(request.url, "file:// of another machine; write file:///path")
    return _open_path(request, Path(unquote(parts.path)))


def _open_path(request: Request, path: Path) -> Recording:
    try:
        path.stat()
    except FileNotFoundError:
        raise SourceNotFound(str(path), "no such file or folder") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise SourceNotFound(str(path), (reason or "cannot be opened").lower()) from None
    if path.is_dir() or path.suffix.lower() in PICTURE_SUFFIXES:
        return FolderSource(
            path,
            camera=request.camera,
            clock=request.clock,
            sample_fps=request.sample_fps,
            paced=request.paced,
            started_at=request.started_at,
            threads=request.threads,
        )
    return VideoFileSource(
        path,
        camera=request.camera,
        clock=request.clock,
        sample_fps=request.sample_fps,
        paced=request.paced,
        started_at=request.started_at,
        threads=request.threads,
        on_unit=request.on_unit,
    )


def _home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise SourceNotFound(str(path), "there is no such user") from None


def _open_webcam(request: Request) -> Source:
    return WebcamSource(
        int(request.url),
        camera=request.camera,
        clock=request.clock,
        sample_fps=request.sample_fps,
        open_timeout_s=request.open_timeout_s,
        read_timeout_s=request.read_timeout_s,
    )


SCHEMES: dict[str, Callable[[Request], Source]] = {
    "rtsp": _open_rtsp,
    "rtsps": _open_rtsp,
    "http": _open_http,
    "https": _open_http,
    "file": _open_file_url,
}
"""Every URL scheme that can be opened. Without a scheme: a path, or a webcam's number."""


def open_source(request: Request) -> Source:
    """Opens `rtsp://…`, `http(s)://…` (MJPEG or a snapshot), `file://…`, the path of a video, a picture or a folder of
    them, or a webcam's number. A phone (`whip:`) is opened by a running watch alone: see streams/pushed.py.

    Raises UnsupportedSource, SourceNotFound, SourceUnreadable or SourceUnavailable.
    """
    request = replace(request, url=request.url.strip())
    if request.url == PUSHED:
        raise SourceUnavailable(PUSHED, "pictures of a phone come to a running watch only")
    if re.fullmatch(r"\d{1,3}", request.url):
        return _open_webcam(request)
    match = _SCHEME.match(request.url)
    if match is None:
        return _open_path(request, _home(Path(request.url)))
    opener = SCHEMES.get(match["scheme"].lower())
    if opener is None:
        allowed = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        reason = f"cannot open {match['scheme']}://; allowed are {allowed}, a path, or a webcam's number"
        raise UnsupportedSource(request.url, reason)
    return opener(request)


def open_recording(
    path: Path, *, camera: str, clock: Clock, sample_fps: float | None = None, started_at: datetime | None = None
) -> Recording:
    """Opens a video, a picture or a folder of them, to be read as fast as it goes. Otherwise as `open_source`.

    Of a folder only what lies in it counts, not the folders in it: those are recordings of their own.
    """
    if os.path.isdir(path):
        return FolderSource(
            path, camera=camera, clock=clock, sample_fps=sample_fps, started_at=started_at, recursive=False
        )
    request = Request(url=str(path), camera=camera, clock=clock, sample_fps=sample_fps, started_at=started_at)
    return _open_path(request, path)
