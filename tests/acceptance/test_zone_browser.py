"""Times are told by the site's clock, wherever the browser is; each page says once whose clock that is."""

import pytest

from tests.acceptance.browser import Log, come_in, leave, needs_chromium, until
from tests.alerts.web.console import Parts

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, expect

pytestmark = needs_chromium

ELSEWHERE = "America/New_York"
SHANGHAI = "Asia/Shanghai (GMT+8)"
AT_THE_SITE = "new Date('{}').toLocaleTimeString('zh-CN', {{ timeZone: 'Asia/Shanghai', hour12: false }})"
FROM_SITE = """import(new URL('format.js', document.querySelector('script[type=module]').src))
  .then(({{ fromSiteClock, learnZone }}) => {{
  learnZone('{}'); return fromSiteClock('{}');
}})"""


def test_the_console_tells_times_by_the_site_s_clock_wherever_it_is(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    fire = parts.raise_alert()
    desk, log = come_in(browser, parts, url, timezone_id=ELSEWHERE)
    desk.locator(f'[data-id="{fire.id}"]').click()
    assert fire.fired_at is not None
    at_the_site = desk.evaluate(AT_THE_SITE.format(fire.fired_at.isoformat()))
    expect(desk.locator(".timeline .from-life").first).to_contain_text(at_the_site)
    said = desk.locator("footer [data-zone]")
    expect(said).to_have_text(f"时间按小区时区 {SHANGHAI}，与本机时区（{ELSEWHERE}）不同。")
    desk.locator("#language").click()
    expect(said).to_have_text(f"Times are the site's, {SHANGHAI}, not this device's ({ELSEWHERE}).")
    desk.goto(f"{url}/shift")
    expect(desk.locator("#sheet-made")).to_contain_text(SHANGHAI)
    desk.goto(f"{url}/setup")
    expect(desk.locator("header [data-zone]")).to_contain_text(SHANGHAI)
    leave(desk, log)


def test_a_phone_tells_times_by_the_site_s_clock_too(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, _ = console
    fire = parts.raise_alert()
    page = browser.new_context(locale="zh-CN", timezone_id=ELSEWHERE).new_page()
    log = Log(page)
    page.goto(parts.answer_link(fire, "王秀英"))
    at_the_site = page.evaluate(AT_THE_SITE.format(fire.started_at.isoformat()))
    expect(page.locator("#heading .since")).to_contain_text(at_the_site)
    expect(page.locator("main [data-zone]")).to_contain_text(SHANGHAI)
    leave(page, log)


OLD_BROWSER = """const modern = Intl.DateTimeFormat;
Intl.DateTimeFormat = function (language, options) {
  if (options?.timeZoneName === "shortOffset") throw new RangeError("timeZoneName");
  if (options?.timeZone === "%s") throw new RangeError("timeZone");
  return new modern(language, options);
};"""


@pytest.mark.parametrize(("unknown", "said"), [("none", "Asia/Shanghai"), ("Asia/Shanghai", "")])
def test_a_browser_that_does_not_know_the_zone_or_its_offset_shows_the_alert_all_the_same(
    browser: Browser, console: tuple[Parts, str], unknown: str, said: str
) -> None:
    parts, _ = console
    page = browser.new_context(locale="zh-CN", timezone_id=ELSEWHERE).new_page()
    page.add_init_script(OLD_BROWSER % unknown)
    log = Log(page)
    page.goto(parts.answer_link(parts.raise_alert(), "王秀英"))
    expect(page.locator("#heading h1")).to_have_text("明火")
    page.reload()
    expect(page.locator("#heading h1")).to_have_text("明火")
    expect(page.locator("main [data-zone]")).to_contain_text(said)
    expect(page.locator("main [data-zone]")).not_to_contain_text("GMT")
    leave(page, log)


def test_a_day_of_the_search_is_the_site_s(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    desk, log = come_in(browser, parts, url, timezone_id=ELSEWHERE)
    until(desk, "document.body.dataset.ready === 'yes'")
    asked = """import(new URL('filters.js', document.querySelector('script[type=module]').src))
      .then(({ filterQuery }) => {
      const field = document.getElementById('filter-day');
      field.value = '2027-01-02';
      field.dispatchEvent(new Event('change'));
      return Object.fromEntries(filterQuery());
    })"""
    assert desk.evaluate(asked) == {"since": "2027-01-01T16:00:00.000Z", "until": "2027-01-02T16:00:00.000Z"}
    leave(desk, log)


@pytest.mark.parametrize(
    ("zone", "shown", "moment"),
    [
        ("Asia/Shanghai", "2027-01-02T08:00", "2027-01-02T00:00:00.000Z"),
        ("America/New_York", "2027-01-02T08:00", "2027-01-02T13:00:00.000Z"),
        ("America/New_York", "2027-07-02T08:00", "2027-07-02T12:00:00.000Z"),
        ("America/New_York", "2027-03-14T02:30", "2027-03-14T07:30:00.000Z"),  # left out: as if it were not
        ("America/New_York", "2027-11-07T01:30", "2027-11-07T05:30:00.000Z"),  # twice: the first
        ("Asia/Kathmandu", "2027-01-02T08:00", "2027-01-02T02:15:00.000Z"),
    ],
)
def test_a_time_that_is_typed_is_the_site_s(
    browser: Browser, console: tuple[Parts, str], zone: str, shown: str, moment: str
) -> None:
    parts, url = console
    desk, _ = come_in(browser, parts, url)
    until(desk, "document.body.dataset.ready === 'yes'")
    assert desk.evaluate(FROM_SITE.format(zone, shown)) == moment
    desk.context.close()
