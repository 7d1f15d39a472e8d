"""What a phone asks for: what burns now, one alert, an answer to it, its own files; and a report of what was seen."""

import base64
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from alerts.access.principal import Principal
from alerts.access.roles import Role
from alerts.config import Settings
from alerts.db.codec import time_text
from alerts.desk import Desk
from alerts.desk.reported import MOST_OPEN, NO_CAMERA
from alerts.evidence.snapshot import draw
from alerts.mute.rules import Scope, ScopeKind, SilenceKind
from alerts.mute.silences import Order
from alerts.record import records
from alerts.record.actor import Actor
from alerts.track.step import StepKind
from alerts.web import phone_api
from alerts.web.alert_page import SMALL_WIDTH, small
from alerts.web.caller import caller_of
from alerts.web.reports_api import MOST_REPORTS
from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts, some_settings
from tests.alerts.web.painting import jpeg, paint
from vision.blur import Private
from vision.jpeg import decode_image, shrink

K = StepKind
KEY = "0123456789abcdef"
PHOTO = base64.b64encode(jpeg(paint(0))).decode()
PHONE = {"user-agent": "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"}


@pytest.fixture
def parts(tmp_path: Path, clock: SimulatedClock) -> Any:
    built = Parts.build(settings(tmp_path / "store"), clock)
    yield built
    built.close()


def settings(folder: Path) -> Settings:
    places = [
        {"id": "b3", "kind": "building", "name": "3 号楼"},
        {"id": "b3-2", "kind": "corridor", "name": "2 楼走廊", "within": "b3", "extinguisher": "电梯旁"},
        {"id": "shed", "kind": "shed", "name": "车棚"},
    ]
    cameras = [{"name": name, "url": "rtsp://camera/1", "place": name} for name in ("shed", "b3-2")]
    return Settings.model_validate({**some_settings(folder, cameras).model_dump(), "places": places})


def become(parts: Parts, role: Role, places: frozenset[str] | None = None) -> None:
    caller = Principal("li", "李", role, places, session="s")
    parts.app.dependency_overrides[caller_of] = lambda: caller


def report(**more: Any) -> dict[str, Any]:
    return {"place": "b3-2", "hazard": "clutter", "photo": PHOTO, **more}


# What burns now, and one alert


async def test_the_most_urgent_first_and_what_is_over_is_not_there(parts: Parts, operator: httpx.AsyncClient) -> None:
    become(parts, Role.VOLUNTEER)
    assert (await operator.get("/api/phone/now")).json()["alerts"] == []
    fire = parts.raise_alert()
    lead = parts.raise_alert(1, "flying_lead")
    parts.raise_alert(1, "ebike", confirmed=False)
    over = parts.raise_alert(1, "clutter")
    parts.desk.mark_false_alarm(over.id, by="x", reason="shadow")
    parts.desk.step(fire.id, K.ON_THE_WAY, by="李")
    now = (await operator.get("/api/phone/now")).json()
    assert [(one["id"], one["going"], one["said"]) for one in now["alerts"]] == [
        (fire.id, 1, "on_the_way"),
        (lead.id, 0, ""),
    ]
    assert now["alerts"][0]["place"]["zh"] == "车棚" and now["more"] == 0
    become(parts, Role.VOLUNTEER, frozenset({"b3"}))
    assert [one["id"] for one in (await operator.get("/api/phone/now")).json()["alerts"]] == [lead.id]


