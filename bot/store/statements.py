"""The statements of a turn, put together once: that takes SQLAlchemy longer than SQLite takes to do what they say.

    REMEMBERED   sender_id -> slots, updated_at
    TAIL         sender_id, most -> the last events, newest first
    ADD_EVENTS   one row an event
    BEGIN        sender_id, slots, updated_at: the first turn of a conversation
    GO_ON        whose, found_at, slots, now: a later one, onto what the turn has found and nothing else
    REPLY        sender_id, message_id, since -> the reply that was given
    KEEP_REPLY   sender_id, message_id, body, now, until: unless one is there that was given later than `until`
"""

from __future__ import annotations

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore

from bot.store import tables

EVENTS: sa.Table = SQLTrackerStore.SQLEvent.__table__
_conversations, _replies = tables.conversations.c, tables.replies.c

REMEMBERED = sa.select(_conversations.slots, _conversations.updated_at).where(
    _conversations.sender_id == sa.bindparam("sender_id"))

TAIL = (sa.select(EVENTS.c.data).where(EVENTS.c.sender_id == sa.bindparam("sender_id"))
        .order_by(EVENTS.c.id.desc()).limit(sa.bindparam("most")))

ADD_EVENTS = sa.insert(EVENTS)

BEGIN = sa.insert(tables.conversations)

GO_ON = (sa.update(tables.conversations)
         .where(_conversations.sender_id == sa.bindparam("whose"),
                _conversations.updated_at == sa.bindparam("found_at"))
         .values(slots=sa.bindparam("slots"), updated_at=sa.bindparam("now")))

REPLY = sa.select(_replies.body).where(
    _replies.sender_id == sa.bindparam("sender_id"), _replies.message_id == sa.bindparam("message_id"),
    _replies.created_at > sa.bindparam("since"))

# In words, which both databases read alike: SQLAlchemy puts ON CONFLICT together anew each time.
KEEP_REPLY = sa.text(f"""
    INSERT INTO {tables.replies.name} (sender_id, message_id, body, created_at)
    VALUES (:sender_id, :message_id, :body, :now)
    ON CONFLICT (sender_id, message_id) DO UPDATE SET body = excluded.body, created_at = excluded.created_at
    WHERE {tables.replies.name}.created_at <= :until""")
