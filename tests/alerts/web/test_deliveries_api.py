"""The outbox over HTTP, and in the terminal."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

import xinan
from alerts.db.store import Store
from alerts.lifecycle import Change, ChangeKind
from alerts.record.actor import Actor
from alerts.routing.ladder import RoutingConfig
from alerts.routing.plan import AtOnce
from tests.alerts.making import START, alert, at
from tests.alerts.routing.test_route import DUTY, TEAM, router
from tests.alerts.web.console import Parts


def fill(store: Store) -> str:
    """An alert with a ladder, of which one notice was given up; its id."""
    store.commit([Change(ChangeKind.FIRED, alert("01A"))], router(TEAM, **DUTY), START)
    [first] = store.due("machine", at(0), 1)
    store.mark_failed(first.id, "HTTP 400", None, at(1))
    return first.id


async def test_who_was_told_and_why(parts: Parts, operator: httpx.AsyncClient) -> None:
    dead = fill(parts.store)
    answer = await operator.get("/api/alerts/01A/deliveries")
    rows = answer.json()["deliveries"]
    assert [(row["person"], row["rung"], row["state"]) for row in rows] == [
        ("", 0, "dead"),
        ("li", 1, "waiting"),
        ("wang", 2, "waiting"),
        ("chen", 2, "waiting"),
        ("li", 3, "waiting"),
    ]
    assert rows[1]["reason"] == "rung 1, 15 s after: on_duty"
    assert "li@phone" not in answer.text and "payload" not in answer.text
    assert (await operator.get("/api/alerts/01Z/deliveries")).status_code == 404
    assert [row["id"] for row in (await operator.get("/api/deliveries/dead")).json()["deliveries"]] == [dead]


async def test_dead_letters_are_sent_again(parts: Parts, operator: httpx.AsyncClient) -> None:
    dead = fill(parts.store)
    answer = await operator.post("/api/deliveries/resend", json={"ids": [dead, "01Z"]})
    assert answer.json() == {"resent": 1}
    assert (await operator.get("/api/deliveries/dead")).json() == {"deliveries": [], "next": None}
    assert (await operator.post("/api/deliveries/resend", json={"ids": ["../x"]})).status_code == 422


async def test_dead_letters_come_page_by_page_also_if_some_are_sent_again_meanwhile(
    parts: Parts, operator: httpx.AsyncClient
) -> None:
    parts.store.commit([Change(ChangeKind.FIRED, alert("01A"))], AtOnce({f"hook{n}": 60.0 for n in range(7)}), START)
    waiting = parts.store.deliveries_of("01A")
    for number, one in enumerate(waiting):
        parts.store.mark_failed(one.id, "HTTP 400", None, at(number // 3))  # three at a time
    wanted = [one.id for one in sorted(waiting, key=lambda one: (waiting.index(one) // 3, one.id), reverse=True)]
    found: list[str] = []
    page: dict[str, Any] = {"next": None}
    for _ in range(4):
        asked = {"limit": 2, **({"before": page["next"]} if page["next"] else {})}
        page = (await operator.get("/api/deliveries/dead", params=asked)).json()
        found += [one["id"] for one in page["deliveries"]]
        parts.store.resend(found[-1:], at(60), Actor("li", "console"))  # the cursor points at what is gone
    assert found == wanted and page["next"] is None


@pytest.mark.parametrize("before", ["01A", "2026-02-31T08:00:00.000000Z_01A", "2026-03-01T08:00:00Z", "'; --"])
async def test_a_cursor_that_is_none_is_refused(operator: httpx.AsyncClient, before: str) -> None:
    assert (await operator.get("/api/deliveries/dead", params={"before": before})).status_code == 422


async def test_the_page_learns_when_to_call_119_by_the_settings_in_force(
    parts: Parts, operator: httpx.AsyncClient
) -> None:
    assert (await operator.get("/api/me")).json()["call_119_s"] == 180.0
    rung = {"after_s": 90.0, "call_119": True}
    routing = RoutingConfig.model_validate({"fire": {"ladder": [rung]}})
    parts.desk.follow(parts.settings.model_copy(update={"routing": routing}))
    assert (await operator.get("/api/me")).json()["call_119_s"] == 90.0


async def test_a_handler_of_changed_settings_is_shown_at_once(parts: Parts, operator: httpx.AsyncClient) -> None:
    raised = parts.raise_alert(hazard="clutter")
    path = f"/api/alerts/{raised.id}/steps"
    assert (await operator.get(path)).json()["handler"] == "property"
    routing = RoutingConfig.model_validate({"handlers": [{"name": "the cleaners"}]})
    parts.desk.follow(parts.settings.model_copy(update={"routing": routing}))
    assert (await operator.get(path)).json()["handler"] == "the cleaners"


def outbox(folder: Path, *options: str) -> tuple[int, str]:
    done = CliRunner().invoke(xinan.app, ["outbox", "--set", f"store.path={folder}", *options])
    return done.exit_code, done.output


def test_the_command(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    dead = fill(store)
    store.commit([Change(ChangeKind.FIRED, alert("01B"))], AtOnce({"hook": 60.0}), START)
    store.close()
    code, told = outbox(tmp_path)
    assert code == 0
    assert "hook: 1 waiting" in told and "HTTP 400" in told and dead in told
    assert "rung 1, 15 s after: on_duty" in " ".join(outbox(tmp_path, "--alert", "01A")[1].split())
    code, told = outbox(tmp_path, "--alert", "BOGUS")
    assert (code, told.strip()) == (1, "xinan: no alert BOGUS")
    assert outbox(tmp_path, "--resend", "all")[0] == 0
    assert "no dead letters" in outbox(tmp_path)[1]
    assert outbox(tmp_path, "--resend", dead)[0] == 1
