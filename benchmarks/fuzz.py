"""Random inputs to a real server: bytes, broken JSON, odd headers, half requests. None of them is worth a 5xx."""

from __future__ import annotations

import json
import random
import socket
from collections import Counter
from typing import Any, Iterator

INPUTS = 20_000
SEED = 7
NO_RESPONSE = 0
_TIMEOUT_S = 30
_ADDRESSES = ("/webhooks/web/webhook", "/webhooks/web/feedback", "/webhooks/web/erase", "/webhooks/web/session",
              "/webhooks/web/", "/webhooks/sms/twilio", "/webhooks/sms/twilio/status", "/webhooks/sms/kannel",
              "/webhooks/web/widget/imh-chat.js", "/webhooks/web/health/ready", "/")
_TYPES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "")
_HEADERS = (b"X-Twilio-Signature", b"X-Request-ID", b"X-Forwarded-For", b"Origin", b"Cookie", b"Accept-Language",
            b"If-None-Match")
_MOST_BYTES = 400


def noise(seed: int, count: int) -> Iterator[bytes]:
    """`count` whole requests, the same for the same seed; each asks for the connection to be closed."""
    chance = random.Random(seed)
    for _ in range(count):
        method = chance.choice(("POST", "POST", "POST", "GET", "PUT", "DELETE", "OPTIONS", "HEAD"))
        address = chance.choice(_ADDRESSES).encode() + chance.choice((b"", b"", b"?" + _printable(chance, 60)))
        body = _body(chance)
        headers = [b"Host: x", b"Connection: close", b"Content-Length: %d" % len(body),
                   b"Content-Type: " + chance.choice(_TYPES).encode()]
        if chance.random() < 0.3:
            headers.append(chance.choice(_HEADERS) + b": " + _printable(chance, 40))
        yield b"%s %s HTTP/1.1\r\n%s\r\n\r\n" % (method.encode(), address, b"\r\n".join(headers)) + body


def shoot(port: int, requests: Iterator[bytes]) -> Counter[int]:
    """Send each over a connection of its own; HTTP status -> how often, `NO_RESPONSE` where the server only hung up."""
    statuses: Counter[int] = Counter()
    for request in requests:
        with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_S) as connection:
            connection.sendall(request)
            statuses[_status(connection)] += 1
    return statuses


def measure() -> Counter[int]:
    """All inputs against a server that is started for them."""
    import tempfile
    from pathlib import Path

    from tests.support.server import Server
    from tests.support.texting import ENVIRONMENT

    with tempfile.TemporaryDirectory() as folder, Server(Path(folder), environment=ENVIRONMENT) as server:
        return shoot(server.port, noise(SEED, INPUTS))


def _status(connection: socket.socket) -> int:
    received = b""
    try:
        while block := connection.recv(65536):
            received += block
    except ConnectionError:
        pass
    line = received.split(b"\r\n", 1)[0].split(b" ")
    return int(line[1]) if len(line) > 1 and line[1].isdigit() else NO_RESPONSE


def _body(chance: random.Random) -> bytes:
    kind = chance.random()
    if kind < 0.4:
        return chance.randbytes(chance.randrange(_MOST_BYTES))
    whole = json.dumps(_object(chance)).encode("utf-8", "surrogatepass")
    if kind < 0.6:
        return whole
    cut = chance.randrange(len(whole) + 1)
    return whole[:cut] + chance.randbytes(chance.randrange(4)) + whole[cut + chance.randrange(3):]


def _object(chance: random.Random) -> Any:
    """Something like a message, with any value in any place."""
    names = ("message", "sender", "metadata", "id", "value", "text", "language", "message_id", "audience")
    return {name: _value(chance, 2) for name in names if chance.random() < 0.6}


def _value(chance: random.Random, depth: int) -> Any:
    kind = chance.randrange(8 if depth else 6)
    if kind == 0:
        return chance.choice((None, True, False, "up", "en", "", " ", "\u0000", "\ud800", "/ask_", "/restart"))
    if kind == 1:
        return chance.choice((0, -1, 1e308, 10 ** 40, 0.1))
    if kind < 6:
        return "".join(chr(chance.choice((chance.randrange(128), chance.randrange(0xD800), chance.randrange(0x110000))))
                       for _ in range(chance.randrange(60)))
    if kind == 6:
        return [_value(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {str(number): _value(chance, depth - 1) for number in range(chance.randrange(4))}


def _printable(chance: random.Random, most: int) -> bytes:
    return bytes(chance.randrange(33, 256) for _ in range(chance.randrange(1, most)))
