"""A real training in the real console: watched in a browser, judged against what is in production, and refused.

It is trained on an eighth of the data, so that it is done in minutes, and on a topic's examples under another one, so
that it comes out worse.
"""

from __future__ import annotations

import re
from typing import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from bot.console.train import candidates
from bot.console.train.card import QualityCard, read_card
from bot.evaluation.held_out import key_of, questions
from tests.support.console_pages import assert_readable, watched_tab, window
from tests.support.judged import HELD_OUT, OPEN, PATIENCE_S, Judged

pytestmark = [pytest.mark.e2e, pytest.mark.nlu, pytest.mark.browser]


@pytest.fixture
def page(judged: Judged, browser: Browser) -> Iterator[Page]:
    """A tab in which the administrator is signed in."""
    context = window(browser, judged.console.address, judged.token())
    with watched_tab(context) as tab:
        yield tab
    context.close()


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
        plain = window(browser, judged.console.address, judged.token(), java_script_enabled=False).new_page()
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


def test_what_got_worse_is_refused_in_words(judged: Judged, card: QualityCard, page: Page) -> None:
    """The gate names the topic and its numbers; the person is an administrator and may overrule it, with a reason."""
    page.goto("/training")
    assert_readable(page)
    page.get_by_role("link", name=card.name[:8]).click()
    verdict = page.get_by_role("region", name="Verdict")
    lines = [o for o in card.quality.outcomes if o.question.file == "indicators"]
    expect(verdict).to_contain_text(f"On the topic indicators the model got worse: {sum(o.right for o in lines)} of "
                                    f"{len(lines)} questions right")
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
