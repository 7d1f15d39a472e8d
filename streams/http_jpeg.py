"""Network cameras that send JPEG over HTTP: as a stream (multipart/x-mixed-replace), or one for each request."""

import threading
from collections.abc import Iterator
from typing import NoReturn
from urllib.parse import urlsplit

import httpx

from streams.clock import Clock
from streams.closing import Closing
from streams.errors import SourceRefused, SourceUnavailable, redact_address
from streams.frame import Frame
from streams.http_door import HttpDoor, reason_of
from streams.image_header import picture_size
from streams.jpeg import JpegDecoder, JpegTap
from streams.multipart import MAX_PART, MultipartError, MultipartReader, boundary_of
from streams.reasons import Reason
from streams.sound import Flow, PixelBudget
from streams.tap import UnitListener
from streams.timeline import Sampler

MOST_PER_S = 120.0
"""Pictures a second that are read. No camera sends more, and one that floods us is not to take the others' time: its
pictures wait in its own sockets."""
_TOO_LARGE = "too large to be decoded in full: fewer pictures are looked at; set the camera to a smaller size"
_NO_PICTURE_S = 15.0
"""A stream with parts but no sound picture for this long is lost."""

_STREAM_TYPES = frozenset({"multipart/x-mixed-replace", "multipart/mixed"})
_PICTURE_TYPES = frozenset({"image/jpeg", "image/jpg", "image/pjpeg"})
_OF_STATUS = {401: "camera_password", 403: "camera_forbidden", 404: "camera_path"}


