"""The same footage gives the same events: seen twice, by the live analyzer instead of the audit, and in fewer looks."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.alert import Alert
from alerts.audit import audit
from alerts.audit.results import AuditResult
from alerts.config import Settings, load_settings
from alerts.lifecycle import Lifecycle
from benchmarks.events.footage import Footage, ZoneMode, overlap, rendered
from benchmarks.events.memo import MemoDetector
from streams.clock import SimulatedClock, SystemClock
from streams.frame import Frame
from streams.source import open_recording
from vision.config import CameraConfig, ZoneConfig
from vision.look import Look
from vision.pipeline import lead_network
from vision.schedule import CpuBudget, Schedule
from vision.sparse import CALM_S
from vision.view import View
from vision.watched import Equipment, Watched

SCENARIOS = Path(__file__).parents[1] / "scenarios"
FOOTAGE = {one.name: one for one in rendered(SCENARIOS, (ZoneMode.WHOLE,)) if one.events}
LOOKS_PER_S = 4.0
"""Every second picture of these clips; a quarter of a second is exact in binary, so that nothing is rounded away."""
STARTED_AT = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
UP_S = 4096.0
"""For how long the live machine has been up when the recording starts."""


def settings_of(footage: Footage, *, dense: bool = True) -> Settings:
    rate, way = f"analysis.looks_per_s={LOOKS_PER_S}", f"analysis.dense={str(dense).lower()}"
    return load_settings(None, [*footage.overrides, rate, way])


def audited(footage: Footage, detector: MemoDetector, out: Path, *, dense: bool = True) -> AuditResult:
    settings = settings_of(footage, dense=dense)
    result = audit([footage.path], settings, out, view=View(footage.zones), detector=detector)
    assert result.events
    return result


def live_frames(path: Path, clock: SimulatedClock) -> Iterator[Frame]:
    """Every picture of the recording as a camera sends it: stamped when it comes."""
    last_s = 0.0
    with open_recording(path, camera=path.name, clock=SystemClock()) as source:
        for frame in source.frames():
            clock.step(frame.pts_s - last_s)
            last_s = frame.pts_s
            yield Frame(frame.camera, frame.index, clock.now(), frame.pts_s, clock.monotonic_s(), frame.image)


def watched(footage: Footage, detector: MemoDetector) -> list[Look]:
    """What the analyzer tells of the recording played to it as a camera."""
    settings, clock = settings_of(footage), SimulatedClock(STARTED_AT - timedelta(seconds=UP_S))
    clock.step(UP_S)
    zones = tuple(ZoneConfig(name=zone.name, type=zone.type, polygon=zone.polygon) for zone in footage.zones)
    config = CameraConfig(name=footage.path.name, url=str(footage.path), zones=zones)
    leads = lead_network(settings.hazards, settings.detector)
    camera = Watched(config, Equipment(settings.hazards, settings.analysis, detector, leads, settings.evidence, clock))
    schedule = Schedule(LOOKS_PER_S, LOOKS_PER_S, CpuBudget(1.0, lambda: 0.0))
    looks: list[Look] = []
    for frame in live_frames(footage.path, clock):
        camera.slot.put(frame)
        now_s = clock.monotonic_s()
        if schedule.next((camera,), now_s):
            schedule.served(camera, now_s)
            look = camera.look()
            assert look is not None
            looks.append(look)
    return looks


def alerts_of(looks: Sequence[Look], settings: Settings) -> list[Alert]:
    """The alerts that fired, oldest first."""
    count = itertools.count(1)
    clear_s = {kind: params.clear_s for kind, params in settings.hazards.by_kind.items()}
    lifecycle = Lifecycle(clear_s=clear_s, new_id=lambda at: f"{next(count):06d}", place_of={})
    found: dict[str, Alert] = {}
    for look in looks:
        found |= {change.alert.id: change.alert for change in lifecycle.observe(look)}
    found |= {change.alert.id: change.alert for change in lifecycle.flush()}
    return [alert for alert in found.values() if alert.fired_at]


def seconds(at: datetime | None) -> float:
    assert at is not None
    return round((at - STARTED_AT).total_seconds(), 3)


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> MemoDetector:
    return MemoDetector(tmp_path_factory.mktemp("memo") / "memo.sqlite")


@pytest.mark.parametrize("name", sorted(FOOTAGE))
def test_an_audit_twice_and_the_live_analyzer_raise_the_same(name: str, detector: MemoDetector, tmp_path: Path) -> None:
    footage = FOOTAGE[name]
    once = audited(footage, detector, tmp_path / "once").events
    assert audited(footage, detector, tmp_path / "again").events == once
    live = alerts_of(watched(footage, detector), settings_of(footage))
    keys = ("hazard", "zone", "raised_s", "start_s", "end_s", "confidence", "box", "cleared", "evidence")
    told = [
        (
            alert.hazard,
            alert.zone,
            seconds(alert.fired_at),
            seconds(alert.started_at),
            seconds(alert.seen_at),
            round(alert.confidence, 4),
            [round(value, 4) for value in alert.box],
            alert.resolved_at is not None,
            dict(alert.evidence),
        )
        for alert in live
    ]
    assert told == [tuple(event[key] for key in keys) for event in once]


@pytest.mark.parametrize("name", sorted(FOOTAGE))
def test_sparse_looks_raise_the_same_soon_after(name: str, detector: MemoDetector, tmp_path: Path) -> None:
    footage = FOOTAGE[name]
    dense = audited(footage, detector, tmp_path / "dense")
    sparse = audited(footage, detector, tmp_path / "sparse", dense=False)
    assert audited(footage, detector, tmp_path / "again", dense=False).events == sparse.events
    true = {event.hazard for event in footage.events}  # what is false in either is a matter of luck
    kept = [[event for event in one.events if event["hazard"] in true] for one in (dense, sparse)]
    for one, other in zip(*kept, strict=True):
        assert (one["hazard"], one["zone"]) == (other["hazard"], other["zone"])
        assert other["raised_s"] <= one["raised_s"] + CALM_S
        assert overlap(tuple(other["box"]), tuple(one["box"])) > 0.5
    assert sparse.sources[0].frames_analysed < 0.7 * dense.sources[0].frames_analysed
