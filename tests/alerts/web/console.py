"""A whole console on loopback for tests: real store, desk and server; cameras that are painted, not filmed."""

import asyncio
import contextlib
import random
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import httpx
from fastapi import FastAPI

from alerts.access.secret_box import SecretBox
from alerts.access.tokens import ApiTokens
from alerts.alert import Alert
from alerts.config import Settings
from alerts.db.accounts import Accounts
from alerts.db.sign_ins import SignIns, device_key
from alerts.db.store import Store
from alerts.db.track_store import keep_link
from alerts.delivery.deliver import Deliverer
from alerts.desk import Desk
from alerts.evidence.clip_store import ClipStore
from alerts.evidence.film import Films
from alerts.evidence.media import MediaStore
from alerts.evidence.snapshot import SnapshotStore
from alerts.live import LiveCameras
from alerts.metrics.gauges import of_watch
from alerts.metrics.instruments import Metrics
from alerts.notifiers.base import Notifier
from alerts.notifiers.build import build_notifiers
from alerts.notifiers.push import PushNotifier
from alerts.record.actor import Actor
from alerts.record.anchor import Anchor
from alerts.record.recorder import Recorder
from alerts.routing.recipient import Recipient
from alerts.track.answer_links import AnswerLinks
from alerts.track.answers import Answers
from alerts.web.access import Access
from alerts.web.app import ConsoleServer, create_app
from alerts.web.evidence_api import Evidence
from alerts.web.login import Login
from streams.clock import Clock, SystemClock
from streams.encoder import LIVE, Encoder
from tests.alerts.web.painting import SIZE, Image, jpeg, paint, paint_fire
from vision.look import CameraHealth, LiveUnits, Look, Preview, SeenBox
from vision.orders import ShowLive
from vision.rule import Finding, Severity

HEADERS = {"X-Xinan": "test"}


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def some_settings(folder: Path, cameras: Sequence[dict[str, Any]] | None = None, **console: Any) -> Settings:
    """Settings with two cameras unless others are given."""
    if cameras is None:
        cameras = [
            {"name": "shed-1", "url": "rtsp://user:secret@camera/1", "place": "3 号车棚"},
            {"name": "stairs-2", "url": "rtsp://user:secret@camera/2", "place": "12 号楼 2 单元"},
        ]
    return Settings.model_validate(
        {"store": {"path": folder}, "cameras": cameras, "console": {"port": free_port(), **console}}
    )


