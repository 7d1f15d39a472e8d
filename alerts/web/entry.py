"""The way in and out: the log-in page, the log-in by link or password, the log-out, who am I."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from alerts.access.accounts import shown_name
from alerts.access.passwords import MOST
from alerts.access.principal import Principal
from alerts.access.roles import Permission, Role
from alerts.db.accounts import Accounts, By
from alerts.db.rows import OperatorSession, from_places
from alerts.record.chain import Entry
from alerts.record.records import Kind
from alerts.web.access import MAX_NAME, Access, clean_text, digest
from alerts.web.answered import answers_with
from alerts.web.caller import IN_SESSION, OPEN, SIGNED_IN, Caller, needs
from alerts.web.files import ENTER_FILES, STATIC, file_of
from alerts.web.login import Client, Login
from streams.clock import Clock

_Token = Annotated[str, Field(min_length=1, max_length=200)]
Password = Annotated[str, Field(max_length=MOST)]
Code = Annotated[str, Field(max_length=20)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LinkIn(_In):
    """token: from the link's fragment."""

    token: _Token


class EnterIn(LinkIn):
    """name: what somebody calls himself who has no account. password: a new one, of an account's link. code: six
    digits, where the account asks for them."""

    name: str = Field(default="", max_length=200)
    password: Password = ""
    code: Code = ""


class LoginIn(_In):
    """account: its short name."""

    account: str = Field(min_length=1, max_length=200)
    password: Password
    code: Code = ""


class NewLink(_In):
    """account: for whom; "": for whoever has it, with this role and these places, null: the whole site."""

    account: str = Field(default="", max_length=200)
    role: Role = Role.ADMIN
    places: list[str] | None = Field(default=None, max_length=200)


async def session_of(request: Request) -> OperatorSession:
    """The session that the guard found. For `Depends`."""
    session: OperatorSession = request.state.session
    return session


InSession = Annotated[OperatorSession, Depends(session_of)]


def entry_router(
    access: Access,
    clock: Clock,
    site: Callable[[], str],
    record: Callable[[Entry], None] = lambda entry: None,
    call_119_s: Callable[[], float | None] = lambda: None,
    login: Login | None = None,
    time_zone: Callable[[], str | None] = lambda: None,
) -> APIRouter:
    """GET /enter takes nothing and changes nothing, so that a link that is fetched ahead is not used up.

    record: puts on record who came and left; may block. call_119_s, time_zone: told to the page. login: None: no
    accounts.
    """
    router = APIRouter()

    async def note(kind: Kind, by: str, account: str = "", **detail: str) -> None:
        await asyncio.to_thread(record, Entry(kind, by=by, via="console", detail=detail, account=account))

    async def entered(request: Request, cookies: list[str]) -> Response:
        """With the new session; the one that the browser had until now is over."""
        caller = getattr(request.state, "caller", None)
        if caller is not None and caller.via == "console" and caller.session:
            await access.leave(request.state.session)
        answer = JSONResponse({"ok": True})
        for cookie in cookies:
            answer.headers.append("set-cookie", cookie)
        return answer

    @router.get("/healthz", **answers_with("text/plain"), dependencies=[OPEN])
    async def healthz() -> Response:
        return Response("ok\n", media_type="text/plain")

    @router.get("/enter", **answers_with("text/html"), dependencies=[OPEN])
    async def enter_page() -> FileResponse:
        return FileResponse(STATIC / "enter.html", media_type="text/html")

    @router.get("/enter/{name}", response_class=FileResponse, dependencies=[OPEN])
    async def enter_file(request: Request, name: str) -> Response:
        return await file_of(request, name, ENTER_FILES)

    @router.post("/enter/link", dependencies=[OPEN])
    async def link_for(given: LinkIn) -> dict[str, Any]:
        """What a link is for and what else it asks for; it is not used up."""
        link = await access.link_of(given.token)
        account = access.accounts.get(link.account) if link else None
        if link is None or (link.account and (account is None or not account.enabled)):
            raise _bad_link()
        return {
            "account": link.account,
            "name": account.name if account else "",
            "needs_password": account is not None and account.password_hash is None,
            "needs_code": account is not None and account.totp_secret is not None,
        }

    @router.post("/enter", dependencies=[OPEN])
    async def enter(given: EnterIn, request: Request) -> Response:
        client = _client(request)
        link = await access.link_of(given.token)
        if link is not None and link.account and login is not None:
            done = await login.by_link(given.token, link, given.password, given.code, client)
            if done is None:
                raise _bad_link()
            account, cookies = done
            await note(Kind.SIGNED_IN, account.name, account.id, how="link", address=client.address)
            return await entered(request, cookies)
        cookie = await access.enter(given.token, given.name, client.agent)
        if cookie is None:
            raise _bad_link()
        name = shown_name(clean_text(given.name, MAX_NAME), access.accounts.values())
        await note(Kind.SIGNED_IN, name, how="link", address=client.address)
        return await entered(request, [cookie])

    if login is not None:

        @router.post("/enter/login", dependencies=[OPEN])
        async def log_in(given: LoginIn, request: Request) -> Response:
            client = _client(request)
            account, cookies = await login.by_password(given.account, given.password, given.code, client)
            how = "password and code" if account.totp_secret else "password"
            await note(Kind.SIGNED_IN, account.name, account.id, how=how, address=client.address)
            return await entered(request, cookies)

        @router.post("/api/link", dependencies=[needs(Permission.ADMIN)])
        async def link(caller: Caller, given: NewLink | None = None) -> dict[str, Any]:
            """A one-time link for another person or device. ended: that account had one that was still good, which
            is over now."""
            wanted, token = given or NewLink(), access.new_token()

            def make(book: Accounts) -> bool:
                ended = book.has_link(wanted.account)
                book.add_link(digest(token), wanted.account, by_of(caller), wanted.role, wanted.places)
                return ended

            return {"path": f"/enter#{token}", "ended": await access.changing(make)}

    @router.get("/api/me", dependencies=[SIGNED_IN])
    async def me(caller: Caller) -> dict[str, Any]:
        """Who that is, and what they may do: the page shows nothing else.

        account: "" for a link of no account. places: null: the whole site. two_step: whether the log-in asks for a
        code. call_119_s: so long after it fired, a fire that nobody answers asks to call the fire brigade.
        time_zone: by whose clock the page tells times; null: by the browser's.
        """
        account = access.accounts.get(caller.account)
        return {
            "name": caller.name,
            "account": caller.account,
            "role": caller.role.value,
            "permissions": sorted(one.value for one in Permission if caller.may(one)),
            "places": from_places(caller.places),
            "two_step": account is not None and account.totp_secret is not None,
            "language": account.language if account else None,
            "site": site(),
            "now": clock.now().isoformat(),
            "time_zone": time_zone(),
            "call_119_s": call_119_s(),
        }

    @router.post("/api/leave", dependencies=[IN_SESSION])
    async def leave(session: InSession) -> Response:
        await note(Kind.SIGNED_OUT, session.name, session.account)
        return JSONResponse({"ok": True}, headers={"set-cookie": await access.leave(session)})

    return router


def by_of(caller: Principal) -> By:
    """Who changes an account; their own session goes on."""
    return By(caller.name, caller.session, caller.account)


def _client(request: Request) -> Client:
    headers = request.headers
    address = request.client.host if request.client else ""
    return Client(address, headers.get("user-agent", ""), headers.get("cookie", ""))


def _bad_link() -> HTTPException:
    return HTTPException(403, "this link is wrong, was used already, or is too old")
