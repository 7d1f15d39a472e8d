"""The outbox is emptied: order, back-off, expiry, channels side by side, and a real receiver that comes and goes."""

import asyncio
import contextlib
import random
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from alerts.alert import Alert
from alerts.db.store import Store
from alerts.delivery import deliver
from alerts.delivery.deliver import Deliverer
from alerts.delivery.outlet import LONGEST_FIRE_RETRY_S, LONGEST_RETRY_S, backoff_s
from alerts.errors import StoreError
from alerts.lifecycle import Change, ChangeKind
from alerts.notifiers.base import Delivered, Notice, Notifier, Outcome, Rejected, Retry
from alerts.notifiers.build import build_notifiers
from alerts.routing.people import People, PersonConfig
from alerts.routing.plan import AtOnce
from alerts.routing.recipient import Recipient
from streams.clock import SimulatedClock
from tests.alerts.making import START, alert, at, settings
from tests.alerts.receiver import Answer, Got, Receiver, free_port
from tests.alerts.routing.test_route import DUTY, TEAM, router
from vision.rule import Severity

K = ChangeKind


class Recorder:
    """A notifier that answers as told and keeps what it got."""

    def __init__(self, *outcomes: Outcome | Exception) -> None:
        self.outcomes = list(outcomes)
        self.got: list[Notice] = []
        self.closed = False

    async def send(self, notice: Notice) -> Outcome:
        self.got.append(notice)
        outcome = self.outcomes.pop(0) if self.outcomes else Delivered()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def close(self) -> None:
        self.closed = True


class Stuck(Recorder):
    """One that does not come back until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.release = asyncio.Event()

    async def send(self, notice: Notice) -> Outcome:
        outcome = await super().send(notice)
        await self.release.wait()
        return outcome


class Office:
    """A store and a clock."""

    def __init__(self, folder: Path) -> None:
        self.store = Store.open(folder)
        self.clock = SimulatedClock(START)

    def tell(
        self, name: str, *channels: str, kind: ChangeKind = K.FIRED, expire_s: float = 86_400, **given: Any
    ) -> Alert:
        """Commit a change of an alert, with a notice for each channel."""
        one = alert(name, **given)
        self.store.commit([Change(kind, one)], AtOnce(dict.fromkeys(channels or ("hook",), expire_s)), self.clock.now())
        return one

    def tried(self, name: str, times: int) -> bool:
        """Whether the alert's first notice has failed so many times."""
        return self.store.deliveries_of(name)[0].attempts == times

    def counts(self, channel: str = "hook") -> tuple[int, int, int]:
        """Waiting, delivered, dead."""
        found = self.store.delivery_counts()[channel]
        return found["waiting"], found["delivered"], found["dead"]

    @contextlib.asynccontextmanager
    async def delivering(self, **notifiers: Notifier) -> AsyncIterator[Deliverer]:
        async with Deliverer(self.store, notifiers, self.clock, random.Random(3)) as deliverer:
            yield deliverer


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.store.close()


async def until(true: Callable[[], bool]) -> None:
    """Wait for it, generously."""
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.005)


async def test_what_is_committed_is_sent_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "POLL_S", 3600.0)
    hook = Recorder()
    async with office.delivering(hook=hook):
        await asyncio.sleep(0.05)
        fired = await asyncio.to_thread(office.tell, "01A")
        await until(lambda: office.counts() == (0, 1, 0))
    [notice] = hook.got
    assert (notice.kind, notice.alert, notice.at, notice.attempt) == ("fired", fired, START, 1)
    assert hook.closed


async def test_fire_goes_first(office: Office) -> None:
    for name, hazard in (("01A", "clutter"), ("01B", "clutter"), ("01C", "flame")):
        office.tell(name, hazard=hazard)
    assert office.store.due("hook", START, 1)[0].alert_id == "01C"


async def test_a_stuck_violation_holds_up_no_fire(office: Office) -> None:
    stuck = Stuck()
    async with office.delivering(hook=stuck):
        await asyncio.to_thread(office.tell, "01A", hazard="clutter")
        await until(lambda: len(stuck.got) == 1)
        await asyncio.to_thread(office.tell, "01B")
        await until(lambda: len(stuck.got) == 2)
        stuck.release.set()
    assert office.counts() == (0, 2, 0)


