"""What a parent with a screen reader, a keyboard alone, a small screen or tired eyes meets."""

from __future__ import annotations

import re
from typing import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.browser import violations
from tests.support.server import Server
from tests.support.site import Site
from tests.support.speech import Speech
from tests.support.widget import PATIENCE_MS, QUESTION, Widget

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def clarify(widget: Widget) -> None:
    widget.be_asked_back()


def crisis(widget: Widget) -> None:
    widget.ask("i want to kill myself")
    expect(widget.host.locator(".message.crisis")).to_be_visible()


def answer(widget: Widget) -> None:
    widget.ask().get_by_role("button", name=re.compile("Source|Fuente")).click()


def rated(widget: Widget) -> None:
    widget.ask().locator("[data-value=down]").click()
    expect(widget.host.locator(".word textarea")).to_be_visible()


def too_long(widget: Widget) -> None:
    widget.field.fill("x" * 3000)
    expect(widget.host.locator(".count")).to_be_visible()


def all_unfolded(widget: Widget) -> None:
    widget.options()
    widget.host.locator(".options button").nth(1).click()
    widget.host.locator(".strip button").click()
    expect(widget.host.locator(".sure")).to_be_visible()


def offline(widget: Widget) -> None:
    widget.page.context.set_offline(True)
    expect(widget.trouble).to_be_visible()
    widget.write(QUESTION)
    expect(widget.mine).to_contain_text(re.compile("Not sent yet|Todavía no se mandó"))


def answered_with(status: int | None) -> Callable[[Widget], None]:
    """The state after a message that is answered with an error, or not at all."""

    def prepare(widget: Widget) -> None:
        error = {"error": {"code": "no", "message": "Not this one."}}
        widget.page.route("**/webhooks/web/webhook", lambda route: status and route.fulfill(status=status, json=error))
        widget.write(QUESTION)
        expect(widget.log.locator(".note-line:visible" if status == 400 else ".trouble")).to_be_visible(
            timeout=PATIENCE_MS)

    return prepare


def not_stored(widget: Widget) -> None:
    answer = widget.ask()
    widget.page.route("**/webhooks/web/feedback", lambda route: route.abort())
    answer.locator("[data-value=down]").click()
    expect(answer.locator(".told")).to_be_visible(timeout=PATIENCE_MS)


def erasing(widget: Widget) -> None:
    widget.ask()
    widget.page.route("**/webhooks/web/erase", lambda route: None)
    widget.host.locator(".header button[aria-expanded]").click()
    for number in (1, 2):
        widget.host.locator(".options button").nth(number).click()
    expect(widget.log.get_by_text(re.compile("Erasing|Borrando"))).to_be_visible()


STATES: dict[str, Callable[[Widget], None]] = {
    "opened": lambda widget: None, "answer": answer, "clarify": clarify, "crisis": crisis, "rated": rated,
    "too long": too_long, "all unfolded": all_unfolded, "offline": offline, "slow": answered_with(None),
    "refused": answered_with(403), "at fault": answered_with(400), "busy": answered_with(429),
    "unavailable": answered_with(503), "not stored": not_stored, "erasing": erasing,
}


