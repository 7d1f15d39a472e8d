"""Accounts as people meet them: a real server, a real browser, a desk and a phone."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from alerts.access import totp
from alerts.access.passwords import hashed
from alerts.access.roles import Role
from alerts.db.accounts import Accounts, By
from alerts.web.access import digest
from tests.acceptance.browser import Log, come_in, leave, needs_chromium
from tests.alerts.web.console import Parts, serving, some_settings

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = needs_chromium

PASSWORD = "correct horse"


@pytest.fixture
def filmed() -> Sequence[int]:
    return (0,)


def on_phone(browser: Browser, address: str) -> tuple[Page, Log]:
    page = browser.new_context(locale="en-GB", viewport={"width": 390, "height": 844}).new_page()
    log = Log(page)
    page.goto(address)
    return page, log


def fits(page: Page) -> bool:
    """Nothing sticks out to the right."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_volunteer_gets_an_account(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    parts.raise_alert(0)
    desk, log = come_in(browser, parts, url, locale="en-GB")
    desk.locator("#account").click()
    desk.locator("#account-users").click()
    form = desk.locator("#users-form")
    form.locator("[name=id]").fill("Li")
    form.locator("[name=name]").fill("李阿姨")
    form.locator("[name=role]").select_option("volunteer")
    expect(form.locator("[name=places] option[value='shed-1']")).to_have_text("Camera shed-1")
    form.locator("[name=places]").select_option(["shed-1"])
    form.locator("button.big").click()
    link = desk.locator("#share-link")
    expect(link).to_have_value(re.compile(rf"^{url}/enter#[\w-]{{43}}$"))
    expect(desk.locator("#share-whose")).to_have_text("The link of 李阿姨 · li")
    expect(desk.locator("#share-note")).not_to_contain_text("before it")
    phone, heard = on_phone(browser, link.input_value())
    expect(phone.locator("#welcome")).to_contain_text("李阿姨")
    assert "#" not in phone.url and fits(phone)
    phone.locator("#new").fill("1234567890")
    phone.locator("#again").fill("1234567890")
    heard.expected = ("422",)
    phone.locator("#enter button").click()
    expect(phone.locator("#message")).to_contain_text("first that anybody would try")
    phone.locator("#new").fill(PASSWORD)
    phone.locator("#again").fill(PASSWORD)
    phone.locator("#enter button").click()
    phone.wait_for_url(f"{url}/phone")  # a volunteer's own page; the console is there, too
    phone.goto(f"{url}/")
    phone.locator(".card").click()
    expect(phone.locator("#acknowledge")).to_be_visible()
    for hidden in ("#false-alarm", "#show-clear", "#hold", "#mute-this", ".wall", ".tabs", "#share"):
        expect(phone.locator(hidden)).to_be_hidden()
    phone.locator("#acknowledge").click()
    expect(desk.locator(".card .chip-acknowledged")).to_have_count(1)
    phone.locator("#detail-close").click()
    phone.locator("#account").click()
    expect(phone.locator("#account-who")).to_contain_text("volunteer")
    expect(phone.locator("#account-users")).to_be_hidden()
    assert fits(phone)
    leave(phone, heard)
    leave(desk, log)


