"""A site set up in the browser, as whoever looks after it does: a real watch, a real file, a real Chromium."""

import socket
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.browser import needs_chromium, waits
from tests.acceptance.test_looks_browser import MOST_SHIFTED, SHIFTS, found
from tests.acceptance.watching import Watching, until, write_settings
from tests.alerts.receiver import Receiver
from tests.alerts.web.painting import jpeg, paint
from tests.clips import corridor, write_clip
from tests.streams.wire import WireServer

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import APIResponse, Browser, Dialog, Page, Route, expect

pytestmark = needs_chromium

PICTURE = jpeg(paint(0))
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(PICTURE)
PATIENCE_MS = 60_000
TRIAL_MS = 200_000
SECRET = "geheim-42"


@pytest.fixture(scope="module")
def hook() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def lens() -> Iterator[WireServer]:
    """A camera of the network that answers with one picture."""
    with WireServer(lambda connection, _: connection.sendall(HEAD + PICTURE)) as server:
        yield server


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, hook: Receiver) -> Path:
    folder = tmp_path_factory.mktemp("site")
    clip = write_clip(folder / "hall.mp4", corridor(4))
    return write_settings(
        folder,
        f'[[webhooks]]\nname = "team"\nurl = "{hook.url}"\nsecret = "{SECRET}"   # of the team\n\n'
        f'[[cameras]]\nname = "hall"   # by the door\nurl = "{clip}"\nloop = true\n',
    )


@pytest.fixture(scope="module")
def watch(file: Path) -> Iterator[Watching]:
    with Watching(["watch", "-c", str(file)], file.parent) as running:
        running.enter()
        yield running


@contextmanager
def setup_page(
    browser: Browser, watch: Watching, locale: str = "en-GB", size: tuple[int, int] = (1366, 768)
) -> Iterator[Page]:
    """Signed in; nothing may be told on the browser's console but what the server refuses."""
    context = browser.new_context(locale=locale, viewport={"width": size[0], "height": size[1]})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if "Content Security" in said.text else None)
    page.goto(watch.link_for_another())
    page.locator("#name").fill("Wang")
    page.locator("#enter button").click()
    page.wait_for_url(f"{watch.base}/")
    page.add_init_script(SHIFTS)
    page.goto(f"{watch.base}/setup")
    expect(page.locator("#parts button").first).to_be_visible(timeout=PATIENCE_MS)
    assert page.evaluate("window.shifted") < MOST_SHIFTED
    yield page
    assert SECRET not in page.content()
    assert not problems
    context.close()


def saved(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text("utf-8"))


def save(page: Page) -> None:
    """And wait until the watch has taken it up."""
    page.locator("#entry button.big").click()
    expect(page.locator(".said").first).to_contain_text("Written", timeout=PATIENCE_MS)
    expect(page.locator("#force")).to_have_attribute("data-good", "true", timeout=PATIENCE_MS)


def part(page: Page, name: str) -> None:
    page.locator("#parts button", has_text=name).first.click()


def test_people_are_set_up_and_a_test_reaches_them(
    browser: Browser, watch: Watching, file: Path, hook: Receiver
) -> None:
    with setup_page(browser, watch) as page:
        part(page, "People")
        page.locator("#add").click()
        page.locator('input[name="id"]').fill("l i")
        page.locator('input[name="name"]').fill("<b>李阿姨</b>")
        page.locator("#entry button.big").click()
        expect(page.locator('[data-path="id"] .wrong')).to_contain_text("expected form", timeout=PATIENCE_MS)
        expect(page.locator('[data-path="channels"] > .wrong')).to_contain_text("Needed", timeout=PATIENCE_MS)
        page.locator('input[name="id"]').fill("li")
        page.get_by_role("button", name="Add a way to reach").click()
        page.locator('select[name="channel"]').select_option("team")
        save(page)
        assert saved(file)["people"] == [{"id": "li", "name": "<b>李阿姨</b>", "channels": [{"channel": "team"}]}]
        expect(page.locator("#entries")).to_contain_text("<b>李阿姨</b>", timeout=PATIENCE_MS)
        page.get_by_role("button", name="Test team").click()
        expect(page.locator(".results")).to_contain_text("team: delivered", timeout=PATIENCE_MS)
        assert any(got.event["data"].get("exercise") for got in hook.got)


