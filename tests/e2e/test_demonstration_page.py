"""The demonstration page in a browser without JavaScript: asked, answered, chosen from, escaped, and self-contained."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from bot.knowledge import Knowledge
from tests.support.history import said
from tests.support.page import Page
from tests.support.server import Server

pytestmark = pytest.mark.e2e

ADDRESS = "/webhooks/web/"
QUESTION = "does how i react to her change how her brain grows"
XSS = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)", "</textarea><b>x</b>",
       "</article></main><form action=https://evil.example>", "{{ 7*7 }}{% include 'x' %}", "javascript:alert(1)"]


# The one script of the page: the widget, which takes the place of the form where scripts run.
OWN_SCRIPT = {"type": "module", "src": "widget/imh-chat.js"}


def opened(server: Server, **headers: str) -> Page:
    """The page as it is first seen."""
    return read(server.client.get(ADDRESS, headers=headers))


def read(response: httpx.Response, status: int = 200) -> Page:
    """A page out of a response; fails where it is none."""
    assert response.status_code == status, response.text[:500]
    assert response.headers["content-type"] == "text/html; charset=utf-8", response.text[:300]
    assert "Traceback" not in response.text
    return Page(response.text)


def sent(server: Server, fields: Any, action: str = "./") -> httpx.Response:
    """A form sent to where it belongs."""
    return server.client.post(urljoin(ADDRESS, action), data=dict(fields))


def asked(server: Server, message: str, page: Page | None = None, **fields: str) -> Page:
    """The page that answers a question typed into the form of another."""
    form = (page or opened(server)).question_form
    return read(sent(server, {**form.fields, "message": message, **fields}, form.action))


def assert_nothing_smuggled(page: Page) -> None:
    """The page holds no element, attribute or form that is not its own."""
    assert not {"img", "b", "iframe"} & {tag for tag, _ in page.tags}
    assert [given for tag, given in page.tags if tag == "script"] == [OWN_SCRIPT]
    assert not [name for _, given in page.tags for name in given if name.startswith("on")]
    assert {form.action for form in page.forms} == {"./"}


class TestOpened:
    """What somebody sees who comes for the first time."""

    @pytest.mark.parametrize("path", ["/", ADDRESS, "/webhooks/web"])
    def test_it_is_where_people_look_for_it(self, server: Server, path: str) -> None:
        """At the root too."""
        page = read(server.client.get(path, follow_redirects=True))
        assert page.question_form.method == "post"

    @pytest.mark.parametrize(("accepted", "language", "words"), [
        ("en-US,en;q=0.9", "en", "Your question"), ("es-MX,es;q=0.9,en;q=0.8", "es", "Su pregunta"),
        ("es", "es", "Su pregunta"), ("en,es;q=0.5", "en", "Your question"), ("fr-FR", "en", "Your question"),
        ("", "en", "Your question"), ("*;q=nonsense,,;", "en", "Your question"),
    ])
    def test_it_speaks_the_browsers_language(self, server: Server, accepted: str, language: str, words: str) -> None:
        """English or Spanish, English where neither is asked for; the switch stands accordingly."""
        page = opened(server, **{"Accept-Language": accepted})
        assert dict(page.tags)["html"]["lang"] == language
        assert words in page.words
        assert page.question_form.fields["language"] == language

    @pytest.mark.parametrize(("path", "language", "words"), [("?language=es", "es", "Su pregunta"),
                                                             ("?language=en", "en", "Your question"),
                                                             ("?language=fr", "en", "Your question")])
    def test_its_language_can_be_chosen(self, server: Server, path: str, language: str, words: str) -> None:
        """By its own links, whatever the browser asks for; what is no language of ours changes nothing."""
        page = read(server.client.get(f"{ADDRESS}{path}", headers={"Accept-Language": "es" if language == "en" and
                                                                   "fr" not in path else "en"}))
        assert dict(page.tags)["html"]["lang"] == language and words in page.words
        assert {"?language=en", "?language=es"} <= set(page.links())

    def test_it_says_who_is_behind_it_and_what_is_kept(self, server: Server, knowledge: Knowledge) -> None:
        """The brief with its sources, no account and no cookie, all crisis lines as links."""
        page = opened(server)
        assert "Issues Brief No. 1" in page.words and "no cookie" in page.words and "Shore, R. (1997)" in page.words
        assert {f"tel:{line.phone}" for line in knowledge.crisis.lines.values()} <= set(page.links())
        assert not server.client.get(ADDRESS).headers.get("set-cookie")

    def test_its_id_is_a_signed_one(self, server: Server) -> None:
        """What is written into the form can be erased."""
        sender = opened(server).question_form.fields["sender"]
        assert server.client.post(f"{ADDRESS}erase", json={"sender": sender}).status_code == 200

    def test_its_form_posts_to_its_own_address(self, server: Server) -> None:
        """From the root as well; no script is needed for it."""
        page = opened(server)
        for form in page.forms:
            assert (form.method, urljoin(ADDRESS, form.action)) == ("post", ADDRESS)

    def test_it_says_what_it_is_and_whom_to_call(self, server: Server) -> None:
        """Not a person, not watched, 911, 988 and the office."""
        page = opened(server)
        assert "not a person" in page.words and "911" in page.words and "988" in page.words
        assert {"tel:+15053317138", "mailto:info@nmaimh.org"} <= set(page.links())

    def test_two_visitors_are_two_conversations(self, server: Server) -> None:
        """Each page that is opened has an id of its own."""
        assert opened(server).question_form.fields["sender"] != opened(server).question_form.fields["sender"]

    def test_it_offers_questions_to_begin_with(self, server: Server) -> None:
        """As buttons that are answered."""
        page = opened(server)
        form, *_ = [form for form in page.forms if "message" not in form.fields]
        assert len(form.buttons) == 3
        answered = read(sent(server, form.pressed(form.buttons[0][2]), form.action))
        assert answered.article("answer")

    @pytest.mark.parametrize("question", [None, QUESTION, "i want to kill myself"])
    def test_a_browser_fetches_nothing_for_it(self, server: Server, question: str | None) -> None:
        """But its own widget's files, which are there; links go to numbers, addresses and the page itself."""
        page = asked(server, question) if question else opened(server)
        for address in set(page.fetched()):
            assert re.fullmatch(r"widget/[a-z-]+\.(js|css|svg)", address), address
            response = server.client.get(urljoin(ADDRESS, address))
            assert response.status_code == 200
            assert not re.search(r"@import|url\(", response.text)
        assert not re.search(r"@import|url\(|<style", page.html)
        assert {urlsplit(link).scheme for link in page.links() if not link.startswith("?language=")} <= {
            "tel", "mailto", "sms"}
        assert not [value for _, given in page.tags for value in given.values() if "//" in value]


