"""What an action knows when it is asked for a reply: the message, and what the conversation remembers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Mapping

from rasa_sdk import Tracker

from actions.said import Said

CHOICES_KEPT_S = 24 * 3600
# Below this a message is too short or too mixed to tell its language, and the last one is kept.
LANGUAGE_AT = 0.75

# Intents by which a person asks for another language or another audience, and what each asks for.
CHANGES = {
    "change_to_spanish": ("language", "es"),
    "change_to_english": ("language", "en"),
    "change_to_parent": ("audience", "parent"),
    "change_to_provider": ("audience", "provider"),
}


@dataclass(frozen=True)
class Memory:
    """One turn: what was understood (`intent`, `topics`, …) and what is remembered (`last_topic`, `choices`, …).

    `topics` are the likeliest with their confidence, best first; `leaning` is the confidence (0-1) that the message
    asks where the answer before is from; `leans` says how the message leans on what came before ("stays",
    "goes_on", "perhaps", "hardly", "no"); `quotation_unread`: the channel showed the point alone and has not yet shown all
    of the quotation; `erasable`: whoever writes may have the conversation erased; `one_message`: the channel sends the whole
    reply as one text; `asked` holds the slots of what was asked for in words or by the switch; `move` is what the
    message says where it is nothing but a move (bot/content/moves.yml).

    `before` is what the reply before left.
    """

    intent: str
    confidence: float
    topics: tuple[tuple[str, float], ...]
    leaning: float
    leans: str
    also: str | None
    entities: Mapping[str, Mapping[str, Any]]
    danger: tuple[str, ...]
    language: str
    audience: str
    last_topic: str | None
    choices: tuple[str, ...]
    clarified: int
    crisis: tuple[str, ...]
    noticed: bool
    quotation_unread: bool
    erasable: bool
    one_message: bool
    asked: Mapping[str, str | None]
    move: str | None
    before: Said

    @classmethod
    def of(cls, tracker: Tracker, move: str | None = None) -> Memory:
        """Reads the tracker; what was never said is empty, not missing."""
        message, slots = tracker.latest_message, tracker.slots
        spoken = next((event for event in reversed(tracker.events) if event["event"] == "user"), {})
        metadata = spoken.get("metadata") or {}
        intent = str((message.get("intent") or {}).get("name"))
        entities = {entity["entity"]: entity for entity in reversed(message.get("entities") or [])}
        # "In plain English", said to a bot that speaks Spanish, asks for English; "soy mala madre" for nothing of the kind.
        what, value = CHANGES.get(intent, ("", ""))
        if move == "simpler" and what == "language" and value != (slots.get("language") or "en"):
            move = None
        asked = _asked("" if move else intent, entities, metadata, slots)
        fresh = time.time() - (slots.get("choices_at") or 0) < CHOICES_KEPT_S
        return cls(
            intent=intent,
            confidence=float((message.get("intent") or {}).get("confidence") or 0.0),
            topics=tuple((entry["name"][len("ask_"):], entry["confidence"]) for entry in message.get("topics") or []),
            leaning=next((entry["confidence"] for entry in message.get("intent_ranking") or []
                          if entry["name"] == "says_who"), 0.0),
            leans=str(message.get("leans") or "no"),
            also=message.get("also"),
            entities=entities,
            danger=tuple((message.get("crisis") or {}).get("kinds") or ()),
            language=asked["language_asked"] or _detected(message) or slots.get("language") or "en",
            audience=(asked["audience_asked"] or entities.get("role", {}).get("value") or slots.get("audience")
                      or metadata.get("default_audience") or "parent"),
            last_topic=slots.get("last_topic"),
            # Some of those offered a channel had no room for: "the last one" is the last that the person saw.
            choices=tuple(slots.get("choices") or ())[:metadata.get("choices_shown")] if fresh else (),
            clarified=int(slots.get("clarified") or 0),
            crisis=tuple(slots.get("crisis") or ()),
            noticed=bool(slots.get("noticed")),
            quotation_unread=bool(metadata.get("quotation_unread")),
            erasable=bool(metadata.get("erasable")),
            one_message=bool(metadata.get("one_message")),
            asked=asked,
            move=move,
            before=Said.of(tracker.events),
        )

    def likely(self, confidence: float) -> tuple[str, ...]:
        """Topics of at least this confidence (0-1), best first."""
        return tuple(name for name, sure in self.topics if sure >= confidence)


def _asked(intent: str, entities: Mapping[str, Mapping[str, Any]], metadata: Mapping[str, Any],
           slots: Mapping[str, Any]) -> dict[str, str | None]:
    """Language and audience as asked for, in words or by the page's switch: whichever moved last holds."""
    asked: dict[str, str | None] = {}
    for what in ("language", "audience"):
        asked[f"{what}_asked"] = slots.get(f"{what}_asked")
        asked[f"{what}_switch"] = slots.get(f"{what}_switch")
        # The page sends its switch with every message; only a switch that was moved overrules what was said since.
        switch = metadata.get(what)
        if switch and switch != asked[f"{what}_switch"]:
            asked[f"{what}_asked"] = asked[f"{what}_switch"] = switch
    if entities.get("role", {}).get("explicit"):
        asked["audience_asked"] = entities["role"]["value"]
    if intent in CHANGES:
        what, value = CHANGES[intent]
        asked[f"{what}_asked"] = value
    return asked


def _detected(message: Mapping[str, Any]) -> str | None:
    detected = message.get("language") or {}
    return detected.get("code") if detected.get("confidence", 0.0) >= LANGUAGE_AT else None
