"""WeCom, DingTalk and Feishu against servers that check what the vendors check."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import cv2
import numpy as np
import pytest

from alerts.config import Settings
from alerts.notifiers import pictures_later
from alerts.notifiers.base import Delivered, Full, Notice, Notifier, Outcome, Rejected, Retry
from alerts.notifiers.build import build_notifiers
from alerts.notifiers.channel_config import PeopleChannel
from alerts.notifiers.context import TextContext
from alerts.notifiers.dingtalk import DINGTALK
from alerts.notifiers.feishu import FEISHU
from alerts.notifiers.picture import fitted
from alerts.notifiers.pictures_later import PicturesLater
from alerts.notifiers.wecom import WECOM, WecomNotifier
from alerts.routing.people_channels import WecomChannel
from alerts.routing.recipient import Recipient
from streams.clock import SimulatedClock
from tests.alerts.delivery.test_deliver import until
from tests.alerts.making import START, alert
from tests.alerts.receiver import Answer, Got, Receiver, free_port
from tests.alerts.told import ANSWERS, context, notice, violation
from tests.alerts.vendors import KEY, SECRET, Dingtalk, Feishu, Vendor, Wecom
from vision.jpeg import encode_jpeg

PATHS = {
    "wecom": f"cgi-bin/webhook/send?key={KEY}",
    "dingtalk": f"robot/send?access_token={KEY}",
    "feishu": f"hook/{KEY}",
}
VENDORS: dict[str, Callable[[SimulatedClock], Vendor]] = {"wecom": Wecom, "dingtalk": Dingtalk, "feishu": Feishu}
TYPES = sorted(PATHS)
SLOWEST = {"wecom": 20, "dingtalk": 20, "feishu": 100}


@contextmanager
def group(
    kind: str, clock: SimulatedClock, answer: Callable[[Got], Answer] | None = None
) -> Iterator[tuple[str, Vendor]]:
    """A vendor's server; its bot's address."""
    vendor = VENDORS[kind](clock)
    with Receiver(answer or vendor) as receiver:
        yield f"http://127.0.0.1:{receiver.port}/{PATHS[kind]}", vendor


@asynccontextmanager
async def channel(
    kind: str, url: str, clock: SimulatedClock, *, cold: bool = False, **given: Any
) -> AsyncIterator[Notifier]:
    """As the settings build it, without pictures."""
    signed = {} if kind == "wecom" else {"secret": SECRET}
    settings = Settings.model_validate({"channels": [{"type": kind, "name": "team", "url": url, **signed, **given}]})
    [notifier] = build_notifiers(settings, clock, cold=cold).values()
    try:
        yield notifier
    finally:
        await notifier.close()


@pytest.mark.parametrize("kind", TYPES)
async def test_a_notice_arrives(kind: str) -> None:
    clock = SimulatedClock(START)
    with group(kind, clock) as (url, vendor):
        async with channel(kind, url, clock) as bot:
            assert await bot.send(notice(answers=ANSWERS)) == Delivered()
    [message] = vendor.taken
    text = json.dumps(message, ensure_ascii=False)
    for part in ("明火", "7号车棚", "119", "https://xinan.example/a/accepted-t0ken"):
        assert part in text


@pytest.mark.parametrize("kind", TYPES)
async def test_in_a_flood_the_vendor_is_never_asked_for_more_than_it_takes_and_fire_goes_at_once(kind: str) -> None:
    """Whoever sent more to DingTalk would be mute for ten minutes."""
    clock = SimulatedClock(START)
    waiting = [violation(name=f"01V{number:03}") for number in range(2 * SLOWEST[kind])]
    minutes = 0
    with group(kind, clock) as (url, vendor):
        async with channel(kind, url, clock, cold=True) as bot:
            while waiting:
                outcome = await bot.send(waiting[0])
                if outcome == Delivered():
                    waiting.pop(0)
                    continue
                assert isinstance(outcome, Full)
                assert outcome.after_s
                if minutes < 5:
                    minutes += 1
                    if kind != "feishu":
                        assert await bot.send(notice(name=f"01F{minutes}")) == Delivered()
                clock.step(outcome.after_s)
    assert vendor.refused == []
    assert len(vendor.taken) >= 2 * SLOWEST[kind]
    assert clock.monotonic_s() < 400


@pytest.mark.parametrize("kind", TYPES)
async def test_fires_have_a_bot_of_their_own_where_one_is_named(kind: str) -> None:
    clock = SimulatedClock(START)
    secret: dict[str, Any] = {} if kind == "wecom" else {"fire_secret": SECRET}
    with group(kind, clock) as (url, vendor), group(kind, clock) as (fire_url, fires):
        async with channel(kind, url, clock, fire_url=fire_url, **secret) as bot:
            assert await bot.send(violation(name="01A")) == Delivered()
            assert await bot.send(notice(name="01B")) == Delivered()
    assert (len(vendor.taken), len(fires.taken)) == (1, 1)
    assert "明火" in json.dumps(fires.taken, ensure_ascii=False)


@pytest.mark.parametrize("kind", ["dingtalk", "feishu"])
async def test_a_wrong_secret_waits_until_it_is_put_right(kind: str) -> None:
    clock = SimulatedClock(START)
    with group(kind, clock) as (url, vendor):
        async with channel(kind, url, clock, secret="another") as bot:
            outcome = await bot.send(notice())
        assert outcome == Retry(f"http://127.0.0.1: {said(kind, vendor.refused[0])}", 60.0)
        async with channel(kind, url, clock) as bot:
            assert await bot.send(notice()) == Delivered()


def said(kind: str, code: int) -> str:
    """Our words for a vendor's code."""
    meanings = {"wecom": WECOM, "dingtalk": DINGTALK, "feishu": FEISHU}[kind].meanings
    return f"code {code}: {meanings[code][1]}"


