"""What an object store costs an alert, and how fast files go there.

    python -m benchmarks.durability.media [--alerts 200] [--clips 40] [--rounds 3] [--out FILE]

From a look to the committed row with its picture, each at a time and as fast as it goes, beside: no object store (the
baseline), one that takes everything, one that accepts connections and answers nothing. The variants take turns within
each round, so that a busy machine hits all alike. Then: clips and pictures to a real server (OpenStack Swift, one
process, no TLS) on loopback, and beside it a bare PUT of the same file, one after the other.
"""

import argparse
import random
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alerts.config import StoreConfig
from alerts.db.store import Store
from alerts.desk import Desk
from alerts.evidence.media_setup import media_of
from alerts.evidence.names import clip_name, key_stem
from alerts.evidence.snapshot import SnapshotStore
from alerts.evidence.uploader import Uploader
from benchmarks.machine import describe
from models.files import write_json
from streams.clock import SystemClock
from tests.alerts.evidence.stores import KEY, SECRET, Swift
from tests.alerts.making import finding, jpeg, look, settings

OUT = Path(__file__).parent / "results" / "media.json"
CLIP_BYTES = 6_000_000
VARIANTS = ("none", "answers", "hangs")


def config(folder: Path, port: int, prefix: str) -> StoreConfig:
    """Of a watch that uses the server at this port."""
    return StoreConfig.model_validate(
        {
            "path": folder,
            "media_url": f"s3://evidence/{prefix}",
            "media_endpoint": f"http://127.0.0.1:{port}",
            "media_region": "us-east-1",
            "media_key": KEY,
            "media_secret": SECRET,
        }
    )


def uploader_of(store: Store, chosen: StoreConfig) -> Uploader:
    """As `xinan watch` makes it."""
    media = media_of(chosen, store)
    assert media.rows is not None and media.objects is not None
    return Uploader(
        media, media.rows, media.objects, SystemClock(), random.Random(), cache_bytes=1 << 40, stay=lambda: ()
    )


@contextmanager
def uploading(store: Store, chosen: StoreConfig | None) -> Iterator[None]:
    """Beside a running uploader, if there is a store to send to."""
    if chosen is None:
        yield
        return
    uploader = uploader_of(store, chosen)
    uploader.start()
    try:
        yield
    finally:
        uploader.stop()


def raised(folder: Path, chosen: StoreConfig | None, alerts: int) -> list[float]:
    """Milliseconds from a look to the row, of each alert."""
    store, clock, took = Store.open(folder), SystemClock(), []
    desk = Desk(store, SnapshotStore(folder / "snapshots", least_free=0), settings(), clock)
    picture = jpeg(1280, 720)
    with uploading(store, chosen):
        for number in range(alerts):
            seen = look(0, [finding(0, camera=f"camera-{number}")], camera=f"camera-{number}", picture=picture)
            begun_s = time.perf_counter()
            [change] = desk.receive(seen)
            took.append(1e3 * (time.perf_counter() - begun_s))
            assert change.alert.snapshot
    desk.close()
    store.close()
    return took


def sent(folder: Path, server: Swift, clips: int) -> dict[str, Any]:
    """Files and megabytes a second, by the uploader and by bare requests."""
    store, rng = Store.open(folder), random.Random(1)
    desk = Desk(store, SnapshotStore(folder / "snapshots", least_free=0), settings(), SystemClock())
    picture = jpeg(1280, 720)
    for number in range(clips):
        seen = look(0, [finding(0, camera=f"camera-{number}")], camera=f"camera-{number}", picture=picture)
        [change] = desk.receive(seen)
        path = folder / clip_name(f"{key_stem(change.alert.id, seen.at)}-1")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rng.randbytes(CLIP_BYTES))
    uploader = uploader_of(store, config(folder, server.port, "sent"))
    files = sum(1 for _ in uploader.waiting())
    size = sum(path.stat().st_size for path in folder.rglob("*-*.*") if path.suffix in (".jpg", ".mp4"))
    begun_s, cpu_s = time.perf_counter(), time.process_time()
    while uploader.send():
        pass
    took_s, cpu_s = time.perf_counter() - begun_s, time.process_time() - cpu_s
    desk.close()
    store.close()
    return {
        "files": files, "megabytes": round(size / 1e6, 1), "took_s": round(took_s, 2), "cpu_s": round(cpu_s, 2),
        "megabytes_per_s": round(size / 1e6 / took_s, 1), "files_per_s": round(files / took_s, 1),
        "bare_megabytes_per_s": round(bare(server, path, clips), 1),
    }  # fmt: skip


def bare(server: Swift, path: Path, times: int) -> float:
    """Megabytes a second of one file put again and again, nothing checked or recorded."""
    objects, content = server.objects("bare"), path.read_bytes()
    begun_s = time.perf_counter()
    for number in range(times):
        objects._do(objects._call("put_object", Key=f"bare/{number}", Body=content), None)
    return times * len(content) / 1e6 / (time.perf_counter() - begun_s)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--alerts", type=int, default=200)
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    took: dict[str, list[float]] = {name: [] for name in VARIANTS}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "swift").mkdir()
        server = Swift(folder / "swift")
        server.start()
        server.create_bucket()
        silent = socket.create_server(("127.0.0.1", 0), backlog=128)  # connects, and never answers
        try:
            for number in range(given.rounds):
                for name, port in (("none", 0), ("answers", server.port), ("hangs", silent.getsockname()[1])):
                    place = folder / f"{name}-{number}"
                    chosen = config(place, port, place.name) if port else None
                    took[name] += raised(place, chosen, given.alerts)
            upload = sent(folder / "sent", server, given.clips)
        finally:
            silent.close()
            server.kill()
    quantiles = {name: statistics.quantiles(values, n=100) for name, values in took.items()}
    rows = {name: {"p50_ms": round(one[49], 2), "p95_ms": round(one[94], 2)} for name, one in quantiles.items()}
    result = {"machine": describe(), "alerts": given.alerts * given.rounds, "raise_to_row": rows, "upload": upload}
    write_json(given.out, result)
    print(result)


if __name__ == "__main__":
    main()
