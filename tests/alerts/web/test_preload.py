"""Each page names the modules that it is made of: a browser asks for all of them at once, not one after the other."""

import re

import pytest

from alerts.web.files import STATIC

IMPORT = re.compile(r'^(?:import|export)[^;]*?"\./([\w.]+)"', re.MULTILINE)
PAGES = [
    ("index.html", "main.js", "/static"),
    ("setup.html", "setup.js", "/static"),
    ("shift.html", "shift.js", "/static"),
    ("phone.html", "phone.js", "/phone"),
    ("answer.html", "answer.js", "/phone"),
]


def modules_of(entry: str) -> set[str]:
    """All that it imports, and they in turn."""
    found: set[str] = set()
    waiting = [entry]
    while waiting:
        fresh = set(IMPORT.findall((STATIC / waiting.pop()).read_text("utf-8"))) - found - {entry}
        found |= fresh
        waiting += fresh
    return found


@pytest.mark.parametrize(("page", "entry", "base"), PAGES)
def test_a_page_names_all_its_modules_and_no_other(page: str, entry: str, base: str) -> None:
    named = re.findall(r'<link rel="modulepreload" href="([^"]+)">', (STATIC / page).read_text("utf-8"))
    assert sorted(named) == sorted(f"{base}/{name}" for name in modules_of(entry))
