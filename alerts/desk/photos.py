"""Photos that people add to a case: beside the camera's pictures, and of a case that no camera sees the proof that its
place is clear. They stand in the alert's evidence, as its other pictures do, and each is a step of whoever took it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from alerts.alert import Alert
from alerts.desk.reported import is_report
from alerts.evidence.kept import mark_of
from alerts.evidence.photo import Photo
from alerts.evidence.snapshot import Snapshot

MOST_PHOTOS = 12
"""Of one alert: each stands in its row, and in every notice of it to machines."""


@dataclass(frozen=True, slots=True)
class Added:
    """key: of whoever adds it, the same whenever it is sent again. taken_at: aware."""

    key: str
    by: str
    photo: Photo
    taken_at: datetime
    note: str = ""
    via: str = "console"
    account: str = ""


def photos_of(alert: Alert) -> list[Mapping[str, Any]]:
    """As they stand in the evidence, in the order in which they came."""
    return list(alert.evidence.get("photos", ()))


def find_sent(alert: Alert, key: str) -> Mapping[str, Any] | None:
    """The one that was sent under this key."""
    return next((one for one in photos_of(alert) if one["sent"] == key), None)


def with_photo(alert: Alert, kept: Snapshot, added: Added) -> Alert:
    """The alert with one more."""
    one = {**kept.evidence(), "by": added.by, "sent": added.key}
    return replace(alert, evidence={**alert.evidence, "photos": [*photos_of(alert), one]})


def shown_clear(alert: Alert, mark: str) -> Alert | None:
    """The alert with one of its photos as the picture of the clear place. None: there is no such photo from since
    people were called; or a camera sees the place, and its picture is what proves it."""
    if not is_report(alert) or alert.called_at is None:
        return None
    found = next((one for one in photos_of(alert) if mark_of(str(one["key"])) == mark), None)
    if found is None or datetime.fromisoformat(str(found["taken_at"])) < alert.called_at:
        return None
    return replace(alert, evidence={**alert.evidence, "snapshot_after": dict(found)})
