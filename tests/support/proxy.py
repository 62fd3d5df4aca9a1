"""The proxy as deploy/proxy describes it, on free ports, before a stand-in that tells what reached it."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

import httpx

from bot.settings import PROJECT
from tests.support.server import free_port
from tests.support.tools import tool

STARTS_WITHIN_S = 30


class _StandIn(BaseHTTPRequestHandler):
    """Answers everything with what it was asked, and where."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        seen = {"path": self.path, "headers": {name.lower(): value for name, value in self.headers.items()},
                "bytes": len(body), "port": self.server.server_address[1]}
        text = json.dumps(seen).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = _answer

    def log_message(self, *_: object) -> None:
        """Nothing: the proxy's log is what is looked at."""


class Proxy:
    """Caddy with the repository's Caddyfile, without TLS; a context manager that ends what it started."""

    def __init__(self, folder: Path, *, bot_is_away: bool = False, console_from: str = "127.0.0.0/8 ::1") -> None:
        self.log = folder / "caddy.log"
        self._folder = folder
        self._stand_in = ThreadingHTTPServer(("127.0.0.1", 0), _StandIn)
        inside = f"127.0.0.1:{self._stand_in.server_address[1]}"
        self.port = free_port()
        self._environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "XDG_DATA_HOME": str(folder),
            "IMH_HTTP_PORT": str(self.port), "IMH_SITE": f"http://chat.localhost:{self.port}",
            "IMH_CONSOLE_SITE": f"http://console.localhost:{self.port}",
            "IMH_BOT": f"127.0.0.1:{free_port()}" if bot_is_away else inside, "IMH_CONSOLE": inside,
            "IMH_CONSOLE_FROM": console_from, "IMH_AWAY": str(PROJECT / "deploy" / "proxy" / "away.json")}

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._stand_in.serve_forever, daemon=True).start()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [tool("caddy"), "run", "--adapter", "caddyfile",
                 "--config", PROJECT / "deploy" / "proxy" / "Caddyfile"],
                env=self._environment, cwd=self._folder, stdout=log, stderr=log)
        try:
            self._until_listening()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)
        self._stand_in.shutdown()
        self._stand_in.server_close()

    def ask(self, path: str, *, site: str = "chat", method: str = "GET", **more: object) -> httpx.Response:
        """One request for one of the two host names."""
        headers = {"Host": f"{site}.localhost:{self.port}", **more.pop("headers", {})}
        return httpx.request(method, f"http://127.0.0.1:{self.port}{path}", headers=headers, trust_env=False,
                             timeout=20, **more)

    def _until_listening(self) -> None:
        until = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < until and self._process.poll() is None:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/", trust_env=False)
                return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError(f"the proxy does not listen: {self.log.read_text()[-2000:]}")
