"""A server that stops, and those who are connected to it and have said nothing yet."""

from __future__ import annotations

import asyncio
import socket
from functools import partial

from sanic import Sanic
from sanic.models.server_types import Signal
from sanic.response import text

from bot.channels import http
from bot.channels.http import PatientProtocol

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def test_a_request_that_comes_as_the_server_stops_is_answered() -> None:
    """One is connected and silent when connections are closed, and asks a moment later; another never does."""
    asked, silent = asyncio.run(_stopped())
    assert asked.startswith(b"HTTP/1.1 200 OK")
    assert asked.endswith(b"here")
    assert silent == b""


async def _stopped() -> tuple[bytes, bytes]:
    """All that two clients read until their connections were closed."""
    app = Sanic("stopping", configure_logging=False)
    app.add_route(lambda _: text("here"), "/")
    await app._startup()
    loop = asyncio.get_running_loop()
    protocol = partial(PatientProtocol, loop=loop, app=app, signal=Signal(), connections=set())
    clients = []
    connected = []
    for _ in range(2):
        ours, theirs = socket.socketpair()
        connected.append((await loop.connect_accepted_socket(protocol, theirs))[1])
        clients.append(await asyncio.open_connection(sock=ours))
    assert [one.close_if_idle() for one in connected] == [False, False]
    await asyncio.sleep(http.LAST_WORD_S / 3)
    clients[0][1].write(REQUEST)
    read = await asyncio.wait_for(asyncio.gather(*(reader.read() for reader, _ in clients)), 10 * http.LAST_WORD_S)
    for _, writer in clients:
        writer.close()
    return read[0], read[1]
