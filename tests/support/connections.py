"""Raw connections to a server, for clients that do not speak HTTP as it is meant, and whether it goes on after them."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import httpx

from tests.support.server import Server

# What somebody may have to wait while others misbehave; a reply takes a few hundredths of a second.
PROMPT_S = 2.0
QUESTION = "what is infant mental health"
CLOSED = b"<closed by the server>"


def opened(server: Server, data: bytes) -> socket.socket:
    """A connection over which `data` was sent."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(data)
    return connection


def request(body: Any, *, connection: str = "keep-alive") -> bytes:
    """A message to the web channel as it goes over the line."""
    content = json.dumps(body).encode()
    head = (f"POST /webhooks/web/webhook HTTP/1.1\r\nHost: x\r\nConnection: {connection}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n")
    return head.encode() + content


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


def usable(server: Server, sender: str) -> None:
    """The conversation answers a question as if nothing had been."""
    reply = server.say(QUESTION, sender=sender)
    assert [message["custom"]["topic"] for message in reply if message["custom"]["kind"] == "answer"] == ["define_imh"]