def test_what_could_not_be_written_or_read_back_is_said(browser: Browser, watch: Watching, file: Path) -> None:
    with setup_page(browser, watch) as page:
        part(page, "Webhooks")
        page.locator("#entries button").first.click()
        page.locator("summary").click()
        page.locator('input[name="timeout_s"]').fill("9")
        said = page.locator("#entry .said")
        page.route("**/api/setup/change", lambda route: route.abort())
        page.locator("#entry button.big").click()
        expect(said).to_contain_text("The console cannot be reached; is the network up?", timeout=PATIENCE_MS)
        expect(said).to_contain_text("it may have been saved, or not")
        expect(page.locator('input[name="timeout_s"]')).to_have_value("9")
        page.once("dialog", lambda dialog: dialog.accept())
        page.locator("#entry .remove").click()
        expect(said).to_contain_text("The console cannot be reached; is the network up?", timeout=PATIENCE_MS)
        page.unroute("**/api/setup/change")
        page.route("**/api/setup/sheet", lambda route: route.abort())
        page.locator("#entry button.big").click()
        expect(said).to_contain_text("Written", timeout=PATIENCE_MS)
        expect(said).to_contain_text("cannot be reached")
        expect(said).to_have_attribute("data-good", "false")
        assert saved(file)["webhooks"][0]["timeout_s"] == 9


def test_nothing_can_be_typed_or_sent_twice_while_a_save_is_on_its_way(
    browser: Browser, watch: Watching, file: Path
) -> None:
    with setup_page(browser, watch) as page:
        part(page, "Webhooks")
        page.locator("#entries button").first.click()
        page.locator("summary").click()
        field = page.locator('input[name="timeout_s"]')
        field.fill("7")
        held: list[Route] = []
        page.route("**/api/setup/change", lambda route: held.append(route))
        page.locator("#entry button.big").click()
        expect(page.locator("#entry .said")).to_contain_text("Sending …", timeout=PATIENCE_MS)
        field.click(force=True)
        page.keyboard.type("5")
        page.locator("#entry button.big").click(force=True)
        page.locator("#parts button").first.click(force=True)
        expect(field).to_have_value("7")
        assert len(held) == 1
        sheets: list[Route] = []
        page.route("**/api/setup/sheet", lambda route: sheets.append(route))
        held[0].continue_()
        for _ in range(200):
            if sheets:
                break
            page.wait_for_timeout(50)
        field.click(force=True)
        page.keyboard.type("5")
        expect(field).to_have_value("7")
        sheets[0].continue_()
        page.unroute("**/api/setup/sheet")
        expect(page.locator(".said").first).to_contain_text("Written", timeout=PATIENCE_MS)
        page.locator("summary").click()
        field.fill("8")
        assert saved(file)["webhooks"][0]["timeout_s"] == 7


@pytest.mark.parametrize("taken", [True, False])
def test_who_waits_long_gives_up_and_reads_whether_it_was_saved(
    browser: Browser, watch: Watching, file: Path, taken: bool
) -> None:
    with setup_page(browser, watch) as page:
        part(page, "Webhooks")
        page.locator("#entries button").first.click()
        page.locator("summary").click()
        field, said = page.locator('input[name="timeout_s"]'), page.locator("#entry .said")
        before = saved(file)["webhooks"][0].get("timeout_s")
        field.fill("6")
        sent: list[Route] = []

        def hold(route: Route) -> None:
            if taken:
                route.fetch()
            sent.append(route)

        page.route("**/api/setup/change", hold)
        page.locator("#entry button.big").click()
        expect(page.locator("#give-up")).to_be_visible(timeout=PATIENCE_MS)
        waits(page, sent)
        page.locator("#give-up").click()
        expect(said).to_have_attribute("data-good", "false", timeout=PATIENCE_MS)
        expect(said).to_contain_text("it may have been saved, or not")
        expect(field).to_have_value("6")
        page.unroute("**/api/setup/change")
        page.locator("#read-again").click()
        expect(said).to_contain_text("has changed" if taken else "nothing was saved", timeout=PATIENCE_MS)
        expect(field).to_have_value("6")
        assert saved(file)["webhooks"][0].get("timeout_s") == (6 if taken else before)
        field.fill("5")
        save(page)
        assert saved(file)["webhooks"][0]["timeout_s"] == 5 and len(sent) == 1