async def test_what_is_only_suspected_stands_apart_until_it_is_raised_or_gone(
    parts: Parts, operator: httpx.AsyncClient
) -> None:
    become(parts, Role.VOLUNTEER)
    parked = parts.raise_alert(1, "ebike", confirmed=False)
    parts.raise_alert(1, "ebike", key="2", notice="passing")
    fire = parts.raise_alert(confirmed=False)
    now = (await operator.get("/api/phone/now")).json()
    assert (now["alerts"], now["more_suspected"]) == ([], 0)
    assert [(one["id"], one["severity"], one["raised"]) for one in now["suspected"]] == [
        (fire.id, "fire", False),
        (parked.id, "violation", False),
    ], "what is only logged is not suspected"
    assert now["suspected"][0]["place"]["zh"] == "车棚" and now["suspected"][0]["started_at"]
    page = (await operator.get(f"/api/phone/alerts/{fire.id}")).json()
    assert (page["raised"], page["stage"], page["offered"]) == (False, "suspected", [])
    become(parts, Role.VOLUNTEER, frozenset({"b3"}))
    assert [one["id"] for one in (await operator.get("/api/phone/now")).json()["suspected"]] == [parked.id]
    become(parts, Role.VOLUNTEER)
    parts.raise_alert()
    now = (await operator.get("/api/phone/now")).json()
    assert [one["id"] for one in now["alerts"]] == [fire.id] and now["alerts"][0]["raised"]
    parts.clear(1)
    assert (await operator.get("/api/phone/now")).json()["suspected"] == []
    gone = (await operator.get(f"/api/phone/alerts/{parked.id}")).json()
    assert (gone["raised"], gone["stage"]) == (False, "cleared")


async def test_a_fire_of_which_nobody_is_told_stands_there_and_says_who_said_so(
    parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock
) -> None:
    become(parts, Role.VOLUNTEER)
    shelf = Order(SilenceKind.SHELF, Scope(ScopeKind.CAMERA, "shed"), "动火作业", "王", timedelta(hours=1), fire=True)
    silence = parts.desk.silence(shelf)
    held = parts.raise_alert()
    other = parts.raise_alert(1)
    assert parts.desk.alert(held.id).held
    parts.raise_alert(0, "clutter")
    now = (await operator.get("/api/phone/now")).json()["alerts"]
    assert [one["id"] for one in now] == [other.id, held.id], (
        "behind what people are called for; nothing else that is held"
    )
    until = time_text(clock.now() + timedelta(hours=1))
    why = {"by": "shelved", "reason": "动火作业", "source": silence.id, "who": "王", "until": until}
    assert [one["muted"] for one in now] == [None, why]
    page = (await operator.get(f"/api/phone/alerts/{held.id}")).json()
    assert page["muted"] == why
    parts.desk.end_silence(silence.id, Actor("王", "console"))
    parts.desk.tick()
    now = (await operator.get("/api/phone/now")).json()["alerts"]
    assert [(one["id"], one["muted"]) for one in now] == [(other.id, None), (held.id, None)], "it is told after all"


async def test_a_fire_that_people_were_called_to_says_that_they_are_not_any_more(
    parts: Parts, operator: httpx.AsyncClient
) -> None:
    become(parts, Role.VOLUNTEER)
    fire = parts.raise_alert()
    shelf = Order(SilenceKind.SHELF, Scope(ScopeKind.ALERT, fire.id), "动火作业", "王", timedelta(hours=1), fire=True)
    parts.desk.silence(shelf)
    parts.desk.tick()
    [one] = (await operator.get("/api/phone/now")).json()["alerts"]
    assert (one["id"], one["muted"]["who"]) == (fire.id, "王")


async def test_a_held_fire_that_no_camera_sees_any_more_stays_until_somebody_ends_it(
    parts: Parts, operator: httpx.AsyncClient
) -> None:
    become(parts, Role.VOLUNTEER)
    shelf = Order(SilenceKind.SHELF, Scope(ScopeKind.CAMERA, "shed"), "动火作业", "王", timedelta(hours=1), fire=True)
    parts.desk.silence(shelf)
    fire = parts.raise_alert()
    parts.clear()
    assert [one["id"] for one in (await operator.get("/api/phone/now")).json()["alerts"]] == [fire.id]
    parts.desk.mark_false_alarm(fire.id, by="王", reason="other")
    assert (await operator.get("/api/phone/now")).json()["alerts"] == []


