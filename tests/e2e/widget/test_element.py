"""The element as a site uses it: its attributes while it stands there, its events, its colours, the README's page."""

from __future__ import annotations

import html
import re

import pytest
from playwright.sync_api import Page, expect

from bot.channels.assets import WIDGET
from tests.support.browser import violations
from tests.support.site import Site
from tests.support.widget import PATIENCE_MS, QUESTION, Widget

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

README = (WIDGET / "README.md").read_text(encoding="utf-8")


def change(widget: Widget, name: str, value: str | None) -> None:
    """Set an attribute of the element, or take it away."""
    widget.page.evaluate("""([name, value]) => {
        const chat = document.querySelector('imh-chat');
        if (value === null) chat.removeAttribute(name);
        else chat.setAttribute(name, value);
    }""", [name, value])


class TestAttributes:
    """Each takes effect at once, and what was said stays."""

    def test_open_opens_and_closes(self, widget: Widget) -> None:
        """From outside, and it follows what the person does."""
        change(widget, "open", "")
        expect(widget.panel).to_be_visible()
        widget.host.get_by_role("button", name="Close the chat").click()
        expect(widget.host).not_to_have_attribute("open", re.compile(".*"))
        widget.open()
        expect(widget.host).to_have_attribute("open", "")
        change(widget, "open", None)
        expect(widget.panel).to_be_hidden()

    def test_language_and_audience_move_the_switches(self, opened: Widget) -> None:
        """As if they had been pressed; what is no value changes nothing."""
        change(opened, "language", "es")
        change(opened, "audience", "provider")
        for name in ("language", "audience"):
            change(opened, name, "klingon")
        expect(opened.host.get_by_label("Trabajo con familias")).to_be_checked()
        reply = opened.ask("/ask_brain_development")
        expect(reply).to_have_attribute("lang", "es")

    def test_title_names_the_panel_and_its_button(self, opened: Widget) -> None:
        """Without it the widget has its own."""
        change(opened, "title", "Ask the clinic")
        expect(opened.host.get_by_role("dialog", name="Ask the clinic")).to_be_visible()
        change(opened, "title", None)
        expect(opened.host.get_by_role("dialog", name="Babies' mental health")).to_be_visible()

    @pytest.mark.parametrize(("position", "side"), [("bottom-left", "left"), ("bottom-right", "right")])
    def test_position_puts_it_into_a_corner(self, opened: Widget, position: str, side: str) -> None:
        """16 px from the edge."""
        change(opened, "position", position)
        opened.panel.wait_for()
        box = opened.panel.bounding_box()
        assert box and round(box["x"] if side == "left" else 1024 - box["x"] - box["width"]) == 16

    def test_position_inline_stands_in_the_page(self, opened: Widget) -> None:
        """With what was said, and without a button to close it."""
        opened.ask()
        change(opened, "position", "inline")
        expect(opened.answers).to_have_count(1)
        expect(opened.host.get_by_role("region", name="Babies' mental health")).to_be_visible()
        expect(opened.host.get_by_role("button", name="Close the chat")).to_have_count(0)

    def test_another_server_is_another_conversation(self, opened: Widget, site: Site) -> None:
        """And the first is there again when it comes back."""
        opened.ask()
        change(opened, "server", "http://127.0.0.1:9")
        expect(opened.mine).to_have_count(0)
        change(opened, "server", site.origin)
        change(opened, "server", None)
        expect(opened.answers).to_have_count(1)


def test_two_that_float_do_not_lie_on_each_other(page: Page, site: Site) -> None:
    """Their buttons stand one above the other; each opens its own panel, over the other's button."""
    page.goto(site.page("<imh-chat></imh-chat><imh-chat></imh-chat>"))
    first, second = Widget(page, "imh-chat >> nth=0"), Widget(page, "imh-chat >> nth=1")
    second.launcher.wait_for()
    below, above = first.launcher.bounding_box(), second.launcher.bounding_box()
    assert below and above and above["y"] + above["height"] <= below["y"]
    first.open().ask()
    expect(second.mine).to_have_count(0)
    first.host.get_by_role("button", name="Close the chat").click()
    second.open()
    expect(first.panel).to_be_hidden()


def test_an_error_is_told_to_the_page(opened: Widget, site: Site) -> None:
    """`imh-error`: what kind, and that it tries again by itself; nothing of what was said."""
    opened.page.evaluate("""() => {
        window.errors = [];
        document.addEventListener('imh-error', (event) => window.errors.push(event.detail));
    }""")
    site.fault = lambda path: "cut" if path.endswith("/webhook") else "pass"
    opened.write(QUESTION)
    expect(opened.trouble).to_be_visible(timeout=PATIENCE_MS)
    first, *_ = opened.page.evaluate("() => window.errors")
    assert first == {"kind": "unreachable", "status": 0, "code": "", "again": True}


def test_a_site_can_choose_its_colours(page: Page, site: Site) -> None:
    """By the custom properties, in both themes; the README's own example keeps its contrast."""
    (example,) = re.findall(r"```css\n(.*?)```", README, re.S)
    site.policy = None  # the page styles itself inline here
    page.goto(site.page(f"<style>{example}</style><imh-chat open></imh-chat>"))
    widget = Widget(page)
    for scheme, colour in (("light", "rgb(122, 31, 92)"), ("dark", "rgb(240, 166, 214)")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert widget.send.evaluate("button => getComputedStyle(button).backgroundColor") == colour
        assert violations(page) == []


def test_the_page_of_the_readme_works(page: Page, site: Site) -> None:
    """Pasted as it stands, with the bot's address in the place of the example's."""
    (whole,) = re.findall(r"```html\n(<!doctype.*?)```", README, re.S)
    site.pages["/clinic"] = html.unescape(whole).replace("https://chat.example.org", site.origin)
    page.goto(f"{site.origin}/clinic")
    widget = Widget(page)
    expect(widget.host.get_by_role("region", name="Ask about your baby")).to_be_visible()
    expect(widget.ask().locator(".plain")).to_contain_text("brain")
    assert site.reports == []
    assert violations(page) == []