@pytest.mark.parametrize("kind", TYPES)
async def test_a_wrong_address_waits_and_is_not_shown(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    clock = SimulatedClock(START)
    with group(kind, clock) as (url, vendor):
        async with channel(kind, url.replace(KEY, "an0ther-t0ken"), clock) as bot:
            outcome = await bot.send(notice())
    assert outcome == Retry(f"http://127.0.0.1: {said(kind, vendor.refused[0])}", 60.0)
    assert "an0ther-t0ken" not in caplog.text + repr(outcome)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(200, {}, b'{"errcode": 424242, "code": 424242}'), "http://127.0.0.1: code 424242: not known here"),
        (Answer(200, {}, b"<html>login</html>"), "http://127.0.0.1: an answer that says nothing"),
        (Answer(200, {}, b"[]"), "http://127.0.0.1: an answer that says nothing"),
        (Answer(200, {}, b'{"errcode": true, "code": "0"}'), "http://127.0.0.1: an answer that says nothing"),
        (Answer(200, {}, b"[" * 50_000), "http://127.0.0.1: an answer that says nothing"),
        (Answer(502, {}, b"bad gateway"), "http://127.0.0.1: HTTP 502"),
        (Answer(302, {"Location": "http://127.0.0.1:1/"}, b""), "http://127.0.0.1: HTTP 302"),
    ],
)
async def test_an_answer_that_is_none_is_tried_again(kind: str, answer: Answer, outcome: str) -> None:
    clock = SimulatedClock(START)
    with group(kind, clock, lambda _: answer) as (url, _):
        async with channel(kind, url, clock) as bot:
            assert await bot.send(notice()) == Retry(outcome)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("meanings", [WECOM.meanings, DINGTALK.meanings, FEISHU.meanings])
def test_every_code_has_words(kind: str, meanings: dict[int, tuple[object, str]]) -> None:
    assert all(words and "\n" not in words for _, words in meanings.values())


@pytest.mark.parametrize("kind", TYPES)
async def test_nobody_listens(kind: str) -> None:
    clock = SimulatedClock(START)
    url = f"http://127.0.0.1:{free_port()}/{PATHS[kind]}"
    async with channel(kind, url, clock) as bot:
        assert await bot.send(notice()) == Retry("http://127.0.0.1: ConnectError")


