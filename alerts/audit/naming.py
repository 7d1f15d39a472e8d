"""When a recording began and of which camera it is, as its path tells it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Self
from zoneinfo import ZoneInfo

from alerts.audit.dated import DatedFolders
from streams.image_file import PICTURE_SUFFIXES
from streams.video_file import VIDEO_SUFFIXES

DIRECTIVES: Mapping[str, str] = {
    "Y": r"(?:19|20)\d\d",
    "m": r"\d\d",
    "d": r"\d\d",
    "H": r"\d\d",
    "M": r"\d\d",
    "S": r"\d\d",
    "f": r"\d{1,9}",
    "s": r"\d{10}",
}
"""As strftime has them; f: a fraction of a second, s: Unix time."""

_TOKEN = re.compile(r"%(?P<directive>.)|\{(?P<name>\w+)\}|(?P<folders>\*\*/)|(?P<any>\*)|(?P<text>.)")

BY_LAYOUT = (
    ("%Y-%m-%d/%H/{camera}/%M.%S", True),  # Frigate: in UTC
    ("%Y-%m-%d/{channel}/*/**/%H.%M.%S-*", False),  # Dahua: disks, cards and FTP
    ("%Y-%m-%d/%H-%M-%S*", False),
    ("%Y/%m/%d/%H-%M-%S*", False),
    ("%Y%m%d/%H%M%S*", False),
    ("%Y%m%d%H/%MM%SS_*", False),  # Xiaomi
)
"""Layouts whose folders tell the day, and whether they are in UTC."""

_IN_NAME = re.compile(
    r"(?:(?P<above>.*)/)?(?P<head>[^/]*?)(?<!\d)"
    r"(?P<Y>(?:19|20)\d\d)(?P<a>[-_.]?)(?P<m>\d\d)(?P=a)(?P<d>\d\d)(?:T|[-_ .]{0,3})"
    r"(?P<H>\d\d)(?P<b>[-_.:]?)(?P<M>\d\d)(?:(?P=b)(?P<S>\d\d))?"
    r"(?:[-.,](?P<f>\d{1,6})|(?P<ms>\d{3}))?(?!\d)(?P<z>Z|\+\d\d:?\d\d)?(?P<tail>[^/]*)"
)
"""A day and a time in the name: ffmpeg -strftime, MediaMTX, Shinobi, what Hikvision's and Dahua's programs download."""
_UNIX_TIME = re.compile(r"(?:(?P<above>.*)/)?(?P<head>[^/]*?)(?<!\d)(?P<s>1\d{9})(?P<f>\d{3})?(?!\d)(?P<tail>[^/]*)")
_STREAM = re.compile(r"(?<![a-z])(main|sub)(?![a-z])", re.IGNORECASE)
_CHANNEL = re.compile(r"(?<![a-z])(ch|chan|channel|cam|camera|通道|摄像机|摄像头)[-_. ]?(\d{1,4})(?!\d)", re.IGNORECASE)
"""What tells two cameras apart behind the time, where there is mostly an end, a number or a reason."""
_STREAM_END = re.compile(r"(?:^|[-_. ])(?:main|sub)$", re.IGNORECASE)
"""What tells which stream of a camera was recorded, at the end of a part of its name."""
_DATED = re.compile(r"(?<![^/])(?:19|20)\d\d(?:[-_./年月]?\d\d){1,5}日?(?![^/])")
"""Whole parts of a path: a month, a day, an hour, in one folder or in several."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a path tells. camera: what is left of it without the times. at: aware, of the first picture."""

    camera: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Read:
    """Of one path. said: by its pattern, which names each piece; written: when it began, as it writes that."""

    said: Mapping[str, str | None]
    written: datetime
    at: datetime

    @property
    def above(self) -> list[str]:
        """The folders of which the pattern says nothing."""
        return [part for part in (self.said.get("above") or "").split("/") if part]

    def moments(self, zone: ZoneInfo) -> list[datetime]:
        """When it began, as clocks may have shown it there, each labelled as UTC."""
        return [one.replace(tzinfo=UTC) for one in (self.written, self.at.astimezone(zone), self.at)]


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A way to read paths. zone: of times that do not tell theirs."""

    form: re.Pattern[str]
    zone: ZoneInfo

    @classmethod
    def compile(cls, pattern: str, zone: ZoneInfo, *, tail: bool = False) -> Self:
        """From the language of `archive.name_pattern`. Raises ValueError, saying what is wrong with it.

        tail: what a `*` at its end stands for may tell the camera.
        """
        taken: list[str] = []
        parts = [_part(token, taken) for token in _TOKEN.finditer(pattern)]
        if twice := {name for name in taken if len(name) > 1 and taken.count(name) > 1}:
            raise ValueError(f"{{{min(twice).removeprefix('at_')}}} stands twice")
        if "s" not in taken and not {"Y", "m", "d", "H", "M"} <= set(taken):
            raise ValueError("it tells no moment: needed are %Y %m %d %H %M, or %s")
        if tail and pattern.endswith("*"):
            parts[-1] = r"(?P<ms>\d{3})?(?P<tail>(?!\d)[^/]*)" if pattern.endswith("%S*") else "(?P<tail>[^/]*)"
        return cls(re.compile(rf"(?:(?P<above>.*)/)?{''.join(parts)}"), zone)

    def read(self, path: str) -> _Read | None:
        """None: the path is of another form, or its time is none. path: without the file's ending, with "/"."""
        found = self.form.fullmatch(path)
        if found is None:
            return None
        said = found.groupdict()
        try:
            written = _written(said, self.zone)
            return _Read(said, written, _moment(said, written))
        except (ValueError, OverflowError):
            return None