class TestRules:
    """axe-core finds nothing: WCAG 2.2 A and AA and good practice, contrast included."""

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("language", ["en", "es"])
    @pytest.mark.parametrize("state", STATES)
    def test_every_state_is_clean(self, browser: Browser, site: Site, state: str, language: str, scheme: str) -> None:
        """In both languages and both themes, on somebody's page."""
        context = browser.new_context(viewport={"width": 390, "height": 844},
                                      color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(site.page("<p>Words.</p><imh-chat></imh-chat>", language=language))
        widget = Widget(page).open()
        STATES[state](widget)
        assert violations(page) == []
        context.close()

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("language", ["en", "es"])
    def test_closed_is_clean(self, page: Page, site: Site, language: str, scheme: str) -> None:
        """The button alone."""
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(site.page("<p>Words.</p><imh-chat></imh-chat>", language=language))
        Widget(page).launcher.wait_for()
        assert violations(page) == []

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("language", ["en", "es"])
    @pytest.mark.parametrize("kind", ["lose", "garble"])
    def test_an_error_is_clean(self, page: Page, site: Site, kind: str, language: str, scheme: str) -> None:
        """With the crisis lines in it."""
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(site.page("<imh-chat open></imh-chat>", language=language))
        widget = Widget(page)
        site.fault = lambda path: kind if path.endswith("/webhook") else "pass"
        widget.write(QUESTION)
        expect(widget.trouble).to_be_visible(timeout=PATIENCE_MS)
        assert violations(page) == []

    @pytest.mark.parametrize("width", [320, 768, 1440])
    @pytest.mark.parametrize("language", ["en", "es"])
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_the_demonstration_page_is_clean(self, demonstration: Widget, width: int, language: str,
                                             scheme: str) -> None:
        """At three widths, before and after a question."""
        page = demonstration.page
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(f"{page.url}?language={language}")
        demonstration.field.wait_for()
        assert violations(page) == []
        demonstration.ask()
        assert violations(page) == []

    def test_the_page_without_javascript_is_clean(self, browser: Browser, server: Server) -> None:
        """Its form and what it is answered with; axe itself runs where pages may not."""
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(str(server.client.base_url.join("/webhooks/web/")))
        page.get_by_label("Your question").fill(QUESTION)
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.locator("article.answer")).to_be_visible()
        html = page.content().replace('<script type="module"', '<script type="no"')
        context.close()
        plain = browser.new_page()
        plain.set_content(html)
        assert violations(plain) == []
        plain.close()

    def test_the_checker_finds_what_is_wrong(self, opened: Widget) -> None:
        """Or the tests above would say nothing."""
        opened.page.evaluate("""() => {
            const root = document.querySelector('imh-chat').shadowRoot;
            root.querySelector('.composer label').remove();
            root.querySelector('.log').setAttribute('role', 'nonsense');
        }""")
        found = " ".join(violations(opened.page))
        assert "label" in found and "aria-roles" in found


