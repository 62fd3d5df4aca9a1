"""Which messages are a move, and which only look like one."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.knowledge import CONTENT, Knowledge
from bot.knowledge.moves import Moves
from tests.support.counted import counting

CASES = yaml.safe_load(Path(__file__).with_name("move_cases.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("move", "text"), [(move, text) for move, texts in CASES.items() for text in texts])
def test_a_whole_message_is_read(knowledge: Knowledge, move: str, text: str) -> None:
    """As its file says."""
    assert (knowledge.moves.read(text) or "none") == move


def test_no_message_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polite words can be many, and phrases be made of others: no place is looked at from twice."""
    lexicon = yaml.safe_load((CONTENT / "moves.yml").read_text(encoding="utf-8"))
    lines = sum(len(lines) for languages in lexicon["moves"].values() for lines in languages.values())
    moves = Moves({**lexicon, "before": [*lexicon["before"], "ok no", "no please um"]})
    monkeypatch.setattr(moves, "_words", counting(moves._words, 8 * lines))
    for text in ("ok no please um sorry so and but " * 3 + "x", "ok no " * 19 + "x", "so " * 39 + "x"):
        assert moves.read(text) is None
