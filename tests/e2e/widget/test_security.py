"""Nothing that anybody types or any server sends becomes more than text, and nothing goes anywhere but to the bot."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import urljoin

import pytest
import yaml
from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.support.server import Server
from tests.support.site import Site
from tests.support.widget import PATIENCE_MS, Widget

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

XSS: list[str] = yaml.safe_load((Path(__file__).with_name("xss.yml")).read_text(encoding="utf-8"))
# Every element that the widget itself makes.
OWN = {"link", "slot", "div", "span", "button", "h2", "fieldset", "legend", "label", "input", "p", "ul", "li", "a",
       "strong", "form", "textarea", "svg", "path", "time", "figure", "blockquote", "figcaption", "i"}


def assert_harmless(page: Page) -> None:
    """No script ran, and no element, listener, style or address is there that the widget does not make itself."""
    assert page.evaluate("() => window.hacked") is None
    found: dict[str, list[str]] = page.evaluate("""() => {
        const all = Array.from(document.querySelectorAll('imh-chat'), (chat) =>
            Array.from(chat.shadowRoot.querySelectorAll('*'))).flat();
        return {
            tags: all.map((each) => each.localName),
            attributes: all.flatMap((each) => each.getAttributeNames()),
            links: all.filter((each) => each.localName === 'a').map((each) => each.getAttribute('href')),
        };
    }""")
    assert set(found["tags"]) <= OWN
    assert not [name for name in found["attributes"] if name.startswith("on") or name in {"style", "src", "srcdoc"}]
    assert {link.split(":")[0] for link in found["links"]} <= {"tel", "sms", "mailto"}


def test_the_corpus_is_large_enough() -> None:
    """Sixty strings at least, no two the same."""
    assert len(set(XSS)) == len(XSS) >= 60


@contextmanager
def kept_by_others(page: Page) -> Iterator[None]:
    """A page of the same site without a widget, in the same tab, and back: the widget keeps what it has when it is left,
    so that whatever is put into its storage while it is there is lost."""
    address = page.url
    page.goto(urljoin(address, "/a page without a widget"))
    yield
    page.goto(address)


class TestText:
    """Messages, history, attributes, replies."""

    @pytest.mark.parametrize("strings", [XSS[:40], XSS[40:]], ids=["the first 40", "the others"])
    def test_what_is_typed_is_text(self, opened: Widget, strings: list[str]) -> None:
        """Each string is seen as it was typed, and answered by the real bot."""
        for number, words in enumerate(strings, start=1):
            opened.ask(words)
            expect(opened.mine.last.locator(".plain")).to_have_text(words.strip())
            assert opened.mine.count() == number
        assert_harmless(opened.page)

    def test_what_is_kept_is_text(self, opened: Widget) -> None:
        """The same after a reload, out of the tab's storage, for every string."""
        opened.ask()
        with kept_by_others(opened.page):
            opened.page.evaluate("""(strings) => {
            const [key] = Object.keys(sessionStorage);
            const state = JSON.parse(sessionStorage.getItem(key));
            const [mine, theirs] = state.entries;
            state.entries = strings.flatMap((text, number) => [
                { ...mine, id: `m${number}`, text, shown: number % 2 ? text : null, language: text, status: 'sent' }]);
            sessionStorage.setItem(key, JSON.stringify(state));
        }""", XSS)
        expect(opened.mine).to_have_count(len(XSS))
        assert opened.mine.locator(".plain").all_text_contents() == XSS
        assert_harmless(opened.page)

    def test_replies_that_are_kept_are_text(self, opened: Widget) -> None:
        """What a server sent is kept in the tab as well: every string in every place of a reply, read from there."""
        opened.ask()
        with kept_by_others(opened.page):
            opened.page.evaluate("""(replies) => {
            const [key] = Object.keys(sessionStorage);
            const state = JSON.parse(sessionStorage.getItem(key));
            const [, theirs] = state.entries;
            state.entries = replies.map((parts, number) => ({ ...theirs, id: `t${number}`, parts, at: parts[0].text,
                rated: { [parts[0].text]: parts[0].text } }));
            sessionStorage.setItem(key, JSON.stringify(state));
        }""", [hostile(words) for words in XSS])
        expect(opened.theirs).to_have_count(2 * len(XSS))
        assert opened.theirs.locator(".plain").all_text_contents() == [words for words in XSS for _ in range(2)]
        expect(opened.theirs.last.locator(".thumbs")).to_be_attached()
        for marker in opened.host.locator(".marker").all()[:5]:
            marker.click()
        assert_harmless(opened.page)

    @pytest.mark.parametrize("kept", ["null", "[]", "{", "7", '{"version": 1}',
                                      '{"version": 1, "entries": [null, 7, {}]}',
                                      '{"version": 1, "entries": [{"who": "bot"}, {"who": "you", "text": {}}]}'])
    def test_a_broken_storage_is_a_new_conversation(self, widget: Widget, kept: str) -> None:
        """Whatever another script of the site has put there."""
        widget.open().ask()
        with kept_by_others(widget.page):
            widget.page.evaluate("(kept) => sessionStorage.setItem(Object.keys(sessionStorage)[0], kept)", kept)
        expect(widget.launcher.or_(widget.panel).filter(visible=True).first).to_be_visible(timeout=PATIENCE_MS)
        if widget.launcher.is_visible():
            widget.open()
        widget.ask("what is infant mental health")

    def test_a_title_is_text(self, page: Page, site: Site) -> None:
        """As an attribute in the page, and set later."""
        page.goto(site.page("<imh-chat open></imh-chat>"))
        widget = Widget(page)
        heading = widget.host.locator("h2")
        for words in XSS:
            page.evaluate("(title) => document.querySelector('imh-chat').setAttribute('title', title)", words)
            assert heading.text_content() == words
        assert_harmless(page)

    def test_other_attributes_are_text(self, page: Page, site: Site) -> None:
        """Whatever stands in them, the widget comes up."""
        page.goto(site.page("<p>Words.</p>"))
        # The page has loaded before its element is known: what it is made of is asked for only then.
        page.evaluate("() => customElements.whenDefined('imh-chat').then(() => null)")
        for words in XSS:
            page.evaluate("""(words) => {
                const chat = document.createElement('imh-chat');
                for (const name of ['audience', 'language', 'position', 'server', 'id']) chat.setAttribute(name, words);
                document.querySelector('main').replaceChildren(chat);
            }""", words)
            assert page.evaluate("() => document.querySelector('imh-chat').shadowRoot.querySelector('.panel') !== null")
        assert_harmless(page)

    def test_what_a_server_sends_is_text(self, page: Page, site: Site) -> None:
        """In every field of every kind of message, titles of choices, numbers to call and addresses included."""
        page.goto(site.page("<imh-chat open></imh-chat>"))
        widget = Widget(page)
        strings = iter(XSS)
        page.route("**/webhooks/web/webhook", lambda route: route.fulfill(json=hostile(next(strings))))
        for words in XSS:
            widget.write("hello")
            expect(widget.theirs.last.locator(".plain")).to_have_text(words, timeout=PATIENCE_MS)
            expect(widget.mine.last.locator(".state")).to_have_text("")
        page.wait_for_timeout(200)
        for marker in widget.host.locator(".marker").all()[:5]:
            marker.click()
        assert_harmless(page)

    @pytest.mark.parametrize("reply", [
        [], {}, "hello", None, 7, [7], [[]], [{"text": "x"}], [{"custom": 7}], [{"custom": None}],
    ], ids=repr)
    def test_a_reply_that_is_none_is_a_failure(self, page: Page, site: Site, reply: Any) -> None:
        """The widget says so and goes on trying; it does not break."""
        page.goto(site.page("<imh-chat open></imh-chat>"))
        widget = Widget(page)
        page.route("**/webhooks/web/webhook", lambda route: route.fulfill(json=reply))
        widget.write("hello")
        expect(widget.trouble).to_be_visible(timeout=PATIENCE_MS)
        page.unroute("**/webhooks/web/webhook")
        expect(widget.theirs).not_to_have_count(0, timeout=PATIENCE_MS)

    @pytest.mark.parametrize("custom", [
        {}, {"kind": 7, "plain": 7, "language": []},
        {"kind": "answer", "id": {}, "quote": "x", "source": 7, "citations": {}},
        {"kind": "answer", "quote": {"text": None}, "citations": [None, 7, {"number": {}}], "contacts": [{}, None]},
        {"kind": "crisis", "lines": [{}, None, {"phone": 7, "sms": {}}]}, {"kind": "__proto__"}, {"kind": "a b c"},
    ], ids=repr)
    def test_a_reply_with_odd_parts_is_shown_as_far_as_it_goes(self, page: Page, site: Site, custom: Any) -> None:
        """Its text at least."""
        page.goto(site.page("<imh-chat open></imh-chat>"))
        widget = Widget(page)
        reply = [{"text": "Some words", "custom": custom}]
        page.route("**/webhooks/web/webhook", lambda route: route.fulfill(json=reply))
        widget.write("hello")
        expect(widget.theirs).to_contain_text("Some words", timeout=PATIENCE_MS)
        widget.page.wait_for_timeout(100)
        assert_harmless(page)