@pytest.mark.parametrize(
    ("kind", "code", "shut_s", "fire_s", "asked_times"),
    [("wecom", 45009, 60, 15, 2), ("dingtalk", 130101, 600, 600, 1), ("feishu", 11232, 5, 5, 2)],
)
async def test_a_bot_that_was_too_fast_is_left_alone_but_for_fires_and_a_mute_one_by_all(
    kind: str, code: int, shut_s: float, fire_s: float, asked_times: int
) -> None:
    """Somebody else may use the same bot. To ask a mute one may prolong that."""
    clock = SimulatedClock(START)
    words = json.dumps({"errcode": code, "code": code, "errmsg": "too fast"}).encode()
    asked: list[Got] = []

    def refuse(got: Got) -> Answer:
        asked.append(got)
        return Answer(200, {}, words)

    with group(kind, clock, refuse) as (url, _):
        async with channel(kind, url, clock) as bot:
            assert await bot.send(violation()) == Full(f"http://127.0.0.1: {said(kind, code)}", shut_s)
            again = await bot.send(violation())
            assert isinstance(again, Full)
            assert again.after_s == shut_s
            assert len(asked) == 1
            fire = await bot.send(notice())
            assert isinstance(fire, Full)
            assert fire.after_s == fire_s
            assert len(asked) == asked_times


@pytest.mark.parametrize(
    ("kind", "address", "shown"),
    [
        ("wecom", "zhang.san", "<@zhang.san>"),
        ("dingtalk", "13800001111", "@13800001111"),
        ("feishu", "ou_9a8b7c", "<at id=ou_9a8b7c></at>"),
        ("wecom", "all>", ""),
        ("dingtalk", "a b", ""),
        ("feishu", "x></at><at id=all", ""),
    ],
)
async def test_a_person_is_called_by_name(kind: str, address: str, shown: str) -> None:
    clock = SimulatedClock(START)
    with group(kind, clock) as (url, vendor):
        async with channel(kind, url, clock) as bot:
            assert await bot.send(notice(recipient=Recipient("zhang", "张三", address))) == Delivered()
    text = json.dumps(vendor.taken, ensure_ascii=False)
    assert shown in text
    assert ("@" in text or "<at" in text) == bool(shown)


async def test_dingtalk_tells_the_group_s_members_by_name_in_the_message_too() -> None:
    clock = SimulatedClock(START)
    with group("dingtalk", clock) as (url, vendor):
        async with channel("dingtalk", url, clock) as bot:
            await bot.send(notice(recipient=Recipient(address="13800001111")))
            await bot.send(notice(recipient=Recipient(address="manager01")))
    assert [one["at"] for one in vendor.taken] == [
        {"isAtAll": False, "atMobiles": ["13800001111"]},
        {"isAtAll": False, "atUserIds": ["manager01"]},
    ]


async def test_feishu_shows_plain_text_and_buttons() -> None:
    clock = SimulatedClock(START)
    with group("feishu", clock) as (url, vendor):
        async with channel("feishu", url, clock) as bot:
            await bot.send(notice(answers=ANSWERS))
            await bot.send(notice("resolved"))
            await bot.send(notice("acknowledged"))
    fired, unseen, known = (one["card"] for one in vendor.taken)
    assert [one["header"]["template"] for one in (fired, unseen, known)] == ["red", "orange", "blue"]
    buttons = fired["elements"][1]["actions"]
    assert [one["text"]["content"] for one in buttons] == ["查看警情", "收到", "已出发", "到场", "误报"]
    assert buttons[1]["url"] == ANSWERS["accepted"]


# WeCom's picture


@asynccontextmanager
async def wecom(url: str, told: TextContext, **given: Any) -> AsyncIterator[WecomNotifier]:
    config = WecomChannel.model_validate({"type": "wecom", "name": "team", "url": url, **given})
    notifier = WecomNotifier(config, told)
    try:
        yield notifier
    finally:
        await notifier.close()


async def test_the_picture_follows_the_text() -> None:
    clock = SimulatedClock(START)
    with group("wecom", clock) as (url, vendor):
        async with wecom(url, context(clock)) as bot:
            assert await bot.send(notice()) == Delivered()
            await until(lambda: len(vendor.taken) == 2)
            assert await bot.send(violation()) == Delivered()
            assert await bot.send(notice("resolved", "01LATER")) == Delivered()
    assert [one["msgtype"] for one in vendor.taken] == ["markdown", "image", "markdown", "image", "markdown"]