def test_who_leaves_while_an_answer_is_waited_for_is_asked(browser: Browser, watch: Watching) -> None:
    with setup_page(browser, watch) as page:
        part(page, "Webhooks")
        page.locator("#entries button").first.click()
        page.route("**/api/setup/change", lambda route: None)
        page.locator("#entry button.big").click()
        expect(page.locator("#give-up")).to_be_visible(timeout=PATIENCE_MS)
        asked: list[str] = []

        def answer(question: Dialog) -> None:
            asked.append(question.message)
            question.accept() if len(asked) == 2 else question.dismiss()

        page.on("dialog", answer)
        part(page, "Groups")
        expect(page.locator("#give-up")).to_be_visible()
        part(page, "Groups")
        page.locator("#add").click()
        page.locator('input[name="name"]').fill("property")
        expect(page.locator(".said").first).to_be_empty()
        assert len(asked) == 2 and all("whether it was saved" in one for one in asked)


def test_who_left_before_the_answer_comes_back_to_what_was_saved(browser: Browser, watch: Watching, file: Path) -> None:
    with setup_page(browser, watch) as page:
        part(page, "Webhooks")
        page.locator("#entries button").first.click()
        page.locator("summary").click()
        page.locator('input[name="timeout_s"]').fill("9")
        page.route("**/api/setup/change", lambda route: route.fetch())  # taken, and nobody hears of it
        page.locator("#entry button.big").click()
        until(lambda: saved(file)["webhooks"][0].get("timeout_s") == 9, "the change")
        page.once("dialog", lambda question: question.accept())
        part(page, "Groups")
        with page.expect_response("**/api/setup/sheet"):
            part(page, "Webhooks")
        page.locator("#entries button").first.click()
        expect(page.locator('input[name="timeout_s"]')).to_have_value("9")
        page.unroute("**/api/setup/change")
        page.locator("summary").click()
        page.locator('input[name="timeout_s"]').fill("3")
        save(page)
        assert saved(file)["webhooks"][0]["timeout_s"] == 3


def test_what_was_read_before_a_save_does_not_stand_over_it(browser: Browser, watch: Watching, file: Path) -> None:
    with setup_page(browser, watch) as page:
        part(page, "Webhooks")
        page.locator("#entries button").first.click()
        page.route("**/api/setup/change", lambda route: None)  # it never gets there
        page.locator("#entry button.big").click()
        held: list[tuple[Route, APIResponse]] = []
        holding = [True]

        def slowly(route: Route) -> None:
            held.append((route, route.fetch())) if holding else route.continue_()

        page.route("**/api/setup/sheet", slowly)
        page.once("dialog", lambda question: question.accept())
        part(page, "Groups")  # what was left is read, on a line that is slow
        waits(page, held)
        page.unroute("**/api/setup/change")
        part(page, "Webhooks")
        page.locator("#entries button").first.click()
        page.locator("summary").click()
        page.locator('input[name="timeout_s"]').fill("3")
        waits(page, held, 3)
        holding.clear()
        save(page)
        for route, answer in held:
            with page.expect_response("**/api/setup/sheet"):
                route.fulfill(response=answer)
        page.wait_for_timeout(500)  # it would have been shown by now
        expect(page.locator('input[name="timeout_s"]')).to_have_value("3")


def test_zones_that_were_drawn_are_not_lost_by_a_slip(browser: Browser, watch: Watching) -> None:
    until(lambda: watch.state("hall") == "online", "the camera")
    with setup_page(browser, watch) as page:
        page.locator("#entries button", has_text="hall").click()
        dialog, cancel = (
            page.locator("#zones-dialog"),
            page.locator("#zones-dialog").get_by_role("button", name="Cancel"),
        )
        page.locator("#draw-zones").click()
        expect(page.locator("#hint")).to_contain_text("Drag", timeout=PATIENCE_MS)
        cancel.click()
        expect(dialog).to_be_hidden()  # nothing was drawn, nothing is asked
        page.locator("#draw-zones").click()
        expect(page.locator("#hint")).to_contain_text("Drag", timeout=PATIENCE_MS)
        page.locator("#add-zone").click()
        box = page.locator("#board").bounding_box()
        assert box
        for x, y in ((0.3, 0.4), (0.7, 0.4), (0.5, 0.7)):
            page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        asked: list[str] = []

        def refuse(question: Dialog) -> None:
            asked.append(question.message)
            question.dismiss()

        for closed in (False, True):  # a polygon that is not closed yet counts, too
            if closed:
                page.locator("#board").press("Enter")
            page.once("dialog", refuse)
            cancel.click()
            expect(dialog).to_be_visible()
        assert len(asked) == 2 and "not saved" in asked[0]
        page.once("dialog", lambda question: question.accept())
        cancel.click()
        expect(dialog).to_be_hidden()