@dataclass
class Parts:
    """Everything below the server. May be used without one, over ASGI. film: what a camera shows at a step.
    seen: what is seen in it."""

    settings: Settings
    clock: Clock
    store: Store
    snapshots: SnapshotStore
    clips: ClipStore
    desk: Desk
    live: LiveCameras
    access: Access
    tokens: ApiTokens
    metrics: Metrics
    recorder: Recorder
    media: MediaStore
    box: SecretBox
    app: FastAPI
    shown: list[ShowLive]
    links: AnswerLinks
    notifiers: dict[str, Notifier]
    told: PushNotifier | None
    films: Films
    not_filmed: set[int] = field(default_factory=set)
    encoders: dict[int, Encoder] = field(default_factory=dict)
    film: Callable[[int, int], Image] = paint
    seen: Sequence[SeenBox] = (SeenBox("person", 1, 0.83, (0.55, 0.42, 0.63, 0.86)),)

    @classmethod
    def build(cls, settings: Settings, clock: Clock | None = None, **options: Any) -> Self:
        """Open the store and put the console together."""
        clock = clock or SystemClock()
        store = Store.open(settings.store.path)
        snapshots = SnapshotStore(settings.store.path / "snapshots")
        clips = ClipStore(settings.store.path / "clips", settings.store.path / "snapshots", most_bytes=1 << 30)
        links = AnswerLinks(b"k" * 32, settings.console.base_url, timedelta(hours=settings.tracks.answer_link_h))
        live = LiveCameras(settings.cameras, clock)
        desk = Desk(store, snapshots, settings, clock, links=links, picture_now=live.jpeg, private_now=live.private)
        metrics = Metrics(settings, clock)
        store.on_stored(metrics.stored)
        access = Access(SignIns(store), settings.console, clock, Accounts(store, clock))
        tokens = ApiTokens(store, clock, lambda: access.accounts)
        shown: list[ShowLive] = []
        notifiers = build_notifiers(settings, clock, store=store, where=desk.where, links=links)
        told = next((one for one in notifiers.values() if isinstance(one, PushNotifier)), None)
        recorder = Recorder(store, Anchor(settings.store.path), clock)
        media = MediaStore(settings.store.path)
        metrics.add(lambda: of_watch(desk, store, recorder, settings.store.path, clock))
        evidence = Evidence(desk, store, media, recorder, clock)
        box = SecretBox(b"b" * 32)
        films = Films(desk, snapshots)
        login = Login(
            access,
            clock,
            device_key(store),
            box,
            lambda kind, account, address: recorder.saw(kind, account, Actor("", "console"), address),
        )
        app = create_app(
            desk,
            live,
            settings,
            access,
            clock,
            login=login,
            evidence=evidence,
            answers=Answers(desk, store, clock),
            tokens=tokens,
            metrics=metrics,
            on_show=shown.append,
            told=lambda: told,
            still=films.newest,
            **options,
        )
        return cls(
            settings,
            clock,
            store,
            snapshots,
            clips,
            desk,
            live,
            access,
            tokens,
            metrics,
            recorder,
            media,
            box,
            app,
            shown,
            links,
            notifiers,
            told,
            films,
        )

    def close(self) -> None:
        """The desk and the store."""
        self.desk.close()
        self.store.close()

    def client(self) -> httpx.AsyncClient:
        """Over ASGI, without a session."""
        base = f"http://127.0.0.1:{self.settings.console.port}"
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=base, headers=HEADERS)

    async def enter(self, client: httpx.AsyncClient, name: str = "Wang") -> None:
        """Log the client in by a fresh link."""
        token = await asyncio.to_thread(self.access.issue_link)
        answer = await client.post("/enter", json={"token": token, "name": name})
        assert answer.status_code == 200, answer.text

    def clear(self, camera: int = 0) -> None:
        """From now on nothing is to be seen any more, for as long as it takes."""
        look = self.look(camera)
        for seconds in range(5, 105, 5):
            at = look.at + timedelta(seconds=seconds)
            self.desk.receive(replace(look, at=at, monotonic_s=look.monotonic_s + seconds))

    def answer_link(self, alert: Alert, person: str = "", *, kind: str = "accepted") -> str:
        """The link of a notice of this alert that offers this answer."""
        notice = f"{alert.id} {person}"
        recipient = Recipient(person, person)
        with self.store.writing() as connection:
            keep_link(connection, self.links.row(notice, alert, recipient, "bot", self.clock.now()), self.clock.now())
        return self.links.urls(notice, "fired")[kind]

    def look(self, camera: int = 0, *findings: Finding, picture: bytes | None = None) -> Look:
        """One look, now."""
        config = self.settings.cameras[camera]
        now, now_s = self.clock.now(), self.clock.monotonic_s()
        return Look(config.name, now, now_s, SIZE, tuple(self.seen), findings, picture, sight=config.sight)

    def finding(self, camera: int = 0, hazard: str = "flame", *, confirmed: bool = True, key: str = "1") -> Finding:
        """What a rule would say, now."""
        config = self.settings.cameras[camera]
        fire = hazard == "flame"
        now = self.clock.now()
        return Finding(
            camera=config.name,
            hazard=hazard,
            severity=Severity.FIRE if fire else Severity.VIOLATION,
            zone=config.zones[0].name,
            zone_type=config.zones[0].type,
            key=key,
            confirmed=confirmed,
            at=now,
            monotonic_s=self.clock.monotonic_s(),
            since_s=self.clock.monotonic_s() - 4,
            since_at=now - timedelta(seconds=4),
            confidence=0.87,
            box=(0.44, 0.48, 0.56, 0.78),
            evidence=EVIDENCE[hazard],
        )

    def raise_alert(
        self, camera: int = 0, hazard: str = "flame", *, confirmed: bool = True, key: str = "1", notice: str = ""
    ) -> Alert:
        """Through the desk, with a picture, as an analyzer's look would."""
        finding = replace(self.finding(camera, hazard, confirmed=confirmed and not notice, key=key), notice=notice)
        picture = jpeg(paint_fire(paint(camera)) if hazard == "flame" else paint(camera, 30))
        changes = self.desk.receive(self.look(camera, finding, picture=picture))
        return changes[-1].alert

    def online(self, camera: int = 0, state: str = "online", detail: str = "") -> None:
        """Say how a camera does."""
        config = self.settings.cameras[camera]
        self.live.put(CameraHealth(config.name, state, self.clock.now(), config.sight, detail, looks=1))

    def stop_filming(self, camera: int) -> None:
        """No more pictures of this camera; one that is being painted just now may still come."""
        self.not_filmed.add(camera)
        threading.Event().wait(0.5)

    def put(self, message: Look | Preview) -> None:
        """From an analyzer, as the watch takes it for the console."""
        self.live.put(message)
        self.films.put(message)

    def filmed(self, alert: Alert, shots: Sequence[tuple[timedelta, Image]]) -> Alert:
        """The alert with its film. shots: what its camera showed, and looked at, how long after it began."""
        films, camera = Films(self.desk, self.snapshots), self.settings.cameras[0]
        films.watch([camera.model_copy(update={"name": alert.camera})])
        for number, (after, image) in enumerate(shots):
            at = alert.started_at + after
            films.put(Preview(alert.camera, number, at, jpeg(image), camera.sight))
            films.put(replace(self.look(), camera=alert.camera, at=at))
        films.fired(alert, max((alert.started_at + after for after, _ in shots), default=alert.started_at))
        films.tick()
        return self.desk.alert(alert.id)

    def preview(self, camera: int = 0, step: int = 0) -> None:
        """A new live picture."""
        config, image = self.settings.cameras[camera], self.film(camera, step)
        self.put(Preview(config.name, step, self.clock.now(), jpeg(image), config.sight))
        self.units(camera, image)

    def units(self, camera: int, image: Image) -> None:
        """The same coded, as an analyzer sends it to whoever looks at this camera."""
        config = self.settings.cameras[camera]
        if not self.shown or config.name not in self.shown[-1].coded:
            self.encoders.pop(camera, None)
            return
        encoder = self.encoders.setdefault(camera, Encoder(SIZE, 8.0, LIVE))
        now_s = self.clock.monotonic_s()
        unit = encoder.encode(image, pts_s=now_s, at=self.clock.now(), monotonic_s=now_s)
        if unit is not None:
            self.live.put(LiveUnits(config.name, encoder.format, (unit,), config.sight))


