"""Pictures on disk."""

import hashlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from alerts.errors import StoreError
from alerts.evidence import snapshot as module
from alerts.evidence.names import Variant
from alerts.evidence.snapshot import Drawn, Snapshot, SnapshotStore, draw, veiled
from tests.alerts.making import at, finding, jpeg
from vision.blur import Private
from vision.jpeg import encode_jpeg
from vision.zones import Zone, ZoneType


def save(store: SnapshotStore, clean: bytes = b"clean") -> Snapshot:
    variants: dict[Variant, bytes] = {"clean": clean, "annotated": b"drawn", "blurred": b"hidden"}
    return store.save("01ALERT", Drawn(variants, (160, 90)), taken_at=at(1.25))


def test_what_is_saved_is_there_and_whole(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path / "snapshots")
    kept = save(store)
    assert kept.key == "2026/03/01/01ALERT-080001250-1"
    assert kept.sha256["clean"] == hashlib.sha256(b"clean").hexdigest()
    assert store.path(kept.key, "clean").read_bytes() == b"clean"
    assert store.path(kept.key, "annotated").read_bytes() == b"drawn"
    assert store.verify(kept.evidence()) == ""
    assert store.path(kept.key, "blurred").read_bytes() == b"hidden"
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 3


def test_nothing_is_written_over(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    first, second = save(store, b"1"), save(store, b"2")
    assert first.key != second.key
    assert store.path(first.key, "clean").read_bytes() == b"1"


def test_a_changed_picture_is_found_out(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    kept = save(store)
    store.path(kept.key, "annotated").write_bytes(b"other")
    assert "changed" in store.verify(kept.evidence())
    store.path(kept.key, "clean").unlink()
    assert "No such file" in store.verify(kept.evidence())


@pytest.mark.parametrize(
    "key",
    [
        "",
        "..",
        "../x",
        "/etc/passwd",
        "2026/03/01/../../../../etc/passwd",
        "2026/03/01/01ALERT-080001250-1/../../x",
        "2026/03/01/01ALERT-080001250-1\n",
        "2026/03/01/01ALERT-080001250-1\0",
        "2026/03/01/..-080001250-1",
        "٢٠٢٦/03/01/01ALERT-080001250-1",
    ],
)
def test_no_key_leads_elsewhere(tmp_path: Path, key: str) -> None:
    with pytest.raises(StoreError):
        SnapshotStore(tmp_path).path(key, "clean")


def test_no_link_leads_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / "2026").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="outside"):
        SnapshotStore(tmp_path / "snapshots").path("2026/03/01/01ALERT-080001250-1", "clean")


def test_an_unknown_variant(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="annotated"):
        SnapshotStore(tmp_path).path("2026/03/01/01ALERT-080001250-1", "../x")  # type: ignore[arg-type]


def test_a_folder_that_takes_nothing(tmp_path: Path) -> None:
    (tmp_path / "snapshots").write_text("a file")
    with pytest.raises(StoreError, match="cannot be written"):
        save(SnapshotStore(tmp_path / "snapshots"))


def test_a_full_disk_leaves_no_half_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Path] = []
    write = module._write

    def second_fails(path: Path, data: bytes) -> None:
        calls.append(path)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        write(path, data)

    monkeypatch.setattr(module, "_write", second_fails)
    with pytest.raises(StoreError, match="No space left"):
        save(SnapshotStore(tmp_path))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_room_is_left_for_alerts(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="kept for alerts"):
        save(SnapshotStore(tmp_path, least_free=1 << 62))


def pixels(data: bytes) -> NDArray[np.int64]:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image, np.int64)


def test_the_finding_is_drawn() -> None:
    clean = jpeg(320, 180)
    zone = Zone("corridor", ZoneType.CORRIDOR)
    drawn = draw(clean, findings=[finding()], zones=[zone])
    before, after = pixels(drawn.variants["veiled"]), pixels(drawn.variants["blurred"])
    assert drawn.variants["clean"] == clean
    assert drawn.size == (320, 180)
    assert after.shape == before.shape
    assert np.abs(after.astype(int) - before.astype(int)).max() > 100
    assert np.abs(before - pixels(clean)).max() < 60, "but for what JPEG makes of it, nothing is drawn in"
    assert drawn.drawing["findings"][0]["box"] == [round(float(value), 4) for value in finding().box]


@pytest.mark.parametrize("data", [b"", b"no picture", jpeg()[:50]])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="no picture"):
        draw(data)


def test_evidence_is_plain() -> None:
    kept = Snapshot("k", {"clean": "a"}, 1, 2, at(0))
    assert kept.evidence()["sha256_clean"] == "a"
    assert kept.evidence()["taken_at"] == "2026-03-01T08:00:00.000000Z"
    assert replace(kept, width=5).evidence()["width"] == 5


def test_heads_are_hidden_in_what_leaves_the_console_and_the_marks_lie_on_top() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (180, 320, 3), np.uint8)
    clean = encode_jpeg(noise, 95)
    drawn = draw(clean, findings=[finding(hazard="ebike")], private=Private(((0.6, 0.2, 0.75, 0.9),)))
    clear, hidden, marked = (pixels(drawn.variants[name]) for name in ("clean", "veiled", "blurred"))
    head = (slice(40, 60), slice(200, 232))
    assert hidden[head].std() < 0.3 * clear[head].std()
    assert marked[head].std() < 0.3 * clear[head].std()
    rest = (slice(100, 180), slice(0, 320))
    assert np.abs(hidden[rest] - clear[rest]).max() < 60  # but for what JPEG makes of it, the same
    assert np.abs(marked - hidden).max() > 100
    only = veiled(clean, Private(((0.6, 0.2, 0.75, 0.9),)))
    assert list(only.variants) == ["veiled"]
    assert pixels(only.variants["veiled"])[head].std() < 0.3 * clear[head].std()
