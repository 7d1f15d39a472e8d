"""Mail to a real server: what arrives, what is encrypted, and what each refusal means."""

import asyncio
import logging
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from alerts.config import Settings
from alerts.errors import SettingsError
from alerts.notifiers.base import Delivered, Missed, Outcome, Rejected, Retry
from alerts.notifiers.build import build_notifiers
from alerts.notifiers.mail import MailNotifier
from alerts.record.actor import Actor
from alerts.routing.people_channels import EmailChannel
from alerts.routing.recipient import Recipient
from tests.alerts.certificates import certificate
from tests.alerts.delivery.test_deliver import Office, until
from tests.alerts.mail_server import PASSWORD, Mailbox, mail_server
from tests.alerts.making import jpeg
from tests.alerts.receiver import free_port, raw_server
from tests.alerts.told import ANSWERS, context, notice

WHERE = "smtp://127.0.0.1"
TO = ["a@team.example", "b@team.example"]


async def send(port: int, *notices: Any, picture: bytes | None = None, **given: Any) -> list[Outcome]:
    values = {
        "type": "email",
        "name": "mail",
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender": "xinan@lane12.example",
        "to": TO,
        **given,
    }
    notifier = MailNotifier(EmailChannel.model_validate(values), context(picture=picture))
    try:
        return [await notifier.send(one) for one in notices or (notice(),)]
    finally:
        await notifier.close()


def part(mail: EmailMessage, kind: str) -> EmailMessage:
    [found] = [one for one in mail.walk() if one.get_content_type() == kind]
    assert isinstance(found, EmailMessage)
    return found


async def test_what_arrives() -> None:
    box = Mailbox()
    async with mail_server(box) as port:
        assert await send(port, notice(answers=ANSWERS)) == [Delivered()]
    [(mail, to)] = box.taken
    assert to == TO
    assert mail["Subject"] == "明火 · 7号车棚 · 通道"
    assert mail["From"] == "Xin'an 心安 <xinan@lane12.example>"
    assert mail["To"] == "undisclosed-recipients:;"
    assert mail["Message-ID"] == "<01NOTICE@lane12.example>"
    assert (mail["X-Priority"], mail["Auto-Submitted"]) == ("1", "auto-generated")
    assert mail["Date"] == "Sun, 01 Mar 2026 08:00:20 +0000"
    text = part(mail, "text/plain").get_content().replace("\r\n", "\n")
    assert text.startswith("明火 · 7号车棚 · 通道\n\n地点：7号车棚 · 通道\n")
    page = part(mail, "text/html").get_content()
    picture = part(mail, "image/jpeg")
    assert ANSWERS["accepted"] in page
    assert f"cid:{picture['Content-ID'].strip('<>')}" in page
    assert picture.get_content() == jpeg()
    assert mail.get_content_type() == "multipart/alternative"


async def test_all_notices_of_an_alert_are_a_thread_and_a_second_copy_is_known() -> None:
    box = Mailbox()
    async with mail_server(box) as port:
        await send(port, notice(), notice(attempt=2), notice("resolved", "01LATER"))
    first, again, later = (mail for mail, _ in box.taken)
    assert first["Message-ID"] == again["Message-ID"] != later["Message-ID"]
    assert first["References"] == later["References"] == "<alert.01ALERT@lane12.example>"
    assert later["X-Priority"] is None
    assert [one.get_content_type() for one in later.walk()] == ["multipart/alternative", "text/plain", "text/html"]


async def test_a_person_s_own_address() -> None:
    box = Mailbox()
    async with mail_server(box) as port:
        [outcome] = await send(port, notice(recipient=Recipient("zhang", "张三", "zhang@home.example", "en")))
        [wrong] = await send(port, notice(recipient=Recipient(address="a@b\r\nBcc: c@d")))
    assert outcome == Delivered()
    assert isinstance(wrong, Rejected)
    [(mail, to)] = box.taken
    assert (mail["To"], to) == ("zhang@home.example", ["zhang@home.example"])
    assert mail["Subject"].startswith("Flame")


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_encrypted_and_logged_in(security: str, tmp_path: Path) -> None:
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made, key = certificate(tmp_path, "127.0.0.1")
    server_tls.load_cert_chain(made, key)
    box = Mailbox()
    async with mail_server(box, server_tls, starttls=security == "starttls", login=True) as port:
        trusted: dict[str, Any] = {"security": security, "ca_file": made, "username": "xinan"}
        assert await send(port, **trusted, password=PASSWORD) == [Delivered()]
        wrong = await send(port, **trusted, password="wr0ng")
        untrusted = await send(port, security=security, username="xinan", password=PASSWORD)
    assert wrong == [Retry(f"{WHERE}: 535: name or password is refused", 60.0)]
    assert untrusted == [Retry(f"{WHERE}: its certificate is not trusted", 60.0)]
    assert len(box.taken) == 1


async def test_no_password_goes_in_the_clear() -> None:
    """Also not where the server does not offer encryption."""
    box = Mailbox()
    async with mail_server(box, login=True) as port:
        [outcome] = await send(port, security="starttls", username="xinan", password=PASSWORD)
    assert outcome == Retry(f"{WHERE}: does not offer encryption (STARTTLS)", 60.0)
    assert box.taken == []


