"""Starts the real server on a free port of 127.0.0.1, with a var folder of its own, and ends only what it started."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Mapping, Sequence

import httpx

PROJECT = Path(__file__).resolve().parent.parent.parent
READY_TIMEOUT_S = 120


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`python -m bot serve` as an operator starts it; a context manager."""

    def __init__(self, var_dir: Path, *, environment: Mapping[str, str] = {}, project: Path = PROJECT,
                 wait: bool = True, arguments: Sequence[str] = ("-m", "bot", "serve")) -> None:
        self.port = free_port()
        self.var_dir = var_dir
        self.log = var_dir / "server.log"
        self._project = project
        self._environment = environment
        self._wait = wait
        self._arguments = arguments
        self.process: subprocess.Popen[bytes] | None = None
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30, trust_env=False)

    def __enter__(self) -> Server:
        self.start()
        return self

    def start(self) -> None:
        """Start the process and wait until it listens (and is ready, unless told not to wait for that)."""
        share_models(self.var_dir)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("IMH_")}
        environment.update({"IMH_PORT": str(self.port), "IMH_VAR_DIR": str(self.var_dir), **self._environment})
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([sys.executable, *self._arguments], cwd=self._project, stdout=log,
                                            stderr=log, env=environment, start_new_session=True)
        try:
            self._until_listening()
        except BaseException:
            self.stop(signal.SIGKILL)  # nobody else knows of the process
            raise

    def _until_listening(self) -> None:
        address = "/webhooks/web/health/ready" if self._wait else "/webhooks/web/health/live"
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                raise RuntimeError(f"The server ended with {self.process.returncode}:\n{self.log.read_text()[-3000:]}")
            try:
                if self.client.get(address).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"The server was not ready in {READY_TIMEOUT_S} s:\n{self.log.read_text()[-3000:]}")

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End the process and whatever it started."""
        if self.process is None or self.process.poll() is not None:
            return
        os.killpg(self.process.pid, how)
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.client.close()
        self.stop()

    def say(self, message: str, *, sender: str, status: int = 200, **metadata: str) -> list[dict]:
        """Post one message to the web channel and return the reply."""
        response = self.client.post("/webhooks/web/webhook",
                                    json={"sender": sender, "message": message, "metadata": metadata})
        assert response.status_code == status, (response.status_code, response.text)
        return response.json()


def share_models(var_dir: Path) -> None:
    """Give a test's var folder the project's trained models, so that nothing is trained twice."""
    trained = PROJECT / "var" / "models"
    if trained.is_dir() and not (var_dir / "models").exists():
        shutil.copytree(trained, var_dir / "models", copy_function=os.link)
