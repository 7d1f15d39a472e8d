"""What keeping evidence costs beside decoding the same pictures, in CPU time of one thread.

    python -m benchmarks.speed.evidence [--out benchmarks/speed/results/evidence.json]

The pictures are those of the demonstration clip at the sizes of a sub and of a main stream, H.264, 25 a second, a key
picture every two seconds. Keeping: every coded picture through the tap into the ring. Cutting: a clip of 25 s written
from the ring as it came, brought to the disk, with its fingerprint. Masked: the same clip made of masked pictures.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av

from benchmarks.machine import describe
from models.files import write_json
from streams.access_unit import AccessUnit, StreamFormat
from streams.clip import ClipWriter
from streams.clock import SystemClock
from streams.libav import video_stream
from streams.ring import UnitRing
from streams.tap import PacketTap, UnitListener
from vision.recode import Recoder

SIZES: Final = ((704, 576, 1_500_000), (1920, 1080, 4_000_000))
"""Width, height, bit/s."""
FPS: Final = 25
CLIP_S: Final = 25
SOURCE: Final = Path("models/demo/demo.mp4")
MASK: Final = ((0.0, 0.0), (0.2, 0.0), (0.2, 0.3), (0.0, 0.3))
ROUNDS: Final = 3


def coded(path: Path, width: int, height: int, bit_rate: int) -> None:
    """The first 25 s worth of the demonstration's pictures, as a camera would code them."""
    with av.open(str(SOURCE)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.bit_rate, stream.pix_fmt = width, height, bit_rate, "yuv420p"
        stream.options = {"preset": "veryfast", "bf": "0", "g": str(2 * FPS)}
        for index, frame in enumerate(source.decode(video=0)):
            if index == FPS * CLIP_S:
                break
            shown = frame.reformat(width=width, height=height, format="yuv420p")
            shown.pts, shown.time_base = index, Fraction(1, FPS)
            target.mux(stream.encode(shown))
        target.mux(stream.encode(None))


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    """CPU seconds of the block, appended."""
    begun = time.process_time()
    yield
    into.append(time.process_time() - begun)


def read(path: Path, *, decode: bool = False, on_unit: UnitListener | None = None) -> None:
    """Every packet of the file; decoded if asked, or handed to a tap."""
    with av.open(str(path)) as container:
        stream = video_stream(container, 1)
        assert stream is not None
        tap = PacketTap(stream, on_unit, SystemClock()) if on_unit is not None else None
        for packet in container.demux(stream):
            if tap is not None:
                tap(packet)
            if decode:
                packet.decode()


def measure(folder: Path, width: int, height: int, bit_rate: int) -> dict[str, Any]:
    """One size."""
    path = folder / f"{width}.ts"  # Annex B, as cameras send it
    coded(path, width, height, bit_rate)
    spent: dict[str, list[float]] = {name: [] for name in ("read", "decode", "keep", "cut", "masked")}
    units: list[tuple[StreamFormat, AccessUnit]] = []
    read(path, on_unit=lambda told, unit: units.append((told, unit)))
    units = [(told, replace(unit, monotonic_s=index / FPS)) for index, (told, unit) in enumerate(units)]
    for _ in range(ROUNDS):
        ring = UnitRing(keep_s=12.0, most_bytes=16 << 20)
        with timed(spent["read"]):
            read(path)
        with timed(spent["decode"]):
            read(path, decode=True)
        with timed(spent["keep"]):
            read(path, on_unit=ring.put)
        with timed(spent["cut"]), ClipWriter(folder / "clip.mp4") as writer:
            for told, unit in units:
                writer.put(told, unit)
            clip = writer.finish()
        with timed(spent["masked"]), ClipWriter(folder / "masked.mp4") as writer:
            recoder = Recoder([MASK])
            for told, unit in units:
                for made in recoder.put(told, unit):
                    writer.put(*made)
            masked = writer.finish()
    best = {name: min(times) for name, times in spent.items()}
    seconds = len(units) / FPS
    return {
        "size": [width, height],
        "pictures": len(units),
        "cpu_s": {name: round(value, 4) for name, value in best.items()},
        "keep_over_decode": round((best["keep"] - best["read"]) / (best["decode"] - best["read"]), 4),
        "keep_cores_per_camera": round((best["keep"] - best["read"]) / seconds, 5),
        "cut_cpu_s_per_clip": round(best["cut"], 4),
        "masked_cpu_s_per_clip": round(best["masked"], 3),
        "clip_mb": round(clip.size / 1e6, 2),
        "masked_mb": round(masked.size / 1e6, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=Path("benchmarks/speed/results/evidence.json"))
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        rows = [measure(folder, *size) for size in SIZES]
    finally:
        shutil.rmtree(folder)
    for row in rows:
        print(row)
    write_json(args.out, {"machine": describe(), "clip_s": CLIP_S, "sizes": rows})


if __name__ == "__main__":
    main()
