"""The web channel keeps its contract: the shape of replies, ids, errors, headers, and what a limit does not touch."""

from __future__ import annotations

import json
import re
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Iterable, Mapping

import httpx
import pytest

from bot.knowledge import CONTENT, Knowledge
from bot.settings import Settings
from tests.support.history import said
from tests.support.server import Server

pytestmark = pytest.mark.e2e

WEBHOOK = "/webhooks/web/webhook"
MAX_BODY_BYTES = 16 * 1024
JSON_TYPE = {"Content-Type": "application/json"}
TOPICS = sorted(path.stem for path in (CONTENT / "topics").glob("*.yml"))

QUESTION = "what is infant mental health"
OUT_OF_SCOPE = "how much tylenol can I give a 4 month old"
# One of them at least is too vague for any model.
VAGUE = ("hmm baby stuff i guess", "the baby thing", "something with babies and grown ups i think", "kids and so on")

MESSAGE_KEYS = {"recipient_id", "text", "buttons", "custom"}
COMMON_KEYS = {"kind", "topic", "audience", "language", "id", "plain"}
KEYS = {
    "answer": COMMON_KEYS | {"quote", "source", "citations", "contacts", "related"},
    "crisis": COMMON_KEYS | {"lines", "related"},
    "clarify": COMMON_KEYS | {"choices"},
    "out_of_scope": COMMON_KEYS | {"contacts", "related"},
    "smalltalk": COMMON_KEYS | {"related"},
    "notice": COMMON_KEYS | {"related"},
}
LINE_KEYS = {"name", "phone", "display", "sms", "when"}


