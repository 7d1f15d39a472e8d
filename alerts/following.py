"""Follows the settings file while the watch runs, and fits what waits in the outbox to what is in force."""

import asyncio
import logging
from collections.abc import Callable

from alerts.config import Settings
from alerts.db.store import Store
from alerts.delivery.deliver import Deliverer
from alerts.desk import Desk
from alerts.errors import SettingsError, StoreError
from alerts.live_settings import LiveSettings, Prepared
from alerts.notifiers.base import Standing
from alerts.record.chain import Entry, digest
from alerts.record.recorder import Recorder
from alerts.record.records import Kind
from alerts.reload import LIVE, SettingsFile
from alerts.track.answer_links import AnswerLinks
from streams.clock import Clock, sleep_s

log = logging.getLogger(__name__)

TICK_S = 1.0
GAP_S = 0.02
"""Between two pieces of what is planned anew: whoever has an alert to store goes first, seconds."""


class Following:
    """`run` in the event loop, beside all else: a channel that is stopped may take seconds."""

    def __init__(
        self,
        live: LiveSettings,
        file: SettingsFile | None,
        store: Store,
        desk: Desk,
        links: AnswerLinks,
        deliverer: Deliverer,
        recorder: Recorder,
        clock: Clock,
        on_adopted: Callable[[Settings], None],
    ) -> None:
        """file: None if nothing is followed. on_adopted: told, in a thread, of the settings that have just come into
        force; must not fail for what is in the settings."""
        self._live, self._file, self._store, self._desk, self._links = live, file, store, desk, links
        self._deliverer, self._recorder, self._clock, self._on_adopted = deliverer, recorder, clock, on_adopted
        self._reread = False
        self._replan = False
        self._refused = False

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await sleep_s(TICK_S)
            await self.tick()

    async def tick(self) -> None:
        """Look at the file, and at what could not be planned anew so far."""
        if self._file is not None:
            await self._follow(self._file)
        if self._replan:
            await self.fit_outbox()

    def reread(self) -> None:
        """Read the file anew at the next tick, whether it has changed or not."""
        self._reread = True

    def plan_anew(self) -> None:
        """Fit the outbox at the next tick."""
        self._replan = True

    async def fit_outbox(self) -> None:
        """Who was removed is replaced by who has the duty now, and what no channel would send is given up. Where the
        database refuses it is done at a later tick."""
        self._replan = False
        given = self._desk.planner, self._clock.now(), self._links
        try:
            changed = await asyncio.to_thread(self._store.replan_fires, *given)
            while more := await asyncio.to_thread(self._store.replan_strays, *given):
                changed += more
                await sleep_s(GAP_S)
            if changed:
                log.warning("%d waiting notices were planned anew by the settings in force", changed)
            if lost := await asyncio.to_thread(self._store.abandon_others, list(self._live.channels), given[1]):
                log.error("%d notices waited for channels that are no longer in the settings: given up", lost)
            self._refused = False
        except StoreError as error:
            if not self._refused:  # once, not at each tick
                log.error("what waits could not be planned anew yet: %s", error)
            self._replan = self._refused = True

    async def _follow(self, file: SettingsFile) -> None:
        force, self._reread = self._reread, False
        fresh = await asyncio.to_thread(file.newer, self._live.settings, force=force)
        if fresh is None:
            return
        try:
            prepared = await asyncio.to_thread(self._live.prepared, fresh)
        except SettingsError as error:
            file.refuse(str(error))
            return
        except StoreError as error:
            file.refuse(f"{error}; tried again")
            self._reread = True
            return
        await asyncio.to_thread(self._adopt, prepared)
        await self._deliverer.follow(prepared.channels)
        self._replan = True

    def _adopt(self, prepared: Prepared) -> None:
        before, settings = self._live.settings, prepared.settings
        changed = [name for name in LIVE if getattr(before, name) != getattr(settings, name)]
        names = [camera.name for camera in settings.cameras]
        log.info("settings: changed: %s; now watching %s", ", ".join(changed), ", ".join(names))
        version = digest([camera.model_dump(mode="json", exclude={"url", "main_url"}) for camera in settings.cameras])
        told = {"changed": changed, "cameras": names, "sha256": version}
        self._recorder.note(Entry(Kind.CHANGED_SETTINGS, detail=told))
        self._live.adopt(prepared)
        self._links.follow(self._live.names, settings.tracks)
        self._desk.follow(settings)
        for notifier in prepared.channels.values():
            if isinstance(notifier, Standing):
                notifier.watch(self._desk.registry)
        self._on_adopted(settings)