class TestAnswered:
    """The page that comes back."""

    def test_it_shows_all_parts_of_an_answer(self, server: Server, knowledge: Knowledge) -> None:
        """Plain words, the brief's own as a quotation, source, citation, contact as links, and the notice."""
        page = asked(server, QUESTION)
        topic = knowledge.topics["brain_development"]
        answer = page.article("answer")
        for words in (topic.wording("en", "parent").plain, knowledge.quotation(topic.brief, topic.passages),
                      "Infant Mental Health Fundamentals, NMAIMH", "[2] Shore, R. (1997). "):
            assert words in answer
        (quotation,) = re.findall(r"<blockquote[^>]*>(.*?)</blockquote>", page.html, flags=re.S)
        assert html.unescape(quotation) == knowledge.quotation(topic.brief, topic.passages)
        assert page.links().count("tel:+15053317138") >= 2 and page.links().count("mailto:info@nmaimh.org") >= 2
        assert "computer program" in page.article("notice")
        assert QUESTION in page.article("asked")

    @pytest.mark.parametrize("topic", ["risk_or_protective", "contact", "references", "define_imh", "about_nmaimh"])
    def test_every_kind_of_answer_can_be_shown(self, server: Server, topic: str) -> None:
        """With and without a citation, with two numbers for one source."""
        assert asked(server, f"/ask_{topic}").article("answer")

    @pytest.mark.parametrize(("message", "kind"), [
        ("i want to kill myself", "crisis"), ("hello", "smalltalk"), ("families and stuff", "clarify"),
        ("how much tylenol can I give a 4 month old", "out_of_scope"), ("what is infant mental health", "answer"),
    ])
    def test_every_kind_of_message_can_be_shown(self, server: Server, message: str, kind: str) -> None:
        """In English and in Spanish."""
        for language in ("en", "es"):
            assert asked(server, message, language=language).article(kind).strip()

    @pytest.mark.parametrize(("message", "number"), [
        ("i want to kill myself", "988"), ("my baby is not breathing", "911"),
        ("my toddler just drank some bleach", "+18002221222"),
    ])
    def test_crisis_lines_can_be_tapped(self, server: Server, message: str, number: str) -> None:
        """The one that fits is the first link of the page; where a line takes texts, that is a link too."""
        page = asked(server, message)
        assert [link for link in page.links() if not link.startswith("?language=")][0] == f"tel:{number}"
        assert number != "988" or "sms:988" in page.links()

    def test_its_choices_are_buttons_that_work(self, server: Server) -> None:
        """Each one of them, in the same conversation."""
        page = asked(server, QUESTION)
        form, *_ = [form for form in page.forms if "message" not in form.fields]
        assert [name for name, *_ in form.buttons] == ["message"] * 3
        for _, payload, title in form.buttons:
            after = read(sent(server, form.pressed(title), form.action))
            assert after.article("answer")
            assert "notice" not in [kind for kind, _ in after.articles]
            assert payload not in after.words
        assert said(server.var_dir, form.fields["sender"])[1:] == [payload for _, payload, _ in form.buttons]

    def test_the_conversation_goes_on_from_page_to_page(self, server: Server) -> None:
        """"Says who?" on the second page means the answer on the first."""
        page = asked(server, "says who?", asked(server, QUESTION))
        assert "Shore, R. (1997)" in page.article("answer")
        assert "notice" not in [kind for kind, _ in page.articles]

    def test_the_switches_stay_where_they_were_put(self, server: Server) -> None:
        """Language and audience are kept for the next question, and the answer follows them."""
        page = asked(server, "/ask_indicators", language="es", audience="provider")
        assert page.question_form.fields["language"] == "es" and page.question_form.fields["audience"] == "provider"
        assert dict(page.tags)["html"]["lang"] == "es" and "Su pregunta" in page.words
        assert [given["lang"] for tag, given in page.tags if tag == "article" and given["class"] == "answer"] == ["es"]

    def test_two_answers_are_two_articles(self, server: Server) -> None:
        """Each with its own quotation."""
        page = asked(server, "What are signs of good mental health in a baby? And how do I reach somebody at NMAIMH by "
                             "phone?")
        assert [kind for kind, _ in page.articles] == ["asked", "answer", "answer", "notice"]

    @pytest.mark.parametrize("text", XSS)
    def test_what_people_type_is_only_text(self, server: Server, text: str) -> None:
        """It is shown as it was typed, and makes no element, attribute or expression of its own."""
        page = asked(server, f"hello {text}")
        assert f"hello {text}" in page.article("asked")
        assert_nothing_smuggled(page)

    @pytest.mark.parametrize("field", ["sender", "language", "audience"])
    @pytest.mark.parametrize("text", XSS)
    def test_hidden_fields_are_only_text(self, server: Server, field: str, text: str) -> None:
        """Whatever somebody puts into them: taken and shown back as it is, or refused with a page."""
        response = sent(server, {"message": "hello", "sender": "x", "language": "en", "audience": "", field: text})
        assert response.status_code in {200, 400}
        page = read(response, response.status_code)
        assert_nothing_smuggled(page)
        if field == "sender" and response.status_code == 200:
            assert {form.fields["sender"] for form in page.forms} == {text}


