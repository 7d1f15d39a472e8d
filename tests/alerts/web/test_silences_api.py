"""Silences over HTTP."""

from typing import Any

import httpx
import pytest

from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts, some_settings

SHELF = {"scope_kind": "camera", "scope": "shed-1", "reason": "moving house", "minutes": 60}


async def test_a_silence_begins_mutes_and_is_ended(
    parts: Parts, clock: SimulatedClock, operator: httpx.AsyncClient
) -> None:
    made = (await operator.post("/api/silences", json=SHELF)).json()
    assert (made["kind"], made["by"], made["reason"], made["fire"]) == ("shelf", "Wang", "moving house", False)
    raised = parts.raise_alert(hazard="clutter")
    now = (await operator.get("/api/muting")).json()
    assert [one["id"] for one in now["silences"]] == [made["id"]]
    assert now["muted"][raised.id] == {
        "by": "shelved",
        "reason": "moving house",
        "source": made["id"],
        "who": "Wang",
        "until": made["ends_at"],
    }
    shown = (await operator.get(f"/api/alerts/{raised.id}")).json()
    assert shown["muted"]["reason"] == "moving house" and shown["muted"]["told_at"] is None
    clock.step(5)
    ended = (await operator.post(f"/api/silences/{made['id']}/end", json={})).json()
    assert ended["ended_by"] == "Wang" and ended["ended_at"]
    assert (await operator.get("/api/muting")).json()["muted"] == {}
    assert [one["id"] for one in (await operator.get("/api/silences")).json()["silences"]] == [made["id"]]


async def test_an_order_without_an_answer_is_taken_once(
    parts: Parts, clock: SimulatedClock, operator: httpx.AsyncClient
) -> None:
    async def silence(**other: Any) -> str:
        return str((await operator.post("/api/silences", json={**SHELF, **other})).json()["id"])

    first = await silence()
    clock.step(30)
    assert await silence(again=True) == first
    assert await silence() != first, "who does not say so means a second one"
    others = ({"minutes": 30}, {"reason": "a new lift"}, {"scope": "stairs-2"}, {"fire": True}, {"kind": "drill"})
    made = [await silence(again=True, **other) for other in others]
    assert len({first, *made}) == 6
    clock.step(11 * 60)
    late = await silence(again=True)
    assert late not in (first, *made), "so long after it is another wish"
    await operator.post(f"/api/silences/{late}/end", json={})
    assert await silence(again=True) != late
    assert len(parts.desk.muting.silences.active(clock.now())) == 8


async def test_what_is_muted_by_a_flame(parts: Parts, operator: httpx.AsyncClient) -> None:
    flame, clutter = parts.raise_alert(), parts.raise_alert(hazard="clutter")
    now = (await operator.get("/api/muting")).json()
    assert now["muted"] == {
        clutter.id: {"by": "inhibited", "reason": "flame", "source": flame.id, "who": "", "until": None}
    }
    assert now["limits"] == {"shelf_h": 168, "fire_h": 4, "drill_h": 4}


async def test_history_by_pages(parts: Parts, clock: SimulatedClock, operator: httpx.AsyncClient) -> None:
    made = []
    for number in range(5):
        made.append((await operator.post("/api/silences", json={**SHELF, "reason": str(number)})).json()["id"])
        clock.step(1)
    first = (await operator.get("/api/silences", params={"limit": 3})).json()
    rest = (await operator.get("/api/silences", params={"limit": 3, "before": first["next"]})).json()
    assert [one["id"] for one in first["silences"] + rest["silences"]] == list(reversed(made))
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "\u0000 \n"}, "say why"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": "NaN"}, "minutes"),
        ({"minutes": 60 * 24 * 30}, "168 h at most"),
        ({"fire": True, "minutes": 600}, "4 h at most"),
        ({"scope": "nowhere"}, "there is no camera nowhere"),
        ({"scope_kind": "place", "scope": "b3"}, "there is no place b3"),
        ({"scope_kind": "hazard", "scope": "flame"}, "flames are named"),
        ({"scope_kind": "alert", "scope": "../x"}, "there is no alert"),
        ({"scope_kind": "street"}, "scope_kind"),
        ({"kind": "war"}, "kind"),
        ({"colour": 1}, "colour"),
    ],
)
async def test_what_cannot_be_silenced(operator: httpx.AsyncClient, change: dict[str, Any], said: str) -> None:
    answer = await operator.post("/api/silences", json={**SHELF, **change})
    assert answer.status_code == 422 and said in answer.json()["detail"]
    assert (await operator.get("/api/silences")).json()["silences"] == []


@pytest.mark.parametrize("silence", ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "nonsense", "..%2Fx"])
async def test_no_such_silence(operator: httpx.AsyncClient, silence: str) -> None:
    assert (await operator.post(f"/api/silences/{silence}/end", json={})).status_code in (404, 422)


@pytest.mark.parametrize("query", ["limit=0", "before=x", "limit=9999"])
async def test_bad_queries(operator: httpx.AsyncClient, query: str) -> None:
    assert (await operator.get(f"/api/silences?{query}")).status_code == 422


async def test_strangers_silence_nothing(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/api/muting")).status_code == 401
    assert (await stranger.post("/api/silences", json=SHELF)).status_code == 401


async def test_without_a_log_in_a_person_still_says_who_it_is(tmp_path: Any, clock: SimulatedClock) -> None:
    parts = Parts.build(some_settings(tmp_path / "store", login=False), clock)
    async with parts.client() as client:
        refused = await client.post("/api/silences", json=SHELF)
        assert refused.status_code == 422 and refused.json()["code"] == "name_needed"
        made = (await client.post("/api/silences", json={**SHELF, "by": "Li"})).json()
        assert made["by"] == "Li"
        assert (await client.post(f"/api/silences/{made['id']}/end", json={})).status_code == 422
        ended = await client.post(f"/api/silences/{made['id']}/end", json={"by": "Zhao"})
        assert ended.json()["ended_by"] == "Zhao"
    parts.close()
