"""How long a text is on the air: alphabets, septets and segments (3GPP TS 23.038 and 23.040)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import gsm0338  # noqa: F401  registers the codec

_CODEC = "gsm03.38"
# A single message, and a part of a long one, whose header takes seven septets or six octets.
GSM7_SINGLE, GSM7_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67

# Typographic marks would turn a whole message into UCS-2 and more than double its price for nothing.
_FOLDED = str.maketrans({
    "‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " ", "•": "-",
})
# é, ñ, ü, ¡ and ¿ are in the alphabet; á, í, ó and ú are not. They are folded on purpose: a reader knows "mama" from
# "mamá" by the sentence, while paying would cut a three-segment answer to 201 characters.
_ACCENTS = str.maketrans("áíóúÁÍÓÚ", "aiouAIOU")


@dataclass(frozen=True)
class Size:
    """`units` are septets for GSM-7 (extension characters count two) and UTF-16 code units for UCS-2."""

    alphabet: str
    units: int
    segments: int


def fold(text: str) -> str:
    """The text with typographic marks and á, í, ó, ú in their plain form; other characters stay."""
    return unicodedata.normalize("NFC", text).translate(_FOLDED).translate(_ACCENTS)


def size(text: str) -> Size:
    """How the text is sent, as it stands."""
    if _is_gsm7(text):
        return _measured("GSM-7", [len(character.encode(_CODEC)) for character in text], GSM7_SINGLE, GSM7_PART)
    widths = [len(character.encode("utf-16-be")) // 2 for character in text]
    return _measured("UCS-2", widths, UCS2_SINGLE, UCS2_PART)


def _is_gsm7(text: str) -> bool:
    try:
        text.encode(_CODEC)
    except UnicodeEncodeError:
        return False
    return True


def _measured(alphabet: str, widths: list[int], single: int, part: int) -> Size:
    """A character of two units is never cut in two, so that a part may stay one unit short."""
    units = sum(widths)
    if units <= single:
        return Size(alphabet, units, 1)
    segments, filled = 1, 0
    for width in widths:
        if filled + width > part:
            segments, filled = segments + 1, 0
        filled += width
    return Size(alphabet, units, segments)
