"""Rasa's own commands, failing where Rasa would succeed in silence.

`rasa data validate` and `rasa test` end with 0 where a path was mistyped and nothing was read.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Sequence

from bot.errors import ImhError
from bot.settings import PROJECT
from nlu.corpus import utterances

NLU_DATA, STORIES = ("nlu/data",), ("stories",)
TEST_STORIES = "tests/conversations"
LAST_LINES = 15


def validate(nlu: Sequence[str] = NLU_DATA, stories: Sequence[str] = STORIES, project: Path = PROJECT) -> int:
    """Run `rasa data validate`; returns how many examples it had to read. Raises ImhError where there were none."""
    examples = sum(len(utterances(project / folder)) for folder in nlu)
    rules = _count(project, stories, "- rule:")
    if not examples or not rules:
        raise ImhError(f"Nothing to validate: {examples} examples in {', '.join(nlu)}, {rules} rules in "
                       f"{', '.join(stories)}. Correct the path.")
    _rasa(project, "data", "validate", "--data", *nlu, *stories)
    return examples


def test_stories(model: Path, stories: str = TEST_STORIES, project: Path = PROJECT) -> int:
    """Run `rasa test core`; returns how many stories it had to play. Raises ImhError where there were none or one failed."""
    count = _count(project, (stories,), "- story:", pattern="test_*.yml")
    if not count:
        raise ImhError(f"Nothing to test: no story in {stories}. Correct the path.")
    _rasa(project, "test", "core", "--stories", stories, "--model", str(model), "--out", str(model.parent / "results"),
          "--fail-on-prediction-errors")
    return count


def _count(project: Path, folders: Sequence[str], start: str, *, pattern: str = "*.yml") -> int:
    """Lines that begin like `start` in the YAML files of some folders."""
    return sum(line.lstrip().startswith(start) for folder in folders for path in (project / folder).rglob(pattern)
               for line in path.read_text(encoding="utf-8").splitlines())


def _rasa(project: Path, *arguments: str) -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-m", "rasa", *arguments], cwd=project, capture_output=True,
                          text=True)
    if done.returncode != 0:
        raise ImhError(f"rasa {' '.join(arguments[:2])} failed:\n"
                       + "\n".join((done.stdout + done.stderr).splitlines()[-LAST_LINES:]))