def post(server: Server, body: Any, **headers: str) -> httpx.Response:
    """Send a body as it is where it is bytes, else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return server.client.post(WEBHOOK, content=content, headers={**JSON_TYPE, **headers})


def assert_error(response: httpx.Response, status: int, code: str | None = None) -> Mapping[str, Any]:
    """The error body of the contract, in words that a person understands; returns it."""
    assert response.status_code == status, response.text[:500]
    assert response.headers["content-type"].split(";")[0] == "application/json"
    body = response.json()
    assert set(body["error"]) == {"code", "message"}
    assert code is None or body["error"]["code"] == code
    message = body["error"]["message"]
    assert re.fullmatch(r"[A-ZÁÉÍÓÚÑ¡¿][^{}<>_]{14,}[.!]", message), message
    assert "Traceback" not in response.text and ".py" not in response.text
    return body


def padded(size: int) -> bytes:
    """A good message in a body of exactly `size` bytes."""
    body = {"sender": uuid.uuid4().hex, "message": QUESTION, "padding": ""}
    return json.dumps({**body, "padding": "x" * (size - len(json.dumps(body)))}).encode()


class TestShape:
    """What a reply looks like."""

    @pytest.mark.parametrize("topic", TOPICS)
    def test_a_buttons_payload_is_answered_on_its_topic(self, server: Server, sender: str, knowledge: Knowledge,
                                                         topic: str) -> None:
        """With every key of the contract, the brief's words, its source, its citations and the office's contact."""
        told = knowledge.topics[topic]
        brief = knowledge.briefs[told.brief]
        answer, notice = server.say(f"/ask_{topic}", sender=sender)
        custom = answer["custom"]
        assert set(answer) == set(notice) == MESSAGE_KEYS
        assert (custom["kind"], custom["topic"]) == ("answer", topic)
        assert set(custom) == KEYS["answer"]
        assert set(custom["quote"]) == {"text", "passages", "translation"}
        assert set(custom["quote"]["passages"]) <= set(told.passages)
        assert custom["quote"]["text"] == knowledge.quotation(told.brief, custom["quote"]["passages"])
        assert custom["source"] == {"brief": brief.id, "title": brief.title, "publisher": brief.publisher}
        assert [citation["number"] for citation in custom["citations"]] == list(told.cites)
        assert custom["contacts"][0] == {"name": "NMAIMH", "phone": "+15053317138", "display": "(505) 331-7138",
                                         "email": "info@nmaimh.org"}
        assert [related["topic"] for related in custom["related"]] == list(told.related)
        assert answer["buttons"] == [{"title": related["title"], "payload": f"/ask_{related['topic']}"}
                                     for related in custom["related"]]
        for words in (custom["plain"], custom["quote"]["text"], brief.publisher, "(505) 331-7138", "info@nmaimh.org",
                      *(citation["reference"] for citation in custom["citations"])):
            assert words in answer["text"]

    def test_a_citation_is_a_number_and_its_reference(self, server: Server, sender: str) -> None:
        """And nothing else: the short form is for text messages."""
        answer = server.say("/ask_brain_development", sender=sender)[0]
        (citation,) = answer["custom"]["citations"]
        assert set(citation) == {"number", "reference"}
        assert citation["number"] == 2 and citation["reference"].startswith("Shore, R. (1997). ")

    @pytest.mark.parametrize(("kind", "messages"), [
        ("answer", (QUESTION,)), ("crisis", ("i want to kill myself",)), ("clarify", VAGUE),
        ("out_of_scope", (OUT_OF_SCOPE,)), ("smalltalk", ("hello",)),
    ])
    def test_each_kind_has_its_keys(self, server: Server, kind: str, messages: tuple[str, ...]) -> None:
        """`topic` is null unless it is an answer; the notice that follows is a message of its own."""
        first, notice = self.first_of(server, kind, messages)
        for message, expected in ((first, kind), (notice, "notice")):
            custom = message["custom"]
            assert custom["kind"] == expected
            assert set(message) == MESSAGE_KEYS
            # Small talk may name the office.
            assert set(custom) - {"contacts"} == KEYS[expected] - {"contacts"}
            assert (custom["topic"] is None) == (expected != "answer")
            assert custom["audience"] == "parent" and custom["language"] == "en"
            assert custom["id"] and custom["plain"] and message["text"]
            assert message["recipient_id"] == first["recipient_id"]
        assert first["custom"]["id"] != notice["custom"]["id"]

    def test_choices_are_buttons_best_first_and_at_most_three(self, server: Server) -> None:
        """A clarify message carries the same topics as choices and as payloads."""
        message, _ = self.first_of(server, "clarify", VAGUE)
        choices = message["custom"]["choices"]
        assert 1 <= len(choices) <= 3
        assert all(set(choice) == {"topic", "title"} for choice in choices)
        assert message["buttons"] == [{"title": choice["title"], "payload": f"/ask_{choice['topic']}"}
                                      for choice in choices]

    def test_a_question_out_of_scope_gets_the_contact(self, server: Server, sender: str) -> None:
        """Nobody is left with a refusal alone."""
        message = server.say(OUT_OF_SCOPE, sender=sender)[0]
        assert message["custom"]["contacts"][0]["phone"] == "+15053317138"
        assert "(505) 331-7138" in message["text"]

    @pytest.mark.parametrize(("message", "first"), [
        ("i want to kill myself", "988"), ("my baby is not breathing", "911"),
        ("my toddler just drank some bleach", "1-800-222-1222"), ("ya no quiero vivir", "988"),
    ])
    def test_crisis_lines_fit_the_danger(self, server: Server, sender: str, message: str, first: str) -> None:
        """The best one first, each with its keys, each in the text as well."""
        crisis = server.say(message, sender=sender)[0]
        lines = crisis["custom"]["lines"]
        assert lines[0]["display"] == first
        assert all(set(line) == LINE_KEYS for line in lines)
        assert all(line["display"] in crisis["text"] for line in lines)

    def test_the_line_for_a_child_in_danger_says_how_a_cell_phone_reaches_it(self, server: Server, sender: str) -> None:
        """#SAFE, which YAML would take for a comment."""
        lines = server.say("i suspect the child is being abused by her uncle", sender=sender)[0]["custom"]["lines"]
        assert (lines[0]["display"], lines[0]["phone"]) == ("1-855-333-7233", "+18553337233")
        assert "#SAFE" in lines[0]["when"]

    def test_two_questions_get_two_answers(self, server: Server, sender: str) -> None:
        """Each with its own quotation and id."""
        *answers, notice = server.say("What are signs of good mental health in a baby? And how do I reach somebody at "
                                      "NMAIMH by phone?", sender=sender)
        assert [answer["custom"]["topic"] for answer in answers] == ["indicators", "contact"]
        assert len({message["custom"]["id"] for message in (*answers, notice)}) == 3

    @staticmethod
    def first_of(server: Server, kind: str, messages: Iterable[str]) -> list[dict[str, Any]]:
        """The reply to the first of these messages that is answered with a message of this kind."""
        replies = [server.say(message, sender=uuid.uuid4().hex) for message in messages]
        return next(reply for reply in replies if reply[0]["custom"]["kind"] == kind)


