"""Sending somebody over HTTP: who can be sent, who is told of it, and what the phone of whoever is sent shows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.access.principal import Principal
from alerts.access.roles import Role
from alerts.config import Settings
from alerts.track.step import StepKind
from alerts.web.caller import caller_of
from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts, some_settings

K = StepKind


def settings(folder: Path) -> Settings:
    cameras = [{"name": "shed-1", "url": "rtsp://camera/1", "place": "shed"}]
    return Settings.model_validate(
        {
            **some_settings(folder, cameras).model_dump(),
            "places": [
                {"id": "shed", "kind": "shed", "name": "车棚"},
                {"id": "b9", "kind": "building", "name": "九号"},
            ],
            "webhooks": [
                {"name": "phone", "url": "http://127.0.0.1:9/"},
                {"name": "mail", "url": "http://127.0.0.1:9/"},
            ],
            "people": [
                {"id": "far", "name": "远", "channels": [{"channel": "phone", "address": "f"}], "places": ["b9"]},
                {"id": "li", "name": "李", "channels": [{"channel": "mail", "address": "l"}], "account": "li"},
                {"id": "wang", "name": "王", "channels": [{"channel": "phone", "address": "w"}]},
            ],
            "groups": [{"name": "team", "members": ["wang", "far"]}],
            "rota": {"shifts": [{"who": ["wang"]}]},
            "routing": {"handlers": [{"name": "property", "hazards": ["ebike"], "tell": ["li"]}]},
        }
    )


@pytest.fixture
def parts(tmp_path: Path, clock: SimulatedClock) -> Iterator[Parts]:
    built = Parts.build(settings(tmp_path / "store"), clock)
    yield built
    built.close()


def become(parts: Parts, role: Role, places: frozenset[str] | None = None) -> None:
    caller = Principal("li", "李", role, places, session="s")
    parts.app.dependency_overrides[caller_of] = lambda: caller


async def send(client: httpx.AsyncClient, alert_id: str, **detail: Any) -> httpx.Response:
    return await client.post(f"/api/alerts/{alert_id}/steps", json={"kind": "dispatched", "detail": detail})


def told(parts: Parts, alert_id: str) -> set[str]:
    return {one.person for one in parts.store.deliveries_of(alert_id) if one.kind == "dispatched"}


async def test_who_can_be_sent(parts: Parts, operator: httpx.AsyncClient) -> None:
    case = parts.raise_alert(0, "ebike")
    answer = (await operator.get(f"/api/alerts/{case.id}/dispatch")).json()
    assert answer["handler"] == {"name": "property", "tell": ["li"]}
    assert [(one["id"], one["on_duty"]) for one in answer["people"]] == [("wang", True), ("li", False), ("far", False)]
    assert answer["people"][0]["channels"] == ["phone"]
    assert answer["groups"] == [{"name": "team", "tell": ["wang", "far"]}]
    become(parts, Role.BUILDING_LEAD, frozenset({"shed"}))
    limited = (await operator.get(f"/api/alerts/{case.id}/dispatch")).json()
    assert [one["id"] for one in limited["people"]] == ["wang", "li"]
    assert limited["groups"] == [{"name": "team", "tell": ["wang"]}]


@pytest.mark.parametrize(
    ("detail", "who"),
    [
        ({"to": "王", "tell": ["wang"]}, {"wang"}),
        ({"to": "王、远", "tell": ["wang", "far"]}, {"wang", "far"}),
        ({"to": "the team", "tell": ["team"]}, {"wang", "far"}),
        ({"to": "王"}, {"wang"}),
        ({"to": "property"}, {"li"}),
        ({"to": "somebody"}, set()),
    ],
)
async def test_who_is_told(parts: Parts, operator: httpx.AsyncClient, detail: dict[str, Any], who: set[str]) -> None:
    case = parts.raise_alert(0, "ebike")
    parts.desk.acknowledge(case.id, by="x")
    answer = await send(operator, case.id, **detail)
    assert answer.status_code == 200
    assert told(parts, case.id) == who
    assert set(answer.json()["steps"][-1].get("tell", [])) == who


async def test_nobody_is_told_by_a_slip_or_beyond_ones_places(parts: Parts, operator: httpx.AsyncClient) -> None:
    fire = parts.raise_alert()
    assert (await send(operator, fire.id, to="x", tell=["nobody"])).status_code == 422
    become(parts, Role.BUILDING_LEAD, frozenset({"shed"}))
    assert (await send(operator, fire.id, to="x", tell=["far", "wang"])).status_code == 200
    assert told(parts, fire.id) == {"wang"}


async def test_the_phone_of_whoever_is_sent_says_so(parts: Parts, operator: httpx.AsyncClient) -> None:
    fire = parts.raise_alert()
    token = parts.answer_link(fire, "王").split("#")[1].split(".")[0]
    await send(operator, fire.id, to="李, 王", tell=["li", "wang"], note="带灭火毯")
    by_link = (await operator.post("/answer/show", json={"token": token})).json()
    assert (by_link["sent_you"]["by"], by_link["sent_you"]["note"], by_link["sent"]) == ("Wang", "带灭火毯", ["李"])
    become(parts, Role.VOLUNTEER)
    assert (await operator.get("/api/phone/now")).json()["alerts"][0]["sent"]
    path = f"/api/phone/alerts/{fire.id}"
    page = (await operator.get(path)).json()
    assert page["sent_you"] and page["sent"] == ["王"]
    page = (await operator.post(f"{path}/answer", json={"answer": "accepted", "round": 0})).json()
    assert page["sent_you"] and page["said"] == "accepted"
    waits = {
        (one.person, one.superseded_at is None)
        for one in parts.store.deliveries_of(fire.id)
        if one.kind == "dispatched"
    }
    assert waits == {("li", False), ("wang", True)}


async def test_a_dispatch_that_is_taken_back_is_no_more(parts: Parts, operator: httpx.AsyncClient) -> None:
    fire = parts.raise_alert()
    seen = (await send(operator, fire.id, to="王", tell=["wang"])).json()["alert"]
    order = {"action": "undo", "alerts": [{"id": fire.id, "version": seen["version"]}]}
    assert "alert" in (await operator.post("/api/bulk", json=order)).json()["results"][0]
    steps = (await operator.get(f"/api/alerts/{fire.id}/steps")).json()
    assert (steps["sent"], steps["steps"][-1]["what"], steps["steps"][-1]["tell"]) == ([], "dispatched", ["wang"])
    assert all(one.superseded_at for one in parts.store.deliveries_of(fire.id) if one.kind == "dispatched")


async def test_who_of_those_sent_is_told_by_nothing_is_said(parts: Parts, operator: httpx.AsyncClient) -> None:
    fire = parts.raise_alert()
    answer = (await send(operator, fire.id, to="王、保安小刘", tell=["wang"], untold=["保安小刘"])).json()
    assert (answer["sent"], answer["untold"]) == (["王", "保安小刘"], ["保安小刘"])
    assert (await operator.get("/api/queue")).json()["going"][fire.id]["untold"] == ["保安小刘"]
    token = parts.answer_link(fire, "李").split("#")[1].split(".")[0]
    page = (await operator.post("/answer/show", json={"token": token})).json()
    assert (page["sent"], page["untold"]) == (["王", "保安小刘"], ["保安小刘"]), "whoever looks sees all who were sent"


async def test_a_name_that_stands_in_no_settings_alone_is_told_by_nothing(
    parts: Parts, operator: httpx.AsyncClient
) -> None:
    fire = parts.raise_alert()
    answer = (await send(operator, fire.id, to="老赵")).json()
    assert (answer["sent"], answer["untold"]) == (["老赵"], ["老赵"])
