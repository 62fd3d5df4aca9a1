"""The workers of a server: which processes they are, and whether each takes connections."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import psutil

from tests.support.connections import opened
from tests.support.server import READY_TIMEOUT_S, Server


def workers(server: Server) -> list[int]:
    """The processes that answer; none where one process is all there is."""
    assert server.process is not None
    pid = server.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def serving(pid: int, port: int) -> bool:
    """Whether a worker has a connection that came in over `port`: it has loaded what it needs, and takes messages."""
    try:
        return any(line.laddr.port == port and line.status == psutil.CONN_ESTABLISHED
                   for line in psutil.Process(pid).net_connections("tcp"))
    except psutil.Error:
        return False


def await_workers(server: Server) -> None:
    """Until each takes connections: the first that is ready makes the whole ready. RuntimeError where one does not."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    with ExitStack() as held:
        while not all(serving(pid, server.port) for pid in workers(server)):
            if time.monotonic() > deadline:
                raise RuntimeError(f"Not all workers were ready in {READY_TIMEOUT_S} s.")
            # Whoever is free takes it; one that is still loading does not.
            held.enter_context(opened(server, b"GET /webhooks/web/health/live HTTP/1.1\r\nHost: bot\r\n\r\n"))
            time.sleep(0.1)
