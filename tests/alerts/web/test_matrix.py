"""Every route × every role × somebody else's camera, and that a route which forgets its limit is found."""

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from alerts.access.principal import Principal
from alerts.access.roles import ALLOWED, Permission, Role
from alerts.errors import RouteRefused
from alerts.web.alerts_api import alert_out
from alerts.web.caller import OPEN, SIGNED_IN, needs
from alerts.web.guard import PAGES
from alerts.web.routes import OPEN as OPEN_WORD
from alerts.web.routes import check_routes, declared
from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts
from tests.alerts.web.matrix import ASKED, Site, problems

NOTE = Path(__file__).parents[3] / "docs" / "design" / "limits.md"


@pytest.fixture
async def site(tmp_path: Path, clock: SimulatedClock) -> AsyncIterator[Site]:
    parts = Parts.build(Site.settings(tmp_path / "store"), clock)
    yield Site(parts)
    assert parts.told is not None
    await parts.told.close()
    parts.close()


@pytest.fixture
async def client(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with site.parts.client() as client:
        await site.parts.enter(client)
        yield client


def somebody(role: Role, *, limited: bool = False, scope: Permission | None = None) -> Principal:
    """At the console, or a program with one scope."""
    places = frozenset({"own-place"}) if limited else None
    if scope is None:
        return Principal("li", "Li", role, places, session="s")
    return Principal("", "robot", role, places, frozenset({scope}), "api", "t")


async def test_each_role_may_what_it_may(site: Site, client: httpx.AsyncClient) -> None:
    assert await problems(site, [somebody(role) for role in Role], client) == []


async def test_each_role_sees_no_more_than_its_places(site: Site, client: httpx.AsyncClient) -> None:
    assert await problems(site, [somebody(role, limited=True) for role in Role], client) == []


async def test_a_program_with_one_scope(site: Site, client: httpx.AsyncClient) -> None:
    assert await problems(site, [somebody(Role.ADMIN, scope=scope) for scope in Permission], client) == []


async def test_without_a_session_nothing_but_what_is_open(site: Site) -> None:
    async with site.parts.client() as stranger:
        for route in declared(site.parts.app):
            path = route.path.replace("{", "").replace("}", "")
            answer = await stranger.request(route.method, path, json={})
            if route.lets_in != OPEN_WORD:
                assert answer.status_code == (303 if path in PAGES else 401), str(route)


def test_nothing_is_asked_of_routes_that_are_gone(site: Site) -> None:
    assert set(ASKED) == {str(route) for route in declared(site.parts.app)}


def table(heading: str) -> dict[str, set[str]]:
    """First column → what stands in backquotes in the second, of a table of the design note."""
    part = NOTE.read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("| ")][1:]
    return {first.strip(" `"): set(re.findall(r"`([^`]+)`", second)) for first, second in rows}


def test_the_design_note_names_every_route_with_what_it_asks_for(site: Site) -> None:
    asked: dict[str, set[str]] = {}
    for route in declared(site.parts.app):
        asked.setdefault(str(route.lets_in), set()).add(str(route))
    routes = {name: {one for one in said if " " in one} for name, said in table("Routes").items()}
    assert routes == asked


def test_the_design_note_says_what_each_role_may() -> None:
    everything = {permission.value for permission in Permission}
    roles = {name: said or everything for name, said in table("Roles").items()}
    assert roles == {role.value: {one.value for one in ALLOWED[role]} for role in Role}


async def test_a_route_that_forgets_its_limit_is_found(site: Site, client: httpx.AsyncClient) -> None:
    forgetful = APIRouter(dependencies=[needs(Permission.SEE)])

    @forgetful.get("/api/alerts/{alert_id}/leak")
    async def leak(alert_id: str) -> object:
        return alert_out(site.parts.desk.alert(alert_id))

    @forgetful.get("/api/leaks")
    async def leaks() -> object:
        return [alert_out(one) for one in site.parts.desk.alerts()]

    @forgetful.get("/api/cameras/{name}/leak")
    async def leak_camera(name: str) -> object:
        return site.parts.settings.registry().text_of(name)

    site.parts.app.include_router(forgetful)
    new = {"GET /api/alerts/{alert_id}/leak": True, "GET /api/leaks": False, "GET /api/cameras/{name}/leak": True}
    unasked = await problems(site, [], client)
    assert [line.split(":")[0] for line in unasked] == list(new)
    with pytest.MonkeyPatch.context() as asked:
        for route, by_id in new.items():
            asked.setitem(ASKED, route, [type(ASKED["GET /healthz"][0])(by_id=by_id)])
        found = await problems(site, [somebody(Role.VOLUNTEER, limited=True)], client)
    assert {name for name in new if any(name in line for line in found)} == set(new)
    assert all("leak" in line for line in found), found


def _app(add: Callable[[FastAPI], object]) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    add(app)
    return app


def _get(path: str, *marks: object) -> Callable[[FastAPI], object]:
    return lambda app: app.get(path, dependencies=list(marks))(lambda: None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("add", "said"),
    [
        (_get("/api/new"), "GET /api/new: does not say whom it lets in"),
        (_get("/api/new", needs(Permission.SEE), SIGNED_IN), r"GET /api/new: says twice .*see, signed in"),
        (_get("/api/new", OPEN), "GET /api/new: open by its own word, but the guard asks"),
        (_get("/enter", SIGNED_IN), "GET /enter: asks for somebody .* lets everybody pass"),
        (_get("/enter/{name}", needs(Permission.SEE)), r"GET /enter/\{name\}: asks for somebody"),
        (_get("/whip/{name}/more", SIGNED_IN), "asks for somebody"),
        (lambda app: app.mount("/more", FastAPI()), r"\* /more: does not say"),
    ],
)
def test_an_app_does_not_start_with_a_route_that_does_not_say_whom_it_lets_in(
    add: Callable[[FastAPI], object], said: str
) -> None:
    with pytest.raises(RouteRefused, match=said):
        check_routes(_app(add))


def test_the_word_of_a_router_holds_for_its_routes() -> None:
    router = APIRouter(prefix="/api", dependencies=[SIGNED_IN])
    router.get("/a")(lambda: None)
    app = _app(lambda app: app.include_router(router))
    assert [(str(route), route.lets_in) for route in declared(app)] == [("GET /api/a", "signed in")]
    check_routes(app)
