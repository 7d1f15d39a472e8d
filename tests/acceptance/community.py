"""A community of sixteen cameras for whoever looks at the pages: a real server over a real settings file, cameras that
show frames of the bundled clips, and a clock on which days pass before somebody looks."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from alerts.alert import Alert
from alerts.camera_watch import CAMERA
from alerts.config import Settings, load_settings
from alerts.reload import SettingsFile
from alerts.setup.book import Book
from alerts.setup.rules_trial import RulesTrial
from alerts.track.step import StepKind
from streams.clock import SystemClock
from streams.reasons import Reason
from tests.alerts.receiver import Answer, Receiver
from tests.alerts.web.console import EVIDENCE, Parts, filming, free_port, serving
from tests.alerts.web.painting import SIZE, Image, jpeg
from tests.streams.wire import WireServer
from vision.geometry import Box
from vision.look import Look
from vision.rule import Finding, Severity

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "models" / "demo" / "demo.mp4"
CORRIDOR = ROOT / "tests" / "scenarios" / "clutter_corridor_day.mp4"
LIFT = ROOT / "tests" / "scenarios" / "ebike_lift_day.mp4"
PARCEL = ROOT / "tests" / "scenarios" / "quiet_parcel_corridor_day.mp4"
PASSWORD = "correct horse"
SETTLE_S = 0.4
"""So long the outbox is given before time goes on."""

SITE = """
[console]
port = {port}
[store]
path = "{store}"
[site]
name = "锦绣里小区 Jinxiu Lane"
extinguisher = "每层电梯厅"

[[places]]
id = "b3"
name = "3号楼"
name_en = "Building 3"
kind = "building"
power_cutoff = "一层配电间"
contacts = [{{ name = "王秀英", role = "楼组长", phone = "138 0013 8000" }}]
[[places]]
id = "b3-2"
name = "2层走廊"
name_en = "Floor 2, corridor"
kind = "corridor"
within = "b3"
[[places]]
id = "b3-lift"
name = "东侧电梯"
name_en = "East lift"
kind = "lift"
within = "b3"
[[places]]
id = "b7"
name = "7号楼"
name_en = "Building 7"
kind = "building"
[[places]]
id = "b7-lobby"
name = "西单元一层大堂，靠近物业服务中心与快递柜之间的通道"
name_en = "West entrance, the lobby between the parcel boxes and the estate office"
kind = "lobby"
within = "b7"
[[places]]
id = "shed"
name = "南门非机动车棚"
name_en = "Bicycle shed at the south gate"
kind = "shed"
hydrant = "南门外"
[[places]]
id = "yard"
name = "中心花园"
name_en = "Garden"
kind = "yard"

