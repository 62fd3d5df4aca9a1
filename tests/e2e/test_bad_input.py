"""Whatever arrives, the server answers or refuses in plain words, goes on, and leaves the conversation usable."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from contextlib import ExitStack
from typing import Any, Dict, Iterator, Tuple

import httpx
import pytest

from tests.support.history import events, said
from tests.support.server import Server

pytestmark = pytest.mark.e2e

WEBHOOK = "/webhooks/web/webhook"
JSON_TYPE = {"Content-Type": "application/json"}
QUESTION = "what is infant mental health"
# What a page may wait while others misbehave; a reply takes a few hundredths of a second.
PROMPT_S = 2.0
# When a client that began a request and stalled must have been let go.
LET_GO_S = 22.0

BODIES = {
    "nothing": b"",
    "no JSON": b"message=hello",
    "half a JSON": b'{"message": "hello"',
    "two JSONs": b'{"message": "hello"}{"message": "hello"}',
    "a trailing comma": b'{"message": "hello",}',
    "single quotes": b"{'message': 'hello'}",
    "a list": b'[{"message": "hello"}]',
    "a number": b"1e999",
    "null": b"null",
    "NaN as the message": b'{"message": NaN}',
    "a missing message": b'{"sender": "x"}',
    "an empty message": b'{"message": ""}',
    "a message that is a number": b'{"message": 1}',
    "a message that is an object": b'{"message": {"text": "hello"}}',
    "2,001 characters": json.dumps({"message": "x" * 2001}).encode(),
    "1 MB": b'{"message": "' + b"x" * 1_000_000 + b'"}',
    "lists nested deeply": b"[" * 16_000,
    "objects nested deeply": b'{"a":' * 3_000 + b"1" + b"}" * 3_000,
    "metadata nested deeply": b'{"message": "hello", "metadata": {"a": ' + b"[" * 7_000 + b"]" * 7_000 + b"}}",
    "a huge number": b'{"message": "hello", "sender": ' + b"9" * 10_000 + b"}",
    "a number beyond all": b'{"message": "hello", "sender": 1e99999}',
    "invalid UTF-8": b'{"message": "\xff\xfe hello"}',
    "overlong UTF-8": b'{"message": "\xc0\xaf\xe0\x80\xaf"}',
    "half a surrogate as the sender": b'{"message": "hello", "sender": "\\ud800"}',
    "half a surrogate as the language": b'{"message": "hello", "metadata": {"language": "\\udfff"}}',
    "half a surrogate as the message id": b'{"message": "hello", "metadata": {"message_id": "\\ud800"}}',
    "NUL as the sender": b'{"message": "hello", "sender": "\\u0000"}',
    "a raw control character": b'{"message": "hel\x01lo"}',
    "zeros": bytes(1000),
    "gzip": b"\x1f\x8b\x08\x00" + bytes(20),
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
}
TAKEN_BODIES = {
    "duplicated keys": b'{"message": "nonsense", "message": "what is infant mental health"}',
    "a byte order mark": b'\xef\xbb\xbf{"message": "what is infant mental health"}',
    "UTF-16": '{"message": "what is infant mental health"}'.encode("utf-16"),
    "escapes": b'{"message": "what is \\u0069nfant ment\\u0061l health"}',
    "spaces around": b' \n\t {"message": "what is infant mental health"} \r\n ',
    "keys that nobody knows": b'{"message": "what is infant mental health", "__proto__": {"a": 1}, "": null, "a": [[]]}',
    "a numeric key that is huge": b'{"message": "what is infant mental health", "n": 1e999}',
}
MESSAGES = {
    "only emoji": "😀😀👶🏽👩‍👩‍👧‍👦",
    "one emoji": "👶",
    "control characters": "\x01\x02\x1b[31m\x7f\x85",
    "a NUL": "hel\x00lo \x00",
    "an escape sequence": "\x1b]0;title\x07\x1b[2Jhello",
    "line breaks": "hello\r\n\r\n\r\nSet-Cookie: a=b",
    "right to left": "ما هي الصحة النفسية للرضع",
    "a right-to-left override": "\u202ewhat is this\u202c \u2066hello\u2069",
    "zero-width": "\u200b\u200d\u2060\ufeff",
    "zero-width between": "h\u200be\u200bl\u200bl\u200bo",
    "combining marks": "z" + "\u0301\u0489" * 500,
    "other scripts": "赤ちゃんの心の健康とは何ですか ребёнок 아기",
    "full width": "／ｒｅｓｔａｒｔ",
    "noncharacters": "\ufffe\uffff\U0010ffff",
    "punctuation": "?!?!?! ... ,,, ---",
    "a full stop": ".",
    "digits": "1" * 2000,
    "a huge number": "give me choice 99999999999999999999999999999999999999",
    "a negative number": "-1",
    "a payload with entities": '/ask_contact{"a":1}',
    "a payload with a slot": '/ask_contact{"last_topic": "indicators"}',
    "a payload that nobody handed out": "/ask_nothing",
    "a payload with a tail": "/ask_contact please",
    "an intent that is no topic": "/out_of_scope",
    "crisis as a command": "/crisis",
    "restart": "/restart",
    "session_start": "/session_start",
    "back": "/back",
    "a slash": "/",
    "slashes": "//////",
    "an event of Rasa": "EXTERNAL: action_restart",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "SQL": "'; DROP TABLE events; --",
    "template braces": "{{ 7*7 }} {% raw %} ${7*7} #{7*7} {sender} {0}",
    "format letters": "%s %d %(name)s %n %x",
    "percent-encoding": "what%20is%00this%0d%0aSet-Cookie:%20a=b",
    "entities": "&lt;b&gt; &#0; &amp;",
    "a path": "../../../../etc/passwd",
    "an address": "http://169.254.169.254/latest/meta-data/",
    "YAML": "!!python/object/apply:os.system ['true']\n- a: &a [*a]",
    "training markup": '[baby](role:provider){"entity": "x"} - intent',
    "one long word": "a" * 2000,
    "2,000 emoji": "😀" * 1000,
    "many words": "i want to " * 200,
    "many short words": "a " * 999,
    "many questions": "why? " * 400,
    "many sentences": "He cried. " * 200,
    "many denials": "not " * 500,
    "many commas": "and, " * 400,
}


def usable(server: Server, sender: str) -> None:
    """The conversation answers a question as if nothing had been."""
    reply = server.say(QUESTION, sender=sender)
    assert [message["custom"]["topic"] for message in reply if message["custom"]["kind"] == "answer"] == ["define_imh"]


def assert_plain(response: httpx.Response) -> None:
    """No error of the server's own, and nothing of its inside."""
    assert response.status_code < 500, response.text[:500]
    for inside in ("Traceback", "Error:", "Exception", "site-packages", ".py", "rasa", "sanic"):
        assert inside not in response.text


