"""Spelling: what a person typed -> sentences of words that the lexicon knows.

A word that the lexicon does not know becomes `UNKNOWN`. So nothing that a person writes reaches spaCy's string store,
which never forgets, and the patterns compare words of one spelling only: lower case, no accents, no apostrophes.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Collection, Iterator, Mapping

UNKNOWN = "_"
_DOUBLES = re.compile(r"([a-z])\1+")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_SENTENCE_END = re.compile(r"[.?\n;…]+|!+(?=\s|$)|!{2,}")
_WORD = re.compile(r"[a-z0-9@$](?:[a-z0-9'@$*#!|]*[a-z0-9])?")
_SPACED_LETTERS = re.compile(r"(?<![a-z0-9'])(?:[a-z][ .\-_*]){2,}[a-z](?![a-z0-9'])")
_HIDDEN_LETTER = re.compile(r"[*#_]+")
_LEET = str.maketrans("013457@$!|", "oieastasil")
_LAUGHTER = frozenset("😂🤣😹😆😅")
_APOSTROPHES = frozenset("'’‘`´ʼ＇′")
_CLITICS = {"ll": "will", "ve": "have", "re": "are", "d": "would", "m": "am"}
# Spanish writes the pronoun onto the verb: "matarme", "pegandole".
_VERB_AND_PRONOUN = re.compile(r"(.{2,}(?:[aei]r|ando|iendo|endo))(me|te|se|nos|lo|la|le|los|las|les)")
# Spanish makes words small: "boquita" is boca, "bracitos" brazos, "manita" mano, "dormidito" dormido.
_DIMINUTIVE = re.compile(r"(.{2,}?)(?:ec|c)?it([oa])(s?)")
_BEFORE_I = {"qu": "c", "gu": "g", "c": "z"}
_COUNT = r"(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|eighteen)(?: and a half)?"
_AGES = (
    (re.compile(rf"\b{_COUNT}[ -]*(?:days?|weeks?|wks?)[ -]*olds?\b"), " newborn "),
    (re.compile(rf"\b{_COUNT}[ -]*(?:months?|mos?|mths?)[ -]*olds?\b|\b\d{{1,2}} ?mos?\b"), " baby "),
    (re.compile(r"\b(?:[123]|one|two|three|1 1/2)(?: and a half)?[ -]*(?:(?:years?|yrs?)[ -]*olds?|y/?o)\b"), " baby "),
    (re.compile(rf"\b{_COUNT}[ -]*(?:(?:years?|yrs?)[ -]*olds?|y/?o)\b"), " child "),
    (
        re.compile(
            r"\b(?<!mas )(?<!menos )de (?:\d{1,2}|un|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once) "
            r"(?:dias?|semanas?|mes|meses|anos?|anitos?)\b"
        ),
        " ",
    ),
)


class Speller:
    """Brings words to the lexicon's spelling.

    `known`: every word that a pattern can ask for. `respell`: shorthand, slips and phrases -> the words meant.
    `disguised`: words that people space out, star or write with digits. `sturdy`: long words of which every spelling
    one letter away is taken for the word itself.
    """

    def __init__(
        self,
        *,
        known: Collection[str],
        respell: Mapping[str, tuple[str, ...]],
        disguised: Collection[str],
        sturdy: Collection[str],
    ) -> None:
        self._known = frozenset(known)
        self._respell = dict(respell)
        phrases = sorted((re.escape(phrase) for phrase in respell if " " in phrase), key=len, reverse=True)
        self._phrases = re.compile(rf"\b(?:{'|'.join(phrases)})\b") if phrases else None
        self._disguised = frozenset(disguised)
        self._nearly: dict[str, str] = {}
        for word in sorted(sturdy):  # "suicida" is one letter from two of them: the same one in every process
            for near in _one_letter_away(word):
                if near not in self._known:
                    self._nearly.setdefault(near, word)

    def sentences(self, text: str) -> Iterator[list[str]]:
        """Sentences in order, each a non-empty list of words; never raises, whatever the characters."""
        plain = _SPACED_LETTERS.sub(self._join, _fold(text))
        for pattern, replacement in _AGES:
            plain = pattern.sub(replacement, plain)
        if self._phrases:
            plain = self._phrases.sub(lambda match: " ".join(self._respell[match.group()]), plain)
        for sentence in _SENTENCE_END.split(plain):
            words = [word for token in _WORD.findall(sentence) for word in self._spell(token)]
            if words:
                yield words

    def _join(self, match: re.Match[str]) -> str:
        letters = re.sub(r"[^a-z]", "", match.group())
        for start in (0, 1):  # "i k i l l": the pronoun is spaced like the letters
            if letters[start:] in self._disguised:
                return f"{letters[:start]} {letters[start:]}"
        return match.group()

    def _spell(self, token: str) -> tuple[str, ...]:
        if "'" in token:
            return self._respell.get(token.replace("'", "")) or self._spell_clitic(token)
        for candidate in self._candidates(token):
            if candidate in self._respell:
                return self._respell[candidate]
            if candidate in self._known:
                return (candidate,)
        with_pronoun = _VERB_AND_PRONOUN.fullmatch(token)
        if with_pronoun and with_pronoun.group(1) in self._known:
            return with_pronoun.groups()
        for candidate in _undiminished(token):
            if candidate in self._respell:
                return self._respell[candidate]
            if candidate in self._known:
                return (candidate,)
        return (self._nearly.get(token, UNKNOWN),)

    def _spell_clitic(self, token: str) -> tuple[str, ...]:
        """ "he'll" is he will; "mom's" is mom, whether she has or is."""
        head, _, tail = token.partition("'")
        return (*self._spell(head), *((_CLITICS[tail],) if tail in _CLITICS else ()))

    def _candidates(self, token: str) -> Iterator[str]:
        """Spellings to try, the likeliest first."""
        yield token
        if _STRETCHED.search(token):
            yield _STRETCHED.sub(r"\1\1", token)
            yield _DOUBLES.sub(r"\1", token)
        if not token.isalpha():
            yield token.translate(_LEET)
            yield from self._unhidden(token)
        elif token.endswith("in"):
            yield token + "g"
        elif token.endswith("s") and len(token) > 3 and not token.endswith("ss"):
            yield token[:-1]
        elif len(token) > 4 and token.endswith("d") and token[-2] not in "aeiou":  # "pushd"
            yield token[:-1] + "ed"

    def _unhidden(self, token: str) -> Iterator[str]:
        if _HIDDEN_LETTER.search(token):
            likeness = re.compile("[a-z]{0,3}".join(map(re.escape, _HIDDEN_LETTER.split(token))))
            yield from (word for word in sorted(self._disguised) if likeness.fullmatch(word))


def _undiminished(token: str) -> Iterator[str]:
    """Words of which the token may be the small form, with either gender: "la manita" is la mano."""
    match = _DIMINUTIVE.fullmatch(token)
    if not match:
        return
    stem, vowel, plural = match.groups()
    stems = [stem, token[: match.start(2) - 2]]
    stems += [whole[: -len(end)] + meant for whole in stems for end, meant in _BEFORE_I.items() if whole.endswith(end)]
    for whole in dict.fromkeys(stems):
        if len(whole) > 2:
            yield from (whole + end + plural for end in (vowel, "o" if vowel == "a" else "a", "e"))


def _fold(text: str) -> str:
    """Lower case without accents; emoji, signs and invisible characters gone, laughter kept as "lol"."""
    if text.isascii():
        return text.lower()
    return "".join(_fold_character(character) for character in unicodedata.normalize("NFKD", text)).lower()


def _fold_character(character: str) -> str:
    if character.isascii() or character == "…":
        return character
    if character in _APOSTROPHES:
        return "'"
    if character in _LAUGHTER:
        return " lol "
    category = unicodedata.category(character)
    if category in ("Mn", "Cf"):  # accents; zero-width and direction marks, which may stand inside a word
        return ""
    return character.casefold() if category.startswith("L") else " "


def _one_letter_away(word: str) -> Iterator[str]:
    """Every spelling with one letter lost, changed, added or swapped with the next."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    for cut in range(len(word) + 1):
        head, tail = word[:cut], word[cut:]
        yield from (head + letter + tail for letter in letters)
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in letters)
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