def test_a_secret_stays_and_a_comment_too(browser: Browser, watch: Watching, file: Path) -> None:
    with setup_page(browser, watch) as page:
        part(page, "Webhooks")
        page.locator("#entries button").first.click()
        expect(page.locator('input[name="secret"]')).to_have_value("", timeout=PATIENCE_MS)
        page.locator("summary").click()
        page.locator('input[name="timeout_s"]').fill("7")
        save(page)
        assert saved(file)["webhooks"][0]["secret"] == SECRET
        assert "# of the team" in file.read_text("utf-8") and "# by the door" in file.read_text("utf-8")


def test_a_camera_is_tried_and_added(browser: Browser, watch: Watching, file: Path, lens: WireServer) -> None:
    with setup_page(browser, watch) as page:
        page.locator("#add").click()
        url, wrong, look = (
            page.locator('input[name="url"]'),
            page.locator('[data-path="url"] .wrong'),
            "Connect and show",
        )
        page.get_by_role("button", name=look).click()
        expect(wrong).to_have_text("Needed", timeout=PATIENCE_MS)
        expect(page.locator('[data-path="name"] .wrong')).to_be_empty()  # an address is tried before it has a name
        url.fill("/etc/passwd")
        page.get_by_role("button", name=look).click()
        expect(wrong).to_contain_text("set in its file", timeout=PATIENCE_MS)
        url.fill("127.0.0.1:9/h264")
        page.get_by_role("button", name=look).click()
        expect(wrong).to_contain_text("Write rtsp:// before it", timeout=PATIENCE_MS)
        wrong.locator("button").click()
        expect(url).to_have_value("rtsp://127.0.0.1:9/h264")
        page.get_by_role("button", name=look).click()
        expect(wrong).to_contain_text("the port is closed", timeout=PATIENCE_MS)
        expect(page.locator(".trial .said").first).to_contain_text("No picture came. The host is there")
        url.fill(f"http://admin:{SECRET}@127.0.0.1:{lens.port}/snap.jpg")
        page.get_by_role("button", name=look).click()
        expect(page.locator(".still img")).to_be_visible(timeout=PATIENCE_MS)
        page.locator('input[name="name"]').fill("gate")
        save(page)
        assert [camera["name"] for camera in saved(file)["cameras"]] == ["hall", "gate"]
        expect(page.locator('input[name="url"]')).to_have_attribute(
            "placeholder", f"http://***@127.0.0.1:{lens.port}/snap.jpg", timeout=PATIENCE_MS
        )
        assert "gate" in [camera["name"] for camera in watch.get("/api/cameras")["cameras"]]


def test_the_clear_route_is_approved_from_the_rule_for_clutter(
    browser: Browser, watch: Watching, file: Path, lens: WireServer
) -> None:
    if "gate" not in [camera["name"] for camera in saved(file)["cameras"]]:
        address = f"http://127.0.0.1:{lens.port}/snap.jpg"
        file.write_text(f'{file.read_text("utf-8")}\n[[cameras]]\nname = "gate"\nurl = "{address}"\n', "utf-8")
    with setup_page(browser, watch) as page:
        part(page, "Hazard rules")
        box = page.get_by_role("region", name="Picture of the clear route")
        expect(box.get_by_role("button", name="gate")).to_contain_text("None yet")
        box.get_by_role("button", name="gate").click()
        page.locator("#clear-route").click()
        approve = page.get_by_role("button", name="Approve as the picture of the clear route")
        expect(approve).to_be_focused(timeout=PATIENCE_MS)
        approve.click()
        expect(page.locator(".said").first).to_contain_text("Approved", timeout=PATIENCE_MS)
        expect(page.locator(".clear-route")).to_contain_text("There is one.")
        assert [camera["name"] for camera in saved(file)["cameras"] if "reference" in camera] == ["gate"]


