"""What is wrong with how a page lies on its screen, as far as a browser can measure it."""

from pathlib import Path

from playwright.sync_api import Page

FAULTS = Path(__file__).with_suffix(".js").read_text("utf-8")
LEAST_PX = 10.0
LEAST_FAR_PX = 15.0
"""Of type on a screen that is read from across the room."""
FAR_FROM_PX = 2560


def faults(page: Page) -> list[str]:
    """A line each: what sticks out, is cut, lies over something else or is too small, of the dialogue that is open, or
    else of the page; what is scrolled away, or shortened by an ellipsis, is not."""
    size = page.viewport_size
    assert size
    found: list[str] = page.evaluate(FAULTS, LEAST_FAR_PX if size["width"] >= FAR_FROM_PX else LEAST_PX)
    return found
