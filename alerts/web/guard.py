"""What every request passes before any route sees it: host, size, session, forgery; and the headers of every answer.

Default deny: a path that is not listed in `OPEN_PATHS` (or below `PHONES`) needs a session, media included, so that a
new route cannot be left open by mistake.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alerts.access.roles import Permission
from alerts.db.rows import OperatorSession
from alerts.plans.picture import MOST_BYTES
from alerts.web.access import Access
from alerts.web.bearer import Bearers
from alerts.web.files import APP_FILES, ENTER_FILES, PATROL_FILES, PHONE_FILES, PHONE_PAGES
from alerts.web.hosts import answers_to
from alerts.web.proxies import Proxies
from alerts.web.refused import Refused

OPEN_PATHS = frozenset(
    {
        "/healthz",
        *APP_FILES,
        "/enter",
        "/enter/link",
        "/enter/login",
        *(f"/enter/{name}" for name in ENTER_FILES),
        "/patrol",
        *(f"/patrol/{name}" for name in PATROL_FILES),
        *PHONE_PAGES,
        "/phone/shell.js",
        *(f"/phone/{name}" for name in PHONE_FILES),
        # Whoever has the link of a notice: its token comes in the body of each request, which the route checks.
        "/answer/show",
        "/answer/picture",
    }
)
PAGES = frozenset({"/", "/shift", "/setup"})
"""What a person opens by its address: without a session they are led to the log-in."""
PHONES = "/whip/"
"""Below it no session counts: each request brings the token of one camera in its header, which its route checks. A
foreign page cannot know it, so that there is nothing to forge."""
CSRF_HEADER = "x-xinan"
MAX_BODY = 64 * 1024
BODY_TIMEOUT_S = 15.0
REPORTS = "/api/reports/"
LARGE: tuple[tuple[re.Pattern[str], Permission, int, float], ...] = (
    (re.compile(REPORTS + "[^/]+"), Permission.ANSWER, 600 * 1024, 120.0),
    (re.compile(r"/api/alerts/[^/]+/photos/[^/]+"), Permission.ANSWER, 600 * 1024, 120.0),
    (re.compile(r"/api/plans/[^/]+/picture"), Permission.ADMIN, MOST_BYTES, 120.0),
)
"""(path, who may, bytes, seconds): bodies that may hold more, and take longer: a picture, over a slow line. Of nobody
else, so that nobody else can make the watch keep so much in memory."""
SAFE_METHODS = frozenset({"GET", "HEAD"})

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
SECURITY_HEADERS: Mapping[str, str] = {
    "content-security-policy": _CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cache-control": "no-store",
}


class Guard:
    """ASGI middleware. host: the address the console listens on; public_host: the name by which people reach it.
    bearers: let programs in; None: there are none. proxies: what they say of who asks holds for all that follows.

    The session of a request that passed is at `scope["state"]["session"]`, who asks at `scope["state"]["caller"]`.
    """

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        host: str,
        public_host: str = "",
        bearers: Bearers | None = None,
        proxies: Proxies | None = None,
    ) -> None:
        self._app, self._proxies = app, proxies or Proxies()
        self._access, self._bearers = access, bearers
        self._host, self._public_host = host, public_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = Headers(scope=scope)
        self._proxies.look_through(scope, headers)
        send = _with_headers(send, secure=scope["scheme"] == "https")
        try:
            self._check_host(headers)
            cookie, by_token = None, await self._by_token(scope, headers)
            if not by_token:
                if scope["method"] not in SAFE_METHODS and not scope["path"].startswith(PHONES):
                    _check_origin(headers)
                session = await self._check_session(scope, headers)
                cookie = session and await self._access.renew(session, headers.get("cookie", ""))
            receive = await _limited(receive, headers, *_limits(scope))
            if not by_token:  # again: a body may take its time, and the session may have ended meanwhile
                await self._check_session(scope, headers)
        except Refused as refused:
            await _refuse(scope, headers, send, refused)
            return
        await self._app(scope, receive, _with_cookie(send, cookie) if cookie else send)

    def _check_host(self, headers: Headers) -> None:
        if not answers_to(headers.get("host", ""), self._host, self._public_host):
            detail = "this console does not answer to that host name"
            raise Refused(HTTPStatus.MISDIRECTED_REQUEST, "wrong_host", detail)

    async def _by_token(self, scope: Scope, headers: Headers) -> bool:
        """Whether a program's token let it in. A camera's, of a phone, is another matter."""
        if self._bearers is None or scope["path"].startswith(PHONES):
            return False
        return await self._bearers.admit(scope, headers)

    async def _check_session(self, scope: Scope, headers: Headers) -> OperatorSession | None:
        """Put the session into the scope, or refuse."""
        session = await self._access.session_of(headers.get("cookie", ""))
        scope.setdefault("state", {})["session"] = session
        if session is None:
            if scope["path"] in OPEN_PATHS or scope["path"].startswith(PHONES):
                return None
            raise Refused(HTTPStatus.UNAUTHORIZED, "no_session", "log in first")
        scope["state"]["caller"] = self._access.caller(session)
        return session


def _check_origin(headers: Headers) -> None:
    """Against cross-site request forgery: a header that a foreign page cannot send, and the page's own origin."""
    if headers.get(CSRF_HEADER) is None:
        raise Refused(HTTPStatus.FORBIDDEN, "forged", "the header X-Xinan is missing")
    origin = headers.get("origin")
    if origin is not None and _host_of(origin) != headers.get("host", "").lower():
        raise Refused(HTTPStatus.FORBIDDEN, "forged", "the request comes from another site")
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused(HTTPStatus.FORBIDDEN, "forged", "the request comes from another site")