class TestKeyboard:
    """Nothing but keys."""

    def test_a_whole_conversation(self, widget: Widget) -> None:
        """Open, ask, walk through the messages, open a source, choose, rate, close; the keyboard is never lost."""
        page, keys = widget.page, widget.page.keyboard
        keys.press("Tab")
        assert widget.focused() == "launcher"
        keys.press("Enter")
        assert widget.focused() == "TEXTAREA"
        keys.type(QUESTION)
        keys.press("Enter")
        expect(widget.answers).to_have_count(1, timeout=PATIENCE_MS)
        expect(widget.answers.locator(".tools button")).to_have_count(3)
        assert widget.focused() == "TEXTAREA"
        keys.press("ArrowUp")
        assert "notice" in widget.focused()
        keys.press("ArrowUp")
        assert "answer" in widget.focused()
        keys.press("Home")
        assert "mine" in widget.focused()
        keys.press("ArrowDown")
        keys.press("Tab")
        assert widget.focused() == "marker"
        keys.press("Enter")
        expect(widget.answers.locator(".note")).to_be_visible()
        keys.press("Escape")
        expect(widget.answers.locator(".note")).to_be_hidden()
        for _ in range(3):
            keys.press("Tab")
        assert widget.focused() == "choice"
        keys.press("Enter")
        expect(widget.answers).to_have_count(2, timeout=PATIENCE_MS)
        assert "mine" in widget.focused()
        keys.press("ArrowDown")
        assert "answer" in widget.focused()
        keys.press("ArrowDown")
        assert widget.focused() == "TEXTAREA"
        keys.press("Escape")
        expect(widget.panel).to_be_hidden()
        assert widget.focused() == "launcher"
        keys.press("Enter")
        expect(widget.answers).to_have_count(2)
        assert page.evaluate("() => document.activeElement.tagName") == "IMH-CHAT"

    def test_escape_closes_the_options_first(self, opened: Widget) -> None:
        """And gives the keyboard back to their button."""
        opened.options()
        opened.host.get_by_role("button", name="Print").focus()
        opened.page.keyboard.press("Escape")
        expect(opened.host.locator(".options")).to_be_hidden()
        expect(opened.panel).to_be_visible()
        expect(opened.host.get_by_role("button", name="Options")).to_be_focused()

    def test_focus_is_seen(self, opened: Widget) -> None:
        """Everything that takes the keyboard has an outline of 3 px."""
        opened.ask()
        seen = 0
        for _ in range(40):
            opened.page.keyboard.press("Shift+Tab")
            width = opened.page.evaluate("""() => {
                const at = document.activeElement.shadowRoot && document.activeElement.shadowRoot.activeElement;
                return at ? getComputedStyle(at).outlineWidth + getComputedStyle(at).outlineStyle : '';
            }""")
            if not width:
                break
            assert width == "3pxsolid", opened.focused()
            seen += 1
        assert seen > 10

    def test_on_a_phone_the_keyboard_stays_in_the_panel(self, opened: Widget) -> None:
        """It covers the page, so what lies behind it cannot be reached by Tab."""
        opened.page.set_viewport_size({"width": 390, "height": 800})
        for key in ["Tab"] * 20 + ["Shift+Tab"] * 20:
            opened.page.keyboard.press(key)
            assert opened.page.evaluate("() => document.activeElement.tagName") == "IMH-CHAT"

    @pytest.mark.parametrize("body", ["<imh-chat open></imh-chat>", "<imh-chat></imh-chat>"])
    def test_a_phone_on_which_it_stands_open_begins_in_it(self, page: Page, site: Site, body: str) -> None:
        """Open on a page that just came, by its attribute or as it was left: Tab reaches nothing behind it."""
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(site.page(f'<a href="#a">Behind</a>{body}<a href="#b">Behind</a>'))
        widget = Widget(page)
        if "open" not in body:
            widget.open()
            page.reload()
        expect(widget.panel).to_be_visible()
        expect(widget.panel).to_have_attribute("aria-modal", "true")
        expect(widget.host).to_be_focused()
        page.keyboard.press("Shift+Tab")
        for key in ["Tab"] * 20 + ["Shift+Tab"] * 20:
            assert page.evaluate("() => document.activeElement.tagName") == "IMH-CHAT"
            page.keyboard.press(key)

    def test_a_window_that_grows_narrow_takes_the_keyboard_along(self, page: Page, site: Site) -> None:
        """Where the panel comes to cover the page it is a modal one, and no longer where there is room again."""
        page.goto(site.page('<a href="#a">Behind</a><imh-chat open></imh-chat>'))
        widget = Widget(page)
        expect(widget.panel).to_have_attribute("aria-modal", "false")
        page.get_by_role("link", name="Behind").focus()
        page.set_viewport_size({"width": 390, "height": 800})
        expect(widget.panel).to_have_attribute("aria-modal", "true")
        expect(widget.host).to_be_focused()
        page.set_viewport_size({"width": 1024, "height": 800})
        expect(widget.panel).to_have_attribute("aria-modal", "false")

    def test_a_message_that_is_trimmed_does_not_take_the_keyboard_along(self, opened: Widget) -> None:
        """Trouble that ends while its button has the keyboard leaves it in the log."""
        opened.page.context.set_offline(True)
        opened.write(QUESTION)
        again = opened.trouble.get_by_role("button", name="Try again now")
        again.focus()
        opened.page.context.set_offline(False)
        expect(opened.answers).to_have_count(1, timeout=PATIENCE_MS)
        assert opened.focused() == "log"


