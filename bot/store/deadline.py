"""A deadline for whatever PostgreSQL is asked: connecting, statements, commits, the trial before a connection is used.

A server that stands still (stopped, its disk or its machine hanging) keeps its connections open and says nothing, and
libpq waits for ever: `statement_timeout` is that server's own clock, `tcp_user_timeout` is content with a kernel that
acknowledges, `connect_timeout` ends with the connection. So the waiting is done here (psycopg2's wait callback, one for
the process), and whoever hears nothing for too long closes the connection and raises OperationalError, as if it had
been cut: everything that is done about a database that is away is done then.

Measured, `SELECT 1` over TCP on one machine, 60 runs of 600 by turns on one connection, the best of each: 24 µs and
11 µs of processor as libpq waits, 28 µs and 14 µs so: 3 µs of a processor a statement, where a turn has a dozen and
takes ten thousand. A thread that cuts connections which are late costs the same (28 µs, 14 µs) and has to be told of
each use; a thread that does the work costs 64 µs, 44 µs of processor.

Of several hosts in an address the next is tried where one refuses, not where one is silent.
"""

from __future__ import annotations

import logging
import math
import select
import socket
import time

import psycopg2
from psycopg2 import extensions

logger = logging.getLogger(__name__)

# After so long a silence the server is asked on another way whether it lives, which takes it so long at most. A server
# that lives and has work to do is waited for, and asked again now and then.
SILENCE_S, ALIVE_WITHIN_S, ASKED_EVERY_S = 0.5, 1.0, 1.0
CONNECT_WITHIN_S = 2.0
# One that was silent is not tried for so long, for each who tries it waits; then the next one does.
HELD_S = 1.0

# What every PostgreSQL answers at once, without knowing who asks and without a line in its log: "is there TLS?"
_IS_THERE_TLS = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")
_CONNECTED = 0  # libpq's CONNECTION_OK
_SILENT = "PostgreSQL does not answer."

_Server = tuple[str, int]
# Server -> when it was last found silent (monotonic); only those that have not spoken since.
_silent: dict[_Server, float] = {}


def keep_deadlines() -> None:
    """From now on no connection of this process waits for a server that is silent, whatever it waits for."""
    extensions.set_wait_callback(_wait)


def answering_within(seconds: float) -> type[extensions.connection]:
    """A class of connections that wait for so long at most, also where the server lives and a session stands still."""
    return type("PromptConnection", (extensions.connection,), {"answer_within_s": seconds})


def _wait(connection: extensions.connection) -> None:
    """Wait for what libpq waits for. Raises OperationalError; psycopg2 then closes the connection."""
    silent_at = _silent.get(_server(connection)) if _silent else None
    if silent_at is not None and time.monotonic() < silent_at + HELD_S:
        raise psycopg2.OperationalError(_SILENT)
    while (state := connection.poll()) != extensions.POLL_OK:
        poller = select.poll()  # made anew: while it connects, libpq goes from one socket to the next
        poller.register(connection.fileno(), select.POLLIN if state == extensions.POLL_READ else select.POLLOUT)
        if not _heard(poller, SILENCE_S):
            _wait_on(connection, poller, was_silent=silent_at is not None)
    if silent_at is not None and _silent.pop(_server(connection), None):
        logger.warning("PostgreSQL answers again.")


def _wait_on(connection: extensions.connection, poller: select.poll, *, was_silent: bool) -> None:
    """Wait for a server that lives, for as long as the connection has time. Raises OperationalError."""
    made = connection.info.status == _CONNECTED
    within_s = getattr(connection, "answer_within_s", math.inf) if made else CONNECT_WITHIN_S
    ends_at = time.monotonic() + within_s - SILENCE_S
    while True:
        # Who has no time, and was told before that it is silent, does not wait for another answer.
        lives = not (was_silent and within_s < math.inf) and _lives(connection)
        left_s = ends_at - time.monotonic()
        if _heard(poller, min(ASKED_EVERY_S, max(left_s, 0)) if lives else 0):
            return
        if not lives:
            _note_silence(_server(connection))
        if not lives or left_s <= 0:
            raise psycopg2.OperationalError(_SILENT)


def _heard(poller: select.poll, within_s: float) -> bool:
    """Whether anything came. The second look is for a process that was itself stopped meanwhile."""
    return bool(poller.poll(within_s * 1000) or poller.poll(0))


def _lives(connection: extensions.connection) -> bool:
    """Whether the connection's server answers somebody else."""
    host, port = _server(connection)
    try:
        with _reached(host, port) as other:
            other.sendall(_IS_THERE_TLS)
            return bool(other.recv(1))
    except OSError:
        return False


def _reached(host: str, port: int) -> socket.socket:
    if not host.startswith(("/", "@")):
        return socket.create_connection((host, port), timeout=ALIVE_WITHIN_S)
    name = f"{host}/.s.PGSQL.{port}"
    other = socket.socket(socket.AF_UNIX)
    other.settimeout(ALIVE_WITHIN_S)
    other.connect(f"\0{name[1:]}" if name.startswith("@") else name)  # "@": a name that stands in no folder
    return other


def _note_silence(server: _Server) -> None:
    if server not in _silent:
        logger.warning("PostgreSQL does not answer; whoever needs it is told so until it does.")
    _silent[server] = time.monotonic()


def _server(connection: extensions.connection) -> _Server:
    """Host, or the folder of its socket, and port."""
    return connection.info.host, connection.info.port
