"""The word lists of the components: reading them, and reading a message the way they are written."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path
from typing import Any, Iterable, Mapping

import yaml
from rasa.shared.exceptions import InvalidConfigException

FOLDER = Path(__file__).resolve().parent

_TYPOGRAPHY = {"’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "“": '"', "”": '"', "«": '"', "»": '"',
               "–": "-", "—": "-", "ª": "a", "º": "o"}
# The Latin letters end at U+024F; other scripts have no word in the lists.
_FOLDED = {code: unicodedata.normalize("NFD", chr(code).lower())[0] for code in range(0x250)} | {
    ord(mark): plain for mark, plain in _TYPOGRAPHY.items()}

_KINDS = {str: "text", list: "list", dict: "map", int: "whole number", float: "decimal number"}


def fold(text: str) -> str:
    """The text as the word lists are written: lower case, no accents, the quotation marks and dashes of a keyboard.

    Every character stays where it was: a position in the result is the same position in the text.
    """
    return text.translate(_FOLDED)


def read(name: str, *, keys: Mapping[str, type], folder: Path = FOLDER) -> dict[str, Any]:
    """The word lists of one file, `lexicon/<name>.yml`, each of the type that `keys` names.

    Raises InvalidConfigException, naming file, key and mend, where a key is missing, unknown or of another type, and
    where YAML has read a word (yes, no, on, off) as true or false.
    """
    lists = yaml.safe_load((folder / f"{name}.yml").read_text(encoding="utf-8"))
    where = f"nlu/lexicon/{name}.yml"
    if not isinstance(lists, dict):
        raise InvalidConfigException(f"{where}: is empty; it needs the keys {', '.join(keys)}.")
    for key in sorted(keys.keys() | lists.keys()):
        if key not in keys:
            raise InvalidConfigException(f"{where}: {key}: is not used; take it out or correct its name.")
        if type(lists.get(key)) is not keys[key]:
            raise InvalidConfigException(f"{where}: {key}: has to be a {_KINDS[keys[key]]}; see the top of the file.")
        if any(isinstance(word, bool) for word in _words(lists[key])):
            raise InvalidConfigException(f"{where}: {key}: YAML reads yes, no, on and off as true and false; "
                                         f"put the word in quotation marks.")
    return lists


def fingerprint(name: str, *, folder: Path = FOLDER) -> str:
    """A hash of a word list, for `fingerprint_addon`: Rasa would reuse a stale result after an edit of the data."""
    return hashlib.sha256((folder / f"{name}.yml").read_bytes()).hexdigest()


def _words(value: Any) -> Iterable[Any]:
    """Everything in a list or map, however deep, keys included."""
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list):
        for part in value:
            yield from _words(part)
    else:
        yield value
