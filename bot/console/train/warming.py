"""Does ahead what a training would make somebody wait for, while people look through the inbox: in a process of its own.

    the training data is read        two minutes the first time on a machine; later ones find what was kept
    the model in production is asked what is held out, so that a training has something to compare with

Each part is kept a portion at a time: whatever ends the process, the training does the rest.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml

from bot.console.train import judging
from bot.overlay import lent
from bot.release import current_bundle
from bot.settings import PROJECT, Settings
from nlu.corpus import utterances
from nlu.encoders import load
from nlu.encoders.cache import encode_cached

_NICE = 15
# What was read is kept after so many lines: what ends the console loses no more.
_BATCH = 1000


def begin(project: Path, settings: Settings) -> subprocess.Popen[bytes]:
    """Start with a project and the model in production."""
    command = [sys.executable, "-W", "ignore", "-m", "bot.console.train.warming", *_asking(project, settings)]
    with lent(project) as handles:  # staff go on labelling, and each label makes a newer copy
        return subprocess.Popen(command, cwd=project, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                pass_fds=handles)


def _asking(project: Path, settings: Settings) -> list[str]:
    """The command that asks the model in production; nothing where there is none."""
    live = current_bundle(settings)
    if live is None:
        return []
    return judging.command(settings, live.model, project, judging.content_of(live, project))


def read(project: Path = PROJECT) -> None:
    """Read what was not read yet."""
    texts = [line.text for line in utterances(project / "nlu" / "data")]
    for name in _encoders(project):
        for start in range(0, len(texts), _BATCH):
            encode_cached(load(name), texts[start:start + _BATCH])


def _encoders(project: Path) -> list[str]:
    config = yaml.safe_load((project / "config.yml").read_text(encoding="utf-8"))
    return [name for component in config["pipeline"] for name in component.get("encoders", [])]


def main(asking: list[str]) -> None:
    """Read, then become what asks: whoever ends this process ends that."""
    os.nice(_NICE)
    read()
    if asking:
        os.execv(asking[0], asking)


if __name__ == "__main__":
    main(sys.argv[1:])