class TestIds:
    """Who speaks, and which message came before."""

    def test_a_missing_sender_is_given_one(self, server: Server) -> None:
        """Nobody can guess it, and the conversation goes on under it."""
        first, second = (post(server, {"message": QUESTION}).json() for _ in range(2))
        given = first[0]["recipient_id"]
        assert len(given) >= 22 and given != second[0]["recipient_id"]
        assert server.say("says who?", sender=given)[0]["custom"]["topic"] == "references"

    def test_two_senders_are_kept_apart(self, server: Server) -> None:
        """What one was answered is nothing that the other can ask about."""
        one, other = uuid.uuid4().hex, uuid.uuid4().hex
        server.say(QUESTION, sender=one)
        server.say("hello", sender=other)
        assert server.say("says who?", sender=one)[0]["custom"]["topic"] == "references"
        assert server.say("says who?", sender=other)[0]["custom"]["kind"] == "smalltalk"

    def test_a_repeated_message_id_gets_the_same_reply(self, server: Server, sender: str) -> None:
        """To the byte, even where the words changed, and it stands in the history once."""
        bodies = [post(server, {"sender": sender, "message": message, "metadata": {"message_id": "m-1"}})
                  for message in (QUESTION, QUESTION, "hello")]
        assert {body.status_code for body in bodies} == {200}
        assert len({body.content for body in bodies}) == 1
        assert said(server.var_dir, sender) == [QUESTION]

    def test_two_deliveries_at_once_are_one_message(self, server: Server, sender: str) -> None:
        """A gateway that repeats itself before the first answer is there."""
        start = threading.Barrier(4)

        def deliver(_: int) -> httpx.Response:
            with httpx.Client(base_url=server.client.base_url, timeout=30, trust_env=False) as client:
                start.wait()
                return client.post(WEBHOOK, json={"sender": sender, "message": QUESTION,
                                                  "metadata": {"message_id": "same"}})

        with ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(deliver, range(4)))
        assert [reply.status_code for reply in replies] == [200] * 4
        assert len({reply.content for reply in replies}) == 1
        assert said(server.var_dir, sender) == [QUESTION]

    def test_a_message_id_belongs_to_its_sender(self, server: Server) -> None:
        """Two people whose clients count from 1 do not get each other's replies."""
        one, other = uuid.uuid4().hex, uuid.uuid4().hex
        server.say(QUESTION, sender=one, message_id="1")
        reply = server.say("/ask_contact", sender=other, message_id="1")
        assert reply[0]["custom"]["topic"] == "contact" and reply[0]["recipient_id"] == other

    def test_another_message_id_is_another_message(self, server: Server, sender: str) -> None:
        """The same words said twice are answered twice, under ids of their own."""
        first, second = (server.say(QUESTION, sender=sender, message_id=number) for number in ("1", "2"))
        assert first[0]["custom"]["id"] != second[0]["custom"]["id"]
        assert said(server.var_dir, sender) == [QUESTION, QUESTION]

    @pytest.mark.parametrize("sender_id", ["x" * 128, "+1 505 331 7138", "a/b?c=d&e", "маргарита"],
                             ids=["128 characters", "spaces", "punctuation", "another script"])
    def test_a_sender_id_is_opaque(self, server: Server, sender_id: str) -> None:
        """Whatever a website calls its visitors comes back unchanged."""
        assert {message["recipient_id"] for message in server.say("hello", sender=sender_id)} == {sender_id}


