"""`xinan demo`: from nothing to a raised alert in the console, in a real browser."""

from pathlib import Path

from tests.acceptance.browser import chromium, needs_chromium
from tests.acceptance.watching import Watching, until
from tests.rtsp_server import free_port


@needs_chromium
def test_the_demo_raises_real_alerts_in_the_console(tmp_path: Path) -> None:
    with Watching(["demo", "--no-browser", "--port", str(free_port())], tmp_path) as demo, chromium() as browser:
        page = browser.new_page(locale="en-GB", viewport={"width": 1366, "height": 768})
        page.goto(demo.link)
        page.locator("#name").fill("Operator")
        page.locator("#enter button").click()
        page.locator("#queue-list [data-id]").first.wait_for(timeout=60_000)
        until(lambda: any("FLAME" in line for line in demo.lines), "the fire")
        page.locator("#queue-list [data-id]", has_text="Flame").first.click()
        page.locator("#detail .snapshot img").first.wait_for()
        page.wait_for_timeout(1500)
        page.screenshot(path=str(tmp_path / "demo.png"))
        assert demo.stop() == 0
    assert not any("Traceback" in line for line in demo.lines)


def test_the_demo_leaves_nothing_in_the_folder_it_is_run_in(tmp_path: Path) -> None:
    with Watching(["demo", "--no-browser", "--port", str(free_port())], tmp_path) as demo:
        assert demo.stop() == 0
    assert list(tmp_path.iterdir()) == []
