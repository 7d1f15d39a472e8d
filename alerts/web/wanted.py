"""Who is looked at now: what the analyzers are told, so that nothing is coded for nobody."""

from collections.abc import Callable

from alerts.live import LiveCameras
from streams.clock import Clock, sleep_s
from vision.orders import ShowLive

PICTURES_S = 5.0
"""JPEG pictures are made at full rate for so long after one was fetched."""
RECENT_S = 180.0
"""A camera's last minutes stay in memory for so long after its set-up page was last heard of."""
MOST_RECENT = 4
"""Of so many cameras at a time; whoever sets up one more has what is kept of every camera."""
TICK_S = 1.0


class Wanted:
    """Belongs to the event loop. Bounded: one entry a configured camera. tell: called when something changed."""

    def __init__(self, clock: Clock, tell: Callable[[ShowLive], None]) -> None:
        self._clock, self._tell = clock, tell
        self._coded: frozenset[str] = frozenset()
        self._fetched_s: dict[str, float] = {}
        self._tuned_s: dict[str, float] = {}
        self._told = ShowLive()

    def viewed(self, cameras: frozenset[str]) -> None:
        """These cameras have viewers."""
        self._coded = cameras
        self.tick()

    def fetched(self, camera: str) -> None:
        """Somebody asked for this camera's JPEG picture."""
        self._fetched_s[camera] = self._clock.monotonic_s()
        self.tick()

    def tuned(self, camera: str) -> None:
        """Somebody sets this camera up: rules may soon be tried on its last minutes."""
        if camera in self._tuned_s or len(self._tuned_s) < MOST_RECENT:
            self._tuned_s[camera] = self._clock.monotonic_s()
        self.tick()

    def tick(self) -> None:
        """Forget what was not asked for any more, and tell of what changed."""
        now_s = self._clock.monotonic_s()
        self._fetched_s = {name: at_s for name, at_s in self._fetched_s.items() if now_s - at_s < PICTURES_S}
        self._tuned_s = {name: at_s for name, at_s in self._tuned_s.items() if now_s - at_s < RECENT_S}
        show = ShowLive(self._coded, frozenset(self._fetched_s), frozenset(self._tuned_s))
        if show != self._told:
            self._told = show
            self._tell(show)

    async def run(self) -> None:
        """Forget in time, until cancelled."""
        while True:
            await sleep_s(TICK_S)
            self.tick()


def kept_of(wanted: Wanted, live: LiveCameras, camera: str) -> float:
    """So many seconds back this camera's coded pictures are in memory; its last minutes are kept from now on."""
    wanted.tuned(camera)
    health = live.health(camera)
    return health.kept_s if health is not None else 0.0
