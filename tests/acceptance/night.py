"""What happens in the community of `community.py`: nothing, a flood, or a week and a night in which everything does: a
fire, a suspicion, cases, a false alarm, faults, reports, people on their way, letters that nobody took. What people do
is done through the desk, one after the other."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import cv2
import numpy as np

from alerts.access.passwords import hashed
from alerts.access.roles import Role
from alerts.db.accounts import Accounts, By
from alerts.desk.reported import Report
from alerts.evidence.photo import checked_photo
from alerts.mute.rules import Scope, ScopeKind, SilenceKind
from alerts.mute.silences import Order
from alerts.plans.picture import redrawn
from alerts.plans.store import Spot
from alerts.record.chain import Entry
from alerts.record.records import Kind
from alerts.shift.drills import DrillOrder, Drills
from alerts.track.step import StepKind
from tests.acceptance.community import (
    BIKE,
    CAMERAS,
    CARTON,
    CORRIDOR,
    FIRE,
    LEADS,
    LOBBY,
    PARCEL,
    PASSWORD,
    SHED,
    SHED_2,
    YARD,
    Night,
    frames,
)
from tests.alerts.plans.pictures import coded
from tests.alerts.web.painting import jpeg
from vision.geometry import Box
from vision.look import Preview

K = StepKind
COVERED = 12
BURNS: Box = (0.435, 0.309, 0.703, 0.8)
EBIKE: Box = (0.548, 0.404, 0.728, 0.865)
CARTONS: Box = (0.495, 0.478, 0.586, 0.656)
IN_LIFT: Box = (0.317, 0.103, 0.661, 0.894)
LEAD = [[0.21, 0.22], [0.3, 0.42], [0.42, 0.61], [0.56, 0.72]]
SPOTS: Mapping[str, tuple[float, float]] = {
    "b3-2f-east": (0.72, 0.3), "b3-2f-west": (0.2, 0.32), "b3-lift": (0.48, 0.72), "yard-east": (0.9, 0.85),
}  # fmt: skip


def floor_plan() -> bytes:
    """A storey: a corridor with six flats, a stairwell and a lift, as PNG."""
    paper = np.full((700, 1120, 3), 255, np.uint8)
    ink, grey = (70, 60, 50), (225, 220, 215)
    cv2.rectangle(paper, (60, 270), (1060, 430), grey, -1)
    for at in range(3):
        for top, bottom in ((60, 270), (430, 640)):
            cv2.rectangle(paper, (60 + at * 333, top), (393 + at * 333, bottom), ink, 5)
            cv2.line(
                paper, (200 + at * 333, 270 if top == 60 else 430), (270 + at * 333, 270 if top == 60 else 430), grey, 9
            )
    cv2.rectangle(paper, (60, 60), (1060, 640), ink, 8)
    cv2.rectangle(paper, (480, 440), (620, 560), ink, 5)
    cv2.line(paper, (480, 440), (620, 560), ink, 2)
    cv2.line(paper, (620, 440), (480, 560), ink, 2)
    for at, name in enumerate(("201", "202", "203", "204", "205", "206")):
        at_x, at_y = 190 + at % 3 * 333, 160 if at < 3 else 600
        cv2.putText(paper, name, (at_x, at_y), cv2.FONT_HERSHEY_SIMPLEX, 1.1, ink, 2, cv2.LINE_AA)
    return coded(paper)


def nothing(night: Night) -> None:
    """A calm night."""
    night.clock.come(timedelta(minutes=10))


def a_flood(night: Night) -> None:
    """Twelve violations within minutes, and one fire among them."""
    night.clock.come(timedelta(minutes=9))
    for number in range(12):
        at = (CARTON, SHED_2, LOBBY, LEADS)[number % 4]
        night.raised(at, ("clutter", "ebike")[number % 2], (CARTONS, EBIKE)[number % 2], key=str(number))
        night.wait(timedelta(seconds=35))
    night.ids["fire"] = night.raised(FIRE, "flame", BURNS).id


def a_fire_that_nobody_answers(night: Night) -> None:
    """It is time to call the fire brigade."""
    night.clock.come(timedelta(hours=2, minutes=5))
    night.ids["fire"] = night.raised(FIRE, "flame", BURNS).id
    night.clock.come(timedelta(minutes=3))
    night.ids["clutter"] = night.raised(CARTON, "clutter", CARTONS).id


def everything(night: Night) -> None:
    """A week, and then a night."""
    _accounts(night)
    _plan(night)
    for days in range(7, 1, -1):
        night.clock.come(timedelta(days=days))
        _a_day(night, days)
    _a_drill(night)
    _cases(night)
    _tonight(night)


def _accounts(night: Night) -> None:
    accounts = Accounts(night.parts.store, night.clock)
    for name, words, role in (
        ("li", "李雷", Role.VOLUNTEER),
        ("chen", "陈芳", Role.OPERATOR),
        ("sun", "孙工", Role.ADMIN),
    ):
        accounts.add(name, words, role, None, None, By("王建国"))
        accounts.set_password(name, hashed(PASSWORD), By("王建国"))


def _plan(night: Night) -> None:
    plans = night.parts.app.state.plans.store
    spots = {name: Spot(x=x, y=y) for name, (x, y) in SPOTS.items()}
    plans.hang("b3", spots, plans.draw("b3", redrawn(floor_plan())).version)


def _a_day(night: Night, days: int) -> None:
    """What every day brings: some violations, one of them none."""
    desk = night.parts.desk
    for at in range(3 + days % 3):
        camera, hazard, box = ((CARTON, "clutter", CARTONS), (BIKE, "ebike", IN_LIFT), (LOBBY, "clutter", CARTONS))[
            at % 3
        ]
        alert = night.raised(camera, hazard, box, key=f"{days}-{at}")
        night.wait(timedelta(minutes=1 + at))
        if at == 1 and days % 2:
            desk.mark_false_alarm(alert.id, by="陈芳", reason="shadow")
        else:
            desk.acknowledge(alert.id, by="陈芳")
        night.parts.clear(camera)
        night.wait(timedelta(hours=1))


def _a_drill(night: Night) -> None:
    """Yesterday's, which met two of three."""
    night.come(days=1, hours=4)
    drills = Drills(night.parts.desk, night.parts.store, night.clock)
    drill = drills.begin(DrillOrder("shed", "每月一次", "王建国", "console"))
    alert = night.parts.desk.alert(drill.alert_id)
    for kind, by in ((K.ACCEPTED, "李雷"), (K.ON_THE_WAY, "李雷"), (K.THERE, "李雷"), (K.DEALT_WITH, "李雷")):
        night.step(alert, kind, by)
    drills.end(drill.id, by="王建国", via="console")


