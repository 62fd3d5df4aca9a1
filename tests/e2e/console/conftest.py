"""A real browser in the real console."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support import judged as judging
from tests.support.browser import MISSING, chromium, launched


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
