"""What a model answered to lines before, so that it is asked nothing twice.

    var/evaluations/<answering key>.json

The name is the hash of all that an answer follows from (`bot.inputs.answering_key`); each answer stands under the key of
its line beside the hash of what was asked and expected, so that a line that was changed is asked again. Words are not
kept, and messages of the inbox stand under their numbers.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any, Mapping

from bot.evaluation.held_out import dialogues, double_questions, key_of, questions, staff_keys
from bot.evaluation.items import MARKS
from bot.settings import PROJECT
from nlu.corpus import Utterance

# So many stay: the model in production, the last candidates, and some to come back to.
MOST_FILES = 12
PARTS = ("lines", "doubles", "dialogues", "also")


class Lines:
    """Everything that a model is asked, by key: the lines, double questions and dialogues that a project holds out, and
    messages beside them, which have no right answer."""

    def __init__(self, project: Path = PROJECT, also: Mapping[str, str] | None = None) -> None:
        self.lines = {line.key: line for line in questions(project)}
        self.doubles = {key_of(one[0]): one for one in double_questions(project)}
        self.dialogues = {key_of(*one["turns"]): one for one in dialogues(project)}
        self.also = {key: Utterance(text, "", "", {"key": key}) for key, text in (also or {}).items()}
        self.staff = staff_keys(project)
        self.asked: Mapping[str, Mapping[str, str]] = {
            "lines": {key: _hash(one.text, one.intent, one.file, {name: one.marks.get(name) for name in MARKS})
                      for key, one in self.lines.items()},
            "doubles": {key: _hash(one) for key, one in self.doubles.items()},
            "dialogues": {key: _hash(one) for key, one in self.dialogues.items()},
            # Under its number a message has the same words for ever; a hash of them would outlive an erasure.
            "also": dict.fromkeys(self.also, "")}


class KeptAnswers:
    """The answers of one model, in a file; without one, in memory alone."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._found: dict[str, dict[str, tuple[str, Any]]] = {part: {} for part in PARTS}
        if path is not None and path.is_file():
            stored = json.loads(path.read_text(encoding="utf-8"))
            self._found = {part: {key: (asked, item) for key, (asked, item) in stored[part].items()} for part in PARTS}

    def missing(self, part: str, lines: Lines) -> list[str]:
        """The keys of what was not asked yet, in order."""
        found = self._found[part]
        return [key for key, asked in lines.asked[part].items() if key not in found or found[key][0] != asked]

    def add(self, more: Mapping[str, Mapping[str, Any]], lines: Lines) -> None:
        """Keep the answers to some of the lines: by part, then by key."""
        for part, items in more.items():
            self._found[part].update({key: (lines.asked[part][key], item) for key, item in items.items()})
        if self._path is not None:
            write_whole(self._path, self._found)

    def items(self, lines: Lines) -> dict[str, dict[str, Any]]:
        """What became of each of the lines, as a quality card keeps it. KeyError where one was not asked."""
        items = {part: {key: self._found[part][key][1] for key in lines.asked[part]} for part in PARTS}
        items["lines"] = {key: {**item, "staff": key in lines.staff} for key, item in items["lines"].items()}
        return items

    def forget_messages(self, lines: Lines) -> None:
        """Of the inbox, what is no longer asked goes: it may have been erased there."""
        kept = {key: one for key, one in self._found["also"].items() if key in lines.also}
        if self._path is not None and kept != self._found["also"]:
            self._found["also"] = kept
            write_whole(self._path, self._found)


def write_whole(path: Path, result: object) -> None:
    """Write JSON, the whole of it or none."""
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        written = Path(scratch) / path.name
        written.write_text(json.dumps(result), encoding="utf-8")
        os.replace(written, path)


def forget_old(folder: Path) -> None:
    """Keep the files that were written last."""
    files = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in files[MOST_FILES:]:
        old.unlink(missing_ok=True)


def _hash(*asked: Any) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()[:12]