async def test_of_many_suspicions_the_number_is_told(
    parts: Parts, operator: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone_api, "MOST_SHOWN", 2)
    become(parts, Role.VOLUNTEER)
    for key in "123":
        parts.raise_alert(1, "ebike", confirmed=False, key=key)
    fire = parts.raise_alert(confirmed=False)
    now = (await operator.get("/api/phone/now")).json()
    assert (len(now["suspected"]), now["more_suspected"], now["suspected"][0]["id"]) == (2, 2, fire.id)


async def test_an_alert_is_answered_once_however_often_it_is_sent(parts: Parts, operator: httpx.AsyncClient) -> None:
    become(parts, Role.VOLUNTEER)
    fire = parts.raise_alert()
    path = f"/api/phone/alerts/{fire.id}"
    page = (await operator.get(path)).json()
    assert page["offered"] == ["accepted", "on_the_way", "there", "dealt_with"], "they have not been there"
    assert page["false_when_there"]
    assert (page["person"], page["expires_at"], page["words"]["zh"]) == ("李", None, "明火")
    for kind in ("accepted", "accepted", "there", "on_the_way"):
        said = await operator.post(f"{path}/answer", json={"answer": kind, "round": page["round"]})
        assert said.status_code == 200
    assert [step.kind for step in parts.desk.track(fire.id)[1].steps] == [K.ACCEPTED, K.THERE]
    assert [one["name"] for one in said.json()["responders"]] == ["李"]
    assert said.json()["offered"] == ["dealt_with", "false_alarm"] and not said.json()["false_when_there"]


@pytest.mark.parametrize(
    ("role", "hazard", "before", "status"),
    [
        (Role.VOLUNTEER, "flame", None, 403),
        (Role.VOLUNTEER, "flame", K.ON_THE_WAY, 403),
        (Role.VOLUNTEER, "flame", K.THERE, 200),
        (Role.VOLUNTEER, "clutter", None, 200),
        (Role.BUILDING_LEAD, "flame", None, 200),
        (Role.AUDITOR, "clutter", None, 403),
    ],
)
async def test_who_is_there_or_may_judge_may_call_a_fire_false(
    parts: Parts, operator: httpx.AsyncClient, role: Role, hazard: str, before: StepKind | None, status: int
) -> None:
    become(parts, role)
    alert = parts.raise_alert(0, hazard)
    if before:
        parts.desk.step(alert.id, before, by="李")
    body = {"answer": "false_alarm", "reason": "steam", "round": 0}
    assert (await operator.post(f"/api/phone/alerts/{alert.id}/answer", json=body)).status_code == status


async def test_what_came_too_late_is_told_with_the_page_as_it_is(parts: Parts, operator: httpx.AsyncClient) -> None:
    become(parts, Role.VOLUNTEER)
    fire = parts.raise_alert()
    parts.desk.step(fire.id, K.DEALT_WITH, by="王")
    path = f"/api/phone/alerts/{fire.id}/answer"
    late = await operator.post(path, json={"answer": "on_the_way", "round": 0})
    assert (late.status_code, late.json()["code"], late.json()["page"]["done_by"]) == (409, "already_over", "王")
    parts.desk.step(fire.id, K.REOPENED, by="王")
    old = await operator.post(path, json={"answer": "dealt_with", "round": 0})
    assert (old.status_code, old.json()["code"], old.json()["page"]["round"]) == (409, "changed", 1)
    assert (await operator.post(path, json={"answer": "closed", "round": 1})).status_code == 422


async def test_the_picture_is_small_and_hides_heads(parts: Parts, operator: httpx.AsyncClient) -> None:
    become(parts, Role.VOLUNTEER)
    fire = parts.raise_alert()
    got = await operator.get(f"/api/phone/alerts/{fire.id}/picture")
    assert got.headers["content-type"] == "image/jpeg" and len(got.content) < 40_000
    token = parts.answer_link(fire, "王").split("#")[1].split(".")[0]
    by_link = await operator.post("/answer/picture", json={"token": token})
    assert by_link.content == got.content and SMALL_WIDTH == 640
    assert (await operator.post("/answer/picture", json={"token": "x"})).status_code == 403
    parts.recorder.tick()
    seen = records.newest(parts.store, subject=fire.id, kinds=["saw_picture"])
    assert {one.by for one in seen} == {"李", "王"}


