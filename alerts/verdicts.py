"""What operators said of alerts, as pictures with labels: `xinan verdicts`, from which a site model learns.

A verdict speaks of one class at one place in one picture. So nothing is called exhaustively labelled: a thing that was
there is a box in `labels/`, one that was not is a box in `false/`, and of the rest of the picture nothing is known.
The store is only read.
"""

import csv
import hashlib
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alerts.alert import Alert
from alerts.errors import AlertsError
from alerts.evidence.media import MediaStore
from alerts.evidence.names import picture_name
from vision.geometry import Box

COLUMNS: Final = ("image", "set", "source", "labelled", "indoor", "boxes", "note")
"""Of index.csv, as in every set of pictures that the detector learns from."""
RIGHTLY_SEEN: Final = frozenset({"allowed", "passing", "moving", "steam", "welding"})
"""Reasons of a false alarm for which the thing itself was there, or a real flame may have been."""
MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one alert teaches. name: the detector's class. box: 0–1 of the picture. real: it was there."""

    alert: Alert
    name: str
    box: Box
    real: bool


@dataclass(frozen=True, slots=True)
class Exported:
    """Numbers of pictures, and of the alerts left out by why."""

    real: int
    false: int
    left_out: Mapping[str, int]


class NotTaught(AlertsError):
    """Why an alert with a verdict teaches the detector nothing: one line; `code` is its name for programs."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        super().__init__(reason)


def on_list(judged: Iterable[Alert], path: Path) -> tuple[list[Alert], int]:
    """Of the false alarms those that stand in a list which the console has exported (`alerts.shift.lessons`), or what
    somebody has left of it; what was acknowledged stays. And how many of the list are no false alarms of this store,
    or not any more.

    Raises AlertsError: the list cannot be read.
    """
    listed = _listed(path)
    kept = [alert for alert in judged if alert.false_alarm_at is None or alert.id in listed]
    return kept, len(listed - {alert.id for alert in kept if alert.false_alarm_at is not None})


def _listed(path: Path) -> set[str]:
    """Ids. Raises AlertsError that names the line."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AlertsError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    found = set()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            name = json.loads(line)["alert"]
        except (ValueError, TypeError, KeyError):
            name = None
        if not isinstance(name, str):
            raise AlertsError(
                f"{path}, line {number}: no false alarm as the console exports them (/shift, False alarms)"
            )
        found.add(name)
    return found


def export(
    judged: Sequence[Alert],
    media: MediaStore,
    names: Sequence[str],
    out: Path,
    *,
    most: int = MOST,
    progress: Callable[[Sequence[Alert]], Iterable[Alert]] = iter,
) -> Exported:
    """Write the alerts that teach something to `out`, a new or empty folder for the owner only, all or nothing.

    judged: newest first. names: the detector's classes by number. most: pictures for each camera, hazard and
    verdict, the newest. progress: wraps the alerts, to show them. Raises AlertsError when `out` cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise AlertsError(f"{out}: not an empty folder; name a new one")
    taken, left_out = Counter[bool](), Counter[str]()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
        try:
            with _Folder(staged, names) as folder:
                for verdict in _newest(progress(judged), names, media, most, left_out):
                    folder.add(verdict, media.read(picture_name(verdict.alert.snapshot, "clean")))
                    taken[verdict.real] += 1
            if taken:
                staged.replace(out)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    except OSError as error:
        raise AlertsError(f"{error.filename or out}: {error.strerror}") from None
    return Exported(taken[True], taken[False], dict(left_out))


def _newest(
    judged: Iterable[Alert], names: Sequence[str], media: MediaStore, most: int, left_out: Counter[str]
) -> Iterator[Verdict]:
    """The verdicts that teach something, within the bound; the others are counted."""
    taken = Counter[tuple[str, str, bool]]()
    for alert in judged:
        try:
            verdict = verdict_of(alert, names)
            kind = alert.camera, alert.hazard, verdict.real
            if taken[kind] >= most:
                raise NotTaught("enough", f"more than {most} of one camera, hazard and verdict, older")
            _check_picture(alert, media)
        except NotTaught as why:
            left_out[str(why)] += 1
            continue
        taken[kind] += 1
        yield verdict


def verdict_of(alert: Alert, names: Sequence[str]) -> Verdict:
    """What the judged alert says of the detector. Raises NotTaught where it says nothing."""
    name, real = alert.hazard, alert.false_alarm_at is None
    if (
        name not in names
    ):  # a flying lead is seen by a network of its own, a blocked exit is judged by what stands there
        raise NotTaught("no_class", f"the detector has no class {name}")
    if alert.false_alarm_reason in RIGHTLY_SEEN and not real:
        raise NotTaught("rightly_seen", f"false for another reason than the detector's ({alert.false_alarm_reason})")
    if alert.evidence.get("witness") == "reference" and not real:
        raise NotTaught("reference", "seen by comparison with the clear picture, not by the detector")
    return Verdict(alert, name, _box(alert), real)


def _box(alert: Alert) -> Box:
    """Where the detector saw it in the stored picture; for older alerts, at its peak."""
    stored = alert.evidence.get("snapshot", {}).get("box", alert.box)
    x1, y1, x2, y2 = (min(1.0, max(0.0, float(value))) for value in stored)
    return x1, y1, x2, y2


def _check_picture(alert: Alert, media: MediaStore) -> None:
    if not alert.snapshot:
        raise NotTaught("no_picture", "it has no picture")
    try:
        content = media.read(picture_name(alert.snapshot, "clean"))
    except AlertsError:
        raise NotTaught("picture_gone", "its picture is no longer kept") from None
    if hashlib.sha256(content).hexdigest() != alert.evidence.get("snapshot", {}).get("sha256_clean"):
        raise NotTaught("picture_changed", "its picture was changed after it was taken")


class _Folder:
    """An export in the making: pictures, their boxes and the index."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self._folder, self._names = folder, names
        for name in ("images", "labels", "false"):
            (folder / name).mkdir()
        (folder / "classes.txt").write_text("".join(f"{name}\n" for name in names), "utf-8")
        self._file = (folder / "index.csv").open("w", newline="", encoding="utf-8")
        self._index = csv.writer(self._file, lineterminator="\n")
        self._index.writerow(COLUMNS)

    def __enter__(self) -> "_Folder":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, verdict: Verdict, picture: bytes) -> None:
        """One picture with its box; no name of a person and no place goes with it."""
        alert = verdict.alert
        x1, y1, x2, y2 = verdict.box
        number = self._names.index(verdict.name)
        line = f"{number} {(x1 + x2) / 2:.6f} {(y1 + y2) / 2:.6f} {x2 - x1:.6f} {y2 - y1:.6f}\n"
        (self._folder / "images" / f"{alert.id}.jpg").write_bytes(picture)
        for kind, real in (("labels", True), ("false", False)):
            text = line if verdict.real is real else ""
            (self._folder / kind / f"{alert.id}.txt").write_text(text, "utf-8")
        said = "acknowledged" if verdict.real else f"false alarm: {alert.false_alarm_reason}"
        image, boxes = f"images/{alert.id}.jpg", int(verdict.real)
        note = f"{alert.hazard}, {said}"
        self._index.writerow((image, "site", f"site/{alert.camera}", "", "", boxes, note))
