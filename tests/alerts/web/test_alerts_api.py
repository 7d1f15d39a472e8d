"""Alerts over HTTP."""

import httpx
import pytest

from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts
from vision.hazards import RULES


async def test_list_and_one(parts: Parts, operator: httpx.AsyncClient) -> None:
    raised = parts.raise_alert()
    answer = (await operator.get("/api/alerts")).json()
    assert [alert["id"] for alert in answer["alerts"]] == [raised.id]
    assert answer["next"] is None
    alert = (await operator.get(f"/api/alerts/{raised.id}")).json()
    assert (alert["hazard"], alert["severity"], alert["state"], alert["open"]) == ("flame", "fire", "firing", True)
    assert alert["place"] == "3 号车棚"
    assert alert["evidence"]["hits"] == 17


async def test_store_keys_stay_inside(parts: Parts, operator: httpx.AsyncClient) -> None:
    raised = parts.raise_alert()
    assert raised.snapshot
    text = (await operator.get(f"/api/alerts/{raised.id}")).text
    assert raised.snapshot not in text and str(parts.settings.store.path) not in text
    alert = (await operator.get(f"/api/alerts/{raised.id}")).json()
    assert len(alert["snapshot"]) == 12 and "snapshot" not in alert["evidence"]


async def test_the_page_learns_of_the_hazards_from_the_rules(operator: httpx.AsyncClient) -> None:
    answer = (await operator.get("/api/hazards")).json()
    assert set(answer["hazards"]) == set(RULES) | {"camera"}
    flame = answer["hazards"]["flame"]
    assert flame["words"] == {"zh": "明火", "en": "Flame"}
    assert "verify_s" in flame["limits"] and "enabled" not in flame["limits"]


async def test_cursor_walks_through_all(parts: Parts, clock: SimulatedClock, operator: httpx.AsyncClient) -> None:
    ids = []
    for number in range(7):
        ids.append(parts.raise_alert(hazard="ebike", key=str(number)).id)
        clock.step(0.1)
    first = (await operator.get("/api/alerts", params={"limit": 3})).json()
    assert set(ids) == {alert["id"] for alert in first["alerts"]}, "open alerts come with the first page"
    seen, cursor = set(sorted(ids)[-3:]), first["next"]
    while cursor:
        page = (await operator.get("/api/alerts", params={"limit": 3, "before": cursor})).json()
        seen |= {alert["id"] for alert in page["alerts"]}
        cursor = page["next"]
    assert seen == set(ids)


async def test_some_by_their_ids_and_which_are_gone(parts: Parts, operator: httpx.AsyncClient) -> None:
    one, two, _ = (parts.raise_alert(hazard="ebike", key=key) for key in "abc")
    parts.desk.mark_false_alarm(one.id, by="李", reason="bicycle")
    said = (await operator.get("/api/alerts/some", params={"ids": [one.id, "01NOTHERE", two.id]})).json()
    assert [(alert["id"], alert["ended"]) for alert in said["alerts"]] == [(one.id, True), (two.id, False)]
    assert said["gone"] == ["01NOTHERE"]
    for ids in ([], ["../x"], ["01NOTHERE"] * 101):
        assert (await operator.get("/api/alerts/some", params={"ids": ids})).status_code == 422


@pytest.mark.parametrize("path", ["/api/alerts", "/api/history"])
async def test_a_long_list_is_packed_where_it_is_unpacked(parts: Parts, operator: httpx.AsyncClient, path: str) -> None:
    for number in range(20):
        parts.raise_alert(hazard="ebike", key=str(number))
    plain = await operator.get(path, headers={"accept-encoding": "identity"})
    small = await operator.get(path, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers and small.headers["content-encoding"] == "gzip"
    assert small.json() == plain.json() and plain.headers["vary"] == small.headers["vary"] == "accept-encoding"
    assert int(small.headers["content-length"]) * 4 < int(plain.headers["content-length"])


@pytest.mark.parametrize("query", ["limit=0", "limit=100000", "limit=x", "before=../x", "before=" + "a" * 65])
async def test_bad_queries(operator: httpx.AsyncClient, query: str) -> None:
    answer = await operator.get(f"/api/alerts?{query}")
    assert answer.status_code == 422 and set(answer.json()) == {"error", "detail"}


async def test_acknowledge_says_who(parts: Parts, operator: httpx.AsyncClient) -> None:
    raised = parts.raise_alert()
    url = f"/api/alerts/{raised.id}/acknowledge"
    answer = await operator.post(url, json={"version": raised.version})
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["acknowledged_by"]) == ("acknowledged", "Wang")
    assert answer.json()["version"] > raised.version
    again = await operator.post(url, json={})
    assert again.status_code == 200 and again.json()["version"] == answer.json()["version"]


