"""Let the COCO network look at every picture once and keep what it saw: `python -m models.teacher --data
D --out F`.
"""

import argparse
import json
from pathlib import Path

import cv2

from models.network import coco_network, predict, set_threads


def look(data: Path, out: Path, size: int = 640, min_score: float = 0.1, threads: int = 2) -> None:
    """Write {image name: [[x1, y1, x2, y2, score, COCO class], ...]} in pixels; pictures already in `out`
    are kept.
    """
    from models.data import read_index

    set_threads(threads)
    seen: dict[str, list[list[float]]] = json.loads(out.read_text()) if out.exists() else {}
    model = coco_network(data / "weights" / "yolo11n_coco.npz").eval().fuse(verbose=False)
    for row in read_index(data):
        if row.image in seen:
            continue
        image = cv2.imread(str(data / row.image))
        if image is None:
            raise ValueError(f"{row.image} cannot be read")
        rows = predict(model, image, size, min_score)  # type: ignore[arg-type]
        seen[row.image] = [[round(float(v), 3) for v in line] for line in rows]
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(seen))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    look(args.data, args.out, threads=args.threads)


if __name__ == "__main__":
    main()
