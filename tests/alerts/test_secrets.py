"""Secrets never leak: not into logs, errors, what the API and the commands say, nor into the text of exceptions.

Every secret that the settings know is given, marked, and looked for in everything that is said; so are those that the
program makes itself. A new one is found by its type, or by the name of its column.
"""

import asyncio
import base64
import contextlib
import copy
import json
import logging
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

import xinan
from alerts.access import totp
from alerts.access.roles import Permission, Role
from alerts.access.secret_box import box_of, store_box_of
from alerts.access.tokens import TokenOrder
from alerts.config import Settings, load_settings
from alerts.db import schema
from alerts.db.accounts import Accounts, By
from alerts.db.push_devices import VAPID_KEY
from alerts.db.sign_ins import DEVICE_KEY
from alerts.db.store import Store
from alerts.delivery.deliver import Deliverer
from alerts.errors import SettingsError, StoreError
from alerts.record.actor import Actor
from alerts.web.routes import declared
from streams.clock import SystemClock
from tests.alerts.databases import Postgres
from tests.alerts.push_service import Browser
from tests.alerts.receiver import Answer, Receiver
from tests.alerts.secrets import MARK, NOBODY, as_toml, marked_in, models, raw_settings, secret_fields
from tests.alerts.web.console import Parts

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of modules that Apprise loads
OWN = re.compile(r"hash|sha256|secret|password|totp|^auth$|code")
"""Columns of what the program made itself and nobody else may know."""
SHOWN = {("records", "hash"), ("records", "prev_hash"), ("users", "totp_step")}
"""Columns that are there to be seen: the seals of the record; and the number of half a minute."""


def leaks(text: str, secrets: set[str]) -> list[str]:
    """Where in the text a secret stands, with what is around it."""
    return [text[max(0, text.index(one) - 60) : text.index(one) + 60] for one in secrets if one in text]


def test_every_secret_of_the_settings_is_looked_for(tmp_path: Path) -> None:
    settings = Settings.model_validate(raw_settings(tmp_path, postgres=True))
    known = {(model.__name__, name) for model in models() for name in secret_fields(model)}
    marked = set(marked_in(settings))
    missing = {(model, name) for model, name in known if not any(name == one for _, one in marked)}
    assert missing == set()
    assert len(marked) >= 16


def test_settings_say_none_of_theirs(tmp_path: Path) -> None:
    settings = Settings.model_validate(raw_settings(tmp_path, postgres=True))
    outlets = [*settings.webhooks, *settings.channels]
    said = [repr(settings.cameras), repr(settings.store), repr(settings.people), str(settings.cameras)]
    said += [one.model_dump_json() for one in (*settings.cameras, *settings.people, settings.store)]
    said += [repr(one) for one in outlets if type(one).__name__ not in ("WebhookConfig", "CapChannel")]
    assert leaks("\n".join(said), {MARK}) == []


