"""Held-out lines that the training data gives away: a model would be asked what it has read."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple, Sequence

import numpy as np
from rapidfuzz import fuzz
from scipy import sparse
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
_BLOCK = 200


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
    first, second, _ = _indicators(held_out, trained, _grams)
    shared = (first @ second.T).tocoo()
    sizes = np.asarray(first.sum(axis=1)).ravel(), np.asarray(second.sum(axis=1)).ravel()
    together = sizes[0][shared.row] + sizes[1][shared.col] - shared.data
    alike = shared.data / together >= MAX_JACCARD
    yield from zip(shared.row[alike].tolist(), shared.col[alike].tolist())
    for i, j in _candidates(held_out, trained):
        if fuzz.token_set_ratio(held_out[i], trained[j], score_cutoff=MAX_TOKEN_SET):
            yield i, j


def _candidates(held_out: Sequence[str], trained: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The comparable pairs that may reach the token-set ratio: all that do are among them, and few others.

    The ratio of 30 million pairs takes a minute. It is 2 L / (a + b) for two strings of lengths a and b and their
    longest common subsequence L, and is taken of the shared words beside all words of one line, and of all words of
    both. The first needs shared words of a length; the second pairs of letters in common, since what is not common
    splits L into a + b - 2 L + 1 runs at most.
    """
    share = MAX_TOKEN_SET / 100
    words, letters = (_indicators(held_out, trained, of) for of in (_words, _pairs_of_letters))
    lengths = [np.array([sum(len(word) + 1 for word in _words(text)) for text in texts]) for texts in (held_out, trained)]
    counts = [np.array([len(text.split()) for text in texts]) for texts in (held_out, trained)]
    weights = sparse.diags([float(len(word) + 1) for word in words.names])
    all_letters = letters.second.toarray().T.copy()
    for start in range(0, len(held_out), _BLOCK):
        rows = slice(start, start + _BLOCK)
        total = lengths[0][rows, None] + lengths[1]
        shared = (words.first[rows] @ weights @ words.second.T).toarray()
        least = share / (2 - share) * np.minimum(lengths[0][rows, None], lengths[1])
        common = letters.first[rows].toarray() @ all_letters
        comparable = (np.abs(counts[0][rows, None] - counts[1]) <= MAX_WORDS_APART) & \
            (counts[0][rows, None] >= MIN_WORDS) & (counts[1] >= MIN_WORDS)
        # One below: for what lengths gain or lose by a space at the end.
        likely = (shared >= least - 1) | (common >= (1.5 * share - 1) * total - 3)
        found, other = np.nonzero(comparable & likely)
        yield from zip((found + start).tolist(), other.tolist())


class _Indicators(NamedTuple):
    """Which features each text has, (n_texts, n_features), and their names."""

    first: sparse.csr_matrix
    second: sparse.csr_matrix
    names: Sequence[Any]


def _indicators(first: Sequence[str], second: Sequence[str], features: Callable[[str], list[Any]]) -> _Indicators:
    reader = CountVectorizer(analyzer=features, binary=True, dtype=np.float32)
    reader.fit([*first, *second])
    names = sorted(reader.vocabulary_, key=reader.vocabulary_.__getitem__)
    return _Indicators(reader.transform(first), reader.transform(second), names)


def _words(text: str) -> list[str]:
    return sorted(set(text.split()))


def _pairs_of_letters(text: str) -> list[tuple[str, int]]:
    """Each pair of neighbouring letters with its number, so that two alike count twice; a space stands at each edge."""
    seen: Counter[str] = Counter()
    pairs = []
    for word in _words(text):
        edged = f" {word} "
        for pair in map("".join, zip(edged, edged[1:])):
            seen[pair] += 1
            pairs.append((pair, seen[pair]))
    return pairs


def _grams(text: str) -> list[str]:
    return [text[i:i + 5] for i in range(max(1, len(text) - 4))]