class TestRefused:
    """What a browser is shown where there is no answer."""

    @pytest.mark.parametrize(("fields", "words"), [
        ({"message": ""}, "write a message"), ({"message": "   "}, "write a message"), ({}, "write a message"),
        ({"message": "x" * 2001}, "too long"), ({"message": "hello", "sender": "x" * 129}, "id is not one"),
        ({"message": "hello", "language": "fr"}, "not ones that I can use"),
        ({"message": "hello", "audience": "child"}, "not ones that I can use"),
        ({"message": "\ud800".encode("utf-8", "surrogatepass")}, ""),
    ], ids=["empty", "blank", "nothing", "too long", "sender", "language", "audience", "no text"])
    def test_an_error_is_a_page(self, server: Server, fields: dict[str, Any], words: str) -> None:
        """In plain words, with the form to try again."""
        response = sent(server, fields)
        assert response.status_code in ({200, 400} if not words else {400})
        page = read(response, response.status_code)
        assert page.question_form.fields["sender"]
        assert not words or words in page.article("error")

    def test_an_id_that_another_site_brings_is_not_used(self, server: Server) -> None:
        """Its author could read along from then on; the browser says where the form came from."""
        known = opened(server).question_form.fields["sender"]
        for site, kept in (("cross-site", False), ("same-site", False), ("same-origin", True), ("none", True)):
            response = server.client.post(ADDRESS, data={"message": "hello", "sender": known},
                                          headers={"Sec-Fetch-Site": site})
            assert (read(response).question_form.fields["sender"] == known) is kept

    def test_an_error_is_in_the_pages_language(self, server: Server) -> None:
        """And the page stays in it."""
        page = read(sent(server, {"message": "", "language": "es"}), 400)
        assert "escriba" in page.article("error") and page.question_form.fields["language"] == "es"

    def test_an_empty_message_does_not_end_the_conversation(self, server: Server) -> None:
        """The page that complains belongs to the same conversation."""
        page = asked(server, QUESTION)
        form = page.question_form
        complaint = read(sent(server, {**form.fields, "message": ""}), 400)
        assert complaint.question_form.fields["sender"] == form.fields["sender"]
        assert "Shore, R. (1997)" in asked(server, "says who?", complaint).article("answer")

    @pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data",
                                              "multipart/form-data; boundary=x",
                                              "application/x-www-form-urlencoded; charset=nonsense"])
    @pytest.mark.parametrize("body", [
        b"", b"message=%ff%fe", b"\xff\xfe\x00", b"--x\r\n\r\n--x--\r\n", b"message=a&" * 500,
    ], ids=["nothing", "no UTF-8", "bytes", "an empty part", "repeated"])
    def test_a_form_that_is_none_is_refused(self, server: Server, content_type: str, body: bytes) -> None:
        """Never with an error of the server's own."""
        response = server.client.post(ADDRESS, content=body, headers={"Content-Type": content_type})
        assert response.status_code in {200, 400}, response.text[:300]
        read(response, response.status_code)
