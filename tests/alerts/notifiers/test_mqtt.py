"""MQTT against a real mosquitto: events, retained states, Home Assistant's devices, last will, coming back."""

import asyncio
import contextlib
import gc
import json
import logging
import random
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from alerts.access.secret_box import STORE_KEY_FILE
from alerts.alert import Alert
from alerts.config import Settings
from alerts.db.schema import meta
from alerts.db.store import Store
from alerts.errors import SettingsError
from alerts.notifiers.base import Delivered, Notice, Outcome, Retry
from alerts.notifiers.build import build_notifiers, sweeping
from alerts.notifiers.channel_config import MqttChannel
from alerts.notifiers.home_assistant import Topics, device, slug, states
from alerts.notifiers.mqtt_retained import Retained
from tests.alerts.broker import Broker, ear, needs_mosquitto
from tests.alerts.certificates import certificate
from tests.alerts.making import START, alert, at

pytest.importorskip("aiomqtt", reason="aiomqtt (extra push) is not installed")
from alerts.notifiers.mqtt import MqttNotifier

SETTINGS = Settings.model_validate(
    {
        "cameras": [
            {"name": "shed-1", "url": "0", "place": "3 号车棚"},
            {"name": "stairs-2", "url": "1", "place": "12 号楼"},
        ]
    }
)
STATE, CONFIG = "xinan/cameras/shed-1/state", "homeassistant/device/xinan/shed-1/config"
NOTICE = Notice("01NOTICE", "fired", at(1), alert("01ALERT"))


def build(
    port: int,
    alerts: Callable[[], list[Alert]] = list,
    settings: Settings = SETTINGS,
    retained: Retained | None = None,
    **config: Any,
) -> MqttNotifier:
    """A notifier for the broker at a port."""
    given = {"type": "mqtt", "name": "mqtt", "url": f"mqtt://127.0.0.1:{port}", **config}
    return MqttNotifier(
        MqttChannel.model_validate(given),
        settings,
        console_url="http://127.0.0.1:8800",
        open_alerts=alerts,
        retained=retained,
        rng=random.Random(3),
    )


@asynccontextmanager
async def running(notifier: MqttNotifier) -> AsyncIterator[MqttNotifier]:
    """Started, and closed at the end."""
    notifier.start()
    try:
        yield notifier
    finally:
        await notifier.close()


async def send(notifier: MqttNotifier, notice: Notice = NOTICE) -> None:
    """As the outbox does: until it is delivered."""
    async with asyncio.timeout(20):
        while (outcome := await notifier.send(notice)) != Delivered():
            assert isinstance(outcome, Retry)
            await asyncio.sleep(0.05)


