"""Coded pictures handed on by recordings: whole, decodable, in time, and told of by a format that is true."""

from itertools import pairwise
from pathlib import Path

import av
import pytest

from streams.access_unit import AccessUnit, StreamFormat
from streams.annex_b import nal_units, parameter_sets
from streams.clock import SimulatedClock
from streams.tap import PacketTap
from streams.video_file import VideoFileSource
from tests.streams.make_media import make_video

X264 = {"preset": "ultrafast", "g": "25"}
X265 = {"preset": "ultrafast", "x265-params": "log-level=none:keyint=25:bframes=0"}


class Units:
    """What a tap was given."""

    def __init__(self) -> None:
        self.given: list[tuple[StreamFormat, AccessUnit]] = []

    def __call__(self, stream_format: StreamFormat, unit: AccessUnit) -> None:
        self.given.append((stream_format, unit))

    @property
    def units(self) -> list[AccessUnit]:
        return [unit for _, unit in self.given]

    def formats(self) -> list[StreamFormat]:
        """Each in its turn; one that comes again is there twice."""
        told = [stream_format for stream_format, _ in self.given]
        return told[:1] + [new for old, new in pairwise(told) if new is not old]


def decoded(units: list[AccessUnit], codec: str) -> list[av.VideoFrame]:
    """By a decoder that knows nothing but the units."""
    context = av.CodecContext.create(codec, "r")
    assert isinstance(context, av.VideoCodecContext)
    frames = [frame for unit in units for frame in context.decode(av.Packet(unit.data))]
    return frames + context.decode(None)


def play(path: Path) -> tuple[Units, int]:
    units = Units()
    with VideoFileSource(path, camera="gate", clock=SimulatedClock(), on_unit=units) as opened:
        return units, len(list(opened.frames()))


@pytest.mark.parametrize(
    ("name", "encoder", "codec", "options", "reorders"),
    [
        ("a.mp4", "libx264", "h264", X264, False),
        ("a.ts", "libx264", "h264", X264, False),
        ("b.mkv", "libx264", "h264", {"preset": "medium", "g": "25", "bf": "2"}, True),
        ("b.mp4", "libx264", "h264", {"preset": "medium", "g": "25", "bf": "2"}, True),
        ("a.mp4", "libx265", "hevc", X265, False),
        ("a.ts", "libx265", "hevc", X265, False),
        ("a.avi", "mjpeg", "mjpeg", {}, False),
    ],
)
def test_units_stand_for_themselves(
    tmp_path: Path, name: str, encoder: str, codec: str, options: dict[str, str], reorders: bool
) -> None:
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    units, frames = play(make_video(tmp_path / name, codec=encoder, pix_fmt=pix_fmt, options=options))
    assert len(units.units) == frames == 50
    assert [index for index, unit in enumerate(units.units) if unit.key] == (
        list(range(50)) if codec == "mjpeg" else [0, 25]
    )
    assert len(decoded(units.units, codec)) == 50
    assert len(decoded(units.units[25:], codec)) == 25, "a key picture brings its parameter sets with it"
    (told,) = units.formats()
    assert (told.codec, told.width, told.height, told.reorders) == (codec, 160, 120, reorders)
    assert bool(told.extradata) == (codec != "mjpeg")
    begun_s = min(unit.pts_s for unit in units.units)
    assert sorted(unit.pts_s - begun_s for unit in units.units) == pytest.approx([i / 25 for i in range(50)], abs=2e-3)