async def test_a_still_of_now_hides_heads_and_says_of_when_it_is(
    parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock
) -> None:
    become(parts, Role.BUILDING_LEAD)
    fire = parts.raise_alert()
    path = f"/api/phone/alerts/{fire.id}"
    parts.online()
    parts.preview()
    early = await operator.get(f"{path}/live")
    assert (early.status_code, early.json()["code"]) == (404, "not_looked"), "nobody knows who is in it"
    taken_at = clock.now()
    clock.step(1)
    parts.put(replace(parts.look(), private=Private(people=((0.1, 0.1, 0.5, 0.9),))))
    assert (await operator.get(path)).json()["live"] == {"state": "online", "since": taken_at.isoformat()}
    got = await operator.get(f"{path}/live")
    assert (got.status_code, got.headers["content-type"]) == (200, "image/jpeg") and len(got.content) < 60_000
    assert datetime.fromisoformat(got.headers["x-taken-at"]) == taken_at
    bare, hidden = decode_image(jpeg(paint(0, 0))), decode_image(got.content)
    assert bare is not None and hidden is not None and hidden.shape[1] == SMALL_WIDTH
    bare = shrink(bare, SMALL_WIDTH)
    height, width = bare.shape[:2]
    head = (slice(int(0.12 * height), int(0.3 * height)), slice(int(0.2 * width), int(0.4 * width)))
    rest = (slice(int(0.5 * height), height), slice(int(0.6 * width), width))
    assert (
        np.abs(bare[head].astype(int) - hidden[head]).mean() > 3 * np.abs(bare[rest].astype(int) - hidden[rest]).mean()
    )
    parts.recorder.tick()
    seen = records.newest(parts.store, subject="shed", kinds=["saw_live"])
    assert [one.by for one in seen] == ["李"]


@pytest.mark.parametrize(
    ("after_s", "burns_for_s", "clear"), [(1, 4, True), (1, 0.5, False), (3, 4, False)], ids=["it", "newer", "far"]
)
async def test_the_flame_of_a_later_look_bares_no_head_in_a_still(
    parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock, after_s: float, burns_for_s: float, clear: bool
) -> None:
    """Somebody stands there, and a moment later it burns at that place."""
    become(parts, Role.BUILDING_LEAD)
    fire = parts.raise_alert()
    parts.online()
    parts.preview()
    parts.put(replace(parts.look(), private=Private(people=((0.3, 0.2, 0.7, 0.9),))))
    clock.step(after_s)
    began = clock.now() - timedelta(seconds=burns_for_s)
    parts.put(parts.look(0, replace(parts.finding(), box=(0.45, 0.2, 0.55, 0.35), since_at=began)))
    got = decode_image((await operator.get(f"/api/phone/alerts/{fire.id}/live")).content)
    bare = decode_image(jpeg(paint(0, 0)))
    assert got is not None and bare is not None
    bare = shrink(bare, SMALL_WIDTH)
    height, width = bare.shape[:2]
    place = (slice(int(0.22 * height), int(0.33 * height)), slice(int(0.46 * width), int(0.54 * width)))
    assert (np.abs(bare[place].astype(int) - got[place]).mean() < 6) == clear