def test_a_zone_is_drawn_and_the_rules_are_tried(browser: Browser, watch: Watching, file: Path) -> None:
    until(lambda: watch.state("hall") == "online", "the camera")
    with setup_page(browser, watch) as page:
        page.locator("#entries button", has_text="hall").click()
        page.locator("#draw-zones").click()
        expect(page.locator("#hint")).to_contain_text("Drag", timeout=PATIENCE_MS)
        page.locator("#add-zone").click()
        box = page.locator("#board").bounding_box()
        assert box
        for x, y in ((0.3, 0.4), (0.7, 0.4), (0.5, 0.7)):
            page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.keyboard.press("Enter")
        page.locator('#zones-dialog input[name="name"]').fill("")
        expect(page.locator("#problems")).to_contain_text("Zone 1 · Name", timeout=PATIENCE_MS)
        page.locator('#zones-dialog input[name="name"]').fill("门厅")
        expect(page.locator("#problems li")).to_have_count(0, timeout=PATIENCE_MS)
        page.locator("#use-zones").click()
        expect(page.locator("#drawn")).to_have_text("门厅", timeout=PATIENCE_MS)
        page.locator("#try-rules").click()
        expect(page.locator(".film video")).to_be_visible(timeout=TRIAL_MS)  # behind everything else
        assert "zones" not in saved(file)["cameras"][0], "tried before it is saved"
        save(page)
        (zone,) = saved(file)["cameras"][0]["zones"]
        assert (zone["name"], len(zone["polygon"])) == ("门厅", 3)
        assert [one["name"] for one in watch.camera("hall")["zones"]] == ["门厅"]
        assert "# by the door" in file.read_text("utf-8")


def test_what_is_drawn_wrong_is_said_there_and_not_adopted(browser: Browser, watch: Watching) -> None:
    until(lambda: watch.state("hall") == "online", "the camera")
    with setup_page(browser, watch) as page:
        page.locator("#entries button", has_text="hall").click()
        page.locator("#draw-zones").click()
        expect(page.locator("#hint")).to_contain_text("Drag", timeout=PATIENCE_MS)
        for form in page.locator("#zones-dialog #forms .remove").all():
            form.click()
        expect(page.locator("#whole-picture")).to_be_visible()
        box = page.locator("#board").bounding_box()
        assert box

        def draw(button: str, *points: tuple[float, float]) -> None:
            page.locator(button).click()
            for x, y in points:
                page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
            page.keyboard.press("Enter")

        draw("#add-mask", (0.3, 0.5), (0.5, 0.5), (0.7, 0.5))
        expect(page.locator("#problems")).to_contain_text("Mask 1: ", timeout=PATIENCE_MS)
        page.locator("#use-zones").click()
        expect(page.locator("#problems")).to_contain_text("Mask 1: ", timeout=PATIENCE_MS)
        expect(page.locator("#zones-dialog")).to_be_visible()
        assert "NaN" not in page.locator("#problems").inner_text()
        page.keyboard.press("Delete")
        draw("#add-zone", (0.3, 0.4), (0.7, 0.4), (0.5, 0.7))
        expect(page.locator("#whole-picture")).to_be_hidden()
        expect(page.locator("#problems li")).to_have_count(0, timeout=PATIENCE_MS)
        page.locator("#use-zones").click()
        expect(page.locator("#zones-dialog")).to_be_hidden(timeout=PATIENCE_MS)
        page.once("dialog", lambda dialog: dialog.accept())
        part(page, "Places")


@pytest.mark.parametrize(("theme", "locale"), [("dark", "zh-CN"), ("light", "en-GB")])
def test_every_part_is_accessible(browser: Browser, watch: Watching, theme: str, locale: str) -> None:
    with setup_page(browser, watch, locale) as page:
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        for button in page.locator("#parts button").all():
            button.click()
            if page.locator("#entries button").count() and page.locator("#entries").is_visible():
                page.locator("#entries button").first.click()
            expect(page.locator("#editor")).not_to_be_empty(timeout=PATIENCE_MS)
            assert found(page) == []
        page.locator("#parts button").first.click()
        page.locator("#entries button").first.click()
        page.locator("#draw-zones").click()
        expect(page.locator("#use-zones")).to_be_visible(timeout=PATIENCE_MS)
        expect(page.locator("#zones-dialog .said")).to_be_empty(timeout=PATIENCE_MS)
        assert found(page) == []


