"""Limits and websites of the web channel: who is stopped, when they may come back, and what is never too much."""

from __future__ import annotations

import threading
import uuid
from pathlib import Path
from typing import Iterator

import httpx
import pytest

from bot.settings import Settings
from tests.support.server import Server
from tests.support.web import ALL_LINES, JSON_TYPE, LINE_KEYS, WEBHOOK, assert_error

pytestmark = pytest.mark.e2e

QUESTION = "what is infant mental health"
# The one website of two that calls here.
ORIGIN = "https://chat.example.org"
# Long enough for as many messages on a busy machine, short enough to wait for.
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
def limited(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Limited]:
    """A server of its own behind a trusted proxy, with small limits that count for this machine too."""
    environment = {"IMH_RATE_LOOPBACK": "yes", "IMH_RATE_SENDER": f"{SENDER_COUNT}/{SENDER_PERIOD_S}",
                   "IMH_RATE_ADDRESS": f"{ADDRESS_COUNT}/600", "IMH_TRUSTED_PROXIES": "127.0.0.1",
                   "IMH_ALLOWED_ORIGINS": f"{ORIGIN}, https://www.example.org"}
    with Server(tmp_path_factory.mktemp("limited"), environment=environment) as server:
        yield Limited(server)


@pytest.mark.parametrize("method", ["POST", "OPTIONS", "GET"], ids=["reply", "preflight", "error"])
def test_a_named_website_may_call(limited: Limited, method: str) -> None:
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
def test_a_website_that_only_looks_alike_may_not(limited: Limited, origin: str) -> None:
    """The whole origin counts: scheme, host and port."""
    for method in ("POST", "OPTIONS"):
        body = b'{"message": "hello"}' if method == "POST" else None
        response = limited.send(method, body, **JSON_TYPE, Origin=origin)
        assert not [name for name in response.headers if name.lower().startswith("access-control-")]


def test_a_sender_is_stopped_and_told_when_to_come_back(limited: Limited, sender: str) -> None:
    """429 with `Retry-After` and all crisis lines; after that time the conversation goes on."""
    address = limited.address()
    response = limited.exhaust(sender=sender, address=address)
    body = assert_error(response, 429, "too_many")
    assert {line["display"] for line in body["lines"]} == ALL_LINES
    assert all(set(line) == LINE_KEYS for line in body["lines"])
    wait_s = int(response.headers["Retry-After"])
    assert 1 <= wait_s <= SENDER_PERIOD_S
    threading.Event().wait(wait_s)
    assert limited.say("says who?", sender=sender, address=address).json()[0]["custom"]["topic"] == "references"


@pytest.mark.parametrize(("message", "first"), [
    ("i want to kill myself", "988"), ("my baby is not breathing", "911"), ("ya no quiero vivir", "988"),
    ("my toddler just drank some bleach", "1-800-222-1222"),
])
def test_a_message_of_danger_is_answered_all_the_same(limited: Limited, sender: str, message: str, first: str) -> None:
    """With the lines that fit, while a question is still one too many."""
    address = limited.address()
    assert limited.exhaust(sender=sender, address=address).status_code == 429
    reply = limited.say(message, sender=sender, address=address)
    assert reply.status_code == 200
    assert reply.json()[0]["custom"]["kind"] == "crisis"
    assert reply.json()[0]["custom"]["lines"][0]["display"] == first
    assert limited.say(QUESTION, sender=sender, address=address).status_code == 429


def test_the_error_is_in_the_language_of_the_page(limited: Limited, sender: str) -> None:
    """Words and lines."""
    address = limited.address()
    limited.exhaust(sender=sender, address=address)
    body = limited.say("hola", sender=sender, address=address, language="es").json()
    assert "Espere" in body["error"]["message"]
    assert any("Emergencia" in line["name"] for line in body["lines"])


def test_an_address_is_stopped_whoever_speaks(limited: Limited) -> None:
    """New senders do not help, a neighbour's address is not affected, and a made-up hop is not believed."""
    address = limited.address()
    for _ in range(ADDRESS_COUNT):
        assert limited.say("hello", sender=uuid.uuid4().hex, address=address).status_code == 200
    assert limited.say("hello", sender=uuid.uuid4().hex, address=address).status_code == 429
    assert limited.say("hello", sender=uuid.uuid4().hex, address=f"198.51.100.7, {address}").status_code == 429
    assert limited.say("hello", sender=uuid.uuid4().hex, address=limited.address()).status_code == 200


def test_this_machine_is_counted_where_it_is_asked_for(limited: Limited, sender: str) -> None:
    """`IMH_RATE_LOOPBACK=yes`."""
    assert_error(limited.exhaust(sender=sender, address=None), 429, "too_many")


def test_this_machine_is_not_counted_by_itself(server: Server, sender: str) -> None:
    """A website's own server speaks for all its visitors."""
    for _ in range(Settings().rate_sender.count + 1):
        server.say("hello", sender=sender)


def test_the_page_says_so_too(limited: Limited, sender: str) -> None:
    """As a page, with the lines."""
    address = limited.address()
    limited.exhaust(sender=sender, address=address)
    response = limited.server.client.post("/webhooks/web/", data={"sender": sender, "message": QUESTION},
                                          headers={"X-Forwarded-For": address})
    assert response.status_code == 429
    assert response.headers["content-type"].startswith("text/html")
    assert 'href="tel:988"' in response.text and "too_many" not in response.text
