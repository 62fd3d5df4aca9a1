"""What the tests of the core share: the project's data as copies that a test may break, and the ways to break them."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml

from bot.errors import ContentError, Problem
from bot.knowledge import CONTENT, Answer, Knowledge
from bot.knowledge.answers import Author
from bot.settings import PROJECT

# What `check` compares; everything else of the project it does not look at.
DATA_PARTS = ("domain.yml", "bot/content", "nlu/data", "stories", "actions", "tests/nlu/held_out")
REMOVED = object()
"""The value to give to `write` where a key is to go."""


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A copy of the content folder."""
    return Path(shutil.copytree(CONTENT, tmp_path / "content"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project's data: content, training examples, domain, stories, actions."""
    for part in DATA_PARTS:
        source, target = PROJECT / part, tmp_path / "project" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copyfile(source, target)
    return tmp_path / "project"


@pytest.fixture
def parent(knowledge: Knowledge) -> Author:
    """Writes to a parent in English."""
    return Author(knowledge, "en", "parent")


@pytest.fixture
def provider(knowledge: Knowledge) -> Author:
    """Writes to a provider in English."""
    return Author(knowledge, "en", "provider")


def write(path: Path, key: str, value: Any) -> None:
    """Set a dotted key of a YAML file, or take it away with REMOVED; numbers count list items."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    *way, last = (int(part) if part.isdecimal() else part for part in key.split("."))
    inner = data
    for part in way:
        inner = inner[part]
    if value is REMOVED:
        del inner[last]
    else:
        inner[last] = value
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")


def replace(path: Path, old: str, new: str) -> None:
    """Put `new` for every `old`; fails where there is none, so that nobody tests an unbroken file by accident."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} does not hold {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def problems_of(load: Callable[[], object]) -> tuple[Problem, ...]:
    """The problems that `load` raises ContentError with."""
    with pytest.raises(ContentError) as caught:
        load()
    return caught.value.problems


def assert_listed(problems: tuple[Problem, ...], file: str, key: str, mend: str) -> None:
    """One of the problems names the file (by the end of its path) and the key (or one below it) and holds `mend`."""
    assert any(problem.file.endswith(file) and f"{problem.key}.".startswith(f"{key}.") and mend in problem.mend
               for problem in problems), "\n".join(map(str, problems))


def every_message(author: Author) -> list[Answer]:
    """All that can be said to one person: each topic and its origin, each crisis, asking back, refusing, small talk."""
    knowledge, topics = author.knowledge, tuple(author.knowledge.topics)
    # What is filled in or said on a page is no message.
    phrases = [key for key in knowledge.phrases
               if "." not in key and not key.startswith(("origin_", "notice", "in_its_words", "feeling", "out_of_scope"))]
    refused = [dataclasses.replace(author, said={"out_of_scope": times, "feeling": times}) for times in range(3)]
    return [
        *(author.topic(name) for name in topics),
        *(author.origin(name) for name in topics),
        *(author.quotation(name) for name in topics),
        *(author.crisis((kind,)) for kind in knowledge.crisis.kinds),
        *(author.topic(name, lead=lead) for name in topics for lead in ("again", "same", "plainer")),
        *(author.topic(name, lead="in_short", short=True) for name in topics),
        *(again.out_of_scope(near) for again in refused for near in ((), topics[:2])),
        *(again.feeling(topics[:2], provider=provider) for again in refused for provider in (False, True)),
        author.out_of_scope_simpler(), author.clarify(topics), author.notice(),
        *(author.smalltalk(key, related=knowledge.starters, contact=True) for key in phrases),
    ]
