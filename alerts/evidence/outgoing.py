"""The one picture of an alert that may leave the console, heads hidden. Every channel takes it from here."""

from alerts.alert import Alert
from alerts.errors import StoreError
from alerts.evidence.snapshot import SnapshotStore


def outgoing_picture(snapshots: SnapshotStore, alert: Alert) -> bytes | None:
    """The newest snapshot as JPEG, the hazard drawn in and heads hidden. Reads the disk.

    None: there is none, it is no longer kept, or it is of a time when heads were not hidden; a notice then goes as
    text. Never a clear picture instead.
    """
    if not alert.snapshot:
        return None
    try:
        return snapshots.path(alert.snapshot, "blurred").read_bytes()
    except (OSError, StoreError):
        return None
