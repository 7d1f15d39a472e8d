"""Tracks over HTTP."""

import asyncio
from typing import Any

import httpx
import pytest

from alerts.alert import Alert
from alerts.record.records import newest
from alerts.track.step import StepKind
from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts

K = StepKind


async def step(client: httpx.AsyncClient, alert: Alert, kind: str, detail: Any = None, **more: Any) -> httpx.Response:
    body = {"kind": kind, "detail": detail or {}, **more}
    return await client.post(f"/api/alerts/{alert.id}/steps", json=body)


async def test_a_track_from_the_first_word_to_the_last(
    parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock
) -> None:
    fire = parts.raise_alert()
    began = (await operator.get(f"/api/alerts/{fire.id}/steps")).json()
    assert (began["track"], began["stage"], began["steps"], began["handler"]) == (
        "incident",
        "firing",
        [],
        "volunteers",
    )
    assert [one["what"] for one in began["due"]] == ["acknowledged"]
    assert {"kind": "acknowledged", "needs_reason": False, "needs_proof": False} in began["next"]
    for kind in ("acknowledged", "accepted", "there", "dealt_with"):
        clock.step(1)
        answer = await step(operator, fire, kind)
        assert answer.status_code == 200
    out = answer.json()
    assert (out["stage"], out["alert"]["dealt_with_at"]) == ("out", out["steps"][-1]["at"])
    assert out["responders"] == [
        {"name": "Wang", "via": "console", "progress": "dealt_with", "at": out["steps"][-1]["at"]}
    ]
    assert {"kind": "closed", "needs_reason": True, "needs_proof": False} in out["next"], "the camera still sees it"
    closed = (await step(operator, fire, "closed", {"reason": "seen on the spot"})).json()
    assert (closed["stage"], closed["alert"]["state"]) == ("closed", "closed")
    assert [one["seq"] for one in closed["steps"]] == [1, 2, 3, 4, 5]
    assert closed["steps"][-1]["reason"] == "seen on the spot"


async def test_a_case_keeps_what_was_taken_away(parts: Parts, operator: httpx.AsyncClient) -> None:
    case = parts.raise_alert(hazard="ebike")
    notice = {"channel": "on the door", "deadline": "2099-01-01T00:00:00+08:00"}
    for kind, detail in (
        ("verified", {}),
        ("notice_given", notice),
        ("moved", {"item": "e-bike", "slot": "A3", "reason": "blocks the exit"}),
        ("claimed", {"item": 1, "owner": "Zhao"}),
    ):
        answer = await step(operator, case, kind, detail)
        assert answer.status_code == 200, answer.text
    told = answer.json()
    (kept,) = told["custody"]
    assert (kept["item"], kept["what"], kept["slot"], kept["state"]) == (1, "e-bike", "A3", "claimed")
    assert (kept["claimed"]["by"], kept["claimed"]["owner"], kept["handed_over"]) == ("Wang", "Zhao", None)
    assert told["deadline"] == "2098-12-31T16:00:00.000000Z"


async def test_a_step_that_may_not_follow_is_refused_with_the_present_state(
    parts: Parts, operator: httpx.AsyncClient
) -> None:
    case = parts.raise_alert(hazard="ebike")
    answer = await step(operator, case, "reminded", {"channel": "telephone"})
    told = answer.json()
    assert (answer.status_code, told["code"], told["track"]["stage"]) == (409, "not_verified", "firing")
    assert told["current"]["id"] == case.id
    assert told["detail"].endswith("nobody has verified it yet")


@pytest.mark.parametrize(
    ("kind", "detail", "said"),
    [
        ("false_alarm", {}, "reason"),
        ("dissuaded", {"outcome": "maybe"}, "outcome"),
        ("accepted", {"x": 1}, "x: "),
        ("flown", {}, "kind"),
        ("accepted", {str(number): 1 for number in range(20)}, "detail"),
        ("note", {"note": "x" * 501}, "note"),
    ],
)
async def test_what_is_not_in_order(
    parts: Parts, operator: httpx.AsyncClient, kind: str, detail: dict[str, Any], said: str
) -> None:
    answer = await step(operator, parts.raise_alert(hazard="ebike"), kind, detail)
    assert answer.status_code == 422 and said in answer.json()["detail"]


