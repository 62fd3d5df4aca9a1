"""A change, tried: the live project with it applied, in a scratch, loaded and checked as a whole."""

from __future__ import annotations

import datetime
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Iterator, Mapping, Sequence

from bot.check import check
from bot.console.edit import rules
from bot.console.edit.fields import Field, Value, written
from bot.console.edit.findings import Finding, placed
from bot.console.edit.form_rules import form_findings
from bot.console.edit.subjects import Subject
from bot.console.edit.uses import still_used
from bot.console.edit.yaml_text import REMOVED, Path as KeyPath, changed, read
from bot.errors import ContentError, ImhError, Problem
from bot.knowledge import Knowledge, load_knowledge

# What `check` compares beside the content, which is copied: the rest of a project it does not look at.
_LINKED = ("domain.yml", "nlu", "stories", "actions", "tests")


@dataclass(frozen=True)
class Change:
    """What somebody wants a subject to be: `deed` is change, add or remove; `values` are those of all its fields."""

    subject: Subject
    deed: str
    fields: Sequence[Field]
    values: Mapping[str, Value]

    def applied(self, text: str) -> str:
        """The file's text with the change. Raises ImhError where it would not be read back as it was meant."""
        return changed(text, self._writings(read(text)))

    def _writings(self, data: Any) -> dict[KeyPath, object]:
        if self.deed == "remove":
            return {self.subject.place: REMOVED}
        if self.deed == "add":
            everything = written(self.fields, self.values, self.values)
            # In a list an entry carries its own name.
            named = {"id": self.subject.name} if isinstance(data[self.subject.place[0]], list) else {}
            return _together(everything, self.subject.place, named)
        return written(self.fields, self.values,
                       [field.name for field in self.fields if field.shown(data) != self.values[field.name]])


def _together(writings: Mapping[KeyPath, object], place: KeyPath, named: Mapping[str, object]) -> dict[KeyPath, object]:
    """What lies below `place` as one value, behind its name: a new entry is written at once, in the order of its form."""
    whole: dict[str, object] = dict(named)
    rest: dict[KeyPath, object] = {}
    for path, value in writings.items():
        if path[:len(place)] != place:
            rest[path] = value
        elif value is not REMOVED:
            inner = whole
            *way, last = path[len(place):]
            for step in way:
                inner = inner.setdefault(step, {})  # type: ignore[assignment]
            inner[last] = value
    return {place: whole, **rest}


@dataclass(frozen=True)
class Outcome:
    """What came of a trial: what is to be mended, and the knowledge as it would be, where it can be loaded."""

    findings: tuple[Finding, ...]
    knowledge: Knowledge | None


def preview(change: Change, text: str, project: Path, today: datetime.date) -> Outcome:
    """The knowledge with the change, without comparing it with the files beside the content: fast enough to type by."""
    return _tried(change, text, project, today, whole=False)


def examine(change: Change, text: str, project: Path, today: datetime.date) -> Outcome:
    """The change as it would go live: everything that is wrong with it, each at its field.

    `text` is the file as it is, `project` the live project. What was wrong elsewhere before is not held against it.
    """
    return _tried(change, text, project, today, whole=True)


def _tried(change: Change, text: str, project: Path, today: datetime.date, *, whole: bool) -> Outcome:
    data = read(text)
    early: tuple[Finding, ...] = ()
    if change.deed == "remove":
        if used := tuple(still_used(change.subject, data, load_knowledge(project / "bot" / "content"))):
            return Outcome(used, None)
    else:
        before = {field.name: field.shown(data) for field in change.fields}
        early = tuple(form_findings(change.subject, change.fields, change.values, before, today))
        # The rest is tried without them: half a form's mistakes would hide the other half, and bring false ones.
        as_before = {finding.field: before[finding.field] for finding in early}
        change = replace(change, values={**change.values, **as_before})
        if early and change.deed == "add":
            return Outcome(early, None)
    try:
        after = change.applied(text)
    except ImhError as error:
        return Outcome((*early, Finding("", str(error))), None)
    problems: list[Problem] = []
    with _scratch(project, change.subject.file, after) as scratch:
        try:
            knowledge = check(scratch) if whole else load_knowledge(scratch / "bot" / "content")
        except ContentError as error:
            problems = _ours(error.problems, change.subject.file, project)
            knowledge = _loaded(scratch)
    after_data = read(after)
    late = list(placed(problems, change.subject.file, change.fields, _entries(after_data)))
    if knowledge:
        late += rules.findings(change.subject, after_data, knowledge)
    return Outcome(tuple(dict.fromkeys((*early, *late))), None if early else knowledge)


def _entries(data: Any) -> list[str]:
    """The ids of a list of contacts."""
    return [entry["id"] for entry in data.get("contacts") or [] if "id" in entry]


def _loaded(scratch: Path) -> Knowledge | None:
    try:
        return load_knowledge(scratch / "bot" / "content")
    except ContentError:
        return None


def _ours(problems: Sequence[Problem], file: str, project: Path) -> list[Problem]:
    """Those of the file itself, and those elsewhere that the change brought."""
    if all(problem.file == file for problem in problems):
        return list(problems)
    try:
        check(project)
        before: tuple[Problem, ...] = ()
    except ContentError as error:
        before = error.problems
    return [problem for problem in problems if problem.file == file or problem not in before]


@contextmanager
def _scratch(project: Path, file: str, text: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        shutil.copytree(project / "bot" / "content", scratch / "bot" / "content")
        for part in _LINKED:
            (scratch / part).symlink_to(project / part)
        (scratch / file).write_text(text, encoding="utf-8")
        yield scratch
