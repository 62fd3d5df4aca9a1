"""The page of releases in a real browser, and a version tried before it is released."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Iterator

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.knowledge import CONTENT
from bot.release import current_name, make_bundle, model_path
from bot.settings import Settings
from tests.support.browser import violations
from tests.support.console_pages import assert_readable, window
from tests.support.console_process import Console
from tests.support.versions import THANKS, content_that_says

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

expect.set_options(timeout=30_000)  # releasing builds and signs, beside whatever else the machine does
SECRET = "0123456789abcdef" * 4
READY_MS = 90_000


class House:
    """The console with a version in production, and a folder where staff edit."""

    def __init__(self, console: Console, staff: Path) -> None:
        self.console = console
        self.staff = staff
        self.settings = Settings(var_dir=console.var_dir, secret=SECRET)

    def edits(self, thanks: str) -> None:
        content = content_that_says(thanks, self.console.var_dir / "made")
        target = self.staff / "bot" / "content" / "phrases.yml"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((content / "phrases.yml").read_bytes())

    def tries(self) -> list[psutil.Process]:
        """The servers that the console started to try something."""
        assert self.console.process is not None
        return [child for child in psutil.Process(self.console.process.pid).children(recursive=True)
                if "try" in child.cmdline()]


@pytest.fixture(scope="module")
def house(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    var, staff = tmp_path_factory.mktemp("var"), tmp_path_factory.mktemp("staff")
    make_bundle(model_path(Settings(var_dir=trained)), CONTENT, Settings(var_dir=var, secret=SECRET))
    with Console(var, IMH_SECRET=SECRET, IMH_STAFF_DIR=str(staff)) as console:
        yield House(console, staff)


def test_content_is_released_and_taken_back_by_keyboard(house: House, page: Page) -> None:
    """The difference is shown, one button releases, one takes back; each page is clean for axe."""
    first = current_name(house.settings)
    house.edits("Gladly, any time.")
    page.goto("/releases")
    expect(page.locator("ins")).to_contain_text("en: Gladly, any time.")
    expect(page.locator("del")).to_contain_text(THANKS)
    assert_readable(page)
    page.get_by_role("button", name="Release the content").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("is released")
    released = current_name(house.settings)
    assert released != first
    expect(page.get_by_role("row").nth(1)).to_contain_text("Content alone")
    assert_readable(page)
    page.get_by_role("button", name="Take back").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("in production again")
    assert current_name(house.settings) == first
    page.get_by_role("button", name=f"Return to {released[:8]}").first.click()
    expect(page.locator("#said")).to_contain_text(released[:8])
    page.get_by_role("button", name="Take back").click()
    expect(page.locator("#said")).to_contain_text("in production again")


def test_a_refusal_is_told_and_readable(house: House, page: Page) -> None:
    """Every problem of a content that nobody could be served, where a screen reader hears it."""
    page.goto("/releases")
    (house.staff / "bot/content/phrases.yml").write_text("greet: [")
    page.get_by_role("button", name="Release the content").click()
    expect(page.get_by_role("alert")).to_contain_text("phrases.yml")
    assert_readable(page)
    house.edits("Gladly, any time.")


def test_the_servers_are_looked_at_again(house: House, page: Page) -> None:
    """Without loading the page anew: a worker that comes is on it within seconds."""
    page.goto("/releases")
    expect(page.get_by_text("No server has been heard of")).to_be_visible()
    (house.console.var_dir / "workers").mkdir(exist_ok=True)
    (house.console.var_dir / "workers" / "a-1.json").write_text(
        f'{{"bundle": "{current_name(house.settings)}", "refused": ""}}')
    expect(page.get_by_text("1 of 1 worker answers from version")).to_be_visible()
    assert_readable(page)


def test_a_version_is_tried_before_it_is_released(house: House, page: Page) -> None:
    """What it says, of which kind, how sure it is; nobody else hears it, and nothing of it is kept."""
    live = current_name(house.settings)
    page.goto("/releases")
    page.get_by_role("button", name="Try the content first").click()
    expect(page.get_by_text("is being loaded")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Your message").wait_for(timeout=READY_MS)
    assert_readable(page)
    page.get_by_label("Your message").fill("thank you")
    page.keyboard.press("Enter")
    said = page.get_by_role("article").first
    expect(said).to_contain_text("Gladly, any time.")
    expect(said).to_contain_text("smalltalk")
    expect(said).to_contain_text("Understood as thanks, confidence")
    page.get_by_label("Your message").fill("why does <b>brain</b> development matter")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("article").nth(1)).to_contain_text("answer: brain_development")
    expect(page.get_by_role("article").nth(1)).to_contain_text("<b>brain</b>")
    assert_readable(page)
    assert current_name(house.settings) == live
    assert not (house.console.var_dir / "conversations.db").read_bytes().count(b"development matter")
    (process,) = house.tries()
    page.get_by_role("button", name="End the trial").click()
    expect(page.locator("#said")).to_contain_text("nothing of it is kept")
    psutil.wait_procs([process], timeout=15)
    assert house.tries() == [] and list((house.console.var_dir / "tries").iterdir()) == []


def test_without_javascript_it_works_too(house: House, administrator: BrowserContext, browser: Browser) -> None:
    """Forms and a page that loads itself again."""
    context = window(browser, house.console.address, java_script_enabled=False,
                     storage_state=administrator.storage_state())
    page = context.new_page()
    page.goto("/releases")
    page.get_by_role("button", name="Try the content first").click()
    page.get_by_label("Your message").wait_for(timeout=READY_MS)
    page.get_by_label("Your message").fill("thank you")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("article")).to_contain_text("Gladly, any time.")
    context.close()


def test_a_console_that_is_killed_takes_its_trial_with_it(house: House) -> None:
    """The one of the test before: by the end of a pipe, which no signal can prevent; and its folder goes."""
    (process,) = house.tries()
    assert house.console.process is not None
    os.kill(house.console.process.pid, signal.SIGKILL)
    gone, alive = psutil.wait_procs([process], timeout=20)
    assert alive == []
    house.console.process.wait()
    house.console.start()
    deadline = time.monotonic() + 10
    while list((house.console.var_dir / "tries").iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
