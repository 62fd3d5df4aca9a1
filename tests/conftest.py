"""What tests share: the content, a trained release, and one real server for those that only talk to it."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest

from bot.knowledge import Knowledge, load_knowledge
from tests.support.postgres import Postgres
from tests.support.server import PROJECT, Server


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    """The content of the repository."""
    return load_knowledge()


@pytest.fixture(scope="session")
def trained() -> Path:
    """The project's var folder, holding a model for the present data; trained where there is none."""
    subprocess.run([sys.executable, "-m", "bot", "train"], cwd=PROJECT, check=True)
    return PROJECT / "var"


@pytest.fixture(scope="session")
def answers(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the model of the present data answers to everything that is held out, as a quality card keeps it.

    It is asked once, whatever number of processes run the tests, and not at all where nothing changed since the last time;
    consoles in tests know it too (`share_models`).
    """
    from bot.console.train.judging import command
    from bot.knowledge import CONTENT
    from bot.release import model_path
    from bot.settings import Settings

    settings, out = Settings(var_dir=trained), tmp_path_factory.mktemp("answers") / "items.json"
    with (trained / "evaluations.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run([*command(settings, model_path(settings), PROJECT, CONTENT), str(out)], cwd=PROJECT, check=True,
                       stdout=subprocess.DEVNULL)
    return json.loads(out.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def server(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server that several tests talk to, each under a sender of its own."""
    with Server(tmp_path_factory.mktemp("var")) as running:
        yield running


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL for the tests of one file, which may stop and start it."""
    with Postgres() as running:
        yield running