async def test_a_fire_s_text_goes_where_there_is_no_room_for_its_picture_which_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures_later, "PAUSE_S", 0.01)
    clock = SimulatedClock(START)
    with group("wecom", clock) as (url, vendor):
        async with wecom(url, context(clock)) as bot:
            for number in range(19):
                assert await bot.send(notice("resolved", f"01R{number:02}")) == Delivered()
            assert await bot.send(notice(name="01FIRE")) == Delivered()
            assert (len(vendor.taken), vendor.taken[-1]["msgtype"]) == (20, "markdown")
            clock.step(61)
            await until(lambda: len(vendor.taken) == 21)
    assert vendor.taken[-1]["msgtype"] == "image"
    assert vendor.refused == []


async def test_a_picture_that_comes_after_another_s_text_says_whose_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures_later, "PAUSE_S", 0.01)
    clock = SimulatedClock(START)
    with group("wecom", clock) as (url, vendor):
        async with wecom(url, context(clock), format="text") as bot:
            for number in range(18):
                assert await bot.send(notice("resolved", f"01R{number:02}")) == Delivered()
            for name in ("01A", "01B"):
                assert await bot.send(notice(name=name, of=alert(name))) == Delivered()
            assert len(vendor.taken) == 20
            clock.step(61)
            await until(lambda: len(vendor.taken) == 24)
    late = vendor.taken[20:]
    assert [one["msgtype"] for one in late] == ["text", "image", "text", "image"]
    assert all("mentioned_list" not in one["text"] for one in late[::2])
    assert late[0]["text"]["content"].startswith(vendor.taken[18]["text"]["content"].split("\n")[0])
    assert vendor.refused == []


async def test_pictures_of_fires_leave_room_for_the_texts_of_others() -> None:
    clock = SimulatedClock(START)
    with group("wecom", clock) as (url, vendor):
        async with wecom(url, context(clock)) as bot:
            for number in range(12):
                assert await bot.send(notice(name=f"01F{number:02}")) == Delivered()
                await asyncio.sleep(0.02)
    sent = [one["msgtype"] for one in vendor.taken]
    assert sent.count("markdown") == 12
    assert sent.count("image") < 8


@pytest.mark.parametrize(
    ("passes_s", "outcomes", "tries"),
    [
        (0.0, [Delivered()], 1),
        (0.0, [Rejected("damaged")], 1),
        (0.0, [Retry("down")] * 5, 3),
        (200.0, [Full("no room", 9.0)] * 5, 2),
        (0.0, [RuntimeError("bug"), Delivered()], 2),
    ],
)
async def test_a_picture_is_tried_a_few_times_and_left_out_rather_than_late(
    passes_s: float, outcomes: list[Outcome | Exception], tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures_later, "PAUSE_S", 0.0)
    clock, asked = SimulatedClock(START), 0

    async def send(_: Notice) -> Outcome:
        nonlocal asked
        asked += 1
        clock.step(passes_s)
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    went = outcomes[-1] == Delivered()
    later = PicturesLater(send, clock)
    later.add(notice())
    await until(lambda: later._task is not None and later._task.done())
    assert (asked, later.left_out) == (tries, 0 if went else 1)
    await later.close()


async def test_of_many_waiting_pictures_the_oldest_are_left_out() -> None:
    shown: list[str] = []

    async def send(one: Notice) -> Outcome:
        shown.append(one.id)
        return Delivered()

    later = PicturesLater(send, SimulatedClock(START))
    for number in range(20):
        later.add(notice(name=f"01F{number:02}"))
    await until(lambda: len(shown) == 16)
    assert shown == [f"01F{number:02}" for number in range(4, 20)]
    assert later.left_out == 4
    await later.close()


@pytest.mark.parametrize("picture", [b"", b"no picture", b"x" * 3_000_000])
async def test_without_a_picture_that_can_be_sent_the_text_goes(picture: bytes) -> None:
    clock = SimulatedClock(START)
    with group("wecom", clock) as (url, vendor):
        async with wecom(url, context(clock, picture=picture)) as bot:
            assert await bot.send(notice()) == Delivered()
    assert [one["msgtype"] for one in vendor.taken] == ["markdown"]


