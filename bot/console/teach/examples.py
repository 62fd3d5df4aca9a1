"""A staff member's example in an NLU file: put in and taken out without a change of anything else in the file.

    nlu/data/staff/<topic>.yml             what is trained on
    tests/nlu/held_out/staff/<topic>.yml   the share that only measures

Text in, text out: who writes the files is `bot.staff_files`. Places are found by YAML's own parser and lines are put in or
taken out there, so that comments, order and quoting of all the others stay as they are, byte by byte.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Iterator, Mapping

import yaml

from bot.console.teach.words import cleaned, folded
from bot.errors import StaffFileError

TRAINING, EVALUATION = "training", "evaluation"
FOLDERS = {TRAINING: "nlu/data/staff", EVALUATION: "tests/nlu/held_out/staff"}
_HEADERS = {
    TRAINING: "# What people asked, put here by staff in the console: who, when, and out of which message.\n"
              "# One voice for all: these are strangers of whom nothing else is known.\n",
    EVALUATION: "# Held out by the console: never trained on. What staff taught, a share of it, to measure what was learnt.\n",
}
_START = 'version: "3.1"\n\nnlu:\n'
_EMPTY = "nlu: []"
_VOICE = "staff"
_TOPIC = re.compile(r"[a-z][a-z0-9_]{0,47}")
# Names that one of the usual file systems keeps for devices; the repository may be checked out there.
_DEVICES = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Example:
    """What somebody wrote, and the intent that staff say it has (`ask_indicators`, `crisis`, `out_of_scope`, …).

    `at` is an ISO date, `message` the number of the message's event, None where it was typed by staff. `marks` are what
    files of the intent need beside: `kind` of danger, `distance` of what is out of scope.
    """

    text: str
    topic: str
    language: str
    by: str
    at: str
    message: int | None
    asker: str = "mixed"
    marks: Mapping[str, str] = field(default_factory=dict)


def file_of(topic: str, use: str) -> str:
    """The name of the file for an intent's examples. Raises StaffFileError where no file may be called so."""
    stem = topic.removeprefix("ask_")
    if not _TOPIC.fullmatch(stem) or _DEVICES.fullmatch(stem):
        raise StaffFileError(f"{topic[:60]!r} is no name for a topic.")
    return f"{FOLDERS[use]}/{stem}.yml"


def with_example(text: str | None, example: Example, use: str) -> str:
    """The file's text (None: there is none yet) with the example at the end of its block; unchanged where it is there.

    Raises StaffFileError where the text is not that of an NLU file.
    """
    text = _HEADERS[use] + _START if text is None else text
    blocks = _blocks(text)
    if any(_is(entry, example) for block in blocks for entry in block.entries):
        return text
    entry = [f"  - text: {_quoted(cleaned(example.text))}", f"    metadata: {_flow(_own(example))}"]
    same = [block for block in blocks if block.intent == example.topic and block.marks == _marks(example)]
    if same and same[-1].entries:
        last = same[-1].entries[-1]
        return _checked(_spliced(text, last.end, last.end, [last.indent + line[2:] for line in entry]), text, +1)
    block = [f"- intent: {example.topic}", f"  metadata: {_flow(_marks(example))}", "  examples:", *entry]
    if blocks:
        return _checked(_spliced(text, blocks[-1].end, blocks[-1].end, [blocks[-1].indent + line for line in block]), text, +1)
    lines = text.splitlines()
    at = [i for i, line in enumerate(lines) if line.rstrip() in {_EMPTY, "nlu:"}]
    if not at:
        raise StaffFileError("It has no list 'nlu'.")
    return _checked(_spliced(text, at[0], at[0] + 1, ["nlu:", *block]), text, +1)


def without_example(text: str, example: Example, use: str) -> str | None:
    """The file's text without the example; unchanged where it is not there, None where nothing is left but our header."""
    for block in _blocks(text):
        for entry in block.entries:
            if not _is(entry, example):
                continue
            if len(block.entries) > 1:
                return _checked(_spliced(text, entry.start, entry.end, []), text, -1)
            if len(_blocks(text)) > 1:
                return _checked(_spliced(text, block.start, block.end, []), text, -1)
            rest = _spliced(text, block.start, block.end, [])
            if rest == _HEADERS[use] + _START:
                return None
            return _checked(re.sub(r"(?m)^nlu:[ ]*$", _EMPTY, rest, count=1), text, -1)
    return text


def examples_in(text: str) -> Iterator[Example]:
    """The examples in a file that name the message that they came from."""
    for block in _blocks(text):
        marks = dict(block.marks)
        language, asker = str(marks.pop("language", "")), str(marks.pop("asker", ""))
        marks.pop("voice", None)
        for entry in block.entries:
            if isinstance(entry.own.get("message"), int):
                yield Example(entry.text, block.intent, language, str(entry.own.get("by", "")),
                              str(entry.own.get("at", "")), entry.own["message"], asker, marks)


