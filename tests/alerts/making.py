"""What the tests of `alerts` are made of: looks, findings, alerts, a desk in a folder."""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import cv2
import numpy as np

from alerts.alert import Alert, fingerprint
from alerts.config import Settings
from alerts.ids import UlidFactory
from alerts.lifecycle import Change, ChangeKind, Lifecycle
from alerts.track.step import CONSOLE, Step, first_word
from vision.geometry import Box
from vision.look import Look, SeenBox
from vision.rule import Finding, Severity

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """That long after the start."""
    return START + timedelta(seconds=seconds)


def finding(
    second: float = 0.0,
    *,
    camera: str = "shed-1",
    hazard: str = "flame",
    zone: str = "corridor",
    key: str = "a",
    confirmed: bool = True,
    confidence: float = 0.6,
    since_s: float | None = None,
    evidence: Mapping[str, Any] | None = None,
    notice: str = "",
    box: Box = (0.1, 0.2, 0.3, 0.4),
) -> Finding:
    """A finding; its severity follows from the hazard."""
    since = second if since_s is None else since_s
    return Finding(
        camera=camera,
        hazard=hazard,
        severity=Severity.FIRE if hazard == "flame" else Severity.VIOLATION,
        zone=zone,
        zone_type="corridor",
        key=key,
        confirmed=confirmed and not notice,
        at=at(second),
        monotonic_s=second,
        since_s=since,
        since_at=at(since),
        confidence=confidence,
        box=box,
        evidence={"score": confidence} if evidence is None else evidence,
        notice=notice,
    )


def look(
    second: float,
    findings: Sequence[Finding] = (),
    *,
    camera: str = "shed-1",
    picture: bytes | None = None,
    wall_s: float | None = None,
) -> Look:
    """A look; `wall_s` sets the wall clock apart from the monotonic one."""
    boxes = (SeenBox("flame", 1, 0.6, (0.1, 0.2, 0.3, 0.4)),) if findings else ()
    return Look(
        camera, at(second if wall_s is None else wall_s), second, (160, 90), boxes, tuple(findings), picture=picture
    )


def lifecycle(
    alerts: Sequence[Alert] = (), *, clear_s: float = 10.0, new_id: UlidFactory | None = None, people_end: bool = False
) -> Lifecycle:
    """One whose ids are the same in each run."""
    return Lifecycle(
        alerts,
        clear_s={"flame": clear_s, "clutter": clear_s},
        anew_s={"clutter": 60.0},
        new_id=new_id or UlidFactory(random.Random(7)),
        place_of={"shed-1": "Lane 12, shed 1"},
        people_end=people_end,
    )


def alert(name: str = "01A", **given: Any) -> Alert:
    """A firing alert of fire, unless told otherwise."""
    hazard = given.pop("hazard", "flame")
    values: dict[str, Any] = {
        "id": name,
        "fingerprint": fingerprint("shed-1", hazard, "corridor", "a"),
        "camera": "shed-1",
        "place": "Lane 12, shed 1",
        "hazard": hazard,
        "severity": Severity.FIRE if hazard == "flame" else Severity.VIOLATION,
        "zone": "corridor",
        "zone_type": "corridor",
        "started_at": START,
        "seen_at": START,
        "confidence": 0.6,
        "box": (0.1, 0.2, 0.3, 0.4),
        "fired_at": START,
        "evidence": {"score": 0.6},
    }
    return Alert(**(values | given))


def acknowledged_by_a_step(one: Alert) -> Change:
    """An alert that was stored at once as it is; where somebody has acknowledged it, by the step that says so."""
    if one.acknowledged_at is None:
        return Change(ChangeKind.FIRED, one)
    step = Step(one.id, 1, one.acknowledged_at, one.acknowledged_by, CONSOLE, first_word(one))
    return Change(ChangeKind.FIRED, one, step)


def jpeg(width: int = 160, height: int = 90) -> bytes:
    """A grey picture."""
    done, coded = cv2.imencode(".jpg", np.full((height, width, 3), 90, np.uint8))
    assert done
    return coded.tobytes()


def settings(*webhooks: Mapping[str, Any]) -> Settings:
    """One camera with one zone, the whole picture."""
    return Settings.model_validate(
        {"cameras": [{"name": "shed-1", "url": "0", "place": "Lane 12, shed 1"}], "webhooks": list(webhooks)}
    )
