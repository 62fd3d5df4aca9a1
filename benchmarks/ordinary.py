"""`python -m benchmarks words`: the words of the training data that are no names, into bot/privacy/words.txt."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from typing import Iterable

from bot.privacy.masking import WORDS, name_sections
from bot.privacy.reading import Reading
from bot.privacy.text import plain

_SHORTEST = 3
_HEAD = """\
# Words that people write in small letters, without accents: never taken for a name that no list holds
# (bot/privacy/unlisted.py). Made of the training data by `python -m benchmarks words`: what stands there in small
# letters more often than with a capital in the middle of a sentence, and is no given name. Not to be edited: a word that is
# masked and should not be goes into `never_names` of bot/content/privacy_lexicon.yml, a place or a programme into
# `not_people` there, a name into bot/content/names.txt.
"""


def ordinary(texts: Iterable[str], given: frozenset[str]) -> list[str]:
    """The ordinary words of the texts, in order."""
    small: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for text in texts:
        reading = Reading(text, plain(text))
        if reading.shouted:
            continue
        for place, (start, end, word) in enumerate(reading.words):
            word = re.sub(r"['’]s$", "", word)
            if text[start:end].islower():
                small[word] += 1
            elif reading.is_capital(place) and not reading.begins_sentence(place):
                capital[word] += 1
    return sorted(word for word in small if len(word) >= _SHORTEST and "." not in word and small[word] > capital[word]
                  and word not in given)


def write() -> int:
    """bot/privacy/words.txt anew, and how many words it holds."""
    from nlu.corpus import utterances

    words = ordinary((line.text for line in utterances()), name_sections()["given"])
    filled = textwrap.fill(" ".join(words), 120, break_on_hyphens=False)
    WORDS.write_text(f"{_HEAD}\n{filled}\n", encoding="utf-8")
    return len(words)
