"""Masks what would tell who somebody is. Rules only: no model, nothing kept, the words stand in the lexicon.

Of two risks the smaller is taken: a word too many is masked in what is stored, since nobody answers from it; danger and
questions are read from the words as typed.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping

import phonenumbers
import yaml

LEXICON = Path(__file__).resolve().parent.parent / "content" / "privacy_lexicon.yml"
HOME_REGION = "US"
_MOST_NAME_WORDS = 4
_EMAIL = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
# "ana at example dot org" is written where an address would be filtered.
_SPOKEN_EMAIL = re.compile(r"\b[\w.+-]{1,64} ?[(\[]?\bat\b[)\]]? ?[\w-]{1,63} ?[(\[]?\bdot\b[)\]]? ?"
                           r"(?:com|org|net|edu|gov)\b")
# Seven digits as people write a local number, or ten and more with any separators between them.
_DIGITS = re.compile(r"(?<!\w)\+?(?:\(?\d{3}\)?[ .-]*)?\d{3}[ .-]*\d{4}(?!\w)|"
                     r"(?<!\w)\+?\d(?:[ .()-]{0,2}\d){8,14}(?!\w)")
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.-](?=[^\W\d_]))*")
_FOLLOWING = re.compile(r"\s+([^\W\d_]+)")
_NUMERIC_DATE = r"\d{1,4} ?[/.-] ?\d{1,2}(?: ?[/.-] ?\d{2,4})?"
_FULL_DATE = re.compile(r"(?<![\d/])\d{1,2} ?[/.-] ?\d{1,2} ?[/.-] ?(?:19|20)\d{2}(?![\d/])|"
                        r"(?<!\d)(?:19|20)\d{2}-\d{2}-\d{2}(?!\d)")
# Between a word of birth and its date.
_BETWEEN = r"(?:[ :,]|\b(?:on|is|was|the|in|el|es|fue|dia|en|he|she|ella|mi|my|baby|bebe)\b){0,10}"


class Masker:
    """Puts a mask in the place of everything that the lexicon and the rules recognise."""

    def __init__(self, lexicon: Mapping[str, Any]) -> None:
        self._masks: Mapping[str, str] = lexicon["masks"]
        self._joins = frozenset(lexicon["name_joins"])
        self._never = frozenset(lexicon["never_names"])
        self._names = re.compile(rf"(?<!\w)(?:{_any_of(lexicon['name_after'])})[ ,:]+")
        self._maybe_names = re.compile(rf"(?<!\w)(?:{_any_of(lexicon['maybe_name_after'])})[ ,:]+")
        directions, months = _any_of(lexicon["street_directions"]), _any_of(lexicon["months"])
        unit = rf"(?:[ ,]+(?:(?:{_any_of(lexicon['units'])})\b\.? ?#? ?|#)\w{{1,5}})?"
        post = rf"(?:[ ,]+(?:[a-z]+[ ,]+){{0,3}}(?:{_any_of(lexicon['states'])})\b\.?[ ,]+\d{{5}}(?:-\d{{4}})?)?"
        name = rf"(?!(?:{_any_of(lexicon['counted'])})\b)(?:[a-z0-9]+\.? ){{1,4}}?"
        streets, before = _any_of(lexicon["streets"]), _any_of(lexicon["streets_before"])
        self._addresses = (
            re.compile(rf"(?<!\w)\d{{1,6}}[a-z]? (?:(?:{directions})\.? )?{name}(?:{streets})\b\.?"
                       rf"(?: (?:{directions})\b\.?)?{unit}{post}"),
            re.compile(rf"(?<!\w)(?:{before})\.? (?:#? ?\d{{1,6}}\b|"
                       rf"(?:[a-z]+ ){{1,4}}?(?:no\.? ?|num\.? ?|numero |# ?)?\d{{1,6}}\b){unit}{post}"),
            re.compile(rf"(?<!\w)(?:{_any_of(lexicon['units'])})\b\.? ?#? ?\d{{1,5}}[a-z]?\b{post}"),
            re.compile(rf"(?<!\w)(?:[a-z]+[ ,]+){{0,2}}(?:{_any_of(lexicon['states'])})\b\.?[ ,]+"
                       r"\d{5}(?:-\d{4})?(?!\d)"),
        )
        written = (rf"(?:{months})\b\.? ?\d{{1,2}}(?:st|nd|rd|th)?(?:,? ?\d{{4}})?|"
                   rf"\d{{1,2}}(?:st|nd|rd|th)?(?: (?:of|de))? ?(?:{months})\b(?:,?(?: de| del)? ?\d{{4}})?")
        birth = _any_of(lexicon["birth"])
        self._births = (
            re.compile(rf"(?<!\w)(?:{birth})\b{_BETWEEN}(?P<date>{_NUMERIC_DATE}|{written})"),
            re.compile(rf"(?<![\w/])(?P<date>{_NUMERIC_DATE}|{written}) ?(?:is|was|es|fue)? ?"
                       rf"(?:(?:my|his|her|the|mi|su|baby's) )*(?:{birth})\b"),
        )

    @classmethod
    def load(cls, path: Path = LEXICON) -> Masker:
        """The masker of a lexicon file."""
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")))

    def mask(self, text: str) -> str:
        """The text with masks; the text itself where there is nothing to mask. Never raises."""
        plain = _plain(text)
        spans = sorted(self._spans(text, plain))
        if not spans:
            return text
        parts, end = [], 0
        for start, stop, kind in spans:
            if start < end:  # two rules on the same words: the one that began first covers them
                continue
            parts += [text[end:start], self._masks[kind]]
            end = stop
        return "".join([*parts, text[end:]])

    def _spans(self, text: str, plain: str) -> Iterator[tuple[int, int, str]]:
        """Beginning, end and kind of what is to be masked; they may overlap."""
        for pattern in (_EMAIL, _SPOKEN_EMAIL):
            yield from ((*match.span(), "email") for match in pattern.finditer(plain))
        yield from self._phones(text, plain)
        for pattern in self._addresses:
            yield from ((*match.span(), "address") for match in pattern.finditer(plain))
        yield from ((*match.span(), "birth") for match in _FULL_DATE.finditer(plain))
        for pattern in self._births:
            yield from ((*match.span("date"), "birth") for match in pattern.finditer(plain))
        for introducer, capitals_only in ((self._names, False), (self._maybe_names, True)):
            for match in introducer.finditer(plain):
                if (end := self._name_end(text, plain, match.end(), capitals_only)) is not None:
                    yield match.end(), end, "name"

    def _phones(self, text: str, plain: str) -> Iterator[tuple[int, int, str]]:
        if sum(character.isdigit() for character in plain) < 7:
            return
        yield from ((*match.span(), "phone") for match in _DIGITS.finditer(plain))
        for found in phonenumbers.PhoneNumberMatcher(text, HOME_REGION, leniency=phonenumbers.Leniency.POSSIBLE):
            yield found.start, found.end, "phone"

    def _name_end(self, text: str, plain: str, start: int, capitals_only: bool) -> int | None:
        """Where the name that begins at `start` ends, or None where no name begins there."""
        shouted = text.isupper()  # then a capital letter says nothing
        end, place, words, capital = None, start, 0, False
        for match in _WORD.finditer(text, start):
            if text[place:match.start()].strip(" ") or words == _MOST_NAME_WORDS:
                break
            place, word = match.end(), plain[match.start():match.end()]
            if words and word in self._joins:
                continue  # belongs to the name only where another part follows
            capitalised = match.group()[0].isupper() and not shouted
            if word in self._never:
                break
            if not words and capitals_only and not capitalised:
                break
            if words and not (capitalised if capital else self._is_last(text, plain, place)):
                break
            end, words, capital = place, words + 1, capitalised
        return end

    def _is_last(self, text: str, plain: str, place: int) -> bool:
        """Whether a word in small letters can be a surname: nothing, a sign or a small word comes behind it."""
        following = _FOLLOWING.match(text, place)
        return following is None or plain[following.start(1):following.end(1)] in self._never


@functools.lru_cache(maxsize=1)
def shared_masker() -> Masker:
    """The masker of the default lexicon, read once."""
    return Masker.load()


def _plain(text: str) -> str:
    """Lower case without accents, character for character, so that places in both texts are the same."""
    return "".join(_plain_character(character) for character in text)


def _plain_character(character: str) -> str:
    folded = unicodedata.normalize("NFKD", character)[0].lower()
    return folded if len(folded) == 1 else character


def _any_of(phrases: Iterable[str]) -> str:
    # The longest first: an alternation takes the first that fits.
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))
