"""Masks what would tell who somebody is. Rules only: no model, nothing kept, the words stand in the lexicon.

Of two risks the smaller is taken: a word too many is masked in what is stored, since nobody answers from it; danger and
questions are read from the words as typed. How well it works is measured: docs/privacy.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Collection, Iterable, Iterator, Mapping

import yaml

from bot.privacy.names import Names
from bot.privacy.numbers import Births, Emails, Numbers
from bot.privacy.phones import Phones
from bot.privacy.places import Addresses
from bot.privacy.text import Found, plain

LEXICON = Path(__file__).resolve().parent.parent / "content" / "privacy_lexicon.yml"
NAMES = LEXICON.with_name("names.txt")
WORDS = Path(__file__).with_name("words.txt")
# Where two rules claim the same words, all of them are masked, as the kind that stands first here.
_RANK = {kind: rank for rank, kind in enumerate(("email", "id", "birth", "address", "phone", "name"))}


class Masker:
    """Puts a mask in the place of everything that the lexicon and the rules recognise."""

    def __init__(self, lexicon: Mapping[str, Any], names: Mapping[str, Collection[str]],
                 words: Collection[str]) -> None:
        self._masks: Mapping[str, str] = lexicon["masks"]
        self._recognisers = (Emails(lexicon), Numbers(lexicon), Births(lexicon), Addresses(lexicon), Phones(lexicon),
                             Names(lexicon, names, words))

    @classmethod
    def load(cls, path: Path = LEXICON, names: Path = NAMES) -> Masker:
        """The masker of a lexicon file and a list of names."""
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")), name_sections(names), ordinary_words())

    def mask(self, text: str) -> str:
        """The text with masks; the text itself where there is nothing to mask. Never raises."""
        parts, end = [], 0
        for found in self.find(text):
            parts += [text[end:found.start], self._masks[found.kind]]
            end = found.end
        return "".join([*parts, text[end:]]) if parts else text

    def find(self, text: str) -> list[Found]:
        """What is to be masked, in the order of the text; none overlaps another."""
        compared = plain(text)
        return list(_merged(sorted(found for recogniser in self._recognisers
                                   for found in recogniser.find(text, compared))))


def ordinary_words(path: Path = WORDS) -> frozenset[str]:
    """Words that people write in small letters, and that are no names: bot/privacy/words.txt."""
    return frozenset(word for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
                     for word in line.split())


def name_sections(path: Path = NAMES) -> dict[str, frozenset[str]]:
    """The names of a list: those behind each line that begins with "=", by what that line says."""
    sections: dict[str, set[str]] = {}
    words: set[str] = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("="):
            words = sections.setdefault(line.strip("= "), set())
        elif not line.startswith("#"):
            words.update(line.split())
    return {name: frozenset(words) for name, words in sections.items()}


def _merged(found: Iterable[Found]) -> Iterator[Found]:
    """What overlaps as one: nothing that a rule claimed is left open."""
    last: Found | None = None
    for one in found:
        if last is not None and one.start < last.end:
            kind = min(last.kind, one.kind, key=_RANK.__getitem__)
            last = Found(last.start, max(last.end, one.end), kind)
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last


_live: Masker | None = None


def use_masker(masker: Masker) -> None:
    """Mask by this one from the next message on."""
    global _live
    _live = masker


def shared_masker() -> Masker:
    """The live masker; that of the program's own lexicon until a release brought another."""
    if _live is None:
        use_masker(Masker.load())
    assert _live is not None
    return _live
