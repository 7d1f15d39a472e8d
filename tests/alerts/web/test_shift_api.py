"""The shift over HTTP: its sheet, signatures, figures, false alarms."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.access.principal import Area, Principal
from alerts.access.roles import Role
from alerts.camera_watch import CameraWatch
from alerts.config import Settings
from alerts.errors import HandOverRefused
from alerts.mute.rules import Scope, ScopeKind, SilenceKind
from alerts.mute.silences import Order
from alerts.record.records import newest
from alerts.shift.hand_overs import HandOvers, countersigned_hash, signed_hash
from alerts.shift.sheet import sheet_of
from alerts.shift.spans import Span
from alerts.track.step import StepKind
from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts, some_settings
from vision.look import CameraHealth

AT = "2026-01-01T00:00:00Z"  # the clock's first moment: 08:00 in Shanghai, where a shift begins


async def sheet(client: httpx.AsyncClient, at: str = AT) -> dict[str, Any]:
    answer = await client.get("/api/shifts/sheet", params={"at": at})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ids(part: dict[str, Any]) -> list[str]:
    return [one["id"] for one in part["alerts"]]


async def test_the_sheet_says_what_happened_and_what_is_open(
    parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock
) -> None:
    fire = parts.raise_alert(0)
    wrong = parts.raise_alert(1, "clutter")
    parts.desk.mark_false_alarm(wrong.id, by="Li", reason="shadow")
    parts.desk.acknowledge(fire.id, by="Wang")
    order = Order(SilenceKind.SHELF, Scope(ScopeKind.CAMERA, "stairs-2"), "move", "Wang", timedelta(hours=2))
    parts.desk.silence(order)
    clock.step(60)
    found = await sheet(operator)
    assert (found["begins_at"], found["ends_at"]) == ("2026-01-01T00:00:00.000000Z", "2026-01-01T12:00:00.000000Z")
    assert found["counts"] == {
        "fire": {"alarms": 1, "acknowledged": 1, "false": 0, "muted": 0},
        "violation": {"alarms": 1, "acknowledged": 0, "false": 1, "muted": 0},
        "fault": {"alarms": 0, "acknowledged": 0, "false": 0, "muted": 0},
        "drills": 0,
    }
    assert ids(found["happened"]) == [fire.id, wrong.id], "the worst first"
    assert ids(found["open"]) == [fire.id], "what is false is over"
    [silence] = found["silences"]
    assert (silence["reason"], silence["by"], silence["in_force"]) == ("move", "Wang", True)
    assert {one["name"]: one["steps"] for one in found["acted"]} == {"Li": 1, "Wang": 1}
    assert [one["name"] for one in found["signed_in"]] == ["Wang"]


def pass_time(parts: Parts, clock: SimulatedClock, watched: CameraWatch, seconds: int, *down: int) -> None:
    """Second by second. down: the cameras that are away."""
    for _ in range(seconds):
        clock.step(1)
        for number, camera in enumerate(parts.settings.cameras):
            state, why = ("offline", "no route to host") if number in down else ("online", "")
            watched.put(CameraHealth(camera.name, state, clock.now(), camera.sight, why))
            if not why:
                watched.put(parts.look(number))
        for look in watched.looks():
            parts.desk.receive_health(look)


async def test_the_sheet_says_which_cameras_failed_in_the_shift(
    parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock
) -> None:
    watched = CameraWatch(parts.settings.health, parts.settings.cameras, clock)
    pass_time(parts, clock, watched, 5)
    assert (await sheet(operator))["cameras"] == {"alerts": [], "left_out": 0}
    pass_time(parts, clock, watched, 20, 0)
    pass_time(parts, clock, watched, 60)
    pass_time(parts, clock, watched, 20, 1)
    found = await sheet(operator)
    lasts, mended = found["cameras"]["alerts"]
    assert [(one["camera"], one["cause"], one["severity"]) for one in (lasts, mended)] == [
        ("stairs-2", "offline", "fault"),
        ("shed-1", "offline", "fault"),
    ]
    assert lasts["resolved_at"] is None and mended["fired_at"] < mended["resolved_at"] < lasts["fired_at"]
    assert found["counts"]["fault"]["alarms"] == 2 and ids(found["open"]) == [lasts["id"]]
    clock.step(13 * 3_600)
    await parts.enter(operator)
    later = await sheet(operator, "2026-01-01T12:30:00Z")
    assert ids(later["cameras"]) == [lasts["id"]], "it lasted into the next shift; the other one was over"
    assert ids((await sheet(operator))["cameras"]) == [lasts["id"], mended["id"]]


@pytest.fixture
def with_rota(tmp_path: Path, clock: SimulatedClock) -> Iterator[Parts]:
    """Li until two in the afternoon, for Li's own shed alone; nobody for two hours; then Wang and Chen."""
    plain = some_settings(tmp_path / "store", [{"name": "shed-1", "url": "rtsp://camera/1", "place": "shed"}])
    way = [{"channel": "team"}]
    given = {
        **plain.model_dump(),
        "places": [{"id": "shed", "name": "3 号车棚"}, {"id": "b3", "name": "3 号楼"}],
        "webhooks": [{"name": "team", "url": "http://127.0.0.1:9/"}],
        "people": [
            {"id": "li", "name": "李阿姨", "channels": way, "places": ["shed"]},
            {"id": "wang", "name": "王师傅", "channels": way},
            {"id": "chen", "channels": way, "places": ["b3"]},
        ],
        "rota": {
            "shifts": [
                {"begins": "08:00", "ends": "14:00", "who": ["li"]},
                {"begins": "16:00", "ends": "20:00", "who": ["wang", "chen"]},
            ]
        },
    }
    built = Parts.build(Settings.model_validate(given), clock)
    yield built
    built.close()


