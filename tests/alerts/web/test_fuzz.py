"""Every operation of the API asked with what schemathesis makes of its description, good and bad, by three callers.

Derandomised: the same requests each time. Never a 5xx, and answers are as they are described.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from alerts.access.roles import ALLOWED, Permission, Role
from alerts.access.tokens import TokenOrder
from alerts.record.actor import Actor
from alerts.web.openapi import describe
from tests.alerts.web.console import HEADERS, Parts, serving, some_settings

Operation = APIOperation[Any, Any, Any, Any]
EXAMPLES = 3
"""Of each operation, kind of data and caller."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ENDLESS = {"/api/events", "/api/phone/events"}
"""Asked by tests of their own: tests/alerts/web/test_events.py."""


@schemathesis.serializer("application/sdp")
def as_text(context: Any, value: Any) -> Any:
    """Offers are taken as they are; right ones are made in test_live_webrtc.py and test_whip.py."""
    return str(value).encode("utf-8", "replace")


@schemathesis.serializer("application/octet-stream")
def as_bytes(context: Any, value: Any) -> Any:
    """Files are taken as they are; right ones are made in test_plans_api.py."""
    return str(value).encode("utf-8", "replace")


LAST = ("/api/leave",)
"""After it nobody is signed in any more."""
EVERYTHING = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True)
class Site:
    """A console that runs, with something of everything in it. ids: real values for parameters of paths."""

    parts: Parts
    base: str
    ids: Mapping[str, list[str]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    parts = Parts.build(some_settings(tmp_path_factory.mktemp("fuzz") / "store"))
    parts.online()
    parts.preview()
    alerts = [parts.raise_alert(camera, hazard).id for camera in (0, 1) for hazard in ("flame", "clutter")]
    token, _ = parts.tokens.add(TokenOrder("x", Role.OPERATOR, frozenset({Permission.SEE})), Actor("Wang", "console"))
    ids = {"alert_id": alerts, "name": [camera.name for camera in parts.settings.cameras], "token_id": [token.id]}
    with serving(parts) as base:
        yield Site(parts, base, ids)
    parts.close()


def as_admin(site: Site) -> dict[str, str]:
    """With a session."""
    with httpx.Client(base_url=site.base, headers=HEADERS) as client:
        client.post("/enter", json={"token": site.parts.access.issue_link(), "name": "Wang"}).raise_for_status()
        return HEADERS | {"cookie": "; ".join(f"{one.name}={one.value}" for one in client.cookies.jar)}


def by_token(role: Role, *places: str, scopes: frozenset[Permission] | None = None) -> Callable[[Site], dict[str, str]]:
    def headers(site: Site) -> dict[str, str]:
        order = TokenOrder("fuzz", role, scopes or ALLOWED[role], frozenset(places) or None)
        return {"authorization": f"Bearer {site.parts.tokens.add(order, Actor('Wang', 'console'))[1]}"}

    return headers


CALLERS: dict[str, Callable[[Site], dict[str, str]]] = {
    "admin": as_admin,
    "volunteer of one camera": by_token(Role.VOLUNTEER, "shed-1"),
    "scoped token": by_token(Role.OPERATOR, scopes=frozenset({Permission.SEE, Permission.JUDGE})),
}


def operations(site: Site) -> list[Operation]:
    schema = schemathesis.openapi.from_dict(describe(site.parts.app, site.parts.access.cookies.session))
    found: list[Operation] = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    assert len(found) == len(list(schema.get_all_operations()))
    return sorted(found, key=lambda one: one.path in LAST)


def fuzz(operation: Operation, site: Site, headers: dict[str, str], mode: GenerationMode) -> int:
    """Raises Failure or FailureGroup. How often it was asked."""
    asked = 0

    @EVERYTHING
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans(), chosen=st.integers(0, 3))
    def ask(case: Case[Any], real: bool, chosen: int) -> None:
        nonlocal asked
        for name in case.path_parameters or {}:
            if real and (known := site.ids.get(name)):
                case.path_parameters[name] = known[chosen % len(known)]
        answer = case.call(base_url=site.base, headers=headers, timeout=20, session=SESSION)
        case.validate_response(answer, checks=CHECKS)
        asked += 1

    with contextlib.suppress(Unsatisfiable):  # it takes nothing that could be wrong
        ask()
    return asked


SESSION = requests.Session()


@pytest.mark.parametrize("caller", CALLERS)
def test_no_request_breaks_it(site: Site, caller: str) -> None:
    headers, failures, asked = CALLERS[caller](site), [], 0
    for operation in operations(site):
        if operation.path in ENDLESS:
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                asked += fuzz(operation, site, headers, mode)
            except (Failure, FailureGroup) as failure:
                failures.append(f"{operation.label} {mode}: {failure}")
    assert not failures, "\n".join(failures)
    assert asked > 200
    assert httpx.get(f"{site.base}/healthz").status_code == 200
