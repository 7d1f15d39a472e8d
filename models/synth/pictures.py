"""Pictures drawn by code: posters, notices, doors, meter fronts, cardboard. All (H, W, 3) uint8 RGB, seeded."""

from __future__ import annotations

import cv2
import numpy as np

from models.synth.look import Picture


def _sheet(height: int, width: int, colour: tuple[int, int, int]) -> Picture:
    return np.full((height, width, 3), colour, np.uint8)


def _lines(
    sheet: Picture, box: tuple[int, int, int, int], rng: np.random.Generator, ink: tuple[int, int, int], size: int
) -> None:
    """Rows of square glyph-like strokes inside a box (x1, y1, x2, y2): text that cannot be read."""
    x1, y1, x2, y2 = box
    for y in range(y1, y2 - size, int(size * 1.6)):
        last = x2 - int(rng.uniform(0, 0.4) * (x2 - x1))
        for x in range(x1, last - size, int(size * 1.15)):
            for _ in range(4):
                a, b = rng.integers(0, size, 2), rng.integers(0, size, 2)
                end = (x + int(b[0]), y + int(a[1])) if rng.random() < 0.5 else (x + int(a[0]), y + int(b[1]))
                cv2.line(sheet, (x + int(a[0]), y + int(a[1])), end, ink, max(1, size // 8))


def poster(seed: int, height: int = 320, width: int = 224) -> Picture:
    """A community notice: coloured head band, a picture block, lines of text."""
    rng = np.random.default_rng(seed)
    grounds = ((245, 243, 235), (250, 235, 200), (225, 238, 250), (235, 245, 230))
    bands = ((190, 25, 25), (25, 70, 150), (20, 110, 60), (205, 110, 10))
    sheet, band = _sheet(height, width, grounds[rng.integers(4)]), bands[rng.integers(4)]
    cv2.rectangle(sheet, (0, 0), (width, height // 6), band, -1)
    _lines(sheet, (14, 12, width - 8, height // 6), rng, (250, 245, 235), 24)
    if rng.random() < 0.7:
        y1, y2 = height // 5, height // 2
        cv2.rectangle(sheet, (14, y1), (width - 14, y2), tuple(int(v) for v in rng.integers(90, 220, 3)), -1)
        centre = (width // 2, (y1 + y2) // 2)
        cv2.circle(sheet, centre, height // 10, (250, 250, 250), -1)
        cv2.circle(sheet, centre, height // 10, (200, 20, 20), 6)
        cv2.line(sheet, (centre[0] - 22, centre[1] - 22), (centre[0] + 22, centre[1] + 22), (200, 20, 20), 6)
    _lines(sheet, (14, height // 2 + 10, width - 10, height - 16), rng, (40, 40, 45), 11)
    return sheet


def notice(seed: int) -> Picture:
    """A plain white sheet with text, or a small coloured sticker."""
    rng = np.random.default_rng(seed)
    sheet = _sheet(200, 142, (240, 240, 236))
    _lines(sheet, (12, 30, 132, 190), rng, (60, 60, 66), 7)
    _lines(sheet, (36, 8, 120, 28), rng, (20, 20, 20), 12)
    return sheet


def couplet(seed: int) -> Picture:
    """The red paper strip beside a flat's door, with dark gold strokes."""
    rng = np.random.default_rng(seed)
    sheet = _sheet(560, 80, (185, 22, 18))
    for k in range(7):
        _lines(sheet, (14, 20 + 76 * k, 80, 20 + 76 * k + 56), rng, (60, 25, 8), 48)
    return sheet


def blessing(seed: int) -> Picture:
    """A red square with one large gold character-like knot of strokes."""
    rng = np.random.default_rng(seed)
    sheet = _sheet(160, 160, (195, 25, 20))
    _lines(sheet, (36, 36, 150, 140), rng, (235, 180, 60), 80)
    return sheet


def flat_door(seed: int, colour: tuple[int, int, int]) -> Picture:
    """Steel security door: sunken panels, frame shade, lock and peephole."""
    rng = np.random.default_rng(seed)
    sheet = _sheet(420, 190, colour)
    dark, light = tuple(int(v * 0.55) for v in colour), tuple(min(255, int(v * 1.25)) for v in colour)
    layout = [(22, 24, 168, 150), (22, 170, 168, 250), (22, 270, 168, 396)]
    if rng.random() < 0.5:
        layout = [(22, 24, 88, 230), (102, 24, 168, 230), (22, 250, 88, 396), (102, 250, 168, 396)]
    for x1, y1, x2, y2 in layout:
        cv2.rectangle(sheet, (x1, y1), (x2, y2), dark, 3)
        cv2.rectangle(sheet, (x1 + 4, y1 + 4), (x2 - 4, y2 - 4), light, 1)
    cv2.rectangle(sheet, (168, 190), (184, 250), (150, 140, 110), -1)
    cv2.circle(sheet, (95, 110), 5, (20, 20, 20), -1)
    return sheet


def meters(seed: int) -> Picture:
    """Front of an electricity meter cabinet: doors, little windows, a yellow warning triangle."""
    rng = np.random.default_rng(seed)
    sheet = _sheet(300, 400, (150, 155, 155))
    for row in range(2):
        for column in range(4):
            x, y = 20 + 95 * column, 30 + 130 * row
            cv2.rectangle(sheet, (x, y), (x + 80, y + 110), (105, 110, 112), 3)
            cv2.rectangle(sheet, (x + 16, y + 18), (x + 64, y + 56), (50, 62, 60), -1)
            _lines(sheet, (x + 10, y + 70, x + 74, y + 98), rng, (70, 70, 75), 8)
    cv2.fillPoly(sheet, [np.array([(200, 6), (184, 30), (216, 30)])], (230, 190, 20))
    return sheet


def hydrant_front(seed: int) -> Picture:
    """Red fire cabinet with a glass field and white writing."""
    rng = np.random.default_rng(seed)
    sheet = _sheet(360, 300, (180, 20, 18))
    cv2.rectangle(sheet, (20, 20), (280, 340), (120, 12, 10), 4)
    cv2.rectangle(sheet, (40, 120), (260, 320), (70, 80, 84), -1)
    cv2.circle(sheet, (150, 220), 62, (190, 185, 170), 16)
    _lines(sheet, (50, 44, 250, 104), rng, (245, 240, 235), 44)
    return sheet


def cardboard(seed: int) -> Picture:
    """One side of a used carton: brown, tape down the middle, prints and scuffs."""
    rng = np.random.default_rng(seed)
    base = np.array(((168, 128, 84), (182, 146, 100), (150, 112, 74), (196, 166, 124))[rng.integers(4)])
    sheet = np.clip(base + rng.normal(0, 5, (160, 160, 1)), 0, 255).astype(np.uint8)
    sheet = np.broadcast_to(sheet, (160, 160, 3)).copy()
    tape = (205, 185, 140) if rng.random() < 0.7 else (120, 160, 190)
    cv2.rectangle(sheet, (70, 0), (90, 160), tape, -1)
    ink = ((60, 40, 30), (30, 50, 120), (150, 30, 25))[rng.integers(3)]
    _lines(sheet, (8, 14, 66, 70), rng, ink, 12)
    if rng.random() < 0.6:
        cv2.rectangle(sheet, (98, 96), (150, 146), (238, 238, 234), -1)
        _lines(sheet, (102, 100, 150, 146), rng, (40, 40, 40), 7)
    return sheet


def woven(seed: int) -> Picture:
    """Red-white-blue woven bag cloth."""
    rng = np.random.default_rng(seed)
    sheet = _sheet(128, 128, (225, 225, 225))
    for k in range(0, 128, 16):
        colour = (190, 30, 40) if (k // 16) % 2 else (30, 60, 160)
        cv2.line(sheet, (k, 0), (k, 128), colour, int(rng.integers(2, 6)))
        cv2.line(sheet, (0, k), (128, k), colour, int(rng.integers(2, 6)))
    return sheet


def led_text(seed: int, colour: tuple[int, int, int]) -> Picture:
    """A running text in lit dots on black."""
    rng = np.random.default_rng(seed)
    sheet = _sheet(32, 128, (6, 6, 6))
    for x in range(4, 116, 20):
        lit = rng.random((11, 7)) < 0.45
        for row, column in np.argwhere(lit):
            cv2.circle(sheet, (x + 2 * int(column), 5 + 2 * int(row)), 1, colour, -1)
    return sheet


def small_ads(seed: int) -> Picture:
    """Stamped telephone numbers and torn stickers on bare plaster."""
    rng = np.random.default_rng(seed)
    sheet = _sheet(160, 220, (176, 172, 162))
    for _ in range(int(rng.integers(3, 9))):
        x, y = int(rng.integers(4, 150)), int(rng.integers(4, 140))
        ink = ((30, 30, 34), (40, 60, 140), (150, 40, 40))[int(rng.integers(3))]
        _lines(sheet, (x, y, min(216, x + int(rng.integers(40, 90))), y + 14), rng, ink, 9)
    for _ in range(int(rng.integers(1, 5))):
        x, y = int(rng.integers(4, 170)), int(rng.integers(4, 110))
        tint = tuple(int(v) for v in rng.integers(90, 250, 3))
        cv2.rectangle(sheet, (x, y), (x + int(rng.integers(25, 48)), y + int(rng.integers(16, 44))), tint, -1)
    return sheet


def damp(seed: int, wall: tuple[int, int, int]) -> Picture:
    """A damp patch with a tide mark, or bare mortar where the paint came off."""
    rng = np.random.default_rng(seed)
    field = cv2.GaussianBlur(rng.standard_normal((120, 160)).astype(np.float32), (0, 0), 14)
    field = (field - field.min()) / max(float(np.ptp(field)), 1e-6)
    y, x = np.mgrid[-1:1:120j, -1:1:160j]
    patch = np.clip(1.6 * field - 0.9 * (x**2 + y**2), 0, 1)[..., None]
    dark = np.array(wall, np.float32) * float(rng.uniform(0.5, 0.8))
    return np.asarray(np.array(wall) * (1 - patch) + dark * patch, np.uint8)


def lift_door(seed: int) -> Picture:
    """Two brushed-steel leaves with a dark joint and scratches."""
    rng = np.random.default_rng(seed)
    brushed = rng.normal(0, 7, (1, 200, 1)) + rng.normal(0, 3, (400, 200, 1)) + float(rng.integers(130, 185))
    sheet = np.clip(np.repeat(brushed, 3, axis=2), 0, 255).astype(np.uint8)
    sheet[:, 98:102] = 30
    for _ in range(12):
        a, b = rng.integers((0, 200), (200, 400)), rng.integers((0, 200), (200, 400))
        cv2.line(sheet, (int(a[0]), int(a[1])), (int(b[0]), int(b[1])), (110, 110, 112), 1)
    return sheet


def letter_boxes(seed: int) -> Picture:
    """A steel block of numbered letter boxes."""
    rng = np.random.default_rng(seed)
    sheet = _sheet(240, 320, (150, 155, 158))
    for row in range(5):
        for column in range(4):
            x, y = 6 + 78 * column, 6 + 46 * row
            cv2.rectangle(sheet, (x, y), (x + 72, y + 40), (96, 102, 108), 2)
            cv2.line(sheet, (x + 12, y + 12), (x + 60, y + 12), (40, 42, 44), 3)
            _lines(sheet, (x + 22, y + 20, x + 56, y + 36), rng, (170, 30, 25), 10)
    return sheet


def roller_shutter(seed: int) -> Picture:
    """Ribbed sheet metal with rust at its foot."""
    rng = np.random.default_rng(seed)
    base = np.array(((120, 130, 140), (150, 150, 145), (90, 110, 130))[int(rng.integers(3))], np.float32)
    ribs = 1 + 0.14 * np.sin(np.arange(220) * 0.55)[:, None, None]
    sheet = base * ribs * np.ones((220, 200, 1))
    rust = np.clip((np.arange(220) - 150) / 70, 0, 1)[:, None, None] * rng.random((220, 200, 1)) ** 2
    return np.asarray(np.clip(sheet * (1 - rust) + np.array((110, 60, 30)) * rust, 0, 255), np.uint8)
