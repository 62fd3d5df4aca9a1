"""Held-out lines that the training data gives away: a model would be asked what it has read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator

import numpy as np
from rapidfuzz import fuzz, process
from sklearn.feature_extraction.text import CountVectorizer

from bot.evaluation.held_out import questions
from bot.settings import PROJECT
from nlu.corpus import Utterance, utterances

MAX_JACCARD = 0.6
MAX_TOKEN_SET = 85
# The words of a short line are a subset of many others by chance, and the token-set ratio of a subset is 100: lines of
# fewer words, or of very different length, are held to the other two measures.
MIN_WORDS = 4
MAX_WORDS_APART = 3


def leaks(project: Path = PROJECT) -> list[tuple[Utterance, Utterance]]:
    """A project's held-out lines, each with the training line that gives it away."""
    held_out, trained = questions(project), utterances(project / "nlu" / "data")
    found = near([normal(line.text) for line in held_out], [normal(line.text) for line in trained])
    return [(held_out[i], trained[j]) for i, j in sorted(set(found))]


def normal(text: str) -> str:
    """The words alone, in lower case."""
    return " ".join(re.findall(r"\w+", text.lower()))


def near(held_out: list[str], trained: list[str]) -> Iterator[tuple[int, int]]:
    """Pairs (held out, trained) of normal texts that are equal, or nearly so by characters or by words."""
    read = CountVectorizer(analyzer=_grams, binary=True).fit([*held_out, *trained])
    first, second = read.transform(held_out), read.transform(trained)
    shared = (first @ second.T).tocoo()
    sizes = np.asarray(first.sum(axis=1)).ravel(), np.asarray(second.sum(axis=1)).ravel()
    together = sizes[0][shared.row] + sizes[1][shared.col] - shared.data
    alike = shared.data / together >= MAX_JACCARD
    yield from zip(shared.row[alike].tolist(), shared.col[alike].tolist())
    words = np.array([len(text.split()) for text in held_out]), np.array([len(text.split()) for text in trained])
    ratios = process.cdist(held_out, trained, scorer=fuzz.token_set_ratio, score_cutoff=MAX_TOKEN_SET, dtype=np.uint8)
    comparable = (np.abs(words[0][:, None] - words[1][None, :]) <= MAX_WORDS_APART) & (words[0][:, None] >= MIN_WORDS) \
        & (words[1][None, :] >= MIN_WORDS)
    yield from zip(*(axis.tolist() for axis in np.nonzero((ratios > 0) & comparable)))


def _grams(text: str) -> list[str]:
    return [text[i:i + 5] for i in range(max(1, len(text) - 4))]