async def test_no_still_is_handed_out_as_one_of_now_that_is_not(
    parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock
) -> None:
    become(parts, Role.OPERATOR)
    path = f"/api/phone/alerts/{parts.raise_alert().id}"

    async def why() -> tuple[str, str]:
        state = (await operator.get(path)).json()["live"]["state"]
        return state, (await operator.get(f"{path}/live")).json()["code"]

    assert await why() == ("unknown", "no_sight")
    parts.online()
    parts.preview()
    parts.put(parts.look())
    assert (await operator.get(f"{path}/live")).status_code == 200
    clock.step(6)
    parts.preview(step=1)
    assert await why() == ("online", "not_looked"), "the analysis does not keep up"
    clock.step(11)
    assert await why() == ("stalled", "no_sight")
    parts.online(state="offline")
    assert await why() == ("offline", "no_sight")


async def test_only_who_may_see_live_pictures_of_that_camera_is_shown_a_still(
    parts: Parts, operator: httpx.AsyncClient
) -> None:
    fire = parts.raise_alert()
    become(parts, Role.OPERATOR)
    report_id = (await operator.put(f"/api/reports/{KEY}", json=report())).json()["alert"]
    for camera in (0, 1):
        parts.online(camera)
        parts.preview(camera)
        parts.put(parts.look(camera))
    answers = []
    for role, places in ((Role.BUILDING_LEAD, "shed"), (Role.VOLUNTEER, "shed"), (Role.BUILDING_LEAD, "b3")):
        become(parts, role, frozenset({places}))
        shown = await operator.get(f"/api/phone/alerts/{fire.id}")
        still = await operator.get(f"/api/phone/alerts/{fire.id}/live")
        answers.append((shown.status_code, shown.json().get("live") is not None, still.status_code))
    assert answers == [(200, True, 200), (200, False, 403), (404, False, 404)]
    become(parts, Role.BUILDING_LEAD)
    page = (await operator.get(f"/api/phone/alerts/{report_id}")).json()
    assert page["live"] is None, "no camera sees it"
    assert (await operator.get(f"/api/phone/alerts/{report_id}/live")).status_code == 404
    upstairs = parts.raise_alert(1)
    become(parts, Role.BUILDING_LEAD, frozenset({"b3"}))
    assert (await operator.get(f"/api/phone/alerts/{upstairs.id}/live")).status_code == 200
    moved = settings(parts.settings.store.path).model_dump()
    moved["cameras"][1]["place"] = "shed"
    parts.desk.follow(Settings.model_validate(moved))
    page = (await operator.get(f"/api/phone/alerts/{upstairs.id}")).json()
    assert page["live"] is None, "the alert is still theirs; the camera hangs elsewhere by now"
    assert (await operator.get(f"/api/phone/alerts/{upstairs.id}/live")).status_code == 404
    token = parts.answer_link(fire, "王").split("#")[1].split(".")[0]
    by_link = (await operator.post("/answer/show", json={"token": token})).json()
    assert "live" not in by_link and fire.camera not in str(by_link)


async def test_an_answer_that_waited_is_on_record_with_both_times(parts: Parts, operator: httpx.AsyncClient) -> None:
    become(parts, Role.VOLUNTEER)
    fire = parts.raise_alert()
    link = parts.answer_link(fire, "王").split("#")[1].split(".")[0]
    for kind, age_s in (("accepted", 1.0), ("there", 8.0)):
        body = {"answer": kind, "round": 0, "age_s": age_s}
        assert (await operator.post(f"/api/phone/alerts/{fire.id}/answer", json=body)).status_code == 200
    by_link = {"token": link, "answer": "accepted", "round": 0, "age_s": 720.0}
    assert (await operator.post("/answer", json=by_link)).status_code == 200
    soon, later, linked = parts.desk.track(fire.id)[1].steps
    assert "said_at" not in soon.detail, "the way over a line"
    for step, age_s in ((later, 8.0), (linked, 720.0)):
        waited = step.at - datetime.fromisoformat(step.detail["said_at"])
        assert waited.total_seconds() == pytest.approx(age_s, abs=0.01), (
            "it is of when it came, and says when it was given"
        )
    forged = {"kind": "note", "detail": {"note": "x", "said_at": time_text(later.at)}}
    become(parts, Role.OPERATOR)
    assert (await operator.post(f"/api/alerts/{fire.id}/steps", json=forged)).status_code == 422


