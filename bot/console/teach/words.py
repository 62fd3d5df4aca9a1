"""What somebody typed, as words: made fit for an example file, compared, and dealt to training or measuring."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from bot.errors import StaffFileError

MAX_CHARACTERS = 2000
# Rasa reads `[words](entity)` and its kin as an annotation: part of the words would be lost, or the file refused.
_ANNOTATION = re.compile(r"(?<=\])(?=[(\[{])")
_JOINER = "\u200d"  # holds emoji together


def for_evaluation(text: str, one_in: int) -> bool:
    """Whether a text is of the share that only measures: one in so many, the same each time however it is typed."""
    return int.from_bytes(hashlib.sha256(folded(text).encode()).digest()[:8], "big") % one_in == 0


def folded(text: str) -> str:
    """A text without what makes no difference to the model: capitals and punctuation."""
    return " ".join(re.findall(r"\w+", text.lower()))


def one_line(text: str) -> str:
    """A text without line ends, control characters, and what no file can hold."""
    kept = "".join(" " if unicodedata.category(c) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} else c for c in text)
    # Marks that turn the direction of writing would hide from staff what they read; the joiner holds emoji together.
    kept = "".join(c for c in kept if unicodedata.category(c) != "Cf" or c == _JOINER)
    return " ".join(kept.split())


def cleaned(text: str) -> str:
    """A text as one line that YAML and Rasa read as just these words. Raises StaffFileError where no word is left."""
    line = _ANNOTATION.sub(" ", one_line(text))[:MAX_CHARACTERS].rstrip()
    if not folded(line):
        raise StaffFileError("There is no word in it to learn from.")
    return line
