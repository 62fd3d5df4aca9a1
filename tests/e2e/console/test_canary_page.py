"""A version given to a share first, in a real browser; no model is asked, so any file stands for one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Iterator

import pytest
from playwright.sync_api import Page, expect

from bot.canary import Share, belongs, current_canary
from bot.knowledge import CONTENT
from bot.release import current_name, make_bundle
from bot.settings import Settings
from bot.store.database import open_database
from bot.store.tables import messages
from tests.support.console_pages import assert_readable
from tests.support.console_process import Console
from tests.support.versions import content_that_says

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

expect.set_options(timeout=30_000)
SECRET = "0123456789abcdef" * 4


class House:
    """The console with a version in production and an edited content beside it."""

    def __init__(self, console: Console, staff: Path) -> None:
        self.console = console
        self.settings = Settings(var_dir=console.var_dir, secret=SECRET)
        target = staff / "bot" / "content" / "phrases.yml"
        target.parent.mkdir(parents=True)
        content = content_that_says("Gladly, any time.", console.var_dir / "made")
        target.write_bytes((content / "phrases.yml").read_bytes())

    def people_write(self, share: Share) -> None:
        """60 people, a message each: those of the share are mostly refused, the others mostly answered."""
        engine = open_database(f"sqlite:///{self.console.var_dir / 'conversations.db'}")
        inside = [name for name in map(str, range(3000)) if belongs(name, share)][:30]
        outside = [name for name in map(str, range(3000)) if not belongs(name, share)][:30]
        with engine.begin() as connection:
            connection.execute(messages.insert(), [
                {"id": 10_000 + number, "sender_id": sender, "at": time.time(), "day": "2026-11-29", "channel": "web",
                 "language": "en", "audience": "parent", "text": "words of a person", "intent": "x", "confidence": 0.5,
                 "kind": "out_of_scope" if (sender in inside) == (number % 10 > 0) else "answer"}
                for number, sender in enumerate(inside + outside)])
        engine.dispose()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    var, staff = tmp_path_factory.mktemp("var"), tmp_path_factory.mktemp("staff")
    (var / "0123abcd.tar.gz").write_bytes(b"stands for a model")
    make_bundle(var / "0123abcd.tar.gz", CONTENT, Settings(var_dir=var, secret=SECRET))
    with Console(var, IMH_SECRET=SECRET, IMH_STAFF_DIR=str(staff)) as console:
        yield House(console, staff)


def test_it_is_given_to_a_share_by_keyboard(house: House, page: Page) -> None:
    """From the page of releases; production stays what it is."""
    live = current_name(house.settings)
    page.goto("/releases")
    page.get_by_label("Share of the people who get the content first").select_option("25")
    page.get_by_role("button", name="Give the content to a share first").focus()
    assert_readable(page)
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("answers 25 of a hundred people")
    canary = current_canary(house.settings)
    assert canary is not None and canary.share.percent == 25 and current_name(house.settings) == live
    expect(page.get_by_role("table")).to_contain_text("too few messages")
    assert_readable(page)


def test_a_difference_is_seen_and_no_word_of_anybody(house: House, page: Page) -> None:
    """More refusals among the share, in numbers and in a word."""
    canary = current_canary(house.settings)
    assert canary is not None
    house.people_write(canary.share)
    page.goto("/releases/canary")
    refused = page.get_by_role("row", name="Refused")
    expect(refused).to_contain_text("27 (90.0 %")
    expect(refused).to_contain_text("more")
    assert "words of a person" not in page.content()
    assert_readable(page)


def test_it_is_widened_taken_back_and_given_again_and_to_all(house: House, page: Page) -> None:
    """Each with one button; who had it keeps it; in the end it is in production and in the history."""
    page.goto("/releases/canary")
    page.get_by_label("A larger share").select_option("50")
    page.get_by_role("button", name="Give it to more people").click()
    expect(page.locator("#said")).to_contain_text("answers 50 of a hundred people")
    page.get_by_role("button", name="back from its share").click()
    expect(page.locator("#said")).to_contain_text("is taken back")
    assert current_canary(house.settings) is None
    page.get_by_role("button", name="Give the content to a share first").click()
    expect(page.locator("#said")).to_contain_text("answers 5 of a hundred people")
    canary = current_canary(house.settings)
    assert canary is not None
    page.get_by_role("link", name="Releases").first.click()
    expect(page.get_by_role("heading", name="Given to a share first")).to_be_visible()
    assert_readable(page)
    page.get_by_role("link", name="See how it does").click()
    page.get_by_role("button", name="to all").click()
    expect(page.locator("#said")).to_contain_text("is released")
    assert current_name(house.settings) == canary.bundle and current_canary(house.settings) is None
    expect(page.get_by_role("row").nth(1)).to_contain_text("Content alone")


def test_each_step_is_on_the_record(house: House, page: Page) -> None:
    """As a patch, where there is no repository."""
    text = page.request.get("/record/changes.patch").text()
    for words in ("given to a share first", "given to a larger share", "taken back from its share", ": content alone"):
        assert words in text