async def send_all(operator: httpx.AsyncClient, alert_id: str, answer: str) -> list[httpx.Response]:
    """What 王 has left on the phone: an answer, a photo, a report."""
    said = {"answer": answer, "round": 0, "by": "王"}
    return [
        await operator.post(f"/api/phone/alerts/{alert_id}/answer", json=said),
        await operator.put(f"/api/alerts/{alert_id}/photos/{KEY}", json={"photo": PHOTO, "by": "王"}),
        await operator.put(f"/api/reports/{KEY}", json=report(by="王")),
    ]


@pytest.mark.parametrize(
    ("role", "places", "answer"),
    [
        (Role.VOLUNTEER, None, "there"),
        (Role.AUDITOR, None, "on_the_way"),
        (Role.VOLUNTEER, frozenset({"shed"}), "on_the_way"),
        (Role.VOLUNTEER, None, "false_alarm"),
    ],
)
async def test_what_somebody_else_said_on_that_phone_is_refused_as_theirs_whatever_the_caller_may(
    parts: Parts, operator: httpx.AsyncClient, role: Role, places: frozenset[str] | None, answer: str
) -> None:
    fire, none = parts.raise_alert(1), "01JZZZZZZZZZZZZZZZZZZZZZZZ"
    become(parts, role, places)
    for alert_id in (fire.id, none):  # the same of one that is not theirs and of one that is not there
        for got in await send_all(operator, alert_id, answer):
            assert (got.status_code, got.json()["code"]) == (409, "other_person")
            assert fire.place not in got.text
    assert parts.desk.track(fire.id)[1].steps == () and len(parts.desk.alerts()) == 1


async def test_what_is_no_json_object_is_of_nobody(parts: Parts, operator: httpx.AsyncClient) -> None:
    become(parts, Role.VOLUNTEER)
    path = f"/api/phone/alerts/{parts.raise_alert().id}/answer"
    for body, kind in ((b"[]", "json"), (b'{"by": 7}', "json"), (b'"by"', "json"), (b"{", "json"), (b"by", "text")):
        got = await operator.post(path, content=body, headers={"content-type": f"application/{kind}"})
        assert got.status_code == 422