def _host_of(origin: str) -> str:
    """With its port; "" of what is no address."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _limits(scope: Scope) -> tuple[int, float]:
    """Bytes that the request's body may hold, and seconds that it may take."""
    caller = scope["state"].get("caller")
    for path, permission, most, timeout_s in LARGE:
        if path.fullmatch(scope["path"]) and caller and caller.may(permission):
            return most, timeout_s
    return MAX_BODY, BODY_TIMEOUT_S


async def _limited(receive: Receive, headers: Headers, most: int, timeout_s: float) -> Receive:
    """Read the whole body, at most `most` bytes, and hand it on; later messages come from `receive`."""
    too_large = Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"a request may hold {most} bytes")
    length = headers.get("content-length")
    if length is None and "transfer-encoding" not in headers:
        return receive
    if length is not None and not _fits(length, most):
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return _replay(message, receive)
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > most:
                    raise too_large
    except TimeoutError:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, "too_slow", "the request did not arrive in time") from None
    return _replay({"type": "http.request", "body": bytes(body), "more_body": False}, receive)


def _fits(length: str, most: int) -> bool:
    """Whether a Content-Length is a number, and not too large; Python refuses to read one of thousands of digits."""
    return length.isdecimal() and len(length) <= len(str(most)) and int(length) <= most


def _replay(first: Message, receive: Receive) -> Receive:
    pending = [first]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


def _with_headers(send: Send, *, secure: bool) -> Send:
    """secure: the request came by https, and no cookie may ever travel otherwise."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            cookies = headers.getlist("set-cookie") if secure else []
            if any("; Secure" not in cookie for cookie in cookies):
                del headers["set-cookie"]
                for cookie in cookies:
                    headers.append("set-cookie", cookie if "; Secure" in cookie else f"{cookie}; Secure")
        await send(message)

    return with_headers


def _with_cookie(send: Send, cookie: str) -> Send:
    async def with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if "set-cookie" not in headers:
                headers.append("set-cookie", cookie)
        await send(message)

    return with_cookie


async def _refuse(scope: Scope, headers: Headers, send: Send, refused: Refused) -> None:
    """Answer with JSON; a person who opens the console without a session is led to the login page."""
    if refused.error == "no_session" and scope["path"] in PAGES and scope["method"] == "GET":
        await send({"type": "http.response.start", "status": 303, "headers": [(b"location", b"/enter")]})
        await send({"type": "http.response.body", "body": b""})
        return
    body = json.dumps({"error": refused.error, "detail": refused.detail}).encode()
    fields = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    fields += [(name.encode(), value.encode()) for name, value in refused.headers.items()]
    if refused.status in (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_TIMEOUT):
        fields.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": int(refused.status), "headers": fields})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
