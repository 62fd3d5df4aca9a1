"""The held-out set measures strangers only while nothing of it, or nearly of it, is trained on."""

from __future__ import annotations

import re
from typing import Iterator

import numpy as np
from rapidfuzz import fuzz, process
from sklearn.feature_extraction.text import CountVectorizer

from benchmarks.held_out import HELD_OUT
from nlu.corpus import Utterance, utterances

MAX_JACCARD = 0.6
MAX_TOKEN_SET = 85
# The words of a short line are a subset of many others by chance, and the token-set ratio of a subset is 100: lines of
# fewer words, or of very different length, are held to the other two measures.
MIN_WORDS = 4
MAX_WORDS_APART = 3


def normal(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def near(held_out: list[str], trained: list[str]) -> Iterator[tuple[int, int]]:
    """Pairs (held out, trained) that are equal, or nearly so by characters or by words."""
    read = CountVectorizer(analyzer=grams, binary=True).fit([*held_out, *trained])
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


def grams(text: str) -> list[str]:
    return [text[i:i + 5] for i in range(max(1, len(text) - 4))]


def leaks() -> list[tuple[Utterance, Utterance]]:
    """Held-out lines and the training lines that give them away."""
    held_out, trained = utterances(HELD_OUT), utterances()
    found = near([normal(line.text) for line in held_out], [normal(line.text) for line in trained])
    return [(held_out[i], trained[j]) for i, j in sorted(set(found))]


def test_no_held_out_line_is_trained_on() -> None:
    """Equal after case and punctuation are taken away, nearly equal by characters, or by words."""
    assert [f"{line.file}: {line.text!r} ~ {other.file}: {other.text!r}" for line, other in leaks()] == []


def test_a_leak_is_found() -> None:
    """Each of the three measures finds what it is there for, and a stranger's question on the same thing passes."""
    trained = ["is nmaimh part of the state", "what happens in her brain when i hold her close at night"]
    assert set(near(["is nmaimh part of the state"], trained)) == {(0, 0)}
    assert set(near(["what happens in her brain when i hold her close at nite"], trained)) == {(0, 1)}
    assert set(near(["of the state nmaimh is part really"], trained)) == {(0, 0)}
    assert set(near(["does cuddling before bed do anything for her brain"], trained)) == set()
