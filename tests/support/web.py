"""Requests to the web channel, and the form that every error of it has."""

from __future__ import annotations

import json
import re
from typing import Any, Mapping

import httpx

from tests.support.server import Server

WEBHOOK = "/webhooks/web/webhook"
JSON_TYPE = {"Content-Type": "application/json"}
LINE_KEYS = {"name", "phone", "display", "sms", "when"}
# What the lines of an error show; all of them, since nobody knows what the person needs.
ALL_LINES = {"911", "988", "1-855-662-7474", "1-833-852-6262", "1-855-333-7233", "1-800-799-7233", "1-800-222-1222"}


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
