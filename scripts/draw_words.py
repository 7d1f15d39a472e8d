"""Draws the words that stand in pictures in Chinese: vision/drawn_words.png and .json.

    python scripts/draw_words.py [FONT]

Needed again where a hazard or a class is new, or is called otherwise. FONT: with Chinese; default: Noto Sans CJK
(SIL Open Font License, which lets pictures of its letters be passed on). Needs Pillow.
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from alerts.words import strings
from vision.drawn_words import HEIGHT, INDEX, SHEET
from vision.hazards import RULES

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"


def words() -> dict[str, str]:
    """Hazards, and the classes that a detector names; what is called the same is drawn once for each."""
    boxes = {key.removeprefix("box."): said["zh"] for key, said in strings().items() if key.startswith("box.")}
    return {**boxes, **{kind: rule.words.zh for kind, rule in RULES.items()}}


def main(font_file: str) -> None:
    font = ImageFont.truetype(font_file, round(HEIGHT * 0.8))
    known = words()
    rows = []
    for text in known.values():
        width = round(font.getlength(text))
        row = Image.new("L", (width, HEIGHT))
        ImageDraw.Draw(row).text((0, HEIGHT / 2), text, fill=255, font=font, anchor="lm")
        rows.append(np.asarray(row))
    widest = max(row.shape[1] for row in rows)
    sheet = np.vstack([np.pad(row, ((0, 0), (0, widest - row.shape[1]))) for row in rows])
    Image.fromarray(sheet).quantize(16).save(SHEET, optimize=True)
    index = {key: [text, row.shape[1]] for (key, text), row in zip(known.items(), rows, strict=True)}
    INDEX.write_text(json.dumps(index, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]).as_posix() if len(sys.argv) > 1 else FONT)
