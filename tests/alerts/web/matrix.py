"""Every route × somebody × what is theirs, somebody else's and nobody's. What must come of it follows from what the
route itself declares; `ASKED` only says how each route is asked."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import delete, insert

from alerts.access.passwords import hashed
from alerts.access.principal import Principal
from alerts.access.roles import Permission, Role
from alerts.access.tokens import TokenOrder
from alerts.alert import Alert
from alerts.config import Settings
from alerts.db.accounts import Accounts, By
from alerts.db.schema_shift import drills
from alerts.evidence.kept import mark_of
from alerts.mute.rules import Scope, ScopeKind, SilenceKind
from alerts.mute.silences import Order
from alerts.plans.picture import PlanPicture
from alerts.record.actor import Actor
from alerts.shift.hand_overs import HandOvers
from alerts.shift.spans import Span
from alerts.web.caller import caller_of
from alerts.web.events import MAX_STREAMS
from alerts.web.phone_events import MOST_STREAMS
from alerts.web.routes import IN_ACCOUNT, IN_SESSION, OPEN, SIGNED_IN, Declared, declared
from tests.alerts.push_service import Browser
from tests.alerts.web.console import Parts, some_settings
from tests.alerts.web.painting import jpeg, paint

PASSWORD = "correct horse"
PHOTO = base64.b64encode(jpeg(paint(0))).decode()


@dataclass(frozen=True)
class Things:
    """What one side has. words: that must be in no answer to anybody else."""

    alert_id: str
    name: str
    place: str
    silence_id: str
    device_id: str
    delivery: str
    words: tuple[str, ...] = ()
    token_id: str = "0" * 16
    hand_over_id: str = "0123456789ABCDEFGHJKMNPQRS"
    drill_id: str = "0123456789ABCDEFGHJKMNPQRS"
    viewer: str = "nobody"
    account: str = "nobody"
    mark: str = "f" * 12


NOBODYS = Things("01NOTHERE", "not-there", "not-there", "0123456789ABCDEFGHJKMNPQRS", "f" * 16, "01NOTHERE")


@dataclass(frozen=True)
class Ask:
    """How a route is asked. body: JSON. named: for its path, where it is not of `Things`.

    needs: what the body, or the query, asks for beyond the route. by_id: it asks for one thing, so that what is not
    theirs is not there; else it may tell of nothing that is not theirs. anew: no two answers are the same.
    """

    query: str = ""
    body: Callable[[Things], Any] | None = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)
    needs: Permission | None = None
    by_id: bool = False
    anew: bool = False


def _step(kind: str, needs: Permission, **detail: Any) -> Ask:
    return Ask(body=lambda things: {"kind": kind, "detail": detail}, by_id=True, needs=needs)


def _bulk(action: str, needs: Permission) -> Ask:
    return Ask(
        body=lambda things: {"action": action, "reason": "steam", "alerts": [{"id": things.alert_id}]}, needs=needs
    )


def _silence(kind: str) -> Ask:
    def body(things: Things) -> dict[str, Any]:
        scope = {"place": things.place, "camera": things.name, "alert": things.alert_id}[kind]
        return {"scope_kind": kind, "scope": scope, "reason": "x", "minutes": 5, "fire": True, "by": "x"}

    return Ask(body=body)


def _report(things: Things) -> dict[str, Any]:
    return {"place": things.place, "hazard": "clutter", "photo": PHOTO}


def _device(things: Things) -> dict[str, Any]:
    return {"subscription": Browser().subscription("http://127.0.0.1:9/matrix")}


_ONE = Ask(by_id=True)
_WHY = Ask(body=lambda things: {"reason": "verify"}, by_id=True)
_EMPTY = Ask(body=lambda things: {})
_ENTRY = {"part": "groups", "value": {"name": "x", "members": ["x"]}, "by": "x"}
_SDP = {"content-type": "application/sdp"}

ASKED: dict[str, list[Ask]] = {
    "GET /healthz": [Ask()],
    "GET /enter": [Ask()],
    "GET /enter/{name}": [Ask(named={"name": "enter.js"})],
    "POST /enter": [Ask(body=lambda things: {"token": "x"})],
    "GET /": [Ask()],
    "GET /service-worker.js": [Ask()],
    "GET /console.webmanifest": [Ask()],
    "GET /icon-192.png": [Ask()],
    "GET /icon-512.png": [Ask()],
    "GET /icon-maskable-512.png": [Ask()],
    "GET /badge-96.png": [Ask()],
    "GET /static/{mark}/{name}": [Ask(named={"mark": "0123456789abcdef", "name": "main.js"})],
    "GET /answer": [Ask()],
    "POST /answer": [_EMPTY],
    "POST /answer/show": [_EMPTY],
    "POST /answer/picture": [_EMPTY],
    "GET /phone": [Ask()],
    "GET /phone/shell.js": [Ask()],
    "GET /phone/{name}": [Ask(named={"name": "phone.js"})],
    "GET /api/phone/now": [Ask()],
    "GET /api/phone/events": [Ask()],
    "GET /api/phone/alerts/{alert_id}": [_ONE],
    "GET /api/phone/alerts/{alert_id}/picture": [_ONE],
    "GET /api/phone/alerts/{alert_id}/live": [_ONE],
    "POST /api/phone/alerts/{alert_id}/answer": [
        Ask(body=lambda things: {"answer": "accepted", "round": 0}, by_id=True),
        Ask(body=lambda things: {"answer": "false_alarm", "reason": "steam", "round": 0}, by_id=True),
    ],
    "PUT /api/alerts/{alert_id}/photos/{key}": [
        Ask(body=lambda things: {"photo": PHOTO}, named={"key": "0123456789abcdef"}, by_id=True),
    ],
    "PUT /api/reports/{key}": [Ask(body=_report, named={"key": "0123456789abcdef"})],
    "GET /api/duty": [Ask()],
    "GET /api/duty.ics": [Ask()],
    "GET /patrol": [Ask()],
    "GET /patrol/{name}": [Ask(named={"name": "patrol.js"})],
    "POST /whip/{name}": [Ask(content=b"", headers=_SDP)],
    "DELETE /whip/{name}/{phone}": [Ask(named={"phone": "x"})],
    "POST /enter/link": [Ask(body=lambda things: {"token": "x"})],
    "POST /enter/login": [Ask(body=lambda things: {"account": "x", "password": "x"})],
    "GET /api/me": [Ask()],
    "POST /api/me/password": [Ask(body=lambda things: {"old": PASSWORD, "new": PASSWORD})],
    "POST /api/me/totp": [Ask(body=lambda things: {"password": PASSWORD}, anew=True)],
    "PUT /api/me/totp": [Ask(body=lambda things: {"code": "x"})],
    "POST /api/me/totp/off": [Ask(body=lambda things: {"password": PASSWORD, "code": ""})],
    "GET /api/me/sessions": [Ask()],
    "DELETE /api/me/sessions": [Ask()],
    "GET /api/users": [Ask()],
    "POST /api/users": [_EMPTY],
    "PATCH /api/users/{account}": [_EMPTY],
    "POST /api/users/{account}/two-step-off": [_EMPTY],
    "POST /api/users/{account}/leave": [_EMPTY],
    "DELETE /api/users/{account}": [Ask()],
    "POST /api/link": [replace(_EMPTY, anew=True)],
    "GET /api/alerts": [Ask(), Ask("?limit=1&before=zz")],
    "GET /api/alerts/some": [Ask("?ids={alert_id}")],
    "GET /api/alerts/{alert_id}": [_ONE],
    "GET /api/alerts/{alert_id}.cap": [_ONE],
    "POST /api/alerts/{alert_id}/acknowledge": [Ask(body=lambda things: {}, by_id=True)],
    "POST /api/alerts/{alert_id}/false-alarm": [Ask(body=lambda things: {"reason": "steam"}, by_id=True)],
    "GET /api/alerts/{alert_id}/steps": [_ONE],
    "POST /api/alerts/{alert_id}/steps": [
        _step("accepted", Permission.ANSWER), _step("note", Permission.ANSWER, note="x"),
        _step("closed", Permission.JUDGE), _step("inspected", Permission.JUDGE), _step("reopened", Permission.JUDGE),
        _step("dissuaded", Permission.JUDGE, outcome="agreed"), _step("false_alarm", Permission.JUDGE, reason="steam"),
    ],
    "GET /api/alerts/{alert_id}/dispatch": [_ONE],
    "GET /api/due": [Ask()],
    "GET /api/queue": [Ask()],
    "GET /api/history": [
        Ask(), Ask("?limit=1&before=zz"), Ask("?place={place}"), Ask("?camera={name}"), Ask("?text={name}"),
    ],
    "POST /api/bulk": [
        _bulk("acknowledge", Permission.ANSWER), _bulk("undo", Permission.ANSWER),
        _bulk("false_alarm", Permission.JUDGE),
    ],
    "GET /api/alerts/{alert_id}/thumbnail": [_ONE],
    "GET /api/alerts/{alert_id}/deliveries": [_ONE],
    "GET /api/deliveries/dead": [Ask()],
    "POST /api/deliveries/resend": [Ask(body=lambda things: {"ids": [things.delivery], "by": "x"})],
    "GET /api/places": [Ask()],
    "GET /api/plans": [Ask()],
    "GET /api/plans/{place}/picture": [_ONE],
    "PUT /api/plans/{place}/picture": [Ask(content=b"no picture", by_id=True)],
    "PUT /api/plans/{place}/spots": [Ask(body=lambda things: {"version": 1, "spots": {}}, by_id=True)],
    "DELETE /api/plans/{place}": [_ONE],
    "GET /api/muting": [Ask()],
    "GET /api/silences": [Ask(), Ask("?limit=1&before=" + "Z" * 26)],
    "POST /api/silences": [_silence("place"), _silence("camera"), _silence("alert")],
    "POST /api/silences/{silence_id}/end": [Ask(body=lambda things: {"by": "x"}, by_id=True)],
    "POST /api/alerts/{alert_id}/clear": [_WHY],
    "GET /api/alerts/{alert_id}/snapshot": [
        _ONE, Ask("?variant=clean", by_id=True, needs=Permission.CLEAR),
    ],
    "GET /api/alerts/{alert_id}/pictures": [_ONE],
    "GET /api/alerts/{alert_id}/pictures/{mark}": [
        _ONE, Ask("?clear=true", by_id=True, needs=Permission.CLEAR),
    ],
    "GET /api/alerts/{alert_id}/timeline": [_ONE],
    "POST /api/alerts/{alert_id}/export": [
        Ask(body=lambda things: {"reason": "report", "by": "x"}, by_id=True),
        Ask(body=lambda things: {"reason": "report", "by": "x", "clear": True}, by_id=True, needs=Permission.CLEAR),
    ],
    "GET /api/alerts/{alert_id}/clip": [_ONE, Ask(headers={"range": "bytes=0-0"}, by_id=True)],
    "GET /api/alerts/{alert_id}/hold": [_ONE],
    "POST /api/alerts/{alert_id}/hold": [_WHY],
    "POST /api/alerts/{alert_id}/release": [_ONE],
    "GET /api/records": [Ask(), Ask("?hazard=flame&who=x"), Ask("?subject={alert_id}"), Ask("?subject={name}")],
    "GET /shift": [Ask()],
    "GET /api/shifts": [Ask()],
    "GET /api/shifts/sheet": [Ask("?at=2026-01-01T00:00:00Z")],
    "GET /api/hand-overs": [Ask(), Ask("?limit=1&before=" + "Z" * 26)],
    "GET /api/hand-overs/{hand_over_id}": [_ONE],
    "POST /api/hand-overs": [Ask(body=lambda things: {"at": "2026-01-01T00:00:00Z", "by": "x"}, anew=True)],
    "POST /api/hand-overs/{hand_over_id}/countersign": [Ask(body=lambda things: {"by": "Chen"}, by_id=True)],
    "GET /api/drills": [Ask(), Ask("?limit=1&before=" + "Z" * 26)],
    "GET /api/drills/{drill_id}": [_ONE],
    "POST /api/drills": [Ask(body=lambda things: {"place": things.place, "by": "x"})],
    "POST /api/drills/{drill_id}/end": [Ask(body=lambda things: {"by": "x"}, by_id=True)],
    "GET /api/figures": [Ask("?first=2026-01-01&days=1")],
    "GET /api/false-alarms": [Ask(), Ask("?camera={name}")],
    "GET /api/false-alarms.jsonl": [Ask(), Ask("?camera={name}")],
    "GET /api/cameras": [Ask()],
    "GET /api/boxes": [Ask()],
    "GET /api/cameras/{name}/health": [_ONE],
    "GET /api/cameras/{name}/boxes": [_ONE],
    "GET /api/cameras/{name}/picture.jpg": [_ONE],
    "GET /api/hazards": [Ask()],
    "POST /api/cameras/{name}/whep": [Ask(content=b"no offer", headers=_SDP, by_id=True)],
    "DELETE /api/cameras/{name}/whep/{viewer}": [_ONE],
    "GET /api/status": [Ask()],
    "GET /api/events": [Ask()],
    "GET /api/push": [Ask()],
    "POST /api/push/devices": [Ask(body=_device)],
    "POST /api/push/devices/{device_id}/test": [Ask(body=lambda things: {}, by_id=True)],
    "DELETE /api/push/devices/{device_id}": [_ONE],
    "GET /metrics": [Ask()],
    "GET /api/openapi.json": [Ask()],
    "GET /api/tokens": [Ask()],
    "POST /api/tokens": [_EMPTY],
    "DELETE /api/tokens/{token_id}": [Ask()],
    "GET /setup": [Ask()],
    "GET /api/setup/sheet": [Ask()],
    "POST /api/setup/check": [Ask(body=lambda things: _ENTRY)],
    "POST /api/setup/change": [Ask(body=lambda things: {**_ENTRY, "version": "x"})],
    "POST /api/setup/rota-week": [Ask(body=lambda things: {"first": "2026-01-05"})],
    "POST /api/setup/try-channel": [Ask(body=lambda things: {"channel": "phones", "by": "x"})],
    "POST /api/setup/try-rules": [Ask(body=lambda things: {"key": things.name, "by": "x"})],
    "GET /api/setup/recent": [Ask(query="?camera={name}")],
    "GET /api/setup/rules-trial": [Ask()],
    "POST /api/setup/rules-trial/stop": [_EMPTY],
    "GET /api/setup/rules-trial/film.mp4": [Ask()],
    "POST /api/setup/approve": [Ask(body=lambda things: {"key": things.name, "still": "x", "version": "x", "by": "x"})],
    "POST /api/setup/try-camera": [Ask(body=lambda things: {"key": things.name, "by": "x"})],
    "POST /api/leave": [_EMPTY],
}  # fmt: skip
"""A route without an entry is a fault: whoever adds one says here how it is asked."""


class Site:
    """Two places with a camera each, one of them `own`; of each an alert with pictures and a clip."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.alerts = {name: self._alert(number) for number, name in enumerate(("own", "other"))}
        self.accounts = Accounts(parts.store, parts.clock)
        self.accounts.add("li", "", Role.VOLUNTEER, None, None, By("x"))
        self.accounts.set_password("li", hashed(PASSWORD), By("x"))
        parts.app.state.streams._open = {asyncio.Event(): "" for _ in range(MAX_STREAMS)}  # a stream has no end
        told = parts.app.state.told_phones
        told._open = {asyncio.Event(): "" for _ in range(MOST_STREAMS)}

    @staticmethod
    def settings(folder: Path) -> Settings:
        """Every name and contact can be told from those of the other side in an answer."""
        sides = ("own", "other")
        cameras = [{"name": f"{side}-cam", "url": "rtsp://camera/1", "place": f"{side}-place"} for side in sides]
        places: list[dict[str, Any]] = [
            {"id": f"{side}-house", "kind": "building", "name": f"house of {side}"} for side in sides
        ]
        places += [
            {"id": f"{side}-place", "kind": "shed", "name": f"shed of {side}", "within": f"{side}-house"}
            | {"note": f"note of {side}", "contacts": [{"name": f"keeper of {side}", "phone": "1"}]}
            for side in sides
        ]
        channel = {"type": "push", "name": "phones", "contact": "mailto:a@b.example", "allow_private": True}
        given = some_settings(folder, cameras).model_dump()
        return Settings.model_validate({**given, "channels": [channel], "places": places})

    def things(self, side: str, caller: Principal) -> Things:
        """What is used up by asking is made anew for everybody."""
        parts, alert, now = self.parts, self.alerts[side], self.parts.clock.now()
        order = Order(SilenceKind.SHELF, Scope(ScopeKind.PLACE, f"{side}-place"), side, "Li", timedelta(hours=1))
        held = parts.desk.silence(order).id
        for told in parts.store.deliveries_of(alert.id):
            parts.store.mark_failed(told.id, "no", None, now)
        assert parts.told is not None
        keys, endpoint = Browser().keys(), f"http://127.0.0.1:9/{side}"
        account = caller.account if side == "own" else "chen"
        device = parts.told.devices.add(f"phone of {side}", side, "zh", endpoint, keys, now, account=account)
        token, _ = parts.tokens.add(TokenOrder("x", Role.VOLUNTEER, frozenset({Permission.SEE})), Actor("x", "console"))
        signer = Principal("", f"guard of {side}", Role.OPERATOR, frozenset({f"{side}-place"}))
        span = Span(now, now + timedelta(hours=1))
        signed = HandOvers(parts.store).sign({}, span, f"notes of {side}", signer, signer.name, now).id
        words = (alert.id, f"{side}-cam", f"{side}-place", f"of {side}", held, told.id, signed)
        parts.app.state.plans.store.draw(f"{side}-place", PlanPicture(b"RIFF", 64, 64))
        spare = parts.access.new_token()[:8].strip("-")
        self.accounts.add(spare, "", Role.VOLUNTEER, None, None, By("x"))
        mark = mark_of(alert.snapshot)
        return Things(
            alert.id,
            f"{side}-cam",
            f"{side}-place",
            held,
            device.id,
            told.id,
            words,
            token.id,
            signed,
            self._drill(side),
            account=spare,
            mark=mark,
        )

    def _drill(self, side: str) -> str:
        """One that has ended."""
        name, now = self.parts.clock.now().strftime("%f") + side.upper().rjust(20, "0"), self.parts.clock.now()
        ends = {"ends_at": now, "ended_at": now, "ended_by": f"guard of {side}", "score": {}}
        row = {"id": name, "alert_id": name, "place_id": f"{side}-place", "place": f"shed of {side}", "note": side}
        with self.parts.store.writing() as connection:
            connection.execute(delete(drills).where(drills.c.id == name))
            connection.execute(insert(drills).values(row | ends | {"begun_at": now, "begun_by": "x"}))
        return name

    def _alert(self, number: int) -> Alert:
        self.parts.online(number)
        self.parts.preview(number)
        self.parts.put(self.parts.look(number))
        raised = self.parts.raise_alert(number, "clutter")
        key = f"2026/03/01/{raised.id}-080000000-1"
        file = self.parts.settings.store.path / "clips" / f"{key}.mp4"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"clip")
        return self.parts.desk.attach_clip(raised.id, {"key": key, "sha256": "0", "duration_s": 1.0})


