"""The tools that deploy/ is checked with, in an environment of their own beside the project's: `make tools`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bot.settings import PROJECT

BIN = PROJECT / "var" / "tools" / "bin"


def tool(name: str) -> Path:
    """The path of a tool; the test fails, and says what to do, where it is missing."""
    path = BIN / name
    if not path.exists():
        pytest.fail(f"{name} is missing: run 'make tools'", pytrace=False)
    return path


def run(name: str, *arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a tool to its end, in the project's folder; what it printed, and its exit code."""
    return subprocess.run([tool(name), *arguments], cwd=PROJECT, input=stdin, text=True, capture_output=True,
                          timeout=120, check=False)
