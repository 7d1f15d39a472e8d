"""Network cameras."""

import socket
import threading
from collections.abc import Iterator
from typing import Literal, NoReturn
from urllib.parse import urlsplit

import av
import av.error
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from streams.clock import Clock
from streams.closing import Closing
from streams.errors import SourceRefused, SourceUnavailable, redact_address
from streams.frame import Frame
from streams.libav import BgrConverter, fps_of, reason_of, time_of, video_stream
from streams.reasons import Reason
from streams.sound import Backlog, DecodeBudget, SoundPictures
from streams.tap import PacketTap, UnitListener
from streams.timeline import Sampler, Timeline

_NO_PICTURE_S = 15.0
"""A stream with packets but no sound picture for this long is lost. Key frames are up to 10 s apart."""

# Measured against GStreamer's server at 25 fps with a key frame every 2 s, first picture after connecting:
# 0.3 s with these, 1.1 s with libav's defaults, and 2.0 s with `fflags nobuffer`, which throws the probed key
# frame away.
_OPTIONS = {
    "allowed_media_types": "video",
    "fpsprobesize": "0",
    "analyzeduration": "1000000",
    "probesize": "1000000",
    "max_delay": "300000",
}
_LOW_DELAY = 1 << 19  # AV_CODEC_FLAG_LOW_DELAY
_SILENT = Reason("camera_timed_out")
_TOO_LARGE = "too large to be decoded in full: only its key pictures are looked at; use the camera's sub stream"


def _opening_reason(error: av.error.FFmpegError) -> str:
    if isinstance(error, av.error.InvalidDataError):
        return Reason("camera_no_rtsp")
    return reason_of(error)


class RtspSource(Closing):
    """An RTSP stream. Frames are stamped right after they are read; damaged ones, and those predicted from them, are
    counted in `corrupt` and left out, and so are, in `skipped`, packets for which there is no time (Backlog,
    DecodeBudget). `on_unit` gets them all.
    decode: False gives no frames at all.

    The constructor connects, for at most about `open_timeout_s` a step. Both it and `frames()` raise
    SourceUnavailable: a stream that ends is a stream that is lost. Not thread-safe; `close` from another thread
    takes effect at the next packet or after `read_timeout_s`.
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
        transport: Literal["tcp", "udp"] = "tcp",
        open_timeout_s: float = 5.0,
        read_timeout_s: float = 5.0,
        on_unit: UnitListener | None = None,
        decode: bool = True,
        decode_mpx_per_s: float = 70.0,
    ) -> None:
        self.source = redact_address(url)
        self.corrupt = 0
        self.skipped = 0
        self._camera = camera
        self._clock = clock
        self._sample_fps = sample_fps
        self._read_timeout_s = read_timeout_s
        self._closed = threading.Event()
        self._reading = False
        self._backlog = Backlog()
        self._budget = DecodeBudget(decode_mpx_per_s)
        self._sound = SoundPictures()
        self._container, self._stream = self._open(url, transport, open_timeout_s)
        self._timeline = Timeline(fps_of(self._stream))
        self._decodes = decode
        self._tap = PacketTap(self._stream, on_unit, clock) if on_unit is not None else None
        self._convert = BgrConverter()

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
        if not self._reading:
            self._container.close()

    def _open(self, url: str, transport: str, open_timeout_s: float) -> tuple[InputContainer, VideoStream]:
        self._check(url)
        begun_s = self._clock.monotonic_s()
        try:
            container = av.open(
                url,
                format="rtsp",
                options={"rtsp_transport": transport, **_OPTIONS},
                timeout=(open_timeout_s, self._read_timeout_s),
                metadata_errors="replace",
            )
        except av.error.FFmpegError as error:
            late = self._clock.monotonic_s() - begun_s >= 0.95 * open_timeout_s
            reason = Reason("camera_no_answer", seconds=f"{open_timeout_s:g}") if late else _opening_reason(error)
            refused = isinstance(error, (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError))
            raise (SourceRefused if refused else SourceUnavailable)(self.source, reason) from None
        stream = video_stream(container, threads=1)
        if stream is None:
            container.close()
            raise SourceUnavailable(self.source, Reason("camera_no_video"))
        stream.codec_context.flags |= _LOW_DELAY
        return container, stream

    def _check(self, url: str) -> None:
        """Say in words what libav would call invalid data: a bad address, an unknown host."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise SourceUnavailable(self.source, Reason("camera_address")) from None
        if not host:
            raise SourceUnavailable(self.source, Reason("camera_no_host"))
        try:
            socket.getaddrinfo(host, port or 554, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            cut_short = "@" in f"{parts.path}{parts.query}{parts.fragment}"
            code = "camera_address" if cut_short else "camera_unknown_host"
            raise SourceUnavailable(self.source, Reason(code)) from None

    def _frames(self) -> Iterator[Frame]:
        sampler = Sampler(self._sample_fps)
        try:
            for index, frame in enumerate(self._decoded()):
                at, monotonic_s = self._clock.now(), self._clock.monotonic_s()
                pts_s = self._timeline.next_s(time_of(frame))
                if sampler.take(monotonic_s):
                    yield Frame(self._camera, index, at, pts_s, monotonic_s, self._convert(frame))
        except av.error.FFmpegError as error:
            self._lost(reason_of(error))
        finally:
            self._container.close()

    def _decoded(self) -> Iterator[VideoFrame]:
        """Sound pictures until closed; every other end is a loss."""
        limit_s = max(_NO_PICTURE_S, self._read_timeout_s)
        packets = self._container.demux(self._stream)
        seen_s = self._clock.monotonic_s()
        while True:
            asked_s = self._clock.monotonic_s()
            packet = next(packets, None)
            now_s = self._clock.monotonic_s()
            if self._closed.is_set():
                return
            if packet is None:
                self._lost(Reason("camera_ended"))
            if now_s - asked_s >= 0.95 * self._read_timeout_s:
                # After a time-out libav's parser first hands out the one packet that it held back.
                self._lost(_SILENT)
            if self._tap is not None:
                self._tap(packet)
            if not self._decodes:
                continue
            if self._leave_out(packet, now_s - asked_s, now_s):
                self.skipped += 1
                continue
            for frame in self._decode(packet):
                yield frame
                seen_s = self._clock.monotonic_s()
            if self._clock.monotonic_s() - seen_s > limit_s:
                self._lost(Reason("camera_no_picture", seconds=f"{limit_s:g}"))

    def _leave_out(self, packet: "av.packet.Packet[VideoStream]", waited_s: float, now_s: float) -> bool:
        """Both are asked, since both keep count."""
        key, context = packet.is_keyframe, self._stream.codec_context
        behind = self._backlog.skip(key, waited_s, now_s)
        return self._budget.skip(key, context.width * context.height, now_s) or behind

    def _decode(self, packet: "av.packet.Packet[VideoStream]") -> list[VideoFrame]:
        """The sound pictures that this packet completes."""
        now_s = self._clock.monotonic_s()
        try:
            frames = packet.decode()
        except av.error.EOFError:
            return []
        except av.error.FFmpegError:
            self.corrupt += 1
            self._sound.damage(now_s)
            return []
        sound = [
            frame for frame in frames if self._sound.take(key=frame.key_frame, marked=frame.is_corrupt, now_s=now_s)
        ]
        self.corrupt += len(frames) - len(sound)
        return sound

    def _lost(self, reason: str) -> NoReturn:
        if reason == _SILENT:
            reason = Reason("camera_silent", seconds=f"{self._read_timeout_s:g}")
        raise SourceUnavailable(self.source, reason) from None