def test_a_damaged_packet_ends_neither_the_units_nor_the_pictures(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4")
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    at = packets[10].pos
    assert at is not None
    data = bytearray(path.read_bytes())
    data[at : at + 4] = b"\xff" * 4  # the length of its first unit
    path.write_bytes(data)
    units, frames = play(path)
    assert len(units.units) == 49
    assert frames == 49


def test_other_codecs_are_only_decoded(tmp_path: Path) -> None:
    units, frames = play(make_video(tmp_path / "a.mpg", codec="mpeg2video"))
    assert (len(units.units), frames) == (0, 50)


def test_a_camera_that_is_set_anew_has_a_new_format(tmp_path: Path) -> None:
    small, large = make_video(tmp_path / "a.ts"), make_video(tmp_path / "b.ts", size=(320, 240))
    small.write_bytes(small.read_bytes() + large.read_bytes())
    units, _ = play(small)
    assert [(told.width, told.height) for told in units.formats()] == [(160, 120), (320, 240)]
    first = next(unit for told, unit in units.given if told.width == 320)
    assert first.key


@pytest.mark.parametrize(
    ("set_back", "reorders"),
    [({20}, False), ({10, 90}, False), (set(range(2, 100, 3)), True)],
    ids=["a clock set by a little", "twice", "B pictures"],
)
def test_a_clock_that_is_set_makes_no_stream_of_b_pictures(tmp_path: Path, set_back: set[int], reorders: bool) -> None:
    """Live view passes none of those on: it would encode for as long as the connection lasts."""
    clock, units = SimulatedClock(), Units()
    with av.open(str(make_video(tmp_path / "a.mp4", frames=100))) as container:
        tap, late = PacketTap(container.streams.video[0], units, clock), 0.0
        for number, packet in enumerate(packet for packet in container.demux(video=0) if packet.size):
            clock.step(0.04)
            late += 0.1 if number in set_back else 0.0
            assert packet.pts is not None and packet.time_base is not None
            packet.pts = packet.dts = packet.pts - int(late / packet.time_base)
            tap(packet)
    assert [told.reorders for told in units.formats()] == [False, True] if reorders else [False]


def test_units_come_at_the_files_pace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sampled at 5 a second, the 25 coded ones come evenly all the same, each at most a picture early."""
    clock = SimulatedClock()
    clock.step(1000.0)

    def wait(_self: object, seconds: float | None = None) -> bool:
        clock.step(seconds or 0.0)
        return False

    units = Units()
    opened = VideoFileSource(
        make_video(tmp_path / "a.mp4"), camera="gate", clock=clock, sample_fps=5.0, paced=True, on_unit=units
    )
    monkeypatch.setattr("threading.Event.wait", wait)
    frames = list(opened.frames())
    assert len(frames) == 10
    early = [1000.0 + unit.pts_s - unit.monotonic_s for unit in units.units]
    assert len(early) == 50
    assert min(early) > -0.01
    assert max(early) < 0.05


SPS, PPS, SLICE = b"\x67\x42\x00\x1e", b"\x68\xce\x38\x80", b"\x65\x88\x84"


@pytest.mark.parametrize(
    ("data", "codec", "sets"),
    [
        (b"\0\0\1" + SPS + b"\0\0\0\1" + PPS + b"\0\0\1" + SLICE, "h264", b"\0\0\0\1" + SPS + b"\0\0\0\1" + PPS),
        (b"\0\0\0\1\x09\xf0\0\0\0\1" + SPS + b"\0\0\1" + SLICE + b"\0\0\1" + PPS, "h264", b"\0\0\0\1" + SPS),
        (b"\0\0\0\1\x40\x01\x0c\0\0\1\x26\x01\xaf", "hevc", b"\0\0\0\1\x40\x01\x0c"),
        (b"\0\0\0\1" + SLICE, "h264", b""),
        (b"\0\0\1\0\0\1", "h264", b""),
        (b"\xff\xd8\xff\xe0 a jpeg", "mjpeg", b""),
        (b"", "h264", b""),
    ],
)
def test_parameter_sets(data: bytes, codec: str, sets: bytes) -> None:
    assert parameter_sets(data, codec) == sets


def test_nal_units_are_found_behind_either_start_code() -> None:
    assert list(nal_units(b"\0\0\0\1" + SPS + b"\0\0\1" + PPS)) == [SPS, PPS]
