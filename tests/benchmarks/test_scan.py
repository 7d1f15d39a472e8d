"""The benchmarks of sparse looks do what they say, on next to nothing."""

import sys
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.scan import against, footage, recall, speed
from models.files import read_json
from tests.shared import shared_file

SCENARIOS = Path(__file__).parents[1] / "scenarios"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where recordings are made."""
    monkeypatch.setattr(footage, "KEPT", tmp_path / "scan")
    return tmp_path / "scan"


@pytest.fixture
def brief(kept: Path) -> Path:
    """A recording in which somebody walks through the corridor, and a second of calm."""
    return footage.made(footage.long_recording((320, 180), 7.0, calm_s=1.0, gop=50, bitrate=400_000))


def test_a_recording_is_coded_as_a_recorder_codes_it(brief: Path, kept: Path) -> None:
    assert list(kept.iterdir()) == [brief]
    with av.open(str(brief)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        assert (stream.width, stream.height, float(stream.average_rate or 0)) == (320, 180, float(footage.FPS))
    assert [number for number, packet in enumerate(packets) if packet.is_keyframe] == [0, 50, 100, 150]
    assert len(packets) == 7 * footage.FPS
    assert [packet.pts for packet in packets] == sorted(packet.pts or 0 for packet in packets), "no B pictures"
    made_at = brief.stat().st_mtime_ns
    again = footage.made(footage.long_recording((320, 180), 7.0, calm_s=1.0, gop=50, bitrate=400_000))
    assert (again, again.stat().st_mtime_ns) == (brief, made_at), "made once"


def test_a_clip_is_coded_anew_with_a_quiet_while_before_it(kept: Path) -> None:
    clip = SCENARIOS / "ebike_lift_day.mp4"
    made = footage.made(footage.Recipe(clip, before_s=2.0))
    with av.open(str(clip)) as was, av.open(str(made)) as now:
        assert now.streams.video[0].width == was.streams.video[0].width
        assert (now.duration or 0) / 1e6 == pytest.approx((was.duration or 0) / 1e6 + 2.0, abs=0.2)
        first, *_, last = [
            frame.to_ndarray(format="gray").astype(int)
            for _, frame in zip(range(50), now.decode(video=0), strict=False)
        ]
    assert 0 < np.abs(first - last).mean() < 4, "noise alone"


def test_what_is_measured_of_a_recording(brief: Path) -> None:
    seconds, decoded, *_ = speed.floor(brief)
    assert seconds == pytest.approx(7.0, abs=0.1) and decoded == 7 * footage.FPS
    length_s, decoded, looks, events = speed.Audited(dense=False)(brief)
    assert length_s == pytest.approx(7.0, abs=0.1)
    assert 0 < looks <= decoded
    assert events == 0


def test_what_ultralytics_takes_is_measured_beside(
    brief: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ultralytics", reason="it comes with the extra `bench`")
    out = tmp_path / "r.json"
    monkeypatch.setattr(sys, "argv", ["against", str(brief), "--size", "160", "--seconds", "3", "--out", str(out)])
    against.main()
    told = read_json(out)
    assert told["ultralytics_looks"] == 15
    assert told["ours_cpu_s_per_s"] > 0 and told["ultralytics_over_ours"] > 0


def test_what_sparse_looks_find_is_held_against_the_dense_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clips, out = shared_file("clips"), tmp_path / "r.json"
    words = ["--shared", str(clips), "--rendered", str(tmp_path / "none"), "--only", "kitchen_night", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["recall", *words, "--memo", str(tmp_path / "memo.sqlite")])
    assert recall.main() == 0
    (row,) = read_json(out)["recordings"]
    assert (row["dense_events"], row["found"], row["extra"], row["scored"]) == (1, 1, [], 1)
    assert row["sparse_looks"] < row["dense_looks"]
    assert "1 of 1 events, 0 extra" in capsys.readouterr().out
