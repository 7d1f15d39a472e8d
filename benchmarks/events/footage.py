"""The footage: what each recording shows, where it comes from, and under which zones and dwell times it is judged.

Real clips come with `truth.csv`, rendered scenarios with `NAME.truth.json` (docs/ref/scenario-scripts.md). A scenario
is judged twice: with the whole picture as one zone of the place's type, as a first `xinan audit` would, and with the
zones of its truth, as a site that was set up. What cannot be told under a zone mode (bays that nobody has drawn, a burn
site that is not known to be one, an event shorter than its dwell) is *open*: an alert on it is neither found nor false.
"""

import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from alerts.config import Settings, load_settings
from models.errors import WorkshopError
from models.files import read_json
from models.folds import CLUTTER_VIDEOS
from vision.geometry import Box
from vision.zones import ROUTE_TYPES, Zone, ZoneType

DWELL_KEYS: Final[Mapping[str, str]] = {
    "clutter": "dwell_s",
    "ebike": "parked_s",
    "flame": "verify_s",
    "flying_lead": "dwell_s",
}
"""Hazard → the key of its settings that says how long it must last."""

KNOWN: Final = frozenset(DWELL_KEYS)
"""The hazards of which the truth tells all; of one that is added, nothing is known until it does."""

SHORT_DWELL_S: Final[Mapping[str, float]] = {"clutter": 8.0, "ebike": 8.0, "flame": 2.0, "flying_lead": 5.0}
"""Dwell times for recordings of half a minute."""
LEFT_THING_DWELL_S = 5.0
"""Clutter dwell for the real clips of left things: some are taken away again after 18 s."""

FORBIDDEN: Final[Mapping[str, frozenset[ZoneType]]] = {
    "clutter": ROUTE_TYPES | {ZoneType.SHED},
    "ebike": ROUTE_TYPES | {ZoneType.LIFT},
    "flame": frozenset(ZoneType),
    "flying_lead": frozenset(ZoneType) - {ZoneType.LIFT},
}
"""Hazard → the zone types in which it is one without anything further being known of the place."""

SEEN_AS: Final[Mapping[str, str]] = {"clutter": "clutter", "ebike": "ebike", "flame": "flame", "flying_lead": "cable"}
"""Hazard → the kind of the boxes in a scenario's truth that show it."""

BY_ZONE: Final = ("attended burn", "may park", "no rule in")
"""How the reasons begin for which a scenario's quiet thing is allowed by its zone alone."""

EDGE_S = 0.5
"""An event that ends this near to the recording's end was not seen to end."""


class FootageError(WorkshopError):
    """Footage whose truth cannot be read."""


class Kind(StrEnum):
    """Where footage comes from."""

    REAL = "real"
    RENDERED = "rendered"
    QUIET = "quiet"


class ZoneMode(StrEnum):
    """Whole: the picture is one zone of the place's type. Own: the zones of the truth."""

    WHOLE = "whole"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class TrueEvent:
    """Something that must be raised. Times in seconds from the recording's start.

    enters_s: when it first came into sight; an alert may not be older. removed: it was seen to go at `end_s`.
    boxes: where it is, 0–1; none: anywhere. dwell_s: how long it must last by the settings before it counts.
    scored: False where the zone mode or the dwell leaves it open.
    """

    hazard: str
    what: str
    start_s: float
    end_s: float
    enters_s: float
    removed: bool
    dwell_s: float
    boxes: tuple[Box, ...] = ()
    scored: bool = True


@dataclass(frozen=True, slots=True)
class Footage:
    """One recording under one zone mode.

    name: unique together with `mode`. source: the group under which it is reported.
    quiet_for: the hazards for which every alert that meets no event is false; of the others nothing is known.
    overrides: `--set` of the audit. trained_on: the detector has learnt from frames of it.
    """

    name: str
    path: Path
    kind: Kind
    source: str
    mode: ZoneMode
    zones: tuple[Zone, ...]
    events: tuple[TrueEvent, ...]
    quiet_for: frozenset[str]
    overrides: tuple[str, ...] = ()
    trained_on: bool = False

    @property
    def settings(self) -> Settings:
        """The defaults and this footage's overrides; looked at as often as live."""
        return load_settings(None, ("analysis.dense=true", *self.overrides))