[[people]]
id = "li"
name = "李雷"
channels = [{{ channel = "team" }}, {{ channel = "phones" }}]
[[people]]
id = "wang"
name = "王秀英"
channels = [{{ channel = "team" }}]
[[people]]
id = "zhao"
name = "赵建国"
channels = [{{ channel = "office" }}]
[[groups]]
name = "义务消防队"
members = ["li", "wang"]
[rota]
shifts = [
  {{ who = ["li", "wang"], begins = "08:00", ends = "20:00" }},
  {{ who = ["wang"], begins = "20:00", ends = "08:00" }},
]
[[routing.fire.ladder]]
after_s = 15
tell = ["on_duty"]
[[routing.fire.ladder]]
after_s = 60
tell = ["everybody"]
[[routing.fire.ladder]]
after_s = 7200
tell = ["everybody"]
call_119 = true
[[channels]]
type = "push"
name = "phones"
contact = "mailto:duty@lane12.example"
[[webhooks]]
name = "team"
url = "{team}"
[[webhooks]]
name = "office"
url = "{office}"
[[muting.quiet]]
name = "夜间"
opens = "22:00"
closes = "07:00"
hazards = ["clutter"]
places = ["yard"]
"""
CAMERA_TOML = """
[[cameras]]
name = "{name}"
url = "http://admin:secret@127.0.0.1:{lens}/snap.jpg"
place = "{place}"
[[cameras.zones]]
name = "{zone}"
type = "{type}"
polygon = {polygon}
"""
IN_DEMO = [[0.26, 0.3], [0.28, 1.0], [0.83, 1.0], [0.42, 0.28]]
IN_CORRIDOR = [[0.32, 0.34], [0.32, 1.0], [0.75, 1.0], [0.46, 0.33]]
IN_LIFT_ZONE = [[0.2, 0.1], [0.8, 0.1], [0.8, 0.95], [0.2, 0.95]]


@dataclass(frozen=True)
class Filmed:
    """A camera of the site: what it is called, where it hangs, its zone, and from when on it shows which clip."""

    name: str
    place: str
    zone: str
    type: str
    polygon: Sequence[Sequence[float]]
    clip: Path
    from_s: float


CAMERAS: Sequence[Filmed] = (
    Filmed("b3-2f-east", "b3-2", "走道", "corridor", IN_DEMO, DEMO, 48),
    Filmed("b3-2f-west", "b3-2", "走道", "corridor", IN_CORRIDOR, CORRIDOR, 14),
    Filmed("b3-lift", "b3-lift", "轿厢", "lift", IN_LIFT_ZONE, LIFT, 8),
    Filmed("b7-lobby", "b7-lobby", "大堂", "lobby", IN_CORRIDOR, PARCEL, 4),
    Filmed("b7-lobby-parcel-boxes", "b7-lobby", "大堂", "lobby", IN_DEMO, DEMO, 12),
    Filmed("shed-1", "shed", "车位", "shed", IN_DEMO, DEMO, 30),
    Filmed("shed-2", "shed", "车位", "shed", IN_CORRIDOR, CORRIDOR, 2),
    Filmed("yard-east", "yard", "通道", "yard", IN_CORRIDOR, PARCEL, 14),
    *(Filmed(f"b7-{floor}f", "b7", "走道", "corridor", IN_CORRIDOR, CORRIDOR, 2 + floor) for floor in range(2, 10)),
)
FIRE, CARTON, BIKE, LOBBY, LEADS, SHED, SHED_2, YARD = range(8)
LOST = (YARD, 13)
"""What has no line any more."""


class LateClock(SystemClock):
    """The machine's clock, so much behind as is left of the time that has still to be lived through."""

    def __init__(self, behind: timedelta = timedelta()) -> None:
        self.behind = behind

    def now(self) -> datetime:
        return super().now() - self.behind

    def monotonic_s(self) -> float:
        return super().monotonic_s() - self.behind.total_seconds()

    def come(self, near: timedelta) -> None:
        """Let time pass until it is `near` before now."""
        assert near <= self.behind, "time does not go back"
        self.behind = near


@cache
def frames(clip: Path, from_s: float, number: int = 12) -> tuple[Image, ...]:
    """So many pictures of a bundled clip, half a second apart, (H, W, 3) uint8 BGR."""
    film, found = cv2.VideoCapture(str(clip)), []
    for at in range(number):
        film.set(cv2.CAP_PROP_POS_MSEC, (from_s + at / 2) * 1000)
        read, image = film.read()
        if read:
            found.append(np.asarray(cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA), np.uint8))
    film.release()
    assert found, f"{clip} has no picture at {from_s} s"
    return tuple(found)


def shown(camera: int, step: int) -> Image:
    """What a camera of the site shows."""
    film = frames(CAMERAS[camera].clip, CAMERAS[camera].from_s)
    return film[step % len(film)]


