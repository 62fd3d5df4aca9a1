"""Who sent a text message: a telephone, a short code, or letters that nobody can answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

import phonenumbers

# Where the programme's own number is: a number without a country is one of this region.
HOME_REGION = "US"
_LONGEST_SHORT_CODE = 6
_SEPARATORS = re.compile(r"[\s().\-/]")


class Kind(Enum):
    """What stands behind a sender's number."""

    PHONE = "phone"
    SHORT_CODE = "short code"  # a program at the other end: answering it may never end
    LETTERS = "letters"  # a name instead of a number; no answer can reach it


@dataclass(frozen=True)
class Number:
    """A sender or recipient; `text` is the same for every way in which a gateway may write the same number."""

    kind: Kind
    text: str


def read_number(written: str) -> Number:
    """The number that a gateway wrote: E.164, national, with 00 or 011 in front, or with the plus left out."""
    bare = _SEPARATORS.sub("", written.strip())
    plus, digits = bare.startswith("+"), bare.lstrip("+")
    if not digits or not (digits.isascii() and digits.isdecimal()):
        return Number(Kind.LETTERS, written.strip().lower())
    if not plus and len(digits) <= _LONGEST_SHORT_CODE:
        return Number(Kind.SHORT_CODE, digits)
    for prefix in ("00", "011"):
        if not plus and digits.startswith(prefix):
            plus, digits = True, digits[len(prefix):]
    candidates = ((f"+{digits}", None),) if plus else ((digits, HOME_REGION), (f"+{digits}", None))
    return Number(Kind.PHONE, next(filter(None, (_e164(*candidate) for candidate in candidates)), f"+{digits}"))


def displayed(written: str) -> str:
    """A number as people of the home region write it, one of another country with its plus; a short code as it is."""
    number = read_number(written)
    if number.kind is not Kind.PHONE or _e164(number.text, None) is None:
        return number.text
    parsed = phonenumbers.parse(number.text)
    home = parsed.country_code == phonenumbers.country_code_for_region(HOME_REGION)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL if home
                                      else phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _e164(text: str, region: str | None) -> str | None:
    """The number in E.164, or None where no telephone can have it."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