def whole(kind: ZoneType) -> tuple[Zone, ...]:
    """The zones of `xinan audit --zone KIND`."""
    return (Zone(kind, kind),)


def dwell_overrides(dwell_s: Mapping[str, float]) -> tuple[str, ...]:
    """Overrides that set these dwell times, in seconds by hazard."""
    return tuple(f"hazards.{hazard}.{DWELL_KEYS[hazard]}={value}" for hazard, value in sorted(dwell_s.items()))


def dwell_s(settings: Settings, hazard: str, zone_type: str) -> float:
    """How long the hazard must last in a zone of this type before it is raised, seconds."""
    in_lift = hazard == "ebike" and zone_type == ZoneType.LIFT
    return float(getattr(settings.hazards[hazard], "lift_s" if in_lift else DWELL_KEYS[hazard]))


# -- real clips --------------------------------------------------------------------------------------------------------


def real(folder: Path) -> list[Footage]:
    """The clips with truth.csv in `folder`/flame and `folder`/clutter; a missing folder has none."""
    found: list[Footage] = []
    for name, make in (("flame", _fire_clip), ("clutter", _left_thing_clip)):
        truth = folder / name / "truth.csv"
        if truth.is_file():
            found += [make(folder / name / file, rows) for file, rows in sorted(_rows(truth).items())]
    return found


def _rows(truth: Path) -> dict[str, list[dict[str, str]]]:
    """File name → its rows."""
    found: dict[str, list[dict[str, str]]] = {}
    with truth.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["file"], []).append(row)
    return found


def _fire_clip(path: Path, rows: Sequence[Mapping[str, str]]) -> Footage:
    row, settings = rows[0], load_settings()
    events: tuple[TrueEvent, ...] = ()
    if row["has_fire"] == "1":
        start_s, end_s = float(row["fire_start_s"]), float(row["fire_end_s"])
        removed = float(row["duration_s"]) - end_s > EDGE_S
        verify_s = dwell_s(settings, "flame", "")
        events = (TrueEvent("flame", "fire", start_s, end_s, start_s, removed, verify_s),)
    origin = re.search(r"[\w.-]+/[\w.-]+", row["source"])
    return Footage(
        name=f"flame/{path.stem}",
        path=path,
        kind=Kind.REAL,
        source=origin[0] if origin else row["source"],
        mode=ZoneMode.WHOLE,
        zones=whole(ZoneType.CORRIDOR),
        events=events,
        quiet_for=frozenset({"flame", "ebike", "flying_lead"}),  # what lies about in them is told nowhere
        trained_on="PBL5" in row["source"],
    )


def _left_thing_clip(path: Path, rows: Sequence[Mapping[str, str]]) -> Footage:
    duration_s = float(rows[0]["frames"]) / float(rows[0]["fps"])
    return Footage(
        name=f"clutter/{path.stem}",
        path=path,
        kind=Kind.REAL,
        source=path.stem.partition("_")[0],
        mode=ZoneMode.WHOLE,
        zones=whole(ZoneType.CORRIDOR),
        events=tuple(_left_thing(row, duration_s) for row in rows),
        quiet_for=KNOWN,
        overrides=dwell_overrides({"clutter": LEFT_THING_DWELL_S}),
        trained_on=not path.stem.startswith(CLUTTER_VIDEOS),
    )


def _left_thing(row: Mapping[str, str], duration_s: float) -> TrueEvent:
    width, height = float(row["width"]), float(row["height"])
    x, y, w, h = (float(row[f"box_{side}"]) for side in "xywh")
    box = (x / width, y / height, (x + w) / width, (y + h) / height)
    rest_s, end_s = float(row["rest_s"]), float(row["removed_s"] or duration_s)
    removed = bool(row["removed_s"])
    return TrueEvent("clutter", row["what"], rest_s, end_s, rest_s, removed, LEFT_THING_DWELL_S, (box,))


# -- rendered scenarios ------------------------------------------------------------------------------------------------


def rendered(folder: Path, modes: Collection[ZoneMode] = tuple(ZoneMode)) -> list[Footage]:
    """Every NAME.mp4 with NAME.truth.json, once per zone mode. Raises FootageError, which names a damaged truth."""
    found: list[Footage] = []
    for truth in sorted(folder.glob("*.truth.json")):
        clip = truth.with_name(truth.name.replace(".truth.json", ".mp4"))
        if clip.is_file():
            found += [scenario(clip, read_json(truth), mode) for mode in modes]
    return found


