"""Which pictures are kept of an alert, in the order in which they were taken. Pure; whether a file is still there,
only the disk knows."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from alerts.alert import Alert
from alerts.evidence.names import VARIANTS, Variant


class Role(StrEnum):
    """What a picture is there for."""

    FILM = "film"  # what led to it
    EARLIER = "earlier"  # when it was suspected, or fired before
    ALERT = "alert"  # of the moment it is about
    AFTER = "after"  # of the place once it was clear
    PHOTO = "photo"  # somebody has added it


class Moment(StrEnum):
    """When a picture was taken, seen from the alarm."""

    BEFORE = "before"  # it led to it
    RAISED = "raised"  # it raised it
    SINCE = "since"  # the camera went on seeing it, saw it again, or saw the place clear


RAISED_WITHIN_S = 2.0
"""A picture is of the look that raised the alert; the clock of the look and that of the file may differ by so much."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture. mark: names it within its alert, and gives no file away. taken_at: as it stands in the evidence.

    size: width, height px. drawing: of `alerts.evidence.drawing`, {} where nothing is known to be seen in it. by: who
    took it; "": a camera, or nobody knows.
    """

    role: Role
    key: str
    mark: str
    taken_at: str
    size: tuple[int, int]
    variants: tuple[Variant, ...]
    drawing: Mapping[str, Any] = field(default_factory=dict)
    by: str = ""

    def hidden(self) -> Variant | None:
        """The variant in which heads are hidden, the one without anything drawn in if there is one."""
        return next((one for one in ("veiled", "blurred") if one in self.variants), None)

    @property
    def marked(self) -> bool:
        """Whether what was found is drawn into the hidden variant, as it was of earlier versions."""
        return self.hidden() == "blurred"


def pictures_of(alert: Alert) -> list[Kept]:
    """All of them, the oldest first."""
    return sorted(_pictures(alert), key=lambda one: one.taken_at)


def moments(alert: Alert) -> dict[str, Moment]:
    """Mark → when it was taken. Of what was never raised all of the camera's led to it; what people add never did."""
    kept, fired_at = pictures_of(alert), alert.fired_at
    if fired_at is None:
        return {one.mark: Moment.SINCE if one.role is Role.PHOTO else Moment.BEFORE for one in kept}
    shots = [one for one in kept if one.role in (Role.EARLIER, Role.ALERT)]
    at = raised_at([one.taken_at for one in shots], fired_at)
    raised = shots[at] if at is not None else None
    border_s = _seconds(raised.taken_at, fired_at) if raised else 0.0

    def moment(one: Kept) -> Moment:
        if one is raised:
            return Moment.RAISED
        if one.role is Role.PHOTO:
            return Moment.SINCE
        return Moment.SINCE if _seconds(one.taken_at, fired_at) > border_s else Moment.BEFORE

    return {one.mark: moment(one) for one in kept}


def raised_at(taken: Sequence[str], fired_at: datetime) -> int | None:
    """Which of these times (as they stand in the evidence) is that of the picture that raised an alert; None: it is
    not among them. One that is alone raised it: the photo of a report was taken when it was taken."""
    if len(taken) == 1:
        return 0
    near = [(abs(_seconds(one, fired_at)), at) for at, one in enumerate(taken)]
    return next((at for apart, at in sorted(near) if apart <= RAISED_WITHIN_S), None)


def _seconds(taken: str, since: datetime) -> float:
    """Infinite where no time is known."""
    return (datetime.fromisoformat(taken) - since).total_seconds() if taken else float("-inf")


def _pictures(alert: Alert) -> Iterator[Kept]:
    snapshot = alert.evidence.get("snapshot") or {}
    after = alert.evidence.get("snapshot_after")
    yield from (_kept(Role.FILM, one) for one in alert.evidence.get("film", ()))
    yield from (_kept(Role.EARLIER, one) for one in snapshot.get("earlier", ()))
    if snapshot:
        yield _kept(Role.ALERT, snapshot)
    if after:
        yield _kept(Role.AFTER, after)
    others = (one for one in alert.evidence.get("photos", ()) if not after or one["key"] != after["key"])
    yield from (_kept(Role.PHOTO, one) for one in others)


def _kept(role: Role, said: Mapping[str, Any]) -> Kept:
    drawing = said.get("drawing") or {}
    if not drawing and said.get("box"):  # of earlier versions
        drawing = {"findings": [{"box": said["box"]}]}
    key = str(said["key"])
    return Kept(
        role,
        key,
        mark_of(key),
        str(said.get("taken_at", "")),
        (int(said.get("width", 0)), int(said.get("height", 0))),
        tuple(one for one in VARIANTS if f"sha256_{one}" in said),
        drawing,
        str(said.get("by", "")),
    )


def mark_of(key: str) -> str:
    """What a picture is called where its file's name may not be told."""
    return hashlib.sha256(key.encode()).hexdigest()[:12]