async def test_false_alarm_keeps_the_reason(parts: Parts, operator: httpx.AsyncClient) -> None:
    raised = parts.raise_alert()
    reason = "  sun on\nthe wall\x00 "
    answer = await operator.post(f"/api/alerts/{raised.id}/false-alarm", json={"reason": reason})
    assert answer.status_code == 200
    assert answer.json()["state"] == "false_alarm"
    assert answer.json()["false_alarm_reason"] == "sun on the wall"
    assert answer.json()["false_alarm_by"] == "Wang"


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": " \n "}, {"reason": "x" * 201}, {"reason": 5}, []])
async def test_false_alarm_needs_a_reason(parts: Parts, operator: httpx.AsyncClient, body: object) -> None:
    raised = parts.raise_alert()
    answer = await operator.post(f"/api/alerts/{raised.id}/false-alarm", json=body)
    assert answer.status_code == 422
    assert parts.desk.alert(raised.id).false_alarm_at is None


async def test_the_slower_of_two_is_told(parts: Parts, operator: httpx.AsyncClient) -> None:
    raised = parts.raise_alert()
    parts.desk.mark_false_alarm(raised.id, by="Li", reason="steam")
    answer = await operator.post(f"/api/alerts/{raised.id}/acknowledge", json={"version": raised.version})
    assert answer.status_code == 409
    assert answer.json()["current"]["state"] == "false_alarm"
    assert answer.json()["current"]["false_alarm_by"] == "Li"
    assert parts.desk.alert(raised.id).acknowledged_at is None


async def test_a_suspicion_cannot_be_acknowledged(parts: Parts, operator: httpx.AsyncClient) -> None:
    raised = parts.raise_alert(hazard="ebike", confirmed=False)
    answer = await operator.post(f"/api/alerts/{raised.id}/acknowledge", json={})
    assert answer.status_code == 409 and answer.json()["current"]["state"] == "pending"


@pytest.mark.parametrize("version", [0, -1, "x", 1.5])
async def test_bad_versions(parts: Parts, operator: httpx.AsyncClient, version: object) -> None:
    raised = parts.raise_alert()
    answer = await operator.post(f"/api/alerts/{raised.id}/acknowledge", json={"version": version})
    assert answer.status_code == 422


async def test_an_alert_as_cap(parts: Parts, operator: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    raised = parts.raise_alert()
    answer = await operator.get(f"/api/alerts/{raised.id}.cap")
    assert answer.headers["content-type"] == "application/cap+xml"
    assert f"<identifier>{raised.id}-fired</identifier>" in answer.text
    assert (await stranger.get(f"/api/alerts/{raised.id}.cap")).status_code == 401
    assert (await operator.get("/api/alerts/01NOBODY.cap")).status_code == 404


async def say_why(client: httpx.AsyncClient, alert_id: str) -> None:
    answer = await client.post(f"/api/alerts/{alert_id}/clear", json={"reason": "verify"})
    assert answer.status_code == 200 and answer.json() == {"seconds": 900.0}


@pytest.mark.parametrize("variant", ["blurred", "clean"])
async def test_snapshot(parts: Parts, operator: httpx.AsyncClient, variant: str) -> None:
    raised = parts.raise_alert()
    await say_why(operator, raised.id)
    answer = await operator.get(f"/api/alerts/{raised.id}/snapshot", params={"variant": variant})
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/jpeg"
    assert answer.content == parts.snapshots.path(raised.snapshot, variant).read_bytes()  # type: ignore[arg-type]
    assert answer.headers["cache-control"] == "no-store"


async def test_no_picture_of_the_clear_place_before_it_is_clear(parts: Parts, operator: httpx.AsyncClient) -> None:
    raised = parts.raise_alert()
    assert (await operator.get(f"/api/alerts/{raised.id}")).json()["snapshot_after"] == ""
    assert (await operator.get(f"/api/alerts/{raised.id}/snapshot?variant=after_blurred")).status_code == 404


async def test_without_a_word_heads_are_hidden(parts: Parts, operator: httpx.AsyncClient) -> None:
    raised = parts.raise_alert()
    url = f"/api/alerts/{raised.id}/snapshot"
    assert (await operator.get(url)).content == parts.snapshots.path(raised.snapshot, "blurred").read_bytes()
    assert (await operator.get(f"/api/alerts/{raised.id}")).json()["blurred"] is True
    assert (await operator.get(url, params={"variant": "../clean"})).status_code == 422


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "..",
        "....//....//x",
        "%2fetc%2fpasswd",
        "x%00.jpg",
        "2026%2f01%2f01%2fx",
        "0" * 26,
        "a" * 500,
        "明",
        "'%20OR%201=1--",
    ],
)
@pytest.mark.parametrize("rest", ["", "/snapshot", "/snapshot?variant=clean"])
async def test_path_tricks(parts: Parts, operator: httpx.AsyncClient, name: str, rest: str) -> None:
    parts.raise_alert()
    answer = await operator.get(f"/api/alerts/{name}{rest}")
    assert answer.status_code in (404, 422), answer.text
    assert b"root:" not in answer.content and answer.headers["content-type"] == "application/json"


