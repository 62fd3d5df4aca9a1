"""The worst moment: no network, a busy server, one that dies. Plain words, the crisis lines, and it mends itself."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

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


def assert_legible(words: Locator) -> None:
    """Somebody who sees can read it: it is as high as a line and as wide as a sentence."""
    expect(words).to_be_visible(timeout=PATIENCE_MS)
    box = words.bounding_box()
    assert box and box["height"] > 15 and box["width"] > 100, box


def refuse(page: Page, status: int) -> list[str]:
    """Have every message refused in the server's own form; the list of those that came."""
    sent: list[str] = []

    def answer(route: Route) -> None:
        sent.append(route.request.url)
        route.fulfill(status=status, json={"error": {"code": "no", "message": "Not this one."}})

    page.route("**/webhooks/web/webhook", answer)
    return sent


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

    @pytest.mark.parametrize("left", [
        "location.reload()", "{ const chat = document.querySelector('imh-chat'); chat.remove(); "
        "document.querySelector('main').append(chat); }",
        "document.querySelector('imh-chat').setAttribute('position', 'bottom-left')",
    ], ids=["reloaded", "taken out and put back", "moved"])
    def test_what_was_written_behind_it_survives_as_well(self, opened: Widget, site: Site, server: Server,
                                                         left: str) -> None:
        """A second message that had not been sent at all when the page was left: both are answered, each once."""
        site.fault = lambda path: "hold" if path.endswith("/webhook") else "pass"
        opened.write(QUESTION)
        expect(opened.typing).to_be_visible()
        opened.write("what is infant mental health")
        expect(opened.mine).to_have_count(2)
        opened.page.evaluate(f"() => {left}")
        site.fault = lambda path: "pass"
        site.released.set()
        expect(opened.answers).to_have_count(2, timeout=PATIENCE_MS)
        expect(opened.mine).to_have_count(2)
        expect(opened.typing).to_be_hidden()
        assert said(server.var_dir, opened.state()["sender"]) == [QUESTION, "what is infant mental health"]

    def test_what_is_said_behind_a_message_that_fails_goes_first(self, opened: Widget, site: Site) -> None:
        """A cry for help that was written while a question was on its way is not held up by its failure."""
        opened.ask("/ask_contact")
        site.fault = lambda path: "strand" if path.endswith("/webhook") else "pass"
        opened.write(QUESTION)
        expect(opened.typing).to_be_visible()
        opened.write("i want to kill myself")
        expect(opened.mine).to_have_count(3)
        site.fault = lambda path: "pass"
        before = opened.theirs.count()
        site.released.set()
        expect(opened.next_reply(before)).to_have_class(re.compile("crisis"))
        expect(opened.answers).to_have_count(2, timeout=PATIENCE_MS)

    @pytest.mark.parametrize("fault", ["forbid", "miss"])
    def test_a_proxy_in_between_is_waited_out(self, opened: Widget, site: Site, server: Server, fault: str) -> None:
        """403 and 404 that are not the bot's own, as during a deployment: the lines, a button, and it mends itself."""
        site.fault = lambda path: fault if path.endswith("/webhook") else "pass"
        opened.write(QUESTION)
        expect(opened.trouble).to_contain_text("I am trying again by myself", timeout=PATIENCE_MS)
        assert_lines(opened)
        expect(opened.trouble.get_by_role("button", name="Try again now")).to_be_visible()
        expect(opened.mine).to_contain_text("Not sent yet")
        site.fault = lambda path: "pass"
        assert_answered_once(opened, server)

    @pytest.mark.parametrize("status", [401, 403, 404, 415])
    def test_a_refusal_has_the_lines_and_can_be_tried_again(self, opened: Widget, server: Server, status: int) -> None:
        """The bot's own no: not repeated by itself, but by a button, and by what is said next."""
        sent = refuse(opened.page, status)
        opened.write(QUESTION)
        expect(opened.trouble).to_contain_text("could not be sent", timeout=PATIENCE_MS)
        assert_lines(opened)
        expect(opened.mine).to_contain_text("Not sent yet")
        opened.page.wait_for_timeout(2500)
        assert len(sent) == 1
        opened.page.unroute("**/webhooks/web/webhook")
        opened.trouble.get_by_role("button", name="Try again now").click()
        assert_answered_once(opened, server)

    @pytest.mark.parametrize("status", [400, 413])
    def test_a_message_that_is_itself_at_fault_is_told_once(self, opened: Widget, status: int) -> None:
        """In the server's words; there is nothing to try again, and the next message is taken."""
        refuse(opened.page, status)
        opened.write(QUESTION)
        expect(opened.log).to_contain_text("Not this one.", timeout=PATIENCE_MS)
        expect(opened.mine.locator(".state")).to_have_text("Not sent")
        expect(opened.trouble).to_have_count(0)
        opened.page.unroute("**/webhooks/web/webhook")
        opened.ask("what is infant mental health")
        expect(opened.answers).to_have_count(1)

    @pytest.mark.parametrize("size", [(320, 640), (390, 844), (1024, 800)], ids=str)
    def test_what_is_wrong_is_seen_with_what_was_said_and_what_can_be_done(self, page: Page, site: Site,
                                                                          size: tuple[int, int]) -> None:
        """The question that was not sent, the sentence and the button stand on one screen, above the lines."""
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto(site.page("<imh-chat open></imh-chat>"))
        widget = Widget(page)
        widget.ask("/ask_contact")
        site.fault = lambda path: "cut" if path.endswith("/webhook") else "pass"
        widget.write(QUESTION)
        expect(widget.trouble).to_be_visible(timeout=PATIENCE_MS)
        for part in (widget.mine.last.locator(".state"), widget.trouble.locator("p").first,
                     widget.trouble.get_by_role("button", name="Try again now"), widget.field):
            expect(part).to_be_in_viewport(ratio=0.95)

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
        up = answer.get_by_role("button", name="Helpful", exact=True)
        site.fault = lambda path: "cut" if path.endswith("/feedback") else "pass"
        up.click()
        told = answer.get_by_text("could not be stored")
        told.scroll_into_view_if_needed()
        expect(told).to_be_in_viewport(ratio=1)
        assert_legible(told)
        expect(up).to_have_attribute("aria-pressed", "false")
        opened.page.reload()
        expect(up).to_have_attribute("aria-pressed", "false")

    def test_words_that_could_not_be_stored_are_kept(self, opened: Widget, site: Site, server: Server) -> None:
        """They stand in their field until they are; then the thumb is pressed."""
        answer = opened.ask()
        down = answer.get_by_role("button", name="Not helpful", exact=True)
        site.fault = lambda path: "cut" if path.endswith("/feedback") else "pass"
        down.click()
        words = answer.get_by_label("What was good, or missing?")
        words.fill("it does not say how")
        send = answer.get_by_role("button", name="Send this")
        send.click()
        assert_legible(answer.get_by_text("could not be stored"))
        expect(words).to_have_value("it does not say how")
        site.fault = lambda path: "pass"
        send.click()
        assert_legible(answer.get_by_text("Thank you. This helps."))
        expect(answer.get_by_text("could not be stored")).to_have_count(0)
        expect(down).to_have_attribute("aria-pressed", "true")


