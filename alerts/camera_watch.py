"""Watches the cameras from the supervisor: what their analyzers say of them, and whether they are looked at at all.

It goes by its own monotonic clock, so that an analyzer that is dead, stopped or hangs is noticed too. Its word is a
look without a picture, of hazard `camera`, which goes through a life cycle of its own: no trouble of a camera raises,
holds or resolves anything else.
"""

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.alert import Alert
from streams.clock import Clock
from vision.camera_health.config import HealthConfig
from vision.camera_health.trouble import WARNINGS, Cause, Trouble
from vision.config import CameraConfig
from vision.look import CameraHealth, Look
from vision.rule import Finding, Severity

CAMERA = "camera"
"""The hazard's name."""
CHANGES = 100
"""Of each camera's time line that are kept."""
GAPS_S = 60.0
"""The longest gap between two looks is told of this long."""
STARTING_S = 20.0
"""An analyzer may take so long before its first word: it loads its network."""
CORRUPT_S = 30.0
"""Damaged pictures are counted over this long."""
LOOKS_S = 20.0
"""Looks are counted over this long."""
USUAL_RATE = 0.02
"""Share with which each word of an analyzer (twice a second) moves the usual frame rate."""
LEAVING_S = 30.0
"""Beyond three times `clear_s`: of a camera that is no longer watched it is said so long that nothing is wrong."""
WHOLE = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class HealthChange:
    """A line of a camera's time line. cause: of the trouble that began or ended."""

    at: datetime
    cause: Cause
    began: bool
    since: datetime


@dataclass(slots=True)
class _Camera:
    """looked_s: of the last look, or of when it was first watched (begun_s). up_s: since when it is online.
    gaps: (when it ended, length), seconds. looks: when, seconds. lost_at: since when it is lost, if an earlier run left
    it so and it has not come back.
    """

    looked_s: float
    begun_s: float
    up_s: float | None = None
    health: CameraHealth | None = None
    down_s: float | None = None
    slow_s: float | None = None
    usual_fps: float | None = None
    gaps: deque[tuple[float, float]] = field(default_factory=deque)
    looks: deque[float] = field(default_factory=deque)
    damaged: deque[tuple[float, int]] = field(default_factory=deque)
    pictured: tuple[Trouble, ...] = ()
    told: dict[Cause, Trouble] = field(default_factory=dict)
    changes: deque[HealthChange] = field(default_factory=lambda: deque(maxlen=CHANGES))
    lost_at: datetime | None = None


