"""Changes single values of a YAML file and leaves every other byte as it was: comments, order, quotes, folding.

A path is the keys that lead to a value; below a list of mappings the step is the `id` of an entry.
"""

from __future__ import annotations

import datetime
import io
import textwrap
import unicodedata
from typing import Any, Mapping

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, FoldedScalarString, ScalarString

from bot.errors import ImhError

Path = tuple[str, ...]
REMOVED = object()
"""The value to give where a key, or an entry of a list, is to go."""
# As wide as the longest lines of the content files; short enough for a difference to be read side by side.
_FOLD_AT = 110
_LONG = 90
_NULL = "tag:yaml.org,2002:null"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(text: str) -> Any:
    """The file's values; a date as its ISO text. Raises ImhError where the file is not YAML."""
    try:
        return _plain(yaml.load(text, _Loader))
    except yaml.YAMLError as error:
        raise ImhError(f"The file is not readable YAML: {error}") from error


def value_at(data: Any, path: Path) -> Any:
    """What stands at a path, or None where nothing does."""
    for step in path:
        data = _entry(data, step) if isinstance(data, list) else data.get(step) if isinstance(data, Mapping) else None
    return data


def changed(text: str, changes: Mapping[Path, Any]) -> str:
    """The file with new values; REMOVED takes a key away, a missing one is added.

    Raises ImhError where what comes out would not read as the values that were meant.
    """
    tool = _tool()
    data = tool.load(text)
    for path, value in changes.items():
        _put(data, path, value)
    scratch = io.StringIO()
    tool.dump(data, scratch)
    result = scratch.getvalue()
    outcome = read(result)
    for path, value in changes.items():
        meant = None if value is REMOVED else _plain(value)
        if value_at(outcome, path) != meant:
            raise ImhError(f"{'.'.join(path)} would be read back otherwise than it was written.")
    return result


def tidied(text: str) -> str:
    """A text as it is kept: composed characters, one blank between words, one newline between paragraphs."""
    lines = (" ".join(line.split()) for line in unicodedata.normalize("NFC", text).splitlines())
    return "\n".join(line for line in lines if line)


def _tool() -> YAML:
    tool = YAML()
    tool.preserve_quotes = True
    tool.width = 1 << 20  # what was on one line stays on one line
    tool.indent(mapping=2, sequence=4, offset=2)
    # The content says `null` where something is not known; ruamel would leave the place empty.
    tool.representer.add_representer(type(None), lambda made, _: made.represent_scalar(_NULL, "null"))
    return tool


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def _entry(entries: list[Any], step: str) -> Any:
    return next((entry for entry in entries if isinstance(entry, Mapping) and entry.get("id") == step), None)


def _put(data: Any, path: Path, value: Any) -> None:
    *way, last = path
    for depth, step in enumerate(way):
        inner = _entry(data, step) if isinstance(data, list) else data.get(step)
        if inner is None and value is REMOVED:
            return
        if inner is None and isinstance(data, list):
            raise ImhError(f"{'.'.join(path[:depth + 1])} is not there any more.")
        if inner is None:
            inner = CommentedMap()
            _set(data, step, inner)
        data = inner
    if isinstance(data, list):
        _put_entry(data, last, value)
    elif value is REMOVED:
        data.pop(last, None)
    elif isinstance(value, list) and isinstance(data.get(last), CommentedSeq):
        data[last][:] = []  # in place: the line's comment hangs on the list
        data[last].extend(value)
    else:
        _set(data, last, _styled(value, data.get(last), len(path), flow=bool(data.fa.flow_style())))


def _put_entry(entries: CommentedSeq, step: str, value: Any) -> None:
    """A whole entry of a list: in its place where it is there, else behind the others; REMOVED takes it away."""
    places = [place for place, entry in enumerate(entries) if entry is _entry(entries, step)]
    if value is REMOVED:
        for place in places:
            del entries[place]
    elif places:
        entries[places[0]] = _styled(value, None, 1, flow=False)
    else:
        entries.append(_styled(value, None, 1, flow=False))


def _set(data: CommentedMap, key: str, value: Any) -> None:
    """Set a key; a new one comes before the blank line that ends the mapping."""
    if key in data or not data:
        data[key] = value
        return
    before = next(reversed(data))
    if isinstance(value, CommentedMap):
        data.insert(len(data) - 1, key, value)
        return
    data[key] = value
    holder = data[before]
    if isinstance(holder, FoldedScalarString) and hasattr(holder, "comment"):
        if isinstance(value, FoldedScalarString):
            value.comment, holder.comment = holder.comment, None
    elif before in data.ca.items and not isinstance(value, FoldedScalarString):
        behind = data.ca.items[before][2]
        if behind is not None and not behind.value.strip():
            data.ca.items[key] = data.ca.items.pop(before)


def _styled(value: Any, before: Any, depth: int, *, flow: bool) -> Any:
    """The value in the dress of the one that it takes the place of."""
    if isinstance(value, Mapping):
        made = CommentedMap()
        for key, inner in value.items():
            made[key] = _styled(inner, None, depth + 1, flow=False)
        return made
    if isinstance(value, list):
        made = CommentedSeq(value)
        made.fa.set_flow_style()
        return made
    if not isinstance(value, str):
        return value
    if not flow and (isinstance(before, FoldedScalarString) or "\n" in value
                     or before is None and len(value) > _LONG):
        return _folded(value, before, depth)
    if isinstance(before, ScalarString) or not _is_itself(value):
        return DoubleQuotedScalarString(value)
    return value


def _folded(value: str, before: Any, depth: int) -> FoldedScalarString:
    folded = FoldedScalarString(value)
    positions, start = [], 0
    for paragraph in value.split("\n"):
        lines = textwrap.wrap(paragraph, _FOLD_AT - 2 * depth, break_long_words=False, break_on_hyphens=False)
        at = start
        for line in lines[:-1]:
            at += len(line)
            positions.append(at)
            at += 1
        start += len(paragraph) + 1
    folded.fold_pos = positions
    if hasattr(before, "comment"):  # the blank line and the comment behind it
        folded.comment = before.comment
    return folded


def _is_itself(value: str) -> bool:
    """Whether the bare text is read as that text, by every reader: `no`, `911` and `1:30` are not."""
    try:
        return bool(yaml.load(f"[{value}]", _Loader) == [value] and yaml.load(f"a: {value}", _Loader) == {"a": value})
    except (yaml.YAMLError, ValueError):
        return False
