"""`make shots`: a picture of every state of the widget and the page, at three widths, light and dark, in var/shots.

Six of them, made small, go into docs/ for the README.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Callable, Iterator

from PIL import Image
from playwright.sync_api import Browser, expect

from bot.settings import PROJECT
from tests.support.browser import launched
from tests.support.server import Server
from tests.support.site import Site
from tests.support.widget import QUESTION, Widget

SHOTS = PROJECT / "var" / "shots"
DOCS = PROJECT / "docs" / "pictures"
WIDTHS = {320: 640, 390: 844, 1024: 800}
PAGE_WIDTHS = {320: 640, 768: 1024, 1440: 900}
# Shot -> its name in docs/.
KEPT = {"answer-en-390-light": "answer", "answer-es-390-dark": "answer-spanish-dark", "crisis-en-390-light": "crisis",
        "offline-en-390-light": "offline", "page-en-1440-light": "page", "page-es-320-dark": "page-spanish-phone"}
# Enough for the edges of letters on five grounds; the pictures stay below 80 KB each.
_COLOURS = 96


def _clarify(widget: Widget) -> None:
    widget.be_asked_back()


def _crisis(widget: Widget) -> None:
    spanish = widget.host.locator(".root").get_attribute("lang") == "es"
    widget.ask("quiero matarme" if spanish else "i want to kill myself")


def _answer(widget: Widget) -> None:
    widget.ask(QUESTION).get_by_role("button", name=re.compile("Source|Fuente")).click()


def _rated(widget: Widget) -> None:
    widget.ask(QUESTION).locator("[data-value=down]").click()
    widget.log.evaluate("log => { log.scrollTop = log.scrollHeight; }")


def _options(widget: Widget) -> None:
    widget.options()
    widget.host.locator(".options button").nth(1).click()
    widget.host.locator(".strip button").click()


def _offline(widget: Widget) -> None:
    widget.ask(QUESTION)
    widget.page.context.set_offline(True)
    widget.write("what is infant mental health")
    expect(widget.mine.last).to_contain_text(re.compile("Not sent|no se mand"))


def _error(widget: Widget) -> None:
    widget.ask(QUESTION)
    error = {"error": {"code": "unavailable", "message": ""}}
    widget.page.route("**/webhooks/web/webhook", lambda route: route.fulfill(status=503, json=error))
    widget.write("what is infant mental health")
    expect(widget.trouble).to_be_visible()


def _unreachable(widget: Widget) -> None:
    widget.page.route("**/webhooks/web/webhook", lambda route: route.abort())
    widget.write(QUESTION)
    expect(widget.trouble).to_be_visible()


def _not_stored(widget: Widget) -> None:
    widget.page.route("**/webhooks/web/feedback", lambda route: route.abort())
    _rated(widget)
    expect(widget.host.locator(".told:not(:empty)")).to_be_visible()
    widget.log.evaluate("log => { log.scrollTop = log.scrollHeight; }")


def _too_long(widget: Widget) -> None:
    widget.field.fill("Why does she cry when I leave? " * 80)


STATES: dict[str, Callable[[Widget], None]] = {
    "opened": lambda widget: None, "answer": _answer, "clarify": _clarify, "crisis": _crisis, "rated": _rated,
    "not-stored": _not_stored, "options": _options, "offline": _offline, "error": _error,
    "unreachable": _unreachable, "too-long": _too_long,
}


def take() -> list[Path]:
    """All pictures; those for the README are made small."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        with Server(Path(folder), environment={"IMH_SMS_NUMBER": "+15055550123"}) as server:
            taken = [*_widget(browser, server), *_pages(browser, server)]
    DOCS.mkdir(parents=True, exist_ok=True)
    for shot, name in KEPT.items():
        picture = Image.open(SHOTS / f"{shot}.png").convert("RGB")
        picture.quantize(_COLOURS).save(DOCS / f"{name}.png", optimize=True)
    return taken


def _widget(browser: Browser, server: Server) -> Iterator[Path]:
    with Site(str(server.client.base_url)) as site:
        for language in ("en", "es"):
            address = site.page("<p>A page of an organisation.</p><imh-chat></imh-chat>", path=f"/{language}",
                                language=language)
            for state, prepare in {"closed": None, **STATES}.items():
                for width, height in WIDTHS.items():
                    for scheme in ("light", "dark"):
                        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
                        page = context.new_page()
                        page.goto(address)
                        widget = Widget(page)
                        widget.launcher.wait_for()
                        if prepare:
                            prepare(widget.open())
                        path = SHOTS / f"{state}-{language}-{width}-{scheme}.png"
                        page.screenshot(path=path)
                        context.close()
                        yield path


def _pages(browser: Browser, server: Server) -> Iterator[Path]:
    address = str(server.client.base_url.join("/webhooks/web/"))
    for language in ("en", "es"):
        for width, height in PAGE_WIDTHS.items():
            for scheme in ("light", "dark"):
                context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
                page = context.new_page()
                page.goto(f"{address}?language={language}")
                widget = Widget(page)
                widget.field.wait_for()
                if width == max(PAGE_WIDTHS):
                    widget.ask(QUESTION)
                path = SHOTS / f"page-{language}-{width}-{scheme}.png"
                page.screenshot(path=path)
                yield path
                page.screenshot(path=SHOTS / f"page-{language}-{width}-{scheme}-whole.png", full_page=True)
                page.emulate_media(media="print")
                page.pdf(path=SHOTS / f"page-{language}.pdf")
                context.close()