async def test_text_for_wechat() -> None:
    clock = SimulatedClock(START)
    with group("wecom", clock) as (url, vendor):
        async with wecom(url, context(clock), format="text", picture=False) as bot:
            await bot.send(notice(recipient=Recipient(address="zhang")))
            await bot.send(violation(name="01LATER"))
    first, second = (one["text"] for one in vendor.taken)
    assert first["content"].startswith("明火 · 7号车棚 · 通道\n地点：")
    assert (first["mentioned_list"], second["mentioned_list"]) == (["zhang"], [])


async def test_when_only_the_picture_failed_only_the_picture_is_sent_again() -> None:
    clock = SimulatedClock(START)
    vendor = Wecom(clock)
    fails = [True, True]

    def answer(got: Got) -> Answer:
        if got.event["msgtype"] == "image" and fails:
            fails.pop()
            return Answer(503)
        return vendor(got)

    with group("wecom", clock, answer) as (url, _):
        async with wecom(url, context(clock)) as bot:
            outcomes: list[Outcome] = [await bot.send(violation(attempt=number)) for number in (1, 2, 3)]
    assert outcomes == [Retry("http://127.0.0.1: HTTP 503"), Retry("http://127.0.0.1: HTTP 503"), Delivered()]
    assert [one["msgtype"] for one in vendor.taken] == ["markdown", "image"]


async def test_a_picture_that_never_goes_holds_up_nothing() -> None:
    clock = SimulatedClock(START)
    vendor = Wecom(clock)
    with group("wecom", clock, lambda got: Answer(503) if got.event["msgtype"] == "image" else vendor(got)) as (url, _):
        async with wecom(url, context(clock)) as bot:
            outcomes = [await bot.send(violation(attempt=number)) for number in (1, 2, 3, 4)]
    assert [isinstance(one, Retry) for one in outcomes] == [True, True, True, False]
    assert len(vendor.taken) == 1


async def test_text_that_is_refused_for_good_is_given_up_and_a_picture_that_is_is_left_out() -> None:
    clock = SimulatedClock(START)
    refuse = Answer(200, {}, b'{"errcode": 40008}')
    with group("wecom", clock, lambda _: refuse) as (url, _):
        async with wecom(url, context(clock)) as bot:
            assert await bot.send(notice()) == Rejected(f"http://127.0.0.1: {said('wecom', 40008)}")
    vendor = Wecom(clock)
    with group("wecom", clock, lambda got: refuse if got.event["msgtype"] == "image" else vendor(got)) as (url, _):
        async with wecom(url, context(clock)) as bot:
            assert await bot.send(notice()) == Delivered()


def test_a_large_picture_is_made_smaller() -> None:
    noise = np.random.default_rng(5).integers(0, 255, (1080, 1920, 3), np.uint8)
    large = encode_jpeg(noise, 95)
    small = fitted(large, 1_000_000)
    assert len(large) > 1_000_000
    assert small is not None
    assert len(small) <= 1_000_000
    assert cv2.imdecode(np.frombuffer(small, np.uint8), cv2.IMREAD_COLOR) is not None
    assert fitted(small, 1_000_000) is small
    assert fitted(large, 100) is None


async def test_sending_at_the_same_time_takes_no_more_than_fits() -> None:
    clock = SimulatedClock(START)
    with group("dingtalk", clock) as (url, vendor):
        async with channel("dingtalk", url, clock, per_minute=6, fire_reserve=2) as bot:
            outcomes = await asyncio.gather(*(bot.send(violation(name=f"01V{number}")) for number in range(20)))
    assert sum(one == Delivered() for one in outcomes) == 4
    assert (len(vendor.taken), vendor.refused) == (4, [])


def test_an_address_is_a_secret() -> None:
    config: PeopleChannel = WecomChannel.model_validate({"type": "wecom", "name": "a", "url": f"http://x/?key={KEY}"})
    assert KEY not in repr(config) + str(config) + config.model_dump_json()
