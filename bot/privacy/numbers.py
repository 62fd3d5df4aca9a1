"""E-mail addresses, days of birth, and the numbers under which offices keep somebody."""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping

from bot.privacy.text import SIGNS, Found, any_of

# A sign in a text has to be there before a pattern is tried: most messages hold none, and cost nothing.
_DIGIT = re.compile(r"\d")
_NUMERIC_DATE = r"\d{1,4} ?[/.-] ?\d{1,2}(?: ?[/.-] ?\d{2,4})?"
_FULL_DATE = re.compile(r"(?<![\d/-])\d{1,2} ?[/.-] ?\d{1,2} ?[/.-] ?(?:19|20)\d{2}(?![\d/-])|"
                        r"(?<![\d-])(?:19|20)\d{2}-\d{2}-\d{2}(?![\d-])")


class Emails:
    """Addresses as they are written, and as they are spelled out where a filter would catch them."""

    def __init__(self, lexicon: Mapping[str, Any]) -> None:
        at, dot = any_of(lexicon["spoken_at"]), any_of(lexicon["spoken_dot"])
        sign = any_of([*lexicon["spoken_dot"], *lexicon.get("spoken_signs", ())])
        word = r"[\w+-]{1,64}"
        self._written = re.compile(r"[\w.+'-]{1,64} ?@ ?[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
        self._spoken = re.compile(
            rf"\b{word}(?:(?:\.| (?:{sign}) ){word}){{0,3}} ?[(\[]?\b(?:{at})\b[)\]]? ?{word}"
            rf"(?: ?[(\[]?\b(?:{dot})\b[)\]]? ?{word}){{0,2}} ?[(\[]?\b(?:{dot})\b[)\]]? ?"
            rf"(?:{any_of(lexicon['spoken_endings'])})\b")
        self._dots = re.compile(rf"\b(?:{dot})\b")
        self._public = frozenset(lexicon["public_emails"])

    def find(self, text: str, plain: str) -> Iterator[Found]:
        if "@" in plain:
            yield from (Found(*match.span(), "email") for match in self._written.finditer(plain)
                        if match.group() not in self._public)
        if self._dots.search(plain):
            yield from (Found(*match.span(), "email") for match in self._spoken.finditer(plain))


class Births:
    """The day of a birth, a birthday or a due date; every other day written with its year in four digits as well."""

    def __init__(self, lexicon: Mapping[str, Any]) -> None:
        months, days = any_of(lexicon["months"]), any_of(lexicon["spelled_days"])
        day = rf"(?:\d{{1,2}}(?:st|nd|rd|th|o)?|{days})"
        year = r"(?:,? ?(?:of |de |del )?(?:\d{4}|'?\d{2}(?!\d)))?"
        written = (rf"(?:{months})\b\.? ?(?:the )?{day}\b{year}|"
                   rf"{day}\b(?: (?:of|de|del))? ?(?:{months})\b{year}|\d{{1,2}} del? \d{{1,2}}(?: del? \d{{2,4}})?")
        between = rf"(?:[ :,(]|\b(?:{any_of(lexicon['birth_between'])})\b){{0,12}}"
        birth = any_of(lexicon["birth"])
        self._words = re.compile(rf"(?<!\w)(?:{birth})\b")
        self._dates = (
            re.compile(rf"(?<!\w)(?:{birth})\b{between}(?P<date>(?:{_NUMERIC_DATE}|{written})(?!\w))"),
            re.compile(rf"(?<![\w/])(?P<date>{_NUMERIC_DATE}|{written}) ?(?:is|was|es|fue|,)? ?"
                       rf"(?:(?:{any_of(lexicon['birth_owners'])}) )*(?:{birth})\b"))

    def find(self, text: str, plain: str) -> Iterator[Found]:
        if _DIGIT.search(plain):
            yield from (Found(*match.span(), "birth") for match in _FULL_DATE.finditer(plain))
        if self._words.search(plain):
            for pattern in self._dates:
                yield from (Found(*match.span("date"), "birth") for match in pattern.finditer(plain))


class Numbers:
    """Social security, insurance, case, docket, record, licence: by the word before them, or by their shape alone."""

    def __init__(self, lexicon: Mapping[str, Any]) -> None:
        # Letters and digits with signs or a blank between, at least four digits; no telephone, no date, no year.
        small = f"{any_of(lexicon['id_between'])}|{any_of(lexicon['no_street'])}"
        first, more = r"[a-z]{0,4}\d[a-z\d]*", r"(?:[a-z]{0,4}\d[a-z\d]*|[a-z]{1,3})"
        joint = r"(?:[,/-]|(?<=\d) (?=\d|[a-z]{1,2} ?\d)|(?<=[ -][a-z]) (?=\d)|(?<=[a-z]{2}) (?=\d))"
        prefix = rf"(?:[a-z]{{1,6}}-|(?!(?:{small})\b)[a-z]{{1,3}} )?"
        token = (r"(?P<number>(?!\(?\d{3}\)?[ .-]{1,2}\d{3}[ .-]\d{4}\b)(?!\d{1,2}/\d{1,2}(?!\d))(?!\d+[.]\d)"
                 rf"(?!{prefix}(?:19|20)\d\d(?![\w-]|/\d| \d))"
                 r"(?=(?:[a-z]{0,3}[ ,/-]?[a-z]{0,3}[ -]?\d){%d})"
                 rf"{prefix}{first}(?:{joint}{more}){{0,6}})(?!\w)")
        words = any_of(lexicon["id_words"])
        filler = rf"(?:[ :#,.(]|\b(?:{any_of(lexicon['id_between'])})\b){{0,14}}"
        self._named = re.compile(rf"(?<!\w)(?:{words})(?!\w){filler}" + token % 4)
        self._far = re.compile(rf"(?<!\w)(?:{words})(?!\w)[ :#,.(]{{1,3}}"
                               r"(?:[^\W\d_]+[ :#,.']{1,3}){1,6}?" + token % 5)
        self._shapes = re.compile(
            rf"(?<![\w-])\d{{3}}{SIGNS}{{1,3}}\d{{2}}{SIGNS}{{1,3}}\d{{4}}(?![\w-])|"  # social security
            r"(?<![\w-])[a-z]{1,2}-\d{2,4}-[a-z]{2}-\d{2,4}(?:-\d+)?(?!\w)|"  # a court's case
            r"(?<![\w-])[a-z] \d{3,4} [a-z]{2} \d{4} \d+(?!\w)|"
            r"(?<![\w-])(?:a ?\d{3}[ -]?\d{3}[ -]?\d{3}|[a-z]{3}\d{10})(?!\w)|"  # immigration
            r"(?<![\w+-])(?:\d{9}|[02-9]\d{10}|\d{12,20})(?![\w-])")

    def find(self, text: str, plain: str) -> Iterator[Found]:
        if not _DIGIT.search(plain):
            return
        for pattern in (self._named, self._far):
            yield from (Found(*match.span("number"), "id") for match in pattern.finditer(plain))
        yield from (Found(*match.span(), "id") for match in self._shapes.finditer(plain))
