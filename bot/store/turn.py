"""The turn that is being answered: how a channel learns whether it was really stored.

Rasa wraps every tracker store in a fail-safe one: with the database away, `save` raises nothing and writes to memory.
So the store signs a receipt that travels with the turn, and the channel says 200 only where it was signed.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping


@dataclass
class Turn:
    """One message on its way. `reply` gives the messages sent so far, to be stored in the same transaction."""

    sender_id: str
    message_id: str | None
    reply: Callable[[], list[Mapping[str, Any]]] = field(repr=False)
    unread: bool = False  # what the conversation remembers could not be read; writing would wipe it out
    read_at: float | None = None  # the conversation's `updated_at` as this turn found it; None where there was no row
    committed: bool = False


current_turn: ContextVar[Turn | None] = ContextVar("current_turn", default=None)
