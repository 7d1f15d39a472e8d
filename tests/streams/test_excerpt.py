"""What is cut out of a recording is what its seconds mean to the rules, whatever its own clock says."""

import math
from pathlib import Path

import av
import numpy as np
import pytest
from av.container import InputContainer

from streams.clock import SimulatedClock
from streams.excerpt import Keys, Lost, _from_known, excerpt
from streams.libav import video_stream
from streams.video_file import VideoFileSource, opened
from tests.streams.dav import write_dav
from tests.streams.test_chain import FPS, write

KEY_EVERY_S = 12 / FPS
"""libx264's own default is longer than these clips; `marked` asks for this."""


def marked(path: Path, leaps: tuple[float, float] = (math.inf, 0.0)) -> Path:
    """Twenty seconds that get brighter by the picture, so that a picture tells its second."""
    return write(path, 20, greys=range(30, 230, 2), leaps=leaps, gop=12)


def shown(path: Path, since_s: float, until_s: float, over_s: float = math.inf) -> tuple[list[float], list[float]]:
    """Greys and times of what is cut."""
    with opened(path) as container:
        return cut_of(container, since_s, until_s, over_s)


def cut_of(
    container: InputContainer, since_s: float, until_s: float, over_s: float = math.inf, keys: Keys | None = None
) -> tuple[list[float], list[float]]:
    """The same of an open file."""
    stream = video_stream(container, threads=1)
    assert stream is not None and stream.time_base is not None
    greys, times = [], []
    decoder = av.CodecContext.create(stream.codec_context.name, "r")
    decoder.extradata = stream.codec_context.extradata
    for packet in excerpt(container, stream, since_s, until_s, over_s, keys):
        times.append(float((packet.pts or 0) * stream.time_base))
        greys += [float(one.to_ndarray(format="gray").mean()) for one in decoder.decode(packet)]  # type: ignore[attr-defined]
    greys += [float(one.to_ndarray(format="gray").mean()) for one in decoder.decode(None)]  # type: ignore[attr-defined]
    return greys, sorted(times)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "flv", "avi"])
def test_from_the_key_picture_before_to_the_end_of_it(suffix: str, tmp_path: Path) -> None:
    greys, times = shown(marked(tmp_path / f"1.{suffix}"), 10.0, 14.0)
    assert 10.0 - KEY_EVERY_S - 0.1 <= times[0] <= 10.1
    assert times[-1] == pytest.approx(14.0, abs=0.41)
    assert len(times) == len(greys)
    assert times == pytest.approx([times[0] + number / FPS for number in range(len(times))], abs=0.02)


@pytest.mark.parametrize(
    ("suffix", "leap_s", "over_s"),
    [
        *((suffix, 7200.0, 20.0) for suffix in ("mkv", "ts", "flv")),
        *((suffix, 90_000.0, math.inf) for suffix in ("mkv", "ts", "flv")),
        ("ts", 0.0, math.inf),
    ],
)
def test_after_a_leap_of_its_clock_it_is_still_the_same_moment(
    suffix: str, leap_s: float, over_s: float, tmp_path: Path
) -> None:
    """0: its clock begins anew, as where two files were put together."""
    path = marked(tmp_path / f"1.{suffix}", leaps=(4.0, leap_s))
    if leap_s == 0.0:
        first = write(tmp_path / "0.ts", 4, greys=range(190, 230, 2), gop=12)
        path.write_bytes(first.read_bytes() + path.read_bytes())
    with VideoFileSource(path, camera="c", clock=SimulatedClock(), until_s=over_s) as video:
        true = {frame.pts_s: float(frame.image.mean()) for frame in video.frames()}
    greys, times = shown(path, 10.0, 14.0, over_s)
    assert len(greys) > 4 * FPS
    meant = [true[min(true, key=lambda at_s: abs(at_s - time_s))] for time_s in times]
    assert greys == pytest.approx(meant, abs=12), "three pictures more or less: those about the leap are in disorder"


@pytest.mark.parametrize("suffix", ["ts", "flv", "asf", "dav", "mp4"])
def test_of_several_of_one_file_each_begins_where_something_was_read(suffix: str, tmp_path: Path) -> None:
    """To read an hour from its begin for each of its events takes days."""
    path, keys = tmp_path / f"1.{suffix}", Keys()
    if suffix == "dav":
        write_dav(path, [np.full((48, 64, 3), grey, np.uint8) for grey in range(30, 230, 2)], fps=FPS)
    else:
        marked(path)
    wanted = [(12.0, 14.0), (3.0, 4.0), (17.0, 19.0), (12.0, 14.0)]
    fresh = [shown(path, since_s, until_s) for since_s, until_s in wanted]
    with opened(path) as container:
        assert [cut_of(container, since_s, until_s, keys=keys) for since_s, until_s in wanted] == fresh
        before = keys.before(11.0)
        if suffix == "mp4":
            assert before is None, "it knows by itself"
            return
        assert before is not None and 11.0 - KEY_EVERY_S <= before.at_s <= 11.0
        stream = video_stream(container, threads=1)
        assert stream is not None
        _, packets = _from_known(container, stream, keys, 11.0)
        assert next(packets).pos == before.pos


def test_a_file_that_cannot_be_sought_through_is_read_from_its_begin(tmp_path: Path) -> None:
    """Its clock begins anew: at one of its times there are two pictures."""
    path = marked(tmp_path / "1.ts")
    first = write(tmp_path / "0.ts", 8, greys=range(30, 110), gop=12)
    path.write_bytes(first.read_bytes() + path.read_bytes())
    wanted = [(14.0, 16.0), (6.0, 7.5), (20.0, 21.0), (1.0, 2.0)]
    fresh = [shown(path, since_s, until_s) for since_s, until_s in wanted]
    keys, found, container = Keys(), [], opened(path)
    for since_s, until_s in wanted:
        try:
            found.append(cut_of(container, since_s, until_s, keys=keys))
        except Lost:
            container.close()
            keys.give_up()
            container = opened(path)
            found.append(cut_of(container, since_s, until_s, keys=keys))
    container.close()
    assert found == fresh


def test_a_name_with_colons_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marked(tmp_path / "x.mp4").rename(tmp_path / "12:00:00.mp4")
    monkeypatch.chdir(tmp_path)
    assert shown(Path("12:00:00.mp4"), 1.0, 2.0)[0]


def test_a_playlist_in_disguise_is_not_followed(tmp_path: Path) -> None:
    marked(tmp_path / "x.ts")
    (tmp_path / "list.mp4").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nx.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(av.error.InvalidDataError), opened(tmp_path / "list.mp4"):
        pass
