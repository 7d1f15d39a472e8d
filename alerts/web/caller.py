"""What a route says of who may ask, in `dependencies=[...]`, and `Caller` for who asks. The guard has found them.

`needs(Permission.X)`  whose role, and token, has the permission
`SIGNED_IN`            whoever the guard let in, by a session or a token
`IN_SESSION`           whoever is signed in by the console; no token: of what is somebody's own
`IN_ACCOUNT`           likewise, and by an account, not by a link of none
`OPEN`                 everybody; the guard lets such a path pass as well (`alerts.web.guard.OPEN_PATHS`)

They are coroutines, so that nothing happens between the guard's word and theirs: FastAPI asks others in a thread.
"""

from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request

from alerts.access.principal import Principal
from alerts.access.roles import Permission


async def caller_of(request: Request) -> Principal:
    """Who asks. For `Depends`."""
    caller: Principal = request.state.caller
    return caller


Caller = Annotated[Principal, Depends(caller_of)]


class Needs:
    """A dependency that refuses whoever lacks a permission; `permission` is there for the tests' matrix too."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, caller: Caller) -> None:
        """Raises HTTPException 403."""
        require(caller, self.permission)


def require(caller: Principal, permission: Permission) -> None:
    """For what a request asks for beyond its route. Raises HTTPException 403."""
    if not caller.may(permission):
        raise HTTPException(403, f"your account does not allow it: {permission}")


def needs(permission: Permission) -> Any:
    """For `dependencies=[needs(...)]` of a route."""
    return Depends(Needs(permission))


async def signed_in(caller: Caller) -> None:
    """Asks nothing more than the guard did. Without a session or token it is never reached."""


async def in_session(caller: Caller) -> None:
    """Raises HTTPException 403 for a token."""
    if caller.via != "console":
        raise HTTPException(403, "only for somebody who is signed in to the console")


async def in_account(caller: Caller) -> None:
    """Raises HTTPException 403 for a token, and for whoever came by a link of no account."""
    await in_session(caller)
    if not caller.account:
        raise HTTPException(403, "only for somebody who has an account")


async def open_to_all() -> None:
    """Asks nothing."""


SIGNED_IN = Depends(signed_in)
IN_SESSION = Depends(in_session)
IN_ACCOUNT = Depends(in_account)
OPEN = Depends(open_to_all)
