"""Pictures and clips by name: nothing outside the store's folder, and one answer for what is not there."""

import hashlib
from pathlib import Path

import pytest

from alerts.errors import MediaGone, StoreError
from alerts.evidence import names
from alerts.evidence.media import Fingerprints, MediaStore

KEY = "2026/03/01/01ALERT-080001250-1"
NOTHING = Fingerprints("")
PICTURE, CLIP = names.picture_name(KEY, "blurred"), names.clip_name(KEY)


def put(folder: Path, name: str, content: bytes = b"picture") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", [PICTURE, CLIP])
def test_what_is_there_is_read_compared_and_deleted(tmp_path: Path, name: str) -> None:
    media, path = MediaStore(tmp_path), put(tmp_path, name)
    assert (media.find(name), media.read(name)) == (path, b"picture")
    assert media.fingerprints(name) == Fingerprints(hashlib.sha256(b"picture").hexdigest())
    media.delete(name)
    media.delete(name)
    assert media.find(name) is None and media.fingerprints(name) == NOTHING and not path.exists()
    with pytest.raises(MediaGone, match="no longer kept"):
        media.read(name)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "clips/../../secret", "a\0b", "x" * 5000, ""])
def test_names_that_lead_elsewhere_are_of_nothing(tmp_path: Path, name: str) -> None:
    secret = put(tmp_path, "secret")
    media = MediaStore(tmp_path / "store")
    assert media.find(name) is None and media.fingerprints(name) == NOTHING
    with pytest.raises(MediaGone):
        media.read(name)
    if name:
        with pytest.raises((StoreError, OSError)):
            media.path(name).unlink()
        assert secret.exists()


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside = put(tmp_path, "outside.jpg")
    folder = tmp_path / "store"
    (folder / PICTURE).parent.mkdir(parents=True)
    (folder / PICTURE).symlink_to(outside)
    media = MediaStore(folder)
    assert media.find(PICTURE) is None and media.fingerprints(PICTURE) == NOTHING
    media.delete(PICTURE)
    assert outside.exists()


@pytest.mark.parametrize(
    ("name", "fine"),
    [
        (PICTURE, True),
        (CLIP, True),
        ("snapshots/2026/03/01/01A-080001250-1.jpg", False),
        ("clips/2026/03/01/01A-080001250-1.clean.jpg", False),
        ("clips/2026/03/01/../01/01A-080001250-1.mp4", False),
        ("clips/2026/03/01/01A-080001250-1.mp4.part", False),
        ("clips/２０26/03/01/01A-080001250-1.mp4", False),
        ("clips/2026/03/01/01A-080001250-1.mp4\n", False),
        ("alerts.db", False),
    ],
)
def test_names(name: str, fine: bool) -> None:
    assert names.is_name(name) is fine


@pytest.mark.parametrize("name", [PICTURE, CLIP, Path(CLIP).name, "clips/2026/03/01/01AL-ERT-080001250-12.mp4.part"])
def test_the_alert_of_a_file(name: str) -> None:
    assert names.alert_of(name) == ("01AL-ERT" if "AL-ERT" in name else "01ALERT")
