"""API tokens over HTTP: which there are, a new one, whose secret is answered once, and an end of one."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel, ConfigDict, Field

from alerts.access.roles import Permission, Role
from alerts.access.tokens import DEFAULT_DAYS, MAX_NAME, MOST_DAYS, ApiToken, ApiTokens, TokenOrder
from alerts.registry.registry import Registry
from alerts.web.access import clean_text
from alerts.web.caller import Caller, needs

TokenId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]
PlaceOrCamera = Annotated[str, Field(min_length=1, max_length=64)]


class TokenIn(BaseModel):
    """A token that is wanted. places: ids of places and names of cameras; null: the whole site."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=MAX_NAME)
    role: Role
    scopes: set[Permission] = Field(min_length=1)
    places: set[PlaceOrCamera] | None = Field(default=None, max_length=200)
    days: int = Field(default=DEFAULT_DAYS, ge=1, le=MOST_DAYS)


class TokenOut(BaseModel):
    """A token, without its secret. last_used_at: to the hour. account: the maker's; "" of none. held_back: it lets
    nobody in, as its maker may make none now."""

    id: str
    name: str
    role: Role
    scopes: list[Permission]
    places: list[str] | None
    created_by: str
    account: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    held_back: bool

    @classmethod
    def of(cls, token: ApiToken, *, held_back: bool = False) -> Self:
        """As the page gets it."""
        values = {name: getattr(token, name) for name in cls.model_fields if hasattr(token, name)}
        places = None if token.places is None else sorted(token.places)
        return cls.model_validate(values | {"scopes": sorted(token.scopes), "places": places, "held_back": held_back})


class TokensOut(BaseModel):
    """All, oldest first; revoked and expired ones too."""

    tokens: list[TokenOut]


class MadeOut(BaseModel):
    """secret: for `Authorization: Bearer …`; it is shown this once and kept nowhere."""

    token: TokenOut
    secret: str


def tokens_router(
    tokens: ApiTokens, registry: Callable[[], Registry], on_revoke: Callable[[str], None] = lambda sha256: None
) -> APIRouter:
    """on_revoke: told, on the event loop, the hash of each token that is revoked."""
    router = APIRouter(prefix="/api/tokens", dependencies=[needs(Permission.ADMIN)])

    @router.get("")
    async def every() -> TokensOut:
        return TokensOut(tokens=[TokenOut.of(token, held_back=tokens.held_back(token)) for token in tokens.all()])

    @router.post("", status_code=201)
    async def add(given: TokenIn, caller: Caller) -> MadeOut:
        if {Permission.ADMIN, Permission.SETUP} & set(given.scopes):
            raise HTTPException(422, "a token that may do everything is made with `xinan tokens add`")
        name = clean_text(given.name, MAX_NAME)
        places = None if given.places is None else frozenset(given.places)
        order = TokenOrder(name, given.role, frozenset(given.scopes), places, given.days)
        order.check(registry())
        token, secret = await asyncio.to_thread(tokens.add, order, caller.actor)
        return MadeOut(token=TokenOut.of(token), secret=secret)

    @router.delete("/{token_id}")
    async def revoke(token_id: TokenId, caller: Caller) -> TokenOut:
        if all(token.id != token_id for token in tokens.all()):
            raise HTTPException(404, "no such token")
        gone = await asyncio.to_thread(tokens.revoke, token_id, caller.actor)
        on_revoke(gone.sha256)
        return TokenOut.of(gone)

    return router