@dataclass
class Night:
    """A served console. ids: of what is worth looking at, by what it is."""

    parts: Parts
    url: str
    clock: LateClock
    ids: dict[str, str] = field(default_factory=dict)

    def raised(
        self, camera: int, hazard: str, box: Box, at_s: float = 0.0, *, confirmed: bool = True, key: str = "1",
        evidence: Mapping[str, Any] | None = None,
    ) -> Alert:  # fmt: skip
        """An alert with a picture and what led to it. at_s: of the camera's clip, 0: what it shows."""
        clip = CAMERAS[camera].clip
        image = frames(clip, at_s, 1)[0] if at_s else shown(camera, 4)
        finding = self.parts.finding(camera, hazard, confirmed=confirmed, key=key)
        finding = replace(finding, box=box, evidence={**EVIDENCE[hazard], **(evidence or {})})
        alert = self.parts.desk.receive(self.parts.look(camera, finding, picture=jpeg(image)))[-1].alert
        if confirmed:
            now_s = at_s or CAMERAS[camera].from_s
            shown_s = ((after_s, max(0.0, now_s - back_s)) for after_s, back_s in ((-8, 6), (-6, 4), (-4, 2), (-2, 1)))
            self.parts.filmed(
                alert, [(timedelta(seconds=after_s), frames(clip, clip_s, 1)[0]) for after_s, clip_s in shown_s]
            )
        return alert

    def trouble(self, camera: int, cause: str, **evidence: Any) -> Alert:
        """A camera that is not as it should be, as `alerts.camera_watch` tells it."""
        name, now, now_s = CAMERAS[camera].name, self.clock.now(), self.clock.monotonic_s()
        finding = Finding(
            camera=name, hazard=CAMERA, severity=Severity.FAULT, zone="", zone_type="", key=cause, confirmed=True,
            at=now, monotonic_s=now_s, since_s=now_s, since_at=now, confidence=1.0, box=(0.0, 0.0, 1.0, 1.0),
            evidence={"cause": cause, **evidence},
        )  # fmt: skip
        return self.parts.desk.receive_health(Look(name, now, now_s, SIZE, (), (finding,)))[-1].alert

    def step(self, alert: Alert, kind: StepKind, by: str, **detail: Any) -> None:
        """Somebody does something about it, half a minute after what was done before."""
        self.parts.desk.step(alert.id, kind, by=by, detail=detail or None)
        self.wait(timedelta(seconds=30))

    def wait(self, span: timedelta) -> None:
        """Time passes, as far as there is any left."""
        self.clock.come(max(timedelta(), self.clock.behind - span))

    def come(self, **near: float) -> None:
        """Until so long before now; what is to be sent is sent before."""
        threading.Event().wait(SETTLE_S)
        self.clock.come(timedelta(**near))


def settings_of(folder: Path, team: str, office: str, lens: int, cameras: Sequence[Filmed] = CAMERAS) -> Path:
    """The settings file of the site."""
    folder.mkdir(parents=True, exist_ok=True)
    site = SITE.format(port=free_port(), store=folder / "store", team=team, office=office)
    file = folder / "xinan.toml"
    each = (
        CAMERA_TOML.format(name=one.name, place=one.place, zone=one.zone, type=one.type, polygon=one.polygon, lens=lens)
        for one in cameras
    )
    file.write_text(site + "".join(each), "utf-8")
    return file


@contextmanager
def site(folder: Path, happens: Callable[[Night], None], cameras: Sequence[Filmed] = CAMERAS) -> Iterator[Night]:
    """A console over which this has happened; its cameras film."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
    still = jpeg(shown(CARTON, 0))
    clock = LateClock(timedelta(days=8))
    with ExitStack() as open_:
        lens = open_.enter_context(WireServer(lambda wire, _: wire.sendall(head % len(still) + still)))
        team = open_.enter_context(Receiver())
        office = open_.enter_context(Receiver(lambda _: Answer(400)))
        file = settings_of(folder, team.url, office.url, lens.port, cameras)
        settings: Settings = load_settings(file)
        rules = RulesTrial(settings.store.path, lambda *order: True, clock)
        parts = Parts.build(settings, clock, book=Book(SettingsFile(file)), rules=rules)
        open_.callback(parts.close)
        parts.film, parts.seen = shown, ()
        url = open_.enter_context(serving(parts))
        night = Night(parts, url, clock)
        happens(night)
        clock.come(timedelta())
        filmed = [at for at in range(len(cameras)) if at not in LOST]
        open_.enter_context(filming(parts, filmed, fps=2.0))
        for at in LOST:
            if at < len(cameras):
                parts.online(at, "offline", Reason("camera_closed_port"))
        yield night
