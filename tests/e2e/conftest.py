"""What the end-to-end tests share: a conversation of their own on the server of the session, and clients that stall."""

from __future__ import annotations

import socket
import time
import uuid
from contextlib import ExitStack
from typing import Iterator

import pytest

from tests.support.connections import opened
from tests.support.postgres import Postgres
from tests.support.server import Server


@pytest.fixture
def sender() -> str:
    """The id of a conversation that no other test speaks in."""
    return f"e2e-{uuid.uuid4().hex}"


@pytest.fixture(scope="session")
def stalled(server: Server) -> Iterator[tuple[float, dict[str, socket.socket]]]:
    """Clients that sent the beginning of a request and nothing since: when (monotonic), and where each stopped."""
    with ExitStack() as stack:
        yield time.monotonic(), {where: stack.enter_context(opened(server, start)) for where, start in {
            "in the headers": b"POST /webhooks/web/webhook HTTP/1.1\r\nHost: x\r\nContent-Ty",
            "in the body": b"POST /webhooks/web/webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                           b'Content-Length: 40\r\n\r\n{"mess',
        }.items()}


@pytest.fixture(scope="module")
def address(postgres: Postgres) -> str:
    """The address of a PostgreSQL database for the server of one file."""
    return postgres.database()