class HttpSource(Closing):
    """An HTTP camera. Which of the two kinds it is, its answer tells; a snapshot is asked for every `poll_s`.

    Only pictures that are taken (`sample_fps`, `decode_mpx_per_s`) are decoded; damaged ones are counted in `corrupt`
    and left out.
    `on_unit` gets every picture as it comes; decode: False gives no frames at all. Deadlines and errors as RtspSource;
    what is kept in memory is bounded by one part of multipart.MAX_PART.
    """

    live = True
    duration_s: float | None = None

    def __init__(
        self,
        url: str,
        *,
        camera: str,
        clock: Clock,
        sample_fps: float | None = None,
        open_timeout_s: float = 5.0,
        read_timeout_s: float = 5.0,
        poll_s: float = 1.0,
        on_unit: UnitListener | None = None,
        decode: bool = True,
        decode_mpx_per_s: float = 70.0,
    ) -> None:
        self.source = redact_address(url)
        self.corrupt = 0
        self._camera, self._clock, self._poll_s = camera, clock, poll_s
        self._open_timeout_s, self._read_timeout_s = open_timeout_s, read_timeout_s
        self._sampler, self._budget = Sampler(sample_fps), PixelBudget(decode_mpx_per_s)
        self._flow = Flow(MOST_PER_S)
        self._tap = JpegTap(on_unit) if on_unit is not None else None
        self._decodes = decode
        self._decode = JpegDecoder()
        self._closed = threading.Event()
        self._reading = False
        self._door = self._make_door(url)
        try:
            self._answer = self._ask()
            self._boundary = self._kind(self._answer)
        except BaseException:
            self._door.close()
            raise

    @property
    def remark(self) -> str:
        """What is to be said of a stream that runs; "" if nothing."""
        return _TOO_LARGE if self._budget.over else ""

    def frames(self) -> Iterator[Frame]:
        """Frames until the source is closed. Raises SourceUnavailable when the stream is lost."""
        if self._reading or self._closed.is_set():
            raise RuntimeError("a stream can be read once; open it again")
        self._reading = True
        return self._frames()

    def close(self) -> None:
        """End the iteration and the connection."""
        self._closed.set()
        self._door.shut()
        if not self._reading:
            self._door.close()

    def _make_door(self, url: str) -> HttpDoor:
        try:
            if not urlsplit(url).hostname:
                raise SourceUnavailable(self.source, Reason("camera_no_host"))
            return HttpDoor(url, self._open_timeout_s, self._read_timeout_s)
        except ValueError:
            raise SourceUnavailable(self.source, Reason("camera_address")) from None

    def _ask(self) -> httpx.Response:
        begun_s = self._clock.monotonic_s()
        try:
            return self._door.ask()
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            late = self._clock.monotonic_s() - begun_s >= 0.95 * self._open_timeout_s
            reason = Reason("camera_no_answer", seconds=f"{self._open_timeout_s:g}") if late else reason_of(error)
            raise SourceUnavailable(self.source, reason) from None

    def _kind(self, answer: httpx.Response) -> str | None:
        """The boundary of a stream; None for a snapshot. Raises SourceUnavailable, SourceRefused."""
        status = answer.status_code
        if status in (401, 403):
            raise SourceRefused(self.source, Reason(_OF_STATUS[status]))
        if 300 <= status < 400:
            self._lost(Reason("camera_moved", status=status))
        if status != 200:
            self._lost(Reason(_OF_STATUS[status]) if status in _OF_STATUS else Reason("camera_status", status=status))
        told = answer.headers.get("content-type", "")
        kind = told.partition(";")[0].strip().lower()
        if kind in _STREAM_TYPES:
            return boundary_of(told)
        if kind not in _PICTURE_TYPES:
            self._lost(Reason("camera_no_jpeg", kind=kind[:60] or "no content type"))
        return None

    def _frames(self) -> Iterator[Frame]:
        first_s: float | None = None
        seen_s = self._clock.monotonic_s()
        try:
            for index, data in enumerate(self._pictures()):
                if self._closed.wait(self._flow.pause_s(self._clock.monotonic_s())):
                    return
                at, now_s = self._clock.now(), self._clock.monotonic_s()
                first_s = now_s if first_s is None else first_s
                if self._tap is not None:
                    self._tap(data, now_s - first_s, at, now_s)
                if not self._decodes or not self._takes(data, now_s):
                    continue
                image = self._decode(data)
                if image is not None:
                    seen_s = now_s
                    yield Frame(self._camera, index, at, now_s - first_s, now_s, image)
                    continue
                self.corrupt += 1
                if now_s - seen_s > max(_NO_PICTURE_S, self._read_timeout_s):
                    self._lost(Reason("camera_no_picture", seconds=f"{now_s - seen_s:.0f}"))
        finally:
            self._door.close()

    def _takes(self, data: bytes, now_s: float) -> bool:
        if not self._sampler.take(now_s):
            return False
        width, height = picture_size(data) or (0, 0)
        return self._budget.take(width * height, now_s)

    def _pictures(self) -> Iterator[bytes]:
        """JPEG files until closed; every other end is a loss."""
        try:
            yield from self._snapshots() if self._boundary is None else self._parts(self._boundary)
        except (httpx.HTTPError, OSError) as error:
            if not self._closed.is_set():
                silent = isinstance(error, httpx.TimeoutException)
                self._lost(self._silent() if silent else reason_of(error))
        except MultipartError as error:
            self._lost(str(error))
        if not self._closed.is_set():
            self._lost(Reason("camera_ended"))

    def _parts(self, boundary: str) -> Iterator[bytes]:
        reader = MultipartReader(boundary)
        whole_s = self._clock.monotonic_s()
        for chunk in self._answer.iter_raw():
            now_s = self._clock.monotonic_s()
            for body in reader.feed(chunk):
                whole_s = now_s
                yield body
            if self._closed.is_set():
                return
            if now_s - whole_s > self._read_timeout_s:  # it sends, but never a whole picture
                self._lost(self._silent())

    def _snapshots(self) -> Iterator[bytes]:
        while True:
            asked_s = self._clock.monotonic_s()
            yield self._body(asked_s)
            if self._closed.wait(max(0.0, asked_s + self._poll_s - self._clock.monotonic_s())):
                return
            self._answer = self._ask()
            if self._kind(self._answer) is not None:
                self._lost("the camera answers with something else than before")

    def _body(self, asked_s: float) -> bytes:
        data = bytearray()
        for chunk in self._answer.iter_raw():
            data += chunk
            if len(data) > MAX_PART:
                self._lost(f"a picture is larger than {MAX_PART // 2**20} MiB")
            if self._clock.monotonic_s() - asked_s > self._read_timeout_s:
                self._lost(self._silent())
        return bytes(data)

    def _silent(self) -> str:
        return Reason("camera_silent", seconds=f"{self._read_timeout_s:g}")

    def _lost(self, reason: str) -> NoReturn:
        raise SourceUnavailable(self.source, reason) from None
