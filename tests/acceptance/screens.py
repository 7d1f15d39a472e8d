"""Every screen of the console and of the phone, as it stands in the middle of a night.

    python -m tests.acceptance.screens --out DIR [--only alert- setup-] [--locale en-GB] [--theme dark] [--size 390x844]

takes a picture of each, in both languages, both themes and on each size of screen: `NAME-LANGUAGE-THEME-SIZE.png`, and
a `sheets/….png` that shows all of one language, theme and size at a glance. The tests look at the same screens.
"""

import argparse
import logging
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import Error as PlaywrightError

from tests.acceptance.browser import chromium
from tests.acceptance.community import CAMERAS, PASSWORD, Filmed, Night, site
from tests.acceptance.night import a_fire_that_nobody_answers, a_flood, everything, nothing

Size = tuple[int, int]
Look = tuple[str, str]
"""Language and theme."""
Way = Callable[[Page, Night], None]
DESK, WALL, PHONE = (1366, 768), (3840, 2160), (390, 844)
SIZES: Mapping[str, Sequence[Size]] = {"desk": (DESK, WALL), "phone": (PHONE,)}
LOCALES, THEMES = ("zh-CN", "en-GB"), ("dark", "light")
SETTLE_MS = 700
PATIENCE_MS = 60_000
PICTURES_MS = 6_000
COME = """[...document.images].every((one) => !one.checkVisibility() || one.naturalWidth)
  && ![...document.querySelectorAll('.tile:not([data-kind])')].length"""
AFRESH = "try {{ localStorage.clear(); localStorage.setItem('xinan.theme', '{}'); }} catch {{}}"
"""An empty page has no storage."""
THUMB_PX = 420
STATES: Mapping[str, tuple[Callable[[Night], None], Sequence[Filmed]]] = {
    "night": (everything, CAMERAS),
    "calm": (nothing, CAMERAS[:4]),
    "flood": (a_flood, CAMERAS),
    "unanswered": (a_fire_that_nobody_answers, CAMERAS[:4]),
    "empty": (nothing, ()),
}
"""What has happened, and to which cameras."""


@dataclass(frozen=True)
class Screen:
    """way: from wherever the page is. who: the operator, by a link; a volunteer, by their account; "": nobody."""

    name: str
    way: Way
    device: str = "desk"
    who: str = "operator"
    state: str = "night"


def at(path: str, shown: str, *then: str) -> Way:
    """Open this path ("{fire}": an id of the night), wait for this, and then for each of these: press it, if it is a
    selector, or its key, if it begins with "key:"; the last may be what to wait for, after "see:"."""

    def go(page: Page, night: Night) -> None:
        page.goto("about:blank")
        page.goto(night.url + path.format(**night.ids))
        expect(page.locator(shown).first).to_be_visible(timeout=PATIENCE_MS)
        for one in then:
            press(page, one)

    return go


def press(page: Page, what: str) -> None:
    """One word of `at`."""
    kind, _, rest = what.partition(":")
    if kind == "key":
        page.keyboard.press(rest)
    elif kind == "see":
        expect(page.locator(rest).first).to_be_visible(timeout=PATIENCE_MS)
    elif kind == "choose":
        selector, _, value = rest.partition("=")
        page.locator(selector).select_option(value)
    elif kind == "type":
        selector, _, text = rest.partition("=")
        page.locator(selector).fill(text)
    elif kind == "for":
        page.wait_for_timeout(float(rest))
    else:
        page.locator(what).first.click()


def alert(name: str, *then: str) -> Way:
    """The page of one of the night's alerts."""
    return at(f"/#alert={{{name}}}", "#detail h2", "see:#track:not([hidden])", *then)


def queue(*then: str) -> Way:
    """The console without an open alert."""
    return at("/", "#queue-list .queue-row", "for:1200", "key:Escape", "for:200", *then)


def on_paper(page: Page, night: Night) -> None:
    """As it would be printed."""
    alert("compared")(page, night)
    page.emulate_media(media="print")


