"""Accounts in a real browser: from the first administrator on, by keyboard, clean for axe, narrow and wide."""

from __future__ import annotations

from typing import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.browser import violations
from tests.support.console_pages import NARROW, PASSWORD, WIDE, assert_readable, window
from tests.support.console_process import Console

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with Console(tmp_path_factory.mktemp("var")) as running:
        yield running


@pytest.fixture(scope="module")
def administrator(console: Console, browser: Browser) -> Iterator[BrowserContext]:
    """The first administrator, come by the link of the command and by the keyboard alone."""
    context = window(browser, console.address)
    page = context.new_page()
    page.goto(console.first_administrator())
    assert violations(page) == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.get_by_label("New password").focus()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/join/" not in address)
    yield context
    context.close()


@pytest.mark.parametrize("path", ["/account", "/accounts", "/accounts/1", "/audit", "/audit?subject=nothing",
                                  "/nothing"])
def test_a_page_is_accessible(page: Page, path: str) -> None:
    """In both colour schemes, narrow, wide and with forced colours; it names itself and where in the console it is."""
    response = page.goto(path)
    assert_readable(page)
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("h1").count() == page.locator("main").count() == page.locator("body > header").count() == 1
    if response.status == 200 and path != "/accounts/1":
        expect(page.locator("nav [aria-current=page]")).to_have_count(1)


def test_the_form_is_accessible(console: Console, browser: Browser) -> None:
    """Signing in, and being told that it did not work."""
    context = window(browser, console.address)
    page = context.new_page()
    page.goto("/sign-in")
    assert_readable(page)
    page.get_by_label("Name").fill("maria")
    page.get_by_label("Password").fill("wrong wrong wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not go together")
    assert_readable(page)
    context.close()


def test_everything_that_is_touched_is_large_enough(page: Page) -> None:
    """44 px high on a telephone, links in running text aside."""
    page.set_viewport_size(NARROW)
    for path in ("/accounts", "/account", "/audit"):
        page.goto(path)
        small = page.evaluate("""(touched) => [...document.querySelectorAll(touched)]
            .filter((element) => element.getBoundingClientRect().height < 43.5).map((element) => element.outerHTML)""",
                              "button, select, nav a, td a, th a, input:not([type=hidden]):not([type=radio])")
        assert small == []
    page.set_viewport_size(WIDE)


def test_somebody_is_invited_joins_and_is_disabled(console: Console, browser: Browser, page: Page) -> None:
    """The whole life of an account, each step told where a screen reader hears it."""
    page.goto("/accounts")
    page.get_by_label("Name to sign in").fill("rosa")
    page.get_by_label("Shown as").fill("Rosa <b>Díaz</b>")
    page.get_by_label("E-mail").fill("rosa@example.org")
    page.get_by_label("Editor").check()
    page.get_by_role("button", name="Invite").click()
    assert_readable(page)
    link = page.locator("#link").inner_text()
    theirs = window(browser, console.address)
    rosa = theirs.new_page()
    rosa.goto(link)
    rosa.get_by_label("New password").fill("rosa rosa rosa")
    rosa.get_by_role("button", name="Keep").click()
    expect(rosa.locator("#password")).to_have_attribute("aria-invalid", "true")
    assert violations(rosa) == []
    rosa.get_by_label("New password").fill("seven lemons in a boat")
    rosa.get_by_role("button", name="Keep").click()
    expect(rosa.locator(".who")).to_contain_text("Rosa <b>Díaz</b>")
    page.goto("/accounts")
    page.get_by_role("link", name="Rosa").click()
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_role("status")).to_contain_text("Rosa <b>Díaz</b> can no longer sign in.")
    rosa.goto("/account")
    expect(rosa).to_have_url(f"{console.address}/sign-in?next=/account")
    theirs.close()


def test_without_javascript_everything_works(console: Console, browser: Browser) -> None:
    """Forms and links are all that signing in and out needs."""
    context = window(browser, console.address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/account")
    page.get_by_label("Name").fill("maria")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    context.close()
