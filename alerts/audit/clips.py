"""`clips/`: short films of events, cut out of the recordings as they are, without decoding.

A clip begins at the key picture before the event, and ends where its file does. It is cut where a browser plays it
(H.264, H.265); what a mask hides a copy would show, so none is cut of recordings of a camera with masks (`Site.hides`).
"""

import errno
import logging
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av
import av.error
from av.container import InputContainer

from alerts.audit.find import KEY
from alerts.audit.parts import sweep
from alerts.audit.sighting import Sighting
from alerts.audit.site import Site
from alerts.errors import AlertsError
from streams.chain import Segment
from streams.clip import CLIPPED
from streams.closing import Closing
from streams.disk import replacing
from streams.excerpt import Keys, Lost, excerpt
from streams.libav import video_stream
from streams.video_file import opened
from vision.geometry import Polygon

log = logging.getLogger(__name__)

FOLDER = "clips"
BEFORE_S, AFTER_S = 3.0, 5.0
"""Of a clip, beyond its event."""
MOST_S = 30.0
"""Of an event: what stays for hours is seen in that."""
GB = 1 << 30
MOST_GB = 2.0
"""Of all clips of a report, if nothing else is said."""
_MADE = re.compile(rf"\.?(?P<key>{KEY.pattern})-\w+-\d+-[0-9a-f]{{8}}\.mp4(\.part)?")
"""Names of clips, also of one that a kill left half written."""
FULL = (errno.ENOSPC, errno.EDQUOT)
"""What the disk says that holds the report: nothing more can be cut, of whatever file."""


def check_clips(masks: Mapping[str, Sequence[Polygon]]) -> None:
    """masks: of each camera. Raises AlertsError where no clip can be cut: copies would show what masks hide."""
    if masks and all(masks.values()):
        whose = "the camera has masks" if len(masks) == 1 else "all of these cameras have masks"
        raise AlertsError(f"--clips, --clips-gb: {whose}, and a clip is a copy of the recording, which shows all of it")


def cut_clips(
    sightings: Iterable[Sighting],
    site: Site,
    out: Path,
    most_gb: float | None = None,
    spared: Collection[str] = (),
    others: Iterable[Sighting] = (),
) -> dict[str, str]:
    """Event → its clip below the report's folder. One that is there already is kept as far as it fits, also of
    `others`, of which none is cut; what is of no use any more goes, but for what is of these recordings, by key: they
    are not there to be cut again.

    All but these take `most_gb` at most: the first clip that would be beyond is the last that is cut. What cannot be
    cut has none; nor has what is of a camera with masks. Raises OSError where the disk is full.
    """
    folder = out / FOLDER
    folder.mkdir(exist_ok=True)
    budget = _Budget((MOST_GB if most_gb is None else most_gb) * GB)
    with _Cutter() as cutter:
        for one in sightings:
            path = _path(one, out)
            if one.id in budget.found or site.hides(one.job):
                continue
            there = path.is_file()
            if not there and (budget.spent or not _is_cut(cutter, one, path)):
                continue
            budget.spent |= not budget.take(one, path) and not there
    for one in others:
        path = _path(one, out)
        if one.id not in budget.found and path.is_file() and not site.hides(one.job):
            budget.take(one, path)
    kept = set(budget.found.values())
    _sweep(out, lambda name: f"{FOLDER}/{name}" in kept or _key(name) in spared)
    return budget.found


@dataclass(slots=True)
class _Budget:
    """left: bytes. found: event → its clip. spent: one was cut that did not fit."""

    left: float
    found: dict[str, str] = field(default_factory=dict)
    spent: bool = False

    def take(self, sighting: Sighting, path: Path) -> bool:
        """Whether its clip fits."""
        size = path.stat().st_size
        if size > self.left:
            return False
        self.left -= size
        self.found[sighting.id] = f"{FOLDER}/{path.name}"
        return True


