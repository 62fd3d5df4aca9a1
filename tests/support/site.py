"""A website that embeds the widget: pages under any policy, and a line to the bot that can be cut, slowed or blocked.

It listens on 127.0.0.1 and a port of its own, so for the browser it is another origin than the bot. What it is asked
for under /webhooks/ it passes on, so that a page can also have the bot on its own origin.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Callable

import httpx

from tests.support.server import free_port

STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"
TAG = '<script type="module" src="{server}/webhooks/web/widget/imh-chat.js"></script>'
_PASSED_ON = ("content-type", "accept-language", "if-none-match", "sec-fetch-site")
_REFUSED = {"forbid": 403, "miss": 404}
_PASSED_BACK = ("content-type", "etag", "cache-control", "retry-after", "content-security-policy", "location")

Fault = Callable[[str], str]
"""What happens to a request to the bot, by its path: "pass", "cut" before it arrives, "lose" its answer half way,
"garble" the answer, "hold" it until `released`, "strand" it until then and lose it, or "forbid" and "miss" it, as a
proxy does that stands before a bot which is being replaced (403, 404, no JSON)."""


class Site:
    """A context manager; `pages` are served by path, `fault` decides what becomes of requests to the bot."""

    def __init__(self, bot: str, *, policy: str | None = None) -> None:
        self.bot = bot
        self.policy = policy
        self.pages: dict[str, str] = {}
        self.fault: Fault = lambda path: "pass"
        self.asked: list[str] = []
        self.reports: list[str] = []
        self.released = threading.Event()
        self.origin = f"http://127.0.0.1:{free_port()}"
        self._client = httpx.Client(base_url=bot, timeout=30, trust_env=False)
        self._server = ThreadingHTTPServer(("127.0.0.1", int(self.origin.rsplit(":", 1)[1])), self._handler())
        self._server.daemon_threads = True
        # A browser that leaves in the middle of an answer is what many tests are about.
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]

    def __enter__(self) -> Site:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._client.close()

    def page(self, body: str, *, path: str = "/", server: str = "", language: str = "en") -> str:
        """Serve a page with the widget's script and `body`; its address."""
        self.pages[path] = (f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>A site</title>'
                            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
                            f'{TAG.format(server=server)}</head><body><main><h1>A site</h1>{body}</main></body></html>')
        return f"{self.origin}{path}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._serve("GET")

            def do_POST(self) -> None:
                self._serve("POST")

            def _serve(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                path = self.path.split("?")[0]
                if path == "/report":
                    site.reports.append(body.decode())
                    self._send(204, b"", {})
                elif path in site.pages:
                    policy = {"content-security-policy": f"{site.policy}; report-uri /report"} if site.policy else {}
                    self._send(200, site.pages[path].encode(), {"content-type": "text/html; charset=utf-8", **policy})
                elif path.startswith("/webhooks/"):
                    self._pass_on(method, body)
                else:
                    self._send(404, b"nothing here", {"content-type": "text/plain"})

            def _pass_on(self, method: str, body: bytes) -> None:
                site.asked.append(self.path)
                what = site.fault(self.path)
                if what == "cut":
                    self.close_connection = True
                    self.connection.shutdown(2)
                    return
                if what in _REFUSED:
                    self._send(_REFUSED[what], b"<html><h1>Nothing here</h1></html>", {"content-type": "text/html"})
                    return
                headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
                answer = site._client.request(method, self.path, content=body, headers=headers)
                if what in {"hold", "strand"}:
                    site.released.wait(30)
                kept = {name: answer.headers[name] for name in _PASSED_BACK if name in answer.headers}
                content = b'[{"text": ' if what == "garble" else answer.content
                self._send(answer.status_code, content, kept, half=what in {"lose", "strand"})

            def _send(self, status: int, content: bytes, headers: dict[str, str], *, half: bool = False) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[:len(content) // 2] if half else content)
                if half:
                    self.close_connection = True
                    self.wfile.flush()
                    self.connection.shutdown(2)

            def log_message(self, *_: object) -> None:
                """Nothing: the tests look at what was asked for themselves."""

        return Handler
