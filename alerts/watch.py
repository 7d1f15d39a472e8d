"""`xinan watch`: the supervisor process. Analyzers in, alerts out, the console beside them."""

import asyncio
import contextlib
import logging
import random
import signal
import socket
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

from alerts.access.accounts import Account
from alerts.access.hearing import hears
from alerts.access.secret_box import box_of
from alerts.access.tokens import ApiToken, ApiTokens
from alerts.alert import Alert
from alerts.camera_watch import CAMERA, CameraWatch
from alerts.config import Settings
from alerts.db.accounts import Accounts
from alerts.db.sign_ins import SignIns, device_key
from alerts.db.store import Store
from alerts.delivery.deliver import Deliverer
from alerts.desk import Desk
from alerts.disk_room import DiskRoom
from alerts.errors import SettingsError, StoreError, WatchFailed
from alerts.evidence.clip_store import ClipStore
from alerts.evidence.clips import Clips
from alerts.evidence.film import Films
from alerts.evidence.media_setup import media_of
from alerts.evidence.names import CLIPS, SNAPSHOTS
from alerts.evidence.outgoing import outgoing_picture
from alerts.evidence.photo_people import PhotoPeople
from alerts.evidence.snapshot import SnapshotStore
from alerts.evidence.uploader import Uploader
from alerts.following import Following
from alerts.intake import Intake
from alerts.lifecycle import Change, ChangeKind
from alerts.live import LiveCameras
from alerts.live_settings import LiveSettings
from alerts.metrics.gauges import of_watch
from alerts.metrics.instruments import Metrics
from alerts.notifiers.build import build_notifiers, sweeping
from alerts.notifiers.channel_trial import require_channels
from alerts.record.actor import Actor
from alerts.record.anchor import Anchor
from alerts.record.holds import held
from alerts.record.recorder import Recorder
from alerts.record.retention import Retention
from alerts.reload import SettingsFile
from alerts.setup.book import Book
from alerts.setup.rules_trial import RulesTrial
from alerts.track.answer_links import links_of
from alerts.track.answers import Answers
from alerts.web.access import Access
from alerts.web.app import ConsoleServer, create_app
from alerts.web.evidence_api import Evidence
from alerts.web.login import Login
from alerts.web.setup_work import file_problem_out
from streams import memory
from streams.apart import apart
from streams.clock import Clock, SystemClock, sleep_s
from streams.reasons import Reason
from vision.detector import Detector
from vision.look import CameraHealth, ClipCut, LiveUnits, Look, Preview
from vision.pipeline import require_classes
from vision.pool import AnalyzerPool, Starter

log = logging.getLogger(__name__)

TICK_S = 1.0
THREADS = 64
"""For calls that may block. A database that hangs holds one for each worker of the outbox and each page for seconds;
the rest must be enough for everything else."""

Announce = Callable[[str], None]
OnChange = Callable[[Change], None]


