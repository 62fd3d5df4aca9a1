"""What a client of the web channel is told that did something wrong, and the headers that every response carries."""

from __future__ import annotations

import json
import uuid
from typing import Any

import httpx
import pytest

from tests.support.server import Server
from tests.support.web import JSON_TYPE, WEBHOOK, assert_error, post

pytestmark = pytest.mark.e2e

MAX_BODY_BYTES = 16 * 1024
QUESTION = "what is infant mental health"


def padded(size: int) -> bytes:
    """A good message in a body of exactly `size` bytes."""
    body = {"sender": uuid.uuid4().hex, "message": QUESTION, "padding": ""}
    return json.dumps({**body, "padding": "x" * (size - len(json.dumps(body)))}).encode()


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
def test_a_body_that_breaks_the_contract_is_400(server: Server, code: str, body: Any) -> None:
    """With a code that says which rule it broke."""
    assert_error(post(server, body), 400, code)


def test_the_longest_message_is_taken(server: Server, sender: str) -> None:
    """2,000 characters, not 1,999."""
    assert server.say("x" * 2000, sender=sender)


@pytest.mark.parametrize("path", ["/webhooks/web/nothing", "/webhooks/nothing", "/webhooks/", "/nothing", "/model",
                                  "/conversations/x/tracker", "/webhooks/web/%00", "/webhooks/web/%ff%fe",
                                  "/webhooks/web/..%2f..%2f..%2fetc%2fpasswd"])
def test_an_unknown_address_is_404(server: Server, path: str) -> None:
    """Rasa's own API among them, which has no place on a public port."""
    assert_error(server.client.get(path), 404, "not_found")


@pytest.mark.parametrize(("method", "path"), [
    ("GET", WEBHOOK), ("PUT", WEBHOOK), ("PATCH", WEBHOOK), ("DELETE", WEBHOOK), ("PUT", "/webhooks/web/"),
    ("DELETE", "/webhooks/web/"), ("POST", "/webhooks/web/health/live"), ("PUT", "/webhooks/web/health/ready"),
])
def test_another_method_is_405(server: Server, method: str, path: str) -> None:
    """In the same form as every error."""
    assert_error(server.client.request(method, path), 405, "method_not_allowed")


@pytest.mark.parametrize("path", [WEBHOOK, "/webhooks/web/", "/webhooks/web/health/live"])
def test_head_has_no_body(server: Server, path: str) -> None:
    """And the connection can be used again."""
    response = server.client.head(path)
    assert response.status_code in {200, 405} and response.content == b""
    assert server.client.get("/webhooks/web/health/live").status_code == 200


def test_the_largest_body_is_taken(server: Server) -> None:
    """16 KiB, to the byte."""
    assert post(server, padded(MAX_BODY_BYTES)).status_code == 200


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 1_000_000])
@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "chunked"])
def test_a_body_beyond_16_kib_is_413(server: Server, size: int, chunked: bool) -> None:
    """However it is sent."""
    body = padded(size)
    parts = (body[start:start + 1000] for start in range(0, size, 1000))
    with httpx.Client(base_url=server.client.base_url, timeout=30, trust_env=False) as client:
        response = client.post(WEBHOOK, content=parts if chunked else body, headers=JSON_TYPE)
    assert_error(response, 413, "body_too_large")


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "text/json",
                                          "multipart/form-data; boundary=x", "application/jsonx"])
def test_a_body_that_is_not_called_json_is_415(server: Server, content_type: str | None) -> None:
    """So that no foreign form can speak for a visitor."""
    headers = {"Content-Type": content_type} if content_type else {}
    assert_error(server.client.post(WEBHOOK, content=b'{"message": "hello"}', headers=headers), 415, "not_json")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_called_so_in_other_ways(server: Server, content_type: str) -> None:
    """Parameters and capitals make no difference."""
    body = b'{"message": "hello"}'
    assert server.client.post(WEBHOOK, content=body, headers={"Content-Type": content_type}).status_code == 200


@pytest.mark.parametrize(("method", "path", "body"), [
    ("POST", WEBHOOK, b'{"message": "hello"}'), ("POST", WEBHOOK, b"{"), ("POST", WEBHOOK, b"x" * 20_000),
    ("GET", WEBHOOK, None), ("GET", "/nothing", None), ("GET", "/webhooks/web/", None),
    ("GET", "/webhooks/web/health/live", None), ("OPTIONS", WEBHOOK, None), ("HEAD", WEBHOOK, None),
])
def test_security_headers_are_on_every_response(server: Server, method: str, path: str,
                                                body: bytes | None) -> None:
    """Nothing is kept by a cache, told to another site, or guessed to be of another type."""
    response = server.client.request(method, path, content=body, headers=JSON_TYPE if body else {})
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("origin", ["https://www.example.org", "null", "http://127.0.0.1"])
def test_no_website_may_call_unless_it_is_named(server: Server, origin: str) -> None:
    """The default allows none, and credentials are never asked for."""
    for method, body in (("POST", b'{"message": "hello"}'), ("OPTIONS", None), ("GET", None)):
        response = server.client.request(method, WEBHOOK, content=body, headers={**JSON_TYPE, "Origin": origin})
        assert not [name for name in response.headers if name.lower().startswith("access-control-")]
