"""How long a text is on the air: alphabets, septets and segments (3GPP TS 23.038 and 23.040)."""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import Iterator

import gsm0338  # noqa: F401  registers the codec

_CODEC = "gsm03.38"
MAX_SEGMENTS = 3
# A single message, and a part of a long one, whose header takes seven septets or six octets.
GSM7_SINGLE, GSM7_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67

# Typographic marks would turn a whole message into UCS-2 and more than double its price for nothing.
_FOLDED = str.maketrans({
    **dict.fromkeys("‘’‚‛‹›′´`ʼ", "'"), **dict.fromkeys("“”„‟«»″", '"'), "…": "...",
    # Hyphens and dashes of every length, the minus, and the dots that begin a line of a list.
    **dict.fromkeys("\u2010\u2011\u2012–—―−•·", "-"),
    # Blanks of every width, and what nobody sees: the space of no width, the soft hyphen, marks of order.
    **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f", " "),
    **dict.fromkeys("\u00ad\u200b\u2060\ufeff", ""),
})
# é, ñ, ü, ¡ and ¿ are in the alphabet; á, í, ó and ú are not. They are folded on purpose: a reader knows "mama" from
# "mamá" by the sentence, while paying would cut a three-segment answer to 201 characters.
_ACCENTS = str.maketrans("áíóúÁÍÓÚ", "aiouAIOU")


_SENTENCE = re.compile(r".*?(?:[.!?…][\"')”’]*(?=\s|$)|\n|$)\s*", re.DOTALL)
# What must arrive in one piece: whatever stands between blanks, be it a link or "3-year-old", and a number to call with
# its blanks: "+1 (505) 331-7138". No number has more parts than five.
_PIECE = re.compile(r"\S+(?:(?<=[\d)]) (?=\(?\d)\S+){0,4}\s*|\s+")


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
    septets = [_septets(character) for character in text]
    if all(septets):
        return _measured("GSM-7", septets, GSM7_SINGLE, GSM7_PART)
    widths = [len(character.encode("utf-16-be")) // 2 for character in text]
    return _measured("UCS-2", widths, UCS2_SINGLE, UCS2_PART)


def split(text: str, *, max_segments: int = MAX_SEGMENTS, room: str = "") -> list[str]:
    """The text in messages of at most `max_segments`, in order; at least one, each without blanks at its ends.

    `room` is what will be written behind each of them.

    Cut between sentences; a sentence that is too long for one message between words, links and numbers to call; a word
    that is too long between characters.
    """
    pages, page = [], ""
    for piece in _pieces(text.strip(), max_segments, room):
        if page and not _fits(page + piece, max_segments, room):
            pages.append(page.strip())
            page = ""
        page += piece
    return [*pages, page.strip()]


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with the blanks behind it: put together, they are the text."""
    return [sentence for sentence in _SENTENCE.findall(text) if sentence]


def _pieces(text: str, max_segments: int, room: str) -> Iterator[str]:
    """Sentences; of those that fit no message, words; of those, characters."""
    for sentence in sentences(text):
        if _fits(sentence, max_segments, room):
            yield sentence
            continue
        for word in _PIECE.findall(sentence):
            yield from (word,) if _fits(word, max_segments, room) else word


def _fits(text: str, max_segments: int, room: str) -> bool:
    return size(text.strip() + room).segments <= max_segments


@functools.lru_cache(maxsize=1024)
def _septets(character: str) -> int:
    """1, or 2 behind an escape; 0 for what is not in the alphabet. Remembered: an answer is measured several times."""
    try:
        return len(character.encode(_CODEC))
    except UnicodeEncodeError:
        return 0


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
