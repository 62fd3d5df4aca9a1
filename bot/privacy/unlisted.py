"""Names that no list holds: where people write a name, a word that nobody uses for anything else."""

from __future__ import annotations

from typing import Any, Collection, Iterator, Mapping

from bot.privacy.reading import Reading

_SHORTEST = 3
# A text is a heading where one in so many of its words has a capital that nothing asks for.
_OF_A_TITLE = 5


class Unlisted:
    """A capital that no beginning of a sentence asks for, or a place behind kin ("my sister in law kayleigh"), makes a
    name of a word that is neither ordinary nor a place, a people or a programme.

    What is ordinary is told by `words`, those that people write in small letters to a bot like this one; without any,
    nothing is found. Each rule looks at a few words around one: the time grows with the length of the text only.
    """

    def __init__(self, lexicon: Mapping[str, Any], names: Mapping[str, Collection[str]],
                 words: Collection[str]) -> None:
        def listed(*keys: str) -> frozenset[str]:
            """The words of lists; releases from before a list was there lack it."""
            return frozenset(word for key in keys for phrase in lexicon.get(key, ())
                             for word in (phrase, *phrase.split()))

        self._things = listed("not_people", "states", "towns", "streets", "street_directions", "months", "days",
                              "programmes")
        self._ordinary = frozenset(words) | self._things | listed(
            "never_names", "titles", "kin", "phone_words", "id_words")
        self._never = self._things | listed("never_names", "titles", "kin")
        self._names = frozenset(names["given"])
        self._also_words = frozenset(names["also_words"])
        self._kin, self._kin_after, self._owners, self._and, self._self, self._helped, self._with = (
            listed(key) for key in ("kin", "kin_after", "owners", "and", "oneself", "helped", "helped_with"))
        self._before_things = listed("before_things", "place_after")
        self._after_things, self._joins = listed("after_things", "place_before"), listed("thing_joins")
        self._acts, self._objects = listed("acts", "speaks"), listed("objects")
        self._endings = tuple(lexicon.get("verb_endings", ()))
        self._active = bool(words)

    def places(self, reading: Reading) -> Iterator[int]:
        """The places of the words at which such a name begins."""
        if not self._active:
            return
        title: bool | None = None
        for place, (start, end, word) in enumerate(reading.words):
            if end - start < _SHORTEST:
                continue
            if not self._is_unknown(word):
                if self._is_kins(reading, place):
                    yield place
                continue
            if reading.is_capital(place):
                # "ACEs", "CPR" are no names; in a text all in capitals nothing is a capital.
                if reading.text[start + 1].isupper() or not self._is_capitalised_name(reading, place):
                    continue
                title = self._is_title(reading) if title is None else title
                if not title:
                    yield place
            elif reading.gap(place) == " " and self._is_introduced(reading, place) and self._is_no_verb(reading, place):
                yield place

    def _is_title(self, reading: Reading) -> bool:
        """Whether ordinary words are written with capitals, as in a heading: "New Insights into Early Development"."""
        capitals = sum(reading.is_capital(place) and not reading.begins_sentence(place) and word in self._ordinary
                       and end - start >= _SHORTEST for place, (start, end, word) in enumerate(reading.words))
        return capitals >= 3 and capitals * _OF_A_TITLE >= len(reading.words)

    def _is_unknown(self, word: str) -> bool:
        """Whether it is no ordinary word: neither as it stands, nor as whose something is, nor as more than one."""
        if "_" in word or word in self._ordinary:
            return False
        whole = word.replace("’", "'").removesuffix("'s")
        if whole in self._ordinary or (whole.endswith("s") and whole[:-1] in self._ordinary):
            return False
        parts = whole.replace("'", "-").replace(".", "-").split("-")
        return len(parts) == 1 or not all(len(part) < _SHORTEST or part in self._ordinary for part in parts)

    def _is_capitalised_name(self, reading: Reading, place: int) -> bool:
        before, after = reading.word(place - 1), reading.word(place + 1)
        if reading.begins_sentence(place):
            # "Zyaire bites"; "Huxley Vandergriff is here"
            return after in self._acts or (reading.is_capital(place + 1) and reading.gap(place + 1) == " "
                                           and self._is_unknown(after))
        if before in self._before_things or after in self._after_things or (
                before in self._joins and self._is_thing(reading, place - 2, place - 1)):
            return False
        # "Growing in Beauty", "Alta Mira Services": an ordinary word's capital beside it makes a thing of both.
        return not (self._is_thing(reading, place + 1, place + 1) or (
            self._is_thing(reading, place - 1, place) and not reading.begins_sentence(place - 1)))

    def _is_thing(self, reading: Reading, place: int, gap: int) -> bool:
        word = reading.word(place)
        return (reading.is_capital(place) and reading.gap(gap) == " " and len(word) > 1
                and (word in self._ordinary or reading.text[reading.words[place][0]:reading.words[place][1]].isupper())
                and word not in self._kin and word not in self._also_words)

    def _is_introduced(self, reading: Reading, place: int) -> bool:
        """Whether a word in small letters stands where a name would: behind kin, "me and", "help"."""
        before = reading.word(place - 1)
        if before in self._and:
            other = reading.word(place - 2)
            return other in self._self or other in self._names
        if before in self._helped or (before in self._with and reading.word(place - 2) in self._helped):
            return True
        return self._kin_before(reading, place) is not None

    def _is_kins(self, reading: Reading, place: int) -> bool:
        """Whether an ordinary word has a capital for no other reason than that kin are named so: "my son Ender"."""
        if not reading.is_capital(place) or reading.gap(place) != " " or reading.word(place) in self._never:
            return False
        kin = self._kin_before(reading, place)
        return kin is not None and not reading.is_capital(kin) and not reading.is_capital(place + 1)

    def _kin_before(self, reading: Reading, place: int) -> int | None:
        """The place of the word for kin that a word stands behind: "sister kayleigh", "sister in law kayleigh"."""
        last = place - 1
        if reading.word(last) == "law" and reading.word(last - 1) == "in":
            last -= 2
        elif reading.word(last) in self._kin_after and reading.word(last - 1) in self._kin:
            last -= 1
        if reading.word(last).removesuffix("-in-law") not in self._kin:
            return None
        return last if any(reading.word(owner) in self._owners for owner in range(last - 1, last - 4, -1)) else None

    def _is_no_verb(self, reading: Reading, place: int) -> bool:
        """Whether it looks like no word that was mistyped or never written before: "smacked", "smack his"."""
        word = reading.word(place)
        return not word.endswith(self._endings) and reading.word(place + 1) not in self._objects
