"""What encoders do to a picture."""

from __future__ import annotations

import io
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.synth.codec import encode, round_trip


def busy(seed: int = 1) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).integers(0, 255, (96, 160, 3)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 2).clip(0, 255), np.uint8)


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_a_low_rate_loses_more_and_keeps_the_size(codec: Any) -> None:
    frame = busy()
    fine, coarse = round_trip(frame, 14, codec), round_trip(frame, 44, codec)
    assert fine.shape == coarse.shape == frame.shape
    lost = [float(np.abs(out.astype(float) - frame).mean()) for out in (fine, coarse)]
    assert lost[0] < lost[1]
    assert lost[1] > 2


@pytest.mark.parametrize(("codec", "name"), [("h264", "h264"), ("h265", "hevc")])
def test_clips_play(codec: Any, name: str) -> None:
    held = io.BytesIO()
    assert encode((busy(k) for k in range(12)), held, 8, 30, codec) == 12
    held.seek(0)
    with av.open(held, "r") as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == name
        assert float(stream.average_rate or 0) == 8
        assert sum(1 for _ in container.decode(video=0)) == 12
