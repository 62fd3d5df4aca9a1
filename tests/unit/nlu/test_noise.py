"""Utterances as thumbs type them, for tuning."""

from __future__ import annotations

import random

from nlu.encoders.tuning.noise import disturbed

TEXT = "¿Por qué llora mi bebé cuando me voy? I don't know, really."


def test_stays_readable() -> None:
    """However often: most letters stay, in their order up to one slip, and no words are lost."""
    for seed in range(200):
        made = disturbed(TEXT, random.Random(seed))
        assert len(made.split()) == len(TEXT.split())
        assert abs(len(made) - len(TEXT)) <= 8


def test_disturbs_in_every_way_and_sometimes_in_none() -> None:
    """Signs, apostrophes, accents and slips, each alone or together."""
    made = {disturbed(TEXT, random.Random(seed)) for seed in range(200)}
    assert TEXT in made and len(made) > 50
    assert any("dont" in text for text in made) and any("que llora" in text for text in made)
    assert any("?" not in text for text in made)


def test_short_texts_survive() -> None:
    """Nothing to slip in."""
    for text in ("", "ok", "911", "🍼"):
        for seed in range(20):
            assert disturbed(text, random.Random(seed)) == text
