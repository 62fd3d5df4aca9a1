"""What the components say to each other on a message: names of properties, and the ranking they share."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence

from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY
from rasa.shared.nlu.training_data.message import Message

# Properties set by one component and read by a later one (or, where they are output, by the actions).
SEGMENTS = "segments"
CUTS = "cuts"
HALVES = "halves"
HALF_RANKINGS = "half_rankings"
TOPICS = "topics"
ALSO = "also"
CRISIS_PROPERTY = "crisis"
RANKING = "ranking"
LEANS = "leans"
ASKED = "asked"

CRISIS = "crisis"
ALL_SAFE = "all_safe"
OUT_OF_SCOPE = "out_of_scope"
FALLBACK = "nlu_fallback"
TOPIC_PREFIX = "ask_"

# The whole ranking would be written into the history at every turn; nobody reads further than this.
RANKING_LENGTH = 10

Ranking = Sequence[Mapping[str, Any]]
"""Intents best first, each `{"name": str, "confidence": 0..1}`."""


def topics_of(ranking: Ranking) -> list[Mapping[str, Any]]:
    """The topics of a ranking, best first: no crisis, no small talk, nothing out of scope."""
    return [entry for entry in ranking if entry["name"].startswith(TOPIC_PREFIX)]


def confidence_of(ranking: Ranking, intent: str) -> float:
    """The confidence of one intent, 0 where it is not ranked."""
    return next((entry["confidence"] for entry in ranking if entry["name"] == intent), 0.0)


def set_intent(message: Message, intent: str, confidence: float, ranking: Iterable[Mapping[str, Any]] = ()) -> None:
    """Decide for an intent; it leads the ranking that is handed on."""
    decided = {"name": intent, "confidence": confidence}
    others = [entry for entry in ranking if entry["name"] != intent]
    message.set(INTENT, decided, add_to_output=True)
    message.set(INTENT_RANKING_KEY, [decided, *others][:RANKING_LENGTH], add_to_output=True)