class TestMetadata:
    """What may come along with a message."""

    @pytest.mark.parametrize("metadata", [
        {"favourite_colour": "blue", "nested": {"a": [1, 2]}}, {}, None,
        {"audience": None, "language": None, "message_id": None},
    ], ids=["unknown keys", "empty", "null", "null values"])
    def test_what_is_not_known_is_ignored(self, server: Server, sender: str, metadata: Any) -> None:
        """A client that sends more than the contract names is answered as usual."""
        response = post(server, {"sender": sender, "message": QUESTION, "metadata": metadata, "input_channel": "x"})
        assert response.status_code == 200
        assert response.json()[0]["custom"]["topic"] == "define_imh"

    def test_the_switches_of_the_page_are_followed(self, server: Server, sender: str) -> None:
        """Audience and language of the reply are those that were asked for."""
        custom = server.say("/ask_indicators", sender=sender, audience="provider", language="es")[0]["custom"]
        assert (custom["audience"], custom["language"]) == ("provider", "es")

    def test_rasas_rest_clients_work(self, server: Server, sender: str) -> None:
        """They send `sender` and `message` and read `recipient_id`, `text` and `buttons` of each entry."""
        for path in (WEBHOOK, f"{WEBHOOK}?stream=true"):
            reply = server.client.post(path, json={"sender": sender, "message": QUESTION}).json()
            assert [entry["recipient_id"] for entry in reply] == [sender] * len(reply)
            assert all(entry["text"] and isinstance(entry["text"], str) for entry in reply)
            assert all(set(button) == {"title", "payload"} for entry in reply for button in entry["buttons"])

    @pytest.mark.parametrize("opening", [QUESTION, "hello", "i want to kill myself", OUT_OF_SCOPE, "/ask_contact"])
    def test_the_notice_comes_once_and_last(self, server: Server, sender: str, opening: str) -> None:
        """After the first reply, whatever it is, and never again."""
        kinds = [[message["custom"]["kind"] for message in server.say(message, sender=sender)]
                 for message in (opening, QUESTION, "start over", "i want to kill myself")]
        assert kinds[0][-1] == "notice" and len(kinds[0]) > 1
        assert not any("notice" in later for later in [kinds[0][:-1], *kinds[1:]])


