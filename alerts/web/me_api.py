"""One's own account: password, second step, sessions."""

import io
from collections.abc import Callable
from functools import partial
from typing import Any

import segno
from fastapi import APIRouter, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from alerts.access import passwords, totp
from alerts.access.accounts import Account, find
from alerts.access.principal import Principal
from alerts.db.accounts import Accounts, By
from alerts.errors import AccountRefused
from alerts.web.access import SESSION_LIFE, Access
from alerts.web.caller import IN_ACCOUNT, IN_SESSION, Caller
from alerts.web.entry import Code, InSession, Password, by_of
from alerts.web.login import Login
from streams.clock import Clock

SETUP_S = 900.0
"""So long a secret that was shown waits for its first code."""


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewPassword(_In):
    """old: the one until now."""

    old: Password
    new: Password


class Begin(_In):
    """password: that it is really the person, not somebody at an unlocked screen."""

    password: Password


class Confirm(_In):
    """code: the first one that the phone shows."""

    code: Code


class End(Begin, Confirm):
    """Both."""


def me_router(access: Access, login: Login, site: Callable[[], str], clock: Clock) -> APIRouter:
    """Below /api/me. site: by which name an authenticator shows the account."""
    router = APIRouter()
    shown: dict[str, tuple[str, float]] = {}  # account → a secret that waits for its first code, and since when

    def own(caller: Principal) -> Account:
        return find(access.accounts, caller.account)

    @router.post("/api/me/password", dependencies=[IN_ACCOUNT])
    async def password(given: NewPassword, caller: Caller) -> dict[str, bool]:
        """All other sessions of the account end."""
        account = own(caller)
        await login.check_own(account, given.old, caller.session)
        passwords.refuse_weak(given.new, account.id, account.name)
        hashed = await login.hashed(given.new)
        await access.changing(partial(_set_password, account.id, hashed, by_of(caller)))
        return {"ok": True}

    @router.post("/api/me/totp", dependencies=[IN_ACCOUNT])
    async def begin_totp(given: Begin, caller: Caller) -> dict[str, str]:
        """A secret for an authenticator, as text, as `otpauth:` address and as QR code (SVG): shown this once."""
        account = own(caller)
        await login.check_own(account, given.password, caller.session)
        if account.totp_secret is not None:
            raise HTTPException(409, "the second step is on already")
        secret = totp.new_secret()
        shown[account.id] = secret, clock.monotonic_s()
        address = totp.uri(secret, account.id, f"Xin'an {site()}".strip())
        return {"secret": secret, "uri": address, "svg": _qr(address)}

    @router.put("/api/me/totp", dependencies=[IN_ACCOUNT])
    async def confirm_totp(given: Confirm, caller: Caller) -> dict[str, bool]:
        """From now on the log-in asks for a code, too; all other sessions of the account end."""
        account = own(caller)
        secret, since_s = shown.get(account.id, ("", 0.0))
        if not secret or clock.monotonic_s() - since_s > SETUP_S:
            raise HTTPException(409, "begin anew: nothing waits for a code")
        step = totp.step_of(secret, given.code, clock.now(), None)
        if step is None:
            raise AccountRefused("wrong_code", "the code is wrong; is the phone's clock right?")
        sealed = login.box.seal(account.id, secret)
        await access.changing(partial(_set_totp, account.id, sealed, step, by_of(caller)))
        shown.pop(account.id, None)
        return {"ok": True}

    @router.post("/api/me/totp/off", dependencies=[IN_ACCOUNT])
    async def end_totp(given: End, caller: Caller) -> dict[str, bool]:
        """It takes the password and a code."""
        account = own(caller)
        await login.check_own(account, given.password, caller.session)
        await login.check_code(account, given.code, caller.session)
        await access.changing(partial(_set_totp, account.id, None, None, by_of(caller)))
        return {"ok": True}

    @router.get("/api/me/sessions", dependencies=[IN_SESSION])
    async def sessions(session: InSession) -> dict[str, Any]:
        """Where the account is signed in. used: to five minutes."""
        return {
            "sessions": [
                {
                    "id": one.token_hash[:16],
                    "agent": one.agent,
                    "created": one.created_at.isoformat(),
                    "used": (one.expires_at - SESSION_LIFE).isoformat(),
                    "current": one.token_hash == session.token_hash,
                }
                for one in await access.sessions(session)
            ]
        }

    @router.delete("/api/me/sessions", dependencies=[IN_ACCOUNT])
    async def leave_everywhere(caller: Caller) -> JSONResponse:
        """Every session of the account ends, this one too."""
        await access.changing(lambda book: book.end_sessions(caller.account, By(caller.name, account=caller.account)))
        jar = access.cookies
        return JSONResponse({"ok": True}, headers={"set-cookie": jar.put(jar.session, "", 0)})

    return router


def _set_password(account: str, password_hash: str, by: By, book: Accounts) -> Account:
    return book.set_password(account, password_hash, by)


def _set_totp(account: str, secret: str | None, step: int | None, by: By, book: Accounts) -> Account:
    return book.set_totp(account, secret, step, by)


def _qr(text: str) -> str:
    """As SVG, without a size of its own."""
    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, dark="#000",
                                     light="#fff")  # fmt: skip
    return out.getvalue().decode()
