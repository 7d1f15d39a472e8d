"""Accounts, for admins."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from alerts.access.accounts import Account, Changes
from alerts.access.roles import Permission, Role
from alerts.db.accounts import Accounts, By
from alerts.db.rows import from_places
from alerts.registry.registry import Registry
from alerts.web.access import Access, digest
from alerts.web.caller import Caller, needs
from alerts.web.entry import by_of

_ADMIN = [needs(Permission.ADMIN)]
_Places = Annotated[list[str] | None, Field(max_length=200)]
_Language = Annotated[str, Field(pattern="^(zh|en)$")] | None


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewAccount(_In):
    """id: what is typed at the log-in. name: for the records; "": the same. places: ids of places and names of cameras;
    null: the whole site."""

    id: str = Field(min_length=1, max_length=100)
    name: str = Field(default="", max_length=200)
    role: Role
    places: _Places = None
    language: _Language = None


class ChangedAccount(_In):
    """What is not there stays. seen: `changed` of the account when it was shown: 409 if it has changed since."""

    name: str = Field(default="", max_length=200)
    role: Role = Role.OPERATOR
    places: _Places = None
    language: _Language = None
    enabled: bool = True
    seen: AwareDatetime | None = None

    def changes(self) -> Changes:
        """Only what was given."""
        given: Changes = {}
        for key in self.model_fields_set - {"seen"}:
            given[key] = getattr(self, key)  # type: ignore[literal-required]
        return given


def users_router(access: Access, registry: Callable[[], Registry]) -> APIRouter:
    """Below /api/users. registry: what is registered now."""
    router = APIRouter()

    def known() -> set[str]:
        now = registry()
        return {*now.places, *now.cameras}

    @router.get("/api/users", dependencies=_ADMIN)
    async def users() -> dict[str, Any]:
        """The oldest first."""
        return {"accounts": [account_out(account) for account in access.accounts.values()]}

    @router.post("/api/users", dependencies=_ADMIN)
    async def add(given: NewAccount, caller: Caller) -> dict[str, Any]:
        """The account, and the path of a one-time link by which its owner enters and chooses a password."""
        by, token = by_of(caller), access.new_token()
        made = await access.changing(partial(_add, given, known(), by, digest(token)))
        return {"account": account_out(made), "path": f"/enter#{token}"}

    @router.patch("/api/users/{account}", dependencies=_ADMIN)
    async def change(account: str, given: ChangedAccount, caller: Caller) -> dict[str, Any]:
        """It holds at once, for whoever is signed in, too."""
        order = (account, given.changes(), known(), by_of(caller), given.seen)
        changed = await access.changing(lambda book: book.change(*order))
        return {"account": account_out(changed)}

    @router.delete("/api/users/{account}", dependencies=_ADMIN)
    async def remove(account: str, caller: Caller) -> dict[str, bool]:
        """Its owner is signed out at once."""
        await access.changing(lambda book: book.remove(account, by_of(caller)))
        return {"ok": True}

    @router.post("/api/users/{account}/two-step-off", dependencies=_ADMIN)
    async def totp_off(account: str, caller: Caller) -> dict[str, Any]:
        """For whoever lost the phone."""
        changed = await access.changing(lambda book: book.set_totp(account, None, None, by_of(caller)))
        return {"account": account_out(changed)}

    @router.post("/api/users/{account}/leave", dependencies=_ADMIN)
    async def leave(account: str, caller: Caller) -> dict[str, int]:
        """Sign its owner out everywhere."""
        return {"ended": await access.changing(lambda book: book.end_sessions(account, by_of(caller)))}

    return router


def account_out(account: Account) -> dict[str, Any]:
    """As JSON, without secrets."""
    return {
        "id": account.id,
        "name": account.name,
        "role": account.role.value,
        "places": from_places(account.places),
        "password": account.password_hash is not None,
        "two_step": account.totp_secret is not None,
        "language": account.language,
        "enabled": account.enabled,
        "created": account.created_at.isoformat(),
        "changed": account.changed_at.isoformat(),
    }


def _add(given: NewAccount, known: set[str], by: By, link: str, book: Accounts) -> Account:
    made = book.add(given.id, given.name, given.role, given.places, known, by)
    if given.language:
        made = book.change(made.id, {"language": given.language}, None, by)
    book.add_link(link, made.id, by)
    return made