async def test_the_slower_of_two_sees_what_the_faster_did(parts: Parts, operator: httpx.AsyncClient) -> None:
    fire = parts.raise_alert()
    parts.desk.step(fire.id, K.ACCEPTED, by="Li")
    answer = await step(operator, fire, "acknowledged", version=fire.version)
    assert answer.status_code == 409
    told = answer.json()
    assert [(one["by"], one["kind"]) for one in told["track"]["steps"]] == [("Li", "accepted")]
    assert told["current"]["acknowledged_by"] == "Li"


async def test_of_many_at_once_one_is_taken(parts: Parts, operator: httpx.AsyncClient) -> None:
    fire = parts.raise_alert()
    answers = await asyncio.gather(
        *(
            step(operator, fire, kind, version=fire.version)
            for kind in ("accepted", "on_the_way", "there", "dealt_with")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    [taken] = [answer.json()["steps"] for answer in answers if answer.status_code == 200]
    assert all(one.json()["track"]["steps"] == taken for one in answers if one.status_code == 409)


async def test_the_buttons_of_before_are_steps_too(parts: Parts, operator: httpx.AsyncClient) -> None:
    case = parts.raise_alert(hazard="ebike")
    await operator.post(f"/api/alerts/{case.id}/acknowledge", json={})
    await operator.post(f"/api/alerts/{case.id}/false-alarm", json={"reason": "bicycle"})
    told = (await operator.get(f"/api/alerts/{case.id}/steps")).json()
    assert [one["kind"] for one in told["steps"]] == ["verified", "false_alarm"]


async def test_no_track_of_an_alert_that_is_not_there(operator: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    assert (await operator.get("/api/alerts/nobody/steps")).status_code == 404
    assert (await stranger.get("/api/alerts/nobody/steps")).status_code == 401


async def test_what_is_due_of_all_alerts(parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock) -> None:
    case, fire = parts.raise_alert(1, "ebike"), parts.raise_alert()
    parts.raise_alert(1, "clutter", confirmed=False)
    owed = (await operator.get("/api/due")).json()["due"]
    assert [(one["alert"], one["what"], one["whose"]) for one in owed] == [
        (fire.id, "acknowledged", "operator"),
        (case.id, "verified", "operator"),
    ]
    await step(operator, case, "false_alarm", {"reason": "bicycle"})
    await step(operator, fire, "accepted")
    owed = (await operator.get("/api/due")).json()["due"]
    assert [(one["alert"], one["what"], one["whose"]) for one in owed] == [(fire.id, "there", "Wang")]


async def test_clutter_is_closed_with_a_picture_of_now_or_a_word_why_there_is_none(
    parts: Parts, operator: httpx.AsyncClient
) -> None:
    case = parts.raise_alert(0, "clutter")
    parts.desk.acknowledge(case.id, by="Wang")
    path = f"/api/alerts/{case.id}/steps"
    parts.clear()
    offered = {one["kind"]: one for one in (await operator.get(path)).json()["next"]}
    assert offered["closed"] == {"kind": "closed", "needs_reason": False, "needs_proof": True}

    async def close(**detail: object) -> httpx.Response:
        return await operator.post(path, json={"kind": "closed", "detail": detail})

    assert (await close()).json()["code"] == "no_proof"
    assert (await close(picture=True)).json()["code"] == "no_picture", "no camera shows anything"
    parts.online()
    parts.preview()
    done = (await close(picture=True)).json()
    assert done["stage"] == "closed" and done["steps"][-1]["picture"] is True
    kept = parts.desk.alert(case.id).evidence["snapshot_after"]
    assert (parts.settings.store.path / "snapshots" / f"{kept['key']}.blurred.jpg").is_file()
    shown = await operator.get(f"/api/alerts/{case.id}/snapshot?variant=after_blurred")
    assert shown.status_code == 200
    [row] = newest(parts.store, kinds=["stepped"])[:1]
    assert any(name.endswith(".blurred.jpg") for name in row.detail["files"]), "the picture is on record"


async def test_why_there_is_no_proof_is_on_record(parts: Parts, operator: httpx.AsyncClient) -> None:
    case = parts.raise_alert(0, "clutter")
    parts.desk.acknowledge(case.id, by="Wang")
    parts.clear()
    given = {"kind": "closed", "detail": {"unproven": "the camera was turned away"}}
    done = (await operator.post(f"/api/alerts/{case.id}/steps", json=given)).json()
    assert done["steps"][-1]["unproven"] == "the camera was turned away"
    assert parts.desk.alert(case.id).closed_at is not None