class TestErrors:
    """What a client is told that did something wrong."""

    @pytest.mark.parametrize(("code", "body"), [
        ("not_json", b""), ("not_json", b"{"), ("malformed", []), ("malformed", "hello"), ("malformed", None),
        ("message_missing", {}), ("message_missing", {"message": ""}), ("message_missing", {"message": " \n\t"}),
        ("message_missing", {"message": 5}), ("message_missing", {"message": ["hello"]}),
        ("message_too_long", {"message": "x" * 2001}),
        ("sender_invalid", {"message": "hello", "sender": ""}), ("sender_invalid", {"message": "hello", "sender": 5}),
        ("sender_invalid", {"message": "hello", "sender": "x" * 129}),
        ("sender_invalid", {"message": "hello", "sender": "a\nb"}),
        ("metadata_invalid", {"message": "hello", "metadata": []}),
        ("metadata_invalid", {"message": "hello", "metadata": {"audience": "child"}}),
        ("metadata_invalid", {"message": "hello", "metadata": {"language": "fr"}}),
        ("metadata_invalid", {"message": "hello", "metadata": {"language": ["en"]}}),
        ("metadata_invalid", {"message": "hello", "metadata": {"message_id": ""}}),
        ("metadata_invalid", {"message": "hello", "metadata": {"message_id": "x" * 129}}),
        ("metadata_invalid", {"message": "hello", "metadata": {"message_id": 7}}),
    ], ids=lambda value: value if isinstance(value, str) else json.dumps(value, default=repr)[:60])
    def test_a_body_that_breaks_the_contract_is_400(self, server: Server, code: str, body: Any) -> None:
        """With a code that says which rule it broke."""
        assert_error(post(server, body), 400, code)

    def test_the_longest_message_is_taken(self, server: Server, sender: str) -> None:
        """2,000 characters, not 1,999."""
        assert server.say("x" * 2000, sender=sender)

    @pytest.mark.parametrize("path", ["/webhooks/web/nothing", "/webhooks/nothing", "/webhooks/", "/nothing", "/model",
                                      "/conversations/x/tracker", "/webhooks/web/%00", "/webhooks/web/%ff%fe",
                                      "/webhooks/web/..%2f..%2f..%2fetc%2fpasswd"])
    def test_an_unknown_address_is_404(self, server: Server, path: str) -> None:
        """Rasa's own API among them, which has no place on a public port."""
        assert_error(server.client.get(path), 404, "not_found")

    @pytest.mark.parametrize(("method", "path"), [
        ("GET", WEBHOOK), ("PUT", WEBHOOK), ("PATCH", WEBHOOK), ("DELETE", WEBHOOK), ("PUT", "/webhooks/web/"),
        ("DELETE", "/webhooks/web/"), ("POST", "/webhooks/web/health/live"), ("PUT", "/webhooks/web/health/ready"),
    ])
    def test_another_method_is_405(self, server: Server, method: str, path: str) -> None:
        """In the same form as every error."""
        assert_error(server.client.request(method, path), 405, "method_not_allowed")

    @pytest.mark.parametrize("path", [WEBHOOK, "/webhooks/web/", "/webhooks/web/health/live"])
    def test_head_has_no_body(self, server: Server, path: str) -> None:
        """And the connection can be used again."""
        response = server.client.head(path)
        assert response.status_code in {200, 405} and response.content == b""
        assert server.client.get("/webhooks/web/health/live").status_code == 200

    def test_the_largest_body_is_taken(self, server: Server) -> None:
        """16 KiB, to the byte."""
        assert post(server, padded(MAX_BODY_BYTES)).status_code == 200

    @pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 1_000_000])
    @pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "chunked"])
    def test_a_body_beyond_16_kib_is_413(self, server: Server, size: int, chunked: bool) -> None:
        """However it is sent."""
        body = padded(size)
        parts = (body[start:start + 1000] for start in range(0, size, 1000))
        with httpx.Client(base_url=server.client.base_url, timeout=30, trust_env=False) as client:
            response = client.post(WEBHOOK, content=parts if chunked else body, headers=JSON_TYPE)
        assert_error(response, 413, "body_too_large")

    @pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "text/json",
                                              "multipart/form-data; boundary=x", "application/jsonx"])
    def test_a_body_that_is_not_called_json_is_415(self, server: Server, content_type: str | None) -> None:
        """So that no foreign form can speak for a visitor."""
        headers = {"Content-Type": content_type} if content_type else {}
        assert_error(server.client.post(WEBHOOK, content=b'{"message": "hello"}', headers=headers), 415, "not_json")

    @pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
    def test_json_may_be_called_so_in_other_ways(self, server: Server, content_type: str) -> None:
        """Parameters and capitals make no difference."""
        body = b'{"message": "hello"}'
        assert server.client.post(WEBHOOK, content=body, headers={"Content-Type": content_type}).status_code == 200


