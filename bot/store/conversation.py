"""What a visitor may do with a conversation of their own: say whether an answer helped, and have all of it erased."""

from __future__ import annotations

import json
import time
from typing import Any

import sqlalchemy as sa

from bot.store import personal, tables
from bot.store.database import upsert
from bot.store.tracker import BoundedTrackerStore


def answered(store: BoundedTrackerStore, sender_id: str, answer_id: str) -> bool:
    """Whether a message with this id was said in this conversation."""
    events = store.events_table
    rows = sa.select(events.c.data).where(
        events.c.sender_id == sender_id, events.c.type_name == "bot",
        # The id narrows the search; whether it stands where an id stands is seen below.
        events.c.data.contains(json.dumps(answer_id), autoescape=True))
    with store.engine.connect() as connection:
        found = connection.execute(rows).scalars().all()
    return any(_answer_id(json.loads(row)) == answer_id for row in found)


def keep_feedback(store: BoundedTrackerStore, sender_id: str, answer_id: str, *, value: str,
                  text: str | None) -> None:
    """Keep what a person thinks of an answer; what they thought of it before is written over.

    A later click without words keeps the words that were there.
    """
    values = {"value": value, "created_at": time.time(), **({"text": text} if text else {})}
    with store.engine.begin() as connection:
        upsert(connection, tables.feedback, {"sender_id": sender_id, "answer_id": answer_id}, values)


def erase(store: BoundedTrackerStore, sender_id: str) -> None:
    """Delete what is stored of a conversation; see `personal.erase`."""
    personal.erase(store.engine, sender_id)


def _answer_id(event: dict[str, Any]) -> str | None:
    """The `custom.id` of something that the bot said."""
    return ((event.get("data") or {}).get("custom") or {}).get("id")