async def test_the_sheet_says_who_was_on_duty(with_rota: Parts, clock: SimulatedClock) -> None:
    def turn(begins: str, ends: str, *people: str) -> dict[str, Any]:
        day = "2026-01-01T{}:00.000000Z"
        return {"begins_at": day.format(begins), "ends_at": day.format(ends), "people": list(people)}

    async with with_rota.client() as client:
        await with_rota.enter(client)
        clock.step(3_600)
        assert (await sheet(client))["duty"] == [turn("00:00", "01:00", "李阿姨")], "so far"
        clock.step(10 * 3_600)
        whole = [turn("00:00", "06:00", "李阿姨"), turn("08:00", "11:00", "王师傅", "chen")]
        assert (await sheet(client))["duty"] == whole, "of the hours without anybody nothing"
    span, now, registry = Span(clock.now() - timedelta(hours=11), clock.now()), clock.now(), with_rota.desk.registry
    with with_rota.store.reading() as connection:
        shed = Area(frozenset({"shed-1"}), frozenset({"shed"}))
        of_shed = sheet_of(connection, span, now, with_rota.settings, registry, shed)["duty"]
    assert [one["people"] for one in of_shed] == [["李阿姨"], ["王师傅"]], "who is told of something there"


async def test_a_past_shift_says_what_was_open_at_its_end(
    parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock
) -> None:
    fire, gone = parts.raise_alert(0), parts.raise_alert(1, "clutter")
    clock.step(3_600)
    parts.desk.receive(parts.look(1))
    clock.step(13 * 3_600)
    later = parts.raise_alert(1, "ebike")
    parts.desk.mark_false_alarm(fire.id, by="Li", reason="steam")
    await parts.enter(operator)
    before, now = await sheet(operator), await sheet(operator, "2026-01-01T12:30:00Z")
    assert set(ids(before["open"])) == {fire.id, gone.id}
    assert set(ids(before["happened"])) == {fire.id, gone.id}
    assert ids(now["happened"]) == [later.id]
    assert fire.id not in ids(now["open"])


@pytest.mark.parametrize("at", ["2025-06-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-01-01T00:00:00", "x"])
async def test_of_what_there_is_no_sheet(operator: httpx.AsyncClient, at: str) -> None:
    assert (await operator.get("/api/shifts/sheet", params={"at": at})).status_code == 422


