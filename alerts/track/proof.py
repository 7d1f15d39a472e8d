"""Proof that a thing is gone from where it stood: a picture of the clear place, or a word on record why there is none.

Pure. Asked for of what is pictured again once it is gone (`HazardRule.pictured_after`): clutter.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alerts.alert import Alert
from vision.hazards import RULES


def pictured_after(alert: Alert) -> bool:
    """Whether the alert's place is pictured again once it is clear: before and after."""
    rule = RULES.get(alert.hazard)
    return rule is not None and rule.pictured_after


def is_shown_clear(alert: Alert) -> bool:
    """Whether there is a picture of the place since people were last called; while the camera sees the thing, one that
    is later than its last sight."""
    taken = (alert.evidence.get("snapshot_after") or {}).get("taken_at")
    if not taken or alert.called_at is None:
        return False
    since = max(alert.called_at, alert.seen_at) if alert.open else alert.called_at
    return datetime.fromisoformat(str(taken)) >= since


def lacks_proof(alert: Alert, detail: Mapping[str, Any]) -> bool:
    """Whether a step that says the place is clear is still to be proved. detail: of the step; `unproven` says why it
    cannot be."""
    return pictured_after(alert) and not is_shown_clear(alert) and not detail.get("unproven")
