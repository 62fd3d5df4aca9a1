"""Addresses: house numbers with a street, boxes, lots, mile posts, and the town and postal code behind them."""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping

from bot.privacy.text import Found, any_of

_DIGIT = re.compile(r"\d")


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
        closed = rf"(?=[ ,]+(?:{directions}(?!\w)|(?:{units}|{towns})\b)|[,;]|$)"
        self._patterns = tuple(map(re.compile, (
            # 12 Main Street NW, apt 4, Albuquerque
            rf"(?<![\w/.-]){house} (?:{directions} )?(?:{word}){{1,4}}?(?:{streets})\b\.?(?:,? {directions}(?!\w))?"
            rf"{unit}{behind}",
            # 77 County Road 84
            rf"(?<![\w/.-]){house} (?:{directions} )?(?:{roads})[ -]?\d{{1,4}}[a-z]?\b{unit}{behind}",
            # calle Luna 45
            rf"(?<!\w)(?:{before})\.? (?:{word}){{0,4}}?(?:(?:no|num|numero)\.? ?|# ?)?{house}\b(?![:/]\d)"
            rf"(?:,? {directions}(?!\w))?{unit}{behind}",
            # 1234 Calle Lorca NE, as an English form orders it; "a las 10 camino con ella" is an hour
            rf"(?<![\w/.-])(?<!las )\d{{2,6}}[a-z]? (?:{directions} )?(?:{before})\.? (?:(?:{joins}) ){{0,2}}{another}"
            rf"(?:(?: {another}){{1,2}}?{closed})?(?:,? {directions}(?!\w))?{unit}{behind}",
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
                yield from (Found(*match.span(), "address") for match in pattern.finditer(plain))
