"""Which messages are a move, and which only look like one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from bot.knowledge import Knowledge

CASES = yaml.safe_load(Path(__file__).with_name("move_cases.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("move", "text"), [(move, text) for move, texts in CASES.items() for text in texts])
def test_a_whole_message_is_read(knowledge: Knowledge, move: str, text: str) -> None:
    """As its file says."""
    assert (knowledge.moves.read(text) or "none") == move


def test_a_message_that_only_begins_like_a_move_takes_no_time(knowledge: Knowledge) -> None:
    """Polite words can be many; what cannot be read is given up at once."""
    started = time.perf_counter()
    for _ in range(100):
        knowledge.moves.read("ok no please um sorry so and but " * 3 + "what about twins")
    assert (time.perf_counter() - started) / 100 < 0.02