class TestHeaders:
    """What every response carries, and which websites may call."""

    @pytest.mark.parametrize(("method", "path", "body"), [
        ("POST", WEBHOOK, b'{"message": "hello"}'), ("POST", WEBHOOK, b"{"), ("POST", WEBHOOK, b"x" * 20_000),
        ("GET", WEBHOOK, None), ("GET", "/nothing", None), ("GET", "/webhooks/web/", None),
        ("GET", "/webhooks/web/health/live", None), ("OPTIONS", WEBHOOK, None), ("HEAD", WEBHOOK, None),
    ])
    def test_security_headers_are_on_every_response(self, server: Server, method: str, path: str,
                                                    body: bytes | None) -> None:
        """Nothing is kept by a cache, told to another site, or guessed to be of another type."""
        response = server.client.request(method, path, content=body, headers=JSON_TYPE if body else {})
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("origin", ["https://www.example.org", "null", "http://127.0.0.1"])
    def test_no_website_may_call_unless_it_is_named(self, server: Server, origin: str) -> None:
        """The default allows none, and credentials are never asked for."""
        for method, body in (("POST", b'{"message": "hello"}'), ("OPTIONS", None), ("GET", None)):
            response = server.client.request(method, WEBHOOK, content=body, headers={**JSON_TYPE, "Origin": origin})
            assert not [name for name in response.headers if name.lower().startswith("access-control-")]

    @pytest.mark.parametrize("method", ["POST", "OPTIONS", "GET"], ids=["reply", "preflight", "error"])
    def test_a_named_website_may_call(self, limited: Limited, method: str) -> None:
        """It can read the reply, the answer to its preflight, and an error."""
        body = b'{"message": "hello"}' if method == "POST" else None
        response = limited.send(method, body, **{**JSON_TYPE, "Origin": ORIGIN, "Access-Control-Request-Method": "POST",
                                                 "Access-Control-Request-Headers": "content-type"})
        assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "content-type" in response.headers["Access-Control-Allow-Headers"].lower()
        assert "POST" in response.headers["Access-Control-Allow-Methods"]
        assert "Origin" in response.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in response.headers

    @pytest.mark.parametrize("origin", [
        "https://example.org", "http://chat.example.org", "https://chat.example.org.evil.example", "null",
        "https://chat.example.org:8443", "https://evil.example",
    ])
    def test_a_website_that_only_looks_alike_may_not(self, limited: Limited, origin: str) -> None:
        """The whole origin counts: scheme, host and port."""
        for method in ("POST", "OPTIONS"):
            body = b'{"message": "hello"}' if method == "POST" else None
            response = limited.send(method, body, **JSON_TYPE, Origin=origin)
            assert not [name for name in response.headers if name.lower().startswith("access-control-")]


ORIGIN = "https://chat.example.org"
SENDER_COUNT, SENDER_PERIOD_S, ADDRESS_COUNT = 4, 4, 7


