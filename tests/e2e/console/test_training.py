"""A real training in the real console: watched in a browser, judged against what is in production, and refused.

It is trained on an eighth of the data, so that it is done in minutes and has to come out worse.
"""

from __future__ import annotations

import re
from typing import Any, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from bot.console.train import candidates
from bot.console.train.card import QualityCard, read_card
from bot.evaluation.held_out import key_of, questions
from tests.support.browser import violations
from tests.support.judged import HELD_OUT, OPEN, PATIENCE_S, Judged

pytestmark = [pytest.mark.e2e, pytest.mark.nlu, pytest.mark.browser]

SIZES = ({"width": 1280, "height": 800}, {"width": 320, "height": 640})


def opened(judged: Judged, browser: Browser, **how: Any) -> Page:
    """A page of a browser in which the administrator is signed in."""
    context = browser.new_context(base_url=judged.console.address, locale="en-US", **how)
    context.add_cookies([{"name": "imh_session", "value": judged.token(), "url": judged.console.address}])
    context.set_default_timeout(30_000)
    return context.new_page()


@pytest.fixture
def page(judged: Judged, browser: Browser) -> Iterator[Page]:
    page = opened(judged, browser, viewport=SIZES[0])
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
    yield page
    page.context.close()
    assert errors == []


def assert_readable(page: Page) -> None:
    """Clean for axe in light and dark, and no sideways scrolling of the page at 320 px."""
    for size in SIZES:
        page.set_viewport_size(size)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size


@pytest.fixture(scope="module")
def card(judged: Judged) -> QualityCard:
    """The card of what was trained."""
    found = read_card(judged.settings, judged.done().candidate or "")
    assert found is not None
    return found


def test_progress_is_followed_in_the_browser(judged: Judged, page: Page, browser: Browser) -> None:
    """Through reloads, with and without scripts, until the page itself offers the result."""
    page.goto(f"/training/jobs/{judged.job}")
    if judged.state().running:
        expect(page.get_by_role("progressbar")).to_be_visible()
        assert_readable(page)
        shown = page.locator("[data-elapsed]").inner_text()
        expect(page.locator("[data-elapsed]")).not_to_have_text(shown)
        plain = opened(judged, browser, java_script_enabled=False)
        plain.goto(f"/training/jobs/{judged.job}")
        expect(plain.locator("progress")).to_be_visible()
        plain.context.close()
        page.reload()
        expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("link", name="See what got better")).to_be_visible(timeout=PATIENCE_S * 1000)
    assert_readable(page)


def test_every_line_that_is_held_out_was_asked_of_both(judged: Judged, card: QualityCard) -> None:
    """The curated ones, those of the staff, double questions, dialogues, and the open messages of the inbox."""
    project = judged.settings.var_dir.parent
    live = read_card(judged.settings, candidates.production(judged.settings) or "")
    assert live is not None
    for one in (card, live):
        assert set(one.items["lines"]) == {line.key for line in questions(project)}
        assert len(one.items["doubles"]) > 10 and len(one.items["dialogues"]) > 10
        assert set(one.items["also"]) == {str(number) for number in OPEN}
        assert one.items["lines"][key_of(HELD_OUT)]["staff"]
    assert card.sizes is not None and card.sizes["trained_staff"] == 1 and card.seconds is not None
    assert card.seconds["train"] > 0
    assert card.quality.shares["right topic"].value < live.quality.shares["right topic"].value


def test_what_got_worse_is_refused_in_words(judged: Judged, card: QualityCard, page: Page) -> None:
    """The gate names topics and numbers; the person is an administrator and may overrule it, with a reason."""
    page.goto("/training")
    assert_readable(page)
    page.get_by_role("link", name=card.name[:8]).click()
    verdict = page.get_by_role("region", name="Verdict")
    expect(verdict).to_contain_text("Over all topics the model got worse")
    expect(verdict.get_by_label("Reason")).to_be_visible()
    expect(page.get_by_role("region", name="Test questions from staff")).to_contain_text(HELD_OUT)
    assert_readable(page)


def test_every_number_of_the_matrix_leads_to_its_questions(judged: Judged, card: QualityCard, page: Page) -> None:
    """Its numbers are all lines that were asked, and a cell has as many questions as it says."""
    page.goto(f"/training/models/{card.name}")
    cells = page.locator(".matrix td a")
    numbers = [int(text) for text in cells.all_inner_texts()]
    assert sum(numbers) == len(card.items["lines"])
    cells.first.click()
    expect(page.get_by_role("region", name="Questions").locator("tbody tr")).to_have_count(numbers[0])
    assert_readable(page)


def test_the_console_itself_has_not_read_rasa(judged: Judged, card: QualityCard) -> None:
    """Training and judging ran as processes of their own: what they load never comes into the one that serves pages."""
    assert judged.console.process is not None
    maps = open(f"/proc/{judged.console.process.pid}/maps", encoding="utf-8").read()
    assert "python" in maps
    assert not re.search(r"tensorflow|/rasa/", maps)
    assert httpx.get(f"{judged.console.address}/sign-in", trust_env=False).status_code == 200
