"""The figures in a real browser: read by a machine, on a narrow phone, on paper, without JavaScript."""

from __future__ import annotations

import datetime
import re
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.console.people.accounts import Role
from bot.console.see.counting import count
from tests.support.browser import violations
from tests.support.console import console
from tests.support.console_pages import WIDE, window
from tests.support.figures import fill, message, put
from tests.support.serving import served

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

TODAY = datetime.date.today()
LONG = "pneumonoultramicroscopicsilicovolcanoconiosis" * 4
HOSTILE = "<img src=x onerror=\"document.title='broken in'\"><script>document.title='broken in'</script>"
STATES = ("/figures", "/figures?days=90&tables=open", "/figures?from=x&to=y", "/figures/uncovered")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a console with a season of messages in it, and the session of a reviewer."""
    client = console(tmp_path_factory.mktemp("console"), Role.REVIEWER)
    engine = client.app.state.database
    fill(engine, 600, last=TODAY, days=60)
    put(engine, *(message(TODAY.isoformat(), kind="out_of_scope", text=text) for text in (LONG, HOSTILE)))
    count(engine)
    with served(client.app) as found:
        yield found, client.cookies["imh_session"]


@contextmanager
def signed_in(browser: Browser, address: tuple[str, str], *, width: int = 1024, dark: bool = False,
              scripts: bool = True) -> Iterator[Page]:
    context = window(browser, *address, viewport={**WIDE, "width": width}, color_scheme="dark" if dark else "light",
                     java_script_enabled=scripts)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing(browser: Browser, address: tuple[str, str], width: int, dark: bool) -> None:
    """On each page, with the tables open and with a sentence about a wrong date."""
    with signed_in(browser, address, width=width, dark=dark) as page:
        for path in STATES:
            page.goto(path)
            assert violations(page) == [], path


def test_a_narrow_phone_scrolls_down_only(browser: Browser, address: tuple[str, str]) -> None:
    """320 pixels: tables scroll within themselves, a long word is broken, words of charts stay 10 pixels high."""
    with signed_in(browser, address, width=320) as page:
        for path in STATES:
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") == 320, path
        page.goto("/figures")
        sizes = page.evaluate("""[...document.querySelectorAll('.chart')].map(chart => 12 * chart.getScreenCTM().a)""")
        assert len(sizes) == 8 and min(sizes) >= 9.5


def test_it_is_used_by_keyboard_and_without_javascript(browser: Browser, address: tuple[str, str]) -> None:
    """Dates are written, a table is opened, both by keys."""
    with signed_in(browser, address, scripts=False) as page:
        page.goto("/figures")
        page.get_by_label("From", exact=True).fill((TODAY - datetime.timedelta(2)).isoformat())
        page.get_by_label("To", exact=True).fill(TODAY.isoformat())
        page.get_by_role("button", name="Show").press("Enter")
        expect(page.get_by_text(", 3 days;")).to_be_visible()
        table = page.get_by_role("table", name="messages by day", exact=True)
        expect(table).to_be_hidden()
        page.get_by_text("Table: messages by day", exact=True).press("Enter")
        expect(table).to_be_visible()
        assert table.get_by_role("row").count() == 1 + 3


def test_a_chart_tells_a_screen_reader_what_it_shows(browser: Browser, address: tuple[str, str]) -> None:
    """By its title and its sentence; its pieces are not read out one by one."""
    with signed_in(browser, address) as page:
        page.goto("/figures")
        chart = page.get_by_role("img", name="Messages and what became of them")
        expect(chart).to_be_visible()
        assert len(page.get_by_role("img").all()) == 8
        expect(chart).to_have_accessible_name("Messages and what became of them")
        expect(chart).to_have_accessible_description(re.compile(r"\d messages from 20.*The numbers are in the table\."))


def test_on_paper_charts_are_black_and_controls_are_away(browser: Browser, address: tuple[str, str]) -> None:
    """Series are told apart by pattern then; an opened table is printed, a closed one is not."""
    with signed_in(browser, address, dark=True) as page:
        page.goto("/figures?tables=open")
        page.emulate_media(media="print")
        colours = page.evaluate("""[...document.querySelectorAll('.block, .mark, .line, .chart text')]
            .map(part => getComputedStyle(part).color)""")
        assert set(colours) == {"rgb(0, 0, 0)"}
        expect(page.get_by_role("button", name="Show")).to_be_hidden()
        expect(page.get_by_role("link", name="Save as CSV").first).to_be_hidden()
        expect(page.get_by_role("table", name="messages by day", exact=True)).to_be_visible()
        page.goto("/figures")
        expect(page.get_by_text("Table: messages by day", exact=True)).to_be_hidden()
        page.goto("/figures/uncovered")
        expect(page.locator(".asked").first).to_be_visible()


def test_words_of_a_message_do_nothing(browser: Browser, address: tuple[str, str]) -> None:
    """They are shown as they were written, and run nowhere."""
    with signed_in(browser, address) as page:
        page.goto("/figures/uncovered?days=7")
        expect(page.get_by_text(HOSTILE)).to_be_visible()
        assert "broken" not in page.title()


def test_a_table_is_saved_as_a_file(browser: Browser, address: tuple[str, str]) -> None:
    """With a name that says what it is."""
    with signed_in(browser, address) as page:
        page.goto("/figures/uncovered")
        with page.expect_download() as started:
            page.get_by_role("link", name="Save all as CSV").click()
        saved = Path(started.value.path()).read_bytes()
        assert started.value.suggested_filename.startswith("uncovered-") and saved.startswith(b"\xef\xbb\xbf")
