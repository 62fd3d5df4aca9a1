"""The real console: `python -m bot console` on a free port, ended afterwards; and its commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx

from tests.support.server import PROJECT, Program, environment

UP_WITHIN_S = 30


def run(verb: str, *arguments: str, var_dir: Path, port: int, project: Path = PROJECT,
        **more: str) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    return subprocess.run([sys.executable, "-m", "bot", verb, *arguments], cwd=project, capture_output=True, text=True,
                          timeout=UP_WITHIN_S,
                          env=environment(IMH_VAR_DIR=str(var_dir), IMH_CONSOLE_PORT=str(port), **more))


class Console(Program):
    """A console as an operator starts it."""

    def __init__(self, var_dir: Path, *, project: Path = PROJECT, **settings: str) -> None:
        self._more = settings
        super().__init__(("-m", "bot", "console"), var_dir, log="console.log", settings=settings,
                         port="IMH_CONSOLE_PORT", project=project, up=self._answers, up_within_s=UP_WITHIN_S)

    def _answers(self) -> bool:
        httpx.get(f"{self.address}/sign-in", trust_env=False)
        return True

    def first_administrator(self, name: str = "maria") -> str:
        """The link that the command for the first administrator prints."""
        done = run("administrator", name, "--email", f"{name}@example.org", var_dir=self.var_dir, port=self.port,
                   project=self.project, **self._more)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()
