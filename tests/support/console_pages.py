"""The console's pages in a real browser: windows of somebody who is signed in, tabs that are watched, and what every
page owes whoever reads it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page

from tests.support.browser import violations
from tests.support.console_process import Console

PASSWORD = "otters sleep in kelp"
# Longer than anything takes beside whatever else the machine does; only a test that fails waits for it.
PATIENCE_MS = 30_000
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 320, "height": 640}


def window(browser: Browser, address: str, token: str = "", **how: Any) -> BrowserContext:
    """A window of its own in the console at this address, signed in by the token of a session; to be closed.

    `how` are Playwright's options of a context, in the place of a wide English one.
    """
    context = browser.new_context(**{"base_url": address, "viewport": WIDE, "locale": "en-US", **how})
    context.set_default_timeout(PATIENCE_MS)
    if token:
        context.add_cookies([{"name": "imh_session", "value": token, "url": address}])
    return context


@contextmanager
def administrator_window(browser: Browser, console: Console) -> Iterator[BrowserContext]:
    """The window of the first administrator, who came by the link of the command and chose `PASSWORD`."""
    context = window(browser, console.address)
    page = context.new_page()
    page.goto(console.first_administrator())
    page.get_by_label("New password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/join/" not in address)
    page.close()
    yield context
    context.close()


@contextmanager
def watched_tab(context: BrowserContext) -> Iterator[Page]:
    """A tab that must have seen nothing of what `watch` notes when it is closed."""
    errors: list[str] = []
    page = context.new_page()
    watch(page, errors)
    yield page
    page.close()
    assert errors == []


def watch(page: Page, errors: list[str], *, all_errors: bool = False) -> None:
    """Note errors in scripts, what the policy kept from happening, and dialogs, which the console never opens.

    With `all_errors` also what a browser itself calls an error: a page that is missing, for example.
    """
    def said(message: ConsoleMessage) -> None:
        if "Content Security" in message.text or (all_errors and message.type == "error"):
            errors.append(f"{message.text} {message.location}")

    def opened(dialog: Dialog) -> None:
        errors.append(dialog.message)
        dialog.dismiss()  # a page stands still until somebody does

    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", said)
    page.on("dialog", opened)


def assert_readable(page: Page) -> None:
    """Clean for axe in light, dark and forced colours, wide and narrow, and no sideways scrolling at 320 px."""
    page.wait_for_load_state()  # with its style: without it every link is too small
    for scheme in ("light", "dark"):
        for size in (WIDE, NARROW):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(size)
            assert (found := violations(page)) == [], (scheme, size, found)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], size
    page.emulate_media(forced_colors="active")
    assert (found := violations(page)) == [], ("forced colours", found)
    page.emulate_media(forced_colors="none", color_scheme="light")
    page.set_viewport_size(WIDE)
