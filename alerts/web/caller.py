"""What a route says of who may ask: `needs(Permission.SEE)`, and `Caller` for who asks. The guard has found them."""

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
