"""Rasa as it comes: `rasa run` with the REST channel and SQLite, `rasa run actions` in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import httpx

from bot.settings import PROJECT
from tests.support.server import free_port

READY_TIMEOUT_S = 240


class RasaServer:
    """A context manager; `post` sends one message and returns when the reply is there."""

    def __init__(self, model: Path, scratch: Path) -> None:
        self._model = model
        self._scratch = scratch
        self._processes: list[subprocess.Popen[bytes]] = []
        self.port = free_port()
        self.path = "/webhooks/rest/webhook"
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60, trust_env=False)

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self._processes]

    def __enter__(self) -> RasaServer:
        actions_port = free_port()
        endpoints, credentials = self._scratch / "endpoints.yml", self._scratch / "credentials.yml"
        endpoints.write_text(f"action_endpoint:\n  url: http://127.0.0.1:{actions_port}/webhook\n"
                             f"tracker_store:\n  type: SQL\n  dialect: sqlite\n  db: {self._scratch / 'rasa.db'}\n")
        credentials.write_text("rest:\n")
        self._start("run", "actions", "--actions", "actions", "--port", str(actions_port))
        self._start("run", "--model", str(self._model), "--endpoints", str(endpoints), "--credentials",
                    str(credentials), "--port", str(self.port), "--interface", "127.0.0.1")
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                if self.client.post(self.path, json={"sender": "probe", "message": "hi"}).json():
                    return self
            except (httpx.TransportError, ValueError):
                pass
            time.sleep(0.5)
        raise RuntimeError(f"Rasa was not ready in {READY_TIMEOUT_S} s; see {self._scratch / 'rasa.log'}.")

    def _start(self, *arguments: str) -> None:
        environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3",
                       "SQLALCHEMY_SILENCE_UBER_WARNING": "1"}
        with (self._scratch / "rasa.log").open("ab") as log:
            self._processes.append(subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "rasa", *arguments], cwd=PROJECT, stdout=log, stderr=log,
                env=environment, start_new_session=True))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.client.close()
        for process in self._processes:
            os.killpg(process.pid, signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
