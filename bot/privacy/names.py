"""Names: behind words that introduce somebody, behind titles and kin, and given names that are no word besides."""

from __future__ import annotations

import re
from typing import Any, Collection, Iterator, Mapping

from bot.privacy.reading import Reading
from bot.privacy.text import Found, any_of
from bot.privacy.unlisted import Unlisted

_MOST_NAME_WORDS = 4
_FOLLOWING = re.compile(r"\s+([^\W\d_]+)")
_POSSESSIVE = re.compile(r"['’]s$")
# "jaydens dad" is Jayden's; "he carries" is not Carrie's.
_PLURAL = re.compile(r"(?:ies|[oy]s)$|^.{1,5}$")
_INITIAL = re.compile(r"(?<![\w.])[A-Z]\. (?=[^\W\d_a-zà-ÿ][^\W\d_A-ZÀ-Þ]{2})")


class Names:
    """A name after "my name is" in any writing; after "my son" or "I'm" with a capital or where it is a known one."""

    def __init__(self, lexicon: Mapping[str, Any], names: Mapping[str, Collection[str]],
                 words: Collection[str]) -> None:
        self._unlisted = Unlisted(lexicon, names, words)
        self._given, self._also_words, self._family = names["given"], names["also_words"], names["family"]
        self._joins, self._never, self._verbs_too, self._place_after, self._place_before, self._towns, self._in_town = (
            frozenset(lexicon[key]) for key in ("name_joins", "never_names", "verbs_too", "place_after", "place_before",
                                                "towns", "in_town"))
        maybe = any_of(lexicon["maybe_name_after"])
        self._introducers = re.compile(rf"(?<!\w)(?:{any_of(lexicon['name_after'])})[ ,:(\"-]+")
        self._maybe = re.compile(rf"(?<!\w)(?:(?:{maybe})(?P<is> ?(?:{any_of(lexicon['kin_is'])}))?|"
                                 rf"(?:{any_of(lexicon['titles'])})\.?)[ ,:(\"-]+")
        self._spoken_of = re.compile(rf"(?<!\w)(?:{maybe}) (?=[^\W\d_]+ (?:{any_of(lexicon['speaks'])})(?!\w))")
        self._closings = re.compile(rf"(?<!\w)(?:{any_of(lexicon['closings'])})[ !.,;:~-]+(?=\w+(?: \w+)?\W*$)")
        self._does = re.compile(rf" (?:{any_of(lexicon['does'])})(?!\w)")
        self._acts = re.compile(rf" (?:(?:{any_of(lexicon['adverbs'])}) )?(?:{any_of(lexicon['acts'])})(?!\w)")
        self._and = frozenset(lexicon["and"])
        # Spanish writes a capital for names alone: "la Chabela tiene", "mi Pau y yo".
        self._familiar = re.compile(rf"(?<!\w)(?:{any_of(lexicon['familiar'])}) "
                                    rf"(?=[^\W\d_]+ (?:y|{any_of(lexicon['does'])})(?!\w))")
        self._public = re.compile(
            rf"(?<!\w)(?:{any_of([*lexicon['public_names'], *lexicon.get('programmes', ())])})(?!\w)")

    def find(self, text: str, plain: str) -> Iterator[Found]:
        if self._public.search(plain):
            plain = self._public.sub(lambda match: "_" * len(match.group()), plain)
        reading = Reading(text, plain)
        for pattern, sure in ((self._introducers, True), (self._maybe, False), (self._closings, False),
                              (self._familiar, False), (self._spoken_of, True)):
            for match in pattern.finditer(plain):
                if pattern is self._familiar and not text[match.end()].isupper():
                    continue
                if pattern is self._maybe and match["is"] and self._is_said_of(reading, match.end()):
                    continue
                if (end := self._end(reading, match.end(), sure=sure)) is not None:
                    yield Found(match.end(), end, "name")
        for place in self._unlisted.places(reading):
            start = reading.words[place][0]
            if (end := self._end(reading, start, sure=False, known=True)) is not None:
                yield Found(start, end, "name")
        for place, start in self._starts(reading):
            if self._is_place(reading, place):
                continue
            if (end := self._end(reading, start, sure=False, known=True)) is not None:
                yield Found(start, end, "name")

    def _starts(self, reading: Reading) -> Iterator[tuple[int, int]]:
        """Known names that nobody introduces: the place of the word, and where the name that it belongs to begins."""
        for place, (start, end, word) in enumerate(reading.words):
            if reading.is_glued(start, end):
                continue
            if self._is_given(word) or self._is_meant(reading, place):
                yield place, self._beginning(reading, place)
            elif place and not reading.shouted and _INITIAL.match(reading.text, reading.words[place - 1][0]):
                yield place, reading.words[place - 1][0]  # "J. Trujillo"

    def _is_said_of(self, reading: Reading, start: int) -> bool:
        """Whether a word behind "my daughter is" says what she is like: "rosy", in small letters, is also a name."""
        place = reading.first(start)
        return reading.word(place) in self._also_words and not reading.is_capital(place)

    def _is_given(self, word: str) -> bool:
        """Whether it is a known given name, as it stands or as whose something is ("jayden's", "jaydens")."""
        whole = _POSSESSIVE.sub("", word)
        return word not in self._never and (whole in self._given or (
            _PLURAL.search(whole) is None and whole.endswith("s") and whole[:-1] in self._given))

    def _is_meant(self, reading: Reading, place: int) -> bool:
        """Whether a family name, or a word that is a name besides, is written as a name is: with a capital that no
        beginning of a sentence asks for, or before what people do."""
        start, end, word = reading.words[place]
        if not place and word in self._also_words and self._acts.match(reading.plain, end):
            return True  # "dulce ya llora", where nobody writes capitals
        if not reading.is_capital(place) or reading.text[start:end].isupper() or word in self._never:
            return False
        whole = _POSSESSIVE.sub("", word)
        family = {whole, whole.removesuffix("s"), whole.removesuffix("es")} & self._family
        if word in self._towns or not (whole in self._also_words or family):
            return False
        followed = reading.is_capital(place + 1) and reading.gap(place + 1) == " " and whole in self._family
        joined = reading.word(place + 1) in self._and and reading.is_capital(place + 2)
        return (not reading.begins_sentence(place) or followed or joined
                or self._does.match(reading.plain, end) is not None)

    def _is_place(self, reading: Reading, place: int) -> bool:
        """Whether a name is part of a saint's, a street's, a school's: "San Juan County"."""
        before, after = reading.word(place - 1), reading.word(place + 1)
        return (before in self._place_after or after in self._place_before
                or (reading.word(place) in self._towns and before in self._in_town))

    def _beginning(self, reading: Reading, place: int) -> int:
        """Where the name starts: with the capitalised word before it, which no beginning of a sentence asks for."""
        if (reading.is_capital(place) and reading.is_capital(place - 1) and reading.gap(place) == " "
                and reading.word(place - 1) not in self._never and (
                    not reading.begins_sentence(place - 1) or reading.word(place - 1) in self._also_words)):
            return reading.words[place - 1][0]
        return reading.words[place][0]

    def _end(self, reading: Reading, start: int, *, sure: bool, known: bool = False) -> int | None:
        """Where the name that begins at `start` ends, or None where no name begins there."""
        end, count, capital = None, 0, False
        first = reading.first(start)
        for place in range(first, len(reading.words)):
            begin, stop, word = reading.words[place]
            gap = reading.text[start:begin].strip(" ") if place == first \
                else reading.gap(place).strip(" ")
            if (gap and not self._goes_on(reading, place, gap, count, capital)) or count == _MOST_NAME_WORDS:
                break
            if count and word in self._joins:
                continue  # belongs to the name only where another part follows
            initial = count and stop - begin == 1 and reading.is_capital(place)
            named = (not count and reading.is_capital(place) and word in self._also_words
                     and self._does.match(reading.plain, stop))  # "my son Will won't eat"
            if (word in self._never and not (initial or named)) or "_" in word:
                break
            capitalised = reading.is_capital(place) and (
                sure or count > 0 or stop - begin == 1 or "." in word or not reading.text[begin:stop].isupper())
            is_known = self._is_given(word) or (known and not count) or (
                not count and word in self._also_words and word not in self._verbs_too)
            if not count and not (sure or capitalised or is_known):
                break
            if count and not (capitalised and (capital or sure) or self._is_given(word) or self._is_surname(word)
                              or (sure and not capital and self._is_last(reading, place))):
                break
            end, count, capital = stop, count + 1, capitalised
        # A letter alone is nobody: "twin B", "que" written as "q".
        return end if end is not None and end - start > 1 else None

    def _goes_on(self, reading: Reading, place: int, gap: str, count: int, capital: bool) -> bool:
        """Whether a name goes on behind a sign: "J. Trujillo", "Zoe K. Baca", "Lopez, Maria" as forms have it."""
        before = reading.word(place - 1)
        return bool(count) and (gap == "." and len(before) <= 2 or (
            gap == "," and count == 1 and capital and reading.is_capital(place) and before in self._family
            and self._is_given(reading.word(place))))

    def _is_surname(self, word: str) -> bool:
        """Whether it is a family name behind a name, in small letters, too: "im dolores garcia"."""
        return word in self._family and word not in self._verbs_too and word not in self._towns

    def _is_last(self, reading: Reading, place: int) -> bool:
        """Whether a word in small letters can be a surname: nothing, a sign or a small word comes behind it."""
        following = _FOLLOWING.match(reading.text, reading.words[place][1])
        return following is None or reading.word(place + 1) in self._never
