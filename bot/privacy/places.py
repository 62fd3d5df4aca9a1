"""Addresses: house numbers with a street, boxes, lots, mile posts, and the town and postal code behind them."""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping

from bot.privacy.text import Found, any_of

_DIGIT = re.compile(r"\d")
_GOES_ON = re.compile(r"(?: (?:de|del|la|las|los|el|y))* ([^\W\d_]+)")
_MOST_MORE = 3


class Addresses:
    """A town alone is none, and neither is a street without a number."""

    def __init__(self, lexicon: Mapping[str, Any]) -> None:
        directions = rf"(?:{any_of(lexicon['street_directions'])})\b\.?"
        states, towns = any_of(lexicon["states"]), any_of(lexicon["towns"])
        units, roads = any_of(lexicon["units"]), any_of(lexicon["numbered_roads"])
        unit = rf"(?:[ ,]+(?:(?:{units})\b\.? ?#? ?|#)\w{{1,5}}\b)?"
        parks = rf"(?:[ ,]+(?:[a-z]+ ){{0,3}}(?:{any_of(lexicon['parks'])})\b)?"
        behind = (rf"(?:[ ,]+(?:[a-z]+[ ,]+){{0,3}}(?:{states})\b\.?(?:[ ,]+\d{{5}}(?:-\d{{4}})?)?|"
                  rf"[ ,]+(?:{towns})\b(?:[ ,]+\d{{5}})?)?")
        word = rf"(?!(?:{any_of(lexicon['no_street'])})\b)[a-z0-9'-]+\.? "
        streets, before = any_of(lexicon["streets"]), any_of(lexicon["streets_before"])
        house = r"\d{1,6}(?: 1/2)?[a-z]?"
        joins, another = any_of([*lexicon["name_joins"], *lexicon["place_after"]]), word.removesuffix(" ")
        counted = f"(?! (?:{any_of(lexicon['counted'])})(?!\\w))" if lexicon.get("counted") else ""
        quadrants = any_of(lexicon["quadrants"]) if lexicon.get("quadrants") else "nw|ne|sw|se"
        self._direction = re.compile(rf",? (?:{directions})(?!\w)")
        self._if_capital = frozenset(lexicon.get("streets_if_capital", ()))
        self._never = frozenset(lexicon["never_names"])
        numbered = rf"(?P<house>\d{{1,6}})[a-z]? (?:{directions} )?(?P<street>{before})\.?"
        closed = rf"(?=[ ,]+(?:{directions}(?!\w)|(?:{units}|{towns})\b)|[,;]|$)"
        self._patterns = tuple(map(re.compile, (
            # 12 Main Street NW, apt 4, Albuquerque
            rf"(?<![\w/.-]){house} (?:{directions} )?(?:{word}){{1,4}}?(?:{streets})\b\.?(?:,? {directions}(?!\w))?"
            rf"{unit}{behind}",
            # 77 County Road 84
            rf"(?<![\w/.-]){house} (?:{directions} )?(?:{roads})[ -]?\d{{1,4}}[a-z]?\b{unit}{behind}",
            # calle Luna 45
            rf"(?<!\w)(?:{before})\.? (?:{word}){{0,4}}?(?:(?:no|num|numero)\.? ?|# ?)?{house}\b(?![:/]\d){counted}"
            rf"(?:,? {directions}(?!\w))?{unit}{behind}",
            # 1234 Calle Lorca NE, as an English form orders it; "a las 10 camino con ella" is an hour
            rf"(?<![\w/.-])(?<!las ){numbered} (?:(?:{joins}) ){{0,2}}{another}"
            rf"(?:(?: {another}){{1,2}}?{closed})?(?:,? {directions}(?!\w))?{unit}{behind}",
            # 91 calle de los ninos: a word that is none of a street's elsewhere, behind what joins a street's name only
            rf"(?<![\w/.-])(?<!las ){numbered} del? (?:(?:la|las|los|el) )?[a-z]+\b{unit}{behind}",
            # 301 vista grande nw: the quarters of Albuquerque and Rio Rancho
            rf"(?<![\w/.-])(?!(?:19|20)\d\d )\d{{2,6}} (?:{word}){{1,3}}?(?P<quadrant>{quadrants})\b{unit}{behind}",
            # P.O. Box 12; a box without its post office needs the town behind it
            rf"(?<!\w)(?:{any_of(lexicon['boxes'])})\.? ?#? ?\d{{1,6}}(?: box \d{{1,6}})?\b{behind}",
            rf"(?<!\w)(?:box \d{{1,6}}|general delivery)(?=[ ,]+[a-z]){behind[:-1]}",
            # mile marker 37 on Highway 371
            rf"(?<!\w)(?:{any_of(lexicon['mile_posts'])})\.? ?#?\d{{1,3}}(?:\.\d)?\b"
            rf"(?:[ ,]+(?:on|of|de|en|la)\b){{0,3}}(?:[ ,]+(?:{roads})[ -]?\d{{1,4}}\b)?",
            # Lot 22, Sunrise Mobile Park; unit numbers of a house
            rf"(?<!\w)(?:{any_of(lexicon['units_alone'])})\b\.? ?#? ?\d{{1,5}}[a-z]?\b{parks}{behind}",
            # Taos, NM 87571
            rf"(?<!\w)(?:[a-z]+[ ,]+){{0,2}}(?:{states})\b\.?[ ,]+\d{{5}}(?:-\d{{4}})?(?!\d)")))

    def find(self, text: str, plain: str) -> Iterator[Found]:
        if _DIGIT.search(plain) or "general delivery" in plain:
            for pattern in self._patterns:
                yield from (Found(match.start(), self._end(text, plain, match.end()), "address")
                            for match in pattern.finditer(plain) if self._is_house(text, match))

    def _is_house(self, text: str, match: re.Match[str]) -> bool:
        """Whether a number before "camino" or "via" is a house's: "3 camino a casa", "at 4 via zoom" are none. Spanish
        has a word "se", so the quarter needs its capitals: "la de 17 dice que se va"."""
        if not (parts := match.groupdict()):
            return True
        if "quadrant" in parts:
            return parts["quadrant"] != "se" or (text[match.start("quadrant"):match.end("quadrant")] == "SE"
                                                 and not text.isupper())
        if text[match.start("street")].isupper():
            return True
        return len(parts["house"]) >= (3 if parts["street"] in self._if_capital else 2)

    def _end(self, text: str, plain: str, end: int) -> int:
        """Where an address ends: with the capitalised words that go on with it ("15 Camino Sin Nombre")."""
        if text.isupper() or not text[end - 1].isalpha():
            return end
        for _ in range(_MOST_MORE):
            more = _GOES_ON.match(plain, end)
            if more is None or not text[more.start(1)].isupper() or more[1] in self._never:
                break
            end = more.end()
        direction = self._direction.match(plain, end)
        return direction.end() if direction else end
