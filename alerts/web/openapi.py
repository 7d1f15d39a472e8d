"""/api/openapi.json: what the API is, for whoever writes a program against it.

FastAPI makes the document of the routes; here it gets what FastAPI cannot know: the door, the errors, names of
operations that stay as they are, and no pages of the console.
"""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from alerts.access.roles import Permission
from alerts.web.caller import needs
from alerts.web.guard import PHONES, SAFE_METHODS
from alerts.web.routes import IN_ACCOUNT, IN_SESSION, OPEN, declared

TITLE = "Xin'an 心安"
DESCRIPTION = """Alerts, cameras, cases and evidence of one site, as the console has them.

Come in by a token (`Authorization: Bearer xinan_…`, made by `xinan tokens add`) or by the console's own session, which
sends the header `X-Xinan` with everything that changes something. Every error is JSON, `{"error", "detail"}`: `error`
is a word for programs, `detail` a line for people. Times are RFC 3339, UTC. Boxes are x1, y1, x2, y2, 0–1 of the
picture. Lists go newest first, page by page: `next` of one is `before` of the following."""

_SHOWN = ("/api/", "/metrics", "/healthz", PHONES)
_ERROR = {
    "title": "Error",
    "type": "object",
    "description": "What went wrong. A change that came too late (409) brings the alert as it is now.",
    "properties": {
        "error": {"type": "string", "description": "A word for programs."},
        "detail": {"type": "string", "description": "A line for people."},
        "code": {"type": "string", "description": "409: why the alert's state does not allow it."},
        "current": {"type": "object", "description": "409: the alert as it is now."},
        "track": {"type": "object", "description": "409: where it stands now."},
    },
    "required": ["error", "detail"],
}
_REFUSED = {
    "description": "401 nobody is let in, 403 not allowed or forged, 404 no such thing, 408 too slow, 409 changed "
    "meanwhile, 413 too large, 422 not as described, 429 too often (`Retry-After`).",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}
_AWAY = {
    "description": "The store does not answer, or too many are served already.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}
_FASTAPI_S = ("HTTPValidationError", "ValidationError")
"""Its own idea of an error, which is not ours."""


def operation_id(route: APIRoute) -> str:
    """From method and path, which a program relies on anyway: get_alerts, post_alerts_id_acknowledge."""
    (method,) = route.methods or {"get"}
    words = route.path_format.removeprefix("/api").replace("{", "").replace("}", "")
    return "_".join([method.lower(), *words.replace("-", "/").replace(".", "/").strip("/").split("/")]).strip("_")


def describe(app: FastAPI, cookie: str) -> dict[str, Any]:
    """The whole document, of every route. cookie: the name of the session's."""
    found = dict(app.openapi())
    lets_in = {(route.method, route.path): route.lets_in for route in declared(app)}
    found["paths"] = {
        path: {
            method: _operation(operation, path, method.upper(), lets_in[method.upper(), path])
            for method, operation in methods.items()
        }
        for path, methods in found["paths"].items()
    }
    components = {**found.get("components", {})}
    schemas = {name: schema for name, schema in components.get("schemas", {}).items() if name not in _FASTAPI_S}
    components["schemas"] = schemas | {"Error": _ERROR}
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "An API token."},
        "session": {"type": "apiKey", "in": "cookie", "name": cookie, "description": "The console's session."},
        "header": {
            "type": "apiKey",
            "in": "header",
            "name": "X-Xinan",
            "description": "Beside the session, with everything that changes something; any value.",
        },
        "camera": {"type": "http", "scheme": "bearer", "description": "The token of a camera that is a phone."},
    }
    return {**found, "components": components}


def shown(document: Mapping[str, Any]) -> dict[str, Any]:
    """Without the console's own pages."""
    paths = {path: methods for path, methods in document["paths"].items() if path.startswith(_SHOWN)}
    return {**document, "paths": paths}


def _operation(operation: Mapping[str, Any], path: str, method: str, lets_in: Permission | str) -> dict[str, Any]:
    answers = {status: answer for status, answer in operation["responses"].items() if status != "422"}
    said = [operation.get("description", "")]
    if isinstance(lets_in, Permission):
        said.append(f"Needs the scope `{lets_in}`.")
    return {
        **operation,
        "description": "\n\n".join(filter(None, said)),
        "responses": answers | {"4XX": _REFUSED, "503": _AWAY},
        "security": _security(path, method, lets_in),
    }


def _security(path: str, method: str, lets_in: Permission | str) -> list[dict[str, list[str]]]:
    if path.startswith(PHONES):
        return [{"camera": []}]
    if lets_in == OPEN:
        return []
    session: dict[str, list[str]] = {"session": []}
    token: list[dict[str, list[str]]] = [] if lets_in in (IN_SESSION, IN_ACCOUNT) else [{"token": []}]
    return [*token, session if method in SAFE_METHODS else session | {"header": []}]


def openapi_router(app: FastAPI, cookie: str) -> APIRouter:
    """The document is made once: routes do not change while the console runs."""
    router = APIRouter(prefix="/api")
    made: dict[str, Any] = {}

    @router.get("/openapi.json", dependencies=[needs(Permission.SEE)], include_in_schema=False)
    async def openapi() -> JSONResponse:
        if not made:
            made.update(shown(describe(app, cookie)))
        return JSONResponse(made)

    return router
