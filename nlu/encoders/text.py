"""What every encoder does to a message before reading it."""

from __future__ import annotations

import unicodedata

# Bump when `prepare` changes: trained models and stored embeddings depend on it.
VERSION = "1"

# NFKC leaves typographic quotes and dashes alone, and encoders saw few of them: "don’t" would be cut apart.
_TYPOGRAPHY = str.maketrans({"‘": "'", "’": "'", "ʼ": "'", "´": "'", "`": "'", "“": '"', "”": '"', "–": "-", "—": "-",
                             "…": "..."})


def prepare(text: str) -> str:
    """The message in compatibility form, typographic marks as on a keyboard, control characters as spaces."""
    folded = unicodedata.normalize("NFKC", text.translate(_TYPOGRAPHY))
    return "".join(" " if unicodedata.category(c) in {"Cc", "Cf"} else c for c in folded).strip()


def has_words(text: str) -> bool:
    """Whether there is a letter or a digit to be read; an emoji or a row of dots has none."""
    return any(character.isalnum() for character in text)
