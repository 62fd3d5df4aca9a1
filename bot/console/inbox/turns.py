"""What Rasa's events say of one turn: who asked what, what was understood, how it was answered."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, Container, Iterable, Mapping, Sequence

TOPIC_PREFIX = "ask_"
USER, BOT, LISTEN = "user", "bot", "action_listen"
_CRISIS = "crisis"


@dataclass(frozen=True)
class Event:
    """A row of Rasa's `events` table: what a person wrote (user), what was said (bot), or that the bot listens again.

    `at` is in seconds since 1970, `data` the event as JSON.
    """

    id: int
    sender_id: str
    type: str
    at: float
    data: str


@dataclass(frozen=True)
class Turn:
    """A user's event and what the bot said to it, read; `over` once nothing more can be said to it."""

    asked: Event
    event: Mapping[str, Any]
    said: Sequence[Mapping[str, Any]]
    answered_at: float | None
    over: bool

    @classmethod
    def of(cls, asked: Event, bot: Sequence[Event], *, over: bool) -> Turn:
        said = [_custom(event) for event in bot]
        return cls(asked, json.loads(asked.data), said, bot[-1].at if bot else None, over)

    @property
    def intent(self) -> str:
        return str((self._parsed.get("intent") or {}).get("name"))

    @property
    def kind(self) -> str:
        """What the reply's first message is: answer, clarify, crisis, …"""
        return self._answered("kind") or ""

    @property
    def confidence(self) -> float:
        return float((self._parsed.get("intent") or {}).get("confidence") or 0.0)

    @property
    def is_payload(self) -> bool:
        """Whether a button was pressed: no message of a person's begins with a slash (exchange.py changes it)."""
        return str(self.event.get("text") or "").startswith("/")

    @property
    def picked(self) -> str | None:
        """The topic that a button or a number chose; None where the message is neither."""
        if self.is_payload:
            return self.intent.removeprefix(TOPIC_PREFIX)
        return self._answered("topic") if self.intent == "choose" and self.said else None

    @property
    def danger(self) -> float:
        """How sure (0-1) the classifier was of danger."""
        ranking = self._parsed.get("intent_ranking") or []
        return float(next((entry["confidence"] for entry in ranking if entry["name"] == _CRISIS), 0.0))

    def row(self) -> dict[str, Any]:
        """The message as a row of `messages`, without reason and state. Only of a turn that was answered."""
        best = [*((entry["name"].removeprefix(TOPIC_PREFIX), float(entry["confidence"])) for entry in self._topics()),
                (None, None), (None, None)]
        asked_at, answered_at = self.asked.at, self.answered_at
        return {
            "id": self.asked.id, "sender_id": self.asked.sender_id, "at": asked_at,
            "day": time.strftime("%Y-%m-%d", time.localtime(asked_at)),
            "channel": str(self.event.get("input_channel") or ""), "language": self._answered("language") or "",
            "audience": self._answered("audience") or "", "text": str(self.event.get("text") or ""),
            "kind": self.kind, "topic": self._answered("topic"),
            "intent": self.intent, "confidence": self.confidence,
            "first": best[0][0], "first_confidence": best[0][1],
            "second": best[1][0], "second_confidence": best[1][1],
            # The event of a message is made when it is understood.
            "took_ms": None if answered_at is None else max(0.0, answered_at - asked_at) * 1000 + float(
                self._parsed.get("understood_ms") or 0.0),
            "answer_id": self._answered("id"),
        }

    @property
    def _parsed(self) -> Mapping[str, Any]:
        return self.event.get("parse_data") or {}

    def _topics(self) -> list[Mapping[str, Any]]:
        # The ranking is cut short; `topics` holds the likeliest topics however unlikely they are.
        ranked = self._parsed.get("topics") or self._parsed.get("intent_ranking") or []
        return [entry for entry in ranked if entry["name"].startswith(TOPIC_PREFIX)]

    def _answered(self, key: str) -> str | None:
        """A value of the reply's first message."""
        value = self.said[0].get(key) if self.said else None
        return None if value is None else str(value)


def turns(events: Iterable[Event], skip: Container[int] = ()) -> list[Turn]:
    """The turns of some events, which are in order: a user's event and what follows of the same sender up to the next.

    Turns whose user's event is in `skip` are passed over without being read.
    """
    asked: list[Event] = []
    said: dict[int, list[Event]] = {}
    over: set[int] = set()
    last: dict[str, int] = {}
    for event in events:
        if event.type == USER:
            if event.sender_id in last:
                over.add(last[event.sender_id])
            asked.append(event)
            last[event.sender_id] = event.id
            said[event.id] = []
        elif event.sender_id in last and event.type == BOT:
            said[last[event.sender_id]].append(event)
        elif event.sender_id in last:
            over.add(last[event.sender_id])  # the bot listens again
    return [Turn.of(event, said[event.id], over=event.id in over) for event in asked if event.id not in skip]


def _custom(event: Event) -> Mapping[str, Any]:
    return ((json.loads(event.data).get("data") or {}).get("custom")) or {}
