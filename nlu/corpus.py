"""Reads utterances from NLU files; needs neither Rasa nor a model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

import yaml

DATA = Path(__file__).resolve().parent / "data"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Utterance:
    """One line, the stem of the file that it stands in, what its block is marked with (asker, voice, kind, …),
    and it alone (by, at, message)."""

    text: str
    intent: str
    file: str
    marks: Mapping[str, Any]

    @property
    def key(self) -> str:
        """A short name of the line that does not tell its words."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()[:12]


def examples(block: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The utterances of a block of an NLU file, each with what it alone is marked with.

    Rasa reads two forms: lines that begin with a hyphen in one text, and a list of `text` with its own `metadata`.
    """
    written = block.get("examples") or ""
    if isinstance(written, list):
        return [(entry["text"].strip(), entry.get("metadata") or {}) for entry in written if entry]
    return [(line.strip()[2:].strip(), {}) for line in written.splitlines() if line.strip().startswith("- ")]


def lines(block: Mapping[str, Any]) -> list[str]:
    """The utterances of a block of an NLU file."""
    return [text for text, _ in examples(block)]


def utterances(folder: Path = DATA) -> list[Utterance]:
    """All utterances of all files of a folder, in order."""
    return [line for path in sorted(folder.rglob("*.yml")) for line in utterances_in(path)]


def utterances_in(path: Path) -> list[Utterance]:
    """The utterances of one file, in order; a file without a list `nlu` has none."""
    return [Utterance(text, block["intent"], path.stem, {**(block.get("metadata") or {}), **own})
            for block in (yaml.load(path.read_text(encoding="utf-8"), _Loader) or {}).get("nlu") or []
            if "intent" in block
            for text, own in examples(block)]