async def test_one_signs_and_another_countersigns(
    parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock
) -> None:
    raised = parts.raise_alert(0)
    given = {"at": AT, "notes": "  key of shed 3\nis at the gate\u202e \n"}
    signed = (await operator.post("/api/hand-overs", json=given)).json()
    assert (signed["left_by"], signed["notes"], signed["came_at"]) == ("Wang", "key of shed 3\nis at the gate", None)
    parts.desk.acknowledge(raised.id, by="Li")
    path = f"/api/hand-overs/{signed['id']}"
    refused = await operator.post(f"{path}/countersign", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "same_person")
    async with parts.client() as other:
        await parts.enter(other, "Chen")
        done = (await other.post(f"{path}/countersign", json={"notes": "read"})).json()
        again = await other.post(f"{path}/countersign", json={})
    assert (done["came_by"], done["came_notes"]) == ("Chen", "read")
    assert (again.status_code, again.json()["code"]) == (409, "countersigned")
    kept = (await operator.get(path)).json()
    assert kept["sheet"]["counts"]["fire"]["acknowledged"] == 0, "as it was when it was signed"
    assert kept["came_at"] is not None
    [shift, *_] = (await operator.get("/api/shifts")).json()["shifts"]
    assert shift["hand_over"]["id"] == signed["id"]
    one = HandOvers(parts.store).find(signed["id"], None)
    on_record = {row.kind: row.detail["sha256"] for row in newest(parts.store, kinds=["signed_sheet", "countersigned"])}
    assert on_record == {"signed_sheet": signed_hash(one), "countersigned": countersigned_hash(one)}


async def test_what_is_open_asks_for_a_word_and_what_changed_is_read_again(
    parts: Parts, operator: httpx.AsyncClient
) -> None:
    fire = parts.raise_alert(0)
    parts.raise_alert(1, "clutter")
    owed = (await sheet(operator))["owed"]
    assert (owed["open"], owed["fires"], owed["unanswered"]) == (2, 1, 2)

    async def sign(**given: str) -> tuple[int, str]:
        answer = await operator.post("/api/hand-overs", json={"at": AT, **given})
        return answer.status_code, answer.json().get("code", "")

    assert await sign(seen=owed["mark"]) == (409, "remark")
    assert await sign(notes=" \n ") == (409, "remark")
    parts.desk.acknowledge(fire.id, by="Li")
    assert await sign(notes="look after shed 1", seen=owed["mark"]) == (409, "changed")
    owed = (await sheet(operator))["owed"]
    assert (owed["open"], owed["fires"], owed["unanswered"]) == (2, 1, 1)
    assert await sign(notes="look after shed 1", seen=owed["mark"]) == (200, "")


async def test_no_shift_from_before_the_installation_is_listed(
    parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock
) -> None:
    async def listed() -> list[str]:
        return [one["begins_at"] for one in (await operator.get("/api/shifts")).json()["shifts"]]

    first = await listed()
    assert len(first) == 1, "the one in which it was installed"
    for _ in range(6):
        clock.step(21_600)  # a session that is not used is over after twelve hours
        later = await listed()
    assert later[-1:] == first and len(later) == 4


async def test_where_nothing_is_open_no_word_is_asked_for(parts: Parts, operator: httpx.AsyncClient) -> None:
    wrong = parts.raise_alert(1, "clutter")
    parts.desk.mark_false_alarm(wrong.id, by="Li", reason="shadow")
    owed = (await sheet(operator))["owed"]
    assert (owed["open"], owed["fires"], owed["unanswered"]) == (0, 0, 0)
    assert (await operator.post("/api/hand-overs", json={"at": AT, "seen": owed["mark"]})).status_code == 200


async def test_a_muted_alarm_is_counted_and_said_to_be_muted(
    parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock
) -> None:
    order = Order(SilenceKind.SHELF, Scope(ScopeKind.CAMERA, "stairs-2"), "move", "Wang", timedelta(hours=2))
    parts.desk.silence(order)
    parts.raise_alert(1, "clutter")
    found = await sheet(operator)
    assert found["counts"]["violation"] == {"alarms": 1, "acknowledged": 0, "false": 0, "muted": 1}
    assert [one["muted"] for one in found["happened"]["alerts"]] == [True]


