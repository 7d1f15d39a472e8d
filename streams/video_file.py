"""Recordings."""

import math
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from streams.clock import Clock
from streams.closing import Closing
from streams.disk import refused
from streams.errors import SourceNotFound, SourceUnreadable, redact
from streams.frame import Frame
from streams.libav import BgrConverter, fps_of, reason_of, time_of, video_stream
from streams.spans import Span, SpanReader
from streams.tap import PacketTap, UnitListener
from streams.timeline import Picture, Playback, Timeline, step_of

VIDEO_SUFFIXES = frozenset(
    {
        ".mp4",
        ".m4v",
        ".mov",
        ".mkv",
        ".avi",
        ".ts",
        ".m2ts",
        ".mts",
        ".mpg",
        ".mpeg",
        ".webm",
        ".flv",
        ".wmv",
        ".3gp",
    }
    | {".asf", ".dav", ".h264", ".264", ".h265", ".265", ".hevc", ".ps", ".vob", ".mjpg", ".mjpeg", ".ogv"}
)

_NO_VIDEO = "not a video, or damaged beyond reading"
_NO_INDEX = "the index (moov) is missing or damaged: the recording was cut off"

# What cameras and recorders write. libav knows hundreds of formats more, and takes some texts for one of them (CD+G).
# A playlist in disguise must not reach out to the network either.
_OPTIONS = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,live_flv,asf,h264,hevc,"
    "mjpeg,m4v,dhav,ogg,mxf,ivf,obu,av1,rm,wtv",
    "protocol_whitelist": "file",
}

TIMELESS = frozenset({"h264", "hevc", "m4v", "mjpeg", "mpegvideo", "obu"})
"""Formats of coded pictures alone: libav makes their times up from a rate that it guesses."""
_LEAST_PACE = 0.4
"""60 pictures a second where 25 are guessed. A file that would have to be faster goes beyond the begin of the next."""


def opened(path: Path) -> InputContainer:
    """The file and nothing else. Raises FFmpegError, OSError."""
    # "file:" keeps libav from reading a protocol into the name.
    return av.open(f"file:{path}", options=_OPTIONS, metadata_errors="replace")


