"""What messages mean, as unit vectors: of the sentence encoder where it is installed, else of the letters they are made
of.
"""

from __future__ import annotations

import logging
import unicodedata
import zlib
from typing import Protocol, Sequence

import numpy as np

logger = logging.getLogger(__name__)

_LETTERS_WIDTH = 512


class Meaning(Protocol):
    """Text to unit vectors; `fingerprint` changes where vectors of before mean nothing beside new ones."""

    fingerprint: str

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, float32 (n_texts, width)."""


class Letters:
    """Runs of three letters, hashed. Finds near copies and messages that share words; knows no synonyms."""

    fingerprint = f"letters-{_LETTERS_WIDTH}-1"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        rows = np.zeros((len(texts), _LETTERS_WIDTH), np.float32)
        for row, text in zip(rows, texts):
            padded = f"  {folded(text)}  "
            for start in range(len(padded) - 2):
                row[zlib.crc32(padded[start:start + 3].encode()) % _LETTERS_WIDTH] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def meaning() -> Meaning:
    """The encoder that the bot itself uses, or letters where it was not set up."""
    from nlu.encoders import load  # onnxruntime takes a while, and pages need none of it

    try:
        return load("e5")
    except FileNotFoundError:
        logger.warning("The sentence encoder is not set up; messages are grouped by their letters.")
        return Letters()


def folded(text: str) -> str:
    """A text without case, accents, punctuation and runs of blanks: what two spellings of one message share."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    words = "".join(letter if letter.isalnum() else " " for letter in plain if not unicodedata.combining(letter))
    return " ".join(words.split())


def packed(vectors: np.ndarray) -> list[bytes]:
    """Vectors as the database keeps them: two bytes a number are enough to compare them by."""
    return [row.tobytes() for row in vectors.astype("<f2")]


def unpacked(rows: Sequence[bytes]) -> np.ndarray:
    """Vectors as they were packed, float32 (n_rows, width); all of one width."""
    vectors = np.frombuffer(b"".join(rows), "<f2").astype(np.float32).reshape(len(rows), -1)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
