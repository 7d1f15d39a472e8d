"""The console's files have addresses that change with them: never asked for again, never yesterday's."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from alerts.web import files

FOREVER = "private, max-age=31536000, immutable"


@pytest.fixture
def a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """One of the console's, that an upgrade may change."""
    path = tmp_path / "wall.js"
    path.write_text("export const A = 1;\n")
    monkeypatch.setattr(files, "CONSOLE_FILES", {**files.CONSOLE_FILES, "wall.js": path})
    yield path


async def named(operator: httpx.AsyncClient, page: str = "/") -> str:
    """The mark of today, under which a page names all its files."""
    answer = await operator.get(page)
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-store"
    found = set(re.findall(r'"/static/([0-9a-f]+)/[\w.-]+"', answer.text))
    assert answer.text.count('"/static/') == len(re.findall(r'"/static/[0-9a-f]+/', answer.text)) > 5
    [mark] = found
    return str(mark)


async def test_what_a_page_names_is_kept_for_ever(operator: httpx.AsyncClient) -> None:
    mark = await named(operator)
    for name in ("main.js", "base.css", "icon.svg"):
        answer = await operator.get(f"/static/{mark}/{name}")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, FOREVER)
    assert {await named(operator, page) for page in ("/setup", "/shift")} == {mark}
    assert (await operator.get("/static/main.js")).status_code == 404


async def test_after_an_upgrade_all_addresses_are_new(operator: httpx.AsyncClient, a_file: Path) -> None:
    before = await named(operator)
    a_file.write_text("export const A = 2; // newer\n")
    during = await operator.get(f"/static/{before}/wall.js")
    assert during.headers["cache-control"] == "no-cache", "today's file would be kept as yesterday's"
    after = await named(operator)
    assert after != before
    answer = await operator.get(f"/static/{after}/wall.js")
    assert (answer.text, answer.headers["cache-control"]) == (a_file.read_text(), FOREVER)
    old = await operator.get(f"/static/{before}/main.js")
    assert (old.status_code, old.headers["cache-control"]) == (200, "no-cache"), "a page of yesterday still works"
    again = await operator.get(f"/static/{before}/main.js", headers={"if-none-match": old.headers["etag"]})
    assert again.status_code == 304


async def test_files_of_other_pages_are_asked_for_again(stranger: httpx.AsyncClient) -> None:
    for path in ("/enter/base.css", "/phone/base.css", "/service-worker.js"):
        assert (await stranger.get(path)).headers["cache-control"] == "no-cache", path