def bind(host: str, port: int) -> socket.socket:
    """The console's listening socket. Raises SettingsError naming the address when it is not to be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's algorithm on, which holds back the end of every answer for 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"console: {host}:{port} cannot be used: {(error.strerror or str(error)).lower()}; "
            f"choose another with --set console.{'host' if isinstance(error, socket.gaierror) else 'port'}=…"
        ) from None
    return listener


def with_engine(settings: Settings) -> Settings:
    """The settings with the engine that really runs, found out once: the analyzer then neither warns of it again at
    each start nor builds it (TensorRT: minutes) while it is watched for silence.

    Raises ModelError, ConfigError.
    """
    detector = Detector.configured(settings.detector)
    require_classes(settings.hazards, detector.names)
    update = {"detector": settings.detector.model_copy(update={"backend": detector.engine})}
    return settings.model_copy(update=update)


class Watch:
    """All parts of a running watch, joined."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        clock: Clock | None = None,
        announce: Announce = print,
        on_change: OnChange = lambda change: None,
        file: SettingsFile | None = None,
        starter: Starter | None = None,
    ) -> None:
        """file: where the settings came from, if changes in it are to be followed. starter: of analyzers, if they are
        to run on a cluster.
        """
        self._store, self._file = store, file
        self._clock, self._announce, self._on_change = clock or SystemClock(), announce, on_change
        folder = settings.store.path
        self._metrics = Metrics(settings, self._clock)
        store.on_stored(self._metrics.stored)
        self.recorder = Recorder(store, Anchor(folder), self._clock)
        self._media = media_of(settings.store, store)
        self._retention = Retention(store, self._media, settings.retention, self._clock)
        self._snapshots = SnapshotStore(folder / SNAPSHOTS)
        self._clip_store = ClipStore(
            folder / CLIPS,
            folder / SNAPSHOTS,
            most_bytes=int(settings.evidence.most_gb * 1e9),
            held=lambda: held(store),
            deleting=self.recorder.deleting,
            media=self._media,
        )
        self.live = LiveCameras(settings.cameras, self._clock)
        self.health = CameraWatch(settings.health, settings.cameras, self._clock)
        links = links_of(settings)
        self.desk = Desk(
            store,
            self._snapshots,
            settings,
            self._clock,
            links=links,
            picture_now=self.live.jpeg,
            private_now=self.live.private,
            private_in=PhotoPeople(settings.detector),
        )
        self._metrics.add(lambda: of_watch(self.desk, store, self.recorder, folder, self._clock))
        self.health.take_up(alert for alert in self.desk.open_alerts() if alert.hazard == CAMERA)
        self.access = Access(SignIns(store), settings.console, self._clock, Accounts(store, self._clock))
        self._sign_in = Login(
            self.access,
            self._clock,
            device_key(store),
            box_of(folder),
            lambda kind, account, address: self.recorder.saw(kind, account, Actor("", "console"), address),
        )
        build = partial(
            build_notifiers,
            clock=self._clock,
            open_alerts=self.desk.open_alerts,
            picture_of=partial(outgoing_picture, self._snapshots),
            going_of=self.desk.going,
            store=store,
            where=self.desk.where,
            links=links,
            hears=lambda account, alert: hears(self.access.accounts, account, alert, self.desk.registry),
        )
        self._live = LiveSettings(settings, build)
        self._sweep = sweeping(store, lambda: self._live.channels)
        self._deliverer = Deliverer(
            store,
            self._live.channels,
            self._clock,
            random.Random(),
            self.desk.where,
            links,
            whom=self._live.whom,
            on_tried=self._metrics.tried,
            on_stray=lambda: self._following.plan_anew(),
        )
        self._intake = Intake(self._observe)
        self._pool = AnalyzerPool(
            settings.cameras,
            settings.hazards,
            settings.detector,
            settings.analysis,
            settings.evidence,
            health=settings.health,
            clock=self._clock,
            on_message=self._receive,
            on_down=self._down,
            starter=starter,
        )
        self._clips = Clips(self.desk, self._clip_store, settings.evidence, self._pool.tell, self._clock)
        self._films = Films(self.desk, self._snapshots)
        self._confirmed: deque[tuple[Alert, float, datetime]] = deque()
        store.on_stored(self._raised_by_people)
        self._room = DiskRoom(store, settings.store.path, lambda: self.desk.refused, self._clock)
        self._rules = RulesTrial(folder, self._pool.tell, self._clock)
        self._uploader = self._uploading()
        self._evidence = Evidence(self.desk, store, self._media, self.recorder, self._clock)
        self._following = Following(
            self._live, file, store, self.desk, links, self._deliverer, self.recorder, self._clock, self._adopted
        )

    def _uploading(self) -> Uploader | None:
        """The worker that copies files to the object store, where there is one."""
        if self._media.rows is None or self._media.objects is None:
            return None
        return Uploader(
            self._media,
            self._media.rows,
            self._media.objects,
            self._clock,
            random.Random(),
            cache_bytes=int(self._live.settings.store.media_cache_gb * 1e9),
            stay=lambda: {*held(self._store), *(alert.id for alert in self.desk.open_alerts())},
        )

    def _limited(self, tokens: ApiTokens) -> dict[str, frozenset[str]]:
        """Accounts and API tokens in use that see a part of the site alone, by name."""
        now = self._clock.now()
        alive = [token for token in tokens.all() if token.alive(now)]
        users: list[Account | ApiToken] = [*self.access.accounts.values(), *alive]
        return {user.name: user.places for user in users if user.places is not None}

    async def run(self, listener: socket.socket, stop: asyncio.Event) -> None:
        """Until `stop` is set. listener: of `bind`."""
        tokens = ApiTokens(self._store, self._clock, lambda: self.access.accounts)
        app = create_app(
            self.desk,
            self.live,
            self._live.settings,
            self.access,
            self._clock,
            login=self._sign_in,
            watched=self.health,
            evidence=self._evidence,
            still=self._films.newest,
            status=self._status,
            on_show=self._pool.show,
            answers=Answers(self.desk, self._store, self._clock),
            tokens=tokens,
            metrics=self._metrics,
            push=lambda order: self._pool.tell(order.camera, order),
            told=lambda: self._live.phones,
            book=Book(self._file, require_channels, partial(self._limited, tokens)) if self._file else None,
            rules=self._rules,
        )
        server = _Server(app, self._live.settings)
        async with self._parts():
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            stopping = asyncio.create_task(stop.wait())
            ticking = asyncio.create_task(self._tick())
            storing = asyncio.create_task(self._store_again())
            tending = asyncio.create_task(self._tend())
            following = asyncio.create_task(self._following.run())
            tasks = (serving, stopping, ticking, storing, tending, following)
            try:
                self._announce(self.link(listener))
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await asyncio.to_thread(self.desk.close)
                server.should_exit = True
                for task in tasks[1:]:
                    task.cancel()
                ended = await asyncio.gather(*tasks, return_exceptions=True)
                await asyncio.to_thread(self.recorder.tick)  # what was looked at in the last second
        if not stop.is_set():
            # A part that ended by itself: a watch that does not watch must not look like one that was stopped.
            cause = next((e for e in ended if isinstance(e, Exception)), None)
            raise WatchFailed(f"watch ended by itself: {cause or 'the console stopped'}") from cause

    def link(self, listener: socket.socket) -> str:
        """The console's address, as people reach it; with log-in on, a link that works once."""
        host, port = listener.getsockname()[:2]
        console = self._live.settings.console
        base = console.base_url if console.public_url else f"http://{f'[{host}]' if ':' in host else host}:{port}"
        return f"{base}/enter#{self.access.issue_link()}" if self._live.settings.console.login else f"{base}/"

    @contextlib.asynccontextmanager
    async def _parts(self) -> AsyncIterator[None]:
        await self._following.fit_outbox()
        await self._deliverer.start()
        await asyncio.to_thread(self._clips.start)
        self._intake.start()
        self._pool.start()
        if self._uploader is not None:
            self._uploader.start()
        swept = [asyncio.create_task(self._sweep(), name="mqtt sweep")] if self._sweep is not None else []
        try:
            yield
        finally:
            for task in swept:
                task.cancel()
            await asyncio.gather(*swept, return_exceptions=True)
            if self._uploader is not None:
                await asyncio.to_thread(self._uploader.stop)
            await asyncio.to_thread(self._pool.stop)
            await asyncio.to_thread(self._intake.stop)
            await asyncio.to_thread(self._clips.close)
            await asyncio.to_thread(self._rules.close)
            await self._deliverer.stop()

    async def _tick(self) -> None:
        while True:
            await sleep_s(TICK_S)
            await asyncio.to_thread(self._tell_health)
            await asyncio.to_thread(self._keep_confirmed)
            await asyncio.to_thread(self._clips.tick)
            await asyncio.to_thread(self._films.tick)
            if not self._pool.alive:
                raise WatchFailed("an analyzer is no longer supervised")

    async def _store_again(self) -> None:
        """Beside the other ticks: a database that hangs takes seconds to refuse."""
        while True:
            await sleep_s(TICK_S)
            await asyncio.to_thread(self.desk.tick)

    async def _tend(self) -> None:
        """The disk, the record, and what has served its time; what is refused is tried again at the next tick."""
        while True:
            await sleep_s(TICK_S)
            await asyncio.to_thread(self._room.tick)
            await asyncio.to_thread(self._rules.tick)
            await asyncio.to_thread(self.recorder.tick)
            try:
                await asyncio.to_thread(self._retention.tick)
            except StoreError as error:
                log.error("retention: %s", error)

    def reread(self) -> None:
        """Read the settings file anew at the next tick, whether it has changed or not."""
        self._following.reread()

    def _adopted(self, settings: Settings) -> None:
        """Other cameras, or other times, perhaps."""
        self._retention.follow(settings.retention)
        self.live.watch(settings.cameras)
        self.health.watch(settings.cameras)
        self._films.watch(settings.cameras)
        self._pool.watch(settings.cameras)

    def _status(self) -> Mapping[str, Any]:
        """What is wrong, for the console: of disk, store and object store, what was lost, of the settings."""
        file = self._file
        settings = {
            "settings": file.problem if file else "",
            "problems": [file_problem_out(one) for one in file.problems] if file else [],
            "restart": list(file.waiting) if file else [],
        }
        media = self._uploader.said() if self._uploader is not None else {}
        return {**self._room.said(), **media, "lost": dict(self.desk.dropped), **settings}

    def _receive(self, message: Look | Preview | CameraHealth | LiveUnits | ClipCut) -> None:
        """From the analyzers, in their readers' threads."""
        if isinstance(message, ClipCut):
            if not self._rules.answered(message):
                self._clips.answered(message)
            return
        self.live.put(message)
        if isinstance(message, Look | CameraHealth):
            self.health.put(message)
        if isinstance(message, Look | Preview):
            self._films.put(message)
        if isinstance(message, Look):
            self._intake.put(message)

    def _observe(self, look: Look) -> None:
        for change in self.desk.receive(look):
            self._on_change(change)
            if change.kind is ChangeKind.FIRED:
                self._clips.fired(change.alert, look.monotonic_s, look.at)
                self._films.fired(change.alert, look.at)

    def _raised_by_people(self, changes: Sequence[Change]) -> None:
        """A suspected fire that somebody has confirmed. In the thread that has stored it, which waits for nothing."""
        now, now_s = self._clock.now(), self._clock.monotonic_s()
        burns = (change.alert for change in changes if change.kind is ChangeKind.FIRED and change.step is not None)
        self._confirmed.extend((alert, now_s, now) for alert in burns)

    def _keep_confirmed(self) -> None:
        """Its evidence is kept as of one that the camera has confirmed."""
        while self._confirmed:
            alert, now_s, now = self._confirmed.popleft()
            self._clips.fired(alert, now_s, now)
            self._films.fired(alert, now)

    def _tell_health(self) -> None:
        for look in self.health.looks():
            try:
                self._observe_health(look)
            except Exception:  # what is wrong with one camera must not end the watch over the others
                log.exception("%s: what is wrong with it could not be taken", look.camera)

    def _observe_health(self, look: Look) -> None:
        for change in self.desk.receive_health(look):
            self._on_change(change)
            if change.kind is ChangeKind.FIRED:
                began_s = (look.at - change.alert.started_at).total_seconds()
                self._clips.fired(change.alert, look.monotonic_s, look.at, began_s)
                self._films.fired(change.alert, look.at)

    def _down(self, cameras: tuple[str, ...], reason: str) -> None:
        for name in cameras:
            config = self.live.cameras.get(name)
            if config is None:
                continue  # it is watched no longer
            why = Reason("camera_analyzer", why=reason)
            health = CameraHealth(name, "offline", self._clock.now(), config.sight, why)
            self.live.put(health)
            self.health.put(health)
        self._clips.lost(cameras)