def allowed(caller: Principal, route: Declared, ask: Ask) -> bool:
    """What the route's own word, and the list of roles, make of it."""
    if isinstance(route.lets_in, Permission):
        return caller.may(route.lets_in) and (ask.needs is None or caller.may(ask.needs))
    at_console = caller.via == "console"
    in_account = at_console and caller.account != ""
    return {OPEN: True, SIGNED_IN: True, IN_SESSION: at_console, IN_ACCOUNT: in_account}[route.lets_in]


async def problems(site: Site, callers: Sequence[Principal], client: httpx.AsyncClient) -> list[str]:
    """Everything that is not as it must be, a line each. client: signed in."""
    app = site.parts.app
    await site.parts.access.refresh()
    found: list[str] = [f"{route}: nothing says how it is asked" for route in declared(app) if str(route) not in ASKED]
    for caller in callers:
        own, other = site.things("own", caller), site.things("other", caller)
        app.dependency_overrides[caller_of] = lambda: caller  # noqa: B023  # of this round
        async for said in _walk(app, caller, own, other, client):
            found.append(f"{caller.role}{' of own' if caller.places else ''} {sorted(caller.scopes or ())}: {said}")
    app.dependency_overrides.clear()
    return found


async def _walk(
    app: FastAPI, caller: Principal, own: Things, other: Things, client: httpx.AsyncClient
) -> AsyncIterator[str]:
    for route in sorted(declared(app), key=lambda route: route.method == "DELETE"):  # after all that need it
        for ask in ASKED.get(str(route), ()):
            if route.lets_in == OPEN or route.path == "/api/leave":
                continue
            may, name = allowed(caller, route, ask), f"{route}{ask.query}"
            got = await _send(client, route, ask, own)
            if got.status_code >= 500 and route.path not in ("/api/events", "/api/phone/events"):
                yield f"{name}: {got.status_code}"
            if may == (got.status_code in (401, 403, 404)) or (not may and got.status_code != 403):
                yield f"{name}: {got.status_code} of their own, which is {'' if may else 'not '}allowed: {got.text}"
            if caller.places is None:
                continue
            if may and any(word in got.text for word in other.words):
                yield f"{name}: tells of others: {got.text}"
            theirs, nobodys = await _send(client, route, ask, other), await _send(client, route, ask, NOBODYS)
            hidden = 404 if allowed(caller, route, replace(ask, needs=None)) else 403
            if ask.by_id and theirs.status_code != hidden:
                yield f"{name}: {theirs.status_code} of others' things"
            if not ask.anew and _plain(theirs, other) != _plain(nobodys, NOBODYS):
                yield f"{name}: what is others' is told from what is not there: {theirs.text} {nobodys.text}"


async def _send(client: httpx.AsyncClient, route: Declared, ask: Ask, things: Things) -> httpx.Response:
    values = {**vars(things), **ask.named}
    body = ask.body(things) if ask.body else None
    path = f"{route.path}{ask.query}".format_map(values)
    cookies = httpx.Cookies(client.cookies)
    answer = await client.request(route.method, path, json=body, content=ask.content, headers=dict(ask.headers))
    client.cookies = cookies  # a log-out takes them away
    return answer


def _plain(answer: httpx.Response, things: Things) -> tuple[int, str]:
    """An answer, whatever was asked for."""
    text = answer.text
    for word in (things.alert_id, things.name, things.place):
        text = text.replace(word, "…")
    return answer.status_code, text
