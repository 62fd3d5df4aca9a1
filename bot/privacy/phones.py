"""Telephone numbers: as they are usually written, and as people take them apart ("5 0 5 555 0142", "505*555*0142")."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from bot.privacy.text import SIGNS, Found, any_of

_DIGITS = "0123456789"
_LOCAL, _NATIONAL = 7, 10
# How far before a number a word for telephones speaks of it.
_NEAR = 32


class Phones:
    """Ten digits as Americans and Mexicans write them, local numbers, foreign ones behind a plus, spelled ones."""

    def __init__(self, lexicon: Mapping[str, Any]) -> None:
        separator = r"[ ./-]{0,3}"
        self._written = re.compile(
            r"(?<![\w/-])(?:\+?(?:1|52)[ .-]*(?:1[ .-]+)?)?"
            rf"\(?\d{{3}}\)?{separator}\d{{3}}[ .-]{{0,3}}\d{{4}}(?![\w-])|"
            r"(?<![\w/-])\d{2} \d{4} \d{4}(?!\w)|"
            rf"(?<![\w/-])\d{{3}}(?![ /]){SIGNS}\d{{4}}(?![\w-]|[.]\d)|"
            r"(?<!\w)(?:\+|00|011)[ -]?\d(?:[ .()-]{0,2}\d){7,14}(?!\w)")
        words = any_of(lexicon["phone_words"])
        self._called = re.compile(rf"(?<!\w)(?:{words})\b"
                                  r"\W{0,3}(?:[^\W\d_]+\W{1,3}){0,3}?"
                                  r"(?P<number>\d{3}[ ]?\d{4})(?![\w-])")
        self._word = re.compile(rf"(?<!\w)(?:{words})\b")
        spelled = any_of(lexicon["spelled_digits"])
        digit = rf"(?:{spelled})"
        self._spelled = re.compile(rf"(?<!\w){digit}(?:[ ,-]{{1,2}}{digit}){{6,14}}(?!\w)")
        self._group = re.compile(rf"\d+|{spelled}")
        group = rf"(?:\d{{1,11}}|{digit})"
        self._run = re.compile(rf"(?<![\w/$-]){group}(?:(?:{SIGNS}|[(),]){{1,4}}{group})+(?![^\W_])")
        self._public = tuple(re.sub(r"\D", "", number) for number in lexicon["public_numbers"])

    def find(self, text: str, plain: str) -> Iterator[Found]:
        digits = sum(map(plain.count, _DIGITS))
        if digits >= _LOCAL:
            yield from (Found(*match.span(), "phone") for match in self._written.finditer(plain)
                        if not self._is_public(match.group()))
            yield from (Found(*match.span("number"), "phone") for match in self._called.finditer(plain)
                        if not self._is_public(match["number"]))
        if digits >= 3:  # "505 five five five 0142"
            for match in self._run.finditer(plain):
                yield from self._apart(plain, match)
        yield from (Found(*match.span(), "phone") for match in self._spelled.finditer(plain))

    def _apart(self, plain: str, run: re.Match[str]) -> Iterator[Found]:
        """The telephone numbers in a run of groups of digits; a digit in words is a group of its own."""
        groups = [_Group(run.start() + match.start(), run.start() + match.end(),
                         match.group() if match.group().isdigit() else "?")
                  for match in self._group.finditer(run.group())]
        called = self._word.search(plain, max(0, run.start() - _NEAR), run.start()) is not None
        first = 0
        while first < len(groups):
            past = self._number(groups, first, called)
            if past is None:
                first += 1
                continue
            begin, end = groups[first].start, groups[past - 1].end
            if not self._is_public("".join(group.digits for group in groups[first:past])):
                yield Found(begin - (plain[begin - 1:begin] == "(" and ")" in plain[begin:end]), end, "phone")
            first = past

    def _number(self, groups: Sequence[_Group], first: int, called: bool) -> int | None:
        """Where the number that begins with the group `first` ends (excluded), or None where none begins there."""
        start = first + (groups[first].digits == "1")  # before an area code
        count, past = 0, start
        while past < len(groups) and count < _NATIONAL:
            count += len(groups[past].digits)
            past += 1
        if count == _NATIONAL and _is_national([group.digits for group in groups[start:past]], called):
            return past
        whole = not first and past == len(groups)
        return past if called and whole and count == _LOCAL and groups[0].digits[0] not in "01" else None

    def _is_public(self, written: str) -> bool:
        digits = re.sub(r"\D", "", written)
        return len(digits) >= _LOCAL and any(number.endswith(digits) or digits.endswith(number)
                                             for number in self._public)


class _Group(NamedTuple):
    """Digits that stand together: their place in the text and what they are, "?" for one in words."""

    start: int
    end: int
    digits: str


def _is_national(groups: Sequence[str], called: bool) -> bool:
    """Whether ten digits in groups are a number: the area code stands apart, neither it nor the exchange begins with
    0 or 1. Ages and hours ("24 28 32 36 40") do not look so; behind "call me at" any grouping is taken."""
    digits = "".join(groups)
    if digits[0] in "01" or digits[3] in "01" or digits.startswith("23456789"):
        return False
    if called or len(groups[0]) == 3:
        return True
    return list(accumulate(map(len, groups)))[2] == 3 and {len(group) for group in groups[3:]} in (
        {1}, {3, 4}, {7}, {3, 1}, {4, 1})
