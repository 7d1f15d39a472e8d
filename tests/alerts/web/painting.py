"""Pictures of cameras that are painted, not filmed."""

import cv2
import numpy as np
from numpy.typing import NDArray

SIZE = (640, 360)
Image = NDArray[np.uint8]
"""(H, W, 3) BGR."""


def paint(number: int, step: int = 0, size: tuple[int, int] = SIZE) -> Image:
    """(H, W, 3) uint8 BGR: a corridor in perspective with something that moves."""
    width, height = size
    image = np.full((height, width, 3), (52 + 9 * number, 58, 62), np.uint8)
    far = [(int(width * 0.40), int(height * 0.32)), (int(width * 0.60), int(height * 0.62))]
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    ends = [far[0], (far[1][0], far[0][1]), far[1], (far[0][0], far[1][1])]
    for at, shade in enumerate((96, 74, 60, 80)):
        side = np.array([corners[at], corners[(at + 1) % 4], ends[(at + 1) % 4], ends[at]], np.int32)
        cv2.fillPoly(image, [side], (shade, shade + 6, shade + 9 + 4 * number))
    cv2.rectangle(image, far[0], far[1], (120, 128, 130), -1)
    for lamp in range(3):
        cv2.ellipse(
            image, (width // 2, int(height * (0.06 + 0.09 * lamp))), (60 - 16 * lamp, 6), 0, 0, 360, (225, 235, 235), -1
        )
    x = int(width * (0.2 + 0.6 * ((step % 80) / 80)))
    cv2.ellipse(image, (x, int(height * 0.72)), (14, 42), 0, 0, 360, (60, 46, 40), -1)
    cv2.circle(image, (x, int(height * 0.56)), 12, (120, 150, 190), -1)
    cv2.putText(image, f"CAM {number + 1}  {step:05d}", (10, height - 12), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (240,) * 3, 1)
    return image


def paint_fire(image: Image) -> Image:
    """A copy with something bright and orange in the middle."""
    fire = image.copy()
    height, width = fire.shape[:2]
    for radius, colour in ((46, (20, 70, 220)), (32, (30, 140, 250)), (17, (120, 230, 255))):
        cv2.ellipse(fire, (width // 2, int(height * 0.62)), (radius // 2, radius), 0, 0, 360, colour, -1)
    return fire


def jpeg(image: Image) -> bytes:
    """As JPEG."""
    ok, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])
    assert ok
    return bytes(data.tobytes())
