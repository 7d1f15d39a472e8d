"""The narrow place where libav is touched: opening, converting, and its errors in one line."""

from fractions import Fraction

import av
import av.error
import av.logging
import cv2
import numpy as np
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from streams.access_unit import StreamFormat
from streams.reasons import Reason

av.logging.set_level(None)

_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (av.error.HTTPUnauthorizedError, Reason("camera_password")),
    (av.error.HTTPForbiddenError, Reason("camera_forbidden")),
    (av.error.HTTPNotFoundError, Reason("camera_path")),
    (av.error.HTTPBadRequestError, Reason("camera_transport")),
    (av.error.ExitError, Reason("camera_timed_out")),
    (TimeoutError, Reason("camera_timed_out")),
    (ConnectionRefusedError, Reason("camera_closed_port")),
    (ConnectionResetError, Reason("camera_reset")),
    (BrokenPipeError, Reason("camera_closed")),
    (av.error.EOFError, Reason("camera_eof")),
    (PermissionError, "permission denied"),
    (IsADirectoryError, "is a folder"),
    (av.error.ProtocolNotFoundError, "protocol not supported"),
    (av.error.InvalidDataError, Reason("camera_garbled")),
)


def reason_of(error: av.error.FFmpegError) -> str:
    """One line in words, never with the address (which may hold a password)."""
    for kind, words in _REASONS:
        if isinstance(error, kind):
            return words
    return str(error.strerror or type(error).__name__)


def video_stream(container: InputContainer, threads: int) -> VideoStream | None:
    """The first real video stream (cover art does not count), set to decode with so many threads."""
    for stream in container.streams.video:
        if stream.codec_context is None or stream.disposition & stream.disposition.attached_pic:
            continue
        stream.codec_context.thread_count = max(1, threads)
        stream.thread_type = "AUTO" if threads > 1 else "NONE"
        return stream
    return None


def decoder_for(stream_format: StreamFormat) -> VideoCodecContext:
    """A decoder for access units of this format, with one thread."""
    context = av.CodecContext.create(stream_format.codec, "r")
    assert isinstance(context, VideoCodecContext)
    if stream_format.extradata:
        context.extradata = stream_format.extradata
    context.thread_count = 1
    return context


def fps_of(stream: VideoStream) -> float | None:
    """Pictures a second as the container tells; None if it does not."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if isinstance(rate, Fraction) and 0 < rate <= 1000:
            return float(rate)
    return None


def time_of(frame: VideoFrame) -> float | None:
    """The picture's presentation time in seconds on the stream's own scale; None if it has none."""
    if frame.time_base is None:
        return None
    ticks = frame.pts if frame.pts is not None else frame.dts
    return None if ticks is None else float(ticks * frame.time_base)


LARGEST_PX = 16_000_000
"""A camera of 8K has 33 million: 95 MB a picture, of which an analyzer holds four at times. The second look at a part
of the picture is the only one that such detail could reach, and it has as many pixels of 4K."""

_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


class BgrConverter:
    """Pictures of one stream to BGR. Keeps libswscale's context: a new one for every picture costs a third
    more.

    Pictures of more than LARGEST_PX are halved until they are not. Not thread-safe.
    """

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 BGR, upright. Raises av.error.FFmpegError or ValueError if it cannot."""
        halves = 0
        while frame.width * frame.height >> 2 * halves > LARGEST_PX:
            halves += 1
        made = self._reformatter.reformat(
            frame,
            width=frame.width >> halves,
            height=frame.height >> halves,
            format="bgr24",
            interpolation=Interpolation.AREA if halves else None,
            threads=1,
        )
        image = np.asarray(made.to_ndarray(), dtype=np.uint8)
        turn = _TURNS.get(round(frame.rotation / 90) * 90 % 360)
        return image if turn is None else np.asarray(cv2.rotate(image, turn), dtype=np.uint8)
