"""A person at a widget: what they press and write, and what is then on the screen."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Locator, Page, expect

QUESTION = "does how i react to her change how her brain grows"
# One of them at least is too vague for any model: what is tested with them is how a question back looks.
VAGUE = ("families and stuff", "moms and such", "family matters", "kids and so on", "the mom and the baby and so on",
         "kids")
# A browser on a busy machine, not the widget, is what this is generous to.
PATIENCE_MS = 15_000


class Widget:
    """One <imh-chat> of a page; Playwright looks into open shadow trees by itself."""

    def __init__(self, page: Page, selector: str = "imh-chat") -> None:
        self.page = page
        self.host = page.locator(selector)
        self.launcher = self.host.locator(".launcher")
        self.panel = self.host.locator(".panel")
        self.field = self.host.locator(".composer textarea")
        self.log = self.host.get_by_role("log")
        self.send = self.host.locator(".composer .send")
        self.mine = self.host.locator(".message.mine")
        self.theirs = self.host.locator(".message.theirs")
        self.answers = self.host.locator(".message.answer")
        self.trouble = self.host.locator(".trouble")
        self.typing = self.host.locator(".typing")

    def open(self) -> Widget:
        """Press the button; the panel stands open."""
        self.launcher.click()
        expect(self.panel).to_be_visible(timeout=PATIENCE_MS)
        return self

    def write(self, words: str) -> None:
        """Write and send."""
        self.field.fill(words)
        self.field.press("Enter")

    def ask(self, words: str = QUESTION) -> Locator:
        """Write, and wait for the first message of the reply; returns it."""
        before = self.theirs.count()
        self.write(words)
        return self.next_reply(before)

    def be_asked_back(self) -> Locator:
        """Say something vague until the reply is a question with choices; returns it."""
        clarify = self.host.locator(".message.clarify")
        for words in VAGUE:
            self.ask(words)
            if clarify.count():
                break
        expect(clarify).to_be_visible()
        return clarify

    def next_reply(self, before: int) -> Locator:
        """The first message after the `before` that were there."""
        reply = self.theirs.nth(before)
        expect(reply).to_be_visible(timeout=PATIENCE_MS)
        expect(reply.locator(".tools time")).to_have_count(1, timeout=PATIENCE_MS)  # its details came, too
        return reply

    def options(self) -> None:
        """Open the options."""
        self.host.get_by_role("button", name="Options").or_(self.host.get_by_role("button", name="Opciones")).click()

    def erase(self) -> None:
        """End and erase, and yes, it is meant."""
        self.options()
        self.host.get_by_role("button", name="End and erase").click()
        self.host.get_by_role("button", name="Yes, erase it").click()

    def state(self) -> dict[str, Any]:
        """What is kept in this tab."""
        kept: dict[str, str] = self.page.evaluate("() => ({...sessionStorage})")
        (state,) = [json.loads(value) for name, value in kept.items() if name.startswith("imh-chat:")]
        return state

    def focused(self) -> str:
        """The class or the name of the element that has the keyboard."""
        return self.page.evaluate("""() => {
            let at = document.activeElement;
            while (at && at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
            return at ? (at.className || at.tagName).toString() : '';
        }""")
