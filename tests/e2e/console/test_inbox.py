"""The inbox in a real browser: two keys a message, everything by keyboard, clean for axe, and all of it without
scripts.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.testclient import TestClient

from bot.console.inbox.tables import groups
from bot.console.people.accounts import Role
from tests.support.browser import violations
from tests.support.console import browser as signed_in
from tests.support.console import console
from tests.support.console_pages import NARROW, watch, window
from tests.support.inbox import Talk, message_row, put_message
from tests.support.serving import served
from tests.support.teaching import Teaching, warning

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

HOSTILE = "<img src=x onerror=\"document.title='broken in'\"><script>document.title='broken in'</script>" + "long" * 60
TALL = {"width": 1280, "height": 900}


class Desk:
    """A reviewer's console with messages in it, and the browser that looks at it."""

    def __init__(self, client: TestClient, address: str, browser: Browser) -> None:
        self.client, self.address, self._browser = client, address, browser
        self.engine = client.app.state.database
        self.errors: list[str] = []

    def page(self, *, client: TestClient | None = None, scripts: bool = True, **more: object) -> Page:
        """A tab; an error in a script, or what the policy kept from happening, is remembered."""
        token = (client or self.client).cookies["imh_session"]
        page = window(self._browser, self.address, token, java_script_enabled=scripts, viewport=TALL, **more).new_page()
        watch(page, self.errors, all_errors=True)
        return page

    def state(self, number: int) -> str:
        return str(message_row(self.engine, number).state)


@pytest.fixture
def teaching(monkeypatch: pytest.MonkeyPatch) -> Teaching:
    fake = Teaching()
    fake.install(monkeypatch)
    return fake


@pytest.fixture
def desk(tmp_path: Path, teaching: Teaching, browser: Browser) -> Iterator[Desk]:
    client = console(tmp_path, Role.REVIEWER)
    engine = client.app.state.database
    talk = Talk(engine)
    for index, text in enumerate(("my baby cries all night", "he cries so much", HOSTILE, "¿por qué llora?")):
        number, _ = talk.turn("ana", text, intent="nlu_fallback", kind="clarify", topic=None)
        put_message(engine, text, id=number, sender_id="ana", group_id=1, language="es" if "¿" in text else "en")
    for index, kind in enumerate(("crisis", "answer")):
        put_message(engine, "about danger", id=900 + index, reason="danger", kind=kind)
    put_message(engine, "kept", id=950, state="later", group_id=1)
    with engine.begin() as connection:
        connection.execute(groups.insert().values(id=1, central=number, size=4, score=1.0))
    with served(client.app) as address:
        opened = Desk(client, address, browser)
        yield opened
        for context in browser.contexts:
            context.close()
    assert opened.errors == []


@contextmanager
def settled(page: Page) -> Iterator[None]:
    """What is pressed inside has been answered, and the answer is in the page."""
    with page.expect_response(lambda response: response.request.method == "POST"):
        yield
    page.wait_for_function("() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")


def focused(page: Page) -> str:
    """The words of the message that has the focus; of a link, its own."""
    return str(page.evaluate(
        "() => (document.activeElement.querySelector('.words') || document.activeElement).textContent.trim()"))


def test_a_message_is_put_where_it_belongs_in_two_keys(desk: Desk, teaching: Teaching) -> None:
    """Enter opens the group, a number is the topic; the focus goes on to the next, and what happened is said."""
    page = desk.page()
    page.goto("/inbox")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox/groups/1")
    assert focused(page) == "my baby cries all night"
    with settled(page):
        page.keyboard.press("1")
    expect(page.get_by_role("status")).to_have_text("Put under “Signs of a baby's mental health”.")
    assert focused(page) == "he cries so much"
    with settled(page):
        page.keyboard.press("2")
    assert [topic for topic, _ in teaching.labelled.values()] == ["ask_indicators", "ask_contact"]


def test_what_was_done_last_is_undone_by_a_key(desk: Desk, teaching: Teaching) -> None:
    """One after the other, the latest first; the message is there again, with the focus."""
    page = desk.page()
    page.goto("/inbox/groups/1")
    for key in ("1", "l", "i"):
        with settled(page):
            page.keyboard.press(key)
    assert focused(page) == "¿por qué llora?"
    assert page.locator(".message.stub").count() == 3
    for words in (HOSTILE, "he cries so much", "my baby cries all night"):
        with settled(page):
            page.keyboard.press("u")
        assert focused(page) == words
    assert teaching.labelled == {} and page.locator(".message.stub").count() == 0


def test_what_was_done_to_the_last_message_is_undone_where_the_focus_went(desk: Desk) -> None:
    """Behind the last one it is on the way back to the groups."""
    page = desk.page()
    page.goto("/inbox/groups/1")
    for _ in range(4):
        with settled(page):
            page.keyboard.press("i")
    assert focused(page) == "Back to the groups"
    with settled(page):
        page.keyboard.press("u")
    assert focused(page) == "¿por qué llora?" and page.locator(".message.stub").count() == 3