@dataclass(frozen=True)
class _Entry:
    """An example on lines `start` to before `end`, with the indent of its hyphen."""

    text: str
    own: Mapping[str, Any]
    start: int
    end: int
    indent: str


@dataclass(frozen=True)
class _Block:
    """A block of an NLU file whose examples are a list, or (then without entries) any other."""

    intent: str
    marks: Mapping[str, Any]
    entries: tuple[_Entry, ...]
    start: int
    end: int
    indent: str


def _blocks(text: str) -> list[_Block]:
    try:
        root, data = yaml.compose(text, _Loader), yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise StaffFileError(f"It is not readable YAML: {getattr(error, 'problem', None) or error}.") from error
    if not isinstance(root, yaml.MappingNode) or not isinstance(data.get("nlu"), list):
        return []
    lines = text.splitlines()
    blocks = []
    for node, block in zip(_values(root)["nlu"].value, data["nlu"]):
        if not isinstance(node, yaml.MappingNode) or node.flow_style:
            raise StaffFileError("A block in it is not written as lines.")
        inside = _values(node).get("examples")
        listed = inside.value if isinstance(inside, yaml.SequenceNode) and not inside.flow_style else []
        entries = tuple(_Entry(str(value.get("text", "")), _mapping(value.get("metadata")), *_span(entry, lines))
                        for entry, value in zip(listed, block["examples"]) if isinstance(entry, yaml.MappingNode))
        blocks.append(_Block(str(block.get("intent", "")), _mapping(block.get("metadata")), entries, *_span(node, lines)))
    return blocks


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _values(node: yaml.MappingNode) -> dict[str, yaml.Node]:
    return {key.value: value for key, value in node.value}


def _span(node: yaml.Node, lines: list[str]) -> tuple[int, int, str]:
    """First line, line after the last, and what stands before the hyphen."""
    start, end = node.start_mark.line, _last_line(node) + 1
    while not lines[end - 1].strip():  # a text over several lines ends, for the parser, after the blank ones
        end -= 1
    return start, end, lines[start][:len(lines[start]) - len(lines[start].lstrip())]


def _last_line(node: yaml.Node) -> int:
    """A block collection ends, for the parser, only where the next thing begins; its last scalar knows better."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style:
        mark = node.end_mark
        return mark.line - 1 if mark.column == 0 and mark.line > node.start_mark.line else mark.line
    children = [child for pair in node.value for child in (pair if isinstance(pair, tuple) else (pair,))]
    return max(_last_line(child) for child in children)


def _spliced(text: str, start: int, end: int, new: list[str]) -> str:
    """The text with `new` in place of its lines from `start` to before `end`; its way of ending lines stays."""
    lines = text.splitlines(keepends=True)
    newline = "\r\n" if lines[0].endswith("\r\n") else "\n"
    open_ended = not lines[-1].endswith(("\n", "\r"))
    if open_ended:
        lines[-1] += newline
    lines[start:end] = [line + newline for line in new]
    changed = "".join(lines)
    return changed[:-len(newline)] if open_ended else changed


def _checked(changed: str, text: str, more: int) -> str:
    """Nothing that cannot be read back is ever written."""
    count = [sum(len(block.entries) for block in _blocks(version)) for version in (text, changed)]
    if count[1] != count[0] + more:
        raise StaffFileError("It is not written as the console writes it; mend it by hand first.")
    return changed


def _is(entry: _Entry, example: Example) -> bool:
    return entry.own.get("message") == example.message and folded(entry.text) == folded(cleaned(example.text))


def _marks(example: Example) -> dict[str, str]:
    return {**example.marks, "asker": example.asker, "voice": _VOICE, "language": example.language}


def _own(example: Example) -> dict[str, Any]:
    own = {"by": example.by, "at": example.at, "message": example.message}
    return {key: value for key, value in own.items() if value is not None}


def _flow(values: Mapping[str, Any]) -> str:
    plain = {key: value if isinstance(value, int) or re.fullmatch("[a-z][a-z_]*", value) and value not in _WORDS_OF_YAML
             else _quoted(value) for key, value in values.items()}
    return "{" + ", ".join(f"{key}: {value}" for key, value in plain.items()) + "}"


_WORDS_OF_YAML = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def _quoted(text: str) -> str:
    """Always in quotes, backslashes doubled: neither YAML nor Rasa, which decodes once more, takes it for anything but
    words."""
    return json.dumps(text, ensure_ascii=False)