def scenario(clip: Path, truth: Mapping[str, Any], mode: ZoneMode) -> Footage:
    """A rendered clip and its truth under a zone mode."""
    try:
        place = ZoneType(truth["place"]["kind"])
        zones = whole(place) if mode is ZoneMode.WHOLE else tuple(_zone(told) for told in truth["zones"])
        overrides = dwell_overrides(SHORT_DWELL_S)
        settings = load_settings(None, overrides)
        events = [_event(told, truth, settings, place, mode) for told in truth["events"]]
        events += [event for told in truth["quiet"] if (event := _open(told, place, mode))]
        return Footage(
            name=f"rendered/{clip.stem}",
            path=clip,
            kind=Kind.RENDERED,
            source=f"{place} {truth['place']['light']}",
            mode=mode,
            zones=zones,
            events=tuple(events),
            quiet_for=KNOWN,
            overrides=overrides,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise FootageError(f"{clip.stem}.truth.json: {type(error).__name__}: {error}") from None


def _zone(told: Mapping[str, Any]) -> Zone:
    return Zone(told["name"], ZoneType(told["type"]), tuple((float(x), float(y)) for x, y in told["polygon"]))


def _event(
    told: Mapping[str, Any], truth: Mapping[str, Any], settings: Settings, place: ZoneType, mode: ZoneMode
) -> TrueEvent:
    hazard, end_s = told["hazard"], float(told["end_s"])
    zone_type = place if mode is ZoneMode.WHOLE else ZoneType(told["zone_type"])
    needed_s = dwell_s(settings, hazard, zone_type)
    event = TrueEvent(
        hazard=hazard,
        what=told["what"],
        start_s=float(told["start_s"]),
        end_s=end_s,
        enters_s=float(told["enters_s"]),
        removed=float(truth["duration_s"]) - end_s > EDGE_S,
        dwell_s=needed_s,
        # In a lift the machine is raised wherever it is while it comes in.
        boxes=() if zone_type is ZoneType.LIFT else tuple(_boxes(told, truth["boxes"])),
    )
    lasts = end_s - event.start_s > needed_s + EDGE_S
    return replace(event, scored=lasts and zone_type in FORBIDDEN[hazard])


def _boxes(told: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Iterator[Box]:
    """The event's own box, and where its thing was seen from its coming to its end."""
    own = _box(told["box"])
    yield own
    kin = [row for row in rows if row["kind"] == SEEN_AS[told["hazard"]]]
    names = {row["name"] for row in kin if row["t"] >= told["start_s"] and overlap(_box(row["box"]), own) > 0.5}
    yield from (
        _box(row["box"]) for row in kin if row["name"] in names and told["enters_s"] <= row["t"] <= told["end_s"]
    )


def _open(told: Mapping[str, Any], place: ZoneType, mode: ZoneMode) -> TrueEvent | None:
    """A quiet thing as an open event, where it is allowed for a reason that the zones of this mode do not tell."""
    if "box" not in told:
        return None
    what, why, start_s = told["what"], told["why"], float(told["start_s"])
    prefixes = {"ebike": "ebike", "lead": "flying_lead"}
    hazard = "flame" if "fire" in what else next((h for p, h in prefixes.items() if what.startswith(p)), "clutter")
    by_zone = mode is ZoneMode.WHOLE and why.startswith(BY_ZONE) and place in FORBIDDEN[hazard]
    # What the site has allowed is told by no zone; from the start on it belongs to the place.
    if not by_zone and not (why.startswith("allowed") and start_s > 0):
        return None
    return TrueEvent(hazard, what, start_s, float(told["end_s"]), start_s, False, 0.0, (_box(told["box"]),), False)


def _box(values: Sequence[float]) -> Box:
    x1, y1, x2, y2 = (float(value) for value in values)
    return x1, y1, x2, y2


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    shared = _shared(a, b)
    return shared / max(1e-12, _area(a) + _area(b) - shared)


def held(a: Box, b: Box) -> float:
    """Share of the smaller of two boxes that lies in the larger."""
    return _shared(a, b) / max(1e-12, min(_area(a), _area(b)))


def _shared(a: Box, b: Box) -> float:
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