@pytest.mark.parametrize(
    ("box", "outcome"),
    [
        (
            Mailbox({TO[0]: "550 no such user"}),
            Delivered({1: Missed(f"{WHERE}: 550: the receiver is refused", for_good=True)}),
        ),
        (
            Mailbox({TO[1]: "450 greylisted"}),
            Delivered({2: Missed(f"{WHERE}: 450: the receiver is refused", for_good=False)}),
        ),
        (Mailbox(dict.fromkeys(TO, "550 no such user")), Rejected(f"{WHERE}: 550: every recipient is refused")),
        (Mailbox(dict.fromkeys(TO, "450 greylisted")), Retry(f"{WHERE}: 450: every recipient is refused")),
        (
            Mailbox({TO[0]: "550 no such user", TO[1]: "450 later"}),
            Retry(f"{WHERE}: 550: every recipient is refused"),
        ),
        (Mailbox(data="552 too large"), Rejected(f"{WHERE}: 552: the mail is refused")),
        (Mailbox(data="451 later"), Retry(f"{WHERE}: answered 451")),
    ],
)
async def test_what_refusals_mean(box: Mailbox, outcome: Outcome) -> None:
    async with mail_server(box) as port:
        assert await send(port) == [outcome]


async def test_a_receiver_that_is_refused_is_told_by_itself_or_seen_to_be_a_dead_letter(tmp_path: Path) -> None:
    office = Office(tmp_path)
    box = Mailbox({"a@team.example": "550 no such user", "b@team.example": "450 greylisted"})
    async with mail_server(box) as port:
        values = {"type": "email", "name": "mail", "host": "127.0.0.1", "port": port, "security": "none"}
        values |= {"sender": "xinan@team.example", "to": [*TO, "c@team.example"]}
        channels = build_notifiers(Settings.model_validate({"channels": [values]}), office.clock)
        office.tell("01A", "mail")
        async with office.delivering(**channels) as deliverer:
            await until(lambda: office.counts("mail") == (1, 1, 1))
            assert [to for _, to in box.taken] == [["c@team.example"]]
            box.recipients.clear()
            office.clock.step(61)
            deliverer.wake()
            await until(lambda: office.counts("mail") == (0, 2, 1))
            [dead] = office.store.dead()
            assert (dead.person, dead.last_error) == ("#1", "smtp://127.0.0.1: 550: the receiver is refused")
            office.store.resend([dead.id], office.clock.now(), Actor("li", "test"))
            await until(lambda: office.counts("mail") == (0, 3, 0))
    office.store.close()
    assert [to for _, to in box.taken] == [["c@team.example"], ["b@team.example"], ["a@team.example"]]
    assert len({str(mail["Message-ID"]) for mail, _ in box.taken}) == 3


async def test_a_receiver_that_is_no_longer_named_is_not_told(tmp_path: Path) -> None:
    async with mail_server(Mailbox()) as port:
        [outcome] = await send(port, notice(recipient=Recipient.one_of(3)))
    assert outcome == Rejected(f"{WHERE}: there is no receiver 3 any more")


async def test_nobody_listens_and_a_server_that_is_none() -> None:
    assert await send(free_port()) == [Retry(f"{WHERE}: SMTPConnectError")]

    async def junk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await writer.drain()

    async with raw_server(junk) as url:
        [outcome] = await send(int(url.rsplit(":", 1)[1].strip("/")))
    assert isinstance(outcome, Retry)


async def test_a_server_that_hangs_or_drips_is_left() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"2")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with asyncio.timeout(20), raw_server(drip) as url:
        outcomes = await send(int(url.rsplit(":", 1)[1].strip("/")), timeout_s=0.4)
    assert outcomes == [Retry(f"{WHERE}: no answer within 0.4 s")]


async def test_no_secret_and_no_address_of_a_person_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with mail_server(Mailbox(dict.fromkeys(TO, "550 no such user a@team.example"))) as port:
        outcomes = await send(port)
    ours = [record for record in caplog.records if not record.name.startswith(("mail.", "asyncio"))]
    said = "".join(record.getMessage() for record in ours) + repr(outcomes)
    assert "team.example" not in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"security": "none", "username": "a", "password": "b"}, "only sent encrypted"),
        ({"username": "a"}, "both or neither"),
        ({"sender": "nobody"}, "not an e-mail address"),
        ({"to": ["a@b\r\nBcc: c@d"]}, "not an e-mail address"),
        ({"to": []}, "at least 1"),
    ],
)
def test_settings_that_are_refused(given: dict[str, Any], said: str) -> None:
    values = {"type": "email", "name": "m", "host": "x", "sender": "a@b", "to": ["c@d"], **given}
    with pytest.raises(ValueError, match=said):
        Settings.model_validate({"channels": [values]})


def test_certificates_that_are_not_there_are_named(tmp_path: Path) -> None:
    values = {"type": "email", "name": "m", "host": "x", "sender": "a@b", "to": ["c@d"], "ca_file": tmp_path / "no.pem"}
    with pytest.raises(SettingsError, match=r"channels: m: ca_file: .*no\.pem: No such file"):
        build_notifiers(Settings.model_validate({"channels": [values]}))
