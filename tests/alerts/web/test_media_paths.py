"""Tricks with ids, names, methods and ranges: nothing fails inside, and nothing of anybody else comes out."""

import http.client
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.access.roles import ALLOWED, Permission, Role
from alerts.access.tokens import TokenOrder
from alerts.record.actor import Actor
from alerts.web.routes import declared
from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts, serving
from tests.alerts.web.matrix import Site

REFUSED = {400, 401, 403, 404, 405, 414, 422}
SECRET = b"what-nobody-may-see"
TRICKS = [
    "..", "%2e%2e", "..%2f..%2f..%2falerts.db", "%2e%2e%2f%2e%2e%2falerts.db", "..%5c..%5calerts.db", "..\\alerts.db",
    "%252e%252e%252falerts.db", "....//alerts.db", "..;/alerts.db", "%00", "{own}%00", "{own}%00.mp4", "{own}%0a",
    "{own}%0d%0aX-Evil:%20yes", "{own}%2f..%2f{other}", "{own}/../{other}", "{own}/..%2f{other}/snapshot", "{other}",
    "{other}%20", "%20{other}", "{other}%2f", "{other}.", "{other}%00", "{own},{other}", "{own}%26id={other}",
    "*", "%25", "'%20OR%20'1'='1",
    "%c0%ae%c0%ae%2falerts.db", "%ff%fe", "%e2%80%a4%e2%80%a4%2falerts.db", "%ef%bc%8e%ef%bc%8e",
    "%f0%9f%94%a5", "%e2%80%ae", "a" * 5_000, "%61" * 3_000, "-", "_", "null", "0", "[]", "%7B%7D",
    "file:%2f%2f%2fetc%2fpasswd",
]  # fmt: skip
PLACES = [
    "/api/alerts/{}", "/api/alerts/{}.cap", "/api/alerts/{}/snapshot", "/api/alerts/{}/snapshot?variant=clean",
    "/api/alerts/{}/clip", "/api/alerts/{}/steps", "/api/alerts/{}/hold", "/api/alerts/{}/deliveries",
    "/api/cameras/{}/picture.jpg", "/api/cameras/{}/boxes", "/api/cameras/{}/health", "/api/push/devices/{}/test",
    "/static/0/{}", "/enter/{}", "/patrol/{}", "/answer/{}", "/whip/{}",
]  # fmt: skip
RANGES = [
    "bytes=0-", "bytes=-1", "bytes=0-0", "bytes=5-2", "bytes=-0", "bytes=--5", "bytes=999999-", "bytes=a-b", "bytes=",
    "bytes", "lines=0-1", "bytes=0-0,2-3", "bytes=0-9,0-9,0-9", "bytes=0-" + "9" * 400, "bytes=0-" + "9" * 5_000,
    "bytes=" + "9" * 5_000 + "-", "bytes=" + ",".join("0-1" for _ in range(2_000)), "bytes=0-\xff", "bytes=0.5-1",
    "bytes=\u00b2-",
]  # fmt: skip


class Raw:
    """Asks for paths as they are written, by the token of somebody who is limited to one side of a site."""

    def __init__(self, site: Site, url: str, role: Role = Role.OPERATOR) -> None:
        self.own, self.other = site.alerts["own"].id, site.alerts["other"].id
        self._host = url.removeprefix("http://")
        scopes = ALLOWED[role] - {Permission.METRICS}
        order = TokenOrder("raw", role, scopes, frozenset({"own-place"}))
        _, secret = site.parts.tokens.add(order, Actor("x", "console"))
        self._headers = {"Authorization": f"Bearer {secret}", "Host": self._host}

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        """Status and body."""
        line = http.client.HTTPConnection(self._host, timeout=30)
        line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {**self._headers, **headers, "Content-Length": str(len(body))}.items():
            line.putheader(name, value.encode("latin-1", "replace"))
        line.endheaders(body)
        answer = line.getresponse()
        said = answer.status, answer.read()
        assert answer.getheader("X-Evil") is None
        line.close()
        return said


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    folder = tmp_path_factory.mktemp("s") / "store"
    parts = Parts.build(Site.settings(folder), SimulatedClock())
    found = Site(parts)
    (folder / "alerts.db-secret").write_bytes(SECRET)
    for file in folder.rglob("*.mp4"):
        file.write_bytes(b"clip" * 100 if found.alerts["own"].id in file.name else SECRET)
    with serving(parts) as url:
        yield found, url
    parts.close()


@pytest.fixture
def raw(site: tuple[Site, str]) -> Raw:
    return Raw(*site)


@pytest.mark.parametrize("place", PLACES)
def test_no_trick_leads_anywhere(raw: Raw, place: str, site: tuple[Site, str]) -> None:
    folder: Path = site[0].parts.settings.store.path
    for trick in TRICKS:
        path = place.format(trick.format(own=raw.own, other=raw.other) if "{o" in trick else trick)
        method = "POST" if place.startswith(("/api/push", "/whip")) else "GET"
        try:
            status, body = raw.ask(path, method)
        except (http.client.InvalidURL, UnicodeEncodeError) as error:
            raise AssertionError(f"the test cannot ask for {path}") from error
        assert status in REFUSED, f"{path[:200]}: {status}"
        for secret in (SECRET, b"SQLite", str(folder).encode(), b"Traceback", b"other-cam", b"shed of other"):
            assert secret not in body, path[:200]


def test_a_range_is_of_that_clip_or_refused(raw: Raw) -> None:
    url = f"/api/alerts/{raw.own}"
    status, _ = raw.ask(f"{url}/clear", "POST", b'{"reason": "verify"}', **{"Content-Type": "application/json"})
    assert status == 200
    for given in RANGES:
        status, body = raw.ask(f"{url}/clip", Range=given)
        assert status in {200, 206, 400, 416}, f"{given[:80]}: {status}"
        assert status >= 400 or set(body) <= set(b"clip") or body.startswith(b"--"), given[:80]
        assert len(body) < 100_000, f"{given[:80]}: {len(body)} bytes of a clip of 400"
        assert raw.ask(f"/api/alerts/{raw.other}/clip", Range=given)[0] == 404


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "PATCH", "TRACE", "NONSENSE"])
def test_other_methods_do_nothing(raw: Raw, site: tuple[Site, str], method: str) -> None:
    paths = {route.path for route in declared(site[0].parts.app)}
    known = {"alert_id": raw.own, "name": "own-cam", "silence_id": "0" * 26, "device_id": "ab", "token_id": "0" * 16}
    for path in sorted(paths):
        asked = re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], "x"), path)
        status, body = raw.ask(asked, method)
        assert status in {403, 404, 405, 400, 422}, f"{method} {path}: {status} {body!r}"
