"""Let the COCO network look at every picture once and keep what it saw: `python -m models.teacher --data D --out F`.

`xinan models data` does this by itself for what is missing.
"""

import argparse
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from models.command import add_threads, command
from models.files import write_text
from models.geometry import Image
from models.network import coco_network, predict, set_threads
from models.progress import progress

SAVE_S: Final = 30.0


def look(
    weights: Path,
    pictures: Iterable[tuple[str, Image]],
    out: Path,
    size: int = 640,
    min_score: float = 0.1,
    threads: int = 2,
) -> None:
    """Add {name: [[x1, y1, x2, y2, score, COCO class], ...]}, in pixels, to the JSON file `out`.

    Saved now and then, and when interrupted. weights: COCO YOLO11n as .npz. Needs the `train` extra.
    """
    set_threads(threads)
    seen: dict[str, list[list[float]]] = json.loads(out.read_text("utf-8")) if out.exists() else {}
    model = coco_network(weights).eval().fuse(verbose=False)
    saved_at = time.monotonic()
    try:
        for name, image in pictures:
            seen[name] = [[round(float(v), 3) for v in line] for line in predict(model, image, size, min_score)]
            if time.monotonic() - saved_at > SAVE_S:
                write_text(out, json.dumps(seen))
                saved_at = time.monotonic()
    finally:
        write_text(out, json.dumps(seen))


@command("what was seen so far is kept")
def main() -> None:
    from models.data import read_index, read_teacher
    from streams.image_file import read_image

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    add_threads(parser)
    args = parser.parse_args()
    seen = read_teacher(args.out) if args.out.exists() else {}
    names = [row.image for row in read_index(args.data) if row.image not in seen]
    pictures = ((name, read_image(args.data / name)) for name in progress(names, "teacher"))
    look(args.data / "weights" / "yolo11n_coco.npz", pictures, args.out, threads=args.threads)


if __name__ == "__main__":
    main()