async def test_what_stands_back_behind_a_fire_is_not_said_to_be_muted(
    parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock
) -> None:
    parts.raise_alert(1)
    held = parts.raise_alert(1, "clutter")
    assert held.muted is not None and held.held
    found = await sheet(operator)
    assert found["counts"]["violation"] == {"alarms": 1, "acknowledged": 0, "false": 0, "muted": 0}
    assert [one["muted"] for one in found["happened"]["alerts"]] == [False, False]


async def test_the_time_to_answer_runs_from_the_last_call(
    parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock
) -> None:
    fire = parts.raise_alert(0)
    clock.step(20)
    parts.desk.acknowledge(fire.id, by="Wang")
    parts.desk.mark_false_alarm(fire.id, by="Wang", reason="steam")
    clock.step(3_600)
    parts.desk.step(fire.id, StepKind.REOPENED, by="Li", detail={"reason": "smoke"})
    clock.step(7)
    parts.desk.acknowledge(fire.id, by="Li")
    clock.step(30)
    parts.desk.step(fire.id, StepKind.THERE, by="Li")
    [one] = (await sheet(operator))["happened"]["alerts"]
    assert (one["answered_s"], one["acknowledged_by"]) == (7.0, "Li")
    found = (await operator.get("/api/figures", params={"first": "2026-01-01", "days": 1})).json()
    assert (found["answered"][0]["p50_s"], found["arrived"][0]["p50_s"]) == (7, 37)


async def test_figures_and_the_list_of_false_alarms(
    parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock
) -> None:
    fire, wrong = parts.raise_alert(0), parts.raise_alert(0, "ebike")
    clock.step(20)
    parts.desk.acknowledge(fire.id, by="Wang")
    parts.desk.mark_false_alarm(wrong.id, by="Li", reason="bicycle")
    found = (await operator.get("/api/figures", params={"first": "2026-01-01", "days": 1})).json()
    assert (found["zone"], found["unit"], len(found["bars"])) == ("Asia/Shanghai", "hour", 24)
    assert found["bars"][8]["fire"] == found["bars"][8]["violation"] == 1
    assert found["answered"][0] == {"severity": "fire", "alarms": 1, "done": 1, "p50_s": 20, "p90_s": 20}
    [camera] = found["cameras"]
    assert (camera["judged"], camera["false"]) == (2, 1)
    listed = (await operator.get("/api/false-alarms")).json()
    assert [(one["id"], one["why_not"]) for one in listed["alerts"]] == [(wrong.id, "")]
    assert listed["cameras"] == {"shed-1": 1}
    export = await operator.get("/api/false-alarms.jsonl")
    assert export.headers["content-type"].startswith("application/x-ndjson")
    [line] = [json.loads(line) for line in export.text.splitlines()]
    picture = parts.settings.store.path / line["picture"]
    assert picture.is_file() and line["teaches"] and line["reason"] == "bicycle"
    assert "Li" not in export.text and "3 号车棚" not in export.text


@pytest.mark.parametrize(
    "query", ["first=2026-01-01&days=0", "first=2026-01-01&days=93", "first=x", "first=0001-01-01", "days=1"]
)
async def test_figures_of_no_time(operator: httpx.AsyncClient, query: str) -> None:
    assert (await operator.get(f"/api/figures?{query}")).status_code == 422


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [("", "", False), ("li", "li", True), ("li", "wang", False)],
)
def test_who_has_an_account_is_known_by_it(parts: Parts, first: str, second: str, same: bool) -> None:
    """Two accounts may have one name; one account is one person."""
    book, now = HandOvers(parts.store), parts.clock.now()
    names = ("Li", "Li") if first else ("Li", "Wang")
    left, came = (Principal(account, name, Role.OPERATOR) for account, name in zip((first, second), names, strict=True))
    made = book.sign({}, Span(now, now), "", left, left.name, now)
    if same:
        with pytest.raises(HandOverRefused, match="somebody else"):
            book.countersign(made.id, "", came, came.name, None, now)
    else:
        assert book.countersign(made.id, "", came, came.name, None, now).came_by == came.name


@pytest.mark.parametrize("changes", [[], ["8"], ["08:00", "08:00"], ["08:00+08:00"]])
def test_wrong_times_of_change_are_refused(changes: list[str]) -> None:
    with pytest.raises(ValueError, match="changes"):
        Settings.model_validate({"shifts": {"changes": changes}})
