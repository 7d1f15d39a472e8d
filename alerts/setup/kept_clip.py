"""The clip of an alert, as a recording on which a camera's rules are tried."""

from alerts.desk import Desk
from alerts.errors import AlertNotFound, MediaAway, MediaGone, SetupRefused, StoreError
from alerts.evidence.media import MediaStore
from alerts.evidence.names import clip_name


def clip_of(desk: Desk, media: MediaStore, alert_id: str, camera: str) -> bytes:
    """An MP4 file. May block. Raises SetupRefused: there is none, or it is of another camera."""
    try:
        alert = desk.alert(alert_id)
        key = dict(alert.evidence.get("clip") or {}).get("key", "")
        if alert.camera != camera or not key:
            raise SetupRefused("no_recording", "this alert has no clip of this camera")
        return media.read(clip_name(key))
    except (AlertNotFound, MediaGone, MediaAway, StoreError):
        raise SetupRefused("no_recording", "the clip is not there now") from None