def hostile(words: str) -> list[dict[str, Any]]:
    """A reply that carries the same string in every place where a string can stand."""
    line = {"name": words, "phone": words, "display": words, "sms": words, "when": words}
    custom = {"kind": words, "topic": words, "audience": words, "language": words, "id": words, "plain": words,
              "reminder": f"{words} 988 {words}",
              "quote": {"text": words, "passages": [words], "translation": words},
              "source": {"brief": words, "title": words, "publisher": words},
              "citations": [{"number": words, "reference": words}],
              "contacts": [{"name": words, "phone": words, "display": words, "email": words}],
              "related": [{"topic": words, "title": words}], "lines": [line]}
    return [{"recipient_id": words, "text": words, "buttons": [{"title": words, "payload": words}], "custom": each}
            for each in ({**custom, "kind": "crisis"}, {**custom, "kind": "answer"})]


class TestTraffic:
    """What goes over the line."""

    def test_nothing_goes_anywhere_else(self, page: Page, site: Site, context: BrowserContext) -> None:
        """A whole conversation, under the strict policy: the site and the bot on it, no cookie, no report."""
        seen: list[Request] = []
        consoled: list[str] = []
        page.on("request", lambda request: seen.append(request))
        page.on("console", lambda message: consoled.append(message.text))
        page.goto(site.page("<imh-chat></imh-chat>"))
        widget = Widget(page).open()
        widget.ask().get_by_role("button", name="Helpful", exact=True).click()
        widget.ask("i want to kill myself")
        widget.host.get_by_role("button", name="Español").click()
        widget.ask("/ask_indicators")
        assert {request.url.split("/")[2] for request in seen} == {site.origin.split("/")[2]}
        assert site.reports == [] and [line for line in consoled if "Content Security" in line] == []
        assert context.cookies() == []
        assert page.evaluate("() => localStorage.length") == 0
        told = [request for request in seen if request.method == "POST"]
        assert told and not [request for request in told if {"cookie", "referer"} & set(request.all_headers())]

    def test_the_policy_reports_what_breaks_it(self, page: Page, site: Site) -> None:
        """Or an empty report would say nothing."""
        page.goto(site.page("<imh-chat></imh-chat><p style='color: red'>x</p><script>window.ran = 1</script>"))
        Widget(page).launcher.wait_for()
        page.wait_for_timeout(300)
        assert len(site.reports) >= 2
        assert page.evaluate("() => window.ran") is None

    def test_the_demonstration_page_is_alone_with_its_server(self, page: Page, server: Server) -> None:
        """Under the policy that the server sets itself."""
        seen: list[str] = []
        consoled: list[str] = []
        page.on("request", lambda request: seen.append(request.url))
        page.on("console", lambda message: consoled.append(message.text))
        page.goto(str(server.client.base_url.join("/webhooks/web/")))
        widget = Widget(page)
        widget.ask()
        assert {address.split("/")[2] for address in seen} == {f"127.0.0.1:{server.port}"}
        assert consoled == []


