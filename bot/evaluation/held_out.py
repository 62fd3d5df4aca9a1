"""The lines of a project that are held out of training, and what is kept of the reply to one.

What counts is the reply, not what some component thought. What a component thought is kept beside it, for calibration.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

import yaml

from bot.settings import PROJECT
from nlu.corpus import Utterance, utterances

# In a project.
FOLDER = Path("tests") / "nlu" / "held_out"
HELD_OUT = PROJECT / FOLDER


@dataclass(frozen=True)
class Thought:
    """What the pipeline thought: the intent it decided for, with its confidence (0-1), and the best ones ranked."""

    intent: str
    confidence: float
    ranking: Mapping[str, float]


@dataclass(frozen=True)
class Outcome:
    """A question, what it was answered with, in what time, and what was thought of it."""

    question: Utterance
    kind: str
    topics: tuple[str, ...]
    offered: frozenset[str]
    thought: Thought
    took_ms: float

    @property
    def key(self) -> str:
        """The key of the question; the one that it came with, where its words are not at hand."""
        return self.question.marks.get("key") or self.question.key

    @property
    def right(self) -> bool:
        """Whether the right topic was answered first, or the refusal or the crisis lines given where they are due."""
        if self.question.intent in {"crisis", "out_of_scope"}:
            return self.kind == self.question.intent
        return self.kind == "answer" and self.topics[0] == topic_of(self.question)

    @property
    def reachable(self) -> bool:
        """Whether the right topic was answered or among the choices."""
        return self.right or topic_of(self.question) in self.topics or topic_of(self.question) in self.offered

    @property
    def answered(self) -> str:
        """The topic that was answered first, or the kind of a reply that is no answer."""
        return self.topics[0] if self.kind == "answer" else self.kind


def questions(project: Path = PROJECT) -> list[Utterance]:
    """All held-out utterances with one intent."""
    return utterances(project / FOLDER)


def staff_keys(project: Path = PROJECT) -> frozenset[str]:
    """The keys of the utterances that staff put among the held-out ones."""
    return frozenset(line.key for line in utterances(project / FOLDER / "staff"))


def double_questions(project: Path = PROJECT) -> list[tuple[str, tuple[str, ...]]]:
    """Messages that ask two things, with their topics."""
    return [(entry["text"], tuple(entry["topics"])) for entry in _read(project, "two_questions")]


def dialogues(project: Path = PROJECT) -> list[Mapping[str, Any]]:
    """Dialogues whose last turn only those before explain: `kind`, `turns`, `expect`."""
    return _read(project, "context")


def topic_of(question: Utterance) -> str:
    """The topic of a question's intent; what is no topic gives a name that none has."""
    return question.intent.removeprefix("ask_")


def key_of(*turns: str) -> str:
    """A short name of one or several turns that does not tell their words; of one, that of its utterance."""
    return hashlib.sha256("\n".join(turns).encode("utf-8")).hexdigest()[:12]


def _read(project: Path, name: str) -> Any:
    return yaml.safe_load((project / FOLDER / f"{name}.yml").read_text(encoding="utf-8"))[name]