class VideoFileSource(Closing):
    """A recording, decoded whole; only sampled pictures are converted.

    Unpaced: every sampled picture, as fast as asked for, `at` = started_at (or 1970-01-01 UTC) + pts_s,
    `monotonic_s` = pts_s.
    Paced: like a camera, stamped by the clock; pictures that come too late are skipped. `on_unit` gets each coded
    picture when it is read, at most the decoder's delay before it is due.
    until_s: as `streams.timeline.Timeline` has it; a file without times of its own that would last longer ends there.
    A file that cannot be opened raises at once; one in which no picture decodes raises from `frames()`.
    After `frames()` has ended, `frames_decoded`, `corrupt` and `error` say how it went; refused: it ended as the system
    did not let it be read on, and the file itself may be whole. Not thread-safe, but `close` may be called from any
    thread.
    """

    live = False
    remark = ""

    def __init__(
        self,
        path: Path | str,
        *,
        camera: str,
        clock: Clock,
        sample_fps: float | None = None,
        paced: bool = False,
        started_at: datetime | None = None,
        threads: int = 1,
        on_unit: UnitListener | None = None,
        until_s: float = math.inf,
    ) -> None:
        self._path = Path(path)
        self.source = redact(str(path))
        self._playback = Playback(camera, clock, sample_fps, paced, started_at)
        self._closed = threading.Event()
        self._reading = False
        self._container, self._stream = self._open(threads)
        pace = self._pace(until_s)
        self._timeline = Timeline(fps_of(self._stream), until_s, pace)
        self._tap = PacketTap(self._stream, on_unit, clock) if on_unit is not None else None
        self._convert = BgrConverter()
        self._converted = 0
        self._last_s = 0.0
        self._demux_error: str | None = None
        told_s = self._duration_s()
        self.duration_s = told_s and told_s * pace
        self.frames_decoded = 0
        self.corrupt = 0
        self.error: str | None = None
        self.refused = False

    def frames(self) -> Iterator[Frame]:
        """The sampled frames, once. Raises SourceUnreadable if no picture can be decoded."""
        return self._playback.frames(self.pictures(), self._closed)

    def pictures(self) -> Iterator[Picture]:
        """Every decoded picture with its repaired time, once. Raises SourceUnreadable if there is none."""
        self._begin()
        try:
            for frame in self._decoded():
                self._last_s = self._timeline.next_s(time_of(frame))
                index = self.frames_decoded
                self.frames_decoded += 1
                yield Picture(index, self._last_s, partial(self._image, frame))
            self._conclude(self.frames_decoded > 0)
        finally:
            self._container.close()

    def spans(self) -> Iterator[Span]:
        """Instead of `frames`: the recording in spans, once, unpaced; the sampled pictures and their times are the
        same. Only what is asked for is decoded, and counted. Raises SourceUnreadable if no picture can be decoded.
        """
        self._begin()
        reader = SpanReader(self._packets(), self._stream, self._timeline, self._playback.sample_fps, self._frame)
        seen = False
        try:
            for span in reader.spans():
                if self._closed.is_set():
                    return
                yield span
                seen = True
                self._last_s, self.frames_decoded, self.corrupt = reader.last_s, reader.decoded, reader.corrupt
            self._conclude(seen)
        finally:
            self._container.close()

    def close(self) -> None:
        """End the iteration and free the file."""
        self._closed.set()
        if not self._reading:
            self._container.close()

    def _open(self, threads: int) -> tuple[InputContainer, VideoStream]:
        try:
            if not self._path.exists():
                raise SourceNotFound(self.source, "no such file")
            if not self._path.is_file():
                raise SourceUnreadable(self.source, "not a file")
            if self._path.stat().st_size == 0:
                raise SourceUnreadable(self.source, "the file is empty")
        except OSError as error:  # its folder may not be entered, or its disk went
            raise SourceUnreadable(self.source, refused(error)) from None
        try:
            container = opened(self._path)
        except av.error.FFmpegError as error:
            raise SourceUnreadable(self.source, self._refusal(error)) from None
        stream = video_stream(container, threads)
        if stream is None:
            container.close()
            raise SourceUnreadable(self.source, "no video in the file")
        return container, stream

    def _pace(self, until_s: float) -> float:
        """Seconds that pass in one of the container's: less than 1 where its made-up times would go beyond the end."""
        if not math.isfinite(until_s) or self._container.format.name not in TIMELESS:
            return 1.0
        guessed_s = self._count() * step_of(fps_of(self._stream))
        pace = until_s / guessed_s if guessed_s > until_s else 1.0
        return pace if pace >= _LEAST_PACE else 1.0

    def _count(self) -> int:
        """Coded pictures in the file, which is read for it; as far as it can be."""
        pictures = 0
        with suppress(av.error.FFmpegError), opened(self._path) as container:
            for packet in container.demux(container.streams.video[0]):
                pictures += bool(packet.size)
        return pictures

    def _refusal(self, error: av.error.FFmpegError) -> str:
        if not isinstance(error, (av.error.InvalidDataError, av.error.ArgumentError)):
            return reason_of(error)
        try:
            with self._path.open("rb") as file:
                cut_off = file.read(8)[4:] == b"ftyp"
        except OSError as gone:
            return refused(gone)
        return _NO_INDEX if cut_off else _NO_VIDEO

    def _begin(self) -> None:
        if self._reading or self._closed.is_set():
            raise RuntimeError("a recording can be read once; open it again")
        self._reading = True

    def _packets(self) -> "Iterator[Packet[VideoStream]]":
        """Every packet up to the end, or to where the file cannot be read on."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError as error:
                self._demux_error, self.refused = reason_of(error), isinstance(error, OSError)
                return
            yield packet

    def _decoded(self) -> Iterator[VideoFrame]:
        """Every sound picture in display order; damaged packets are counted and passed over."""
        for packet in self._packets():
            if self._tap is not None:
                self._tap(packet)
            try:
                frames = packet.decode()
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                self.corrupt += 1
                continue
            yield from self._sound(frames)
        if self._demux_error is None:
            return
        try:
            rest = self._stream.codec_context.decode(None)
        except av.error.FFmpegError:
            return
        yield from self._sound(rest)

    def _sound(self, frames: list[VideoFrame]) -> Iterator[VideoFrame]:
        for frame in frames:
            if frame.is_corrupt:
                self.corrupt += 1
            else:
                yield frame

    def _frame(self, index: int, pts_s: float, picture: VideoFrame) -> Frame | None:
        image = self._image(picture)
        return None if image is None else self._playback.frame(index, pts_s, image)

    def _image(self, frame: VideoFrame) -> NDArray[np.uint8] | None:
        try:
            image = self._convert(frame)
        except (av.error.FFmpegError, ValueError):
            self.corrupt += 1
            return None
        self._converted += 1
        return image

    def _duration_s(self) -> float | None:
        if self._stream.duration and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        told = self._container.duration
        return told / 1e6 if told and told > 0 else None

    def _conclude(self, seen: bool) -> None:
        """Say what was wrong with a file that was read to its end. seen: there was any picture."""
        if not seen:
            why = f" ({self._demux_error})" if self._demux_error else ""
            raise SourceUnreadable(self.source, f"no picture could be decoded{why}")
        step_s = self._timeline.step_s
        ended_s = self._last_s + step_s
        told_s = self.duration_s or 0.0
        if told_s - ended_s > max(1.0, 3 * step_s):
            self.error = f"truncated: {ended_s:.1f} s of {told_s:.1f} s could be read"
        elif self._demux_error:
            self.error = f"truncated: reading ended at {ended_s:.1f} s ({self._demux_error})"
        elif self.corrupt:
            self.error = f"corrupt: {self.corrupt} damaged packets or pictures were left out"
