"""Thumbs: what people thought of an answer, put beside the message that it answered."""

from __future__ import annotations

import json
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.console.inbox.collect import SETTLED_AFTER_S, events, give_reason
from bot.console.inbox.marks import mark, set_mark
from bot.console.inbox.reasons import Judged, reason_of
from bot.console.inbox.rules import Rules
from bot.console.inbox.turns import BOT, USER
from bot.store.tables import feedback, messages

BATCH = 500
_SEARCHED_EVENTS = 200
_MARK = "feedback"


def collect_thumbs(engine: Engine, rules: Rules, now: float | None = None) -> int:
    """Take over what is new in `feedback`; how many thumbs were read.

    Those of the last two minutes are read again: a message may be collected after its thumb.
    """
    now = time.time() if now is None else now
    with engine.begin() as connection:
        since = mark(connection, _MARK)
        rows = connection.execute(sa.select(feedback).where(feedback.c.created_at > since)
                                  .order_by(feedback.c.created_at).limit(BATCH)).all()
        for row in rows:
            _apply(connection, row, rules)
        settled = [row.created_at for row in rows if row.created_at <= now - SETTLED_AFTER_S]
        if settled:
            set_mark(connection, _MARK, max(settled))
    return len(rows)


def _apply(connection: Connection, thumb: Any, rules: Rules) -> None:
    row = _message(connection, thumb)
    if row is None or row.helped == thumb.value:
        return
    connection.execute(sa.update(messages).where(messages.c.id == row.id).values(helped=thumb.value))
    if thumb.value == "down":
        give_reason(connection, row, "thumbs_down")
    elif row.reason == "thumbs_down" and row.state == "new":  # thought better of
        reason = reason_of(Judged(row.id, row.kind, row.intent, row.confidence), rules)
        connection.execute(sa.update(messages).where(messages.c.id == row.id, messages.c.version == row.version).values(
            reason=reason, state="new" if reason else None))


def _message(connection: Connection, thumb: Any) -> Any | None:
    """The message that was answered with what got the thumb; None where it is not collected (yet), or was a button."""
    found = connection.execute(sa.select(messages).where(
        messages.c.answer_id == thumb.answer_id, messages.c.sender_id == thumb.sender_id)).first()
    if found is not None:
        return found
    # A message that asks two things has two answers; the row holds the id of the first.
    said = connection.execute(sa.select(events.c.id, events.c.data).where(
        events.c.sender_id == thumb.sender_id, events.c.type_name == BOT,
    ).order_by(events.c.id.desc()).limit(_SEARCHED_EVENTS)).all()
    answer = next((row.id for row in said if _id(row.data) == thumb.answer_id), None)
    if answer is None:
        return None
    asked = connection.execute(sa.select(events.c.id).where(
        events.c.sender_id == thumb.sender_id, events.c.id < answer, events.c.type_name == USER,
    ).order_by(events.c.id.desc()).limit(1)).scalar()
    return connection.execute(sa.select(messages).where(messages.c.id == asked)).first()


def _id(data: str) -> str | None:
    return ((json.loads(data).get("data") or {}).get("custom") or {}).get("id")