def test_a_camera_that_gives_no_picture_is_saved_and_said_to_give_none(browser: Browser, watch: Watching) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        closed = reserved.getsockname()[1]
    with setup_page(browser, watch) as page:
        part(page, "Cameras")
        page.locator("#add").click()
        page.locator('input[name="name"]').fill("dead")
        page.locator('[data-path="url"] input').fill(f"rtsp://127.0.0.1:{closed}/x")
        save(page)
        said = page.locator("#entry .said")
        expect(said).to_contain_text("In force. No picture has come yet: ", timeout=PATIENCE_MS)
        expect(said).to_contain_text("the port is closed", timeout=PATIENCE_MS)
        expect(said).to_have_attribute("data-good", "false")
        page.locator("#language").click()
        expect(said).to_contain_text("还没有收到画面：主机在，但这个端口没有开")
        page.locator("#language").click()
        page.once("dialog", lambda dialog: dialog.accept())
        page.locator("#entry .remove").click()
        expect(page.locator(".said").first).to_contain_text("In force", timeout=PATIENCE_MS)


def test_a_camera_that_is_saved_is_said_to_be_tried_and_then_to_give_pictures(
    browser: Browser, watch: Watching, lens: WireServer
) -> None:
    with setup_page(browser, watch) as page:
        part(page, "Cameras")
        page.locator("#add").click()
        page.locator('input[name="name"]').fill("lens")
        page.locator('[data-path="url"] input').fill(f"http://127.0.0.1:{lens.port}/snap.jpg")
        page.evaluate(
            "window.heard = []; new MutationObserver(() =>"
            " window.heard.push(document.querySelector('#entry .said')?.textContent ?? ''))"
            ".observe(document.getElementById('editor'), { childList: true, subtree: true })"
        )
        page.route("**/api/cameras/lens/health", lambda route: route.fulfill(status=503, json={}), times=1)
        save(page)
        expect(page.locator("#entry .said")).to_contain_text("In force. Its pictures come.", timeout=PATIENCE_MS)
        tried = [text for text in page.evaluate("window.heard") if "The camera is being tried" in text]
        assert tried and all("In force" in text for text in tried)
        page.once("dialog", lambda dialog: dialog.accept())
        page.locator("#entry .remove").click()
        expect(page.locator(".said").first).to_contain_text("In force", timeout=PATIENCE_MS)


def test_what_is_wrong_with_the_file_is_told_in_chinese_with_the_entry_named(
    browser: Browser, watch: Watching, file: Path
) -> None:
    before = file.read_text("utf-8")
    crossed = '[[cameras.zones]]\nname = "走道"\ntype = "corridor"\npolygon = [[0, 0], [1, 1], [1, 0], [0, 0.5]]\n'
    try:
        file.write_text(f'{before}\n[[cameras]]\nname = "东门"\nurl = "rtsp://127.0.0.1/1"\n{crossed}', "utf-8")
        with setup_page(browser, watch, "zh-CN") as page:
            trouble = page.locator("#trouble")
            expect(trouble).to_have_text(
                "设置文件现在不能用：摄像机 东门 · 区域 走道 · 范围：边线交叉：请沿区域边缘依次排列各点"
            )
            page.locator("#language").click()
            expect(trouble).to_contain_text("camera 东门 · Zones 走道")
        file.write_text(f"{before}\ncolour = [\n", "utf-8")
        with setup_page(browser, watch, "zh-CN") as page:
            expect(page.locator("#trouble")).to_contain_text("列的 [ 没有闭合")
    finally:
        file.write_text(before, "utf-8")


def test_a_file_changed_by_hand_meanwhile_is_not_written_over(browser: Browser, watch: Watching, file: Path) -> None:
    with setup_page(browser, watch, "zh-CN", (390, 844)) as page:
        part(page, "小组")
        page.locator("#add").click()
        page.locator('input[name="name"]').fill("property")
        file.write_text(file.read_text("utf-8") + "\n# by hand\n", "utf-8")
        page.locator("#entry button.big").click()
        expect(page.locator(".said").first).to_contain_text("刚被别人修改", timeout=PATIENCE_MS)
        page.locator("#entry button.big").click()
        expect(page.locator('[data-path="members"] .wrong')).to_contain_text("必填", timeout=PATIENCE_MS)
        assert "# by hand" in file.read_text("utf-8") and "groups" not in saved(file)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"


