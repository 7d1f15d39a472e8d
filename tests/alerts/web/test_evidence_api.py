"""Clear pictures and clips are for whoever says why; who saw and did what is on record."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.access.principal import Principal
from alerts.access.roles import Role
from alerts.db.rows import OperatorSession
from alerts.errors import StoreError
from alerts.record import holds
from alerts.web.clear import LIFE_S
from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts, some_settings

CLEAR = ("snapshot?variant=clean", "snapshot?variant=annotated", "snapshot?variant=after", "clip")


async def records_of(parts: Parts, client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    parts.recorder.tick()
    answer = await client.get("/api/records", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["records"]
    return found


@pytest.mark.parametrize("path", CLEAR)
async def test_nobody_is_shown_clearly_without_a_reason(parts: Parts, operator: httpx.AsyncClient, path: str) -> None:
    raised, other = parts.raise_alert(), parts.raise_alert(1)
    await operator.post(f"/api/alerts/{other.id}/clear", json={"reason": "verify"})
    answer = await operator.get(f"/api/alerts/{raised.id}/{path}")
    assert answer.status_code == 403 and "say why" in answer.json()["detail"]


async def test_a_reason_goes_on_record_and_holds_for_a_while(
    parts: Parts, clock: SimulatedClock, operator: httpx.AsyncClient
) -> None:
    raised = parts.raise_alert()
    url = f"/api/alerts/{raised.id}"
    assert (await operator.post(f"{url}/clear", json={"reason": " fire\nresponse "})).status_code == 200
    assert (await operator.get(f"{url}/snapshot?variant=clean")).status_code == 200
    *_, said, fired = await records_of(parts, operator, subject=raised.id)
    assert (fired["kind"], said["kind"], said["by"], said["via"]) == ("fired", "saw_clear_picture", "Wang", "console")
    assert said["detail"] == {"reason": "fire response"}
    async with parts.client() as colleague:
        await parts.enter(colleague, "Li")
        assert (await colleague.get(f"{url}/snapshot?variant=clean")).status_code == 403
    clock.step(LIFE_S)
    assert (await operator.get(f"{url}/snapshot?variant=clean")).status_code == 403


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": " \n "}, {"reason": "x" * 201}, {"why": "x"}, []])
@pytest.mark.parametrize("verb", ["clear", "hold"])
async def test_no_reason_is_no_reason(parts: Parts, operator: httpx.AsyncClient, body: object, verb: str) -> None:
    raised = parts.raise_alert()
    assert (await operator.post(f"/api/alerts/{raised.id}/{verb}", json=body)).status_code == 422
    assert (await operator.get(f"/api/alerts/{raised.id}/snapshot?variant=clean")).status_code == 403
    assert holds.held(parts.store) == {}


async def test_looking_is_on_record_once(parts: Parts, operator: httpx.AsyncClient) -> None:
    raised = parts.raise_alert()
    parts.online()
    for step in range(3):
        parts.preview(step=step)
        assert (await operator.get(f"/api/alerts/{raised.id}/snapshot")).status_code == 200
        assert (await operator.get(f"/api/cameras/{raised.camera}/picture.jpg")).status_code == 200
    found = [(one["kind"], one["subject"], one["by"]) for one in await records_of(parts, operator)]
    assert found.count(("saw_picture", raised.id, "Wang")) == found.count(("saw_live", raised.camera, "Wang")) == 1


async def test_coming_and_going_is_on_record(parts: Parts, operator: httpx.AsyncClient) -> None:
    await operator.post("/api/link", json={})
    await operator.post("/api/leave", json={})
    async with parts.client() as auditor:
        await parts.enter(auditor, "Li")
        found = [(one["kind"], one["by"]) for one in await records_of(parts, auditor)]
    assert found[:4] == [("signed_in", "Li"), ("signed_out", "Wang"), ("made_link", "Wang"), ("signed_in", "Wang")]


async def test_an_order_is_on_record(parts: Parts, operator: httpx.AsyncClient) -> None:
    raised = parts.raise_alert()
    await operator.post(f"/api/alerts/{raised.id}/false-alarm", json={"reason": "steam"})
    newest = (await records_of(parts, operator, subject=raised.id))[0]
    assert (newest["kind"], newest["by"], newest["via"]) == ("false_alarm", "Wang", "console")
    fired = (await records_of(parts, operator, subject=raised.id))[-1]
    assert fired["detail"]["files"] == 3 and raised.snapshot not in str(fired), "where files lie stays inside"


async def test_the_record_is_read_page_by_page(parts: Parts, operator: httpx.AsyncClient) -> None:
    for number in range(5):
        parts.raise_alert(hazard="ebike", key=str(number))
    everything = [one["seq"] for one in await records_of(parts, operator, limit=200)]
    found: list[int] = []
    before: int | None = None
    while True:
        query = {"limit": 2} | ({} if before is None else {"before": before})
        page = (await operator.get("/api/records", params=query)).json()
        found += [one["seq"] for one in page["records"]]
        before = page["next"]
        if before is None:
            break
    assert found == everything == sorted(everything, reverse=True)


BAD_QUERIES = ["limit=0", "limit=201", "before=0", "before=x", "before=99999999999", "subject=" + "x" * 121]


@pytest.mark.parametrize("query", BAD_QUERIES)
async def test_bad_questions(operator: httpx.AsyncClient, query: str) -> None:
    assert (await operator.get(f"/api/records?{query}")).status_code == 422


async def test_the_record_needs_a_session(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/api/records")).status_code == 401


async def test_a_hold_and_its_end(parts: Parts, operator: httpx.AsyncClient) -> None:
    raised = parts.raise_alert()
    url = f"/api/alerts/{raised.id}"
    assert (await operator.post(f"{url}/hold", json={"reason": "police"})).json() == {"held": "police"}
    assert (await operator.post(f"{url}/hold", json={"reason": "court"})).json() == {"held": "court"}
    assert holds.held(parts.store) == {raised.id: "court"}
    assert (await operator.get(f"{url}/hold")).json() == {"held": "court"}
    for _ in range(2):
        assert (await operator.post(f"{url}/release")).json() == {"held": ""}
    assert holds.held(parts.store) == {}
    kinds = [one["kind"] for one in await records_of(parts, operator, subject=raised.id)]
    assert kinds[:3] == ["released", "held", "held"]
    assert (await operator.post("/api/alerts/01NONE/hold", json={"reason": "x"})).status_code == 404


async def test_a_fire_is_shown_though_the_database_refuses(
    parts: Parts, operator: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised = parts.raise_alert()

    def full() -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(parts.store, "writing", full)
        url = f"/api/alerts/{raised.id}"
        assert (await operator.post(f"{url}/clear", json={"reason": "fire_response"})).status_code == 200
        assert (await operator.get(f"{url}/snapshot?variant=clean")).status_code == 200
    [first, *_] = await records_of(parts, operator, subject=raised.id)
    assert {"saw_clear_picture", "saw_picture"} >= {first["kind"]}


async def test_the_state_of_disk_and_store_is_told(tmp_path: Path, clock: SimulatedClock) -> None:
    parts = Parts.build(some_settings(tmp_path), clock, status=lambda: {"disk": "full", "store": ""})
    async with parts.client() as client:
        assert (await client.get("/api/status")).status_code == 401
        await parts.enter(client)
        assert (await client.get("/api/status")).json() == {"disk": "full", "store": ""}
    session = OperatorSession("", "Wang", clock.now(), clock.now())
    stream = parts.app.state.streams.stream(Principal("", "Wang", Role.ADMIN), session, None)
    told = [await anext(stream) for _ in range(2)]
    await stream.aclose()
    assert b'event: status\ndata: {"disk": "full", "store": ""}' in told[1]
    parts.close()