class Naming:
    """All ways in which paths are read, the first that fits."""

    def __init__(self, pattern: str | None, zone: ZoneInfo) -> None:
        utc = ZoneInfo("UTC")
        self._patterns: Sequence[NamePattern] = (
            [NamePattern.compile(pattern, zone)]
            if pattern is not None
            else [
                *(NamePattern.compile(layout, utc if is_utc else zone, tail=True) for layout, is_utc in BY_LAYOUT),
                NamePattern(_IN_NAME, zone),
                NamePattern(_UNIX_TIME, utc),
            ]
        )
        self.zone = zone

    def read(self, names: Iterable[str]) -> dict[str, Named]:
        """What the names of an archive tell, of those that tell a time: of files, with the folders above them and their
        ending. Folders that tell a time are known by all of them together.
        """
        found = {name: read for name in names if (read := self._read(name)) is not None}
        dated = DatedFolders((read.above, read.moments(self.zone)) for read in found.values())
        return {name: Named(_camera(read.said, dated.without(read.above)), read.at) for name, read in found.items()}

    def _read(self, name: str) -> _Read | None:
        path = re.sub(r"\.\w{1,5}$", "", name)
        return next((read for pattern in self._patterns if (read := pattern.read(path)) is not None), None)


def _part(token: re.Match[str], taken: list[str]) -> str:
    """As a regular expression. A directive that comes again is only skipped."""
    if (directive := token["directive"]) is not None:
        if directive not in DIRECTIVES:
            raise ValueError(f"unknown %{directive}; allowed: {' '.join(f'%{one}' for one in DIRECTIVES)}")
        again = directive in taken
        taken.append(directive)
        return f"(?:{DIRECTIVES[directive]})" if again else f"(?P<{directive}>{DIRECTIVES[directive]})"
    if token["name"] is not None:
        taken.append(f"at_{token['name']}")
        return f"(?P<at_{token['name']}>[^/]+?)"
    if token["folders"] is not None:
        return "(?:[^/]+/)*"
    return "[^/]*" if token["any"] is not None else re.escape(token["text"])