def _is_cut(cutter: "_Cutter", sighting: Sighting, path: Path) -> bool:
    """Raises OSError where the disk is full."""
    try:
        cutter.cut(sighting, path)
    except (OSError, av.error.FFmpegError, ValueError) as error:
        if (number := getattr(error, "errno", None)) in FULL:
            raise OSError(number, os.strerror(number)) from None
        log.info("%s: no clip: %s", sighting.id, error)
        return False
    return True


def clips_there(sightings: Iterable[Sighting], out: Path) -> dict[str, str]:
    """Event → the clip that an earlier run cut of it."""
    if not (out / FOLDER).is_dir():
        return {}
    names = {path.name for path in (out / FOLDER).iterdir()}
    paths = ((one, _path(one, out)) for one in sightings)
    return {one.id: f"{FOLDER}/{path.name}" for one, path in paths if path.name in names}


def take_clips_away(out: Path, held: Collection[str]) -> None:
    """Those of recordings that are not among these, by key, of which nothing is there any more. Raises OSError."""
    _sweep(out, lambda name: _key(name) in held)


def _path(sighting: Sighting, out: Path) -> Path:
    return out / FOLDER / f"{sighting.id.replace('/', '-')}.mp4"


def _key(name: str) -> str:
    """Of the recording of which a clip was cut; "" of one that a kill left half written."""
    made = _MADE.fullmatch(name)
    return made["key"] if made and not name.endswith(".part") else ""


def _sweep(out: Path, kept: Callable[[str], bool]) -> None:
    sweep(out / FOLDER, lambda name: _MADE.fullmatch(name) is not None and not kept(name))


class _NothingThere(ValueError):
    """Of an event the file shows nothing. Of another it may."""


class _Cutter(Closing):
    """Keeps a file open for its next event, and opens none again of which nothing can be cut."""

    def __init__(self) -> None:
        self._refused: set[Path] = set()
        self._path: Path | None = None
        self._source: InputContainer | None = None
        self._keys = Keys()

    def cut(self, sighting: Sighting, path: Path) -> None:
        """Raises OSError, FFmpegError or ValueError where it cannot be cut."""
        segment = sighting.job.segment_at(sighting.event["start_s"])
        if segment.path in self._refused:
            raise ValueError("nothing of this file can be cut")
        try:
            try:
                _cut(sighting, segment, path, self._opened(segment.path), self._keys)
            except Lost:
                self.close()
                self._keys.give_up()
                _cut(sighting, segment, path, self._opened(segment.path), self._keys)
        except _NothingThere:
            raise
        except (OSError, av.error.FFmpegError, ValueError):
            self._refused.add(segment.path)
            raise

    def close(self) -> None:
        """Of the file."""
        if self._source is not None:
            self._source.close()
        self._source = None

    def _opened(self, path: Path) -> InputContainer:
        if self._path != path:
            self.close()
            self._path, self._keys = path, Keys()
        self._source = self._source or opened(path)
        return self._source


def _cut(sighting: Sighting, segment: Segment, path: Path, source: InputContainer, keys: Keys) -> None:
    """Raises OSError, FFmpegError or ValueError where it cannot be cut."""
    event = sighting.event
    since_s = max(0.0, event["start_s"] - segment.begins_s - BEFORE_S)
    until_s = min(event["end_s"], event["start_s"] + MOST_S) - segment.begins_s + AFTER_S
    over_s = sighting.job.next_begins_s(segment) - segment.begins_s
    with replacing(path) as staged:
        taken = video_stream(source, threads=1)
        if taken is None or taken.codec_context.name not in CLIPPED:
            raise ValueError("it cannot be copied")
        with av.open(
            f"file:{staged}", "w", format="mp4", options={"fflags": "+bitexact", "movflags": "+faststart"}
        ) as target:
            stream = target.add_stream_from_template(taken)
            first: int | None = None
            for packet in excerpt(source, taken, since_s, until_s, over_s, keys):
                first = packet.dts if first is None else first
                packet.pts, packet.dts = (packet.pts or 0) - (first or 0), (packet.dts or 0) - (first or 0)
                packet.stream = stream
                target.mux(packet)
            if first is None:
                raise _NothingThere("no picture there")