def forbidden(page: Page, night: Night) -> None:
    """What a volunteer is told who opens the set-up."""
    at("/setup", "h1")(page, night)


DIALOGS: Mapping[str, Way] = {
    "help": queue("#help-button", "see:#help-dialog[open]"),
    "muting": queue("#muting", "see:#mute-dialog[open]"),
    "records": queue("#records", "see:#records-list li"),
    "account": queue("#account", "see:#account-dialog[open]"),
    "share": queue("#share", "see:#share-dialog[open]"),
    "users": queue("#account", "#account-users", "see:#users-dialog[open]"),
    "letters": queue("#letters", "see:#letters-dialog[open]"),
    "push": queue("#push", "see:#push-dialog[open]"),
    "export": alert("fire", "#export", "see:#export-dialog[open]"),
    "dispatch": alert("fire", "key:d", "see:#dispatch-who label"),
    "false-alarm": alert("clutter", "#false-alarm", "see:#false-dialog[open]"),
    "step-notice": alert("custody", "for:800", "#step-notice_given", "see:#step-dialog[open]"),
    "step-moved": alert("custody", "for:800", "#step-moved", "see:#step-dialog[open]"),
    "step-inspected": alert("verified", "for:800", "#step-inspected", "see:#step-dialog[open]"),
}
PARTS = (
    "cameras", "places", "people", "groups", "rota", "routing", "channels", "webhooks", "muting", "hazards", "site",
)  # fmt: skip


def setup(part: str, *then: str) -> Way:
    """A part of the set-up, with its first entry open."""

    def go(page: Page, night: Night) -> None:
        at("/setup", "#parts button", f"#parts button:nth-child({PARTS.index(part) + 1})", "for:300")(page, night)
        first = page.locator("#entries button").first
        if first.is_visible():
            first.click()
        expect(page.locator("#editor > *").first).to_be_visible()
        for one in then:
            press(page, one)

    return go


