"""The analyzers of a watch: how many there are, and which camera is whose."""

import math
import os
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any, Protocol

from streams.clock import Clock
from streams.supervisor import Child, Supervisor, Target, spawned
from vision.analyzer import AnalyzerTask, run_analyzer
from vision.away import Home, run_away
from vision.camera_health.config import USUAL_HEALTH, HealthConfig
from vision.config import AnalysisConfig, CameraConfig, DetectorConfig, EvidenceConfig, HazardsConfig
from vision.orders import Order, ShowLive, WatchCameras

CAMERAS_EACH = 4
"""One analyzer for so many cameras: the loss of one then blinds no more than these for some seconds."""
SHARE = 0.75
"""Of the machine's cores that the analyzers may use. The rest is for the console, the store and the system."""

Receive = Callable[[Any], None]
Down = Callable[[tuple[str, ...], str], None]
"""down(names of the cameras, reason)"""


class Starter(Protocol):
    """Starts analyzers on other machines, until it is closed. cores: of all these machines together."""

    @property
    def cores(self) -> int: ...
    def start(self, name: str, target: Target, argument: Any) -> tuple[Connection, Child]: ...
    def close(self) -> None: ...


def analyzers_for(cameras: int, analysis: AnalysisConfig, cores: int) -> int:
    """How many analyzers share these cameras. 0: none yet; there is room for the first eight."""
    return analysis.analyzers or min(cores, math.ceil((cameras or 2 * CAMERAS_EACH) / CAMERAS_EACH))


def cores_each(analyzers: int, analysis: AnalysisConfig, cores: int) -> float:
    """Processor time for one of them where extra looks are made, in cores."""
    return (analysis.cores or SHARE * cores) / analyzers


class AnalyzerPool:
    """Analyzers, each with a share of the cameras. Messages come by the reader threads of their supervisors.

    The number is chosen at the start. A camera that is added goes to the analyzer with the fewest, and one that is
    changed stays where it is, so that no change touches another camera. Not thread-safe but for `show` and `tell`.
    """

    def __init__(
        self,
        cameras: Sequence[CameraConfig],
        hazards: HazardsConfig,
        detector: DetectorConfig,
        analysis: AnalysisConfig,
        evidence: EvidenceConfig,
        *,
        health: HealthConfig = USUAL_HEALTH,
        clock: Clock,
        on_message: Receive,
        on_down: Down,
        starter: Starter | None = None,
    ) -> None:
        """starter: of analyzers on other machines; None: they run on this one."""
        cores = starter.cores if starter else os.cpu_count() or 1
        target, start = (run_away, starter.start) if starter else (run_analyzer, spawned)
        number = analyzers_for(len(cameras), analysis, cores)
        task = AnalyzerTask(hazards, detector, analysis, evidence, cores_each(number, analysis, cores), health)
        self._starter = starter
        self._shares: list[tuple[str, ...]] = [()] * number

        def supervisor(index: int) -> Supervisor:
            return Supervisor(
                f"analyzer-{index + 1}",
                target,
                task,
                clock=clock,
                on_message=Home(on_message).take if starter else on_message,
                on_down=lambda reason: on_down(self._shares[index], reason),
                start=start,
            )

        self._supervisors = [supervisor(index) for index in range(number)]
        self.watch(cameras)

    @property
    def alive(self) -> bool:
        """Whether every analyzer is supervised."""
        return all(supervisor.alive for supervisor in self._supervisors)

    def start(self) -> None:
        """Start all."""
        for supervisor in self._supervisors:
            supervisor.start()

    def stop(self) -> None:
        """End all. Returns when they are gone."""
        if self._starter is not None:
            self._starter.close()
        for supervisor in self._supervisors:
            supervisor.stop(wait=False)
        for supervisor in self._supervisors:
            supervisor.stop()

    def watch(self, cameras: Sequence[CameraConfig]) -> None:
        """Watch these cameras from now on."""
        self._shares = shared_out([camera.name for camera in cameras], self._shares)
        configs = {camera.name: camera for camera in cameras}
        for supervisor, names in zip(self._supervisors, self._shares, strict=True):
            supervisor.want(WatchCameras(tuple(configs[name] for name in names)))

    def show(self, wanted: ShowLive) -> None:
        """What is looked at now; each analyzer takes its own cameras out of it."""
        for supervisor in self._supervisors:
            supervisor.want(wanted)

    def tell(self, camera: str, order: Order) -> bool:
        """Tell the analyzer of a camera once; never waits. False: it cannot take it now, or there is no such camera."""
        of = next((index for index, names in enumerate(self._shares) if camera in names), None)
        return of is not None and self._supervisors[of].tell(order)


def shared_out(names: Sequence[str], shares: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The names shared out anew: who has a place keeps it, who is new goes where the fewest are."""
    kept = [[name for name in share if name in names] for share in shares]
    placed = {name for share in kept for name in share}
    for name in names:
        if name not in placed:
            min(kept, key=len).append(name)
    return [tuple(share) for share in kept]
