"""What a route says of who may ask, in `dependencies=[...]`, and `Caller` for who asks. The guard has found them.

`needs(Permission.X)`  whose role, and token, has the permission
`SIGNED_IN`            whoever the guard let in, by a session or a token
`IN_SESSION`           whoever is signed in by the console; no token: of what is somebody's own
`OPEN`                 everybody; the guard lets such a path pass as well (`alerts.web.guard.OPEN_PATHS`)
"""

from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request

from alerts.access.principal import Principal
from alerts.access.roles import Permission


def caller_of(request: Request) -> Principal:
    """Who asks. For `Depends`."""
    caller: Principal = request.state.caller
    return caller


Caller = Annotated[Principal, Depends(caller_of)]


class Needs:
    """A dependency that refuses whoever lacks a permission; `permission` is there for the tests' matrix too."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(self, caller: Caller) -> None:
        """Raises HTTPException 403."""
        if not caller.may(self.permission):
            raise HTTPException(403, f"your account does not allow it: {self.permission}")


def needs(permission: Permission) -> Any:
    """For `dependencies=[needs(...)]` of a route."""
    return Depends(Needs(permission))


def signed_in(caller: Caller) -> None:
    """Asks nothing more than the guard did. Without a session or token it is never reached."""


def in_session(caller: Caller) -> None:
    """Raises HTTPException 403 for a token."""
    if caller.via != "console":
        raise HTTPException(403, "only for somebody who is signed in to the console")


def open_to_all() -> None:
    """Asks nothing."""


SIGNED_IN = Depends(signed_in)
IN_SESSION = Depends(in_session)
OPEN = Depends(open_to_all)