class Limited:
    """A server with small limits, and callers at addresses of their own, as its proxy reports them."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._used = 0

    def address(self) -> str:
        """An address from which nobody has called yet."""
        self._used += 1
        return f"203.0.113.{self._used}"

    def send(self, method: str, body: bytes | None, **headers: str) -> httpx.Response:
        """A request from a new address."""
        return self.server.client.request(method, WEBHOOK, content=body,
                                          headers={"X-Forwarded-For": self.address(), **headers})

    def say(self, message: str, *, sender: str, address: str | None, **metadata: str) -> httpx.Response:
        """A message from an address; from this machine itself where there is none."""
        return self.server.client.post(WEBHOOK, json={"sender": sender, "message": message, "metadata": metadata},
                                       headers={"X-Forwarded-For": address} if address else {})

    def exhaust(self, *, sender: str, address: str | None) -> httpx.Response:
        """Speak until no more is allowed; the response to the first message that was one too many."""
        for _ in range(SENDER_COUNT):
            assert self.say(QUESTION, sender=sender, address=address).status_code == 200
        return self.say(QUESTION, sender=sender, address=address)


@pytest.fixture(scope="module")
def limited(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterable[Limited]:
    """A server of its own behind a trusted proxy, with small limits that count for this machine too."""
    environment = {"IMH_RATE_LOOPBACK": "yes", "IMH_RATE_SENDER": f"{SENDER_COUNT}/{SENDER_PERIOD_S}",
                   "IMH_RATE_ADDRESS": f"{ADDRESS_COUNT}/600", "IMH_TRUSTED_PROXIES": "127.0.0.1",
                   "IMH_ALLOWED_ORIGINS": f"{ORIGIN}, https://www.example.org"}
    with Server(tmp_path_factory.mktemp("limited"), environment=environment) as server:
        yield Limited(server)


class TestLimits:
    """Too many messages, and what is never too many."""

    def test_a_sender_is_stopped_and_told_when_to_come_back(self, limited: Limited, sender: str) -> None:
        """429 with `Retry-After` and all crisis lines; after that time the conversation goes on."""
        address = limited.address()
        response = limited.exhaust(sender=sender, address=address)
        body = assert_error(response, 429, "too_many")
        assert {"911", "988", "1-855-662-7474", "1-833-852-6262", "1-855-333-7233", "1-800-799-7233",
                "1-800-222-1222"} == {line["display"] for line in body["lines"]}
        assert all(set(line) == LINE_KEYS for line in body["lines"])
        wait_s = int(response.headers["Retry-After"])
        assert 1 <= wait_s <= SENDER_PERIOD_S
        threading.Event().wait(wait_s)
        assert limited.say("says who?", sender=sender, address=address).json()[0]["custom"]["topic"] == "references"

    @pytest.mark.parametrize(("message", "first"), [
        ("i want to kill myself", "988"), ("my baby is not breathing", "911"), ("ya no quiero vivir", "988"),
        ("my toddler just drank some bleach", "1-800-222-1222"),
    ])
    def test_a_message_of_danger_is_answered_all_the_same(self, limited: Limited, sender: str, message: str,
                                                          first: str) -> None:
        """With the lines that fit, while a question is still one too many."""
        address = limited.address()
        assert limited.exhaust(sender=sender, address=address).status_code == 429
        reply = limited.say(message, sender=sender, address=address)
        assert reply.status_code == 200
        assert reply.json()[0]["custom"]["kind"] == "crisis"
        assert reply.json()[0]["custom"]["lines"][0]["display"] == first
        assert limited.say(QUESTION, sender=sender, address=address).status_code == 429

    def test_the_error_is_in_the_language_of_the_page(self, limited: Limited, sender: str) -> None:
        """Words and lines."""
        address = limited.address()
        limited.exhaust(sender=sender, address=address)
        body = limited.say("hola", sender=sender, address=address, language="es").json()
        assert "Espere" in body["error"]["message"]
        assert any("Emergencia" in line["name"] for line in body["lines"])

    def test_an_address_is_stopped_whoever_speaks(self, limited: Limited) -> None:
        """New senders do not help, a neighbour's address is not affected, and a made-up hop is not believed."""
        address = limited.address()
        for _ in range(ADDRESS_COUNT):
            assert limited.say("hello", sender=uuid.uuid4().hex, address=address).status_code == 200
        assert limited.say("hello", sender=uuid.uuid4().hex, address=address).status_code == 429
        assert limited.say("hello", sender=uuid.uuid4().hex, address=f"198.51.100.7, {address}").status_code == 429
        assert limited.say("hello", sender=uuid.uuid4().hex, address=limited.address()).status_code == 200

    def test_this_machine_is_counted_where_it_is_asked_for(self, limited: Limited, sender: str) -> None:
        """`IMH_RATE_LOOPBACK=yes`."""
        assert_error(limited.exhaust(sender=sender, address=None), 429, "too_many")

    def test_this_machine_is_not_counted_by_itself(self, server: Server, sender: str) -> None:
        """A website's own server speaks for all its visitors."""
        for _ in range(Settings().rate_sender.count + 1):
            server.say("hello", sender=sender)

    def test_the_page_says_so_too(self, limited: Limited, sender: str) -> None:
        """As a page, with the lines, the fitting one first where the message speaks of danger."""
        address = limited.address()
        limited.exhaust(sender=sender, address=address)
        response = limited.server.client.post("/webhooks/web/", data={"sender": sender, "message": QUESTION},
                                              headers={"X-Forwarded-For": address})
        assert response.status_code == 429
        assert response.headers["content-type"].startswith("text/html")
        assert 'href="tel:988"' in response.text and "too_many" not in response.text