class TestServer:
    """The bot itself in trouble: real limits, a real outage, a real death."""

    @pytest.fixture
    def own(self, trained: Path, tmp_path: Path) -> Iterator[Server]:
        """A server for one test, which may be hurt; it takes four messages of one conversation in six seconds."""
        with Server(tmp_path, environment={"IMH_RATE_LOOPBACK": "yes", "IMH_RATE_SENDER": "4/6"}) as server:
            yield server

    @pytest.fixture
    def between(self, own: Server) -> Iterator[Site]:
        """The website whose bot is the one that may be hurt."""
        with Site(str(own.client.base_url), policy=STRICT) as site:
            yield site

    @pytest.fixture
    def hurt(self, between: Site, page: Page) -> Widget:
        """An open widget on it."""
        page.goto(between.page("<imh-chat open></imh-chat>"))
        widget = Widget(page)
        widget.field.wait_for()
        return widget

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
            expect(hurt.trouble).to_contain_text("I am trying again by myself", timeout=PATIENCE_MS)
            assert_lines(hurt)
        finally:
            path.rmdir()
            away.rename(path)
        assert kept
        expect(hurt.answers).to_have_count(2, timeout=40_000)
        expect(hurt.trouble).to_have_count(0)

    @pytest.mark.parametrize("when", ["before", "while it answers", "before its answer is through"])
    def test_a_server_that_dies_and_comes_back(self, hurt: Widget, own: Server, between: Site, when: str) -> None:
        """Killed, two times while the dots show, and started again: answered without anybody doing anything, once."""
        hurt.ask("/ask_contact")
        assert own.process is not None
        if when == "before":
            own.stop(signal.SIGKILL)
        elif when == "while it answers":
            os.killpg(own.process.pid, signal.SIGSTOP)
        else:
            between.fault = lambda path: "strand" if path.endswith("/webhook") else "pass"
        hurt.write(QUESTION)
        if when != "before":
            expect(hurt.typing).to_be_visible()
            hurt.page.wait_for_timeout(1000)
            expect(hurt.typing).to_be_visible()
            own.stop(signal.SIGKILL)
            between.fault = lambda path: "pass"
            between.released.set()
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

    @pytest.mark.parametrize("fault", ["cut", "lose", "miss"])
    def test_without_its_script_the_form_stays(self, page: Page, site: Site, fault: str) -> None:
        """It cannot be had, or not all of it: the page's own form is there as if nothing had been tried."""
        site.fault = lambda path: fault if path.endswith("imh-chat.js") else "pass"
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
        expect(page.locator("textarea[name=message]")).to_have_value("")  # browsers bring it back with the page
