"""The pictures of alerts on disk: the clean frame, one with people's heads hidden, and one with the finding drawn in,
too, which is what leaves the console by notices. The console draws what was found by itself (`Drawing`).

A picture is written under a temporary name, brought to the disk and then renamed: a name that exists is whole. Its
SHA-256 is kept with the alert, so that a picture can be shown to be the one that was taken.
"""

import contextlib
import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from alerts.db.codec import time_text
from alerts.errors import StoreError
from alerts.evidence.drawing import drawing
from alerts.evidence.names import VARIANTS, Variant, key_stem, picture_file
from streams.disk import replacing, sync
from vision.blur import NOTHING_PRIVATE, Private, blurred
from vision.geometry import Box
from vision.jpeg import decode_image, encode_jpeg
from vision.look import SeenBox
from vision.overlay import annotate, words_of
from vision.rule import Finding, Severity
from vision.zones import Zone

_JPEG_QUALITY = 90

LEAST_FREE = 64 << 20
"""Bytes. Room for tens of thousands of alerts."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture in all its variants, JPEG. size: (width, height) px. drawing: what is to be seen in it, as
    `alerts.evidence.drawing` has it."""

    variants: Mapping[Variant, bytes]
    size: tuple[int, int]
    drawing: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A stored set of pictures.

    key: relative, "2026/01/31/<alert id>-<hhmmssmmm UTC>-<n>". sha256: hex, of each JPEG file. width, height: pixels.
    """

    key: str
    sha256: Mapping[Variant, str]
    width: int
    height: int
    taken_at: datetime
    drawing: Mapping[str, Any] = field(default_factory=dict)

    def evidence(self) -> dict[str, Any]:
        """As it is kept in `alert.evidence["snapshot"]`: plain JSON values."""
        return {
            "key": self.key,
            **{f"sha256_{variant}": value for variant, value in self.sha256.items()},
            "width": self.width,
            "height": self.height,
            "taken_at": time_text(self.taken_at),
            **({"drawing": dict(self.drawing)} if self.drawing else {}),
        }


class SnapshotStore:
    """Pictures below one folder, by day. Thread-safe: every file is written once.

    least_free: bytes that pictures leave free on the disk, so that alerts can still be stored when it fills up.
    """

    def __init__(self, folder: Path, *, least_free: int = LEAST_FREE) -> None:
        self._folder = folder
        self._least_free = least_free

    def save(self, alert_id: str, drawn: Drawn, *, taken_at: datetime) -> Snapshot:
        """Keep all variants. Raises StoreError when the disk does not take them."""
        at = taken_at.astimezone(UTC)
        key = self._free_key(key_stem(alert_id, at))
        files = {self.path(key, variant): data for variant, data in drawn.variants.items()}
        folder = self.path(key, "clean").parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(folder).free - sum(map(len, files.values())) < self._least_free:
                raise StoreError(f"{self._folder}: the disk is full up to what is kept for alerts")
            for path, data in files.items():
                _write(path, data)
            sync(folder)
        except OSError as error:
            for path in files:
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
            raise StoreError(f"{folder}: a snapshot cannot be written: {error.strerror}") from None
        hashes: dict[Variant, str] = {variant: _sha256(data) for variant, data in drawn.variants.items()}
        return Snapshot(key, hashes, drawn.size[0], drawn.size[1], at, drawn.drawing)

    def _free_key(self, stem: str) -> str:
        """A key that no picture has: what was taken is never written over."""
        for number in range(1, 1000):
            if not any(self.path(f"{stem}-{number}", variant).exists() for variant in VARIANTS):
                return f"{stem}-{number}"
        raise StoreError(f"{stem}: too many pictures of one moment")

    def path(self, key: str, variant: Variant) -> Path:
        """The JPEG file of a key, whether it is there or not.

        Raises StoreError for a key that this store does not make, or that leads outside its folder.
        """
        path = self._folder / picture_file(key, variant)
        if not path.resolve().is_relative_to(self._folder.resolve()):
            raise StoreError(f"{key}: leads outside the snapshot folder")
        return path

    def verify(self, evidence: Mapping[str, Any]) -> str:
        """Why the pictures are not those that `evidence` (of a Snapshot) speaks of; "" if they are."""
        for variant in (name for name in VARIANTS if f"sha256_{name}" in evidence):
            try:
                found = _sha256(self.path(str(evidence["key"]), variant).read_bytes())
            except OSError as error:
                return f"{variant} picture: {error.strerror}"
            if found != evidence[f"sha256_{variant}"]:
                return f"{variant} picture: the file was changed after it was taken"
        return ""


def draw(
    jpeg: bytes,
    *,
    boxes: Sequence[SeenBox] = (),
    findings: Sequence[Finding] = (),
    zones: Sequence[Zone] = (),
    private: Private = NOTHING_PRIVATE,
) -> Drawn:
    """The picture as it came; so that heads and number plates are hidden; and that with boxes and zones drawn in.

    Raises ValueError when `jpeg` holds no picture.
    """
    fires = [finding.box for finding in findings if finding.severity is Severity.FIRE]
    with _refusing():
        hidden = _hidden(jpeg, private, fires)
        marked = annotate(hidden, boxes=boxes, findings=findings, zones=zones, label=words_of, scores=False)
        variants: dict[Variant, bytes] = {
            "clean": jpeg,
            "veiled": encode_jpeg(hidden, _JPEG_QUALITY),
            "blurred": encode_jpeg(marked, _JPEG_QUALITY),
        }
    return Drawn(variants, (hidden.shape[1], hidden.shape[0]), drawing(boxes, findings, zones))


def veiled(jpeg: bytes, private: Private) -> Drawn:
    """Only with heads and plates hidden: nobody can ever be recognised in it. Raises ValueError: it is no picture."""
    with _refusing():
        hidden = _hidden(jpeg, private, ())
        return Drawn({"veiled": encode_jpeg(hidden, _JPEG_QUALITY)}, (hidden.shape[1], hidden.shape[0]))


def _hidden(jpeg: bytes, private: Private, fires: Sequence[Box]) -> NDArray[np.uint8]:
    image = decode_image(jpeg)
    if image is None:
        raise ValueError(f"{len(jpeg)} bytes that are no picture")
    return blurred(image, private, fires)


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except cv2.error as error:
        raise ValueError(f"the picture cannot be drawn on: {' '.join(str(error).split())}") from None


def _write(path: Path, data: bytes) -> None:
    with replacing(path) as staged:
        staged.write_bytes(data)
        sync(staged)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
