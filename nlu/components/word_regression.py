"""Logistic regression on the words themselves: what a sentence vector blurs, a turn of phrase may tell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from nlu.encoders.text import prepare

# Runs of letters inside words, and words with their neighbours. What fewer than three utterances have tells nothing.
_READERS = ({"analyzer": "char_wb", "ngram_range": (3, 5)}, {"analyzer": "word", "ngram_range": (1, 2)})
_LEAST = 3


@dataclass(frozen=True)
class WordRegression:
    """Says by how much the words speak for one of two classes.

    `readers` turn texts into weighted counts, side by side; `weights` float32 (n_features,), `bias` a number.
    """

    readers: tuple[TfidfVectorizer, ...]
    weights: np.ndarray
    bias: float

    @classmethod
    def fit(cls, texts: Sequence[str], positive: np.ndarray, *, strength: float) -> WordRegression:
        """Fitted on texts and whether each is of the class, bool (n_texts,); L2 penalty of 1/(2 strength).

        Raises ValueError where all texts are of one class.
        """
        readers = tuple(_reader(min_df=_LEAST, **how) for how in _READERS)
        read = sparse.hstack([reader.fit_transform(map(prepare, texts)) for reader in readers]).tocsr()
        model = LogisticRegression(C=strength, solver="liblinear", max_iter=300).fit(read, positive)
        return cls(readers, model.coef_[0].astype(np.float32), float(model.intercept_[0]))

    def margin(self, text: str) -> float:
        """Above 0 where the words speak for the class, in units of log odds."""
        read = sparse.hstack([reader.transform([prepare(text)]) for reader in self.readers]).tocsr()
        return float((read @ self.weights)[0]) + self.bias

    def save(self, path: Path) -> None:
        """Plain arrays in half precision, compressed: names of the features, their rarity and weight."""
        parts = {}
        for number, reader in enumerate(self.readers):
            names = "\n".join(reader.get_feature_names_out()).encode("utf-8")
            parts[f"names_{number}"] = np.frombuffer(names, np.uint8)
            parts[f"rarity_{number}"] = reader.idf_.astype(np.float16)
        np.savez_compressed(path, weights=self.weights.astype(np.float16), bias=self.bias, **parts)

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
            return cls(tuple(readers), stored["weights"].astype(np.float32), float(stored["bias"]))


def _reader(**settings: object) -> TfidfVectorizer:
    # Without accents: half of those who write Spanish on a phone leave them out.
    return TfidfVectorizer(sublinear_tf=True, strip_accents="unicode", **settings)
