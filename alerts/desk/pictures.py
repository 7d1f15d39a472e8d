"""The pictures that an alert is raised with, and that of its place once it is clear. An alert never waits for one."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from alerts.alert import Alert, fingerprint
from alerts.desk.reported import Report
from alerts.errors import StoreError
from alerts.evidence.kept import raised_at
from alerts.evidence.names import Variant
from alerts.evidence.photo import Photo
from alerts.evidence.snapshot import Drawn, Snapshot, SnapshotStore, draw
from alerts.lifecycle import Change, ChangeKind
from alerts.track.proof import pictured_after
from vision.blur import Private
from vision.config import CameraConfig
from vision.look import Look
from vision.rule import Finding
from vision.zones import Zone

_log = logging.getLogger(__name__)
PICTURED = frozenset({ChangeKind.OPENED, ChangeKind.FIRED, ChangeKind.REOPENED})
_EARLIER_PICTURES = 4


class Pictures:
    """Guarded by the desk's lock. `lost` counts pictures that could not be kept."""

    def __init__(
        self,
        snapshots: SnapshotStore,
        cameras: Sequence[CameraConfig],
        picture_now: Callable[[str], bytes | None],
        private_now: Callable[[str], Private],
        private_in: Callable[[bytes], Private | None],
    ) -> None:
        """picture_now, private_now, private_in: of `alerts.desk.Desk`."""
        self._snapshots, self._picture_now, self._private_now = snapshots, picture_now, private_now
        self._private_in = private_in
        self.follow(cameras)
        self.lost = 0

    def follow(self, cameras: Sequence[CameraConfig]) -> None:
        """These are the cameras, and their zones, from now on."""
        self._zones = {camera.name: tuple(zone.zone() for zone in camera.zones) for camera in cameras}

    def bare(self, look: Look) -> Look:
        """The camera's newest live picture in place of the look's, without marks: the trouble is of the whole one."""
        picture, private = self._picture_now(look.camera), self._private_now(look.camera)
        return replace(look, findings=(), picture=picture, private=private)

    def added(self, change: Change, look: Look) -> Change:
        """The change with the look's picture kept, if it has one and the disk takes it."""
        if change.kind is ChangeKind.RESOLVED and pictured_after(change.alert) and change.alert.snapshot:
            return self._after(change, look)
        if look.picture is None or change.kind not in PICTURED:
            return change
        alert = change.alert
        try:
            snapshot = self._save(alert, look, look.picture)
        except (StoreError, ValueError) as error:
            self.lost += 1
            _log.error("alert %s is raised without its picture: %s", alert.id, error)
            return change
        evidence = snapshot.evidence() | _boxes_in(look, alert)
        if "snapshot" in alert.evidence:
            old = dict(alert.evidence["snapshot"])
            evidence["earlier"] = _earlier([*old.pop("earlier", ()), old], alert)
        pictured = replace(alert, snapshot=snapshot.key, evidence={**alert.evidence, "snapshot": evidence})
        return replace(change, alert=pictured)

    def of_report(self, alert: Alert, report: Report) -> Alert:
        """The alert with its photo, as `of_photo` keeps it."""
        kept = self.of_photo(alert.id, report.photo, report.taken_at)
        return replace(alert, snapshot=kept.key, evidence={**alert.evidence, "snapshot": kept.evidence()})

    def of_photo(self, alert_id: str, photo: Photo, taken_at: datetime) -> Snapshot:
        """A photo that somebody has sent, kept with the heads in it hidden. Where nobody could look for people in it,
        it is only shown to whoever may see recognisable people, with a reason. Not under the desk's lock: it may take
        seconds. Raises StoreError."""
        private = self._private_in(photo.jpeg)
        bare: dict[Variant, bytes] = {"clean": photo.jpeg, "annotated": photo.jpeg}
        drawn = Drawn(bare, photo.size) if private is None else draw(photo.jpeg, private=private)
        return self._snapshots.save(alert_id, drawn, taken_at=taken_at)

    def _after(self, change: Change, look: Look) -> Change:
        """The change with a picture of the place as it is now that the thing is gone."""
        shown = self.shown_now(change.alert, look.at)
        return change if shown is None else replace(change, alert=shown)

    def shown_now(self, alert: Alert, at: datetime) -> Alert | None:
        """The alert with a picture of its place as its camera shows it now, heads hidden, too; None: there is none, or
        the disk does not take it."""
        picture = self._picture_now(alert.camera)
        if picture is None:
            return None
        try:
            drawn = draw(picture, zones=self._zones_of(alert), private=self._private_now(alert.camera))
            after = self._snapshots.save(alert.id, drawn, taken_at=at)
        except (StoreError, ValueError) as error:
            self.lost += 1
            _log.error("alert %s has no picture of the clear place: %s", alert.id, error)
            return None
        return replace(alert, evidence={**alert.evidence, "snapshot_after": after.evidence()})

    def _zones_of(self, alert: Alert) -> list[Zone]:
        return [zone for zone in self._zones.get(alert.camera, ()) if zone.name == alert.zone]

    def _save(self, alert: Alert, look: Look, picture: bytes) -> Snapshot:
        findings = [finding for finding in look.findings if _is_about(finding, alert)]
        zones = self._zones_of(alert)
        drawn = draw(picture, boxes=look.boxes, findings=findings, zones=zones, private=look.private)
        return self._snapshots.save(alert.id, drawn, taken_at=look.at)


def _earlier(pictures: list[dict[str, Any]], alert: Alert) -> list[dict[str, Any]]:
    """The newest of them, and the one that raised the alert, however often it has come back since."""
    kept = pictures[-_EARLIER_PICTURES:]
    at = (
        None
        if alert.fired_at is None
        else raised_at([str(one.get("taken_at", "")) for one in pictures], alert.fired_at)
    )
    if at is None or pictures[at] in kept:
        return kept
    return [pictures[at], *kept[1:]]


def _is_about(finding: Finding, alert: Alert) -> bool:
    """By place and kind: the key is not kept in the alert, and a neighbour's box does no harm."""
    return (finding.hazard, finding.zone) == (alert.hazard, alert.zone)


def _boxes_in(look: Look, alert: Alert) -> dict[str, Any]:
    """Where the alert's thing is in this very picture: "box". The alert's own box moves on to its peak."""
    for finding in look.findings:
        if fingerprint(look.camera, finding.hazard, finding.zone, finding.key) == alert.fingerprint:
            return {"box": [float(value) for value in finding.box]}
    return {}
