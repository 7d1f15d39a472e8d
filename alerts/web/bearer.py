"""Programs at the door: `Authorization: Bearer xinan_…` instead of a session. Cookies of such a request are ignored.

A foreign page cannot send that header, so nothing can be forged. A token that lets nobody in is an error, whatever
else the request brings. An `Authorization` of another kind (a proxy's own) says nothing here.
"""

import asyncio
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import Scope

from alerts.access.tokens import PREFIX, ApiToken, ApiTokens
from alerts.db.rows import OperatorSession
from alerts.web.refused import Refused
from alerts.web.tries import TooManyTries, Tries
from streams.clock import Clock


class Bearers:
    """Belongs to the event loop."""

    def __init__(self, tokens: ApiTokens, clock: Clock) -> None:
        self._tokens = tokens
        self._wrong = Tries(clock)

    async def admit(self, scope: Scope, headers: Headers) -> bool:
        """Put who comes by a token into the scope. False: the request brings none.

        Raises Refused: 401 for a token that lets nobody in, 429 for many of them from one address. A good one is
        never held up by others.
        """
        secret = _secret(headers)
        if secret is None:
            return False
        token = self._tokens.find(secret) if secret.startswith(PREFIX) else None
        if token is None:
            raise self._refusal(scope)
        if self._tokens.used(token):
            await asyncio.to_thread(self._tokens.note_use, token.sha256)
        scope.setdefault("state", {}).update(caller=token.principal, session=session_of(token))
        return True

    def _refusal(self, scope: Scope) -> Refused:
        client = scope["client"][0] if scope.get("client") else ""
        try:
            self._wrong.check(client)
        except TooManyTries as error:
            wait = {"retry-after": str(int(error.retry_s) + 1)}
            return Refused(HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", str(error), wait)
        self._wrong.count(client)
        detail = "this token is wrong, revoked or too old"
        return Refused(HTTPStatus.UNAUTHORIZED, "bad_token", detail, {"www-authenticate": "Bearer"})


def _secret(headers: Headers) -> str | None:
    """Of the header; "" if it makes no sense, None if there is none of that kind."""
    given = headers.getlist("authorization")
    bearers = [value for value in given if value.split(" ", 1)[0].lower() == "bearer"]
    if not bearers:
        return None
    return bearers[0][len("bearer") :].strip() if len(given) == 1 else ""


def session_of(token: ApiToken) -> OperatorSession:
    """For routes that note who did something, and that ask again during a long answer."""
    return OperatorSession(token.sha256, token.principal.name, token.created_at, token.expires_at)