SCREENS: Sequence[Screen] = (
    Screen("enter", at("/enter", "#enter"), who=""),
    Screen("enter-phone", at("/enter", "#enter"), "phone", who=""),
    Screen("camera-phone", at("/patrol", "#language"), "phone", who=""),
    Screen("queue", queue()),
    Screen("queue-filters", queue("#filters-open")),
    Screen("queue-marked", queue(*["key:ArrowDown"] * 4, "key:x", "key:ArrowDown", "key:x")),
    Screen("queue-search", queue("type:#filter-text=b3", "for:1500")),
    Screen("queue-plain", at("/?console", "#queue-list .queue-row"), "phone"),
    *(Screen(f"alert-{name}", alert(name, "for:1000")) for name in (
        "fire", "answered", "suspected", "clutter", "compared", "custody", "lead", "fault", "patrol", "false")),
    Screen("alert-fire-wide", alert("fire", "key:o", "for:1000")),
    Screen("alert-custody-wide", alert("custody", "key:o", "for:1000")),
    Screen("alert-fire-plain", at("/?console#alert={fire}", "#detail h2"), "phone"),
    Screen("alert-paper", on_paper),
    *(Screen(f"dialog-{name}", way) for name, way in DIALOGS.items()),
    *(Screen(f"wall-{size}", queue(f"choose:#wall-size={size}", "for:1500")) for size in (1, 4, 9, 16)),
    Screen("wall-full", queue("key:w", "for:1500")),
    Screen("plan", queue("key:m", "choose:.plan-bar select=b3", "see:.spot")),
    Screen("plan-edit", queue("key:m", "choose:.plan-bar select=b3", "#plan-edit", "see:#plan-save")),
    Screen("plan-none", queue("key:m", "choose:.plan-bar select=b7")),
    *(Screen(f"setup-{part}", setup(part)) for part in PARTS),
    Screen("setup-camera-new", setup("cameras", "#add")),
    Screen("setup-camera-seen", setup("cameras", ".trial button", "see:.still img")),
    Screen("setup-zones", setup("cameras", "#draw-zones", "see:#use-zones", "for:800")),
    Screen("shift-sheet", at("/shift#sheet", "#sheet-body tbody")),
    Screen("shift-sign", at(
        "/shift#sheet", "#sheet-body tbody", "type:#sign-notes=3号楼：李雷已到场",
        "#sign-send", "see:#sign-sure[open]")),
    Screen("shift-figures", at("/shift#figures", "#figures svg.chart")),
    Screen("shift-lessons", at("/shift#lessons", ".lesson")),
    Screen("shift-drills", at("/shift#drills", ".drill-card")),
    Screen("shift-sheet-phone", at("/shift#sheet", "#sheet-body tbody"), "phone"),
    Screen("phone-home", at("/phone", ".alerts a"), "phone", "volunteer"),
    Screen("phone-duty", at("/phone#duty", "#duties li"), "phone", "volunteer"),
    Screen("phone-patrol", at("/phone#patrol", "#hazards .choice"), "phone", "volunteer"),
    Screen("answer-fire", at("/answer#alert={fire}", "#buttons .first"), "phone", "volunteer"),
    Screen("answer-on-the-way", at("/answer#alert={answered}", "#buttons .first"), "phone", "volunteer"),
    Screen("answer-case", at("/answer#alert={clutter}", "#buttons .first"), "phone", "volunteer"),
    Screen("answer-over", at("/answer#alert={compared}", "#heading"), "phone", "volunteer"),
    Screen("forbidden", forbidden, who="volunteer"),
    Screen("forbidden-phone", forbidden, "phone", "volunteer"),
    Screen("calm", queue(), state="calm"),
    Screen("calm-sheet", at("/shift#sheet", "#sheet-body"), state="calm"),
    Screen("flood", queue(), state="flood"),
    Screen("flood-open", queue("key:ArrowDown", "key:ArrowDown", "key:ArrowRight"), state="flood"),
    Screen("unanswered", alert("fire"), state="unanswered"),
    Screen("unanswered-dialog", alert("fire", "key:d", "see:#dispatch-dialog[open]"), state="unanswered"),
    Screen("unanswered-full", queue("key:w"), state="unanswered"),
    Screen("empty", at("/", "#wall-none"), state="empty"),
    Screen("empty-phone", at("/phone", ".calm"), "phone", state="empty"),
)  # fmt: skip


def options(device: str, size: Size) -> dict[str, Any]:
    """Of a browser on such a screen."""
    shown: dict[str, Any] = {"viewport": {"width": size[0], "height": size[1]}, "reduced_motion": "reduce"}
    return shown if device == "desk" else {**shown, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}


@contextmanager
def visitor(
    browser: Browser, night: Night, device: str, who: str, look: Look, size: Size, script: str = ""
) -> Iterator[Page]:
    """A page of somebody who has signed in, in this language and theme; it remembers nothing from one load to the
    next but that. script: run before its own."""
    locale, theme = look
    context = browser.new_context(locale=locale, **options(device, size))
    context.add_init_script(AFRESH.format(theme) + script)
    sign_in(context, night, who)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    try:
        yield page
    finally:
        context.close()


def sign_in(context: BrowserContext, night: Night, who: str) -> None:
    """As the pages are for."""
    if not who:
        return
    page = context.new_page()
    if who == "operator":
        page.goto(f"{night.url}/enter#{night.parts.access.issue_link()}")
        page.locator("#name").fill("王建国")
    else:
        page.goto(f"{night.url}/enter")
        page.locator("#account").fill("li")
        page.locator("#password").fill(PASSWORD)
    with page.expect_navigation():
        page.locator("#enter button.big").click()
    page.close()


@contextmanager
def state(name: str) -> Iterator[Night]:
    """A console over which it has happened, in a folder of its own."""
    happens, cameras = STATES[name]
    with TemporaryDirectory(prefix="xinan-screens-") as folder, site(Path(folder), happens, cameras) as night:
        yield night


