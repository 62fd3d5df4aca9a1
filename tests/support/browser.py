"""Debian's Chromium, driven by Playwright: where it is, how it is started, and what axe-core finds in a page."""

from __future__ import annotations

import importlib.util
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

from playwright.sync_api import Browser, Page, sync_playwright

MISSING = ("Chromium is needed for this and is not on the PATH. Install it ('apt-get install chromium'); to run all "
           "other tests meanwhile: .venv/bin/python -m pytest -m 'not browser'.")
# Nothing that a browser does by itself: only what a page asks for goes over the line.
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
              "--disable-component-update", "--disable-sync")
# What the issue of accessibility is measured by: WCAG 2.2 A and AA, and axe's own good practice.
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def chromium() -> str | None:
    """The path of the browser, or None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def launched(*, keeps_pages: bool = False) -> Iterator[Browser]:
    """A headless browser with a profile of its own, gone afterwards. FileNotFoundError where there is no browser.

    `keeps_pages`: Back shows a page as it was left, scripts and all, as every browser of a person does; Playwright
    switches that off.
    """
    path = chromium()
    if path is None:
        raise FileNotFoundError(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, headless=True, args=list(_ARGUMENTS),
            ignore_default_args=["--disable-back-forward-cache"] if keeps_pages else None)
        try:
            yield browser
        finally:
            browser.close()


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong in a page as it stands, shadow trees included: rule, element, what to do."""
    page.wait_for_load_state()  # words may be there to be seen before their style
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_axe())
    # What axe cannot tell by itself ("incomplete") is not asked for: here that is the contrast of words that are
    # scrolled out of sight, in colours that stand elsewhere, too.
    found: dict[str, Any] = page.evaluate(
        "(rules) => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", _RULES)
    return [f"{entry['id']}: {node['target']}: {node['failureSummary']}"
            for entry in found["violations"] for node in entry["nodes"]]


def _axe() -> str:
    spec = importlib.util.find_spec("axe_playwright_python")
    assert spec is not None and spec.origin is not None
    return (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")
