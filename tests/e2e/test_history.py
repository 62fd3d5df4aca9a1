"""What was acknowledged is stored, once, in order, whatever happens to the server or to its database."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.support.history import database, events, said, turns
from tests.support.server import Server

pytestmark = pytest.mark.e2e

WEBHOOK = "/webhooks/web/webhook"
QUESTION = "what is infant mental health"
BURST = 40
# Longer than any reply takes, shorter than the database is waited for.
PROMPT_S = 2.0


def post(server: Server, sender: str, message: str, **metadata: str) -> httpx.Response:
    """A message over a connection of its own."""
    with httpx.Client(base_url=server.client.base_url, timeout=60, trust_env=False) as client:
        return client.post(WEBHOOK, json={"sender": sender, "message": message, "metadata": metadata})


def test_a_turn_is_stored_when_its_reply_arrives(server: Server, sender: str) -> None:
    """The message as it was understood, the action, and each text of the reply."""
    reply = server.say(QUESTION, sender=sender)
    stored = events(server.var_dir, sender)
    (heard,) = [event for event in stored if event["event"] == "user"]
    assert heard["text"] == QUESTION and heard["parse_data"]["intent"]["name"] == "ask_define_imh"
    assert [event["text"] for event in stored if event["event"] == "bot"] == [message["text"] for message in reply]
    assert "action_answer" in [event.get("name") for event in stored if event["event"] == "action"]


def test_a_long_conversation_is_stored_whole(server: Server, sender: str) -> None:
    """More turns than are read back for the next one."""
    messages = [f"/ask_{('contact', 'indicators', 'define_imh')[number % 3]}" for number in range(30)]
    for message in messages:
        server.say(message, sender=sender)
    assert said(server.var_dir, sender) == messages


def test_quick_messages_of_one_sender_are_answered_one_at_a_time(server: Server, sender: str) -> None:
    """Forty at once: each gets the reply to its own words, each is stored with its reply right behind it."""
    topics = ("contact", "indicators", "define_imh", "strategic_plan", "brain_development")
    messages = [f"/ask_{topics[number % len(topics)]}" for number in range(BURST)]
    with ThreadPoolExecutor(BURST) as pool:
        replies = list(pool.map(lambda message: post(server, sender, message), messages))
    assert [reply.status_code for reply in replies] == [200] * BURST
    for message, reply in zip(messages, replies):
        assert reply.json()[0]["custom"]["topic"] == message[len("/ask_"):]
    stored = turns(server.var_dir, sender)
    # The same answer twice in a row is opened otherwise, so that a message has more than one reply.
    assert sorted((message, texts[0]) for message, texts in stored) == sorted(
        (message, reply.json()[0]["text"]) for message, reply in zip(messages, replies))
    assert sum(len(texts) for _, texts in stored) == BURST + 1  # the notice came once


class TestKilled:
    """The process is killed the moment a reply has arrived."""

    @pytest.fixture(scope="class")
    def reply(self, server: Server) -> bytes:
        """The reply to the one turn that was acknowledged before the server was killed and started again."""
        response = post(server, "anna", QUESTION, message_id="m-1")
        server.stop(signal.SIGKILL)
        assert response.status_code == 200
        server.start()
        return response.content

    def test_the_acknowledged_turn_is_complete(self, server: Server, reply: bytes) -> None:
        """Message and reply."""
        (message, texts), *_ = turns(server.var_dir, "anna")
        assert message == QUESTION
        assert len(texts) == 2 and texts[0].split("\n")[0].encode() in reply

    def test_a_gateway_that_asks_again_gets_the_same_reply(self, server: Server, reply: bytes) -> None:
        """And the message is not counted twice."""
        assert post(server, "anna", QUESTION, message_id="m-1").content == reply
        assert said(server.var_dir, "anna").count(QUESTION) == 1

    def test_the_conversation_goes_on_where_it_was(self, server: Server, reply: bytes) -> None:
        """The answer before is remembered, and the notice that was given is not given again."""
        assert b'"kind":"notice"' in reply
        after = server.say("says who?", sender="anna")
        assert [message["custom"]["topic"] for message in after] == ["references"]
        assert "Infant Mental Health Fundamentals" in after[0]["text"]


@dataclass
class Outage:
    """What happened while another process held the database."""

    server: Server
    sender: str
    question: httpx.Response = field(default=None)  # type: ignore[assignment]
    danger: httpx.Response = field(default=None)  # type: ignore[assignment]
    ready: httpx.Response = field(default=None)  # type: ignore[assignment]
    waited_for_health_s: float = 0.0


class TestDatabaseAway:
    """Another process holds the database, as a backup or a full disk would."""

    @pytest.fixture(scope="class")
    def outage(self, server: Server) -> Outage:
        """One acknowledged turn, then a question and a message of danger while nothing can be written."""
        found = Outage(server, "berta")
        server.say(QUESTION, sender=found.sender, message_id="m-1")
        with closing(sqlite3.connect(database(server.var_dir), isolation_level=None, timeout=10)) as other:
            other.execute("BEGIN EXCLUSIVE")

            def ask(name: str, message: str, message_id: str) -> None:
                setattr(found, name, post(server, found.sender, message, message_id=message_id))

            asking = [threading.Thread(target=ask, args=(*what,)) for what in (
                ("question", "says who?", "m-2"), ("danger", "i want to kill myself", "m-3"))]
            for thread in asking:
                thread.start()
            time.sleep(0.3)  # until the server is busy with them
            started = time.monotonic()
            with httpx.Client(base_url=server.client.base_url, timeout=60, trust_env=False) as client:
                client.get("/webhooks/web/health/live")
                found.waited_for_health_s = time.monotonic() - started
                for thread in asking:
                    thread.join()
                found.ready = client.get("/webhooks/web/health/ready")
            other.execute("ROLLBACK")
        return found

    def test_a_question_is_not_acknowledged(self, outage: Outage) -> None:
        """503 in plain words, with when to come back and with all crisis lines."""
        assert outage.question.status_code == 503
        assert int(outage.question.headers["Retry-After"]) >= 1
        body = outage.question.json()
        assert body["error"]["code"] == "unavailable"
        assert {"911", "988"} < {line["display"] for line in body["lines"]}
        assert "sqlite" not in outage.question.text.lower() and "locked" not in outage.question.text

    def test_danger_gets_the_lines_that_fit(self, outage: Outage) -> None:
        """First of all lines, whatever the database does."""
        assert outage.danger.status_code in {200, 503}
        body: Any = outage.danger.json()
        lines = body["lines"] if outage.danger.status_code == 503 else body[0]["custom"]["lines"]
        assert lines[0]["display"] == "988"

    def test_others_are_not_held_up(self, outage: Outage) -> None:
        """Whoever asks for something that needs no database is answered at once."""
        assert outage.waited_for_health_s < PROMPT_S

    def test_the_server_says_that_it_is_not_ready(self, outage: Outage) -> None:
        """No question can be answered, so none should be sent here."""
        assert outage.ready.status_code == 503
        assert outage.ready.json()["reason"]

    def test_afterwards_the_conversation_goes_on(self, outage: Outage) -> None:
        """What was acknowledged is remembered, what was not is answered when it comes again, nothing is there twice."""
        server, sender = outage.server, outage.sender
        assert said(server.var_dir, sender) == [QUESTION]
        reply = server.say("says who?", sender=sender, message_id="m-2")
        assert [message["custom"]["topic"] for message in reply] == ["references"]
        assert server.say("says who?", sender=sender, message_id="m-2") == reply
        assert server.say("i want to kill myself", sender=sender, message_id="m-3")[0]["custom"]["kind"] == "crisis"
        assert said(server.var_dir, sender) == [QUESTION, "says who?", "i want to kill myself"]
        assert [len(texts) for _, texts in turns(server.var_dir, sender)] == [2, 1, 1]
