"""Every screen of `screens.py` in the middle of a night: nothing is cut, sticks out, lies over something else or is too
small to read, and axe-core finds nothing. That nothing moves while it loads: test_looks_browser.py and its neighbours.

Each language and each theme meets each size: what an eye needs of a colour is the same in both languages. axe-core
looks at those of a desk and in the hand: on a wall they are the same, only larger, and take it most of the time.
`python -m tests.acceptance.screens` takes pictures of all.
"""

from collections.abc import Iterator, Sequence

import pytest

from tests.acceptance.browser import needs_chromium

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page

from tests.acceptance.community import Night
from tests.acceptance.layout import faults
from tests.acceptance.screens import DESK, PHONE, SCREENS, WALL, Look, Screen, Size, by_visitor, state, visitor
from tests.acceptance.test_looks_browser import found

pytestmark = needs_chromium

CHINESE, ENGLISH = "zh-CN", "en-GB"
LOOKS: Sequence[Look] = [(CHINESE, "dark"), (ENGLISH, "light")]
KINDS = ("enter", "queue", "alert", "dialog", "wall", "plan", "setup", "shift", "forbidden")
DRAWN_MS = 300
"""Until what a size or a press has changed stands where it stays."""
PAPER = "alert-paper"
"""It is of no screen."""
FULL = ("wall-full", "unanswered-full")
"""What fills the screen cannot be drawn larger."""


@pytest.fixture(scope="module")
def night() -> Iterator[Night]:
    with state("night") as made:
        yield made


def wrong(browser: Browser, night: Night, screens: Sequence[Screen], look: Look) -> list[str]:
    """A line for each thing that is wrong with one of these screens of a desk."""
    full = [one for one in screens if one.name in FULL]
    usual = [one for one in screens if one.name not in FULL]
    visits = ((usual, (DESK, WALL)), (full, (DESK,)), (full, (WALL,)))
    return [one for group, sizes in visits for one in wrong_at(browser, night, group, look, sizes)]


def wrong_at(browser: Browser, night: Night, screens: Sequence[Screen], look: Look, sizes: Sequence[Size]) -> list[str]:
    """They come up in the first size, and are then drawn to the others."""
    said: list[str] = []
    for (device, who), group in by_visitor(screens):
        with visitor(browser, night, device, who, look, sizes[0]) as page:
            for screen in group:
                screen.way(page, night)
                for size in sizes:
                    sized(page, *size)
                    said += [f"{screen.name} {size}: {one}" for one in faults(page)]
                if sizes[0] != WALL:
                    unrolled(page, sizes[0])
                    said += [f"{screen.name}: {one}" for one in found(page)]
                    sized(page, *sizes[0])
    return said


def sized(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(DRAWN_MS)


def unrolled(page: Page, size: Size) -> None:
    """As high as it is: what has been scrolled half under the tabs is not too small to be pressed."""
    sized(page, *size)
    height = page.evaluate("document.documentElement.scrollHeight")
    sized(page, size[0], max(size[1], height))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("look", LOOKS)
def test_a_screen_of_a_desk_and_of_a_wall(browser: Browser, night: Night, kind: str, look: Look) -> None:
    screens = [one for one in SCREENS if one.name.startswith(kind) and one.device == "desk" and one.name != PAPER]
    assert wrong(browser, night, screens, look) == []


@pytest.mark.parametrize("look", LOOKS)
def test_a_screen_of_a_phone(browser: Browser, night: Night, look: Look) -> None:
    screens = [one for one in SCREENS if one.device == "phone" and one.state == "night"]
    assert wrong_at(browser, night, screens, look, (PHONE,)) == []


@pytest.mark.parametrize("name", ["calm", "flood", "unanswered", "empty"])
def test_a_night_of_another_kind(browser: Browser, name: str) -> None:
    with state(name) as other:
        for look in LOOKS:
            screens = [one for one in SCREENS if one.state == name and one.device == "desk"]
            assert wrong(browser, other, screens, look) == []


def test_every_screen_is_looked_at() -> None:
    of_a_night = {one.name for one in SCREENS if one.state == "night" and one.device == "desk"}
    assert {name for name in of_a_night if not name.startswith(KINDS)} == set()