def _camera(said: Mapping[str, str | None], above: Sequence[str]) -> str:
    """The folder, what stands before the time, and of what stands behind it only which channel and stream it is."""
    tail = said.get("tail") or ""
    channel, stream = _CHANNEL.search(tail), _STREAM.search(tail)
    head = (said.get("head") or "").strip("-_. ")
    named = [value for key, value in said.items() if key.startswith("at_")]
    beside = [channel[1].lower() + channel[2] if channel else "", stream[0].lower() if stream else ""]
    parts = [*above, head, *named, *beside]
    return "/".join(part for part in parts if part)


def _written(said: Mapping[str, str | None], zone: ZoneInfo) -> datetime:
    """As the path writes it, whichever zone that tells."""
    if said.get("s"):
        return datetime.fromtimestamp(int(str(said["s"])), zone)
    year, month, day, hour, minute, second = (int(said.get(key) or 0) for key in "YmdHMS")
    return datetime(year, month, day, hour, minute, second, tzinfo=zone)


def _moment(said: Mapping[str, str | None], written: datetime) -> datetime:
    fraction = timedelta(seconds=float(f"0.{said.get('f') or said.get('ms') or 0}"))
    if told := said.get("z"):
        written = datetime.fromisoformat(written.replace(tzinfo=None).isoformat() + told)
    return written.astimezone(UTC) + fraction


class Names:
    """Cameras, by what an archive may call them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._alike: dict[str, list[str]] = {}
        for name in self._names:
            self._alike.setdefault(name.casefold(), []).append(name)

    def called(self, name: str) -> str:
        """The one that is called so, also but for large and small letters where only one is called so; "" for none."""
        alike = [name] if name in self._names else self._alike.get(name.casefold(), [])
        return alike[0] if len(alike) == 1 else ""


def told_camera(camera: str, name: str, known: Names) -> str:
    """What a recording's name tells of its camera. camera: where the name tells a time, what is left of it. Where none
    of `known` is called so: the recording itself, or the nearest folder in which it lies, if one is called like a
    camera of `known`; else what is left. "": nothing.
    """
    if camera and registered(camera, known):
        return camera
    path = PurePosixPath(name)
    is_file = path.suffix.lower() in VIDEO_SUFFIXES | PICTURE_SUFFIXES
    return next((above for above, _ in _called(str(path.with_suffix("")) if is_file else name, known)), camera)


def whole_name(camera: str) -> str:
    """Of a camera of an archive, without what tells which stream of it was recorded, or on which day."""
    parts = _undated(camera)
    while len(parts) > 1 and not _without_stream(parts[-1]):
        parts.pop()
    last = camera.split("/")[len(parts) - 1]
    return "/".join([*camera.split("/")[: len(parts) - 1], _without_stream(last) or last])


def registered(camera: str, known: Names) -> str:
    """The camera of the settings that an archive's name means: itself, or the nearest of its parts, from the last one
    on, that is called so, also without the stream at its end, also but for large and small letters where only one is
    called so. Streams and dates are passed by, unless nothing else is called like a camera. "" for none.
    """
    return next((name for _, name in _called(camera, known)), "")


def _called(path: str, known: Names) -> Iterator[tuple[str, str]]:
    """The path down to each part that is called like a camera, and that camera, the one that counts first."""
    parts = path.split("/")
    telling = [bool(_without_stream(part)) for part in _undated(path)]
    for index in sorted(range(len(parts)), key=lambda index: (telling[index], index), reverse=True):
        above, part = "/".join(parts[: index + 1]), parts[index]
        for name in (above, part, _without_stream(part)):
            if found := known.called(name):
                yield above, found
                break


def _undated(path: str) -> list[str]:
    """The parts of a path, "" for those that tell a day or an hour."""
    return _DATED.sub(lambda found: "/" * found[0].count("/"), path).split("/")


def _without_stream(part: str) -> str:
    return _STREAM_END.sub("", part)