def test_arrows_move_and_stop_at_the_ends(desk: Desk) -> None:
    """Up and down, from message to message; `x` chooses one for the form below."""
    page = desk.page()
    page.goto("/inbox/groups/1")
    page.keyboard.press("ArrowUp")
    assert focused(page) == "my baby cries all night"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    assert focused(page) == "¿por qué llora?"
    page.keyboard.press("x")
    assert page.locator("input[form=bulk]:checked").count() == 2
    page.get_by_label("With all that are chosen").select_option("ignored")
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("status")).to_have_text("2 changed.")


def test_any_topic_is_found_by_its_words(desk: Desk, teaching: Teaching) -> None:
    """`/` opens the search, Enter takes the first that fits."""
    page = desk.page()
    page.goto("/inbox/groups/1")
    page.keyboard.press("/")
    page.keyboard.type("2003 pl")
    with settled(page):
        page.keyboard.press("Enter")
    assert [topic for topic, _ in teaching.labelled.values()] == ["ask_strategic_plan"]
    assert focused(page) == "he cries so much"
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    assert focused(page) == "he cries so much" and len(teaching.labelled) == 1


def test_keys_do_nothing_where_no_message_has_the_focus(desk: Desk, teaching: Teaching) -> None:
    """Whoever types in a field, or speaks to the browser, sets nothing off."""
    page = desk.page()
    page.goto("/inbox/search")
    page.get_by_role("searchbox", name="Words").focus()
    page.keyboard.type("1liu?/")
    page.get_by_role("link", name="Groups", exact=True).focus()
    page.keyboard.type("1liu?/")
    assert page.locator(".message.stub, dialog[open], details[open]").count() == 0 and teaching.labelled == {}


def test_a_warning_has_the_focus_and_can_be_overruled(desk: Desk, teaching: Teaching) -> None:
    """Nothing is stored before; Enter puts it there anyway."""
    teaching.warns = [warning("my baby cries at night", "ask_contact")]
    page = desk.page()
    page.goto("/inbox/groups/1")
    with settled(page):
        page.keyboard.press("1")
    expect(page.get_by_role("group", name="Warning")).to_contain_text("How to reach NMAIMH")
    assert focused(page).startswith("Put it under") and teaching.labelled == {}
    assert violations(page) == []
    with settled(page):
        page.keyboard.press("Enter")
    assert len(teaching.labelled) == 1 and focused(page) == "he cries so much"


def test_of_two_reviewers_at_once_the_second_is_told(desk: Desk) -> None:
    """In the live region, by name; the focus goes on."""
    eva = signed_in(desk.client.app, Role.REVIEWER)
    pages = desk.page(), desk.page(client=eva)
    for page in pages:
        page.goto("/inbox/groups/1")
    for page in pages:
        with settled(page):
            page.keyboard.press("1")
    expect(pages[1].get_by_role("status")).to_have_text(
        f"{desk.client.person.shown} was first. Nothing of yours was stored.")
    assert focused(pages[1]) == "he cries so much"


def test_it_all_works_without_scripts(desk: Desk, teaching: Teaching) -> None:
    """Buttons, links and forms: put, undo, keep, warn, search."""
    page = desk.page(scripts=False)
    page.goto("/inbox/groups/1")
    page.get_by_role("button", name="1 Signs of a baby's mental health").first.click()
    expect(page.get_by_role("status")).to_contain_text("Put under")
    assert len(teaching.labelled) == 1
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("new again")
    assert teaching.labelled == {}
    teaching.warns = [warning("hm", "ask_contact")]
    page.get_by_role("button", name="1 Signs of a baby's mental health").first.click()
    page.get_by_role("button", name="anyway").click()
    assert len(teaching.labelled) == 1
    page.get_by_role("button", name="l Later").first.click()
    page.get_by_role("link", name="Search").click()
    page.get_by_label("State").select_option("later")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".message")).to_have_count(2)
    assert page.get_by_role("button", name="Choose all").count() == 0


PAGES = ("/inbox", "/inbox/groups/1", "/inbox/groups/77", "/inbox/danger", "/inbox/danger?side=misses",
         "/inbox/search?state=any&text=e", "/inbox/search?text=nothing+like+it", "/inbox/messages/1")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_clean_for_axe_and_fits_a_narrow_screen(path: str, desk: Desk) -> None:
    """In light and dark; what a message smuggles in neither runs nor widens the page."""
    for scheme in ("light", "dark"):
        page = desk.page(color_scheme=scheme)
        page.goto(path)
        for details in page.locator("details").all():
            details.locator("summary").click()
        assert violations(page) == []
        page.set_viewport_size(NARROW)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
        assert "broken" not in page.title()


def test_what_is_left_of_a_message_and_the_search_of_topics_are_clean_too(desk: Desk) -> None:
    """States that a page has only after something was done."""
    page = desk.page()
    page.goto("/inbox/groups/1")
    with settled(page):
        page.keyboard.press("9")
    expect(page.get_by_role("status")).to_contain_text("second person")
    with settled(page):
        page.keyboard.press("1")
    assert violations(page) == []
    page.keyboard.press("/")
    assert page.get_by_role("dialog").is_visible()
    assert violations(page) == []
