"""The quick search for near copies finds what the slow one finds."""

from __future__ import annotations

import random

import pytest
from rapidfuzz import fuzz

from bot.evaluation import leaks
from bot.evaluation.leaks import normal
from nlu.corpus import utterances


def disturbed(text: str, chance: random.Random) -> str:
    """The text as somebody else would type it: a word less, in another order, shortened, misspelt."""
    words = text.split()
    how = chance.randrange(4)
    if how == 0:
        words.pop(chance.randrange(len(words)))
    elif how == 1:
        chance.shuffle(words)
    elif how == 2:
        words[chance.randrange(len(words))] += "s"
    else:
        words = [word[:-1] + "x" if len(word) > 4 else word for word in words]
    return " ".join(words)


@pytest.mark.parametrize("least", [67, 85])
def test_no_pair_is_lost(monkeypatch: pytest.MonkeyPatch, least: int) -> None:
    """Of 60,000 pairs exactly those that the ratio itself takes, where words enough stand in both."""
    monkeypatch.setattr(leaks, "MAX_TOKEN_SET", least)
    chance = random.Random(1)
    trained = [normal(line.text) for line in chance.sample(utterances(), 300)]
    trained = [text for text in trained if text]
    held_out = [disturbed(text, chance) for text in trained[:200]]

    def comparable(one: str, other: str) -> bool:
        counts = len(one.split()), len(other.split())
        return min(counts) >= leaks.MIN_WORDS and abs(counts[0] - counts[1]) <= leaks.MAX_WORDS_APART

    slow = {(i, j) for i, one in enumerate(held_out) for j, other in enumerate(trained)
            if comparable(one, other) and fuzz.token_set_ratio(one, other, score_cutoff=least)}
    quick = {(i, j) for i, j in leaks._candidates(held_out, trained)
             if fuzz.token_set_ratio(held_out[i], trained[j], score_cutoff=least)}
    assert quick == slow and len(slow) > 100
