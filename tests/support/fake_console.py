"""A console that hands out whatever a test wants, on a port of its own; it remembers who asked for what."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Mapping

TOKEN = "fedcba9876543210" * 3


class FakeConsole:
    """`GET /bundle`; a context manager. `archive` is sent under `etag` to those who do not name it.

    `trial` is what `GET /bundle/canary` sends under the name in `trial_name`; it is not among what `asked` and `sent` count.
    """

    def __init__(self) -> None:
        self.etag = ""
        self.archive = b""
        self.trial_name, self.trial, self.trials_sent = "", b"", 0
        self.status = 200
        self.headers: dict[str, str] = {}
        self.asked: list[Mapping[str, str]] = []
        self.sent = 0
        console = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/bundle/canary":
                    self.send_response(200 if console.trial_name else 404)
                    self.send_header("ETag", f'"{console.trial_name}"')
                    self.send_header("Content-Length", str(len(console.trial)))
                    self.end_headers()
                    console.trials_sent += 1
                    self.wfile.write(console.trial)
                    return
                console.asked.append({name.lower(): value for name, value in self.headers.items()})
                known = f'"{console.etag}"' in self.headers.get("If-None-Match", "")
                status = 404 if not console.etag else console.status if console.status != 200 else 304 if known else 200
                body = console.archive if status == 200 else b""
                self.send_response(status)
                for name, value in {"ETag": f'"{console.etag}"', "Content-Length": str(len(body)), **console.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                console.sent += status == 200
                try:
                    self.wfile.write(body)
                except OSError:
                    pass  # the other side has had enough

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FakeConsole:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
