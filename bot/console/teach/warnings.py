"""What a new example would get in the way of: the same words, or nearly the same, under another topic or in a test set.

Alike is what bot/evaluation/leaks.py calls so, by the same three measures. All lines stay in memory by file; only a file
that changed is read again.
"""

from __future__ import annotations

import threading
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Sequence

import numpy as np
import yaml
from rapidfuzz import fuzz, process

from bot.console.teach.examples import EVALUATION, TRAINING
from bot.console.teach.words import cleaned, folded
from bot.overlay import live_files
from bot.settings import Settings
from nlu.corpus import Utterance, utterances_in

MAX_JACCARD, MAX_TOKEN_SET = 0.6, 85
# The words of a short line are a subset of many others by chance.
MIN_WORDS, MAX_WORDS_APART = 4, 3
GRAM = 5
_FOLDERS = {TRAINING: "nlu/data", EVALUATION: "tests/nlu/held_out"}
_MAX_WARNINGS = 5
_State = tuple[int, int, int]


@dataclass(frozen=True)
class Warning:
    """An example that a new one is the `same` as, or nearly: its words, its intent, and whether it is trained on
    (`training`) or only measures (`evaluation`)."""

    text: str
    topic: str
    use: str
    same: bool
    message: int | None = None


def near(text: str, topic: str, settings: Settings) -> list[Warning]:
    """What speaks against `text` as an example of the intent `topic`: the few most alike lines that stand under another
    intent or in a test set, the same words first."""
    return [found for found in alike(text, settings) if found.topic != topic or found.use == EVALUATION][:_MAX_WARNINGS]


def alike(text: str, settings: Settings) -> list[Warning]:
    """Every line of training and test sets that is the same as `text` or nearly so, the same words first."""
    words = folded(cleaned(text))
    found = [Warning(line.text, line.intent, use, folded(line.text) == words, line.marks.get("message"))
             for use, lines in _sets(settings) for line in lines.alike(words)]
    return sorted(found, key=lambda warning: not warning.same)


def groups(texts: Sequence[str]) -> list[list[int]]:
    """The numbers of the texts, those that are alike together, directly or by way of others."""
    words = [folded(cleaned(text)) for text in texts]
    lines = _Lines([Utterance(text, "", str(number), {}) for number, text in enumerate(words)])
    found: list[set[int]] = []
    for number, text in enumerate(words):
        own = {number, *(int(line.file) for line in lines.alike(text))}
        found = [group for group in found if not group & own] + [own.union(*(group for group in found if group & own))]
    return sorted(sorted(group) for group in found)


class _Lines:
    """The utterances of one file, laid out to be compared with one text."""

    def __init__(self, lines: list[Utterance]) -> None:
        self._lines = lines
        self._folded = [folded(line.text) for line in lines]
        self._words = np.array([len(text.split()) for text in self._folded], dtype=np.int32)
        grams = [_grams(text) for text in self._folded]
        self._sizes = np.array([len(own) for own in grams], dtype=np.int32)
        marks = np.concatenate([*grams, np.empty(0, np.uint32)])
        order = np.argsort(marks, kind="stable")
        # Sorted, with the line that each belongs to: who shares a gram stands side by side.
        self._grams, self._owners = marks[order], np.repeat(np.arange(len(lines), dtype=np.int32), self._sizes)[order]

    def alike(self, words: str) -> list[Utterance]:
        """Those that are equal, or nearly so by characters or by words."""
        return [self._lines[i] for i in sorted({*self._by_characters(words), *self._by_words(words)})]

    def _by_characters(self, words: str) -> Iterator[int]:
        own = _grams(words)
        first, last = np.searchsorted(self._grams, own, "left"), np.searchsorted(self._grams, own, "right")
        sharing = [self._owners[i:j] for i, j in zip(first, last) if i < j]
        if sharing:
            shared = np.bincount(np.concatenate(sharing), minlength=len(self._lines))
            yield from np.flatnonzero(shared >= MAX_JACCARD * (self._sizes + len(own) - shared)).tolist()

    def _by_words(self, words: str) -> Iterator[int]:
        count = len(words.split())
        if count < MIN_WORDS:
            return
        comparable = np.flatnonzero((np.abs(self._words - count) <= MAX_WORDS_APART) & (self._words >= MIN_WORDS))
        ratios = process.cdist([words], [self._folded[i] for i in comparable], scorer=fuzz.token_set_ratio,
                               score_cutoff=MAX_TOKEN_SET, dtype=np.uint8)
        yield from comparable[ratios[0] > 0].tolist() if len(comparable) else ()


def _grams(text: str) -> np.ndarray:
    """The different runs of characters of a text, as sorted numbers; two of a million fall together by chance."""
    runs = {text[i:i + GRAM] for i in range(max(1, len(text) - GRAM + 1))}
    return np.unique(np.array([zlib.crc32(run.encode()) for run in runs], dtype=np.uint32))


_read: dict[Path, tuple[_State, _Lines]] = {}
_reading = threading.Lock()


def _sets(settings: Settings) -> Iterator[tuple[str, _Lines]]:
    """Every file's lines, with what they are used for."""
    for use, folder in _FOLDERS.items():
        for path in live_files(settings, folder).values():
            yield use, _lines(path)


def _lines(path: Path) -> _Lines:
    with _reading:
        found = path.stat()
        state = found.st_mtime_ns, found.st_size, found.st_ino
        known = _read.get(path)
        if known is None or known[0] != state:
            try:
                lines = utterances_in(path)
            except (yaml.YAMLError, UnicodeDecodeError, AttributeError, KeyError, TypeError):
                lines = []  # `check` tells what is wrong with it; a warning less is no reason to fail
            known = _read[path] = state, _Lines(lines)
        return known[1]