@pytest.fixture(scope="module", autouse=True)
def stalled(server: Server) -> Iterator[Stalled]:
    """Clients that sent the beginning of a request before the first test here and nothing since."""
    with ExitStack() as stack:
        yield time.monotonic(), {name: stack.enter_context(opened(server, start)) for name, start in {
            "in the headers": b"POST /webhooks/web/webhook HTTP/1.1\r\nHost: x\r\nContent-Ty",
            "in the body": b"POST /webhooks/web/webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                           b'Content-Length: 40\r\n\r\n{"mess',
        }.items()}


Stalled = Tuple[float, Dict[str, socket.socket]]
"""When they began, and the connection by where it stalled."""


def opened(server: Server, data: bytes) -> socket.socket:
    """A connection over which `data` was sent."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(data)
    return connection


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_bad_body_is_refused(server: Server, sender: str, body: bytes) -> None:
    """With a 4xx in plain words; the conversation that it spoke of goes on."""
    server.say("hello", sender=sender)
    with httpx.Client(base_url=server.client.base_url, timeout=30, trust_env=False) as client:
        response = client.post(WEBHOOK, content=body, headers=JSON_TYPE)
    assert_plain(response)
    assert response.status_code in {400, 413}
    assert set(response.json()["error"]) == {"code", "message"}
    usable(server, sender)


@pytest.mark.parametrize("body", TAKEN_BODIES.values(), ids=TAKEN_BODIES)
def test_an_odd_body_is_read(server: Server, body: bytes) -> None:
    """It is JSON all the same."""
    response = server.client.post(WEBHOOK, content=body, headers=JSON_TYPE)
    assert response.status_code == 200, response.text
    assert response.json()[0]["custom"]["topic"] == "define_imh"


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_an_odd_message_gets_a_sensible_answer(server: Server, sender: str, message: str) -> None:
    """Promptly, in words of ours and never in its own; it is stored, and the next question is answered."""
    started = time.monotonic()
    response = server.client.post(WEBHOOK, json={"sender": sender, "message": message})
    assert time.monotonic() - started < PROMPT_S
    assert_plain(response)
    assert response.status_code == 200, response.text
    reply = response.json()
    assert reply and all(part["text"].strip() and part["custom"]["plain"].strip() for part in reply)
    assert message not in response.text or len(message) < 5
    assert len(said(server.var_dir, sender)) == 1
    usable(server, sender)


@pytest.mark.parametrize("body", [
    b'{"sender": "%s", "message": "\\ud800"}', b'{"sender": "%s", "message": "hi \\udfff there \\ud83d"}',
    b'{"sender": "%s", "message": "\\ud83d\\ude00\\ude00"}',
], ids=["alone", "between words", "after a whole pair"])
def test_half_a_surrogate_pair_is_no_text_and_no_error(server: Server, sender: str, body: bytes) -> None:
    """It is legal JSON, and could be neither stored nor sent back."""
    response = server.client.post(WEBHOOK, content=body % sender.encode(), headers=JSON_TYPE)
    assert_plain(response)
    assert response.status_code == 200 and response.json()
    usable(server, sender)


@pytest.mark.parametrize("command", ["/restart", "/session_start", "/back", '/ask_contact{"last_topic": "indicators"}',
                                     "/start_over", "EXTERNAL: action_restart"])
def test_a_command_is_ordinary_text(server: Server, sender: str, command: str) -> None:
    """Nobody restarts, undoes or fills a conversation from outside; it still knows that it gave its notice."""
    server.say(QUESTION, sender=sender)
    reply = server.say(command, sender=sender)
    assert "notice" not in [message["custom"]["kind"] for message in reply]
    stored = events(server.var_dir, sender)
    assert not [event for event in stored if event["event"] in {"restart", "undo", "rewind", "reset_slots"}]
    assert [event["event"] for event in stored].count("session_started") == 1
    (heard,) = [event["parse_data"] for event in stored if event["event"] == "user" and event["text"][1:] == command[1:]]
    assert heard["intent"]["name"] not in {"restart", "session_start", "back"}
    assert "last_topic" not in {entity["entity"] for entity in heard["entities"]}


def test_what_people_write_is_not_logged(server: Server, sender: str) -> None:
    """Neither a message nor a body that was refused."""
    secret = "quetzalcoatlus"
    server.say(f"my name is {secret} and i want to kill myself", sender=sender)
    for body in (b'{"message": ["%s"]}', b'{"message": "%s', b'{"message": "hello", "sender": "%s\\u0000"}'):
        server.client.post(WEBHOOK, content=body.replace(b"%s", secret.encode()), headers=JSON_TYPE)
    assert secret not in server.log.read_text(encoding="utf-8", errors="replace")


class TestConnections:
    """Clients that do not speak HTTP as it is meant."""

    REQUESTS = {
        "no HTTP": b"HELLO\r\n\r\n",
        "no headers": b"\r\n\r\n\r\n\r\n",
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "an unknown version": b"GET / HTTP/9.9\r\n\r\n",
        "a header without a colon": b"GET / HTTP/1.1\r\nHost\r\n\r\n",
        "headers beyond measure": b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000 + b"\r\n\r\n",
        "a length that is no number": b"POST %s HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: two\r\n\r\n{}",
        "a length below zero": b"POST %s HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: -5\r\n\r\n{}",
        "a length that is huge": b"POST %s HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{}",
        "two lengths": b"POST %s HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 30"
                       b"\r\n\r\n{}",
        "an unknown transfer": b"POST %s HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: gzip\r\n\r\n{}",
        "a chunk without a size": b"POST %s HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked"
                                  b"\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n",
        "a chunk below zero": b"POST %s HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked"
                              b"\r\n\r\n-5\r\n{}\r\n0\r\n\r\n",
        "an unknown expectation": b"POST %s HTTP/1.1\r\nContent-Type: application/json\r\nExpect: a miracle\r\n"
                                  b"Content-Length: 2\r\n\r\n{}",
        "a content type that is no text": b"POST %s HTTP/1.1\r\nConnection: close\r\nContent-Type: \xff\xfe\r\n"
                                          b"Content-Length: 2\r\n\r\n{}",
        "a form without its boundary": b"POST /webhooks/web/ HTTP/1.1\r\nConnection: close\r\nContent-Type: multipart/form-data\r\n"
                                       b"Content-Length: 7\r\n\r\n--x\r\n\r\n",
    }
    # Not answered with a status, and need not be: the client left, or speaks another protocol.
    UNANSWERED = {
        "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
        "zeros": bytes(5000),
        "a path that is no text": b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        "nothing": b"",
    }

    @pytest.fixture
    def tough(self, server: Server) -> Iterator[Server]:
        """The server; where a test hung it, it is started again, so that only that test fails."""
        yield server
        if not alive(server):
            server.stop(9)
            server.start()

    @pytest.mark.parametrize("request_bytes", REQUESTS.values(), ids=REQUESTS)
    def test_a_malformed_request_is_refused(self, tough: Server, request_bytes: bytes) -> None:
        """With a 4xx in plain words, and the next client is served at once."""
        with opened(tough, request_bytes.replace(b"%s", WEBHOOK.encode())) as connection:
            answer = received(connection)
        assert answer.startswith(b"HTTP/1.1 4"), answer[:200]
        assert b'{"error":{"code":' in answer or b"<!doctype html>" in answer
        assert b"Traceback" not in answer
        assert alive(tough)

    @pytest.mark.parametrize("request_bytes", UNANSWERED.values(), ids=UNANSWERED)
    def test_a_client_that_is_none_is_borne(self, tough: Server, request_bytes: bytes) -> None:
        """The next one is served at once."""
        with opened(tough, request_bytes):
            assert alive(tough)
        assert alive(tough)

    def test_stalled_clients_do_not_stop_others(self, server: Server, sender: str) -> None:
        """A hundred that never finish what they began."""
        with ExitStack() as stack:
            for number in range(100):
                start = b"POST /webhooks/web/webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                if number % 2:
                    start += b"Content-Length: 500\r\n\r\n{"
                stack.enter_context(opened(server, start))
            started = time.monotonic()
            usable(server, sender)
            assert time.monotonic() - started < PROMPT_S

    def test_a_slow_client_does_not_stop_others_and_is_answered(self, server: Server, sender: str) -> None:
        """A byte now and then, as over a bad line."""
        body = json.dumps({"sender": f"{sender}-slow", "message": QUESTION}).encode()
        request = (b"POST /webhooks/web/webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                   b"Connection: close\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body)
        answers: list[bytes] = []

        def drip() -> None:
            with opened(server, b"") as connection:
                for start in range(0, len(request), 3):
                    connection.sendall(request[start:start + 3])
                    time.sleep(0.02)
                answers.append(received(connection))

        slow = threading.Thread(target=drip)
        slow.start()
        waits = []
        while slow.is_alive():
            started = time.monotonic()
            usable(server, sender)
            waits.append(time.monotonic() - started)
            time.sleep(0.1)
        slow.join()
        assert len(waits) > 3 and max(waits) < PROMPT_S
        assert answers[0].startswith(b"HTTP/1.1 200") and b"define_imh" in answers[0]

    def test_a_client_that_leaves_before_the_answer_harms_nobody(self, server: Server, sender: str) -> None:
        """Its message may be stored or not; the conversation goes on."""
        body = json.dumps({"sender": sender, "message": "hello"}).encode()
        for _ in range(20):
            opened(server, b"POST /webhooks/web/webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                           b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body).close()
        usable(server, sender)

    def test_requests_one_after_the_other_on_one_connection(self, server: Server) -> None:
        """Sent without waiting, answered in their order, a refused one among them."""
        def request(message: Any, connection: bytes = b"keep-alive") -> bytes:
            body = json.dumps({"message": message}).encode()
            return (b"POST /webhooks/web/webhook HTTP/1.1\r\nHost: x\r\nConnection: " + connection + b"\r\nContent-Type: "
                    b"application/json\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body)

        requests = request("/ask_contact") + request(5) + request("/ask_indicators", b"close")
        with opened(server, requests) as connection:
            answer = received(connection)
        assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"200", b"400", b"200"]
        assert answer.index(b'"topic":"contact"') < answer.index(b"message_missing") < answer.index(b'"topic":"indicators"')

    @pytest.mark.parametrize("where", ["in the headers", "in the body"])
    def test_a_stalled_client_is_told_and_let_go(self, stalled: Stalled, where: str) -> None:
        """Connections that lead nowhere do not pile up."""
        began, connections = stalled
        answer = received(connections[where], until=max(began + LET_GO_S, time.monotonic() + PROMPT_S))
        assert re.match(rb"HTTP/1\.1 (408|503)", answer), answer[:200]
        assert answer.endswith(CLOSED)


CLOSED = b"<closed by the server>"


def received(connection: socket.socket, *, until: float | None = None) -> bytes:
    """What comes over a connection until it is closed or the time (of the monotonic clock) is over."""
    until, answer = until or time.monotonic() + PROMPT_S, b""
    while True:
        connection.settimeout(max(0.01, until - time.monotonic()))
        try:
            data = connection.recv(65536)
        except socket.timeout:
            return answer
        except ConnectionResetError:
            return answer + CLOSED
        if not data:
            return answer + CLOSED
        answer += data


def alive(server: Server) -> bool:
    """Whether a new client is answered promptly."""
    try:
        with httpx.Client(base_url=server.client.base_url, timeout=PROMPT_S, trust_env=False) as client:
            return client.get("/webhooks/web/health/live").status_code == 200
    except httpx.TransportError:
        return False
