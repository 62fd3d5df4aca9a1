"""`python -m benchmarks data`: whether the training data is as varied as it looks, and whether more of it still helps.

Padding shows in three ways: the same three words over and over, lines whose nearest neighbour is nearly the same, and
lines of one length. The learning curve trains the classifier on a quarter, half and all of the lines and asks voices that
neither it nor the encoder was tuned on.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Iterator, Mapping, Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from nlu.components.softmax_regression import SoftmaxRegression
from nlu.corpus import Utterance, utterances
from nlu.encoders import load
from nlu.encoders.cache import encode_cached
from nlu.encoders.unseen import unseen_voices

SHARES = (0.25, 0.5, 1.0)
# How alike two lines are is told by their letters: the tuned encoder has learnt to draw a topic's lines together.
LETTERS = {"analyzer": "char_wb", "ngram_range": (2, 5), "sublinear_tf": True}


@dataclass(frozen=True)
class Variety:
    """One topic's lines: how many by language, share of trigrams that occur once (0-1), mean cosine to the nearest
    other line (0-1), and the lengths in words below which a tenth, half and nine tenths of the lines are."""

    english: int
    spanish: int
    unique_trigrams: float
    nearest: float
    lengths: tuple[int, int, int]


def varieties() -> dict[str, Variety]:
    """By topic; danger and what is out of scope among them."""
    groups: dict[str, list[Utterance]] = defaultdict(list)
    for line in utterances():
        if line.intent.startswith("ask_") or line.intent in {"crisis", "out_of_scope"}:
            groups[line.intent.removeprefix("ask_")].append(line)
    return {name: _variety(lines) for name, lines in sorted(groups.items())}


def _variety(lines: Sequence[Utterance]) -> Variety:
    words = [re.findall(r"[\w']+", line.text.lower()) for line in lines]
    trigrams = Counter(tuple(line[i:i + 3]) for line in words for i in range(len(line) - 2))
    vectors = TfidfVectorizer(**LETTERS).fit_transform([line.text.lower() for line in lines])
    alike = (vectors @ vectors.T).toarray()
    np.fill_diagonal(alike, -1)
    tenth, half, most = np.percentile([len(line) for line in words], [10, 50, 90]).astype(int)
    spanish = sum(line.marks.get("language") == "es" for line in lines)
    return Variety(len(lines) - spanish, spanish, sum(n == 1 for n in trigrams.values()) / len(trigrams),
                   float(alike.max(axis=1).mean()), (int(tenth), int(half), int(most)))


def learning_curve() -> Iterator[tuple[float, int, Mapping[str, float]]]:
    """Share of the data, lines trained on, and the share of held-out voices' questions whose topic is ranked first."""
    lines = utterances()
    vectors = encode_cached(load("e5"), [line.text for line in lines])
    labels = np.array([line.intent for line in lines])
    asked = np.array([line.marks.get("voice") in unseen_voices() and line.intent == f"ask_{line.file}" for line in lines])
    languages = np.array([line.marks.get("language") for line in lines])
    rest = [i for i, line in enumerate(lines) if line.marks.get("voice") not in unseen_voices()]
    random.Random(1).shuffle(rest)
    for share in SHARES:
        taken = rest[:int(len(rest) * share)]
        model = SoftmaxRegression.fit(vectors[taken], labels[taken], strength=10.0, max_iterations=80)
        topics = [i for i, name in enumerate(model.labels) if name.startswith("ask_")]
        best = np.array(model.labels)[topics][model.scores(vectors[asked])[:, topics].argmax(axis=1)]
        right = best == labels[asked]
        yield share, len(taken), {code: float(right[languages[asked] == code].mean()) for code in ("en", "es")}


def tables() -> Iterator[str]:
    """The tables of docs/data.md, as Markdown lines."""
    yield "| | English | Spanish | trigrams that occur once | nearest other line | words: 10 %, half, 90 % |"
    yield "|---|---|---|---|---|---|"
    for name, one in varieties().items():
        yield (f"| `{name}` | {one.english} | {one.spanish} | {one.unique_trigrams:.0%} | {one.nearest:.2f} "
               f"| {one.lengths[0]}, {one.lengths[1]}, {one.lengths[2]} |")
    yield ""
    yield "| share of the data | lines | right topic, English | Spanish |"
    yield "|---|---|---|---|"
    for share, count, right in learning_curve():
        yield f"| {share:.0%} | {count} | {right['en']:.1%} | {right['es']:.1%} |"
