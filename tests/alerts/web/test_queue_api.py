"""What the queue asks for: who has what in hand, one word about many, what ever was, thumbnails."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from alerts.evidence.thumb import HEIGHT, WIDTH, thumbnail
from alerts.mute.rules import Scope, ScopeKind, SilenceKind
from alerts.track.step import StepKind
from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts
from tests.alerts.web.painting import jpeg, paint

K = StepKind


async def test_who_has_it_in_hand(parts: Parts, operator: httpx.AsyncClient) -> None:
    fire, case = parts.raise_alert(), parts.raise_alert(1, "clutter")
    parts.raise_alert(1, "ebike")
    parts.desk.step(fire.id, K.ACCEPTED, by="Li")
    parts.desk.acknowledge(case.id, by="Wang")
    parts.desk.step(case.id, K.DISPATCHED, by="Wang", detail={"to": "property"})
    answer = (await operator.get("/api/queue")).json()
    assert set(answer["going"]) == {fire.id, case.id}
    assert [one["name"] for one in answer["going"][fire.id]["responders"]] == ["Li"]
    assert (answer["going"][fire.id]["stage"], answer["going"][case.id]["sent"]) == ("responding", "property")
    assert answer["handlers"]["shed"]["ebike"] == "shed_manager"


async def bulk(client: httpx.AsyncClient, action: str, *alerts: Any, **more: Any) -> list[dict[str, Any]]:
    order = {"action": action, "alerts": [{"id": one.id, "version": one.version} for one in alerts], **more}
    answer = await client.post("/api/bulk", json=order)
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def test_one_word_about_many_but_never_about_a_fire(parts: Parts, operator: httpx.AsyncClient) -> None:
    fire, one, two = parts.raise_alert(), parts.raise_alert(1, "clutter"), parts.raise_alert(1, "ebike")
    parts.desk.mark_false_alarm(two.id, by="Li", reason="bicycle")
    nobodys = replace(one, id="01NOTHERE")
    for action in ("acknowledge", "false_alarm"):
        told = await bulk(operator, action, fire, one, two, nobodys, reason="moving")
        assert [each.get("code") for each in told][0::3] == ["fire", "gone"]
        assert told[2]["code"] == "changed"
        one = replace(one, version=told[1]["alert"]["version"])
    assert parts.desk.alert(fire.id).acknowledged_at is None
    assert parts.desk.alert(one.id).false_alarm_reason == "moving"


async def test_many_are_taken_back(parts: Parts, clock: SimulatedClock, operator: httpx.AsyncClient) -> None:
    fire, case = parts.raise_alert(), parts.raise_alert(1, "clutter")
    fire = parts.desk.acknowledge(fire.id, by="Wang")
    case = parts.desk.mark_false_alarm(case.id, by="Wang", reason="moving")
    told = await bulk(operator, "undo", fire, case)
    assert [one["alert"]["state"] for one in told] == ["firing", "firing"]
    assert [one["code"] for one in await bulk(operator, "undo", fire, case)] == ["changed", "changed"]
    case = parts.desk.acknowledge(case.id, by="Wang")
    clock.step(61)
    assert [one["code"] for one in await bulk(operator, "undo", case)] == ["too_late"]
    _, track = parts.desk.track(fire.id)
    assert [step.kind for step in track.steps] == [K.ACKNOWLEDGED, K.UNDONE], "both are on record"


@pytest.mark.parametrize(
    "order",
    [
        {"action": "acknowledge", "alerts": []},
        {"action": "close", "alerts": [{"id": "A"}]},
        {"action": "false_alarm", "alerts": [{"id": "A"}]},
        {"action": "acknowledge", "alerts": [{"id": "../A"}]},
        {"action": "acknowledge", "alerts": [{"id": "A"}] * 201},
    ],
)
async def test_orders_that_are_none(operator: httpx.AsyncClient, order: dict[str, Any]) -> None:
    assert (await operator.post("/api/bulk", json=order)).status_code == 422


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [2, 1, 0]),
        ({"hazard": "flame"}, [0]),
        ({"camera": "stairs-2"}, [2, 1]),
        ({"text": "电动"}, [2]),
        ({"text": "E-BIKE"}, [2]),
        ({"text": "车棚"}, [0]),
        ({"text": "火情"}, [0]),
        ({"text": "FIRE"}, [0]),
        ({"text": "明火"}, [0]),
        ({"text": "flame"}, [0]),
        ({"text": "隐患"}, [2, 1]),
        ({"who": "li"}, [1]),
        ({"standing": "in_hand"}, [1]),
        ({"standing": "waiting"}, [2, 0]),
        ({"place": "nowhere"}, []),
        ({"place": "site"}, [2, 1, 0]),
        ({"until": "2020-01-01T00:00:00Z"}, []),
    ],
)
async def test_what_ever_was(
    parts: Parts, clock: SimulatedClock, operator: httpx.AsyncClient, query: dict[str, str], found: list[int]
) -> None:
    made = []
    for camera, hazard in ((0, "flame"), (1, "clutter"), (1, "ebike")):
        made.append(parts.raise_alert(camera, hazard).id)
        clock.step(0.1)
    parts.desk.acknowledge(made[1], by="Li")
    answer = await operator.get("/api/history", params=query)
    assert answer.status_code == 200, answer.text
    assert [made.index(one["id"]) for one in answer.json()["alerts"]] == found
    assert answer.json()["next"] is None


@pytest.mark.parametrize(
    "query", ["limit=0", "standing=x", "since=yesterday", "before=../x", "text=" + "a" * 81, "x=1"]
)
async def test_questions_that_are_none(operator: httpx.AsyncClient, query: str) -> None:
    assert (await operator.get(f"/api/history?{query}")).status_code == 422


async def test_a_thumbnail_shows_what_it_is_about(parts: Parts, operator: httpx.AsyncClient) -> None:
    raised = parts.raise_alert()
    answer = await operator.get(f"/api/alerts/{raised.id}/thumbnail")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    again = await operator.get(f"/api/alerts/{raised.id}/thumbnail")
    assert again.content == answer.content
    assert not [one for one in parts.recorder._waiting if one.subject == raised.id], "it was shown unasked"


async def test_without_hidden_heads_there_is_no_thumbnail(parts: Parts, operator: httpx.AsyncClient) -> None:
    bare = parts.desk.receive(parts.look(0, parts.finding()))[-1].alert
    assert (await operator.get(f"/api/alerts/{bare.id}/thumbnail")).status_code == 404
    gone = parts.raise_alert(1, "ebike")
    parts.snapshots.path(gone.snapshot, "blurred").unlink()
    assert (await operator.get(f"/api/alerts/{gone.id}/thumbnail")).status_code == 404


@pytest.mark.parametrize(
    "box",
    [(0.4, 0.4, 0.6, 0.6), (0.0, 0.0, 0.02, 0.02), (0.98, 0.98, 1.0, 1.0), (0.0, 0.0, 1.0, 1.0), (0.5, 0.0, 0.5, 1.0)],
)
def test_a_thumbnail_has_its_shape(box: tuple[float, float, float, float]) -> None:
    made = thumbnail(jpeg(paint(0)), box)
    assert made is not None
    height, width = np.asarray(cv2.imdecode(np.frombuffer(made, np.uint8), cv2.IMREAD_COLOR)).shape[:2]
    assert width <= WIDTH and abs(height / width - HEIGHT / WIDTH) < 0.05


def test_of_no_picture_there_is_no_thumbnail() -> None:
    assert thumbnail(b"no picture", (0, 0, 1, 1)) is None


async def test_one_hazard_of_one_camera_is_shelved(parts: Parts, operator: httpx.AsyncClient) -> None:
    order = {"scope_kind": "camera_hazard", "scope": "ebike@stairs-2", "reason": "moving house", "minutes": 30}
    assert (await operator.post("/api/silences", json=order)).status_code == 200
    [silence] = parts.desk.muting.silences.active(parts.clock.now() + timedelta(minutes=1))
    assert (silence.kind, silence.scope) == (SilenceKind.SHELF, Scope(ScopeKind.CAMERA_HAZARD, "ebike@stairs-2"))
    assert parts.raise_alert(1, "ebike").held and not parts.raise_alert(1, "clutter").held