def test_one_is_not_told_as_many(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    desk, log = come_in(browser, parts, url, locale="en-GB")
    told = desk.evaluate(
        """import(new URL('i18n.js', document.querySelector('script[type=module]').src))
          .then(({ t }) => [1, 2].map((n) => t('records.files', { n })))"""
    )
    assert told == ["1 file", "2 files"]
    leave(desk, log)


def test_a_place_and_a_camera_of_one_id_are_told_apart(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    desk, log = come_in(browser, parts, url, locale="en-GB")
    listed = desk.evaluate(
        """import(new URL('scopes.js', document.querySelector('script[type=module]').src))
          .then(({ scopesOf }) => scopesOf([['b3', 'Block 3'], ['b3-1', '1st floor']], ['b3-1', 'gate']))"""
    )
    assert listed == [["b3", "Block 3"], ["b3-1", "1st floor + Camera b3-1"], ["gate", "Camera gate"]]
    leave(desk, log)


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_many_accounts_and_the_form_for_one_more_fit_a_small_screen(
    browser: Browser, console: tuple[Parts, str], locale: str
) -> None:
    parts, url = console
    accounts = Accounts(parts.store, parts.clock)
    for number in range(8):
        accounts.add(f"person{number}", f"值班员{number}", Role.OPERATOR, None, None, By("test"))
    desk, log = come_in(browser, parts, url, locale=locale)
    desk.wait_for_timeout(2500)  # until the console has heard of them
    desk.locator("#account").click()
    desk.locator("#account-users").click()
    expect(desk.locator("#users-list li")).to_have_count(8)
    sizes = desk.locator("#users-form").evaluate(
        "(form) => [...form.querySelectorAll('input, select, button')].map((one) => one.getBoundingClientRect())"
        ".map(({ top, bottom, height, width }) => ({ top, bottom, height, width }))"
    )
    assert len(sizes) == 5 and all(0 < size["top"] < size["bottom"] < 768 for size in sizes), sizes
    assert all(24 <= size["height"] <= 160 and size["width"] > 150 for size in sizes), sizes
    assert fits(desk)
    leave(desk, log)


def test_an_earlier_link_is_only_named_where_there_was_one(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    Accounts(parts.store, parts.clock).add("li", "李阿姨", Role.VOLUNTEER, None, None, By("test"))
    desk, log = come_in(browser, parts, url, locale="en-GB")
    desk.wait_for_timeout(2500)  # until the console has heard of it
    desk.locator("#account").click()
    desk.locator("#account-users").click()
    for earlier in (False, True):
        desk.locator("#users-list li").get_by_role("button", name="One-time link").click()
        expect(desk.locator("#share-whose")).to_have_text("The link of 李阿姨 · li")
        said = expect(desk.locator("#share-note"))
        said.to_contain_text("The link before it is over.") if earlier else said.not_to_contain_text("before it")
        desk.locator("#share-dialog button.big").click()
        expect(desk.locator("#users-form")).to_be_visible()  # back to where one came from
    leave(desk, log)


def test_a_used_link_offers_the_log_in_and_leads_whoever_is_in_to_the_console(
    browser: Browser, console: tuple[Parts, str]
) -> None:
    parts, url = console
    accounts = Accounts(parts.store, parts.clock)
    accounts.add("wang", "王建国", Role.OPERATOR, None, None, By("test"))
    accounts.set_password("wang", hashed(PASSWORD), By("test"))
    page, log = on_phone(browser, f"{url}/enter#used-up")
    log.expected = ("403", "401")
    page.wait_for_timeout(2500)  # until the console has heard of the account
    expect(page.locator("#message")).to_contain_text("was used already")
    page.locator("#account").fill("wang")
    page.locator("#password").fill(PASSWORD)
    page.locator("#enter button").click()
    page.wait_for_url(f"{url}/")
    page.goto(f"{url}/enter#used-up")
    page.wait_for_url(f"{url}/")
    leave(page, log)


def test_password_and_code(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    accounts = Accounts(parts.store, parts.clock)
    accounts.add("wang", "王建国", Role.ADMIN, None, None, By("test"))
    page, log = on_phone(browser, f"{url}/enter")
    log.expected = ("403", "401")
    page.locator("#account").fill("wang")
    page.locator("#password").fill(PASSWORD)
    page.locator("#enter button").click()
    expect(page.locator("#message")).to_contain_text("is wrong")
    assert fits(page)
    accounts.set_password("wang", hashed(PASSWORD), By("test"))
    page.wait_for_timeout(2500)  # until the console has heard of it
    page.locator("#enter button").click()
    page.wait_for_url(f"{url}/")
    page.locator("#account").click()
    page.locator("#account-parts [name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Set up").click()
    expect(page.locator("img.qr")).to_be_visible()
    assert page.locator("img.qr").evaluate("async (image) => { await image.decode(); return image.naturalWidth; }") > 0
    secret = page.locator(".secret").inner_text()
    page.locator("#account-parts [name=code]").fill(totp.code_at(secret, totp.step_at(parts.clock.now())))
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#account-said")).to_contain_text("asks for a code")
    page.locator("#leave").click()
    page.wait_for_url(f"{url}/enter")
    page.locator("#account").fill("WANG")
    page.locator("#password").fill(PASSWORD)
    page.locator("#enter button").click()
    expect(page.locator("#code")).to_be_focused()
    page.locator("#code").fill(totp.code_at(secret, totp.step_at(parts.clock.now()) + 1))
    page.locator("#enter button").click()
    page.wait_for_url(f"{url}/")
    leave(page, log)


IN_VIEW = """(note) => {
  const { top, bottom } = note.getBoundingClientRect();
  const { top: above, bottom: below } = note.closest("dialog").getBoundingClientRect();
  return top >= above && bottom <= below && below <= innerHeight;
}"""


def test_what_was_typed_wrong_is_told_there_in_view_also_while_it_burns(browser: Browser, tmp_path: Path) -> None:
    made = some_settings(tmp_path / "store")
    now = {"routing": {"fire": {"ladder": [{"after_s": 0, "call_119": True}]}}}
    parts = Parts.build(type(made).model_validate({**made.model_dump(exclude={"routing"}), **now}))
    accounts = Accounts(parts.store, parts.clock)
    accounts.add("wang", "王建国", Role.OPERATOR, None, None, By("test"))
    accounts.set_password("wang", hashed(PASSWORD), By("test"))
    with serving(parts) as url:
        page = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768}).new_page()
        log = Log(page)
        log.expected = ("401", "403", "422")
        page.goto(f"{url}/enter")
        expect(page.locator("#help")).to_contain_text("请管理员给您一个新的一次性链接")
        page.locator("#account").fill("wang")
        page.locator("#password").fill(PASSWORD)
        page.locator("#enter button").click()
        page.wait_for_url(f"{url}/")
        parts.raise_alert()
        expect(page.locator("#call-119")).to_be_visible()
        page.locator("#account").click()
        parts_of = page.locator("#account-parts")
        expect(parts_of).to_contain_text("请管理员关闭两步验证")
        form = parts_of.locator("form", has=page.locator("[name=password]"))
        form.locator("[name=password]").fill("wrong password")
        form.get_by_role("button").click()
        told_at(page, form, "password", "密码不对。")
        form.locator("[name=password]").fill(PASSWORD)
        form.get_by_role("button").click()
        form = parts_of.locator("form", has=page.locator("[name=code]"))
        form.locator("[name=code]").fill("000000x")
        form.get_by_role("button").click()
        told_at(page, form, "code", "验证码不对")
        form = parts_of.locator("form", has=page.locator("[name=old]"))
        form.locator("[name=old]").fill(PASSWORD)
        form.locator("[name=new]").fill("1234567890")
        form.get_by_role("button").click()
        told_at(page, form, "new", "容易被猜到")
        expect(form.locator("[name=old]")).to_have_value(PASSWORD)
        leave(page, log)
    parts.close()


def told_at(page: Page, form: Locator, name: str, words: str) -> None:
    """Below the field, whole on the screen, once, and the cursor is there."""
    note = page.get_by_role("alert").and_(page.locator("#account-dialog .error"))
    expect(note).to_contain_text(words)
    expect(form.locator(f"label:has([name={name}]) + .error")).to_be_visible()
    expect(form.locator(f"[name={name}]")).to_be_focused()
    assert note.evaluate(IN_VIEW)


def test_a_wrong_code_spends_no_link(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    accounts = Accounts(parts.store, parts.clock)
    accounts.add("wang", "王建国", Role.OPERATOR, None, None, By("test"))
    accounts.set_password("wang", hashed(PASSWORD), By("test"))
    secret = totp.new_secret()
    accounts.set_totp("wang", parts.box.seal("wang", secret), 0, By("test"))
    accounts.add_link(digest("t"), "wang", By("test"))
    page, log = on_phone(browser, f"{url}/login-soon")
    page.wait_for_timeout(2500)  # until the console has heard of it
    log.expected = ("401", "403", "404")
    page.goto(f"{url}/enter#t")
    page.locator("#code").fill("000000x")
    page.locator("#enter button").click()
    expect(page.locator("#message")).to_contain_text("The code is wrong")
    expect(page.locator("#code")).to_be_focused()
    page.locator("#code").fill(totp.code_at(secret, totp.step_at(parts.clock.now())))
    page.locator("#enter button").click()
    page.wait_for_url(f"{url}/")
    leave(page, log)


def test_a_page_that_is_not_theirs_says_so_in_their_language(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    page, log = come_in(browser, parts, url)
    path = page.evaluate(
        "fetch('/api/link', { method: 'POST', headers: { 'X-Xinan': 'test', 'Content-Type': 'application/json' },"
        " body: JSON.stringify({ role: 'operator' }) }).then((answer) => answer.json()).then(({ path }) => path)"
    )
    page.goto(f"{url}{path}")
    page.locator("#name").fill("Li")
    page.locator("#enter button").click()
    page.wait_for_url(f"{url}/")
    log.expected = ("403",)
    answer = page.goto(f"{url}/setup")
    assert answer and answer.status == 403
    expect(page.locator("h1")).to_have_text("您的账号不能打开此页")
    page.locator("#language").click()
    expect(page.locator("h1")).to_have_text("Your account may not open this page")
    page.locator("a.button").click()
    page.wait_for_url(f"{url}/")
    leave(page, log)


def test_whose_rights_change_sees_it_at_once(browser: Browser, console: tuple[Parts, str]) -> None:
    parts, url = console
    parts.raise_alert(0, "clutter")
    accounts = Accounts(parts.store, parts.clock)
    accounts.add("li", "李", Role.OPERATOR, None, None, By("test"))
    accounts.set_password("li", hashed(PASSWORD), By("test"))
    page, log = on_phone(browser, f"{url}/enter")
    page.wait_for_timeout(2500)
    page.locator("#account").fill("li")
    page.locator("#password").fill(PASSWORD)
    page.locator("#enter button").click()
    page.wait_for_url(f"{url}/")
    page.locator(".card").click()
    expect(page.locator("#false-alarm")).to_be_visible()
    accounts.change("li", {"role": Role.VOLUNTEER}, None, By("test"))
    expect(page.locator("#false-alarm")).to_be_hidden(timeout=10_000)
    expect(page.locator("#detail h2")).to_be_visible(timeout=10_000)  # loaded anew, at the same alert
    expect(page.locator("#false-alarm")).to_be_hidden()
    accounts.change("li", {"enabled": False}, None, By("test"))
    log.expected = ("401",)
    expect(page.locator("#banner")).to_be_visible(timeout=10_000)
    leave(page, log)