async def test_snapshot_that_is_gone(parts: Parts, operator: httpx.AsyncClient) -> None:
    raised = parts.raise_alert()
    parts.snapshots.path(raised.snapshot, "blurred").unlink()
    answer = await operator.get(f"/api/alerts/{raised.id}/snapshot")
    assert answer.status_code == 404 and "no longer" in answer.json()["detail"]


async def test_alert_without_snapshot(parts: Parts, operator: httpx.AsyncClient) -> None:
    alert = parts.desk.receive(parts.look(0, parts.finding(0)))[-1].alert
    assert not alert.snapshot
    assert (await operator.get(f"/api/alerts/{alert.id}/snapshot")).status_code == 404


async def test_what_goes_wrong_inside_stays_inside(
    parts: Parts, operator: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("password is hunter2")

    monkeypatch.setattr(parts.desk, "alerts", fail)
    transport = httpx.ASGITransport(parts.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=operator.base_url, cookies=operator.cookies) as client:
        answer = await client.get("/api/alerts")
    assert answer.status_code == 500 and set(answer.json()) == {"error", "detail"}
    assert "hunter2" not in answer.text and "Traceback" not in answer.text
    assert "content-security-policy" in answer.headers


async def test_a_store_that_fails(parts: Parts, operator: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from alerts.errors import StoreError

    def fail(*_: object, **__: object) -> None:
        raise StoreError("/secret/path/xinan.db: disk I/O error")

    monkeypatch.setattr(parts.desk, "alerts", fail)
    answer = await operator.get("/api/alerts")
    assert answer.status_code == 503 and "/secret" not in answer.text


async def test_a_clip_comes_whole_and_in_ranges(parts: Parts, operator: httpx.AsyncClient) -> None:
    raised = parts.raise_alert()
    key = parts.clips.new_key(raised.id, raised.started_at)
    file = parts.clips.path(key)
    file.parent.mkdir(parents=True)
    file.write_bytes(bytes(range(200)))
    await say_why(operator, raised.id)
    assert (await operator.get(f"/api/alerts/{raised.id}/clip")).status_code == 404
    parts.desk.attach_clip(
        raised.id, {"key": key, "sha256": "ab" * 32, "duration_s": 25.0, "trouble": "", "begun_at": None}
    )
    told = (await operator.get(f"/api/alerts/{raised.id}")).json()
    assert told["clip"] == {"mark": "ab" * 6, "duration_s": 25.0, "trouble": "", "begun_at": None}
    assert key not in str(told)
    whole = await operator.get(f"/api/alerts/{raised.id}/clip")
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    assert whole.content == bytes(range(200))
    part = await operator.get(f"/api/alerts/{raised.id}/clip", headers={"Range": "bytes=100-109"})
    assert (part.status_code, part.headers["content-range"]) == (206, "bytes 100-109/200")
    assert part.content == bytes(range(100, 110))
    file.unlink()
    gone = await operator.get(f"/api/alerts/{raised.id}/clip")
    assert (gone.status_code, gone.json()["detail"]) == (410, "the clip was deleted")


async def test_an_alert_says_why_it_has_no_clip(parts: Parts, operator: httpx.AsyncClient) -> None:
    raised = parts.raise_alert()
    assert (await operator.get(f"/api/alerts/{raised.id}")).json()["clip"] is None
    parts.desk.attach_clip(raised.id, {"trouble": "the disk is full"})
    told = (await operator.get(f"/api/alerts/{raised.id}")).json()["clip"]
    assert told == {"mark": "", "duration_s": 0.0, "trouble": "the disk is full", "begun_at": None}
    await say_why(operator, raised.id)
    assert (await operator.get(f"/api/alerts/{raised.id}/clip")).status_code == 404


async def test_a_clip_needs_a_session(parts: Parts, stranger: httpx.AsyncClient) -> None:
    raised = parts.raise_alert()
    assert (await stranger.get(f"/api/alerts/{raised.id}/clip")).status_code == 401
