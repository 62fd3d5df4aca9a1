"""Stands for the room that keeps examples, so that the inbox's tests write no files: remembers labels, warns when told
to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.console.teach import labels, warnings
from bot.console.teach.examples import TRAINING
from bot.console.teach.labels import Conflict
from bot.console.teach.warnings import Warning
from bot.store.tables import messages


@dataclass
class Teaching:
    """What was labelled, by message: topic and who; the warnings to give; the error to raise."""

    labelled: dict[int, tuple[str, str]] = field(default_factory=dict)
    warns: list[Warning] = field(default_factory=list)
    error: Exception | None = None

    def label(self, engine: Engine, settings: Any, person: Any, message_id: int, topic: str, *, version: int,
              mark: str = "") -> None:
        if self.error:
            raise self.error
        with engine.begin() as connection:
            if not connection.execute(sa.update(messages).where(
                    messages.c.id == message_id, messages.c.version == version,
            ).values(state="done", version=version + 1)).rowcount:
                topic, by = self.labelled.get(message_id, ("", ""))
                raise Conflict(by, topic)
        self.labelled[message_id] = (topic, person.shown)

    def undo(self, engine: Engine, settings: Any, person: Any, message_id: int) -> None:
        with engine.begin() as connection:
            connection.execute(sa.update(messages).where(messages.c.id == message_id).values(
                state="new", version=messages.c.version + 1))
        self.labelled.pop(message_id, None)

    def near(self, text: str, topic: str, settings: Any) -> list[Warning]:
        return list(self.warns)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put this in the place of the room."""
        for module, name in ((labels, "label"), (labels, "undo"), (warnings, "near")):
            monkeypatch.setattr(module, name, getattr(self, name))


def warning(text: str, topic: str, use: str = TRAINING) -> Warning:
    """The same words, under a topic."""
    return Warning(text, topic, use, same=True)
