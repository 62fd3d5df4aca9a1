"""The real console: `python -m bot console` on a free port, ended afterwards; and its commands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Mapping

import httpx

from tests.support.server import PROJECT, free_port

UP_WITHIN_S = 30


def environment(var_dir: Path, port: int, more: Mapping[str, str] = {}) -> dict[str, str]:
    """The environment without any setting of the person who runs the tests."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("IMH_")}
    return {**kept, "IMH_VAR_DIR": str(var_dir), "IMH_CONSOLE_PORT": str(port), **more}


def run(verb: str, *arguments: str, var_dir: Path, port: int, project: Path = PROJECT,
        **more: str) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    return subprocess.run([sys.executable, "-m", "bot", verb, *arguments], cwd=project, capture_output=True, text=True,
                          timeout=UP_WITHIN_S, env=environment(var_dir, port, more))


class Console:
    """A console as an operator starts it; a context manager."""

    def __init__(self, var_dir: Path, *, project: Path = PROJECT, **environment: str) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.var_dir = var_dir
        self.log = var_dir / "console.log"
        self._project = project
        self._environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Console:
        self.start()
        return self

    def start(self) -> None:
        """Start, and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "console"], cwd=self._project, stdout=log, stderr=log,
                start_new_session=True, env=environment(self.var_dir, self.port, self._environment))
        deadline = time.monotonic() + UP_WITHIN_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                httpx.get(f"{self.address}/sign-in", trust_env=False)
                return
            except httpx.TransportError:
                time.sleep(0.1)
        self.stop(signal.SIGKILL)
        raise RuntimeError(f"The console did not answer:\n{self.log.read_text()[-3000:]}")

    def first_administrator(self, name: str = "maria") -> str:
        """The link that the command for the first administrator prints."""
        done = run("administrator", name, "--email", f"{name}@example.org", var_dir=self.var_dir, port=self.port,
                   project=self._project, **self._environment)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

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
