"""The links of notices: who may say what, once; and who may not."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.alert import Alert
from alerts.errors import StoreError
from alerts.lifecycle import ChangeKind
from alerts.routing.recipient import Recipient
from alerts.track.answer_links import KEY_FILE, AnswerLinks, answer_key, hash_of
from alerts.track.step import ANSWERS, StepKind
from alerts.web.answers_api import MOST_ANSWERS
from alerts.web.tries import MAX_TRIES
from streams.clock import SimulatedClock
from tests.alerts.making import alert, at
from tests.alerts.web.console import Parts

K = StepKind


def token_of(link: str) -> str:
    return link.split("#")[1].split(".")[0]


class Phone:
    """Somebody who has the link of a notice, and no session."""

    def __init__(self, client: httpx.AsyncClient, parts: Parts, alert: Alert, person: str = "王秀英") -> None:
        self.client, self.token = client, token_of(parts.answer_link(alert, person))

    async def show(self, **more: Any) -> httpx.Response:
        return await self.client.post("/answer/show", json={"token": self.token, **more})

    async def say(self, answer: str, round: int = 0, **more: Any) -> httpx.Response:
        body = {"token": self.token, "answer": answer, "round": round, **more}
        return await self.client.post("/answer", json=body)


async def test_an_answer_is_a_step_in_the_person_s_name(parts: Parts, stranger: httpx.AsyncClient) -> None:
    fire = parts.raise_alert()
    phone = Phone(stranger, parts, fire)
    page = (await phone.show()).json()
    assert (page["words"]["zh"], page["place"]["zh"], page["stage"]) == ("明火", "3 号车棚", "firing")
    assert set(page["at_hand"]) == {"contacts", "extinguisher", "hydrant", "power_cutoff"} and not page["exercise"]
    assert page["offered"] == [kind.value for kind in ANSWERS if kind is not K.FALSE_ALARM]
    for number, answer in enumerate(("accepted", "on_the_way", "there", "dealt_with"), 1):
        said = await phone.say(answer, name="somebody else")
        assert said.status_code == 200 and said.json()["said"] == answer
        assert len(parts.desk.track(fire.id)[1].steps) == number
    assert {(step.by, step.via) for step in parts.desk.track(fire.id)[1].steps} == {("王秀英", "bot")}
    assert said.json()["done_by"] == "王秀英"


async def test_the_page_shows_no_more_than_a_push(parts: Parts, stranger: httpx.AsyncClient) -> None:
    fire = parts.raise_alert()
    text = (await Phone(stranger, parts, fire).show()).text
    assert not [word for word in (fire.id, fire.camera, "evidence", "snapshot", "fingerprint") if f'"{word}"' in text]


async def test_an_answer_that_is_sent_again_changes_nothing(parts: Parts, stranger: httpx.AsyncClient) -> None:
    fire = parts.raise_alert()
    phone = Phone(stranger, parts, fire)
    answers = [await phone.say(kind) for kind in ("accepted", "accepted", "on_the_way", "accepted", "on_the_way")]
    assert {answer.status_code for answer in answers} == {200}
    assert [step.kind for step in parts.desk.track(fire.id)[1].steps] == [K.ACCEPTED, K.ON_THE_WAY]


async def test_an_answer_from_before_it_came_back_does_not_count(parts: Parts, stranger: httpx.AsyncClient) -> None:
    fire = parts.raise_alert()
    phone = Phone(stranger, parts, fire)
    await phone.say("dealt_with")
    parts.desk.step(fire.id, K.REOPENED, by="Wang")
    late = await phone.say("dealt_with", round=0)
    assert (late.status_code, late.json()["code"], late.json()["page"]["round"]) == (409, "changed", 1)
    assert parts.desk.track(fire.id)[1].said.done is None
    assert (await phone.say("accepted", round=1)).status_code == 200


async def test_a_false_alarm_needs_a_reason_and_ends_the_answers(parts: Parts, stranger: httpx.AsyncClient) -> None:
    fire = parts.raise_alert()
    phone, other = Phone(stranger, parts, fire), Phone(stranger, parts, fire, "李")
    assert (await phone.say("there")).status_code == 200
    assert (await phone.say("false_alarm")).status_code == 422
    assert (await phone.say("false_alarm", reason="reflection")).json()["offered"] == []
    assert parts.desk.alert(fire.id).false_alarm_reason == "reflection"
    late = await other.say("accepted")
    assert (late.status_code, late.json()["code"], late.json()["page"]["false_by"]) == (409, "judged_false", "王秀英")
    assert set(late.json()) == {"error", "detail", "code", "page"}


async def test_a_fire_is_called_false_by_whoever_is_there(parts: Parts, stranger: httpx.AsyncClient) -> None:
    """By a link as by whoever is logged in: it ends all calls."""
    fire, case = parts.raise_alert(), parts.raise_alert(1, "clutter")
    phone = Phone(stranger, parts, fire)
    for answer in ("accepted", "on_the_way"):
        page = (await phone.say(answer)).json()
        assert ("false_alarm" in page["offered"], page["false_when_there"]) == (False, True)
    early = await phone.say("false_alarm", reason="reflection")
    assert (early.status_code, early.json()["code"], parts.desk.alert(fire.id).false_alarm_at) == (
        409,
        "not_there",
        None,
    )
    page = (await phone.say("there")).json()
    assert ("false_alarm" in page["offered"], page["false_when_there"]) == (True, False)
    assert (await phone.say("false_alarm", reason="reflection")).status_code == 200
    violation = Phone(stranger, parts, case)
    assert "false_alarm" in (await violation.show()).json()["offered"]
    assert (await violation.say("false_alarm", reason="moved")).status_code == 200


async def test_the_link_of_a_channel_asks_who_it_is(parts: Parts, stranger: httpx.AsyncClient) -> None:
    fire = parts.raise_alert()
    phone = Phone(stranger, parts, fire, person="")
    assert (await phone.show()).json()["person"] == ""
    nobody = await phone.say("accepted", name=" \n ")
    assert (nobody.status_code, nobody.json()["detail"]) == (422, "name: say who you are")
    for name in ("张伟", "刘洋"):
        assert (await phone.say("accepted", name=f" {name}\x00 ")).status_code == 200
    page = (await phone.show(name="刘洋")).json()
    assert [one["name"] for one in page["responders"]] == ["张伟", "刘洋"]
    assert (page["said"], page["offered"][0]) == ("accepted", "on_the_way")


async def test_only_what_the_link_allows(parts: Parts, stranger: httpx.AsyncClient) -> None:
    fire = parts.raise_alert()
    phone = Phone(stranger, parts, fire)
    await phone.say("dealt_with")
    assert (await phone.say("closed", reason="x")).status_code == 403
    assert (await phone.say("reopened")).status_code == 403
    assert (await phone.say("explode")).status_code == 422


async def test_fetching_a_link_ahead_says_nothing(parts: Parts, stranger: httpx.AsyncClient) -> None:
    """A preview or a mail scanner sees the address without its fragment, and makes a GET or HEAD of it."""
    fire = parts.raise_alert()
    link = parts.answer_link(fire, "王秀英")
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
        await stranger.request(method, link)
        await stranger.request(method, f"{link.split('#')[0]}?token={token_of(link)}&answer=accepted")
    assert parts.desk.track(fire.id)[1].steps == ()


async def test_a_foreign_page_cannot_answer(parts: Parts, stranger: httpx.AsyncClient) -> None:
    phone = Phone(stranger, parts, parts.raise_alert())
    del stranger.headers["x-xinan"]
    assert (await phone.say("accepted")).status_code == 403
    stranger.headers["x-xinan"] = "x"
    stranger.headers["origin"] = "https://evil.example"
    assert (await phone.say("accepted")).status_code == 403


async def test_a_link_expires(parts: Parts, stranger: httpx.AsyncClient, clock: SimulatedClock) -> None:
    phone = Phone(stranger, parts, parts.raise_alert())
    clock.step(24 * 3600 - 1)
    assert (await phone.show()).status_code == 200
    clock.step(1)
    assert (await phone.show()).status_code == 403
    assert (await phone.say("accepted")).status_code == 403


@pytest.mark.parametrize("token", ["x", "A" * 43, "明", "' OR 1=1--", "../..", "\x00"])
async def test_a_wrong_token_opens_nothing(parts: Parts, stranger: httpx.AsyncClient, token: str) -> None:
    parts.raise_alert()
    answer = await stranger.post("/answer/show", json={"token": token})
    assert (answer.status_code, set(answer.json())) == (403, {"error", "detail"})


async def test_guessing_is_slowed_down(parts: Parts, stranger: httpx.AsyncClient, clock: SimulatedClock) -> None:
    phone = Phone(stranger, parts, parts.raise_alert())
    for _ in range(MAX_TRIES):
        assert (await stranger.post("/answer/show", json={"token": "x"})).status_code == 403
    slow = await stranger.post("/answer/show", json={"token": "x"})
    assert slow.status_code == 429 and int(slow.headers["retry-after"]) > 0
    assert (await phone.show()).status_code == 200, "whoever has a link is never locked out by a stranger"
    clock.step(60)
    assert (await stranger.post("/answer/show", json={"token": "x"})).status_code == 403


async def test_a_link_is_not_for_a_flood(parts: Parts, stranger: httpx.AsyncClient) -> None:
    phone = Phone(stranger, parts, parts.raise_alert())
    statuses = [(await phone.say("accepted")).status_code for _ in range(MOST_ANSWERS + 1)]
    assert statuses == [200] * MOST_ANSWERS + [429]


async def test_no_token_is_kept_or_logged(
    parts: Parts, stranger: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fire = parts.raise_alert()
    phone = Phone(stranger, parts, fire)
    await phone.say("accepted")
    await phone.say("explode")
    parts.close()
    kept = b"".join(path.read_bytes() for path in parts.settings.store.path.rglob("*") if path.is_file())
    assert phone.token.encode() not in kept and hash_of(phone.token).encode() in kept
    ours = [record for record in caplog.records if record.name.startswith("alerts")]
    assert ours and not [record for record in ours if phone.token in record.getMessage()]


def test_the_same_notice_has_the_same_links_and_another_has_others() -> None:
    made = AnswerLinks(b"k" * 32, "https://console.example.org", None)  # type: ignore[arg-type]
    first = made.urls("01A", ChangeKind.FIRED)
    assert list(first) == [kind.value for kind in ANSWERS]
    assert first == made.urls("01A", ChangeKind.FIRED)
    assert not set(first.values()) & set(made.urls("01B", ChangeKind.FIRED).values())
    other = AnswerLinks(b"l" * 32, "https://console.example.org", None)  # type: ignore[arg-type]
    assert not set(first.values()) & set(other.urls("01A", ChangeKind.FIRED).values())
    assert first["there"].startswith("https://console.example.org/answer#") and first["there"].endswith(".there")
    assert len(token_of(first["there"])) == 43


@pytest.mark.parametrize("kind", [ChangeKind.RESOLVED, ChangeKind.ACKNOWLEDGED, ChangeKind.FALSE_ALARM])
def test_a_notice_of_what_has_been_done_asks_nothing(kind: ChangeKind) -> None:
    assert AnswerLinks(b"k" * 32, "https://x", None).urls("01A", kind) == {}  # type: ignore[arg-type]


def test_the_key_is_made_once_for_the_owner_only(tmp_path: Path) -> None:
    key = answer_key(tmp_path)
    assert len(key) == 32 and answer_key(tmp_path) == key
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0
    (tmp_path / KEY_FILE).write_bytes(b"short")
    with pytest.raises(StoreError, match=r"answers\.key: not a key of 32 bytes"):
        answer_key(tmp_path)
    with pytest.raises(StoreError, match="Not a directory"):
        answer_key(tmp_path / KEY_FILE)


@pytest.mark.parametrize(
    "body", [{}, {"token": "x"}, {"token": "x", "answer": "accepted", "round": -1}, {"token": "x" * 101}, [], 5]
)
async def test_what_is_no_answer(stranger: httpx.AsyncClient, body: object) -> None:
    assert (await stranger.post("/answer", json=body)).status_code == 422


@pytest.mark.parametrize(
    ("recipient", "person"),
    [
        (Recipient("li", "李阿姨"), "李阿姨"),
        (Recipient("li"), "李阿姨"),
        (Recipient("wang"), "wang"),
        (Recipient(person="门卫"), "门卫"),
    ],
)
def test_a_repeated_notice_is_answered_in_the_same_name(recipient: Recipient, person: str) -> None:
    links = AnswerLinks(b"k" * 32, "https://x", timedelta(hours=1), {"li": "李阿姨"})
    assert links.row("again", alert("01A"), recipient, "bot", at(0)).person == person
