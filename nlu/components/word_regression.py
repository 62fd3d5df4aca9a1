"""Logistic regression on the words themselves: what a sentence vector blurs, a turn of phrase may tell."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Callable, Iterable, Sequence

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from nlu.encoders.text import prepare

# Runs of letters inside words, and words with their neighbours. What fewer than three utterances have tells nothing.
_READERS = ({"analyzer": "char_wb", "ngram_range": (3, 5)}, {"analyzer": "word", "ngram_range": (1, 2)})
_LEAST = 3


@dataclass(frozen=True)
class _Reading:
    """What one kind of feature says: a weight for each that the reader knows, float32 (n_features,).

    scikit-learn's own reader is made for thousands of texts: for one it takes 1.0 ms, this 0.1, with the same result.
    """

    reader: TfidfVectorizer
    weights: np.ndarray

    @cached_property
    def rarity(self) -> np.ndarray:
        """How much a feature counts for being rare, float64 (n_features,)."""
        return self.reader.idf_

    @cached_property
    def _features(self) -> Callable[[str], Iterable[str]]:
        return self.reader.build_analyzer()

    def margin(self, text: str) -> float:
        """The weights of the text's features, each counted by the logarithm, by its rarity, and all of them to length 1."""
        known = self.reader.vocabulary_
        counts = Counter(place for feature in self._features(text) if (place := known.get(feature)) is not None)
        if not counts:
            return 0.0
        places = np.fromiter(counts.keys(), np.intp, len(counts))
        worth = (1 + np.log(np.fromiter(counts.values(), np.float64, len(counts)))) * self.rarity[places]
        return float(worth @ self.weights[places] / np.sqrt(worth @ worth))


@dataclass(frozen=True)
class WordRegression:
    """Says by how much the words speak for one of two classes: what each kind of feature says, and `bias`."""

    readings: tuple[_Reading, ...]
    bias: float

    @classmethod
    def fit(cls, texts: Sequence[str], positive: np.ndarray, *, strength: float) -> WordRegression:
        """Fitted on texts and whether each is of the class, bool (n_texts,); L2 penalty of 1/(2 strength).

        Raises ValueError where all texts are of one class.
        """
        readers = tuple(_reader(min_df=_LEAST, **how) for how in _READERS)
        read = sparse.hstack([reader.fit_transform(map(prepare, texts)) for reader in readers]).tocsr()
        model = LogisticRegression(C=strength, solver="liblinear", max_iter=300).fit(read, positive)
        return cls(_readings(readers, model.coef_[0].astype(np.float32)), float(model.intercept_[0]))

    def margin(self, text: str) -> float:
        """Above 0 where the words speak for the class, in units of log odds."""
        prepared = prepare(text)
        return sum(reading.margin(prepared) for reading in self.readings) + self.bias

    def save(self, path: Path) -> None:
        """Plain arrays in half precision, compressed: names of the features, their rarity and weight."""
        parts = {}
        for number, reading in enumerate(self.readings):
            names = "\n".join(reading.reader.get_feature_names_out()).encode("utf-8")
            parts[f"names_{number}"] = np.frombuffer(names, np.uint8)
            parts[f"rarity_{number}"] = reading.rarity.astype(np.float16)
        weights = np.concatenate([reading.weights for reading in self.readings]).astype(np.float16)
        np.savez_compressed(path, weights=weights, bias=self.bias, **parts)

    @classmethod
    def load(cls, path: Path) -> WordRegression:
        """What `save` wrote. Raises where the file is missing or damaged."""
        with np.load(path, allow_pickle=False) as stored:
            readers = []
            for number, how in enumerate(_READERS):
                names = stored[f"names_{number}"].tobytes().decode("utf-8").split("\n")
                reader = _reader(vocabulary=names, **how)
                reader.idf_ = stored[f"rarity_{number}"].astype(np.float64)
                readers.append(reader)
            return cls(_readings(readers, stored["weights"].astype(np.float32)), float(stored["bias"]))


def _readings(readers: Sequence[TfidfVectorizer], weights: np.ndarray) -> tuple[_Reading, ...]:
    """Each reader with its part of the weights that were fitted side by side."""
    ends = np.cumsum([len(reader.idf_) for reader in readers])
    return tuple(_Reading(reader, part) for reader, part in zip(readers, np.split(weights, ends[:-1])))


def _reader(**settings: object) -> TfidfVectorizer:
    # Without accents: half of those who write Spanish on a phone leave them out.
    return TfidfVectorizer(sublinear_tf=True, strip_accents="unicode", **settings)
