"""A real browser, a real bot, and a website in between."""

from __future__ import annotations

from typing import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.browser import MISSING, chromium, launched
from tests.support.server import Server
from tests.support.site import STRICT, Site
from tests.support.widget import PATIENCE_MS, Widget


# Not for the whole session: Playwright keeps an event loop running, and the tests after these begin loops of their own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for all tests here; each has a context of its own."""
    if chromium() is None:
        pytest.fail(MISSING, pytrace=False)
    with launched() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A visitor whom nobody knows, with a small laptop and a browser in English."""
    context = browser.new_context(viewport={"width": 1024, "height": 800}, locale="en-US")
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab; an error in the page's scripts fails the test."""
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


@pytest.fixture
def site(server: Server) -> Iterator[Site]:
    """A website with the bot on its own origin, under the strict policy of the issue."""
    with Site(str(server.client.base_url), policy=STRICT) as site:
        yield site


@pytest.fixture
def widget(page: Page, site: Site) -> Widget:
    """A closed widget on a page of the site."""
    page.goto(site.page("<p>Words.</p><imh-chat></imh-chat>"))
    widget = Widget(page)
    widget.launcher.wait_for()
    return widget


@pytest.fixture
def opened(widget: Widget) -> Widget:
    """The same, open."""
    return widget.open()


@pytest.fixture
def demonstration(page: Page, server: Server) -> Widget:
    """The widget of the demonstration page."""
    page.goto(f"{server.client.base_url}/webhooks/web/".replace("//webhooks", "/webhooks"))
    widget = Widget(page)
    widget.field.wait_for()
    return widget