class _Server(ConsoleServer):
    """Leaves the signals to us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run_watch(
    settings: Settings,
    *,
    announce: Announce,
    on_change: OnChange = lambda change: None,
    on_ready: Callable[[str], None] = lambda link: None,
    seconds: float | None = None,
    file: SettingsFile | None = None,
    ray: str | None = None,
) -> None:
    """Watch until Ctrl-C or SIGTERM (or for `seconds`). ray: the address of a cluster for the analyzers.

    file: where the settings came from: what of them is `LIVE` (`alerts.reload`) is followed while the watch runs.
    Raises SettingsError, ModelError or StoreError before anything starts, WatchFailed if a part gives up later.
    """
    memory.settle()
    settings = apart(with_engine, settings)  # this process needs no network, nor the memory of one
    listener = bind(settings.console.host, settings.console.port)
    with (
        contextlib.closing(listener),
        contextlib.closing(Store.open(settings.store.path, settings.store.url)) as store,
        _starting(ray) as starter,
    ):

        def tell(link: str) -> None:
            announce(f"Console: {link}")
            on_ready(link)

        watch = Watch(settings, store, announce=tell, on_change=on_change, file=file, starter=starter)
        asyncio.run(_until_signal(watch, listener, seconds))


def _starting(ray: str | None) -> contextlib.AbstractContextManager[Starter | None]:
    """Raises SettingsError where Ray, which is an extra, is missing."""
    if ray is None:
        return contextlib.nullcontext()
    from alerts.ray_analyzers import starting

    return starting(ray)


def _standing(threads: int) -> ThreadPoolExecutor:
    """A pool that has all its threads from the start (16 kB each), so that a process that grows by one leaks it."""
    pool, all_there = ThreadPoolExecutor(threads, "blocking"), threading.Barrier(threads)
    for _ in range(threads):
        pool.submit(all_there.wait)
    return pool


async def _until_signal(watch: Watch, listener: socket.socket, seconds: float | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_default_executor(_standing(THREADS))
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, watch.reread)
    if seconds is not None:
        loop.call_later(seconds, stop.set)
    await watch.run(listener, stop)
