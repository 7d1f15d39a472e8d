"""The report's page shows its pictures wherever it is sent, and nobody can be recognised in them."""

import re
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from alerts.audit.extras import Extras
from alerts.audit.live_store import LivePlace
from alerts.audit.parts import Parts
from alerts.audit.report_pictures import by_rank, embedded
from alerts.audit.small import QUALITY, WIDTH, small_name
from alerts.db.store import Store
from alerts.evidence.names import VARIANTS, picture_name
from streams.frame import Frame
from tests.alerts.audit.month import BEGIN, event_of, job_of, write_part
from tests.alerts.audit.test_live import live, put
from tests.alerts.audit.test_report import read, site_of, written
from tests.alerts.making import START, look
from vision.blur import Private
from vision.jpeg import decode_image, encode_jpeg


def noise(width: int = 640, height: int = 360, seed: int = 3) -> NDArray[np.uint8]:
    coarse = np.random.default_rng(seed).integers(0, 255, (height // 8, width // 8, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def test_a_snapshot_has_a_small_picture_in_which_heads_are_hidden(tmp_path: Path) -> None:
    parts, image = Parts(tmp_path), noise(1280, 720)
    frame = Frame("hall", 0, START, 0.0, 0.0, image)
    seen = replace(look(0.0), private=Private(people=((0.5, 0.2, 0.6, 0.8),)))
    told = parts.save_snapshot("hall-0123456789", "clutter-1", frame, seen, ())
    large, small = (
        decode_image((tmp_path / name).read_bytes()) for name in (told["snapshot"], small_name(told["snapshot"]))
    )
    assert large is not None
    assert small is not None
    assert (large.shape[1], small.shape[1]) == (1280, WIDTH)
    head, elsewhere = small[45:80, 200:240], small[45:80, 100:140]
    assert _edges(head) < _edges(elsewhere) / 2
    assert len(told) == 4, "its name is that of the large one"


def _edges(part: NDArray[np.uint8]) -> float:
    return float(np.abs(np.diff(part.astype(np.float32), axis=1)).mean())


def pictures(out: Path, events: list[dict[str, Any]]) -> None:
    for event in events:
        path = out / small_name(event["snapshot"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_jpeg(noise(400, 224, seed=int(event["start_s"])), QUALITY))


def test_the_page_holds_what_it_shows(tmp_path: Path) -> None:
    out = tmp_path / "out"
    parts, site, job = Parts(out), site_of(tmp_path), job_of("hall", BEGIN)
    events = [event_of(job, kind, 60.0 * at) for at, kind in enumerate(["clutter"] * 40 + ["flame"] * 3)]
    write_part(parts, job, events)
    store, key = Store.open(tmp_path / "store"), "2026/03/01/01A-160000000-1"
    for variant in VARIANTS:
        file = tmp_path / "store" / picture_name(key, variant)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encode_jpeg(noise(1920, 1080), 92))
    put(store, live("01A", 3000, 3100, snapshot=key))
    store.close()
    pictures(out, events)
    extras = Extras(join=LivePlace(tmp_path / "store"))
    written(parts, [job], site, extras)
    page = (out / "report.html").read_text("utf-8")
    sources = re.findall(r"<img src='([^']*)'", page)
    assert len(sources) > 25 + 3 + 30
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    widths = {decoded(source).shape[1] for source in sources}
    assert widths == {WIDTH}, "also of the picture of the watch, which is larger on the disk"
    assert "<a href='snapshots/" in page, "the large ones lie beside it"
    assert "This page can be sent alone" in " ".join(read(out / "report.html", "zh").words)
    written(parts, [job], site, extras)
    assert (out / "report.html").read_text("utf-8") == page
    day = (out / "pages" / f"{job.key}.html").read_text("utf-8")
    assert f"<img src='../{small_name(events[0]['snapshot'])}'" in day


def decoded(source: str) -> NDArray[np.uint8]:
    image = decode_image(b64decode(source.partition(",")[2]))
    assert image is not None
    return image


def test_what_does_not_fit_is_shown_from_its_file(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(name.encode() * 300)
    one = len("data:image/jpeg;base64,") + 400
    assert list(embedded(["a", "gone", "b", "c"], tmp_path, 2 * one)) == ["a", "b"]
    assert list(embedded(["a", "b", "c", "a"], tmp_path, 2 * one)) == ["a"], "what stands there twice counts twice"
    assert embedded(["a"], tmp_path, one - 1) == {}


@pytest.mark.parametrize(("rows", "expected"), [(["ace", "b", "df"], "abdcfe"), ([], ""), ([""], "")])
def test_the_worst_of_each_come_first(rows: list[str], expected: str) -> None:
    assert "".join(by_rank(rows)) == expected
