"""`python -m bot.console.train.warming`, in a project's folder: reads the training data before anybody waits for it.

Most of the first training on a machine is reading thousands of lines (two minutes), which later ones find where they were
kept. The console has it done while people look through the inbox.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml

from bot.settings import PROJECT
from nlu.corpus import utterances
from nlu.encoders import load
from nlu.encoders.cache import encode_cached

_NICE = 15
# What was read is kept after so many lines: what ends the console loses no more.
_BATCH = 1000


def begin(project: Path) -> subprocess.Popen[bytes]:
    """Start reading a project's training data, in a process of its own."""
    return subprocess.Popen([sys.executable, "-W", "ignore", "-m", "bot.console.train.warming"], cwd=project,
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def read(project: Path = PROJECT) -> None:
    """Read what was not read yet."""
    texts = [line.text for line in utterances(project / "nlu" / "data")]
    for name in _encoders(project):
        for start in range(0, len(texts), _BATCH):
            encode_cached(load(name), texts[start:start + _BATCH])


def _encoders(project: Path) -> list[str]:
    config = yaml.safe_load((project / "config.yml").read_text(encoding="utf-8"))
    return [name for component in config["pipeline"] for name in component.get("encoders", [])]


if __name__ == "__main__":
    os.nice(_NICE)
    read()