@pytest.mark.parametrize("shape", [(2160, 3840), (720, 1280)])
def test_no_picture_takes_long_on_a_bad_line(parts: Parts, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    key = parts.snapshots.save("x", draw(jpeg(noise)), taken_at=parts.clock.now()).key
    assert len(small(parts.media, key)) <= 90_000


# Its files


async def test_a_phone_is_led_to_its_page(operator: httpx.AsyncClient) -> None:
    assert (await operator.get("/")).status_code == 200
    led = await operator.get("/", headers=PHONE)
    assert (led.status_code, led.headers["location"]) == (303, "/phone")
    assert (await operator.get("/?console", headers=PHONE)).status_code == 200


async def test_what_has_not_changed_is_not_sent_again(stranger: httpx.AsyncClient) -> None:
    got = await stranger.get("/phone/strings.js")
    again = await stranger.get("/phone/strings.js", headers={"if-none-match": got.headers["etag"]})
    assert got.headers["content-encoding"] == "gzip" and int(got.headers["content-length"]) < len(got.content) / 2
    assert (again.status_code, again.content) == (304, b"")
    plain = await stranger.get("/phone/strings.js", headers={"accept-encoding": "identity"})
    assert plain.content == got.content and plain.headers["etag"] != got.headers["etag"]
    assert (await stranger.get("/phone/main.js")).status_code == 401


async def test_the_list_of_what_a_phone_keeps_is_whole(stranger: httpx.AsyncClient) -> None:
    text = (await stranger.get("/phone/shell.js")).text
    kept = json.loads(text[text.index("{") : text.rindex("}") + 1])
    assert {"/phone", "/answer", "/phone/unsent.js", "/phone/strings.js"} <= set(kept["files"])
    for path in kept["files"]:
        assert (await stranger.get(path)).status_code == 200, path


# Reports


async def test_a_report_becomes_a_case_once(parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock) -> None:
    become(parts, Role.VOLUNTEER)
    body = report(where=" 防火门\n旁 ", note="三辆旧车", age_s=600)
    made = await operator.put(f"/api/reports/{KEY}", json=body)
    clock.step(60)
    again = await operator.put(f"/api/reports/{KEY}", json=body)
    assert (made.status_code, again.status_code) == (201, 200) and made.json() == again.json()
    case = parts.desk.alert(made.json()["alert"])
    assert (case.place, case.place_id, case.zone_type) == ("3 号楼 2 楼走廊 防火门 旁", "b3-2", "corridor")
    assert case.evidence["reported_by"] == "李" and case.evidence["report_note"] == "三辆旧车"
    assert case.fired_at is not None and case.fired_at - case.started_at == timedelta(seconds=600)
    assert parts.snapshots.verify(case.evidence["snapshot"]) == ""
    page = (await operator.get(f"/api/phone/alerts/{case.id}")).json()
    assert (page["stage"], page["picture"], page["note"]) == ("firing", "", "三辆旧车")
    assert page["at_hand"]["extinguisher"] == "电梯旁"


async def test_a_report_says_what_it_has_become_and_who_is_told(tmp_path: Path, clock: SimulatedClock) -> None:
    given = settings(tmp_path / "told").model_dump()
    hook = {"name": "team", "url": "http://127.0.0.1:9/"}
    people = [
        {"id": one, "name": name, "channels": [{"channel": "team"}]} for one, name in (("wang", "王秀英"), ("li", "李"))
    ]
    told = Parts.build(Settings.model_validate({**given, "webhooks": [hook], "people": people}), clock)
    become(told, Role.VOLUNTEER)
    async with told.client() as client:
        await told.enter(client)
        made = (await client.put(f"/api/reports/{KEY}", json=report())).json()
        assert made["place"]["zh"] == "3 号楼 2 楼走廊" and made["told"] == ["王秀英"], "李 knows it"
        assert (made["whose"], made["held"]) == ("property", False)
        everybody = Order(SilenceKind.SHELF, Scope(ScopeKind.PLACE, "b3"), "搬家", "王", timedelta(hours=1))
        told.desk.silence(everybody)
        held = (await client.put(f"/api/reports/{KEY}2", json=report())).json()
        assert (held["told"], held["held"]) == ([], True)
    told.close()


async def test_a_photo_is_shown_with_heads_hidden_once_somebody_has_looked_for_them(
    parts: Parts, operator: httpx.AsyncClient
) -> None:
    asked: list[bytes] = []

    def one_head(jpeg: bytes) -> Private:
        asked.append(jpeg)
        return Private(people=((0.1, 0.1, 0.5, 0.9),))

    parts.desk._pictures._private_in = one_head
    become(parts, Role.VOLUNTEER)
    made = (await operator.put(f"/api/reports/{KEY}", json=report())).json()
    await operator.put(f"/api/reports/{KEY}", json=report())
    assert len(asked) == 1, "what is sent again is not looked at again"
    case = parts.desk.alert(made["alert"])
    assert {name for name in case.evidence["snapshot"] if name.startswith("sha256_")} == {
        "sha256_clean", "sha256_veiled", "sha256_blurred",
    }  # fmt: skip
    clean, hidden = (parts.snapshots.path(case.snapshot, one).read_bytes() for one in ("clean", "veiled"))
    before, after = decode_image(clean), decode_image(hidden)
    assert before is not None and after is not None
    height, width = before.shape[:2]
    head = (slice(int(0.12 * height), int(0.3 * height)), slice(int(0.2 * width), int(0.4 * width)))
    assert np.abs(before[head].astype(int) - after[head]).mean() > 2, "the head is gone"
    page = (await operator.get(f"/api/phone/alerts/{case.id}")).json()
    assert page["picture"]
    for path in (f"phone/alerts/{case.id}/picture", f"alerts/{case.id}/thumbnail", f"alerts/{case.id}/snapshot"):
        assert (await operator.get(f"/api/{path}")).status_code == 200, path


async def test_a_report_is_there_until_people_are_done_with_it(parts: Parts, operator: httpx.AsyncClient) -> None:
    become(parts, Role.OPERATOR)
    case = (await operator.put(f"/api/reports/{KEY}", json=report())).json()["alert"]
    again = Desk(parts.store, parts.snapshots, parts.settings, parts.clock)
    assert [one.id for one in again.open_alerts()] == [case], "also after a restart"
    parts.desk.receive(parts.look())
    assert parts.desk.alert(case).open, "no camera speaks for it"
    done, _ = parts.desk.step(case, K.DEALT_WITH, by="王")
    assert not done.open and parts.desk.open_alerts() == []
    back, _ = parts.desk.step(case, K.REOPENED, by="王")
    assert back.open and [one.id for one in parts.desk.open_alerts()] == [case]
    parts.desk.mark_false_alarm(case, by="王", reason="allowed")
    assert parts.desk.open_alerts() == []
    assert (await operator.put(f"/api/reports/{KEY}", json=report())).json()["alert"] == case, "whatever became of it"


async def test_only_one_s_own_places(parts: Parts, operator: httpx.AsyncClient) -> None:
    become(parts, Role.VOLUNTEER, frozenset({"b3"}))
    answers = {
        place: (await operator.put(f"/api/reports/{KEY}{number}", json=report(place=place)))
        for number, place in enumerate(("b3-2", "shed", "nowhere", "site"))
    }
    assert {place: got.status_code for place, got in answers.items()} == {
        "b3-2": 201, "shed": 422, "nowhere": 422, "site": 422,
    }  # fmt: skip
    assert answers["shed"].json() == answers["nowhere"].json()
    become(parts, Role.VOLUNTEER)
    elsewhere = await operator.put(f"/api/reports/{KEY}9", json=report(place="site", where="后门"))
    assert parts.desk.alert(elsewhere.json()["alert"]).place == "后门"


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"hazard": "flame"}, 422),
        ({"hazard": "x"}, 422),
        ({"photo": ""}, 422),
        ({"photo": "!!!!"}, 422),
        ({"photo": base64.b64encode(b"<svg onload=alert(1)>").decode()}, 422),
        ({"photo": "A" * 550_000}, 422),
        ({"photo": "A" * 650_000}, 413),
        ({"age_s": -1}, 422),
        ({"more": 1}, 422),
    ],
)
async def test_a_report_that_is_not_taken(
    parts: Parts, operator: httpx.AsyncClient, more: dict[str, Any], status: int
) -> None:
    become(parts, Role.VOLUNTEER)
    assert (await operator.put(f"/api/reports/{KEY}", json=report(**more))).status_code == status
    assert parts.desk.alerts() == []


async def test_a_flood_of_reports_has_an_end(parts: Parts, operator: httpx.AsyncClient) -> None:
    become(parts, Role.VOLUNTEER)
    for number in range(MOST_REPORTS):
        await operator.put(f"/api/reports/{KEY}{number}", json=report(photo="AAAA"))
    assert (await operator.put(f"/api/reports/{KEY}", json=report())).status_code == 429


async def test_no_more_reports_than_somebody_deals_with(
    parts: Parts, operator: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    become(parts, Role.VOLUNTEER)
    monkeypatch.setattr("alerts.desk.reported.MOST_OPEN", 1)
    first = await operator.put(f"/api/reports/{KEY}1", json=report())
    full = await operator.put(f"/api/reports/{KEY}2", json=report())
    assert (first.status_code, full.status_code, full.json()["code"]) == (201, 429, "too_many")
    assert MOST_OPEN > 1 and parts.desk.alerts()[0].camera == NO_CAMERA
