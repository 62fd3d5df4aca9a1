"""The knowledge that is live in this process: swapped as a whole when a release is, never changed in place."""

from __future__ import annotations

from bot.knowledge.loading import load_knowledge
from bot.knowledge.values import Knowledge

_live: Knowledge | None = None


def use(knowledge: Knowledge) -> None:
    """Answer from `knowledge` from the next turn on."""
    global _live
    _live = knowledge


def current() -> Knowledge:
    """The live knowledge; the content in the repository where no release was loaded (`rasa run actions`, tests)."""
    if _live is None:
        use(load_knowledge())
    return _live
