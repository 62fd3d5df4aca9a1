"""Clients that stall, drip, leave, or do not speak HTTP as it is meant: refused or borne, and nobody waits for them."""

from __future__ import annotations

import re
import socket
import threading
import time
from contextlib import ExitStack
from typing import Iterator

import pytest

from tests.support.connections import CLOSED, PROMPT_S, QUESTION, alive, opened, received, request, usable
from tests.support.server import Server

pytestmark = pytest.mark.e2e

# When a client that began a request and stalled must have been let go.
LET_GO_S = 22.0
POST = b"POST /webhooks/web/webhook HTTP/1.1\r\nConnection: close\r\nContent-Type: application/json\r\n"

REQUESTS = {
    "no HTTP": b"HELLO\r\n\r\n",
    "no headers": b"\r\n\r\n\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an unknown version": b"GET / HTTP/9.9\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost\r\n\r\n",
    "headers beyond measure": b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000 + b"\r\n\r\n",
    "a length that is no number": POST + b"Content-Length: two\r\n\r\n{}",
    "a length below zero": POST + b"Content-Length: -5\r\n\r\n{}",
    "a length that is huge": POST + b"Content-Length: 99999999999\r\n\r\n{}",
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 30\r\n\r\n{}",
    "an unknown transfer": POST + b"Transfer-Encoding: gzip\r\n\r\n{}",
    "a chunk without a size": POST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n",
    "a chunk below zero": POST + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n0\r\n\r\n",
    "an unknown expectation": POST + b"Expect: a miracle\r\nContent-Length: 2\r\n\r\n{}",
    "a content type that is no text": b"POST /webhooks/web/webhook HTTP/1.1\r\nConnection: close\r\n"
                                      b"Content-Type: \xff\xfe\r\nContent-Length: 2\r\n\r\n{}",
    "a form without its boundary": b"POST /webhooks/web/ HTTP/1.1\r\nConnection: close\r\n"
                                   b"Content-Type: multipart/form-data\r\nContent-Length: 7\r\n\r\n--x\r\n\r\n",
}
# Not answered with a status, and need not be: the client left, or speaks another protocol.
UNANSWERED = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
    "zeros": bytes(5000),
    "a path that is no text": b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "nothing": b"",
}


@pytest.fixture
def tough(server: Server) -> Iterator[Server]:
    """The server; where a test hung it, it is started again so that the tests after it can go on, and that is told."""
    yield server
    if not alive(server):
        server.stop(9)
        server.start()
        pytest.fail("the server hung and had to be killed: it answered nobody any more")


@pytest.mark.parametrize("request_bytes", REQUESTS.values(), ids=REQUESTS)
def test_a_malformed_request_is_refused(tough: Server, request_bytes: bytes) -> None:
    """With a 4xx in plain words, and the next client is served at once."""
    with opened(tough, request_bytes) as connection:
        answer = received(connection)
    assert answer.startswith(b"HTTP/1.1 4"), answer[:200]
    assert b'{"error":{"code":' in answer or b"<!doctype html>" in answer
    assert b"Traceback" not in answer
    assert alive(tough)


@pytest.mark.parametrize("request_bytes", UNANSWERED.values(), ids=UNANSWERED)
def test_a_client_that_is_none_is_borne(tough: Server, request_bytes: bytes) -> None:
    """The next one is served at once."""
    with opened(tough, request_bytes):
        assert alive(tough)
    assert alive(tough)


def test_stalled_clients_do_not_stop_others(server: Server, sender: str) -> None:
    """A hundred that never finish what they began."""
    with ExitStack() as stack:
        for number in range(100):
            stack.enter_context(opened(server, POST + (b"Content-Length: 500\r\n\r\n{" if number % 2 else b"")))
        started = time.monotonic()
        usable(server, sender)
        assert time.monotonic() - started < PROMPT_S


def test_a_slow_client_does_not_stop_others_and_is_answered(server: Server, sender: str) -> None:
    """A byte now and then, as over a bad line."""
    message = request({"sender": f"{sender}-slow", "message": QUESTION}, connection="close")
    answers: list[bytes] = []

    def drip() -> None:
        with opened(server, b"") as connection:
            for start in range(0, len(message), 3):
                connection.sendall(message[start:start + 3])
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


def test_a_client_that_leaves_before_the_answer_harms_nobody(server: Server, sender: str) -> None:
    """Its message may be stored or not; the conversation goes on."""
    for _ in range(20):
        opened(server, request({"sender": sender, "message": "hello"})).close()
    usable(server, sender)


def test_requests_one_after_the_other_on_one_connection(server: Server) -> None:
    """Sent without waiting, answered in their order, a refused one among them."""
    requests = [request({"message": "/ask_contact"}), request({"message": 5}),
                request({"message": "/ask_indicators"}, connection="close")]
    with opened(server, b"".join(requests)) as connection:
        answer = received(connection)
    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"200", b"400", b"200"]
    contact, refused, indicators = (answer.index(part) for part in (b'"topic":"contact"', b"message_missing",
                                                                   b'"topic":"indicators"'))
    assert contact < refused < indicators


@pytest.mark.parametrize("where", ["in the headers", "in the body"])
def test_a_stalled_client_is_let_go(stalled: tuple[float, dict[str, socket.socket]], where: str) -> None:
    """Connections that lead nowhere do not pile up."""
    began, connections = stalled
    answer = received(connections[where], until=max(began + LET_GO_S, time.monotonic() + PROMPT_S))
    assert answer.endswith(CLOSED), f"the connection is still open after {answer[:200]!r}"
