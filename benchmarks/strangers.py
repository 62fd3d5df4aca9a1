"""`python -m benchmarks strangers`: messages of writers who saw neither the training data nor the bot.

Those of an ordinary day (tests/nlu/strangers/everyday.yml) and those of a few words (short.yml beside it), by which
nothing was chosen; and the pairs of the console's loop (tests/e2e/console/paraphrases.yml), made to be hard: flaws that
showed in their first 120 were mended, so the others tell more.
"""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterator, Mapping, Sequence

import yaml

from bot.evaluation.asking import Asked, measure
from bot.evaluation.held_out import Outcome
from bot.evaluation.leaks import near, normal
from bot.evaluation.stats import Share
from bot.settings import PROJECT
from nlu.components.ranking import CRISIS, OUT_OF_SCOPE
from nlu.corpus import Utterance, utterances, utterances_in

PAIRS = PROJECT / "tests" / "e2e" / "console" / "paraphrases.yml"
EVERYDAY = PROJECT / "tests" / "nlu" / "strangers" / "everyday.yml"
SHORT = EVERYDAY.with_name("short.yml")
_HEAD = ("| messages | right topic, or refused where it is not covered | or among the choices | crisis lines where there is no "
         "danger | of the topics refused or asked back |\n|---|---|---|---|---|")
_SHORT_HEAD = "| messages | understood | crisis lines |\n|---|---|---|"
_STATES: Mapping[str, Callable[[Utterance], bool]] = {
    "in danger": lambda line: line.intent == CRISIS,
    "in no danger": lambda line: line.intent != CRISIS and "day" not in line.marks,
    "an ordinary hard day": lambda line: "day" in line.marks,
}
_PAGE = """# Messages of strangers

Messages by writers who saw neither the training data nor the bot; no number was chosen on them. In brackets the 95 %
Wilson interval and the counts. Written by `python -m benchmarks strangers`.

## An ordinary day

What ordinary people would send on an ordinary day, each as another person (two writers, one a language), nobody in danger.
Lines that the training data gives away are left out, and those are the commonest, so the true figures are a little better.

{ordinary}

## A few words

What people would type in a hurry, in danger and in none, in one to five words by one writer; and what a hard but ordinary
day brings, in two to nine words by another: crying, sleep, food, tiredness, doubts, and "we are safe". Understood is whoever
gets the topic, the refusal, the crisis lines, or the move of the conversation ("I have a question": what can be asked here)
that is due. The commonest stand in the training data word for word, or nearly; the last rows leave those out.

{short}

## Made to be hard

Pairs by three writers: one person's message, made as oblique as they could, and the same meant by another person. They were
written for the test of the console's loop. Two flaws that showed in the first 120 were mended (which of two topics comes
first, and a rule of the crisis lexicon).

{hard}
"""


def page(model: Path) -> str:
    """docs/strangers.md for one model."""
    return _PAGE.format(ordinary="\n".join(table(everyday(), model, ordinary_rows())),
                        short="\n".join(short_table(model)),
                        hard="\n".join(table(hard(), model, hard_rows())))


def everyday() -> list[Utterance]:
    """What ordinary people send on an ordinary day, none of them in danger."""
    return utterances_in(EVERYDAY)


def short() -> list[Utterance]:
    """Messages of one to nine words; those in danger have the intent `crisis`, those of a hard day are marked `day`."""
    return utterances_in(SHORT)


def hard() -> list[Utterance]:
    """Both sides of the pairs, marked with which."""
    pairs = yaml.safe_load(PAIRS.read_text(encoding="utf-8"))["pairs"]
    return [Utterance(pair[side], pair["topic"] if pair["topic"] == OUT_OF_SCOPE else f"ask_{pair['topic']}", side,
                      {"language": pair["language"]}) for pair in pairs for side in ("asked", "again")]


def table(asked: Sequence[Utterance], model: Path, rows: Mapping[str, Callable[[Utterance], bool]]) -> Iterator[str]:
    """A table of docs/strangers.md, a line at a time: a row for each choice of the messages, and one for all."""
    outcomes = measure(model, Asked(asked, (), ())).outcomes
    yield _HEAD
    for name, chosen in {**rows, "all": lambda line: True}.items():
        yield f"| {name} | {_row([outcome for outcome in outcomes if chosen(outcome.question)])} |"


def short_table(model: Path) -> Iterator[str]:
    """The table of short messages, a line at a time."""
    outcomes = measure(model, Asked(short(), (), ())).outcomes
    texts, trained = [normal(o.question.text) for o in outcomes], [normal(line.text) for line in utterances()]
    given_away = {i for i, _ in near(texts, trained)}
    unknown = [outcome for i, outcome in enumerate(outcomes) if i not in given_away]
    yield _SHORT_HEAD
    for name, chosen in (("", outcomes), (", not in the training data", unknown)):
        for state, belongs in _STATES.items():
            for language, code in (("English", "en"), ("Spanish", "es")):
                some = [o for o in chosen if belongs(o.question) and o.question.marks["language"] == code]
                yield (f"| {state}, {language}{name} | {Share.of(map(understood, some))} | "
                       f"{Share.of(o.kind == CRISIS for o in some)} |")


def understood(outcome: Outcome) -> bool:
    """Whether a message, also one that is a move of the conversation, gets what is due."""
    return outcome.right or outcome.thought.intent == outcome.question.intent


def ordinary_rows() -> dict[str, Callable[[Utterance], bool]]:
    return {"of the brief's topics, English": lambda line: line.intent != OUT_OF_SCOPE and line.marks["language"] == "en",
            "of the brief's topics, Spanish": lambda line: line.intent != OUT_OF_SCOPE and line.marks["language"] == "es",
            "not covered, near": lambda line: line.marks.get("distance") == "near",
            "not covered, far": lambda line: line.marks.get("distance") == "far"}


def hard_rows() -> dict[str, Callable[[Utterance], bool]]:
    return {"made as oblique as they could": lambda line: line.file == "asked",
            "the same meant by somebody else": lambda line: line.file == "again",
            "English": lambda line: line.marks["language"] == "en",
            "Spanish": lambda line: line.marks["language"] == "es"}


def _row(chosen: Sequence[Outcome]) -> str:
    topics = [outcome for outcome in chosen if outcome.question.intent != OUT_OF_SCOPE]
    return " | ".join((
        str(Share.of(o.right for o in chosen)), str(Share.of(o.reachable or o.right for o in chosen)),
        str(Share.of(o.kind == CRISIS for o in chosen)),
        str(Share.of(o.kind in {OUT_OF_SCOPE, "clarify"} for o in topics)) if topics else ""))
