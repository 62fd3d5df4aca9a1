"""A server for somebody who tries a bundle before it is released: on a free port of this machine, for a while, and gone.

    <folder>/releases/…   the bundle that it answers from
    <folder>/port         the port that it listens on, once it does

It ends when nobody asked anything for ten minutes, and when whoever started it ends, however that ends. Its folder, and with
it all that was said, goes with it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

from sanic import Sanic

from bot.server import BACKLOG, create_app
from bot.settings import Settings

IDLE_S = 600.0
PORT = "port"
_LOOKS_EVERY_S = 5.0


def serve(folder: Path, *, idle_s: float = IDLE_S) -> None:
    """Answer until told to stop, until nobody asks, or until standard input ends."""
    threading.Thread(target=_end_with_the_starter, daemon=True).start()
    try:
        # Settings of its own: neither the operator's database nor a gateway's token is any business of a trial.
        app = create_app(Settings(var_dir=folder))
        _end_when_idle(app, idle_s)
        with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listener:
            _write_port(folder, listener.getsockname()[1])
            app.run(sock=listener, workers=1, access_log=False, debug=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _end_with_the_starter() -> None:
    """Wait for the end of standard input: a pipe whose other end the kernel closes when its holder dies."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _write_port(folder: Path, port: int) -> None:
    scratch = folder / f"{PORT}.new"
    scratch.write_text(str(port), encoding="ascii")
    os.replace(scratch, folder / PORT)


def _end_when_idle(app: Sanic, idle_s: float) -> None:
    async def note(_: Any) -> None:
        app.ctx.asked_at = time.monotonic()

    async def watch(_: Any) -> None:
        while time.monotonic() < app.ctx.asked_at + idle_s:
            await asyncio.sleep(min(_LOOKS_EVERY_S, idle_s / 2))
        app.stop()

    app.ctx.asked_at = time.monotonic()
    app.register_middleware(note, "request")
    app.add_task(watch(app))
