"""What a turn says, as a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping

from bot.knowledge import Answer


@dataclass(frozen=True)
class Reply:
    """The messages of a turn in their order, and the slots that change besides those that every turn sets."""

    messages: tuple[Answer, ...]
    slots: Mapping[str, Any] = field(default_factory=dict)
