"""Stands for the room that keeps examples, so that the inbox's tests write no files: remembers labels, warns when told to."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store.tables import messages


@dataclass(frozen=True)
class FakeWarning:
    """As `teach.warnings.Warning`."""

    text: str
    topic: str
    use: str = "training"
    same: bool = True


class FakeConflict(Exception):
    """As `teach.labels.Conflict`."""

    def __init__(self, by: str, topic: str) -> None:
        super().__init__(by, topic)
        self.by, self.topic = by, topic


@dataclass
class Teaching:
    """What was labelled, by message: topic and who; and the warnings to give."""

    labelled: dict[int, tuple[str, str]] = field(default_factory=dict)
    warns: list[FakeWarning] = field(default_factory=list)
    error: Exception | None = None

    def label(self, engine: Engine, settings: Any, person: Any, message_id: int, topic: str, *, version: int) -> None:
        if self.error:
            raise self.error
        with engine.begin() as connection:
            if not connection.execute(sa.update(messages).where(
                    messages.c.id == message_id, messages.c.version == version,
            ).values(state="done", version=version + 1)).rowcount:
                topic, by = self.labelled.get(message_id, ("", ""))
                raise FakeConflict(by, topic)
        self.labelled[message_id] = (topic, person.shown)

    def undo(self, engine: Engine, settings: Any, person: Any, message_id: int) -> None:
        with engine.begin() as connection:
            connection.execute(sa.update(messages).where(messages.c.id == message_id).values(
                state="new", version=messages.c.version + 1))
        self.labelled.pop(message_id, None)

    def near(self, text: str, topic: str, settings: Any) -> list[FakeWarning]:
        return list(self.warns)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put this in the place of the room."""
        labels, warnings, room = (ModuleType(name) for name in ("labels", "warnings", "teach"))
        labels.label, labels.undo, labels.Conflict = self.label, self.undo, FakeConflict  # type: ignore[attr-defined]
        warnings.near = self.near  # type: ignore[attr-defined]
        room.__spec__ = ModuleSpec("bot.console.teach", None)
        room.labels, room.warnings = labels, warnings  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "bot.console.teach", room)
        monkeypatch.setitem(sys.modules, "bot.console.teach.labels", labels)
        monkeypatch.setitem(sys.modules, "bot.console.teach.warnings", warnings)
