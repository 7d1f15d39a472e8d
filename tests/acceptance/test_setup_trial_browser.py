"""A camera is set up on what it really sends: the rules are tried on its last minutes, its floor is drawn, and somebody
is told by a channel that was added; what is written is what `xinan check` takes. Real clips, where they are here."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from alerts.config import load_settings
from tests.acceptance.browser import needs_chromium
from tests.acceptance.cli import ROOT, run
from tests.acceptance.test_setup_browser import PATIENCE_MS, part, save, saved, setup_page
from tests.acceptance.watching import Watching, until, write_settings
from tests.alerts.receiver import Receiver
from tests.alerts.vendors import Ntfy
from tests.shared import shared_file

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = [needs_chromium, pytest.mark.timeout(900)]  # a trial is behind everything else

LONG_MS = 600_000
SHORT = """[hazards.flame]
verify_s = 2.0   # short, for the trial

[analysis]
looks_per_s = 2.5
least_looks_per_s = 1.0

"""
LENGTH = """async (film) => {
  while (film.readyState < 1) await new Promise((again) => setTimeout(again, 50));
  return film.duration;
}"""
SIZE = """import(new URL('zones_draft.js', document.querySelector('script[type=module]').src))
  .then(({ about }) => about.size)"""


@dataclass(frozen=True)
class Site:
    """Two cameras: at `burning` there is a flame, again and again, at `calm` nothing that is a hazard."""

    watch: Watching
    file: Path


def clips() -> tuple[Path, Path]:
    """Real ones where they are here: a flame in a laboratory, a car park. Else those of the repository: the
    demonstration, and a parcel that is put down and fetched."""
    try:
        return shared_file("clips/flame/lab_flame.mp4"), shared_file("clips/flame/nofire_cars.mp4")
    except pytest.skip.Exception:
        demo = Path(str(resources.files("models"))) / "demo" / "demo.mp4"
        return demo, ROOT / "tests" / "scenarios" / "quiet_parcel_corridor_day.mp4"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    cameras = zip(("burning", "calm"), clips(), strict=True)
    lines = "".join(f'[[cameras]]\nname = "{name}"\nurl = "{clip}"\nloop = true\n\n' for name, clip in cameras)
    file = write_settings(folder, SHORT + lines)
    with Watching(["watch", "-c", str(file)], folder) as running:
        running.enter()
        until(lambda: {running.state("burning"), running.state("calm")} == {"online"}, "the cameras")
        yield Site(running, file)


def camera(page: Page, name: str) -> Locator:
    """Open its form. The list of what is tried there."""
    page.locator("#entries button", has_text=name).click()
    return page.locator("section.trial", has=page.locator("#try-rules"))


def tried(page: Page, box: Locator) -> str:
    """What is said once the rules were tried."""
    box.locator("#try-rules").click()
    expect(box.locator("#try-rules")).to_be_disabled()
    expect(box.locator("#try-rules")).to_be_enabled(timeout=LONG_MS)
    expect(box.locator(".film video")).to_be_visible(timeout=PATIENCE_MS)
    return box.locator(".said").inner_text()


def click(page: Page, *points: tuple[float, float]) -> None:
    """Places of the picture (0–1): it fills the board, less a margin, keeping its shape."""
    box, (width, height), margin = page.locator("#board").bounding_box(), page.evaluate(SIZE), 10
    assert box
    scale = min((box["width"] - 2 * margin) / width, (box["height"] - 2 * margin) / height)
    left = box["x"] + (box["width"] - width * scale) / 2
    top = box["y"] + (box["height"] - height * scale) / 2
    for x, y in points:
        page.mouse.click(left + x * width * scale, top + y * height * scale)


def test_the_rules_raise_what_the_last_minute_showed(browser: Browser, site: Site) -> None:
    with setup_page(browser, site.watch) as page:
        box = camera(page, "burning")
        # More than is kept of a camera that nobody sets up.
        expect(box.locator('#ahead option[value="0"]')).to_have_text(
            re.compile(r"^the last (3[4-9] s|[45]\d s|\d min \d+ s)$"), timeout=LONG_MS
        )
        said = tried(page, box)
        looked = re.fullmatch(
            r"(?:(\d) min )?(\d+) s were looked at\. (\d+) alerts? would have been raised \((\d+) looks\)\.", said
        )
        assert looked, said
        minutes, seconds, raised, looks = (int(number or 0) for number in looked.groups())
        assert 60 * minutes + seconds >= 32 and raised >= 1 and looks >= 60, said
        fired = box.locator('.steps li[data-step="fired"]')
        assert "Flame" in " ".join(fired.all_inner_texts())
        length_s = box.locator(".film video").evaluate(LENGTH)
        assert length_s >= 30, "the film is of what was looked at"


def test_the_rules_raise_nothing_behind_a_mask_and_where_nothing_is(browser: Browser, site: Site) -> None:
    """On the clip of an alert that was raised, and on what a camera has just sent."""
    until(
        lambda: any(one["clip"] and one["clip"].get("mark") for one in site.watch.get("/api/alerts")["alerts"]),
        "a clip",
    )
    with setup_page(browser, site.watch) as page:
        box = camera(page, "burning")
        clip = box.locator("#ahead optgroup option").first
        expect(clip).to_be_attached(timeout=PATIENCE_MS)
        box.locator("#ahead").select_option(clip.get_attribute("value"))
        said = tried(page, box)
        assert re.search(r"[1-9]\d* alerts? would have been raised", said), said
        page.locator("#draw-zones").click()
        expect(page.locator("#hint")).to_contain_text("Drag", timeout=PATIENCE_MS)
        page.locator("#add-mask").click()
        click(page, (0.002, 0.004), (0.998, 0.004), (0.998, 0.996), (0.002, 0.996))
        page.keyboard.press("Enter")
        page.locator("#use-zones").click()
        expect(page.locator("#zones-dialog")).to_be_hidden(timeout=PATIENCE_MS)
        expect(clip).to_be_attached(timeout=PATIENCE_MS)  # the form is drawn anew
        box.locator("#ahead").select_option(clip.get_attribute("value"))
        said = tried(page, box)
        assert "No alert would have been raised" in said, said
        assert box.locator(".steps li").count() == 0, "behind a mask nothing is even suspected"
        assert "masks" not in saved(site.file)["cameras"][0], "tried before it is saved"
        page.once("dialog", lambda question: question.accept())
        said = tried(page, camera(page, "calm"))
        assert "No alert would have been raised" in said, said


def test_floor_points_are_drawn_and_read_back(browser: Browser, site: Site) -> None:
    floor = [(0.3, 0.9), (0.7, 0.9), (0.6, 0.5), (0.4, 0.5)]
    with setup_page(browser, site.watch) as page:
        camera(page, "calm")
        page.locator("#draw-zones").click()
        expect(page.locator("#hint")).to_contain_text("Drag", timeout=PATIENCE_MS)
        desk = page.locator("#zones-dialog")
        page.locator("#add-zone").click()
        click(page, (0.1, 0.95), (0.9, 0.95), (0.7, 0.4), (0.3, 0.4))
        page.keyboard.press("Enter")
        desk.locator('input[name="name"]').fill("走道")
        desk.locator(".shape", has_text="Four floor points").get_by_role("button", name="Add").click()
        expect(page.locator("#problems")).to_contain_text("Needed", timeout=PATIENCE_MS)  # how wide it is
        desk.locator('input[name="width_m"]').fill("1.6")
        desk.locator('[data-draw="points"]').click()
        click(page, floor[0], floor[2], floor[1], floor[3])
        page.keyboard.press("Enter")
        expect(page.locator("#problems")).to_contain_text("near left, near right", timeout=PATIENCE_MS)
        page.keyboard.press("Delete")
        desk.locator('[data-draw="points"]').click()
        click(page, *floor)
        page.keyboard.press("Enter")
        expect(page.locator("#problems li")).to_have_count(0, timeout=PATIENCE_MS)
        page.locator("#use-zones").click()
        expect(desk).to_be_hidden(timeout=PATIENCE_MS)
        save(page)
        [zone] = next(one for one in saved(site.file)["cameras"] if one["name"] == "calm")["zones"]
        assert (zone["name"], zone["floor"]["width_m"]) == ("走道", 1.6)
        for drawn, meant in zip(zone["floor"]["points"], floor, strict=True):
            assert drawn == pytest.approx(meant, abs=0.01)
        until(lambda: site.watch.camera("calm")["zones"], "the watch to take it up")
        page.reload()
        camera(page, "calm")
        page.locator("#draw-zones").click()
        expect(desk.locator('input[name="width_m"]')).to_have_value("1.6", timeout=PATIENCE_MS)
        expect(desk.locator(".form", has=page.locator('input[name="width_m"]')).last).to_contain_text("4 points")


def test_who_is_told_by_a_new_channel_is_what_check_takes(browser: Browser, site: Site, tmp_path: Path) -> None:
    phones = Ntfy()
    with Receiver(phones) as server, setup_page(browser, site.watch) as page:
        part(page, "Channels")
        page.locator("#add").click()
        page.locator("#f-tag").select_option("ntfy")
        page.locator('input[name="name"]').fill("volunteers")
        page.locator('input[name="url"]').fill(f"http://127.0.0.1:{server.port}")
        page.locator('input[name="topic"]').fill("xinan-team")
        save(page)
        page.get_by_role("button", name="Test volunteers").click()
        expect(page.locator(".results")).to_contain_text("volunteers: delivered", timeout=PATIENCE_MS)
        [told] = phones.taken
        assert told.topic == "xinan-team" and told.priority < 5, "a test is no fire"
        add_li(page)
        part(page, "Groups")
        page.locator("#add").click()
        page.locator('input[name="name"]').fill("property")
        page.locator('[data-path="members"] input[value="li"]').check()
        save(page)
    done = run("check", "-c", site.file, "--no-connect", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "settings: fine; 2 cameras, 1 channel" in done.stdout and "people: 1" in done.stdout
    written: dict[str, Any] = tomllib.loads(site.file.read_text("utf-8"))
    assert written["groups"] == [{"name": "property", "members": ["li"]}]
    assert [(one["name"], one["type"]) for one in written["channels"]] == [("volunteers", "ntfy")]
    assert "# short, for the trial" in site.file.read_text("utf-8")
    assert [group.members for group in load_settings(site.file).groups] == [("li",)]


def add_li(page: Page) -> None:
    """A person whom the channel reaches."""
    part(page, "People")
    page.locator("#add").click()
    page.locator('input[name="id"]').fill("li")
    page.locator('input[name="name"]').fill("李阿姨")
    page.get_by_role("button", name="Add a way to reach").click()
    page.locator('select[name="channel"]').select_option("volunteers")
    save(page)
