"""The Back button of a browser as people have it: a page comes back as it was left, scripts and all."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.server import PROJECT
from tests.support.site import Site

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

# In a process of its own: one Playwright is running in this one, with a browser that keeps no pages.
PLAY = """
import sys
from playwright.sync_api import expect
from tests.support.browser import launched
from tests.support.widget import PATIENCE_MS, QUESTION, Widget

with launched(keeps_pages=True) as browser:
    page = browser.new_context(viewport={"width": 1024, "height": 800}, locale="en-US").new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.add_init_script("addEventListener('pageshow', (event) => { window.kept = event.persisted; })")
    origin, widget = sys.argv[1], Widget(page)

    def back():
        page.go_back(wait_until="commit")
        page.wait_for_function("() => window.kept === true")

    page.goto(origin + "/")
    widget.open().ask()
    page.goto(origin + "/other")
    widget.ask("what is infant mental health")
    back()
    expect(widget.mine).to_have_count(2)
    expect(widget.answers).to_have_count(2)
    widget.ask("/ask_contact")
    page.reload()
    expect(widget.mine).to_have_count(3)

    page.goto(origin + "/other")
    widget.field.fill("half a thought")
    widget.erase()
    expect(widget.mine).to_have_count(0)
    back()
    expect(widget.host.locator(".intro")).to_be_visible()
    expect(widget.mine).to_have_count(0)
    expect(widget.field).to_have_value("half a thought")
    widget.ask()
"""


def test_what_was_said_and_erased_elsewhere_is_so_after_back(site: Site) -> None:
    """Nothing of it is lost, and what was erased on the other page does not come back with the first."""
    for path in ("/", "/other"):
        site.page("<p>Words.</p><imh-chat></imh-chat>", path=path)
    played = subprocess.run([sys.executable, "-c", PLAY, site.origin], cwd=PROJECT, capture_output=True, text=True,
                            timeout=120)
    assert played.returncode == 0, played.stderr[-3000:]
