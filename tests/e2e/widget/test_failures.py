"""The worst moment: no network, a busy server, one that dies. Plain words, the crisis lines, and it mends itself."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.history import database, said
from tests.support.server import Server
from tests.support.site import STRICT, Site
from tests.support.web import ALL_LINES
from tests.support.widget import PATIENCE_MS, QUESTION, Widget

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def assert_lines(widget: Widget) -> None:
    """All crisis lines stand in the log, each to be tapped."""
    assert set(widget.trouble.locator("a[href^='tel:']").all_inner_texts()) == ALL_LINES
    assert "sms:988" in [link.get_attribute("href") for link in widget.trouble.locator("a").all()]


def assert_answered_once(widget: Widget, server: Server, words: str = QUESTION) -> None:
    """The answer came without a reload, the trouble is gone, and the server heard the words once."""
    expect(widget.answers).to_have_count(1, timeout=40_000)
    expect(widget.trouble).to_have_count(0)
    expect(widget.typing).to_be_hidden()
    expect(widget.mine).to_have_count(1)
    expect(widget.mine.locator(".state")).to_have_text("")
    assert said(server.var_dir, widget.state()["sender"]) == [words]


class TestNetwork:
    """Between the browser and the bot."""

    def test_offline_says_so_at_once(self, opened: Widget) -> None:
        """Before anybody writes in vain; and takes it back when the network is there again."""
        opened.page.context.set_offline(True)
        expect(opened.trouble).to_contain_text("There is no internet connection")
        assert_lines(opened)
        opened.page.context.set_offline(False)
        expect(opened.trouble).to_have_count(0)

    def test_what_is_written_offline_is_sent_later(self, opened: Widget, server: Server) -> None:
        """By itself, once, when the network is back."""
        opened.page.context.set_offline(True)
        opened.write(QUESTION)
        expect(opened.mine).to_contain_text("Not sent yet")
        expect(opened.typing).to_be_hidden()
        assert_lines(opened)
        opened.page.context.set_offline(False)
        assert_answered_once(opened, server)

    def test_the_lines_come_without_any_network(self, opened: Widget) -> None:
        """In Spanish, too; nothing is fetched for them."""
        opened.page.context.set_offline(True)
        opened.host.get_by_role("button", name="Español").click()
        expect(opened.trouble).to_contain_text("No hay conexión a internet")
        opened.host.get_by_role("button", name="Más ayuda").click()
        expect(opened.host.locator(".all-lines")).to_contain_text("Línea 988 de Prevención del Suicidio y Crisis")

    @pytest.mark.parametrize("fault", ["cut", "lose", "garble"])
    def test_an_answer_that_is_lost_is_asked_for_again(self, opened: Widget, site: Site, server: Server,
                                                       fault: str) -> None:
        """Before it arrived, half way, or made unreadable: the same answer, and one entry on the server."""
        site.fault = lambda path: fault if path.endswith("/webhook") else "pass"
        opened.write(QUESTION)
        expect(opened.trouble).to_contain_text("The answer did not arrive", timeout=PATIENCE_MS)
        assert_lines(opened)
        site.fault = lambda path: "pass"
        assert_answered_once(opened, server)

    def test_trying_again_by_hand_is_possible_at_once(self, opened: Widget, site: Site, server: Server) -> None:
        """A button beside the numbers; the keyboard is not lost with it."""
        site.fault = lambda path: "cut" if path.endswith("/webhook") else "pass"
        opened.write(QUESTION)
        again = opened.trouble.get_by_role("button", name="Try again now")
        again.focus()
        site.fault = lambda path: "pass"
        again.press("Enter")
        assert_answered_once(opened, server)

    def test_what_was_on_its_way_survives_a_reload(self, opened: Widget, site: Site, server: Server) -> None:
        """The page is left before the answer comes: it is asked for again under the same id."""
        site.fault = lambda path: "lose" if path.endswith("/webhook") else "pass"
        opened.write(QUESTION)
        expect(opened.trouble).to_be_visible(timeout=PATIENCE_MS)
        site.fault = lambda path: "pass"
        opened.page.reload()
        assert_answered_once(opened, server)

    def test_a_slow_answer_is_told_and_still_comes(self, opened: Widget, site: Site, server: Server) -> None:
        """After 5 s: it takes longer, here are the numbers; then the answer, and they go."""
        site.fault = lambda path: "hold" if path.endswith("/webhook") else "pass"
        opened.write(QUESTION)
        expect(opened.typing).to_be_visible()
        expect(opened.typing).to_contain_text("Looking for an answer")
        expect(opened.trouble).to_contain_text("taking longer than usual", timeout=PATIENCE_MS)
        assert_lines(opened)
        site.released.set()
        assert_answered_once(opened, server)

    def test_a_session_that_cannot_be_had_does_not_stand_in_the_way(self, opened: Widget, site: Site,
                                                                    server: Server) -> None:
        """The first message waits for the network as every other, and is answered."""
        site.fault = lambda path: "cut" if path.endswith("/session") else "pass"
        opened.write(QUESTION)
        expect(opened.trouble).to_be_visible(timeout=PATIENCE_MS)
        site.fault = lambda path: "pass"
        assert_answered_once(opened, server)

    def test_erasing_without_a_network_says_that_it_failed(self, opened: Widget, site: Site, server: Server) -> None:
        """And pretends nothing: all is still there, and it can be tried again."""
        opened.ask()
        site.fault = lambda path: "cut" if path.endswith("/erase") else "pass"
        for words, left in (("could not be erased", 1), ("was erased, here and on the server", 0)):
            opened.options()
            opened.host.get_by_role("button", name="End and erase").click()
            opened.host.get_by_role("button", name="Yes, erase it").click()
            expect(opened.log).to_contain_text(words, timeout=PATIENCE_MS)
            expect(opened.mine).to_have_count(left)
            site.fault = lambda path: "pass"

    def test_feedback_without_a_network_says_so(self, opened: Widget, site: Site) -> None:
        """In one sentence; nothing else is disturbed."""
        answer = opened.ask()
        site.fault = lambda path: "cut" if path.endswith("/feedback") else "pass"
        answer.get_by_role("button", name="Helpful", exact=True).click()
        expect(opened.log).to_contain_text("could not be stored", timeout=PATIENCE_MS)


class TestServer:
    """The bot itself in trouble: real limits, a real outage, a real death."""

    @pytest.fixture
    def own(self, trained: Path, tmp_path: Path) -> Iterator[Server]:
        """A server for one test, which may be hurt; it takes four messages of one conversation in six seconds."""
        with Server(tmp_path, environment={"IMH_RATE_LOOPBACK": "yes", "IMH_RATE_SENDER": "4/6"}) as server:
            yield server

    @pytest.fixture
    def hurt(self, own: Server, page: Page) -> Iterator[Widget]:
        """An open widget whose bot is the one that may be hurt."""
        with Site(str(own.client.base_url), policy=STRICT) as site:
            page.goto(site.page("<imh-chat open></imh-chat>"))
            widget = Widget(page)
            widget.field.wait_for()
            yield widget

    def test_a_limit_is_waited_out(self, hurt: Widget, own: Server) -> None:
        """429: it says so, gives the lines, and sends again when the server said to."""
        for number in range(4):
            hurt.ask(f"/ask_{('contact', 'indicators')[number % 2]}")
        hurt.write(QUESTION)
        expect(hurt.trouble).to_contain_text("a lot of messages at once", timeout=PATIENCE_MS)
        assert_lines(hurt)
        expect(hurt.answers).to_have_count(5, timeout=30_000)
        expect(hurt.trouble).to_have_count(0)

    def test_a_cry_for_help_does_not_wait_behind_a_limit(self, hurt: Widget) -> None:
        """What is said while another message waits goes first, and danger is answered at any limit."""
        for number in range(4):
            hurt.ask(f"/ask_{('contact', 'indicators')[number % 2]}")
        hurt.write(QUESTION)
        expect(hurt.trouble).to_be_visible(timeout=PATIENCE_MS)
        hurt.write("i want to kill myself")
        crisis = hurt.host.locator(".message.crisis")
        expect(crisis).to_be_visible(timeout=3_000)
        assert hurt.answers.count() == 4
        expect(hurt.answers).to_have_count(5, timeout=30_000)

    def test_an_outage_is_waited_out(self, hurt: Widget, own: Server) -> None:
        """503 while the database is away: the sentence, the lines, and the answer once it is back."""
        hurt.ask("/ask_contact")
        files = list(own.var_dir.glob("conversations.db*"))
        kept = {file: file.read_bytes() for file in files}
        path = database(own.var_dir)
        away = path.with_suffix(".away")
        path.rename(away)
        path.mkdir()
        hurt.write(QUESTION)
        try:
            expect(hurt.trouble).to_be_visible(timeout=PATIENCE_MS)
            assert_lines(hurt)
        finally:
            path.rmdir()
            away.rename(path)
        assert kept
        expect(hurt.answers).to_have_count(2, timeout=40_000)
        expect(hurt.trouble).to_have_count(0)

    def test_a_server_that_dies_and_comes_back(self, hurt: Widget, own: Server) -> None:
        """Killed before it could answer, started again: the question is answered without anybody doing anything."""
        hurt.ask("/ask_contact")
        own.stop(signal.SIGKILL)
        hurt.write(QUESTION)
        expect(hurt.trouble).to_be_visible(timeout=PATIENCE_MS)
        assert_lines(hurt)
        expect(hurt.typing).to_be_hidden()
        own.start()
        expect(hurt.answers).to_have_count(2, timeout=60_000)
        expect(hurt.trouble).to_have_count(0)
        assert said(own.var_dir, hurt.state()["sender"]).count(QUESTION) == 1

    def test_a_server_with_another_secret_begins_anew(self, hurt: Widget, own: Server) -> None:
        """The id that the tab holds is no longer one: it gets another, and the question is answered."""
        hurt.ask("/ask_contact")
        own.stop()
        (own.var_dir / "secret").unlink()
        (own.var_dir / "releases" / "current").unlink(missing_ok=True)
        own.start()
        before = hurt.state()["sender"]
        hurt.write(QUESTION)
        expect(hurt.answers).to_have_count(2, timeout=60_000)
        assert hurt.state()["sender"] != before

    def test_a_page_with_an_id_of_another_secret_begins_anew(self, own: Server, page: Page) -> None:
        """What a stale page brings along is no better the second time: the widget asks for one."""
        with Site(str(own.client.base_url), policy=STRICT) as site:
            page.goto(site.page(f'<imh-chat open><form><input name="sender" value="imh1-{"0" * 32}-{"0" * 32}"></form>'
                                '</imh-chat>'))
            widget = Widget(page)
            expect(widget.ask().locator(".plain")).to_contain_text("brain")
            assert site.asked.count("/webhooks/web/session") == 1


class TestSetUp:
    """A site that made a mistake."""

    @pytest.mark.parametrize("address", ["javascript:alert(1)", "ftp://x.example", "http://", "data:text/html,x"])
    def test_an_address_that_is_none_is_told(self, page: Page, site: Site, address: str) -> None:
        """The widget says that it cannot send, with the lines, and loads nothing from there."""
        page.goto(site.page(f'<imh-chat open server="{address}"></imh-chat>'))
        widget = Widget(page)
        expect(widget.trouble).to_contain_text("not set up")
        assert_lines(widget)
        widget.write(QUESTION)
        expect(widget.typing).to_be_hidden()

    def test_without_its_words_the_form_stays(self, page: Page, site: Site) -> None:
        """The script cannot be had: the page's own form is there as if nothing had been tried."""
        site.fault = lambda path: "cut" if path.endswith("words.js") else "pass"
        page.goto(site.page('<imh-chat><form method="post" action="/webhooks/web/"><button>Send</button></form>'
                            '</imh-chat>'))
        expect(page.get_by_role("button", name="Send")).to_be_visible()

    def test_without_its_style_it_still_works(self, page: Page, site: Site) -> None:
        """Plain, but usable."""
        site.fault = lambda path: "cut" if path.endswith(".css") else "pass"
        page.goto(site.page("<imh-chat open></imh-chat>"))
        assert Widget(page).ask().locator(".plain").inner_text()

    def test_what_was_typed_into_the_form_is_taken_over(self, page: Page, site: Site) -> None:
        """On a slow link people write before the script is there."""
        site.fault = lambda path: "hold" if path.endswith(".css") else "pass"
        page.goto(site.page('<imh-chat position="inline"><form><textarea name="message"></textarea></form></imh-chat>'),
                  wait_until="domcontentloaded")
        page.locator("textarea[name=message]").fill("half a quest")
        site.released.set()
        expect(Widget(page).field).to_have_value("half a quest")
        expect(Widget(page).field).to_be_focused()