async def test_a_stuck_channel_holds_up_no_other(office: Office) -> None:
    stuck, quick = Stuck(), Recorder()
    async with office.delivering(stuck=stuck, quick=quick):
        for number in range(5):
            await asyncio.to_thread(office.tell, f"01{number}", "stuck", "quick")
        await until(lambda: office.counts("quick") == (0, 5, 0))
        assert len(stuck.got) == 1
        stuck.release.set()


async def test_retried_with_growing_pauses_under_one_id(office: Office) -> None:
    hook = Recorder(*[Retry("down")] * 9)
    office.tell("01A", hazard="clutter")
    pauses = []
    async with office.delivering(hook=hook) as deliverer:
        for attempt in range(1, 10):
            await until(partial(office.tried, "01A", attempt))
            [waiting] = office.store.deliveries_of("01A")
            assert waiting.last_error == "down"
            pauses.append((waiting.next_try_at - office.clock.now()).total_seconds())
            office.clock.step(pauses[-1])
            deliverer.wake()
        await until(lambda: office.counts() == (0, 1, 0))
    assert len({notice.id for notice in hook.got}) == 1
    assert [notice.attempt for notice in hook.got] == list(range(1, 11))
    assert all(0.75 * 2**n <= pause <= 1.25 * 2**n for n, pause in enumerate(pauses[:5]))
    assert all(45 <= pause <= LONGEST_RETRY_S for pause in pauses[6:])


@pytest.mark.parametrize(
    ("severity", "failures", "wish_s", "least", "most"),
    [
        (Severity.VIOLATION, 1, None, 0.75, 1.25),
        (Severity.VIOLATION, 3, None, 3, 5),
        (Severity.VIOLATION, 500, None, 45, 60),
        (Severity.VIOLATION, 1, 20.0, 20, 20),
        (Severity.VIOLATION, 1, 1e12, 300, 300),
        (Severity.VIOLATION, 7, 5, 45, 60),
        (Severity.FIRE, 500, None, 2.25, 3),
        (Severity.FIRE, 1, 10.0, 10, 10),
        (Severity.FIRE, 1, 120.0, 15, 15),
    ],
)
def test_backoff(severity: Severity, failures: int, wish_s: float | None, least: float, most: float) -> None:
    rng = random.Random(1)
    found = [backoff_s(failures, rng, severity, wish_s) for _ in range(100)]
    assert min(found) >= least
    assert max(found) <= most


@pytest.mark.parametrize(("hazard", "kept_s"), [("clutter", 120), ("flame", 15)])
async def test_the_receiver_s_wish_is_kept_but_a_fire_asks_again_soon(
    office: Office, hazard: str, kept_s: float
) -> None:
    hook = Recorder(Retry("busy", after_s=120))
    office.tell("01A", hazard=hazard)
    async with office.delivering(hook=hook):
        await until(lambda: office.store.deliveries_of("01A")[0].attempts == 1)
    assert office.store.deliveries_of("01A")[0].next_try_at == at(kept_s)


async def test_a_violation_s_wish_to_wait_holds_back_no_fire_once_the_channel_answers(office: Office) -> None:
    hook = Recorder(Retry("busy", after_s=300), Retry("down", after_s=15), Retry("down", after_s=15))
    async with office.delivering(hook=hook) as deliverer:
        await asyncio.to_thread(office.tell, "01V", hazard="clutter")
        await until(lambda: office.tried("01V", 1))
        for name in ("01F", "01G"):
            await asyncio.to_thread(office.tell, name)
            await until(partial(office.tried, name, 1))
        office.clock.step(16)
        deliverer.wake()
        await until(lambda: office.counts() == (1, 2, 0))
        assert office.store.deliveries_of("01V")[0].next_try_at == at(300)


