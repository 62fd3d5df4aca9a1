"""Starts the real programs on free ports of 127.0.0.1, each with a var folder, and ends only what it started."""

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
from typing import Callable, Mapping, Sequence, TypeVar

import httpx

PROJECT = Path(__file__).resolve().parent.parent.parent
READY_TIMEOUT_S = 120
_Program = TypeVar("_Program", bound="Program")


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(**settings: str) -> dict[str, str]:
    """The environment with these settings and none of the person who runs the tests."""
    return {**{key: value for key, value in os.environ.items() if not key.startswith(("IMH_", "OTEL_"))}, **settings}


class Program:
    """`python -m bot …` as an operator starts it, on a free port; a context manager."""

    def __init__(self, arguments: Sequence[str], var_dir: Path, *, log: str, settings: Mapping[str, str], port: str,
                 up: Callable[[], bool], up_within_s: float, project: Path = PROJECT) -> None:
        """`port` names the setting of its port; `up` says whether it answers, and may raise what httpx raises."""
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.var_dir = var_dir
        self.log = var_dir / log
        self.process: subprocess.Popen[bytes] | None = None
        self.project = project
        self._arguments = arguments
        self.settings = {port: str(self.port), "IMH_VAR_DIR": str(var_dir), **settings}
        self._up = up
        self._up_within_s = up_within_s

    def __enter__(self: _Program) -> _Program:
        self.start()
        return self

    def start(self) -> None:
        """Start the process and wait until it is up."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([sys.executable, *self._arguments], cwd=self.project, stdout=log,
                                            stderr=log, env=environment(**self.settings), start_new_session=True)
        try:
            self._until_up()
        except BaseException:
            self.stop(signal.SIGKILL)  # nobody else knows of the process
            raise

    def _until_up(self) -> None:
        deadline = time.monotonic() + self._up_within_s
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                raise RuntimeError(f"It ended with {self.process.returncode}:\n{self.log.read_text()[-3000:]}")
            try:
                if self._up():
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"It was not up in {self._up_within_s} s:\n{self.log.read_text()[-3000:]}")

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
        self.stop()


class Server(Program):
    """`python -m bot serve`."""

    def __init__(self, var_dir: Path, *, environment: Mapping[str, str] = {}, project: Path = PROJECT,
                 wait: bool = True, arguments: Sequence[str] = ("-m", "bot", "serve")) -> None:
        """`wait`: until it is ready and not merely listens."""
        health = f"/webhooks/web/health/{'ready' if wait else 'live'}"
        super().__init__(arguments, var_dir, log="server.log", settings=environment, port="IMH_PORT", project=project,
                         up=lambda: self.client.get(health).status_code == 200, up_within_s=READY_TIMEOUT_S)
        self.client = httpx.Client(base_url=self.address, timeout=30, trust_env=False)

    def start(self) -> None:
        """See `Program.start`; with the project's trained models."""
        share_models(self.var_dir)
        super().start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.client.close()
        super().__exit__(kind, error, trace)

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
        share_answers(var_dir)


def share_answers(var_dir: Path) -> None:
    """Give it also what is known of the models' answers to the held-out lines, so that a console asks nothing twice."""
    (var_dir / "evaluations").mkdir(parents=True, exist_ok=True)
    for path in (PROJECT / "var" / "evaluations").glob("*.json"):
        shutil.copyfile(path, var_dir / "evaluations" / path.name)
