"""The settings file is changed while the watch runs: people and channels follow, as a whole or not at all."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.db.store import Store
from alerts.delivery.deliver import Deliverer
from alerts.desk import Desk
from alerts.errors import StoreError
from alerts.evidence.snapshot import SnapshotStore
from alerts.following import Following
from alerts.lifecycle import Change, ChangeKind
from alerts.live_settings import LiveSettings
from alerts.notifiers.build import build_notifiers
from alerts.record.anchor import Anchor
from alerts.record.recorder import Recorder
from alerts.routing.recipient import Recipient
from alerts.track.answer_links import links_of
from streams.clock import SimulatedClock
from tests.alerts.delivery.test_deliver import until
from tests.alerts.making import START, alert
from tests.alerts.receiver import Answer, Receiver
from tests.alerts.test_reload import ONE, TWO, Edited


def hook(name: str, receiver: Receiver) -> str:
    return f'[[webhooks]]\nname = "{name}"\nurl = "{receiver.url}"\n'


def person(name: str, channel: str) -> str:
    return f'[[people]]\nid = "{name}"\nchannels = [{{ channel = "{channel}" }}]\n'


class Office:
    """Settings in a file, a desk, an outbox, and what follows the file."""

    def __init__(self, folder: Path, text: str) -> None:
        self._end = f'[store]\npath = "{folder / "store"}"\n'
        self.edited = Edited(folder, text + self._end)
        self.clock = SimulatedClock(START)
        settings = self.edited.settings
        self.store = Store.open(settings.store.path)
        links = self.links = links_of(settings)
        self.desk = Desk(self.store, SnapshotStore(folder / "snapshots"), settings, self.clock, links=links)
        self.recorder = Recorder(self.store, Anchor(settings.store.path), self.clock)

        def build(given: Any) -> Any:
            return build_notifiers(given, self.clock, store=self.store, cold=False)

        self.live = LiveSettings(settings, build)
        self.deliverer = Deliverer(
            self.store, self.live.channels, self.clock, random.Random(3), whom=self.live.whom, on_stray=self.stray
        )
        self.adopted: list[list[str]] = []
        self.following = Following(
            self.live,
            self.edited.file,
            self.store,
            self.desk,
            links,
            self.deliverer,
            self.recorder,
            self.clock,
            lambda settings: self.adopted.append([camera.name for camera in settings.cameras]),
        )

    def stray(self) -> None:
        self.following.plan_anew()

    async def write(self, text: str) -> None:
        """Somebody saves the file, and it is noticed."""
        self.edited.write(text + self._end)
        await self.following.tick()

    def fire(self, name: str) -> None:
        self.store.commit([Change(ChangeKind.FIRED, alert(name))], self.desk.planner, self.clock.now())


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[tuple[Office, Receiver, Receiver]]:
    """An office that tells a first receiver, and a second one that it does not know yet."""
    with Receiver() as first, Receiver() as second:
        office = Office(tmp_path, ONE + hook("first", first))
        async with office.deliverer:
            yield office, first, second
        office.store.close()


async def test_a_channel_that_is_added_is_told_and_the_others_go_on_as_they_are(
    two: tuple[Office, Receiver, Receiver],
) -> None:
    office, first, second = two
    lane = office.deliverer._lanes["first"]
    await office.write(ONE + TWO + hook("first", first) + hook("second", second))
    assert office.deliverer._lanes["first"] is lane and not any(task.done() for task in lane.tasks)
    assert office.adopted == [["one", "two"]]
    await asyncio.to_thread(office.fire, "01A")
    for receiver in (first, second):
        [got] = await asyncio.to_thread(receiver.wait_for, 1)
        assert got.event["subject"] == "01A"


async def test_a_channel_that_is_changed_takes_over_what_waits(two: tuple[Office, Receiver, Receiver]) -> None:
    office, first, second = two
    with Receiver(lambda _: Answer(503)) as broken:
        await office.write(ONE + hook("first", broken))
        await asyncio.to_thread(office.fire, "01A")
        await until(lambda: office.store.deliveries_of("01A")[0].attempts > 0)
        await office.write(ONE + hook("first", second))
        office.clock.step(5)
        office.deliverer.wake()
        [got] = await asyncio.to_thread(second.wait_for, 1)
    assert got.event["subject"] == "01A" and not first.got


async def test_a_channel_that_is_taken_out_leaves_dead_letters_that_say_so(
    two: tuple[Office, Receiver, Receiver],
) -> None:
    office, first, _ = two
    with Receiver(lambda _: Answer(503)) as broken:
        await office.write(ONE + hook("first", first) + hook("other", broken))
        await asyncio.to_thread(office.fire, "01A")
        await until(lambda: len(first.got) == 1)
        await until(lambda: any(one.attempts for one in office.store.deliveries_of("01A") if one.channel == "other"))
        await office.write(ONE + hook("first", first))
    [dead] = office.store.dead()
    assert (dead.channel, dead.last_error) == ("other", "the channel is no longer in the settings")
    assert "other" not in office.deliverer._lanes and "first" in office.deliverer._lanes


async def test_people_follow_and_a_fire_that_waits_goes_to_who_has_the_duty_now(
    two: tuple[Office, Receiver, Receiver],
) -> None:
    office, first, second = two
    both = ONE + hook("first", first) + hook("second", second)
    await office.write(both + person("li", "first") + '[rota]\nshifts = [{ who = ["li"] }]\n')
    await asyncio.to_thread(office.fire, "01A")
    await office.write(both + person("zhao", "second") + '[rota]\nshifts = [{ who = ["zhao"] }]\n')
    office.clock.step(16)
    office.deliverer.wake()
    await asyncio.to_thread(second.wait_for, 1)
    waiting = {(one.person, one.state) for one in office.store.deliveries_of("01A") if one.rung}
    assert ("li", "superseded") in waiting and ("li", "waiting") not in waiting
    assert [one for one in first.got if one.event["type"].endswith("fired") and one.id in _ids(office, "li")] == []


def _ids(office: Office, who: str) -> set[str]:
    return {one.id for one in office.store.deliveries_of("01A") if one.person == who}


BROKEN = {
    "a person on a channel that is none": person("li", "nowhere"),
    "a mail channel without its certificates": (
        '[[channels]]\ntype = "email"\nname = "m"\nhost = "x"\nsender = "a@b"\nto = ["c@d"]\nca_file = "/no.pem"\n'
    ),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_settings_that_cannot_be_used_are_refused_as_a_whole(
    two: tuple[Office, Receiver, Receiver], what: str, caplog: pytest.LogCaptureFixture
) -> None:
    office, first, second = two
    before, channels, planner = office.live.settings, office.live.channels, office.desk.planner
    await office.write(ONE + TWO + hook("first", first) + hook("second", second) + BROKEN[what])
    assert (office.live.settings, office.live.channels) == (before, channels)
    assert office.desk.planner is planner and office.adopted == []
    assert "xinan.toml" in office.edited.file.problem
    assert office.edited.file.problem in caplog.text
    await office.write(ONE + TWO + hook("first", first) + hook("second", second))
    assert office.adopted == [["one", "two"]]
    assert office.edited.file.problem == ""


async def test_with_the_database_away_what_waits_is_planned_anew_later(
    two: tuple[Office, Receiver, Receiver], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    office, first, second = two
    both = ONE + hook("first", first) + hook("second", second)
    await office.write(both + person("li", "first") + '[rota]\nshifts = [{ who = ["li"] }]\n')
    await asyncio.to_thread(office.fire, "01A")
    replan, away = office.store.replan_fires, [True]

    def refuse(*given: Any) -> int:
        if away:
            raise StoreError("the database is away")
        return replan(*given)

    monkeypatch.setattr(office.store, "replan_fires", refuse)
    await office.write(both + person("zhao", "second") + '[rota]\nshifts = [{ who = ["zhao"] }]\n')
    await office.following.tick()
    assert caplog.text.count("could not be planned anew yet: the database is away") == 1
    assert {one.person for one in office.store.deliveries_of("01A") if one.rung and one.state == "waiting"} == {"li"}
    away.clear()
    await office.following.tick()
    assert {one.person for one in office.store.deliveries_of("01A") if one.rung and one.state == "waiting"} == {"zhao"}


async def test_a_notice_for_somebody_who_is_gone_is_planned_anew(two: tuple[Office, Receiver, Receiver]) -> None:
    """As one is that was committed by the rules of before, a moment after they changed."""
    office, first, second = two
    both = ONE + hook("first", first) + hook("second", second)
    await office.write(both + person("li", "first") + '[rota]\nshifts = [{ who = ["li"] }]\n')
    old = office.desk.planner
    await office.write(both + person("zhao", "second") + '[rota]\nshifts = [{ who = ["zhao"] }]\n')
    office.store.commit([Change(ChangeKind.FIRED, alert("01A"))], old, office.clock.now())
    office.clock.step(16)
    office.deliverer.wake()
    await until(lambda: any(one.attempts for one in office.store.deliveries_of("01A") if one.person == "li"))
    assert not office.deliverer._lanes["first"].outlet.failing
    await office.following.tick()
    await asyncio.to_thread(second.wait_for, 1)
    assert {one.state for one in office.store.deliveries_of("01A") if one.person == "li"} == {"superseded"}


async def test_site_deadlines_and_times_of_keeping_follow(two: tuple[Office, Receiver, Receiver]) -> None:
    office, first, _ = two
    assert office.desk.settings.site.name != "Lane 12"
    site = '[site]\nname = "Lane 12"\ntime_zone = "Asia/Urumqi"\ncontacts = [{ name = "Li", phone = "119" }]\n'
    times = "[tracks]\nanswer_link_h = 2\nclose_h = 5\n[retention]\nfire_days = 7\n"
    await office.write(ONE + hook("first", first) + site + times)
    assert office.edited.file.problem == ""
    settings = office.desk.settings
    assert (settings.tracks.close_h, settings.retention.fire_days, settings.site.name) == (5, 7, "Lane 12")
    fire = alert("01A")
    assert [contact.phone for contact in office.desk.where(fire).safety.contacts] == ["119"]
    link = office.links.row("n", fire, Recipient("li"), "first", START)
    assert link.expires_at == START + timedelta(hours=2)