def test_places_are_set_up_and_can_be_chosen_at_once(browser: Browser, watch: Watching, file: Path) -> None:
    with setup_page(browser, watch) as page:
        part(page, "Places")
        page.locator("#add").click()
        page.locator('input[name="id"]').fill("b 3")
        page.locator("#entry button.big").click()
        expect(page.locator('[data-path="id"] .wrong')).to_contain_text("no spaces", timeout=PATIENCE_MS)
        expect(page.locator('[data-path="name"] .wrong')).to_have_text("Needed", timeout=PATIENCE_MS)
        page.locator('input[name="id"]').fill("b3")
        page.locator('input[name="name"]').fill("3号楼")
        page.locator('input[name="name_en"]').fill("Building 3")
        page.locator('select[name="kind"]').select_option("building")
        page.get_by_role("button", name="Add a contact").click()
        page.locator('[data-path="contacts.0.name"] input').fill("王师傅")
        page.locator('[data-path="contacts.0.phone"] input').fill("13800000000")
        save(page)
        expect(page.locator(".said").first).to_contain_text("In force", timeout=PATIENCE_MS)
        assert saved(file)["places"] == [
            {"id": "b3", "name": "3号楼", "name_en": "Building 3", "kind": "building",
             "contacts": [{"name": "王师傅", "phone": "13800000000"}]},
        ]  # fmt: skip
        expect(page.locator("#entries")).to_contain_text("Building 3")
        page.locator('[data-path="note"] input').fill("x")
        expect(page.locator(".said").first).to_have_text("")  # it said "written" of what was
        page.once("dialog", lambda dialog: dialog.accept())
        page.locator("#add-camera-here").click()
        expect(page.locator('input[name="place"]')).to_have_value("b3")
        assert page.locator('datalist option[value="b3"]').count() == 1
        page.locator("#language").click()
        expect(page.locator("#add")).to_have_text("添加摄像机")


def test_places_that_are_written_as_one_are_shown_as_several(browser: Browser, watch: Watching, file: Path) -> None:
    several = '[[places]]\nid = "g-{n}"\nname = "{n}层车库"\nname_en = "Garage {n}"\neach = ["1-3"]\n'
    file.write_text(f"{file.read_text('utf-8')}\n{several}", "utf-8")
    with setup_page(browser, watch) as page:
        until(lambda: len([one for one in watch.get("/api/places")["places"] if one["id"][:2] == "g-"]) == 3, "places")
        page.reload()
        part(page, "Places")
        entry = page.locator("#entries button", has_text="g-{n}")
        expect(entry.locator("strong")).to_have_text("Garage 1-3")
        expect(entry).to_contain_text("several: g-{n}, {n} being 1-3")
        number = page.locator("#parts button", has_text="Places").locator(".number").inner_text()
        assert int(number) == len(watch.get("/api/places")["places"])


def test_who_is_told_is_set_up_and_comments_stay(browser: Browser, watch: Watching, file: Path) -> None:
    file.write_text(file.read_text("utf-8") + "\n[routing.fire]   # agreed with the station\nrepeat_s = 45\n", "utf-8")
    with setup_page(browser, watch) as page:
        part(page, "Who is told")
        expect(page.locator('[data-path="fire.ladder"] ol')).to_contain_text(
            "After 180 s: everybody · By every channel"
        )
        page.locator('[data-path="fire.ladder"] button').click()
        page.locator('[data-path="fire.ladder.0.after_s"] input').fill("900")
        page.locator("#entry button.big").click()
        expect(page.locator('[data-path="fire"] > .wrong')).to_contain_text("go up in time", timeout=PATIENCE_MS)
        page.locator('[data-path="fire.ladder.0.after_s"] input').fill("-1")
        page.locator("#entry button.big").click()
        expect(page.locator('[data-path="fire.ladder.0.after_s"] .wrong')).to_have_text(
            "It has to be 0 at least", timeout=PATIENCE_MS
        )
        page.locator('[data-path="fire.ladder.0.after_s"] input').fill("20")
        page.locator('[data-path="violation.tell"] input[value="everybody"]').uncheck()
        page.locator('[data-path="handlers"] > button').click()
        page.locator('[data-path="handlers.0.name"] input').fill("物业")
        page.locator('[data-path="handlers.0.zones"] input[value="corridor"]').check()
        save(page)
        routing = saved(file)["routing"]
        assert [rung["after_s"] for rung in routing["fire"]["ladder"]] == [20, 60, 180]
        assert routing["violation"] == {"tell": ["handler", "on_duty"]}
        assert routing["handlers"] == [{"name": "物业", "zones": ["corridor"]}]
        assert routing["fire"]["repeat_s"] == 45 and "# agreed with the station" in file.read_text("utf-8")


