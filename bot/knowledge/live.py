"""The knowledge that is live in this process: swapped as a whole when a release is, never changed in place.

A turn that began before a release ends on the knowledge that it began with.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import Iterator

from bot.knowledge.loading import load_knowledge
from bot.knowledge.values import Knowledge

_live: Knowledge | None = None
_held: ContextVar[Knowledge | None] = ContextVar("held_knowledge", default=None)


def use(knowledge: Knowledge) -> None:
    """Answer from `knowledge` from the next turn on."""
    global _live
    _live = knowledge


def current() -> Knowledge:
    """The knowledge of this turn, else the live one; the repository's where no release was loaded (`rasa run actions`)."""
    if held := _held.get():
        return held
    if _live is None:
        use(load_knowledge())
    assert _live is not None
    return _live


@contextmanager
def one_knowledge(knowledge: Knowledge | None = None) -> Iterator[None]:
    """Within, `current` is `knowledge`, else stays what it is now, in this task and whatever it awaits, whichever release
    goes live."""
    token = _held.set(knowledge or current())
    try:
        yield
    finally:
        _held.reset(token)
