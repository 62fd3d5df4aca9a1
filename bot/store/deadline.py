"""A deadline for whatever PostgreSQL is asked: connecting, statements, commits, the trial before a connection is used.

A server that stands still (stopped, its disk or its machine hanging) keeps its connections open and says nothing, and
libpq waits for ever: `statement_timeout` is that server's own clock, `tcp_user_timeout` is content with a kernel that
acknowledges, `connect_timeout` ends with the connection. So the waiting is done here (psycopg2's wait callback, one for
the process), and whoever hears nothing for too long closes the connection and raises OperationalError, as if it had
been cut: everything that is done about a database that is away is done then.

Measured, a `SELECT 1` over TCP on one machine, five runs of each by turns, best: 25 µs and 10.6 µs of processor as
libpq waits, 28 µs and 13.0 µs so. A thread that cuts connections which are late costs as much (26 µs, 12.5 µs) and
has to be told of each use; a thread that does the work costs 102 µs and 59 µs.
"""

from __future__ import annotations

import logging
import select
import socket
import time

import psycopg2
from psycopg2 import extensions

logger = logging.getLogger(__name__)

# Of a server that is being connected to.
CONNECT_WITHIN_S = 2.0
# After so long a silence it is asked on another way whether it lives. If so, work that may take its time goes on.
PATIENCE_S, ALIVE_WITHIN_S = 2.0, 0.5
# A server that was silent is not asked for so long, for each who asks waits; and then it gets so long, until it speaks.
HELD_S, TRIAL_S = 1.0, 0.5

# What every PostgreSQL answers at once, without knowing who asks and without a line in its log: "is there TLS?"
_IS_THERE_TLS = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")
_CONNECTED = 0  # libpq's CONNECTION_OK
_SILENT = "PostgreSQL does not answer."

_Server = tuple[str, int]
# Server -> when it was last found silent (monotonic); only those that have not spoken since.
_silent: dict[_Server, float] = {}


def keep_deadlines() -> None:
    """From now on every connection of this process has a deadline; without `answering_within` it is a patient one."""
    extensions.set_wait_callback(_wait)


def answering_within(seconds: float) -> type[extensions.connection]:
    """A class of connections, each of whose statements is answered after so many seconds of silence or never."""
    return type("PromptConnection", (extensions.connection,), {"answer_within_s": seconds})


def _wait(connection: extensions.connection) -> None:
    """Wait for what libpq waits for. Raises OperationalError; psycopg2 then closes the connection."""
    server = _server(connection) if _silent else None
    if server not in _silent:
        server = None
    elif time.monotonic() < _silent[server] + HELD_S:
        raise psycopg2.OperationalError(_SILENT)
    while (state := connection.poll()) != extensions.POLL_OK:
        poller = select.poll()  # made anew: while it connects, libpq goes from one socket to the next
        poller.register(connection.fileno(), select.POLLIN if state == extensions.POLL_READ else select.POLLOUT)
        while not _heard(poller, TRIAL_S if server else _within_s(connection)):
            patient = not hasattr(connection, "answer_within_s")
            # It may be this connection alone that is silent, or its statement that takes its time.
            lives = _is_made(connection) and (patient or not server) and _lives(connection)
            if lives and patient:
                continue
            if not lives:
                _note_silence(server or _server(connection))
            raise psycopg2.OperationalError(_SILENT)
    if server and _silent.pop(server, None):
        logger.warning("PostgreSQL answers again.")


def _within_s(connection: extensions.connection) -> float:
    return getattr(connection, "answer_within_s", PATIENCE_S) if _is_made(connection) else CONNECT_WITHIN_S


def _is_made(connection: extensions.connection) -> bool:
    return connection.info.status == _CONNECTED


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