def pictured(
    browser: Browser, night: Night, screens: Sequence[Screen], looks: Sequence[Look], sizes: Collection[str], out: Path
) -> None:
    """Take them all; a screen that cannot be reached is told, and the others are taken all the same. sizes: as
    1366x768; none: all."""
    for look, ((device, who), group) in product(looks, by_visitor(screens)):
        for size in SIZES[device]:
            across = f"{size[0]}x{size[1]}"
            if sizes and across not in sizes:
                continue
            with visitor(browser, night, device, who, look, size) as page:
                for screen in group:
                    name = f"{screen.name}-{look[0][:2]}-{look[1]}-{across}"
                    try:
                        screen.way(page, night)
                        settled(page)
                        page.screenshot(path=out / f"{name}.png", animations="disabled")
                    except (AssertionError, PlaywrightError) as error:
                        print(f"{name}: {str(error).splitlines()[0]}", flush=True)
                    page.emulate_media(media="screen")


def settled(page: Page) -> None:
    """Until its pictures have come, as far as they do."""
    for _ in range(PICTURES_MS // 200):
        if page.evaluate(COME):
            break
        page.wait_for_timeout(200)
    page.wait_for_timeout(SETTLE_MS)


def by_visitor(screens: Sequence[Screen]) -> list[tuple[tuple[str, str], list[Screen]]]:
    def key(screen: Screen) -> tuple[str, str]:
        return (screen.device, screen.who)

    return [(of, list(group)) for of, group in groupby(sorted(screens, key=key), key)]


def contact_sheets(out: Path) -> None:
    """One picture of all those of a language, theme and size, smaller, with their names."""
    found: dict[str, list[Path]] = {}
    for path in sorted(out.glob("*.png")):
        found.setdefault("-".join(path.stem.split("-")[-3:]), []).append(path)
    for look, paths in found.items():
        thumbs = [_thumb(path) for path in paths]
        height, across = max(len(one) for one in thumbs), max(1, math.ceil(math.sqrt(len(thumbs))))
        rows = math.ceil(len(thumbs) / across)
        sheet = np.zeros((rows * height, across * THUMB_PX, 3), np.uint8)
        for number, thumb in enumerate(thumbs):
            y, x = number // across * height, number % across * THUMB_PX
            sheet[y : y + len(thumb), x : x + thumb.shape[1]] = thumb
        (out / "sheets").mkdir(exist_ok=True)
        cv2.imwrite(str(out / "sheets" / f"{look}.png"), sheet)


def _thumb(path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    image = cv2.imread(str(path))
    assert image is not None, path
    width = min(THUMB_PX - 6, round(image.shape[1] / image.shape[0] * 600))
    small = cv2.resize(image, (width, round(image.shape[0] * width / image.shape[1])), interpolation=cv2.INTER_AREA)
    framed = cv2.copyMakeBorder(small, 22, 4, 3, 3, cv2.BORDER_CONSTANT, value=(80, 80, 80))
    cv2.putText(framed, path.stem.rsplit("-", 3)[0], (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255,) * 3, 1, cv2.LINE_AA)
    return np.asarray(framed, np.uint8)


def wanted(names: Sequence[str]) -> list[Screen]:
    """Those whose names begin so; without any, all."""
    return [one for one in SCREENS if not names or any(one.name.startswith(name) for name in names)]


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--locale", nargs="*", default=LOCALES, choices=LOCALES)
    parser.add_argument("--theme", nargs="*", default=THEMES, choices=THEMES)
    parser.add_argument("--size", nargs="*", default=[], help="as 1366x768; all where none is named")
    given = parser.parse_args(words)
    given.out.mkdir(parents=True, exist_ok=True)
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # pages that leave while a picture comes are no news
    looks = list(product(given.locale, given.theme))
    screens = sorted(wanted(given.only), key=lambda one: list(STATES).index(one.state))
    with chromium() as browser:
        for name, group in groupby(screens, key=lambda one: one.state):
            with state(name) as night:
                pictured(browser, night, list(group), looks, given.size, given.out)
    contact_sheets(given.out)


if __name__ == "__main__":
    main()
