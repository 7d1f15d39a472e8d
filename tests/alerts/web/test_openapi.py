"""The document of the API: who gets it, and that it says what is so."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.access.roles import Permission, Role
from alerts.access.tokens import TokenOrder
from alerts.record.actor import Actor
from alerts.version import version
from alerts.web.openapi import describe
from tests.alerts.web.console import Parts

GUIDE = (Path(__file__).parents[3] / "docs" / "guide" / "api.md").read_text("utf-8")


@pytest.fixture
async def document(operator: httpx.AsyncClient) -> dict[str, Any]:
    answer = await operator.get("/api/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, one) for path, methods in document["paths"].items() for method, one in methods.items()]


async def test_what_it_is_called(document: dict[str, Any]) -> None:
    assert document["info"]["title"] == "Xin'an 心安" and document["info"]["version"] == version()
    assert "Bearer" in document["info"]["description"]


async def test_who_may_see_may_have_it(parts: Parts, stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/api/openapi.json")).status_code == 401
    for scope, status in ((Permission.SEE, 200), (Permission.METRICS, 403)):
        _, secret = parts.tokens.add(TokenOrder("x", Role.OPERATOR, frozenset({scope})), Actor("Wang", "console"))
        answer = await stranger.get("/api/openapi.json", headers={"authorization": f"Bearer {secret}"})
        assert answer.status_code == status


async def test_it_is_of_the_api_and_not_of_pages(document: dict[str, Any]) -> None:
    paths = document["paths"].keys()
    assert {"/api/alerts", "/metrics", "/healthz", "/whip/{name}"} <= paths
    assert not any(path.startswith(("/enter", "/answer", "/static", "/patrol")) for path in paths)


async def test_names_of_operations_stay(document: dict[str, Any]) -> None:
    names = [one["operationId"] for _, _, one in operations(document)]
    assert len(set(names)) == len(names)
    assert {"get_alerts", "post_alerts_alert_id_acknowledge", "get_metrics", "delete_tokens_token_id"} <= set(names)
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in names)


async def test_every_error_is_described_as_it_is(document: dict[str, Any], operator: httpx.AsyncClient) -> None:
    for path, method, one in operations(document):
        for status in ("4XX", "503"):
            schema = one["responses"][status]["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Error"}, f"{method} {path}"
        assert "422" not in one["responses"]
    schemas = document["components"]["schemas"]
    assert "HTTPValidationError" not in schemas
    wrong = (await operator.get("/api/alerts?limit=x")).json()
    assert set(schemas["Error"]["required"]) == wrong.keys()


async def test_the_door_of_each(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    for path, method, one in operations(document):
        named = {name for way in one["security"] for name in way}
        assert named <= schemes.keys()
        assert ("header" in named) is (method != "get" and not path.startswith("/whip/"))
        no_token = path in ("/healthz", "/api/leave") or path.startswith(("/whip/", "/api/me/"))
        assert ("token" in named) is not no_token
    assert "Needs the scope `see`." in document["paths"]["/api/alerts"]["get"]["description"]
    assert schemes["session"]["name"].startswith("xinan_")


async def test_what_is_no_json_is_said_to_be_none(document: dict[str, Any]) -> None:
    for path, media_type in (
        ("/api/alerts/{alert_id}/snapshot", "image/jpeg"),
        ("/api/alerts/{alert_id}/clip", "video/mp4"),
        ("/api/alerts/{alert_id}.cap", "application/cap+xml"),
        ("/api/events", "text/event-stream"),
        ("/healthz", "text/plain"),
    ):
        assert list(document["paths"][path]["get"]["responses"]["200"]["content"]) == [media_type], path
    offer = document["paths"]["/api/cameras/{name}/whep"]["post"]
    assert list(offer["requestBody"]["content"]) == list(offer["responses"]["201"]["content"]) == ["application/sdp"]


async def test_every_reference_leads_somewhere(parts: Parts) -> None:
    whole = describe(parts.app, "x")
    names = set(re.findall(r"#/components/schemas/(\w+)", str(whole)))
    assert names <= whole["components"]["schemas"].keys()


def test_the_guide_asks_for_what_there_is(parts: Parts) -> None:
    paths = [re.sub(r"\{\w+\}", "[^/]+", path) for path in describe(parts.app, "x")["paths"]]
    asked = re.findall(r"http://127\.0\.0\.1:8800(/[\w/]+)", GUIDE)
    assert len(asked) >= 2
    for path in asked:
        assert any(re.fullmatch(known, path) for known in paths), path
