"""What the card page shows: before and after, line by line where lines changed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Mapping

from bot.console.train.card import QualityCard
from bot.errors import ContentError
from bot.evaluation import figures
from bot.evaluation.held_out import Outcome, dialogues, double_questions, key_of, questions
from bot.evaluation.stats import Share
from bot.overlay import live_project
from bot.settings import PROJECT, Settings

# Replies that are no answer on a topic, as columns of the matrix.
NO_TOPIC = ("clarify", "out_of_scope", "crisis", "smalltalk")


@dataclass(frozen=True)
class Compared:
    """A figure of both models over the lines that both were asked; `before` is None where there is nothing to compare."""

    name: str
    before: Share | None
    after: Share

    @property
    def change(self) -> int:
        """How many more are counted than before."""
        return self.after.hits - self.before.hits if self.before else 0


@dataclass(frozen=True)
class Changed:
    """A line or message that is answered otherwise than before: `better`, `worse`, or neither (`other`)."""

    key: str
    asked: str
    before: str
    after: str
    how: str


@dataclass(frozen=True)
class Matrix:
    """How many lines of each row were answered with each column."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: Mapping[tuple[str, str], int]


def readable_project(settings: Settings) -> Path:
    """What is there now; without what staff wrote, while that cannot be taken."""
    try:
        return live_project(settings)
    except ContentError:
        return PROJECT


def texts(project: Path) -> dict[str, str]:
    """The words of the lines that a project holds out now, by their keys; of a dialogue, its turns."""
    return {**{key_of(*one["turns"]): " · ".join(one["turns"]) for one in dialogues(project)},
            **{key_of(text): text for text, _ in double_questions(project)},
            **{line.key: line.text for line in questions(project)}}


def shares(before: QualityCard | None, after: QualityCard) -> list[Compared]:
    """Every figure of the quality page."""
    then = before.only(after).quality.shares if before else {}
    now = (after.only(before) if before else after).quality.shares
    return [Compared(name, then.get(name), share) for name, share in now.items()]


def topics(before: QualityCard | None, after: QualityCard) -> list[Compared]:
    """Right answers of each topic."""
    then = figures.by_topic(before.only(after).quality.outcomes) if before else {}
    now = figures.by_topic((after.only(before) if before else after).quality.outcomes)
    return [Compared(name, then[name].recall if name in then else None, one.recall) for name, one in now.items()]


def dangers(card: QualityCard) -> list[tuple[str, Share, Share]]:
    """Each kind of danger: the share that was seen in English and in Spanish."""
    return [(kind, *both) for kind, both in figures.by_kind(card.quality.outcomes).items()]


def missed(card: QualityCard) -> list[Outcome]:
    """Danger that was not seen."""
    return [o for o in card.quality.outcomes if o.question.intent == "crisis" and not o.right]


def matrix(card: QualityCard) -> Matrix:
    """What was asked against what was answered, for every file of held-out lines."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for outcome in card.quality.outcomes:
        counts[outcome.question.file, outcome.answered] += 1
    rows = sorted({row for row, _ in counts}, key=lambda name: (name in _LAST, name))
    columns = sorted({column for _, column in counts} | set(NO_TOPIC), key=lambda name: (name in NO_TOPIC, name))
    return Matrix(tuple(rows), tuple(columns), counts)


_LAST = ("out_of_scope", "crisis", "lookalikes", "smalltalk")


def cell(card: QualityCard, row: str, column: str) -> list[Outcome]:
    """The lines behind a cell of the matrix."""
    return [o for o in card.quality.outcomes if (o.question.file, o.answered) == (row, column)]


def changed(before: QualityCard | None, after: QualityCard) -> list[Changed]:
    """Held-out lines that are answered otherwise than before, what got worse first."""
    if before is None:
        return []
    then = {o.key: o for o in before.only(after).quality.outcomes}
    found = [Changed(o.key, o.question.file, then[o.key].answered, o.answered, _how(then[o.key].right, o.right))
             for o in after.only(before).quality.outcomes if o.answered != then[o.key].answered]
    return sorted(found, key=lambda one: _ORDER.index(one.how))


_ORDER = ("worse", "better", "other")


def _how(before: bool, after: bool) -> str:
    return "other" if before == after else "better" if after else "worse"


def staff_lines(before: QualityCard | None, after: QualityCard) -> list[Changed]:
    """The lines that staff hold out, changed or not; `before` is empty where the other model was not asked."""
    then = {o.key: o for o in before.quality.outcomes} if before else {}
    lines: Iterable[Outcome] = (o for o in after.quality.outcomes if after.items["lines"][o.key]["staff"])
    return [Changed(o.key, o.question.file, then[o.key].answered if o.key in then else "", o.answered,
                    _how(o.key in then and then[o.key].right, o.right)) for o in lines]


def changed_messages(before: QualityCard | None, after: QualityCard) -> list[tuple[int, str, str]]:
    """Numbers of open messages of the inbox that are answered otherwise than by the model before: number, before, after."""
    then = before.items["also"] if before else {}
    return [(int(key), then[key], answered) for key, answered in after.items["also"].items()
            if key in then and then[key] != answered]
