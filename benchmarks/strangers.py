"""`python -m benchmarks strangers`: messages of writers who saw neither the training data nor the bot, asked to be hard.

They are the pairs of the console's loop (tests/e2e/console/paraphrases.yml). No number was chosen on them, but flaws that
showed in their first 120 were mended, so the others tell more.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import yaml

from bot.evaluation.asking import Asked, measure
from bot.evaluation.held_out import Outcome
from bot.evaluation.stats import Share
from bot.settings import PROJECT
from nlu.corpus import Utterance

PAIRS = PROJECT / "tests" / "e2e" / "console" / "paraphrases.yml"


def table(model: Path) -> Iterator[str]:
    """The table of docs/strangers.md, a line at a time."""
    pairs = yaml.safe_load(PAIRS.read_text(encoding="utf-8"))["pairs"]
    asked = [Utterance(pair[side], pair["topic"] if pair["topic"] == "out_of_scope" else f"ask_{pair['topic']}", side,
                       {"language": pair["language"]}) for pair in pairs for side in ("asked", "again")]
    outcomes = measure(model, Asked(asked, (), ())).outcomes
    yield "| messages | right topic | or among the choices | crisis lines where there is no danger | refused or asked back |"
    yield "|---|---|---|---|---|"
    for name, chosen in (("made as oblique as they could", [o for o in outcomes if o.question.file == "asked"]),
                         ("the same meant by somebody else", [o for o in outcomes if o.question.file == "again"]),
                         ("English", [o for o in outcomes if o.question.marks["language"] == "en"]),
                         ("Spanish", [o for o in outcomes if o.question.marks["language"] == "es"]),
                         ("all", list(outcomes))):
        yield f"| {name} | {_row(chosen)} |"


def _row(chosen: list[Outcome]) -> str:
    topics = [o for o in chosen if o.question.intent != "out_of_scope"]
    return " | ".join(str(share) for share in (
        Share.of(o.right for o in chosen), Share.of(o.reachable or o.right for o in chosen),
        Share.of(o.kind == "crisis" for o in chosen),
        Share.of(o.kind in {"out_of_scope", "clarify"} for o in topics)))
