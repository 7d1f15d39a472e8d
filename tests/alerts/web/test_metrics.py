"""What Prometheus is told: every name that the guide documents, right values, few labels, and cheap to ask for."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from pydantic import HttpUrl
from sqlalchemy import event

from alerts.access.roles import Permission, Role
from alerts.access.tokens import TokenOrder
from alerts.config import WebhookConfig
from alerts.db.rows import Delivery
from alerts.db.store import Store
from alerts.delivery.fate import Fate
from alerts.errors import StoreError
from alerts.metrics.instruments import ANSWER_S, DELIVERY_S, PHONES
from alerts.record.actor import Actor
from streams.clock import SimulatedClock
from tests.alerts.making import at
from tests.alerts.web.console import Parts, some_settings
from vision.rule import Severity

GUIDE = (Path(__file__).parents[3] / "docs" / "guide" / "metrics.md").read_text("utf-8")
TABLE = {
    name: (kind, {label.strip() for label in labels.split(",")} - {"–"})
    for name, kind, labels in re.findall(r"^\| `(xinan_\w+)` \| (\w+) \| ([^|]+) \|", GUIDE, re.MULTILINE)
}


@pytest.fixture
def parts(tmp_path: Path, clock: SimulatedClock) -> Iterator[Parts]:
    hook = WebhookConfig(name="guards", url=HttpUrl("http://127.0.0.1:9/hook"))
    built = Parts.build(some_settings(tmp_path / "store").model_copy(update={"webhooks": (hook,)}), clock)
    yield built
    built.close()


async def asked(client: httpx.AsyncClient) -> dict[str, Metric]:
    answer = await client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def value(families: dict[str, Metric], name: str, **labels: str) -> float:
    found = [
        sample.value
        for family in families.values()
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    assert len(found) == 1, f"{name} {labels}: {found}"
    return found[0]


def delivery(channel: str = "guards", *, due: float = 0, number: int = 1) -> Delivery:
    name = f"{number:026d}"
    return Delivery(name, "01A", channel, "fired", Severity.FIRE, {}, at(0), at(0), at(999), not_before=at(due))


def happen(parts: Parts, clock: SimulatedClock) -> None:
    """One of everything."""
    parts.online()
    alert = parts.raise_alert()
    clock.step(20)
    parts.desk.acknowledge(alert.id, by="Li", version=None)
    false = parts.raise_alert(1, "clutter")
    parts.desk.mark_false_alarm(false.id, by="Li", reason="a pram", version=None)
    parts.metrics.tried(delivery(), Fate.DELIVERED)


async def test_the_guide_names_what_there_is(parts: Parts, clock: SimulatedClock, operator: httpx.AsyncClient) -> None:
    happen(parts, clock)
    found = {name: family for name, family in (await asked(operator)).items() if name.startswith("xinan_")}
    suffix = {"counter": "_total"}
    assert {name + suffix.get(family.type, ""): family.type for name, family in found.items()} == {
        name: kind for name, (kind, _) in TABLE.items()
    }
    for name, family in found.items():
        _, labels = TABLE[name + suffix.get(family.type, "")]
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == labels, name


def test_the_guide_s_rules_speak_of_what_there_is() -> None:
    rules = "".join(re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL))
    named = set(re.findall(r"\bxinan_\w+", rules))
    assert {"xinan_camera_blind_seconds", "xinan_outbox_oldest_seconds"} <= named <= TABLE.keys()


async def test_process_and_build(operator: httpx.AsyncClient) -> None:
    families = await asked(operator)
    assert value(families, "process_resident_memory_bytes") > 1e6
    assert value(families, "xinan_build_info") == 1
    assert value(families, "xinan_disk_free_bytes") > 0


async def test_values(parts: Parts, clock: SimulatedClock, operator: httpx.AsyncClient) -> None:
    happen(parts, clock)
    families = await asked(operator)
    for name, labels, wanted in (
        ("xinan_camera_up", {"camera": "shed-1"}, 1),
        ("xinan_camera_up", {"camera": "stairs-2"}, 0),
        ("xinan_camera_state", {"camera": "stairs-2", "state": "connecting"}, 1),
        ("xinan_camera_looks_total", {"camera": "shed-1"}, 1),
        ("xinan_camera_blind_seconds", {"camera": "shed-1"}, 20),
        ("xinan_alerts_total", {"hazard": "flame", "severity": "fire"}, 1),
        ("xinan_alerts_open", {"severity": "fire", "state": "acknowledged"}, 1),
        ("xinan_alert_raise_seconds_count", {"hazard": "flame"}, 1),
        ("xinan_alert_raise_seconds_sum", {"hazard": "flame"}, 4),  # it was first seen four seconds before
        ("xinan_alert_raise_seconds_count", {"hazard": "ebike"}, 0),
        ("xinan_alert_acknowledge_seconds_sum", {"severity": "fire"}, 20),
        ("xinan_alert_acknowledge_seconds_bucket", {"severity": "fire", "le": "15.0"}, 0),
        ("xinan_alert_acknowledge_seconds_bucket", {"severity": "fire", "le": "30.0"}, 1),
        ("xinan_false_alarms_total", {"hazard": "clutter"}, 1),
        ("xinan_false_alarms_total", {"hazard": "flame"}, 0),
        ("xinan_store_up", {}, 1),
        ("xinan_store_waiting", {}, 0),
        ("xinan_event_streams", {}, 0),
        ("xinan_phone_streams", {}, 0),
    ):
        assert value(families, name, **labels) == wanted, f"{name} {labels}"


async def test_the_queue_by_priority(parts: Parts, clock: SimulatedClock, operator: httpx.AsyncClient) -> None:
    fire, _ = parts.raise_alert(), parts.raise_alert(1, "clutter")
    clock.step(30)
    families = await asked(operator)
    for severity, age_s in (("fire", 30), ("violation", 30), ("fault", 0)):
        assert value(families, "xinan_outbox_waiting", priority=severity) == (1 if age_s else 0)
        assert value(families, "xinan_outbox_oldest_seconds", priority=severity) == age_s
    [notice] = parts.store.deliveries_of(fire.id)
    parts.store.mark_failed(notice.id, "gone", None, clock.now())
    families = await asked(operator)
    assert value(families, "xinan_outbox_waiting", priority="fire") == 0
    assert value(families, "xinan_dead_letters") == 1


def test_what_is_due_later_does_not_wait_yet(store: Store, parts: Parts, clock: SimulatedClock) -> None:
    assert store.queues(at(0)) == {} and store.dead_count() == 0
    alert = parts.raise_alert()
    [notice] = parts.store.deliveries_of(alert.id)
    since = notice.not_before or notice.created_at
    assert parts.store.queues(since - timedelta(seconds=1)) == {}
    assert parts.store.queues(since) == {Severity.FIRE: (1, since)}


async def test_attempts_by_channel_and_all_phones_as_one(parts: Parts, operator: httpx.AsyncClient) -> None:
    parts.metrics._clock = SimulatedClock(at(7))
    for number, fate in enumerate((Fate.FAILED, Fate.FAILED, Fate.DELIVERED)):
        parts.metrics.tried(delivery(due=5, number=number), fate)
    for phone in range(40):
        parts.metrics.tried(delivery(f"push:{phone:016x}"), Fate.GIVEN_UP)
    families = await asked(operator)
    assert value(families, "xinan_notices_total", channel="guards", priority="fire", outcome="failed") == 2
    assert value(families, "xinan_notices_total", channel=PHONES, outcome="given_up") == 40
    assert value(families, "xinan_notice_delivery_seconds_sum", channel="guards") == 2
    assert value(families, "xinan_notice_delivery_seconds_count", channel="guards") == 1


async def test_a_store_that_is_away_is_told(
    parts: Parts, operator: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("gone")

    monkeypatch.setattr(parts.store, "queues", refuse)
    families = await asked(operator)
    assert value(families, "xinan_store_up") == 0 and "xinan_outbox_waiting" not in families


@pytest.mark.parametrize(
    ("scopes", "places", "status"),
    [
        ({Permission.METRICS}, None, 200),
        ({Permission.METRICS}, {"site"}, 200),
        ({Permission.METRICS}, {"shed-1"}, 403),
        ({Permission.SEE, Permission.RECORDS}, None, 403),
    ],
)
async def test_by_token(
    parts: Parts, stranger: httpx.AsyncClient, scopes: set[Permission], places: set[str] | None, status: int
) -> None:
    order = TokenOrder("prometheus", Role.AUDITOR, frozenset(scopes), frozenset(places) if places else None)
    _, secret = parts.tokens.add(order, Actor("Wang", "console"))
    assert (await stranger.get("/metrics")).status_code == 401
    answer = await stranger.get("/metrics", headers={"authorization": f"Bearer {secret}"})
    assert answer.status_code == status, answer.text


async def test_asking_reads_no_table_from_end_to_end(parts: Parts, operator: httpx.AsyncClient) -> None:
    """Its statements, and how SQLite goes about each: by the indexes of what waits and what is dead."""
    parts.raise_alert()
    said: list[tuple[str, object]] = []

    def note(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
        said.append((statement, parameters))

    engine = parts.store._database.reading
    event.listen(engine, "before_cursor_execute", note)
    await asked(operator)
    event.remove(engine, "before_cursor_execute", note)
    plans = []
    with engine.connect() as connection:
        for statement, parameters in said:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
            plans.append([row[-1] for row in rows])
    assert not [step for plan in plans for step in plan if step.startswith("SCAN") and "INDEX" not in step]
    assert [plan for plan in plans if any("deliveries" in step for step in plan)] == [
        ["SCAN deliveries USING INDEX ix_deliveries_waiting"],
        ["SEARCH deliveries USING COVERING INDEX ix_deliveries_dead (dead_at>?)"],
    ]


def test_the_bars_are_edges_of_the_histograms() -> None:
    assert {1.0, 4.0, 15.0, 60.0, 180.0} <= set(DELIVERY_S)
    assert {4.0, 15.0, 60.0, 180.0} <= set(ANSWER_S)
