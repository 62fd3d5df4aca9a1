"""How easy a text is to read: US school grade of English, Fernández-Huerta of Spanish; what an answer is held to."""

from __future__ import annotations

import re

from textstat.textstat import textstatistics

MAX_GRADE = 6
"""US school grade (Flesch-Kincaid) that parents' English may reach."""
MIN_EASE = 70
"""Fernández-Huerta that Spanish has to reach; 0 is hardest, 100 easiest."""
PHONE = re.compile(r"\(?\d{3}\)?[ -]\d{3}-\d{4}(?: X\d+)?")
ADDRESS = re.compile(r"\S+@\S+\.\w+|https?://[\w.]+\w")
# Counted as one short word: a reader takes a name in as a whole.
_NAMES = re.compile("|".join([
    "A Strategic Plan for Infant Mental Health in New Mexico", "(The )?New Mexico Association for Infant Mental Health",
    "NMAIMH", "New Mexico", "Nuevo México", "Infant Mental Health", PHONE.pattern, ADDRESS.pattern]),
    re.IGNORECASE)


def _counting(language: str) -> textstatistics:
    # One a language: the module's own is shared by all threads, and its language would change under another's text.
    counting = textstatistics()
    counting.set_lang(language)
    return counting


_ENGLISH, _SPANISH = _counting("en_US"), _counting("es")


def grade(text: str) -> float:
    """The US school grade that reads an English text with ease; below 0 for the very simplest."""
    return _ENGLISH.flesch_kincaid_grade(_NAMES.sub("Sam", text))


def ease(text: str) -> float:
    """How easy a Spanish text is to read: about 0 (hardest) to 100 (easiest)."""
    return _SPANISH.fernandez_huerta(_NAMES.sub("Ana", text))