def broken(raw: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The paths to all marked values."""
    if isinstance(raw, dict | list):
        for key, value in raw.items() if isinstance(raw, dict) else enumerate(raw):
            yield from broken(value, (*where, key))
    elif isinstance(raw, str) and MARK in raw:
        yield where, raw


PLACES = [where for where, _ in broken(raw_settings(Path("x"), postgres=True))]


@pytest.mark.parametrize("where", PLACES, ids=lambda where: ".".join(map(str, where)))
def test_settings_that_are_refused_say_none_of_theirs(tmp_path: Path, where: tuple[Any, ...]) -> None:
    for wrong in ([MARK], {"x": MARK}, f"\x00{MARK}", f"http://a:{MARK}@[:70000/ {MARK}", f"{MARK}" * 4000):
        raw = copy.deepcopy(raw_settings(tmp_path, postgres=True))
        level: Any = raw
        for part in where[:-1]:
            level = level[part]
        level[where[-1]] = wrong
        file = tmp_path / "xinan.toml"
        file.write_text(as_toml(raw).replace("\x00", "\\u0000"), "utf-8")
        try:
            load_settings(file)
        except SettingsError as error:
            assert leaks(str(error), {MARK}) == [], where
    key = ".".join(map(str, where))
    for override in (f"{key}.x={MARK}", f"{key}={MARK}={MARK}", f"{key}=[{MARK}", f"{key}:rtsp://a:{MARK}@b/"):
        file.write_text(as_toml(raw_settings(tmp_path)), "utf-8")
        try:
            load_settings(file, [override])
        except SettingsError as error:
            assert "rtsp" in override or leaks(str(error), {f"{MARK}@"}) == []


# A console with all of them


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    built = Parts.build(Settings.model_validate(raw_settings(tmp_path / "store")), SystemClock())
    yield built
    built.close()


def own_secrets(parts: Parts) -> set[str]:
    """What the program made, as the database has it: hashes, keys of phones, sealed secrets, its own keys."""
    found: set[str] = set()
    with parts.store.reading() as connection:
        for table in schema.metadata.tables.values():
            for column in table.columns:
                if OWN.search(column.name) and (table.name, column.name) not in SHOWN:
                    found |= {str(value) for value in connection.scalars(select(column)) if value}
        own = schema.meta.c.key.in_((VAPID_KEY, DEVICE_KEY))
        sealed = [(row.key, row.value) for row in connection.execute(select(schema.meta).where(own))]
    assert len(sealed) == 2
    box = store_box_of(parts.settings.store.path)
    return found | {value for _, value in sealed} | {box.open(key, value) for key, value in sealed}


async def everything_happens(parts: Parts, client: httpx.AsyncClient) -> set[str]:
    """Alerts, notices to every channel, a phone, a token, a link, an account. The secrets that came of it."""
    await parts.enter(client)
    made = {cookie.value or "" for cookie in client.cookies.jar}
    made.add(await asyncio.to_thread(parts.access.issue_link))
    _, secret = parts.tokens.add(TokenOrder("x", Role.OPERATOR, frozenset(Permission) - {Permission.ADMIN,
        Permission.RECORDS}), Actor("Wang", "console"))  # fmt: skip
    made.add(secret)
    assert parts.told is not None
    phone = Browser()
    answer = await client.post(
        "/api/push/devices", json={"name": "Pixel", "subscription": phone.subscription(f"http://{NOBODY}/{MARK}push")}
    )
    assert answer.status_code == 201, answer.text
    made.add(base64.urlsafe_b64encode(phone.auth).rstrip(b"=").decode())
    made |= await an_account(parts, client)
    parts.online(detail="gone")
    for hazard in ("flame", "clutter"):
        alert = parts.raise_alert(0, hazard)
        made.add(parts.answer_link(alert).rpartition("#")[2].partition("/")[0])
    return made - {""}


async def an_account(parts: Parts, admin: httpx.AsyncClient) -> set[str]:
    """One that chooses a password by its link, sets up the second step and logs in by both; a wrong try, too."""
    added = await admin.post("/api/users", json={"id": "li", "name": "Li", "role": "operator"})
    link = added.json()["path"].partition("#")[2]
    async with parts.client() as li:
        assert (await li.post("/enter", json={"token": link, "password": f"{MARK}Password"})).status_code == 200
        first = {cookie.value or "" for cookie in li.cookies.jar}
        shown = (await li.post("/api/me/totp", json={"password": f"{MARK}Password"})).json()
        code = totp.code_at(shown["secret"], totp.step_at(parts.clock.now()))
        assert (await li.put("/api/me/totp", json={"code": code})).status_code == 200
        wrong = {"account": "li", "password": f"{MARK}Wrong", "code": code}
        assert (await li.post("/enter/login", json=wrong)).status_code == 403
        later = totp.code_at(shown["secret"], totp.step_at(parts.clock.now()) + 1)
        body = {"account": "li", "password": f"{MARK}Password", "code": later}
        answer = await li.post("/enter/login", json=body)
        assert answer.status_code == 200, answer.text
        return {link, shown["secret"], *first, *(cookie.value or "" for cookie in li.cookies.jar)}


async def notices_are_tried(parts: Parts) -> None:
    """Every channel has been asked, in vain."""
    names = {name for name in parts.settings.expiry_s if name != "phones"}

    def tried() -> set[str]:
        alerts = parts.desk.alerts()
        return {one.channel for alert in alerts for one in parts.desk.deliveries(alert.id) if one.attempts}

    async with Deliverer(parts.store, parts.notifiers, parts.clock, random.Random(1), parts.desk.where, parts.links):
        async with asyncio.timeout(20):
            while not names <= await asyncio.to_thread(tried):
                await asyncio.sleep(0.05)


async def all_that_is_said(parts: Parts, client: httpx.AsyncClient) -> list[str]:
    """Of every GET, to an administrator, and of errors."""
    alerts = [alert.id for alert in parts.desk.alerts()]
    said = []
    for route in declared(parts.app):
        if route.method != "GET" or route.path in ("/api/events", "/api/phone/events"):
            continue
        for alert_id, camera in zip(alerts, ("shed", "patrol"), strict=False):
            path = route.path.replace("{alert_id}", alert_id).replace("{name}", camera)
            answer = await client.get(re.sub(r"\{\w+\}", "x", path))
            said.append(f"{path}\n{answer.headers}\n{answer.content.decode('latin-1')}")
    for path, headers, body in (
        ("/whip/patrol", {"authorization": "Bearer x", "content-type": "application/sdp"}, b"v=0"),
        ("/whip/patrol", {"authorization": f"Bearer {MARK}-phone-token", "content-type": "application/sdp"}, b"v=0"),
        ("/enter", {}, b'{"token": "wrong"}'),
        ("/api/tokens", {}, b"{"),
        ("/api/cameras/shed/whep", {"content-type": "application/sdp"}, b"v=0"),
    ):
        answer = await client.post(path, headers=headers, content=body)
        assert answer.status_code >= 400
        said.append(f"{path}\n{answer.headers}\n{answer.text}")
    return said


async def test_the_console_says_none(parts: Parts, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with parts.client() as client:
            made = await everything_happens(parts, client)
            await notices_are_tried(parts)
            secrets = made | own_secrets(parts) | {MARK}
            said = await all_that_is_said(parts, client)
    assert len(secrets) > 8
    for answer in said:
        assert leaks(answer, secrets) == [], answer[:80]
    heard = "\n".join(f"{record.name} {record.getMessage()} {record.exc_text or ''}" for record in caplog.records)
    assert "hook" in heard  # it was listened
    assert leaks(heard, secrets) == []
    errors = [one.last_error for alert in parts.desk.alerts() for one in parts.desk.deliveries(alert.id)]
    assert any(errors) and leaks("\n".join(errors), secrets) == []


@pytest.mark.parametrize("status", [302])
async def test_what_a_receiver_answers_leads_to_no_leak(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """It gives back all that it got."""

    def echo(got: Any) -> Answer:
        said = f"{got.path} {dict(got.headers)}".encode()
        return Answer(status, {"Location": f"http://{NOBODY}{got.path}"}, said)

    with Receiver(echo) as receiver, caplog.at_level(logging.DEBUG):
        raw = json.loads(json.dumps(raw_settings(tmp_path / "store")).replace(NOBODY, receiver.url.split("/")[2]))
        raw["channels"] = [one for one in raw["channels"] if one["type"] not in ("mqtt", "email", "push")]
        parts = Parts.build(Settings.model_validate(raw), SystemClock())
        parts.raise_alert()
        await notices_are_tried(parts)
        alerts = parts.desk.alerts()
        errors = [one.last_error for alert in alerts for one in parts.desk.deliveries(alert.id)]
        parts.close()
    heard = "\n".join(record.getMessage() for record in caplog.records)
    assert leaks(heard, {MARK}) == []
    assert leaks("\n".join(errors), {MARK}) == []


# Commands


def with_an_account(folder: Path) -> None:
    with contextlib.closing(Store.open(folder)) as store:
        accounts = Accounts(store, SystemClock())
        accounts.add("li", "", Role.ADMIN, None, None, By("x"))
        accounts.set_password("li", f"$argon2id${MARK}", By("x"))
        accounts.set_totp("li", box_of(folder).seal("li", MARK), 1, By("x"))
        accounts.add_link(MARK, "li", By("x"))


@pytest.mark.parametrize(
    ("words", "postgres"),
    [
        (["check"], False),
        (["check", "--no-connect"], True),
        (["places"], False),
        (["outbox"], False),
        (["outbox"], True),
        (["tokens", "list"], False),
        (["users", "list"], False),
        (["tokens", "add", "x", "--role", "admin", "--scope", "see"], True),
        (["verify"], True),
        (["channels", "test"], False),
        (["doctor"], False),
    ],
    ids=str,
)
def test_commands_say_none(tmp_path: Path, caplog: pytest.LogCaptureFixture, words: list[str], postgres: bool) -> None:
    with_an_account(tmp_path / "store")
    file = tmp_path / "xinan.toml"
    file.write_text(as_toml(raw_settings(tmp_path / "store", postgres=postgres)), "utf-8")
    with caplog.at_level(logging.DEBUG):
        result = CliRunner().invoke(xinan.app, [*words, *([] if words == ["doctor"] else ["-c", str(file)])])
    assert result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert leaks(result.output, {MARK}) == []
    assert leaks("\n".join(record.getMessage() for record in caplog.records), {MARK}) == []


def test_a_database_that_refuses_says_none(tmp_path: Path, postgres: Postgres) -> None:
    right = postgres.fresh().get_secret_value()
    wrong = re.sub(r"//[^@]*@", f"//xinan:{MARK}@", right)
    for address in (wrong, wrong + f"?password={MARK}", f"postgresql://xinan:{MARK}@{NOBODY}/x?options={MARK}"):
        settings = Settings.model_validate({"store": {"url": address}})
        with pytest.raises(StoreError) as refused:
            Store.open(tmp_path, settings.store.url)
        assert leaks(f"{refused.value} {refused.value!r} {refused.value.__cause__}", {MARK}) == []