class TestScreenReader:
    """What is said, and in which order."""

    def test_an_answer_reads_in_order(self, opened: Widget) -> None:
        """Who, plain words, the brief's words and language, the source and its note, contact, choices, then tools."""
        opened.ask().get_by_role("button", name="Source 2").click()
        spoken = Speech(opened.page).read(".message.answer")
        order = ["article Answer: The way you relate", "The brief's words:", "blockquote", "“The way that parents",
                 "From: Infant Mental Health Fundamentals, NMAIMH", "button Source 2 expanded", "Shore, R. (1997)",
                 "link (505) 331-7138", "link info@nmaimh.org", "You can also ask about:", "list",
                 "button How babies develop", "button Copy", "button Helpful", "button Not helpful"]
        at = -1
        for part in order:
            found = [number for number, line in enumerate(spoken) if number > at and part in line]
            assert found, (part, spoken)
            at = found[0]

    def test_a_crisis_reads_in_order(self, opened: Widget) -> None:
        """The words, then each line: its name, its number, when to call."""
        opened.ask("i want to kill myself")
        spoken = " | ".join(Speech(opened.page).read(".message.crisis"))
        assert re.search(r"article Help in danger: I am so glad.*988 Suicide & Crisis Lifeline.*link 988.*"
                         r"link text 988.*You think of suicide.*New Mexico Crisis and Access Line.*"
                         r"link 1-855-662-7474", spoken), spoken

    def test_the_panel_introduces_itself(self, opened: Widget) -> None:
        """A dialog with a name, the field with its label, the log with a name."""
        spoken = Speech(opened.page).read(".panel")
        assert spoken[0].startswith("dialog Babies' mental health")
        for part in ("heading Babies' mental health", "radio I'm a parent checked", "radio I work with families",
                     "link Call Emergency: 911", "log Conversation", "textbox Your question", "button Ask",
                     "button Close the chat", "button Options collapsed"):
            assert any(line.startswith(part) for line in spoken), (part, spoken)

    def test_a_reply_is_announced_once_and_short(self, opened: Widget) -> None:
        """The plain words and the choices; not the person's own words, and not the row of tools."""
        speech = Speech(opened.page)
        speech.listen()
        opened.ask()
        heard = " ".join(speech.heard())
        assert heard.count("The way you relate and respond") == 1
        assert "You can also ask about:" in heard and "How babies develop" in heard
        for silent in (QUESTION, "Copy", "Helpful", "Source 2", "The way that parents"):
            assert silent not in heard

    def test_two_fast_replies_are_announced_in_order(self, opened: Widget) -> None:
        """Each once, the first first."""
        speech = Speech(opened.page)
        speech.listen()
        opened.write(QUESTION)
        opened.write("/ask_indicators")
        expect(opened.answers).to_have_count(2, timeout=PATIENCE_MS)
        expect(opened.answers.nth(1).locator(".tools time")).to_be_visible()
        texts = [opened.answers.nth(number).locator(".plain").inner_text() for number in (0, 1)]
        heard = " ".join(speech.heard())
        assert heard.count(texts[0]) == heard.count(texts[1]) == 1
        assert heard.index(texts[0]) < heard.index(texts[1])

    def test_old_messages_are_not_announced_again(self, opened: Widget) -> None:
        """After a reload the conversation is there, in silence."""
        opened.ask()
        opened.page.add_init_script(Speech.LISTENER)
        opened.page.reload()
        expect(opened.answers).to_have_count(1)
        assert "The way you relate" not in " ".join(Speech(opened.page).heard())

    @pytest.mark.parametrize("act", [
        lambda widget: widget.host.get_by_label("I work with families").check(),
        lambda widget: widget.host.get_by_role("button", name="Español").click(),
        lambda widget: widget.ask("mi bebé llora mucho, ¿es normal?"),
    ], ids=["audience", "language", "an answer in Spanish"])
    def test_a_switch_does_not_read_the_beginning_again(self, opened: Widget, act: Callable[[Widget], None]) -> None:
        """What stands before the first message changes its language in silence."""
        opened.ask()
        speech = Speech(opened.page)
        speech.listen()
        act(opened)
        opened.page.wait_for_timeout(300)
        heard = " ".join(speech.heard())
        for words in opened.host.locator(".intro p").all_inner_texts():
            assert words not in heard, heard

    def test_trouble_and_its_end_are_announced(self, opened: Widget) -> None:
        """With the numbers; once, however often it is tried."""
        speech = Speech(opened.page)
        speech.listen()
        opened.page.context.set_offline(True)
        opened.write(QUESTION)
        expect(opened.trouble).to_be_visible()
        opened.page.wait_for_timeout(2500)
        opened.page.context.set_offline(False)
        expect(opened.answers).to_have_count(1, timeout=PATIENCE_MS)
        heard = " ".join(speech.heard())
        assert heard.count("There is no internet connection") == 1 and "988" in heard
        assert "The connection is back." in heard

    def test_an_outage_is_announced_once_however_often_it_is_tried(self, page: Page, site: Site) -> None:
        """Each attempt hangs, is told to be slow, and fails: two sentences and one list of lines in all."""
        page.clock.install()
        page.goto(site.page("<imh-chat open></imh-chat>"))
        widget = Widget(page)
        widget.field.wait_for()
        page.clock.run_for(200)
        hanging: list[Route] = []
        page.route("**/webhooks/web/webhook", lambda route: hanging.append(route))
        speech = Speech(page)
        speech.listen()
        widget.write(QUESTION)
        for attempt in range(1, 4):
            while len(hanging) < attempt:
                page.clock.run_for(500)
                page.wait_for_timeout(50)
            page.clock.run_for(5100)
            expect(widget.trouble).to_be_visible()
            hanging[-1].abort()
            expect(widget.trouble).to_contain_text("did not arrive")
        heard = " ".join(speech.heard())
        for words in ("taking longer than usual", "did not arrive", "New Mexico Crisis and Access Line"):
            assert heard.count(words) == 1, (words, heard)
        assert heard.count("Looking for an answer") <= 1

    def test_the_field_for_a_word_and_what_becomes_of_it_are_announced(self, opened: Widget) -> None:
        """It unfolds below a thumb; then thanks, or that nothing was stored."""
        answer = opened.ask()
        speech = Speech(opened.page)
        speech.listen()
        answer.get_by_role("button", name="Helpful", exact=True).click()
        answer.get_by_role("button", name="Send this").click()
        expect(answer.locator(".told")).to_have_text("Thank you. This helps.")
        opened.page.route("**/webhooks/web/feedback", lambda route: route.abort())
        answer.get_by_role("button", name="Not helpful", exact=True).click()
        expect(answer.locator(".told")).to_contain_text("could not be stored")
        heard = " ".join(speech.heard())
        assert heard.count("What was good, or missing? (optional)") == 2
        assert heard.count("Thank you. This helps.") == heard.count("That could not be stored.") == 1

    def test_there_is_one_live_region(self, opened: Widget) -> None:
        """Everything is said in one place, politely."""
        opened.ask()
        live = opened.host.evaluate("""(host) => Array.from(host.shadowRoot.querySelectorAll(
            '[aria-live]:not([aria-live=off]), [role=log], [role=status], [role=alert], output'),
            (each) => each.className)""")
        assert live == ["log"]
        expect(opened.log).to_have_attribute("aria-live", "polite")

    def test_each_message_has_its_language(self, opened: Widget) -> None:
        """So that it is read in the right voice, whatever the page speaks."""
        opened.ask()
        opened.host.get_by_role("button", name="Español").click()
        reply = opened.ask("/ask_indicators")
        expect(opened.answers.first).to_have_attribute("lang", "en")
        expect(reply).to_have_attribute("lang", "es")
        expect(reply.locator("blockquote")).to_have_attribute("lang", "en")
        expect(opened.host.locator(".root")).to_have_attribute("lang", "es")
        expect(opened.host.get_by_role("button", name="English")).to_have_attribute("lang", "en")


