"""Whatever arrives, the server answers or refuses in plain words, goes on, and leaves the conversation usable."""

from __future__ import annotations

import json
import time

import httpx
import pytest

from tests.support.connections import PROMPT_S, QUESTION, usable
from tests.support.history import events, said
from tests.support.server import Server

# Clients that stall from here on are looked at in test_connections.py.
pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("stalled")]

WEBHOOK = "/webhooks/web/webhook"
JSON_TYPE = {"Content-Type": "application/json"}

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
    "keys that nobody knows": b'{"message": "what is infant mental health", "__proto__": {"a": 1}, "": null}',
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


def assert_plain(response: httpx.Response) -> None:
    """No error of the server's own, and nothing of its inside."""
    assert response.status_code < 500, response.text[:500]
    for inside in ("Traceback", "Error:", "Exception", "site-packages", ".py", "rasa", "sanic"):
        assert inside not in response.text


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
    heard = [event["parse_data"] for event in stored if event["event"] == "user"][-1]
    assert heard["intent"]["name"] not in {"restart", "session_start", "back"}
    assert "last_topic" not in {entity["entity"] for entity in heard["entities"]}


def test_what_people_write_is_not_logged(server: Server, sender: str) -> None:
    """Neither a message nor a body that was refused."""
    secret = "quetzalcoatlus"
    server.say(f"my name is {secret} and i want to kill myself", sender=sender)
    for body in (b'{"message": ["%s"]}', b'{"message": "%s', b'{"message": "hello", "sender": "%s\\u0000"}'):
        server.client.post(WEBHOOK, content=body.replace(b"%s", secret.encode()), headers=JSON_TYPE)
    assert secret not in server.log.read_text(encoding="utf-8", errors="replace")