class CameraWatch:
    """Thread-safe and bounded."""

    def __init__(self, config: HealthConfig, cameras: Sequence[CameraConfig], clock: Clock) -> None:
        self._config, self._clock = config, clock
        self._lock = threading.Lock()
        self._cameras: dict[str, _Camera] = {}
        self._configs: dict[str, CameraConfig] = {}
        self._gone: dict[str, float] = {}
        self.watch(cameras)

    def watch(self, cameras: Sequence[CameraConfig]) -> None:
        """These are the cameras from now on. One that has changed begins anew."""
        with self._lock:
            old, self._configs = self._configs, {camera.name: camera for camera in cameras}
            now_s = self._clock.monotonic_s()
            self._leave(old.keys(), now_s)
            self._cameras = {
                name: self._cameras[name] if old.get(name) == config else _Camera(now_s, now_s)
                for name, config in self._configs.items()
            }

    def take_up(self, left: Iterable[Alert]) -> None:
        """The open alerts of cameras' troubles that an earlier run left. Of cameras that are not watched it is told
        that they are in none any more; one that was lost and still is has been since then, not since this run began."""
        with self._lock:
            left = list(left)
            self._leave([alert.camera for alert in left], self._clock.monotonic_s())
            for alert in left:
                camera = self._cameras.get(alert.camera)
                if camera is not None and alert.evidence.get("cause") == Cause.OFFLINE:
                    camera.lost_at = alert.reopened_at or alert.started_at

    def put(self, message: Look | CameraHealth) -> None:
        """A word of an analyzer, or of the supervisor about one that is down. What is of another address or other
        masks than the camera has now counts for nothing: it can raise nothing any more, and an analyzer that does not
        get to the new settings watches nothing."""
        now_s = self._clock.monotonic_s()
        with self._lock:
            camera = self._cameras.get(message.camera)
            if camera is None or message.sight != self._configs[message.camera].sight:
                return
            if isinstance(message, Look):
                self._looked(camera, now_s)
            else:
                self._heard(camera, message, now_s)

    def looks(self) -> list[Look]:
        """One of each camera, with its troubles of now as findings; for a while also of one that is no longer watched,
        without any, so that what was told of it comes to an end. To be asked for about once a second.
        """
        now_s, at = self._clock.monotonic_s(), self._clock.now()
        with self._lock:
            self._gone = {name: until_s for name, until_s in self._gone.items() if now_s < until_s}
            return [
                *(self._look(name, self._cameras[name], now_s, at) for name in self._judged()),
                *(Look(name, at, now_s, (0, 0), (), ()) for name in self._gone),
            ]

    def facts(self, name: str) -> dict[str, Any]:
        """Of one camera, for the console and for metrics: looks_per_s, blind_s (the longest gap between two looks
        within the last minute, the one that goes on included), fps, usual_fps, corrupt, troubles."""
        now_s = self._clock.monotonic_s()
        with self._lock:
            camera = self._cameras.get(name)
            if camera is None:
                return {}
            self._forget(camera, now_s)
            health = camera.health
            return {
                "blind_s": round(max([now_s - camera.looked_s, *(gap for _, gap in camera.gaps)]), 2),
                "looks_per_s": round(len(camera.looks) / min(LOOKS_S, max(1.0, now_s - camera.begun_s)), 1),
                "fps": None if health is None else _rounded(health.fps),
                "usual_fps": _rounded(camera.usual_fps),
                "corrupt": 0 if health is None else health.corrupt,
                "troubles": [
                    {"cause": trouble.cause.value, "since": trouble.since.isoformat()}
                    for trouble in camera.told.values()
                ],
            }

    def changes(self, name: str) -> list[HealthChange]:
        """The camera's time line, newest first."""
        with self._lock:
            camera = self._cameras.get(name)
            return list(reversed(camera.changes)) if camera else []

    def _judged(self) -> list[str]:
        """A phone that sends nothing is no dead camera."""
        return [name for name, config in self._configs.items() if not config.is_pushed]

    def _leave(self, names: Iterable[str], now_s: float) -> None:
        until_s = now_s + LEAVING_S + 3 * self._config.clear_s
        judged = self._judged()
        gone = {**self._gone, **dict.fromkeys(names, until_s)}
        self._gone = {name: until for name, until in gone.items() if name not in judged}

    def _looked(self, camera: _Camera, now_s: float) -> None:
        gap = now_s - camera.looked_s
        camera.looked_s = now_s
        # A gap that a longer, later one outlives can never be the longest again.
        while camera.gaps and camera.gaps[-1][1] <= gap:
            camera.gaps.pop()
        camera.gaps.append((now_s, gap))
        camera.looks.append(now_s)
        self._forget(camera, now_s)

    def _forget(self, camera: _Camera, now_s: float) -> None:
        while camera.gaps and now_s - camera.gaps[0][0] > GAPS_S:
            camera.gaps.popleft()
        while camera.looks and now_s - camera.looks[0] > LOOKS_S:
            camera.looks.popleft()

    def _heard(self, camera: _Camera, health: CameraHealth, now_s: float) -> None:
        camera.health = health
        if health.state == "online":
            camera.down_s = camera.lost_at = None
            camera.up_s = now_s if camera.up_s is None else camera.up_s
            # While it was away nobody could know: what its pictures showed is taken to be so until they are judged.
            camera.pictured = health.troubles
        elif camera.down_s is None:
            camera.down_s, camera.up_s = now_s, None
        camera.slow_s = (camera.slow_s or now_s) if self._is_slow(camera, health) else None
        camera.damaged.append((now_s, health.corrupt))
        while len(camera.damaged) > 1 and now_s - camera.damaged[1][0] >= CORRUPT_S:
            camera.damaged.popleft()

    def _is_slow(self, camera: _Camera, health: CameraHealth) -> bool:
        """Whether it sends far fewer pictures than it uses to. A rate that is taken for slow is not learnt."""
        if health.state != "online" or health.fps is None:
            return False
        usual = camera.usual_fps
        if health.fps < self._least_fps(health.camera):
            return True
        if usual is not None and health.fps < self._config.least_rate_share * usual:
            return True
        camera.usual_fps = health.fps if usual is None else usual + USUAL_RATE * (health.fps - usual)
        return False

    def _least_fps(self, name: str) -> float:
        """Of a camera that is asked for snapshots seldom no more is expected than half of what it is asked for."""
        poll_s = self._configs[name].poll_s
        return self._config.least_fps if poll_s <= 1 else min(self._config.least_fps, 0.5 / poll_s)

    def _look(self, name: str, camera: _Camera, now_s: float, at: datetime) -> Look:
        troubles = {trouble.cause: trouble for trouble in self._troubles(camera, now_s, at)}
        self._note(camera, troubles, at)
        findings = tuple(self._finding(name, trouble, now_s, at) for trouble in troubles.values())
        return Look(name, at, now_s, (0, 0), (), findings)

    def _troubles(self, camera: _Camera, now_s: float, at: datetime) -> Iterator[Trouble]:
        for trouble in self._of_reader(camera, now_s, at):
            if trouble.cause not in self._config.off:
                told = camera.told.get(trouble.cause)
                yield trouble if told is None else replace(trouble, since=told.since)
        yield from camera.pictured

    def _of_reader(self, camera: _Camera, now_s: float, at: datetime) -> Iterator[Trouble]:
        """What is wrong with how its pictures come."""
        health = camera.health
        if health is not None and health.state == "ended":
            return
        evidence: dict[str, Any]
        if camera.down_s is not None and health is not None and now_s - camera.down_s >= self._config.offline_s:
            since = camera.lost_at or _ago(at, now_s - camera.down_s)
            yield Trouble(Cause.OFFLINE, since, {"state": health.state, "detail": health.detail})
            return
        # A camera that has just come (back) is owed its first look from then on; an analyzer may start slowly.
        owed_s = camera.begun_s + STARTING_S if camera.up_s is None else camera.up_s
        gap = now_s - max(camera.looked_s, owed_s)
        if gap >= self._config.blind_s:
            evidence = {"blind_s": round(gap, 1), "limit_blind_s": self._config.blind_s}
            yield Trouble(Cause.BLIND, _ago(at, gap), evidence)
        if health is None or health.fps is None:
            return
        if camera.slow_s is not None and now_s - camera.slow_s >= self._config.frame_rate_s:
            evidence = {"fps": round(health.fps, 2), "usual_fps": _rounded(camera.usual_fps)}
            yield Trouble(Cause.FRAME_RATE, _ago(at, now_s - camera.slow_s), evidence)
        share = _corrupt_share(camera, health.fps)
        if share >= self._config.corrupt_share:
            evidence = {"corrupt_share": round(share, 3), "limit_corrupt_share": self._config.corrupt_share}
            yield Trouble(Cause.CORRUPT, _ago(at, CORRUPT_S), evidence)

    def _note(self, camera: _Camera, troubles: Mapping[Cause, Trouble], at: datetime) -> None:
        for cause in troubles.keys() - camera.told.keys():
            camera.changes.append(HealthChange(at, cause, True, troubles[cause].since))
        for cause in camera.told.keys() - troubles.keys():
            camera.changes.append(HealthChange(at, cause, False, camera.told[cause].since))
        camera.told = dict(troubles)

    def _finding(self, name: str, trouble: Trouble, now_s: float, at: datetime) -> Finding:
        warning = trouble.cause in WARNINGS
        age_s = max(0.0, (at - trouble.since).total_seconds())
        return Finding(
            camera=name,
            hazard=CAMERA,
            severity=Severity.FAULT,
            zone="",
            zone_type="",
            key=trouble.cause.value,
            confirmed=not warning,
            at=at,
            monotonic_s=now_s,
            since_s=now_s - age_s,
            since_at=trouble.since,
            confidence=1.0,
            box=WHOLE,
            evidence={"cause": trouble.cause.value, **trouble.evidence},
            notice=trouble.cause.value if warning else "",
        )


def line_out(change: HealthChange) -> dict[str, Any]:
    """A line of the time line as JSON values."""
    return {
        "at": change.at.astimezone(UTC).isoformat(),
        "cause": change.cause.value,
        "began": change.began,
        "since": change.since.astimezone(UTC).isoformat(),
    }


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 2)


def _ago(at: datetime, seconds: float) -> datetime:
    return at - timedelta(seconds=seconds)


def _corrupt_share(camera: _Camera, fps: float) -> float:
    (first_s, first), (last_s, last) = camera.damaged[0], camera.damaged[-1]
    # Half of the time at least: a single damaged picture right after the start is no share.
    return (last - first) / max(1.0, fps * (last_s - first_s)) if last_s - first_s >= CORRUPT_S / 2 else 0.0