class TestSizes:
    """Small screens, large letters, thick fingers."""

    @pytest.mark.parametrize("language", ["en", "es"])
    @pytest.mark.parametrize("state", ["opened", "answer", "crisis", "rated", "all unfolded", "too long", "offline",
                                       "not stored"])
    def test_at_320_pixels_nothing_scrolls_sideways(self, page: Page, site: Site, state: str, language: str) -> None:
        """Neither the page nor anything in it."""
        page.set_viewport_size({"width": 320, "height": 640})
        page.goto(site.page("<imh-chat></imh-chat>", language=language))
        widget = Widget(page).open()
        STATES[state](widget)
        assert sideways(page) == []

    @pytest.mark.parametrize("width", [320, 390, 768, 1024, 1440])
    def test_the_demonstration_page_does_not_scroll_sideways(self, demonstration: Widget, width: int) -> None:
        """At any width, with an answer in it."""
        demonstration.page.set_viewport_size({"width": width, "height": 800})
        demonstration.ask()
        assert sideways(demonstration.page) == []

    def test_at_400_percent_everything_can_be_reached(self, page: Page, site: Site) -> None:
        """1280 x 1024 at 400 % is 320 x 256: the panel scrolls as one, and the field is within reach."""
        page.set_viewport_size({"width": 320, "height": 256})
        page.goto(site.page("<imh-chat></imh-chat>"))
        widget = Widget(page).open()
        widget.ask()
        assert sideways(page) == []
        for part in (widget.answers.locator(".plain"), widget.field, widget.send,
                     widget.host.locator(".header button").last):
            part.scroll_into_view_if_needed()
            expect(part).to_be_in_viewport(ratio=0.9)
        assert widget.log.evaluate("log => getComputedStyle(log).overflowY") == "visible"

    @pytest.mark.parametrize("state", ["opened", "answer", "crisis", "rated", "all unfolded", "offline"])
    @pytest.mark.parametrize(("width", "language", "attributes"), [
        (390, "en", "open"), (320, "en", "open"), (320, "es", "open"), (390, "es", 'position="inline"')])
    def test_what_is_pressed_is_44_pixels(self, page: Page, site: Site, state: str, width: int, language: str,
                                          attributes: str) -> None:
        """Each button, link and switch, in both directions."""
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(site.page(f"<imh-chat {attributes}></imh-chat>", language=language))
        widget = Widget(page)
        STATES[state](widget)
        small = widget.host.evaluate("""(host) => Array.from(host.shadowRoot.querySelectorAll(
            'button, a, textarea, fieldset label')).map((each) => [each.textContent, each.getBoundingClientRect()])
            .filter(([, box]) => box.width && (box.width < 43.99 || box.height < 43.99))
            .map(([text, box]) => `${text}: ${box.width} x ${box.height}`)""")
        assert small == []

    @pytest.mark.parametrize("width", [320, 390])
    @pytest.mark.parametrize("language", ["en", "es"])
    def test_the_pages_own_links_are_44_pixels(self, demonstration: Widget, width: int, language: str) -> None:
        """911 and 988 as well, short as they are."""
        page = demonstration.page
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(f"{page.url}?language={language}")
        demonstration.field.wait_for()
        small = page.evaluate("""() => Array.from(document.querySelectorAll('a')).filter((a) => {
            const box = a.getBoundingClientRect();
            return box.width < 43.99 || box.height < 43.99;
        }).map((a) => a.textContent)""")
        assert page.locator("a[href='tel:911']").count() and small == []

    @pytest.mark.parametrize("language", ["en", "es"])
    @pytest.mark.parametrize("width", [320, 390, 1024])
    def test_no_number_is_broken_between_two_lines(self, page: Page, site: Site, width: int, language: str) -> None:
        """Those to call, those to text and those in the sentences, in one layout for all lines."""
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(site.page("<imh-chat open></imh-chat>", language=language))
        widget = Widget(page)
        widget.host.locator(".strip button").click()
        lines = widget.host.locator(".all-lines")
        numbers = re.findall(r"1-[\d-]{12}", lines.inner_text())
        whole = lines.locator(".number").evaluate_all(
            "all => all.filter((each) => each.getClientRects().length === 1).map((each) => each.textContent)")
        assert len(numbers) > 7 and whole == numbers
        below = lines.locator("li").evaluate_all("""all => all.map((li) => {
            const [name, number] = ['strong', 'a'].map((tag) => li.querySelector(tag).getBoundingClientRect());
            return number.top >= name.bottom;
        })""")
        assert below == [True] * 7

    @pytest.mark.parametrize(("width", "height"), [(320, 640), (390, 844), (768, 1024), (1440, 900)])
    @pytest.mark.parametrize("language", ["en", "es"])
    def test_the_field_of_the_page_is_in_sight_and_stays_there(self, demonstration: Widget, width: int, height: int,
                                                              language: str) -> None:
        """Without scrolling, before and after an answer, with the beginning of the answer above it."""
        page = demonstration.page
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{page.url}?language={language}")
        expect(demonstration.field).to_be_in_viewport(ratio=1)
        expect(demonstration.send).to_be_in_viewport(ratio=1)
        demonstration.ask("/ask_brain_development")
        assert page.evaluate("() => scrollY") == 0
        expect(demonstration.field).to_be_in_viewport(ratio=1)
        expect(demonstration.answers.locator(".plain")).to_be_in_viewport()

    @pytest.mark.parametrize("size", [(640, 512), (844, 390), (320, 256)], ids=["200 %", "on its side", "400 %"])
    @pytest.mark.parametrize("attributes", ["", 'position="inline"'])
    def test_with_large_letters_a_reply_is_in_sight(self, page: Page, site: Site, size: tuple[int, int],
                                                    attributes: str) -> None:
        """Where everything scrolls as one, it scrolls to the answer's beginning; nobody has to look for it."""
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto(site.page(f"<p>Words.</p><imh-chat open {attributes}></imh-chat>"))
        widget = Widget(page)
        for words in (QUESTION, "/ask_indicators"):
            answer = widget.ask(words)
            top = answer.locator(".plain").evaluate("each => each.getBoundingClientRect().top")
            assert 0 <= top < size[1] * .75, words

    def test_the_field_does_not_make_a_phone_zoom(self, opened: Widget) -> None:
        """16 px or more."""
        assert float(opened.field.evaluate("field => parseFloat(getComputedStyle(field).fontSize)")) >= 16

    def test_a_page_with_small_roots_and_loud_letters_changes_nothing(self, page: Page, site: Site) -> None:
        """A rem of 10 px is common, and what a page says of its text would be inherited through the shadow's border."""
        site.policy = None  # the page styles itself inline here
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(site.page("""<style>html { font-size: 62.5%; } body { font-size: 1.6rem; text-transform: uppercase;
            letter-spacing: .1em; word-spacing: 1em; white-space: nowrap; text-indent: 2em; text-align: right;
            line-height: 3; font-style: italic; text-shadow: 1px 1px red; }</style><imh-chat open></imh-chat>"""))
        widget = Widget(page)
        answer = widget.ask()
        answer.locator("[data-value=up]").click()
        for part in (widget.field, widget.send, answer.locator(".plain"), answer.locator(".word textarea"),
                     answer.locator(".tool").first, answer.locator(".choice").first):
            assert part.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= 16
        assert answer.locator(".plain").evaluate("""e => {
            const is = getComputedStyle(e);
            return [is.textTransform, is.letterSpacing, is.wordSpacing, is.whiteSpace, is.textIndent, is.textAlign,
                is.lineHeight, is.fontStyle, is.textShadow];
        }""") == ["none", "normal", "0px", "normal", "0px", "start", "24px", "normal", "none"]
        assert answer.locator("time").evaluate("e => parseFloat(getComputedStyle(e).fontSize)") > 14
        assert sideways(page) == []

    def test_letters_twice_as_large_fit(self, page: Page, site: Site) -> None:
        """A browser whose text is set to 200 %."""
        page.set_viewport_size({"width": 640, "height": 900})
        page.goto(site.page("<imh-chat></imh-chat>"))
        page.evaluate("() => { document.documentElement.style.fontSize = '32px'; }")
        widget = Widget(page).open()
        widget.ask()
        assert sideways(page) == []

    def test_nothing_moves_for_those_who_asked_for_that(self, opened: Widget, site: Site) -> None:
        """The dots of "looking for an answer" stand still."""
        opened.page.emulate_media(reduced_motion="reduce")
        site.fault = lambda path: "hold" if path.endswith("/webhook") else "pass"
        opened.write(QUESTION)
        expect(opened.typing).to_be_visible()
        assert opened.typing.locator("i").first.evaluate("dot => getComputedStyle(dot).animationName") == "none"

    def test_forced_colours_keep_edges_and_choices(self, opened: Widget) -> None:
        """Bubbles and the chosen thumb have a border when the system takes all backgrounds away."""
        answer = opened.ask()
        opened.page.emulate_media(forced_colors="active")
        thumb = answer.locator("[data-value=up]")
        thumb.click()
        for part in (answer, opened.mine, thumb, opened.send):
            assert part.evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"
        expect(thumb).to_have_attribute("aria-pressed", "true")
        pressed, other = (answer.locator(f"[data-value={value}]").evaluate("e => getComputedStyle(e).backgroundColor")
                          for value in ("up", "down"))
        assert pressed != other, "which of the two is pressed is seen"


def sideways(page: Page) -> list[str]:
    """Elements that are wider than they may be: the page itself, or whatever scrolls from side to side."""
    return page.evaluate("""() => {
        const all = [document.documentElement, ...document.querySelectorAll('body *')];
        for (const chat of document.querySelectorAll('imh-chat')) all.push(...chat.shadowRoot.querySelectorAll('*'));
        const scrolls = (each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 1
            && !['visible', 'hidden', 'clip'].includes(getComputedStyle(each).overflowX);
        const sticksOut = (each) => each.getClientRects().length && each.getBoundingClientRect().right > innerWidth + 1
            && getComputedStyle(each).position !== 'absolute';
        return all.filter((each) => scrolls(each) || sticksOut(each)).map((each) => each.className || each.tagName);
    }""")