async def test_a_rejected_one_is_dead_and_kept(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    hook = Recorder(Rejected("HTTP 400"))
    one = office.tell("01A")
    async with office.delivering(hook=hook):
        await until(lambda: office.counts() == (0, 0, 1))
        office.tell("01A", kind=K.RESOLVED, resolved_at=at(1), version=2)
        await until(lambda: office.counts() == (0, 1, 1))
    [dead] = office.store.dead()
    assert (dead.alert_id, dead.last_error, dead.dead_at) == (one.id, "HTTP 400", START)
    assert "is given up: HTTP 400" in caplog.text


async def test_expired_ones_get_a_last_try(office: Office) -> None:
    hook = Recorder(Retry("down"), Delivered())
    office.tell("01A", expire_s=60)
    office.tell("01B", expire_s=60)
    office.clock.step(3600)
    async with office.delivering(hook=hook):
        await until(lambda: office.counts() == (0, 1, 1))
    assert office.store.dead()[0].last_error == "down"


async def test_the_notices_of_an_alert_stay_in_order(office: Office) -> None:
    hook = Recorder(Retry("down"))
    one = office.tell("01A")
    office.store.commit([Change(K.RESOLVED, replace(one, resolved_at=at(9), version=2))], AtOnce({"hook": 1e4}), START)
    async with office.delivering(hook=hook) as deliverer:
        await until(lambda: office.store.deliveries_of("01A")[0].attempts == 1)
        assert len(hook.got) == 1
        office.clock.step(5)
        deliverer.wake()
        await until(lambda: office.counts() == (0, 2, 0))
    assert [notice.kind for notice in hook.got] == ["fired", "fired", "resolved"]


async def test_a_faulty_notifier_loses_nothing(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    hook = Recorder(RuntimeError("bug"))
    office.tell("01A")
    async with office.delivering(hook=hook) as deliverer:
        await until(lambda: office.store.deliveries_of("01A")[0].attempts == 1)
        office.clock.step(5)
        deliverer.wake()
        await until(lambda: office.counts() == (0, 1, 0))
        assert deliverer.errors == 1
    assert "failed unexpectedly" in caplog.text


async def test_a_row_that_cannot_be_read_stops_no_other(office: Office) -> None:
    office.tell("01A")
    office.tell("01B")
    with office.store.writing() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET payload = '{}' WHERE alert_id = '01A'")
    hook = Recorder()
    async with office.delivering(hook=hook):
        await until(lambda: office.counts() == (0, 1, 1))
    assert [notice.alert.id for notice in hook.got] == ["01B"]


async def test_what_arrived_is_not_sent_again_when_it_could_not_be_marked(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark, failures = office.store.mark_delivered, [StoreError("disk full")] * 2

    def refuse(*given: Any) -> None:
        if failures:
            raise failures.pop()
        mark(*given)

    monkeypatch.setattr(office.store, "mark_delivered", refuse)
    monkeypatch.setattr(deliver, "LONGEST_PAUSE_S", 0.01)
    hook = Recorder()
    office.tell("01A")
    async with office.delivering(hook=hook) as deliverer:
        await until(lambda: office.counts() == (0, 1, 0))
        assert deliverer.errors == 2
    assert len(hook.got) == 1


async def test_stopping_lets_an_attempt_end(office: Office) -> None:
    stuck = Stuck()
    office.tell("01A")
    async with office.delivering(hook=stuck) as deliverer:
        await until(lambda: len(stuck.got) == 1)
        stopping = asyncio.create_task(deliverer.stop())
        await asyncio.sleep(0.05)
        assert not stopping.done()
        stuck.release.set()
        await stopping
    assert office.counts() == (0, 1, 0)
    office.tell("01B")  # nobody listens any more
    assert office.counts() == (1, 1, 0)


async def test_stopping_does_not_wait_for_ever(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "STOP_S", 0.05)
    stuck = Stuck()
    office.tell("01A")
    async with asyncio.timeout(20), office.delivering(hook=stuck):
        await until(lambda: len(stuck.got) == 1)
    assert office.counts() == (1, 0, 0)


class Outage(Recorder):
    """One that takes nothing until it is back."""

    def __init__(self) -> None:
        super().__init__()
        self.back = False
        self.tries = 0

    async def send(self, notice: Notice) -> Outcome:
        self.tries += 1
        return await super().send(notice) if self.back else Retry("down")


async def test_after_an_outage_all_are_told_fire_first_within_five_seconds(office: Office) -> None:
    hook = Outage()
    async with office.delivering(hook=hook) as deliverer:
        for number in range(20):
            await asyncio.to_thread(office.tell, f"01{number:02d}", hazard="clutter" if number % 4 else "flame")
        for _ in range(120):  # ten minutes
            office.clock.step(5)
            deliverer.wake()
            await asyncio.sleep(0.005)
        assert office.counts() == (20, 0, 0)
        hook.back, tries = True, hook.tries
        assert tries < 300  # not each of the twenty every few seconds
        office.clock.step(LONGEST_FIRE_RETRY_S + 1)
        deliverer.wake()
        await until(lambda: office.counts() == (0, 20, 0))
    assert [notice.alert.hazard for notice in hook.got] == ["flame"] * 5 + ["clutter"] * 15


async def test_one_that_is_always_refused_holds_up_no_other(office: Office) -> None:
    class Picky(Recorder):
        async def send(self, notice: Notice) -> Outcome:
            return Retry("not this one") if notice.alert.id == "01A" else await super().send(notice)

    hook = Picky()
    for name in ("01A", "01B", "01C"):
        office.tell(name)
    async with office.delivering(hook=hook):
        await until(lambda: office.counts() == (1, 2, 0))
    assert [notice.alert.id for notice in hook.got] == ["01B", "01C"]


async def test_a_person_is_told_by_the_address_of_now(office: Office) -> None:
    planner = router(TEAM, **DUTY)
    one = alert("01A")
    office.store.commit([Change(K.FIRED, one)], planner, START)
    office.clock.step(200)
    phone, mail = Recorder(), Recorder()
    people = People([PersonConfig.model_validate({**TEAM[0], "language": "en"})], [])
    notifiers = {"phone": phone, "mail": mail}
    strays: list[None] = []
    deliverer = Deliverer(
        office.store,
        notifiers,
        office.clock,
        random.Random(3),
        whom=people.recipient,
        on_stray=lambda: strays.append(None),
    )
    async with deliverer:
        await until(lambda: office.counts("phone") == (2, 1, 0))  # told; told again later; and one who has left
        await until(lambda: office.counts("mail") == (2, 1, 0))
        await until(lambda: strays == [None] * 2)
    assert [notice.recipient for notice in phone.got] == [Recipient("li", "li", "li@phone", "en")]
    assert [(notice.rung, notice.reason) for notice in mail.got] == [(3, "rung 3, 180 s after: everybody")]
    left = {one.person: one for one in office.store.deliveries_of("01A") if one.last_error}
    assert (left["chen"].last_error, left["chen"].state) == ("chen is no longer told by this channel", "waiting")


# With a real receiver


@contextlib.asynccontextmanager
async def posting(office: Office, url: str, **given: Any) -> AsyncIterator[Deliverer]:
    hook = {"name": "hook", "url": url, **given}
    async with office.delivering(**build_notifiers(settings(hook), office.clock)) as deliverer:
        yield deliverer


async def test_delivered_when_the_receiver_comes_back(office: Office) -> None:
    port = free_port()
    async with posting(office, f"http://127.0.0.1:{port}/hook") as deliverer:
        for number in range(3):
            await asyncio.to_thread(office.tell, f"01{number}")
        await until(lambda: all(office.store.deliveries_of(f"01{n}")[0].attempts == 1 for n in range(3)))
        with Receiver(port=port) as receiver:
            office.clock.step(2)
            deliverer.wake()
            got = await asyncio.to_thread(receiver.wait_for, 3)
            await until(lambda: office.counts() == (0, 3, 0))
    assert sorted(one.event["subject"] for one in got) == ["010", "011", "012"]


async def test_the_same_key_with_each_attempt(office: Office) -> None:
    answers = [Answer(500), Answer(429, {"Retry-After": "7"}), Answer(204)]
    with Receiver(lambda _: answers.pop(0)) as receiver:
        async with posting(office, receiver.url) as deliverer:
            await asyncio.to_thread(office.tell, "01A")
            for attempt, pause_s in ((1, 2), (2, 8)):
                await until(partial(office.tried, "01A", attempt))
                office.clock.step(pause_s)
                deliverer.wake()
            await until(lambda: office.counts() == (0, 1, 0))
    assert len(receiver.got) == 3
    assert len({got.id for got in receiver.got}) == 1
    assert len({got.body for got in receiver.got}) == 1


async def test_a_hung_receiver_holds_up_no_other(office: Office) -> None:
    release = threading.Event()

    def hang(_: Got) -> Answer:
        release.wait(30)
        return Answer()

    hooks = ({"name": name, "url": "", "timeout_s": 30} for name in ("hung", "quick"))
    with Receiver(hang) as hung, Receiver() as quick:
        urls = {"hung": hung.url, "quick": quick.url}
        built = build_notifiers(settings(*[{**hook, "url": urls[str(hook["name"])]} for hook in hooks]), office.clock)
        async with office.delivering(**built):
            for number in range(10):
                await asyncio.to_thread(office.tell, f"01{number}", "hung", "quick")
            await asyncio.to_thread(quick.wait_for, 10)
            release.set()
