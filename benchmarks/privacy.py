"""`python -m benchmarks privacy`: how much of what must not be kept is masked, on messages apart."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Iterator, Sequence

import yaml

from bot.evaluation.stats import Share
from bot.privacy import Masker
from bot.privacy.text import Found
from bot.settings import PROJECT

CORPUS = PROJECT / "tests" / "privacy" / "corpus.yml"
SNIPPETS = CORPUS.with_name("snippets.yml")
PAGE = PROJECT / "docs" / "privacy.md"
START, END = "<!-- written by `python -m benchmarks privacy` -->", "<!-- end -->"
KINDS = ("phone", "email", "name", "address", "birth", "id")
LANGUAGES = ("en", "es")
_MARKED = re.compile(r"\[([^\]]+)\]\((\w+)\)")


@dataclass(frozen=True)
class Labelled:
    """A message of the corpus and what of it must not be kept."""

    text: str
    language: str
    spans: tuple[Found, ...]


@dataclass(frozen=True)
class Score:
    """`found` of `wanted` spans were masked whole and as their kind, `hidden` whole and as whatever kind; `right` of
    `masked` masks cover what they are for."""

    wanted: int = 0
    found: int = 0
    hidden: int = 0
    masked: int = 0
    right: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(*(mine + theirs for mine, theirs in zip(self.values, other.values)))

    @property
    def values(self) -> tuple[int, ...]:
        return self.wanted, self.found, self.hidden, self.masked, self.right

    @property
    def recall(self) -> float:
        return self.found / self.wanted if self.wanted else 1.0

    @property
    def precision(self) -> float:
        return self.right / self.masked if self.masked else 1.0


def corpus(half: str, path: Path = CORPUS) -> list[Labelled]:
    """The messages of a half: `development` or `test` of the corpus, `development` or `held_out` of the snippets."""
    voices = yaml.safe_load(path.read_text(encoding="utf-8"))[half]
    return [_labelled(line.removeprefix("- "), voice["language"])
            for voice in voices for line in voice["messages"].splitlines()]


def _labelled(marked: str, language: str) -> Labelled:
    text, spans, place = "", [], 0
    for match in _MARKED.finditer(marked):
        text += marked[place:match.start()]
        spans.append(Found(len(text), len(text) + len(match[1]), match[2]))
        text += match[1]
        place = match.end()
    return Labelled(text + marked[place:], language, tuple(spans))


def score(masker: Masker, message: Labelled) -> dict[str, Score]:
    """By kind. A span is found where every letter and digit of it is masked; a mask is right where
    at least half of the letters and digits that it covers are to be masked as its kind."""
    masks = masker.find(message.text)
    scores: dict[str, Score] = defaultdict(Score)
    for span in message.spans:
        same = [mask for mask in masks if mask.kind == span.kind]
        scores[span.kind] += Score(wanted=1, found=_covered(message.text, span, same),
                                   hidden=_covered(message.text, span, masks))
    for mask in masks:
        places = _places(message.text, mask)
        ours = {place for span in message.spans if span.kind == mask.kind for place in _places(message.text, span)}
        scores[mask.kind] += Score(masked=1, right=int(len(places & ours) * 2 >= len(places)))
    return scores


def _covered(text: str, span: Found, masks: Sequence[Found]) -> int:
    return int(_places(text, span) <= {place for mask in masks for place in _places(text, mask)})


def _places(text: str, span: Found) -> set[int]:
    return {place for place in range(span.start, span.end) if text[place].isalnum()}


def measure(half: str, masker: Masker | None = None, path: Path = CORPUS) -> dict[tuple[str, str], Score]:
    """(kind, language) -> score over a half of a corpus."""
    masker = masker or Masker.load()
    total: dict[tuple[str, str], Score] = defaultdict(Score)
    for message in corpus(half, path):
        for kind, one in score(masker, message).items():
            total[kind, message.language] += one
    return dict(total)


def summed(scores: dict[tuple[str, str], Score], *, kind: str | None = None, language: str | None = None) -> Score:
    """The scores of a kind, of a language, or of all."""
    return sum((one for (a_kind, a_language), one in scores.items()
                if kind in (None, a_kind) and language in (None, a_language)), Score())


def milliseconds(masker: Masker | None = None, rounds: int = 5) -> tuple[float, float]:
    """Median and largest milliseconds that a message of the corpus takes, the best of some rounds each."""
    masker = masker or Masker.load()
    texts = [message.text for half in ("development", "test") for message in corpus(half)]
    best = [min(_timed(masker, text) for _ in range(rounds)) for text in texts]
    return median(best) * 1000, max(best) * 1000


def _timed(masker: Masker, text: str) -> float:
    start = time.perf_counter()
    masker.mask(text)
    return time.perf_counter() - start


def table() -> Iterator[str]:
    """What docs/privacy.md says of it, as Markdown lines."""
    for path, half, title in ((CORPUS, "test", "Test half"), (CORPUS, "development", "Development half"),
                              (SNIPPETS, "held_out", "Snippets, held-out half"),
                              (SNIPPETS, "development", "Snippets, development half")):
        scores, messages = measure(half, path=path), corpus(half, path)
        clean = sum(not message.spans for message in messages)
        spanish = sum(message.language == "es" for message in messages)
        yield (f"{title}: {len(messages)} messages, {spanish} of them Spanish, {clean} with nothing to mask.")
        yield ""
        yield "| kind | language | recall | hidden under any mask | precision |"
        yield "|---|---|---|---|---|"
        rows = [(kind, language) for kind in KINDS for language in LANGUAGES]
        for kind, language in [*rows, (None, "en"), (None, "es"), (None, None)]:
            one = summed(scores, kind=kind, language=language)
            yield (f"| {kind or 'all'} | {language or 'both'} | {_share(one.found, one.wanted)} "
                   f"| {_share(one.hidden, one.wanted)} | {_share(one.right, one.masked)} |")
        yield ""
    half_ms, most_ms = milliseconds()
    yield f"One message takes {half_ms:.2f} ms in the median and {most_ms:.2f} ms at most, on one core."


def _share(count: int, of: int) -> str:
    return str(Share(count, of)) if of else ""


def write() -> str:
    """The tables, also put into their place in docs/privacy.md."""
    lines = "\n".join(table())
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(START)
    PAGE.write_text(f"{before}{START}\n\n{lines}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")
    return lines
