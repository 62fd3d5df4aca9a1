"""A real browser in the real console."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support import judged as judging
from tests.support.browser import MISSING, chromium, launched
from tests.support.console_pages import administrator_window, watched_tab


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for all tests here; each has a context of its own."""
    if chromium() is None:
        pytest.fail(MISSING, pytrace=False)
    with launched() as browser:
        yield browser


@pytest.fixture(scope="package")
def judged(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[judging.Judged]:
    """A console in which a real training was started; `judged.done()` waits for its end."""
    with judging.judged(trained, tmp_path_factory.mktemp("judged")) as running:
        yield running


@pytest.fixture(scope="module")
def administrator(house: Any, browser: Browser) -> Iterator[BrowserContext]:
    """The administrator's window in a module's own house, whose console it is."""
    with administrator_window(browser, house.console) as context:
        yield context


@pytest.fixture
def page(administrator: BrowserContext) -> Iterator[Page]:
    """A tab of the administrator; an error in a script, or what the policy kept from happening, fails the test."""
    with watched_tab(administrator) as tab:
        yield tab
