"""A parent at the widget: answers, choices, switches, and a conversation that holds and can be erased."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bot.knowledge import Knowledge
from tests.support.history import database, events, said
from tests.support.server import Server
from tests.support.site import Site
from tests.support.widget import PATIENCE_MS, QUESTION, Widget

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def feedback_rows(server: Server, sender: str) -> list[tuple[str, str | None]]:
    """What is stored for the staff of a conversation: value and words."""
    with closing(sqlite3.connect(f"file:{database(server.var_dir)}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT value, text FROM feedback WHERE sender_id = ?", (sender,)).fetchall()


class TestAnswers:
    """What a reply looks like."""

    def test_an_answer_has_all_its_parts(self, opened: Widget, knowledge: Knowledge) -> None:
        """Plain words, the brief's own set apart and marked as English, source, contact links, choices, a time."""
        answer = opened.ask()
        topic = knowledge.topics["brain_development"]
        expect(answer.locator(".plain")).to_have_text(topic.wording("en", "parent").plain)
        quotation = answer.locator("blockquote")
        expect(quotation).to_have_text(f"“{knowledge.quotation(topic.brief, topic.passages)}”")
        expect(quotation).to_have_attribute("lang", "en")
        expect(answer.locator("figcaption")).to_contain_text("Infant Mental Health Fundamentals, NMAIMH")
        expect(answer.get_by_role("link", name="(505) 331-7138")).to_have_attribute("href", "tel:+15053317138")
        expect(answer.get_by_role("link", name="info@nmaimh.org")).to_have_attribute("href", "mailto:info@nmaimh.org")
        expect(answer.locator(".choices button")).to_have_count(3)
        expect(answer.locator("time")).to_have_text(re.compile(r"^\d{1,2}:\d\d\s[AP]M$"))
        expect(opened.host.locator(".message.notice")).to_contain_text("computer program")

    def test_a_footnote_opens_in_place(self, opened: Widget) -> None:
        """Right behind its marker; Escape closes it and nothing else, and the keyboard stays on the marker."""
        answer = opened.ask()
        marker = answer.get_by_role("button", name="Source 2")
        note = answer.locator(".note")
        expect(note).to_be_hidden()
        marker.click()
        expect(note).to_contain_text("Shore, R. (1997)")
        expect(marker).to_have_attribute("aria-expanded", "true")
        assert answer.locator(".marker + .note").count() == 1
        marker.press("Escape")
        expect(note).to_be_hidden()
        expect(opened.panel).to_be_visible()
        expect(marker).to_be_focused()

    def test_a_crisis_message_can_be_tapped(self, opened: Widget) -> None:
        """The line that fits comes first, to call and to text."""
        crisis = opened.ask("i want to kill myself")
        expect(crisis).to_have_class(re.compile("crisis"))
        assert crisis.locator("a").first.get_attribute("href") == "tel:988"
        assert crisis.locator("a").nth(1).get_attribute("href") == "sms:988"

    @pytest.mark.parametrize(("cry", "asked", "name"), [
        ("i want to kill myself", "/ask_indicators", "988 Suicide & Crisis Lifeline"),
        ("quiero matarme", "/ask_indicators", "Línea 988 de Prevención del Suicidio y Crisis"),
        ("i want to kill myself", "thanks", "988 Suicide & Crisis Lifeline")])
    def test_after_danger_every_reply_ends_with_the_shortest_line(self, opened: Widget, cry: str, asked: str,
                                                                  name: str) -> None:
        """Its number can be tapped; also after a reload, and no more once the person says that all is well."""
        opened.ask(cry)
        before = opened.theirs.count()
        opened.ask(asked)
        reminder = opened.theirs.nth(before).locator(".reminder")
        expect(reminder).to_contain_text(name)
        expect(reminder.get_by_role("link", name="988")).to_have_attribute("href", "tel:988")
        expect(reminder.get_by_role("link")).to_have_count(1)
        opened.page.reload()
        expect(reminder).to_contain_text(name)
        before = opened.theirs.count()
        opened.ask("we are all safe now" if cry.startswith("i") else "ya estamos a salvo")
        opened.ask("/ask_contact")
        expect(opened.theirs.nth(before + 1).locator(".reminder")).to_have_count(0)

    def test_the_numbers_for_danger_are_always_in_sight(self, opened: Widget) -> None:
        """911 and 988 before anything was said, all seven one press away."""
        strip = opened.host.locator(".strip")
        assert [link.get_attribute("href") for link in strip.locator("a").all()] == ["tel:911", "tel:988"]
        opened.host.get_by_role("button", name="More help").click()
        assert opened.host.locator(".all-lines li").count() == 7
        expect(opened.host.locator(".all-lines li").first).to_be_in_viewport(ratio=1)
        opened.host.locator(".all-lines a").last.scroll_into_view_if_needed()
        expect(opened.host.locator(".all-lines a").last).to_be_in_viewport(ratio=1)
        opened.host.get_by_role("button", name="More help").click()
        expect(opened.host.locator(".all-lines")).to_be_hidden()
        opened.ask()
        expect(strip).to_be_in_viewport()

    def test_choices_stay_usable(self, opened: Widget) -> None:
        """Each of them, also when later answers stand below; what is pressed is shown by its title."""
        answer = opened.ask()
        for number in (0, 1, 0):
            before = opened.answers.count()
            choice = answer.locator(".choices button").nth(number)
            title = choice.inner_text()
            choice.click()
            expect(opened.answers).to_have_count(before + 1, timeout=PATIENCE_MS)
            expect(opened.mine.last.locator(".plain")).to_have_text(title)

    def test_what_people_ask_is_offered_at_the_start(self, opened: Widget) -> None:
        """Three questions to begin with."""
        expect(opened.host.locator(".intro button")).to_have_count(3)
        opened.host.locator(".intro button").first.click()
        expect(opened.answers).to_have_count(1, timeout=PATIENCE_MS)

    def test_two_questions_in_one_message_get_two_answers(self, opened: Widget) -> None:
        """In their order, with one notice behind them."""
        opened.ask("What are signs of good mental health in a baby? And how do I reach somebody at NMAIMH by phone?")
        kinds = [re.sub("message theirs ", "", each.get_attribute("class") or "") for each in opened.theirs.all()]
        assert kinds == ["answer", "answer", "notice"]

    def test_an_answer_can_be_copied(self, opened: Widget, context: BrowserContext, site: Site) -> None:
        """The whole of it as plain text."""
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.origin)
        answer = opened.ask()
        answer.get_by_role("button", name="Copy").click()
        expect(answer.get_by_role("button", name="Copied")).to_be_visible()
        copied = opened.page.evaluate("() => navigator.clipboard.readText()")
        assert "Shore, R. (1997)" in copied and "(505) 331-7138" in copied

    def test_that_it_cannot_be_copied_is_seen(self, opened: Widget) -> None:
        """A browser without a clipboard: a sentence below the button."""
        answer = opened.ask()
        opened.page.evaluate("() => Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        answer.get_by_role("button", name="Copy").click()
        told = answer.get_by_text("Your browser does not allow copying.")
        told.scroll_into_view_if_needed()
        expect(told).to_be_in_viewport(ratio=1)
        box = told.bounding_box()
        assert box and box["height"] > 15 and box["width"] > 100

    def test_it_prints_what_was_said(self, opened: Widget) -> None:
        """All of the log, footnotes open, without fields and buttons."""
        opened.ask()
        opened.ask("what is infant mental health")
        opened.page.emulate_media(media="print")
        expect(opened.host.locator(".composer")).to_be_hidden()
        expect(opened.answers.first.locator(".note")).to_be_visible()
        marker = opened.answers.first.locator(".marker")
        assert marker.evaluate("e => getComputedStyle(e).borderTopStyle") == "none"
        box = marker.bounding_box()
        assert box and box["height"] < 30, "as high as the line that it stands in"
        assert opened.log.evaluate("log => log.scrollHeight <= log.clientHeight + 1")

    def test_it_prints_black_on_white_in_the_dark_as_well(self, opened: Widget) -> None:
        """Whatever the screen shows: pale letters on white paper cannot be read."""
        answer = opened.ask()
        opened.page.emulate_media(media="print", color_scheme="dark")
        for part in (answer.locator(".plain"), answer.locator("blockquote"), answer.locator("a").first,
                     answer.locator(".label").first, opened.mine.locator(".plain"), opened.host.locator("h2")):
            red, *_ = map(int, re.findall(r"\d+", part.evaluate("e => getComputedStyle(e).color")))
            assert red <= 0x33, part
        assert opened.panel.evaluate("e => getComputedStyle(e).backgroundColor") in {"rgba(0, 0, 0, 0)", "rgb(255, 255, 255)"}

    def test_print_is_asked_for(self, opened: Widget) -> None:
        """By a button under Options."""
        opened.page.evaluate("() => { window.printed = 0; window.print = () => { window.printed += 1; }; }")
        opened.options()
        opened.host.get_by_role("button", name="Print").click()
        assert opened.page.evaluate("() => window.printed") == 1


class TestSwitches:
    """Language and audience."""

    def test_spanish_holds(self, opened: Widget) -> None:
        """The words of the widget at once, every reply from then on, and after a reload."""
        opened.host.get_by_role("button", name="Español").click()
        expect(opened.host.get_by_label("Su pregunta")).to_be_visible()
        reply = opened.ask("/ask_indicators")
        expect(reply).to_have_attribute("lang", "es")
        opened.page.reload()
        expect(opened.host.get_by_label("Su pregunta")).to_be_visible()
        before = opened.theirs.count()
        opened.host.locator(".choices button").last.click()
        expect(opened.next_reply(before)).to_have_attribute("lang", "es")

    def test_english_can_be_had_back(self, opened: Widget) -> None:
        """The other way too, in the same conversation."""
        opened.host.get_by_role("button", name="Español").click()
        opened.ask("/ask_indicators")
        opened.host.get_by_role("button", name="English").click()
        expect(opened.ask(QUESTION)).to_have_attribute("lang", "en")

    def test_the_switch_follows_a_request_in_words(self, opened: Widget) -> None:
        """"En español, por favor" moves it, as if it had been pressed; and back."""
        opened.ask("en español por favor")
        expect(opened.host.get_by_label("Su pregunta")).to_be_visible()
        opened.ask("in english please")
        expect(opened.host.get_by_label("Your question")).to_be_visible()
        opened.host.get_by_role("button", name="Español").click()
        expect(opened.ask("/ask_brain_development")).to_have_attribute("lang", "es")

    def test_audience_holds(self, opened: Widget, knowledge: Knowledge) -> None:
        """A provider's wording after the switch, and after a reload."""
        wording = knowledge.topics["brain_development"].wording
        opened.host.get_by_label("I work with families").check()
        expect(opened.ask().locator(".plain")).to_have_text(wording("en", "provider").plain)
        opened.page.reload()
        expect(opened.host.get_by_label("I work with families")).to_be_checked()
        opened.host.get_by_label("I'm a parent").check()
        expect(opened.ask().locator(".plain")).to_have_text(wording("en", "parent").plain)

    def test_what_the_page_says_is_where_it_begins(self, page: Page, site: Site, knowledge: Knowledge) -> None:
        """`language` and `audience` as attributes; the page's own `lang` where there is none."""
        page.goto(site.page('<imh-chat open audience="provider" position="inline"></imh-chat>', language="es-MX"))
        widget = Widget(page)
        expect(widget.host.get_by_label("Trabajo con familias")).to_be_checked()
        reply = widget.ask("/ask_brain_development")
        expect(reply.locator(".plain")).to_have_text(
            knowledge.topics["brain_development"].wording("es", "provider").plain)

    def test_a_spanish_question_is_answered_in_spanish(self, opened: Widget) -> None:
        """Nobody has to press anything: what was never switched is detected."""
        reply = opened.ask("quiero matarme")
        expect(reply).to_have_attribute("lang", "es")
        expect(opened.mine.last).to_have_attribute("lang", "es")


class TestKept:
    """A conversation over reloads, pages, tabs, and its end."""

    def test_a_reload_keeps_it(self, opened: Widget) -> None:
        """Messages in their order, open as before, and the bot remembers what it was about."""
        opened.ask()
        before = [each.inner_text() for each in opened.host.locator(".message .plain").all()]
        opened.page.reload()
        expect(opened.panel).to_be_visible()
        expect(opened.host.locator(".message .plain")).to_have_text(before)
        expect(opened.ask("says who?").locator("blockquote")).to_be_visible()

    def test_another_page_of_the_site_keeps_it(self, opened: Widget, site: Site) -> None:
        """And so does the way back."""
        opened.ask()
        opened.page.goto(site.page("<imh-chat></imh-chat>", path="/other"))
        expect(opened.answers).to_have_count(1)
        opened.ask("what is infant mental health")
        opened.page.go_back()
        expect(opened.answers).to_have_count(2)
        opened.page.go_forward()
        expect(opened.answers).to_have_count(2)

    def test_a_draft_is_kept(self, opened: Widget) -> None:
        """What was written and not sent is there after a reload, on another page, and where a site moves the element."""
        opened.field.fill("she cries when i")
        opened.page.reload()
        expect(opened.field).to_have_value("she cries when i")
        opened.page.evaluate("() => document.querySelector('imh-chat').setAttribute('position', 'bottom-left')")
        expect(opened.field).to_have_value("she cries when i")
        opened.ask("she cries when i leave")
        opened.page.reload()
        expect(opened.answers.or_(opened.theirs).first).to_be_visible()
        expect(opened.field).to_have_value("")

    def test_two_tabs_are_two_conversations(self, opened: Widget, context: BrowserContext, site: Site) -> None:
        """Neither shows what the other says."""
        opened.ask()
        second = context.new_page()
        second.goto(f"{site.origin}/")
        other = Widget(second).open()
        expect(other.theirs).to_have_count(0)
        other.ask("what is infant mental health")
        assert other.state()["sender"] != opened.state()["sender"]
        expect(opened.mine).to_have_count(1)

    def test_a_tab_that_was_copied_goes_on_by_itself(self, opened: Widget, site: Site) -> None:
        """A link that opens a window copies the storage: both go on with one conversation, and nothing is lost."""
        opened.ask()
        with opened.page.expect_popup() as popped:
            opened.page.evaluate("(address) => { window.open(address); }", f"{site.origin}/")
        other = Widget(popped.value)
        expect(other.answers).to_have_count(1)
        other.ask("says who?")
        opened.ask("what is infant mental health")
        assert other.state()["sender"] == opened.state()["sender"]

    def test_two_widgets_are_two_conversations(self, page: Page, site: Site) -> None:
        """Each with its own id, each back after a reload."""
        page.goto(site.page('<imh-chat position="inline"></imh-chat><imh-chat position="inline"></imh-chat>'))
        first, second = Widget(page, "imh-chat >> nth=0"), Widget(page, "imh-chat >> nth=1")
        first.ask()
        second.ask("what is infant mental health")
        page.reload()
        expect(first.mine).to_have_text(re.compile("react to her"))
        expect(second.mine).to_have_text(re.compile("what is infant"))
        expect(first.answers).to_have_count(1)

    def test_erasing_erases(self, opened: Widget, server: Server) -> None:
        """On the screen, in the tab and on the server, after a question whether that is meant; then it can go on."""
        answer = opened.ask()
        answer.get_by_role("button", name="Helpful", exact=True).click()
        sender = opened.state()["sender"]
        assert said(server.var_dir, sender) == [QUESTION]
        opened.erase()
        expect(opened.mine).to_have_count(0)
        expect(opened.theirs).to_have_count(0)
        expect(opened.log).to_contain_text("The conversation was erased")
        assert opened.state()["entries"] == [] and opened.state()["sender"] is None
        assert events(server.var_dir, sender) == [] and feedback_rows(server, sender) == []
        for file in server.var_dir.glob("conversations.db*"):
            assert sender.encode() not in file.read_bytes(), file.name
        opened.ask("what is infant mental health")
        assert opened.state()["sender"] not in {None, sender}

    def test_what_is_said_during_an_erase_is_answered_and_stays(self, opened: Widget, site: Site,
                                                                server: Server) -> None:
        """The server takes its time: a cry for help does not wait for it, and does not go with what was before."""
        opened.ask()
        before = opened.state()["sender"]
        site.fault = lambda path: "hold" if path.endswith("/erase") else "pass"
        opened.erase()
        expect(opened.log).to_contain_text("Erasing…")
        opened.erase()
        expect(opened.log).not_to_contain_text("could not be erased")
        opened.write("i want to kill myself")
        crisis = opened.host.locator(".message.crisis")
        expect(crisis).to_be_visible(timeout=PATIENCE_MS)
        site.released.set()
        expect(opened.log).to_contain_text("The conversation was erased", timeout=PATIENCE_MS)
        expect(opened.mine).to_have_text(re.compile("kill myself"))
        expect(crisis).to_be_visible()
        expect(opened.answers).to_have_count(0)
        sender = opened.state()["sender"]
        assert sender not in {None, before}
        assert events(server.var_dir, before) == [] and len(said(server.var_dir, sender)) == 1
        opened.page.reload()
        expect(crisis).to_be_visible()
        expect(opened.mine).to_have_count(1)

    def test_an_erase_that_fails_is_made_good_by_the_next(self, opened: Widget, site: Site, server: Server) -> None:
        """What was said meanwhile has another id by then: both conversations are deleted."""
        opened.ask()
        senders = [opened.state()["sender"]]
        site.fault = lambda path: "strand" if path.endswith("/erase") else "pass"
        opened.erase()
        opened.ask("what is infant mental health")
        senders.append(opened.state()["sender"])
        site.released.set()
        expect(opened.log).to_contain_text("could not be erased", timeout=PATIENCE_MS)
        expect(opened.mine).to_have_count(2)
        assert senders[0] != senders[1]
        asked = len(site.asked)
        site.fault = lambda path: "pass"
        opened.erase()
        expect(opened.log).to_contain_text("The conversation was erased", timeout=PATIENCE_MS)
        expect(opened.mine).to_have_count(0)
        assert [path.rsplit("/", 1)[1] for path in site.asked[asked:]] == ["erase", "erase"]
        assert [events(server.var_dir, sender) for sender in senders] == [[], []]

    def test_a_reload_during_an_erase_loses_no_id(self, opened: Widget, site: Site) -> None:
        """The conversation goes on under its own, so that it can still be erased."""
        opened.ask()
        before = opened.state()["sender"]
        site.fault = lambda path: "hold" if path.endswith("/erase") else "pass"
        opened.erase()
        expect(opened.log).to_contain_text("Erasing…")
        opened.page.reload()
        expect(opened.answers).to_have_count(1)
        opened.ask("what is infant mental health")
        assert opened.state()["sender"] == before

    def test_erasing_can_be_thought_over(self, opened: Widget) -> None:
        """"No" keeps everything and brings the keyboard back."""
        opened.ask()
        opened.options()
        erase = opened.host.get_by_role("button", name="End and erase")
        erase.click()
        no = opened.host.get_by_role("button", name="No, keep it")
        expect(no).to_be_focused()
        no.click()
        expect(erase).to_be_focused()
        expect(opened.mine).to_have_count(1)


class TestSending:
    """What is sent, and how often."""

    def test_a_double_click_sends_once(self, opened: Widget, server: Server) -> None:
        """On the button and on a choice."""
        opened.field.fill(QUESTION)
        opened.send.dblclick()
        expect(opened.answers).to_have_count(1, timeout=PATIENCE_MS)
        opened.host.locator(".choices button").last.dblclick()
        expect(opened.answers).to_have_count(2, timeout=PATIENCE_MS)
        opened.ask("what is infant mental health")
        assert len(said(server.var_dir, opened.state()["sender"])) == 3

    def test_two_quick_questions_are_answered_in_order(self, opened: Widget, server: Server) -> None:
        """Each once, whoever is faster."""
        opened.write(QUESTION)
        opened.write("what is infant mental health")
        expect(opened.answers).to_have_count(2, timeout=PATIENCE_MS)
        assert said(server.var_dir, opened.state()["sender"]) == [QUESTION, "what is infant mental health"]
        expect(opened.answers.first).to_contain_text("brain")

    @pytest.mark.parametrize("words", ["", "   ", "\n\n"])
    def test_nothing_is_not_sent(self, opened: Widget, words: str) -> None:
        """And no error is made of it."""
        opened.field.fill(words)
        opened.send.click()
        expect(opened.field).to_be_focused()
        expect(opened.mine).to_have_count(0)

    def test_ten_thousand_characters_are_told_and_kept(self, opened: Widget) -> None:
        """Nothing is cut off behind anybody's back: it says how much is too much, and the text stays."""
        opened.field.fill("x" * 10_000)
        expect(opened.host.locator(".count")).to_have_text(
            "10,000 of at most 2,000 characters. Please make it shorter.")
        opened.field.press("Enter")
        expect(opened.mine).to_have_count(0)
        expect(opened.field).to_have_attribute("aria-invalid", "true")
        assert len(opened.field.input_value()) == 10_000
        opened.field.fill("é" * 2000)
        expect(opened.host.locator(".count")).to_be_hidden()
        opened.ask("é" * 2000)

    def test_shift_enter_is_a_new_line(self, opened: Widget) -> None:
        """Enter alone sends."""
        opened.field.type("one")
        opened.field.press("Shift+Enter")
        opened.field.type("two")
        assert opened.field.input_value() == "one\ntwo"

    def test_events_tell_the_page_what_happens_but_not_what_is_said(self, widget: Widget) -> None:
        """`imh-open` and `imh-message`, through the shadow's border."""
        widget.page.evaluate("""() => {
            window.heard = [];
            for (const name of ['imh-open', 'imh-message', 'imh-error']) {
                document.addEventListener(name, (event) => window.heard.push([name, event.detail]));
            }
        }""")
        widget.open().ask()
        heard = widget.page.evaluate("() => window.heard")
        assert [name for name, _ in heard] == ["imh-open", "imh-message", "imh-message", "imh-message"]
        assert [detail["from"] for _, detail in heard[1:]] == ["person", "bot", "bot"]
        assert heard[2][1]["topic"] == "brain_development"
        assert "brain grows" not in str(heard)


class TestFeedback:
    """Thumbs, and a word for the staff."""

    def test_a_thumb_and_a_word_are_stored(self, opened: Widget, server: Server) -> None:
        """Under the answer that was meant; a second thought replaces the first."""
        answer = opened.ask()
        answer.get_by_role("button", name="Helpful", exact=True).click()
        up, down = (answer.get_by_role("button", name=name, exact=True) for name in ("Helpful", "Not helpful"))
        expect(up).to_have_attribute("aria-pressed", "true")
        down.click()
        expect(up).to_have_attribute("aria-pressed", "false")
        answer.get_by_label("What was good, or missing?").fill("it does not say how")
        answer.get_by_role("button", name="Send this").click()
        expect(answer.get_by_text("Thank you. This helps.")).to_be_in_viewport(ratio=1)
        expect(down).to_be_focused()
        assert feedback_rows(server, opened.state()["sender"]) == [("down", "it does not say how")]
        opened.page.reload()
        expect(opened.host.get_by_role("button", name="Not helpful", exact=True)).to_have_attribute(
            "aria-pressed", "true")

    def test_danger_in_that_word_gets_the_lines(self, opened: Widget) -> None:
        """Whoever writes it into the wrong field is not thanked and left alone."""
        answer = opened.ask()
        answer.get_by_role("button", name="Not helpful", exact=True).click()
        answer.get_by_label("What was good, or missing?").fill("nothing helps, i want to kill myself")
        answer.get_by_role("button", name="Send this").click()
        assert answer.locator(".word a").first.get_attribute("href") == "tel:988"
        expect(answer.locator(".word a").first).to_be_visible()


class TestCleanUp:
    """An element that is taken away leaves nothing behind."""

    def test_it_can_be_taken_out_and_put_back(self, opened: Widget) -> None:
        """With its conversation; while it is out, nothing listens and nothing runs."""
        opened.ask()
        opened.page.evaluate("""() => {
            const chat = document.querySelector('imh-chat');
            chat.remove();
            window.left = chat.shadowRoot.childNodes.length;
            window.dispatchEvent(new Event('online'));
            document.querySelector('main').append(chat);
        }""")
        assert opened.page.evaluate("() => window.left") == 0
        expect(opened.answers).to_have_count(1)
        opened.ask("what is infant mental health")
        expect(opened.answers).to_have_count(2)

    @pytest.mark.parametrize("path", ["/erase", "/feedback"])
    def test_taken_away_in_the_middle_it_does_nothing_more(self, opened: Widget, site: Site, path: str) -> None:
        """It sends nothing from outside the page, and reports no error that is none; put back, all is there."""
        answer = opened.ask()
        site.fault = lambda asked: "hold" if asked.endswith((path, "/webhook")) else "pass"
        opened.page.evaluate("""() => {
            window.chat = document.querySelector('imh-chat');
            window.errors = [];
            window.chat.addEventListener('imh-error', (event) => window.errors.push(event.detail));
        }""")
        opened.write("what is infant mental health")
        expect(opened.typing).to_be_visible()
        if path == "/erase":
            opened.erase()
        else:
            answer.get_by_role("button", name="Helpful", exact=True).click()
        opened.page.wait_for_timeout(300)
        opened.page.evaluate("() => window.chat.remove()")
        asked = len(site.asked)
        site.released.set()
        site.fault = lambda asked: "pass"
        opened.page.wait_for_timeout(2500)
        assert len(site.asked) == asked and opened.page.evaluate("() => window.errors") == []
        opened.page.evaluate("() => document.querySelector('main').append(window.chat)")
        expect(opened.answers).to_have_count(2, timeout=PATIENCE_MS)
        assert opened.page.evaluate("() => window.errors") == []

    def test_a_reply_that_comes_too_late_disturbs_nobody(self, opened: Widget, site: Site) -> None:
        """The element is gone when it arrives; put back, it asks again and is answered once."""
        site.fault = lambda path: "hold" if path.endswith("/webhook") else "pass"
        opened.write(QUESTION)
        expect(opened.typing).to_be_visible()
        opened.page.evaluate("() => { window.chat = document.querySelector('imh-chat'); window.chat.remove(); }")
        site.fault = lambda path: "pass"
        site.released.set()
        opened.page.evaluate("() => document.querySelector('main').append(window.chat)")
        expect(opened.answers).to_have_count(1, timeout=PATIENCE_MS)
        expect(opened.mine).to_have_count(1)