@needs_mosquitto
async def test_a_notice_becomes_an_event(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, ear(broker.port) as heard:
        async with running(build(broker.port)) as notifier:
            await send(notifier)
            await asyncio.to_thread(heard.wait, lambda: bool(heard.of("xinan/alerts")))
    [text] = heard.of("xinan/alerts")
    said = json.loads(text)
    assert said["alert"]["place"] == "Lane 12, shed 1"
    assert said["alert"]["state"] == "firing"
    assert {key: said[key] for key in ("id", "kind", "time", "exercise", "url")} == {
        "id": "01NOTICE",
        "kind": "fired",
        "time": "2026-03-01T08:00:01.000000Z",
        "exercise": False,
        "url": "http://127.0.0.1:8800/#alert=01ALERT",
    }


@needs_mosquitto
async def test_the_state_is_kept_at_the_broker_for_who_comes_later(tmp_path: Path) -> None:
    alerts = [alert("01A")]
    with Broker(tmp_path) as broker:
        async with running(build(broker.port, lambda: alerts)) as notifier:
            await send(notifier)
            with ear(broker.port) as late:
                await asyncio.to_thread(late.wait, lambda: bool(late.of(STATE)))
                first = next(text for topic, text, retained in late.heard if topic == STATE and retained)
                assert json.loads(first)["flame"] == "ON"
                assert json.loads(first)["open_alerts"] == 1
                alerts.clear()
                await send(notifier, replace(NOTICE, id="01N2", kind="resolved"))
                await asyncio.to_thread(late.wait, lambda: json.loads(late.of(STATE)[-1])["flame"] == "OFF")


@needs_mosquitto
async def test_a_broker_that_was_away_and_forgot_everything_gets_it_back(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    with broker:
        async with running(build(broker.port, lambda: [alert("01A")], timeout_s=1)) as notifier:
            await send(notifier)
            broker.stop()
            outcome: Outcome = Delivered()
            async with asyncio.timeout(20):
                while outcome == Delivered():
                    outcome = await notifier.send(replace(NOTICE, id="01N2"))
            assert isinstance(outcome, Retry)
            broker.start()
            await send(notifier, replace(NOTICE, id="01N2"))
            with ear(broker.port) as heard:
                await asyncio.to_thread(heard.wait, lambda: bool(heard.of(STATE)) and bool(heard.of("xinan/status")))
                assert heard.of("xinan/status") == ["online"]
                assert json.loads(heard.of(STATE)[0])["flame"] == "ON"


@needs_mosquitto
async def test_a_program_that_dies_is_called_offline_by_its_last_will(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, ear(broker.port) as heard:
        notifier = build(broker.port)
        async with running(notifier):
            await send(notifier)
            assert notifier._client is not None
            connection = notifier._client._client.socket()
            assert connection is not None
            connection.close()  # gone without a word
            await asyncio.to_thread(heard.wait, lambda: heard.of("xinan/status")[-1:] == ["offline"])


@needs_mosquitto
async def test_an_orderly_end_says_so_too(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, ear(broker.port) as heard:
        async with running(build(broker.port)) as notifier:
            await send(notifier)
        await asyncio.to_thread(heard.wait, lambda: heard.of("xinan/status") == ["online", "offline"])


@needs_mosquitto
async def test_home_assistant_hears_it_all_again_after_its_start(tmp_path: Path) -> None:
    topic = "homeassistant/device/xinan/shed-1/config"
    with Broker(tmp_path) as broker, ear(broker.port) as heard:
        async with running(build(broker.port)) as notifier:
            await send(notifier)
            before = len(heard.of(topic))
            states_before = len(heard.of(STATE))
            heard.say("homeassistant/status", "online")
            await asyncio.to_thread(
                heard.wait, lambda: len(heard.of(topic)) > before and len(heard.of(STATE)) > states_before
            )


@needs_mosquitto
async def test_the_device_of_a_camera_that_is_gone_is_taken_back(tmp_path: Path) -> None:
    gone, taken_out = (f"homeassistant/device/xinan/{name}/config" for name in ("old-9", "stairs-2"))
    with Broker(tmp_path) as broker, ear(broker.port) as heard:
        heard.say(gone, '{"device": {}}', retain=True)
        async with running(build(broker.port)) as notifier:
            await asyncio.to_thread(heard.wait, lambda: heard.of(gone)[-1:] == [""])
            await send(notifier)
            notifier.watch(SETTINGS.model_copy(update={"cameras": SETTINGS.cameras[:1]}).registry())
            await asyncio.to_thread(heard.wait, lambda: heard.of(taken_out)[-1:] == [""])


@needs_mosquitto
async def test_the_state_of_a_camera_that_is_gone_is_kept_no_longer(tmp_path: Path) -> None:
    """Whether it went while we ran or while we were stopped."""
    gone, taken_out = (f"xinan/cameras/{name}/state" for name in ("old-9", "stairs-2"))
    with Broker(tmp_path) as broker, ear(broker.port) as heard:
        heard.say(gone, '{"flame": "ON"}', retain=True)
        async with running(build(broker.port, discovery="")) as notifier:
            await asyncio.to_thread(heard.wait, lambda: heard.of(gone)[-1:] == [""])
            await send(notifier)
            notifier.watch(SETTINGS.model_copy(update={"cameras": SETTINGS.cameras[:1]}).registry())
            await asyncio.to_thread(heard.wait, lambda: heard.of(taken_out)[-1:] == [""])
        with ear(broker.port) as late:
            await asyncio.to_thread(late.wait, lambda: bool(late.of(STATE) and late.of("xinan/status")))
            kept = {topic for topic, text, retained in late.heard if retained and text}
    assert kept == {STATE, "xinan/status"}


def kept_now(port: int, *wanted: str) -> set[str]:
    """The topics at which the broker keeps something, once it keeps these."""
    with ear(port) as late:
        late.wait(lambda: set(wanted) <= {topic for topic, text, retained in late.heard if retained and text})
        return {topic for topic, text, retained in late.heard if retained and text}


@needs_mosquitto
@pytest.mark.parametrize(
    ("after", "kept"),
    [
        ({"topic": "yard"}, {"beside"}),  # another topic: nothing of the old one is left
        (None, {"beside"}),  # no such channel any more
        ({"keepalive_s": 99}, {"beside", STATE, "xinan/status", CONFIG}),  # the same: nothing is taken away
    ],
)
async def test_what_is_retained_goes_with_the_channel_or_its_topic(
    tmp_path: Path, after: dict[str, Any] | None, kept: set[str]
) -> None:
    settings = SETTINGS.model_copy(update={"cameras": SETTINGS.cameras[:1]})
    with Broker(tmp_path) as broker, ear(broker.port) as heard:
        heard.say("beside", "of somebody else", retain=True)
        async with running(build(broker.port, settings=settings)) as notifier:
            await send(notifier)
            await asyncio.to_thread(heard.wait, lambda: bool(heard.of(CONFIG) and heard.of(STATE)))
            notifier.leave([] if after is None else [build(broker.port, settings=settings, **after)])
        heard.say("end", "x")
        await asyncio.to_thread(heard.wait, lambda: bool(heard.of("end")))
        assert await asyncio.to_thread(kept_now, broker.port, *kept) == kept
        assert ("" in heard.of(STATE)) == (STATE not in kept)


@needs_mosquitto
async def test_what_cannot_be_taken_away_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Broker(tmp_path) as broker:
        notifier = build(broker.port)
    async with running(notifier):
        notifier.leave([])
    assert "keeps 5 old topics, such as homeassistant/device/xinan/shed-1/config" in caplog.text


@needs_mosquitto
async def test_home_assistant_is_told_the_place_in_human_words(tmp_path: Path) -> None:
    given = {"cameras": [{"name": "shed-1", "url": "0", "place": "b3"}]}
    first, later = (
        Settings.model_validate({**given, "places": [{"id": "b3", "name": name}]}) for name in ("3 号楼", "三号楼")
    )
    topic = "homeassistant/device/xinan/shed-1/config"
    with Broker(tmp_path) as broker, ear(broker.port) as heard:
        async with running(build(broker.port, settings=first)) as notifier:
            await asyncio.to_thread(heard.wait, lambda: bool(heard.of(topic)))
            assert json.loads(heard.of(topic)[-1])["device"]["name"] == "3 号楼 (shed-1)"
            notifier.watch(later.registry())
            await asyncio.to_thread(heard.wait, lambda: "三号楼" in heard.of(topic)[-1])


@needs_mosquitto
async def test_nothing_is_announced_without_discovery(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, ear(broker.port) as heard:
        async with running(build(broker.port, discovery="")) as notifier:
            await send(notifier)
            await asyncio.to_thread(heard.wait, lambda: bool(heard.of("xinan/alerts")))
    assert {topic.split("/")[0] for topic, _, _ in heard.heard} == {"xinan"}


@needs_mosquitto
async def test_a_wrong_password_is_told_and_not_shown(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    words = tmp_path / "words"
    words.write_text("")
    with Broker(tmp_path, "allow_anonymous false", f"password_file {words}") as broker:
        async with running(build(broker.port, username="us3r", password="passw0rd")) as notifier:
            async with asyncio.timeout(20):
                while "uthori" not in caplog.text:
                    await asyncio.sleep(0.02)
            outcome = await notifier.send(NOTICE)
    assert isinstance(outcome, Retry)
    assert "passw0rd" not in caplog.text + repr(outcome)


@needs_mosquitto
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho leaves a refused socket to the GC
async def test_over_tls_only_to_a_broker_that_is_trusted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made, key = certificate(tmp_path, "127.0.0.1")
    lines = ("allow_anonymous true", f"certfile {made}", f"keyfile {key}")
    with Broker(tmp_path, *lines) as broker:
        url = f"mqtts://127.0.0.1:{broker.port}"
        async with running(build(broker.port, url=url, ca_file=str(made))) as notifier:
            await send(notifier)
        async with running(build(broker.port, url=url)) as stranger:
            async with asyncio.timeout(20):
                while "certificate verify failed" not in caplog.text:
                    await asyncio.sleep(0.02)
            assert isinstance(await stranger.send(NOTICE), Retry)
    gc.collect()


@pytest.mark.parametrize("text", [None, "no certificate"])
def test_a_certificate_that_cannot_be_read_is_said_in_one_line(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    channel = {"type": "mqtt", "name": "home", "url": "mqtts://127.0.0.1", "ca_file": file}
    given = Settings.model_validate({"channels": [channel]})
    with pytest.raises(SettingsError, match=r"^channels: home: ca_file"):
        build_notifiers(given)


async def test_nobody_listens() -> None:
    async with running(build(1)) as notifier:
        assert isinstance(await notifier.send(NOTICE), Retry)


def test_a_device_names_everything_home_assistant_asks_for() -> None:
    topics = Topics("xinan", "homeassistant")
    said = device("shed-1", "3 号车棚", ("flame", "ebike"), topics, "Lane 12", "http://console")
    assert said["device"]["identifiers"] == ["xinan_shed-1"]
    assert said["device"]["name"] == "3 号车棚 (shed-1)"
    assert said["origin"]["name"]
    assert said["availability_topic"] == "xinan/status"
    assert set(said["components"]) == {"flame", "ebike", "problem", "open_alerts"}
    ids = [part["unique_id"] for part in said["components"].values()]
    assert len(set(ids)) == len(ids)
    assert {part["platform"] for part in said["components"].values()} == {"binary_sensor", "sensor"}
    assert said["components"]["problem"]["device_class"] == "problem"


@pytest.mark.parametrize(
    ("given", "flame", "problem", "count"),
    [
        ([], "OFF", "OFF", 0),
        ([alert("01A")], "ON", "OFF", 1),
        ([alert("01A", acknowledged_at=START)], "ON", "OFF", 1),
        ([alert("01A", fired_at=None)], "OFF", "OFF", 0),
        ([alert("01A", false_alarm_at=START)], "OFF", "OFF", 0),
        ([alert("01A"), alert("01B", hazard="camera")], "ON", "ON", 2),
        ([alert("01A", camera="stairs-2")], "OFF", "OFF", 0),
    ],
)
def test_what_the_entities_show(given: list[Alert], flame: str, problem: str, count: int) -> None:
    shown = states(["shed-1", "stairs-2"], ("flame", "ebike"), given)["shed-1"]
    assert shown == {"flame": flame, "ebike": "OFF", "problem": problem, "open_alerts": count}


@pytest.mark.parametrize(("name", "plain"), [("shed-1", True), ("车棚", False), ("a/b", False), ("#", False)])
def test_a_name_in_a_topic(name: str, plain: bool) -> None:
    assert (slug(name) == name) == plain
    assert all(letter.isalnum() or letter in "_-" for letter in slug(name))


# What was left while nothing ran


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Store]:
    """In SQLite: the database does not matter."""
    with contextlib.closing(Store.open(tmp_path / "store")) as store:
        yield store


async def kept_until(port: int, gone: Callable[[set[str]], bool]) -> set[str]:
    """What the broker keeps, once that is so."""
    async with asyncio.timeout(20):
        while not gone(kept := await asyncio.to_thread(kept_now, port, "beside")):
            await asyncio.sleep(0.05)
    return kept


@needs_mosquitto
@pytest.mark.parametrize(
    ("after", "kept"),
    [
        ({"topic": "yard"}, {"beside", "yard/status", "yard/cameras/shed-1/state",
                             "homeassistant/device/yard/shed-1/config"}),
        ({"discovery": ""}, {"beside", STATE, "xinan/status"}),
        ({"name": "other"}, {"beside", STATE, "xinan/status", CONFIG}),
        (None, {"beside"}),
    ],
)  # fmt: skip
async def test_what_was_given_up_while_nothing_ran_is_taken_away_at_the_next_start(
    tmp_path: Path, lite: Store, after: dict[str, Any] | None, kept: set[str]
) -> None:
    settings, retained = SETTINGS.model_copy(update={"cameras": SETTINGS.cameras[:1]}), Retained(lite)
    with Broker(tmp_path) as broker, ear(broker.port) as heard:
        heard.say("beside", "of somebody else", retain=True)
        async with running(build(broker.port, settings=settings, retained=retained)) as notifier:
            await send(notifier)
            await asyncio.to_thread(heard.wait, lambda: bool(heard.of(CONFIG) and heard.of(STATE)))
        channels = {} if after is None else {"mqtt": build(broker.port, settings=settings, retained=retained, **after)}
        sweep = sweeping(lite, lambda: channels)
        assert sweep is not None
        async with contextlib.AsyncExitStack() as stack:
            for one in channels.values():
                await send(await stack.enter_async_context(running(one)))
            await sweep()
            assert await kept_until(broker.port, lambda now: now == kept) == kept
        assert {left.channel.topic for left in retained.all()} == ({one.config.topic for one in channels.values()})


@needs_mosquitto
async def test_a_broker_that_is_away_is_asked_until_it_is_back(
    tmp_path: Path, lite: Store, caplog: pytest.LogCaptureFixture
) -> None:
    retained, broker = Retained(lite), Broker(tmp_path)
    with broker:
        async with running(build(broker.port, retained=retained)) as notifier:
            await send(notifier)
    sweep = sweeping(lite, dict)
    assert sweep is not None
    sweeping_on = asyncio.create_task(sweep())
    async with asyncio.timeout(20):
        while "keeps 5 old topics" not in caplog.text:
            await asyncio.sleep(0.02)
    with broker, ear(broker.port) as heard:
        heard.say(STATE, "old", retain=True)
        async with asyncio.timeout(20):
            await sweeping_on
        await asyncio.to_thread(heard.wait, lambda: heard.of(STATE)[-1:] == [""])
    assert retained.all() == [] and sweeping(lite, dict) is None
    assert caplog.text.count("old topics") == 1


@needs_mosquitto
async def test_what_was_left_is_taken_away_by_who_may_log_in_now(tmp_path: Path, lite: Store) -> None:
    """The old name and password are no longer good, and stand nowhere in the clear."""
    words, retained = tmp_path / "words", Retained(lite)

    def allow(name: str, password: str) -> Broker:
        words.write_text(f"{name}:{password}\n")
        subprocess.run(["mosquitto_passwd", "-U", str(words)], check=True)
        return Broker(tmp_path, "allow_anonymous false", f"password_file {words}", port=port)

    port = Broker(tmp_path).port
    old: dict[str, Any] = {"topic": "yard", "username": "old", "password": "passw0rd-old"}
    with allow("old", "passw0rd-old"):
        async with running(build(port, retained=retained, **old)) as notifier:
            await send(notifier)
    [left] = retained.all()
    assert left.channel.password is not None and left.channel.password.get_secret_value() == "passw0rd-old"
    assert not [value for value in all_meta(lite) if "passw0rd" in value or "yard" in value]
    with allow("new", "passw0rd-new"):
        now = build(port, username="new", password="passw0rd-new", retained=retained)
        sweep = sweeping(lite, lambda: {"mqtt": now})
        assert sweep is not None
        async with asyncio.timeout(20):
            await sweep()
    assert retained.all() == []


def all_meta(store: Store) -> list[str]:
    with store.reading() as connection:
        return [str(row.value) for row in connection.execute(select(meta))]


def test_what_cannot_be_opened_any_more_is_said_once(lite: Store, caplog: pytest.LogCaptureFixture) -> None:
    retained = Retained(lite)
    retained.note(build(1).config, {"xinan/status"})
    assert len(retained.all()) == 1
    (lite.folder / STORE_KEY_FILE).unlink()
    assert [Retained(lite).all() for _ in range(2)] == [[], []]
    assert caplog.text.count("not known any more") == 1
