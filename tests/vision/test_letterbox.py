import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.letterbox import MOST_SQUEEZED, PAD_VALUE, InputBuffer, Letterbox

SIDES = st.integers(1, 5000)


@given(width=SIDES, height=SIDES, long_side=st.sampled_from([160, 320, 416, 640, 960]), seed=st.integers(0, 99))
def test_boxes_come_back_exactly(width: int, height: int, long_side: int, seed: int) -> None:
    box = Letterbox.fit(width, height, long_side)
    corners = np.sort(np.random.default_rng(seed).random((5, 2, 2)), axis=1).reshape(5, 4)
    boxes = (corners * np.tile((width, height), 2)).astype(np.float32)
    back = box.to_picture(box.to_input(boxes))
    np.testing.assert_allclose(back, boxes, atol=2e-3 * max(width, height) / long_side + 1e-3)


@given(width=SIDES, height=SIDES)
def test_the_input_is_the_smallest_multiple_of_the_stride(width: int, height: int) -> None:
    box = Letterbox.fit(width, height, 640)
    assert max(box.shape) == 640
    assert all(side % 32 == 0 for side in box.shape)
    fitted = box.fitted
    assert 0 <= box.shape[1] - fitted[0] < 32
    assert 0 <= box.shape[0] - fitted[1] < 32


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (352, 288), (7, 3000), (1, 1), (640, 640)])
def test_the_picture_lies_where_the_map_says(width: int, height: int) -> None:
    box = Letterbox.fit(width, height, 320)
    canvas = InputBuffer().fill(np.full((height, width, 3), 255, np.uint8), box)[0].transpose(1, 2, 0)
    assert canvas.shape == (*box.shape, 3)
    x1, y1, x2, y2 = box.to_input(np.array([[0, 0, width, height]], np.float32))[0].round().astype(int)
    assert (canvas[y1:y2, x1:x2] == 1).all()
    assert (canvas == 1).sum() == (x2 - x1) * (y2 - y1) * 3


def test_a_picture_without_size_is_refused() -> None:
    with pytest.raises(ValueError, match="0x5"):
        Letterbox.fit(0, 5, 640)


@given(width=st.integers(1, 200), height=st.integers(1, 200), seed=st.integers(0, 99))
def test_the_input_is_the_picture_as_rgb_planes_on_grey(width: int, height: int, seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    box = Letterbox.fit(width, height, 64)
    fitted = box.fitted
    wanted = np.full((*box.shape, 3), PAD_VALUE, np.uint8)
    wanted[box.pad[1] : box.pad[1] + fitted[1], box.pad[0] : box.pad[0] + fitted[0]] = cv2.resize(image, fitted)
    blob = InputBuffer().fill(image, box)
    np.testing.assert_allclose(blob, cv2.dnn.blobFromImage(wanted, 1 / 255, swapRB=True), atol=1e-6)


def test_one_picture_leaves_nothing_in_the_next() -> None:
    buffer = InputBuffer()
    for width, height, value in ((64, 64, 255), (64, 30, 0), (30, 64, 90), (64, 30, 10)):
        box = Letterbox.fit(width, height, 64)
        image = np.full((height, width, 3), value, np.uint8)
        np.testing.assert_array_equal(buffer.fill(image, box), InputBuffer().fill(image, box))


def test_the_input_is_rgb_between_0_and_1() -> None:
    image = np.zeros((32, 64, 3), np.uint8)
    image[..., 0] = 255  # blue
    blob = InputBuffer().fill(image, Letterbox.fit(64, 32, 64))
    assert blob.shape == (1, 3, 32, 64)
    assert blob[0, 2].min() == 1.0
    assert blob[0, :2].max() == 0.0


@pytest.mark.parametrize(
    ("picture", "shape"),
    [((1920, 1080), (352, 640)), ((704, 576), (512, 640)), ((640, 480), (480, 640)), ((1024, 632), (416, 640))],
)
def test_a_side_is_squeezed_a_little_where_that_saves_a_stride(
    picture: tuple[int, int], shape: tuple[int, int]
) -> None:
    box = Letterbox.fit(*picture, 640)
    assert box.shape == shape
    assert 1 - MOST_SQUEEZED <= min(box.scale) / max(box.scale) <= 1