def test_quiet_hours_and_rules_are_set_up_in_chinese(browser: Browser, watch: Watching, file: Path) -> None:
    with setup_page(browser, watch, locale="zh-CN") as page:
        part(page, "静默")
        page.locator('[data-path="quiet"] > button').click()
        assert page.locator('[data-path="quiet.0.hazards"] input[value="flame"]').count() == 0
        page.locator("#entry button.big").click()
        expect(page.locator('[data-path="quiet.0.opens"] .wrong')).to_have_text("必填", timeout=PATIENCE_MS)
        page.locator('[data-path="quiet.0.name"] input').fill("夜间")
        page.locator('[data-path="quiet.0.opens"] input').fill("23:00")
        page.locator('[data-path="quiet.0.closes"] input').fill("06:00")
        page.locator("#entry button.big").click()
        expect(page.locator(".said").first).to_contain_text("已写入", timeout=PATIENCE_MS)
        assert saved(file)["muting"]["quiet"][0]["name"] == "夜间"
        part(page, "隐患规则")
        page.locator('[data-path="clutter.dwell_s"] input').fill("0")
        page.locator("#entry button.big").click()
        expect(page.locator('[data-path="clutter.dwell_s"] .wrong')).to_have_text("最小为 1", timeout=PATIENCE_MS)
        page.locator('[data-path="clutter.dwell_s"] input').fill("300")
        page.locator("#entry button.big").click()
        expect(page.locator("#force")).to_contain_text("隐患规则：下次启动生效", timeout=PATIENCE_MS)
        assert saved(file)["hazards"] == {"clutter": {"dwell_s": 300}}


def test_a_double_click_closes_a_zone_and_adds_no_point(browser: Browser, watch: Watching, file: Path) -> None:
    with setup_page(browser, watch) as page:
        page.locator("#entries button").first.click()
        page.locator("#draw-zones").click()
        expect(page.locator("#add-zone")).to_be_visible(timeout=PATIENCE_MS)
        page.locator("#add-zone").click()
        box = page.locator("#board").bounding_box()
        assert box is not None
        at = [
            (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in ((0.3, 0.4), (0.6, 0.4), (0.6, 0.6))
        ]
        for x, y in at[:2]:
            page.mouse.click(x, y)
        page.mouse.dblclick(*at[2])
        expect(page.locator("#forms .form .kind").first).to_contain_text("3", timeout=PATIENCE_MS)


def test_from_the_wall_to_a_new_camera(browser: Browser, watch: Watching) -> None:
    with setup_page(browser, watch) as page:
        page.goto(f"{watch.base}/")
        expect(page.locator("body")).to_have_attribute("data-ready", "yes", timeout=PATIENCE_MS)
        page.wait_for_timeout(500)
        page.keyboard.press("Escape")  # an alert of the clip may have been opened beside it
        with page.context.expect_page() as opened:
            page.locator("#wall-add").click()
        expect(opened.value.locator("#entry h2")).to_have_text("Add a camera", timeout=PATIENCE_MS)


def test_a_watch_without_a_camera_leads_to_the_first(browser: Browser, tmp_path: Path, lens: WireServer) -> None:
    file = write_settings(tmp_path, "")
    with Watching(["watch", "-c", str(file)], tmp_path) as running:
        running.enter()
        with setup_page(browser, running) as console:
            console.goto(f"{running.base}/")
            expect(console.locator("#wall-none")).to_contain_text("no cameras yet")
            with console.context.expect_page() as opened:
                console.locator("#wall-none-add").click()
            page = opened.value
            page.locator('input[name="name"]').fill("gate")
            page.locator('input[name="url"]').fill(f"http://127.0.0.1:{lens.port}/snap.jpg")
            save(page)
            assert [camera["name"] for camera in running.get("/api/cameras")["cameras"]] == ["gate"]
            page.once("dialog", lambda dialog: dialog.accept())
            page.locator(".remove").click()
            expect(page.locator(".said").first).to_contain_text("The last camera stays", timeout=PATIENCE_MS)