EVIDENCE: dict[str, dict[str, Any]] = {
    "flame": {"seen_s": 4.2, "hits": 17, "looks": 21, "hit_share": 0.81, "verify_s": 4.0, "mean_confidence": 0.79},
    "ebike": {"in_picture_s": 74.5, "still_s": 61.0, "limit_s": 60.0, "ebike_share": 0.93, "sightings": 288},
    "clutter": {"still_s": 640.0, "dwell_s": 600.0, "witness": "reference", "area_frac": 0.041},
    "flying_lead": {"suspected": True, "together_s": 44.0, "dwell_s": 30.0, "cable_confidence": 0.58},
}


@contextlib.contextmanager
def serving(parts: Parts) -> Iterator[str]:
    """Run the server and the outbox in a thread of their own; gives its address."""
    server = ConsoleServer(parts.app, parts.settings)

    async def serve() -> None:
        async with Deliverer(
            parts.store,
            parts.notifiers,
            parts.clock,
            random.Random(1),
            parts.desk.where,
            parts.links,
            on_tried=parts.metrics.tried,
        ):
            await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="console")
    thread.start()
    try:
        deadline = threading.Event()
        while not server.started and thread.is_alive():
            deadline.wait(0.02)
        assert server.started, "the console did not start"
        yield f"http://127.0.0.1:{parts.settings.console.port}"
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive(), "the console did not stop"


@contextlib.contextmanager
def filming(parts: Parts, cameras: Sequence[int], fps: float = 8.0) -> Iterator[None]:
    """Keep these cameras online with moving pictures and a look now and then."""
    stop = threading.Event()

    def film() -> None:
        step = 0
        while not stop.wait(1 / fps):
            step += 1
            for camera in set(cameras) - parts.not_filmed:
                parts.preview(camera, step)
                parts.put(parts.look(camera))

    for camera in cameras:
        parts.online(camera)
        parts.preview(camera)
    thread = threading.Thread(target=film, name="film")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