def _cases(night: Night) -> None:
    """A case that is closed with a picture of before and after, and an e-bike that was taken away and is claimed."""
    desk, parts = night.parts.desk, night.parts
    night.come(hours=9)
    case = night.raised(CARTON, "clutter", CARTONS, evidence={"free_width_m": 0.82})
    desk.acknowledge(case.id, by="陈芳")
    night.step(case, K.DISSUADED, "李雷", outcome="agreed", note="住户答应今天搬走")
    night.come(hours=7)
    sight = parts.settings.cameras[CARTON].sight
    parts.live.put(Preview(CAMERAS[CARTON].name, 0, night.clock.now(), jpeg(frames(CORRIDOR, 1, 1)[0]), sight))
    parts.clear(CARTON)
    night.wait(timedelta(minutes=3))
    night.step(case, K.INSPECTED, "陈芳")
    night.step(case, K.CLOSED, "陈芳")
    night.ids["compared"] = case.id
    bike = night.raised(LEADS, "ebike", EBIKE, 12)
    desk.acknowledge(bike.id, by="陈芳")
    night.step(bike, K.REMINDED, "李雷", channel="门上贴条", proof="照片 12")
    deadline = (night.clock.now() + timedelta(hours=1)).isoformat()
    night.step(bike, K.NOTICE_GIVEN, "陈芳", channel="书面通知", deadline=deadline)
    night.come(hours=4)
    night.step(
        bike, K.MOVED, "李雷", item="红色电动车", slot="暂存处 A3", found="7号楼大堂门口", photo="12", reason="堵住出口"
    )
    night.step(bike, K.CLAIMED, "陈芳", item=1, owner="7-302 刘先生")
    night.ids["custody"] = bike.id


def _tonight(night: Night) -> None:
    desk, parts = night.parts.desk, night.parts
    night.come(hours=2)
    wrong = night.raised(LOBBY, "flame", BURNS)
    desk.mark_false_alarm(wrong.id, by="陈芳", reason="reflection")
    night.ids["false"] = wrong.id
    night.ids["fault"] = night.trouble(YARD, "offline", detail="connection refused").id
    desk.silence(
        Order(SilenceKind.SHELF, Scope(ScopeKind.CAMERA, CAMERAS[SHED_2].name), "车棚施工", "陈芳", timedelta(hours=3))
    )
    night.come(minutes=70)
    night.raised(SHED_2, "ebike", EBIKE)
    photo = checked_photo(jpeg(frames(PARCEL, 10, 1)[0]))
    place = desk.registry.places["b7-lobby"]
    report = Report("0" * 32, "李雷", place, "3号快递柜旁", "clutter", "纸箱堆到门口", photo, night.clock.now())
    night.ids["patrol"] = desk.report(report)[0].id
    verified = desk.report(replace(report, key="1" * 32, where="信报箱旁"))[0]
    night.step(verified, K.VERIFIED, "陈芳")
    night.ids["verified"] = verified.id
    night.come(minutes=40)
    night.raised(BIKE, "ebike", IN_LIFT)
    parts.clear(BIKE)
    night.come(minutes=25)
    night.ids["clutter"] = night.raised(CARTON, "clutter", CARTONS, evidence={"free_width_m": 0.82}, key="2").id
    night.ids["lead"] = night.raised(SHED, "flying_lead", (0.2, 0.21, 0.59, 0.77), 24, evidence={"lead_path": LEAD}).id
    night.trouble(COVERED, "covered")
    night.come(minutes=6)
    parts.recorder.note(Entry(Kind.SAW_LIVE, CAMERAS[FIRE].name, "陈芳", "console"))
    answered = night.raised(LEADS, "flame", BURNS, 50)
    desk.acknowledge(answered.id, by="陈芳")
    night.step(answered, K.DISPATCHED, "陈芳", to="李雷", tell=["li"], note="带灭火毯")
    night.step(answered, K.ACCEPTED, "李雷")
    night.step(answered, K.ON_THE_WAY, "李雷")
    night.ids["answered"] = answered.id
    night.come(minutes=1, seconds=30)
    night.ids["fire"] = night.raised(FIRE, "flame", BURNS).id
    night.come(seconds=20)
    night.ids["suspected"] = night.raised(SHED, "flame", BURNS, 50, confirmed=False).id
