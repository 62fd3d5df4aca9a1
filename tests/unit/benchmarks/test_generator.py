"""The load generator against a server that does as it is told."""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from typing import Any, Iterator

import pytest

from benchmarks.load import generator
from benchmarks.load.generator import Generator
from benchmarks.load.records import Plan, Record

REPLY, LINES = [{"text": "hello"}], {"error": {"code": "unavailable"}, "lines": [{"name": "988"}]}


class _Server(ThreadingHTTPServer):
    """Remembers what was asked; `answers` says status and body for the nth attempt of a message, None: hang up."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[Any, dict[str, str], dict[str, Any]]] = []
        self.attempts: Counter[str] = Counter()
        self.answers: list[tuple[int, Any] | None] = [(200, REPLY)]
        self.guard = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.guard:
            self.server.asked.append((self.client_address, dict(self.headers), body))
            attempt = self.server.attempts[body["metadata"]["message_id"]]
            self.server.attempts[body["metadata"]["message_id"]] += 1
        answer = self.server.answers[min(attempt, len(self.server.answers) - 1)]
        if answer is None:
            self.close_connection = True
            return
        content = json.dumps(answer[1]).encode()
        self.send_response(answer[0])
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends again does so at once."""
    monkeypatch.setattr(generator, "AFTER_ERROR_S", 0.05)


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def sent(server: _Server, **plan: Any) -> list[Record]:
    """The records of a plan that was carried out."""
    out = StringIO()
    Generator(Plan(server.server_port, **{"at_once": 4, **plan}), out).run()
    return [Record(*json.loads(line)) for line in out.getvalue().splitlines()]


def test_every_message_is_sent_once_with_an_id_and_a_sender_of_its_own(server: _Server) -> None:
    """As many as planned, each another text, each sender from an address of his own."""
    records = sent(server, messages=40)
    bodies = [body for _, _, body in server.asked]
    assert len(records) == len(bodies) == 40 and all(record.status == 200 and not record.error for record in records)
    assert len({body["message"] for body in bodies}) == len({body["metadata"]["message_id"] for body in bodies}) == 40
    addresses = {headers["X-Forwarded-For"] for _, headers, _ in server.asked}
    assert len({body["sender"] for body in bodies}) == len(addresses) == 40


def test_a_conversation_has_one_sender_and_one_connection(server: _Server) -> None:
    """Five messages each, over a connection that is closed after them."""
    sent(server, messages=40, each=5, kept=5)
    lines, messages = defaultdict(set), Counter()
    for client, _, body in server.asked:
        lines[body["sender"]].add(client)
        messages[body["sender"]] += 1
    assert set(messages.values()) == {5}
    assert all(len(clients) == 1 for clients in lines.values())
    assert len(set.union(*lines.values())) == 8


def test_what_failed_is_sent_again_under_the_same_id_where_the_plan_says_so(server: _Server) -> None:
    """A broken connection, then a 503, then an answer: three records, and the crisis lines are seen."""
    server.answers = [None, (503, LINES), (200, REPLY)]
    records = sent(server, messages=1, at_once=1, resend=True)
    assert [(record.status, record.error, record.lines) for record in records] == [
        (0, "ConnectionAbortedError", False), (503, "", True), (200, "", False)]
    assert len({record.message_id for record in records}) == len({body["message"] for _, _, body in server.asked}) == 1


def test_what_failed_is_sent_once_where_the_plan_does_not_say_so(server: _Server) -> None:
    """A 503 without crisis lines counts as such, and the next message follows."""
    server.answers = [(503, {"error": {}})]
    records = sent(server, messages=3, at_once=1)
    assert [(record.status, record.lines) for record in records] == [(503, False)] * 3
    assert len({record.message_id for record in records}) == 3


def test_it_ends_when_the_time_is_over(server: _Server) -> None:
    """Also while somebody sends the same message again and again."""
    server.answers = [(503, LINES)]
    records = sent(server, seconds=0.5, resend=True)
    assert len(records) > 4 and max(record.ended for record in records) - min(record.at for record in records) < 2


def test_a_server_that_is_not_there_is_an_error_and_no_end(server: _Server) -> None:
    """Each attempt is written down with the name of what went wrong."""
    plan = Plan(1, at_once=1, messages=2)  # nobody listens on port 1
    out = StringIO()
    Generator(plan, out).run()
    assert [Record(*json.loads(line)).error for line in out.getvalue().splitlines()] == ["ConnectionRefusedError"] * 2
