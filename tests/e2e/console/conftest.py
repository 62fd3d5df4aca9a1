"""A real browser in the real console."""

from __future__ import annotations

from typing import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser import MISSING, chromium, launched


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for all tests here; each has a context of its own."""
    if chromium() is None:
        pytest.fail(MISSING, pytrace=False)
    with launched() as browser:
        yield browser