class TestOrigins:
    """Which sites may speak with a bot that is somewhere else."""

    @pytest.fixture
    def allowing(self, trained: Path, tmp_path: Path) -> Iterator[tuple[Server, Site]]:
        """A bot that allows one site, and that site."""
        with Site("http://127.0.0.1:9") as site:
            with Server(tmp_path, environment={"IMH_ALLOWED_ORIGINS": site.origin}) as server:
                yield server, site

    def test_a_named_site_embeds_it_with_two_lines(self, page: Page, allowing: tuple[Server, Site]) -> None:
        """Script and element from another origin, under a policy that names the bot; everything works."""
        server, site = allowing
        bot = f"http://127.0.0.1:{server.port}"
        site.policy = f"default-src 'none'; script-src {bot}; style-src {bot}; connect-src {bot}"
        page.goto(site.page(f'<imh-chat server="{bot}"></imh-chat>', server=bot))
        widget = Widget(page).open()
        widget.ask().get_by_role("button", name="Helpful", exact=True).click()
        widget.ask("says who?")
        widget.options()
        widget.host.get_by_role("button", name="End and erase").click()
        widget.host.get_by_role("button", name="Yes, erase it").click()
        expect(widget.log).to_contain_text("was erased")
        assert site.reports == [] and site.asked == []

    def test_another_site_gets_nothing(self, page: Page, allowing: tuple[Server, Site]) -> None:
        """The script is not even loaded; the page's own form, if it has one, stays."""
        server, _ = allowing
        bot = f"http://127.0.0.1:{server.port}"
        with Site(bot) as other:
            page.goto(other.page("<imh-chat><p>The form.</p></imh-chat>", server=bot))
            expect(page.get_by_text("The form.")).to_be_visible()
            assert page.evaluate("() => Boolean(customElements.get('imh-chat'))") is False
            answer = page.evaluate("""(bot) => fetch(`${bot}/webhooks/web/session`, {method: 'POST'})
                .then(() => 'read', () => 'refused')""", bot)
            assert answer == "refused"

    def test_a_foreign_form_cannot_bring_its_own_id(self, page: Page, server: Server, site: Site) -> None:
        """The page that answers it belongs to a new conversation, which the form's author does not know."""
        known = server.client.post("/webhooks/web/session").json()["sender"]
        site.policy = None
        page.goto(site.page(f'<form method="post" action="{server.client.base_url.join("/webhooks/web/")}">'
                            f'<input name="sender" value="{known}"><input name="message" value="hello">'
                            '<button>x</button></form>'))
        page.route("**/widget/imh-chat.js", lambda route: route.abort())
        page.get_by_role("button", name="x").click()
        sender = page.locator("imh-chat input[name=sender]").first.get_attribute("value")
        assert sender and sender != known
