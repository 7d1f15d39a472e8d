"""What each route says of whom it lets in, read from the app itself: checked before anything is served.

A route says exactly one thing (`alerts.web.caller`). One that says nothing, or two things, and a path that the guard
lets pass without the route's word, or the reverse, stop the program at its start: nobody would find them later.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.routing import compile_path

from alerts.access.roles import Permission
from alerts.errors import RouteRefused
from alerts.web.caller import Needs, in_account, in_session, open_to_all, signed_in
from alerts.web.guard import OPEN_PATHS, PHONES

OPEN, SIGNED_IN, IN_SESSION, IN_ACCOUNT = "open", "signed in", "in session", "in account"
_MARKS = {open_to_all: OPEN, signed_in: SIGNED_IN, in_session: IN_SESSION, in_account: IN_ACCOUNT}


@dataclass(frozen=True, slots=True)
class Declared:
    """A route. path: with its parameters in braces. lets_in: a permission, or one of the words above."""

    method: str
    path: str
    lets_in: Permission | str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def takes(self, path: str) -> bool:
        """Whether it is about this path of a request."""
        return compile_path(self.path)[0].match(path) is not None


def declared(app: FastAPI) -> list[Declared]:
    """All routes, in the order in which they are tried. Raises RouteRefused."""
    return [route for context in iter_route_contexts(app.routes) for route in _declared(context)]


def check_routes(app: FastAPI, open_paths: Collection[str] = OPEN_PATHS, open_below: str = PHONES) -> None:
    """open_paths, open_below: what the guard lets pass without a session. Raises RouteRefused."""
    routes = declared(app)
    for route in routes:
        is_open = route.lets_in == OPEN
        passes = route.path.startswith(open_below) or any(route.takes(path) for path in open_paths)
        if is_open and not passes:
            raise RouteRefused(f"{route}: open by its own word, but the guard asks for a session")
        if passes and not is_open:
            raise RouteRefused(f"{route}: asks for somebody ({route.lets_in}), but the guard lets everybody pass")


def _declared(context: RouteContext) -> Iterator[Declared]:
    found = [said for each in getattr(context, "dependencies", ()) if (said := _said(each.dependency)) is not None]
    methods, path = sorted(context.methods or ("*",)), context.path or repr(context.original_route)
    if len(found) != 1:
        said = f"says twice whom it lets in ({', '.join(found)})" if found else "does not say whom it lets in"
        raise RouteRefused(f"{'/'.join(methods)} {path}: {said}")
    for method in methods:
        yield Declared(method, path, found[0])


def _said(dependency: object) -> Permission | str | None:
    if isinstance(dependency, Needs):
        return dependency.permission
    return next((mark for marker, mark in _MARKS.items() if marker is dependency), None)
