"""Teaching in a real browser: a topic made by the keyboard, a mistake told, pages clean for axe."""

from __future__ import annotations

import re
from typing import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.console.teach.labels import label
from bot.settings import Settings
from bot.store.database import open_database
from tests.support.console_pages import administrator_window, assert_readable, watched_tab
from tests.support.console_process import Console
from tests.unit.bot.console.teach.conftest import ANA, add_message
from tests.unit.bot.console.teach.test_making import ASKED, GOOD

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Page]:
    """An administrator's tab in a console with a group of messages, one label given and one taken back."""
    root = tmp_path_factory.mktemp("teach")
    settings = Settings(var_dir=root / "var", staff_dir=root / "staff")
    settings.var_dir.mkdir()
    with Console(settings.var_dir, IMH_STAFF_DIR=str(settings.staff_dir)) as console:
        engine = open_database(settings.database_url)
        for number, text in enumerate(ASKED):
            add_message(engine, number, text, group_id=4)
        add_message(engine, 100, "the plumber sang <b>moonlight</b> at dawn", language="es")
        label(engine, settings, ANA, 100, "crisis", version=0, mark="poison")
        engine.dispose()
        with administrator_window(browser, console) as context, watched_tab(context) as tab:
            yield tab


def test_what_was_taught_is_accessible(page: Page) -> None:
    """In both colour schemes, narrow and wide; markup in a message is text."""
    page.goto("/teach")
    expect(page.get_by_role("rowheader")).to_have_text("the plumber sang <b>moonlight</b> at dawn")
    assert_readable(page)


def test_a_topic_is_made_by_keyboard(page: Page) -> None:
    """A mistake is told at its field and nothing typed is lost; mended, the topic is there."""
    page.goto("/teach/topics/new")
    assert_readable(page)
    for box in page.get_by_role("checkbox").all():  # the inbox may have parted them meanwhile
        box.press("Space")
    page.get_by_role("button", name="Go on").press("Enter")
    assert_readable(page)
    page.get_by_label("Name").fill("Goat Song")
    for language, name in (("en", "English"), ("es", "Spanish")):
        page.get_by_label(f"Title in {name}").fill(GOOD.titles[language])
        for audience in ("parent", "provider"):
            page.get_by_label(f"On the web, for a {audience}, in {name}").fill(GOOD.wordings[f"{language}.{audience}.plain"])
            page.get_by_label(f"By text message, for a {audience}, in {name}").fill(GOOD.wordings[f"{language}.{audience}.sms"])
    for value in (*GOOD.passages, *GOOD.related):
        page.locator(f"input[value='{value}']").press("Space")
    page.get_by_role("button", name="Check and make").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("no name for a topic")
    assert_readable(page)
    expect(page.get_by_label("Title in English")).to_have_value(GOOD.titles["en"])
    page.get_by_role("alert").get_by_role("link", name="name").press("Enter")
    page.get_by_label("Name").fill("goat_song")
    page.get_by_role("button", name="Check and make").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("goat_song is made and checked")
    expect(page.get_by_role("rowheader")).to_have_count(1 + len(ASKED))
    page.get_by_role("button", name="Take back").first.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Taken back")
    assert_readable(page)


def test_the_topic_is_withdrawn_by_keyboard(page: Page) -> None:
    """From the list of those made here; without a choice nothing goes, and every page is clean for axe."""
    page.goto("/teach")
    page.get_by_role("link", name="Topics made here").press("Enter")
    assert_readable(page)
    page.get_by_role("link", name=f"Withdraw {GOOD.titles['en']}").press("Enter")
    expect(page.get_by_role("listitem").filter(has_text="messages that are its examples")).to_be_visible()
    assert_readable(page)
    page.get_by_role("button", name="Withdraw the topic").press("Enter")
    expect(page).to_have_url(re.compile("/withdraw$"))  # the browser asks for the choice
    page.get_by_label("They come back into the inbox", exact=False).press("Space")
    page.get_by_role("button", name="Withdraw the topic").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("goat_song is withdrawn")
    page.get_by_role("link", name="Topics made here").press("Enter")
    expect(page.locator("main")).to_contain_text("None was made yet")
    assert_readable(page)


def test_the_page_of_a_topic_of_the_program_says_why_it_stays(page: Page) -> None:
    """Announced, with the passage that nobody else would quote, and without a button."""
    page.goto("/teach/topics/indicators/withdraw")
    expect(page.get_by_role("alert")).to_contain_text("f_indicators")
    assert page.get_by_role("button", name="Withdraw the topic").count() == 0
    assert_readable(page)
