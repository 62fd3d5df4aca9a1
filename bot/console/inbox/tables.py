"""What the inbox remembers beside `messages`: nobody's words, so nothing here has to be erased with a conversation.

    inbox_marks     how far the collector has come
    inbox_groups    one row a group of open messages that mean the same; its title is the text of its central message
    inbox_changes   who changed the state of a message last, to tell the second of two reviewers
    inbox_pending   what one person decided on a message about danger, until a second one confirms it
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.tables import metadata

marks = sa.Table(
    "inbox_marks",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.Float, nullable=False),
)

groups = sa.Table(
    "inbox_groups",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("central", sa.Integer, nullable=False),  # the message that stands for all
    sa.Column("size", sa.Integer, nullable=False),  # of open messages
    sa.Column("score", sa.Float, nullable=False),  # how much labelling them would help (ranking.py)
    sa.Index("ix_inbox_groups_score", "score", "id"),
)

changes = sa.Table(
    "inbox_changes",
    metadata,
    sa.Column("message_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("person_id", sa.Integer, nullable=False),
    sa.Column("person", sa.String(255), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)

pending = sa.Table(
    "inbox_pending",
    metadata,
    sa.Column("message_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("topic", sa.String(64), nullable=False),
    sa.Column("reason_before", sa.String(16), nullable=False),  # that the message has again where it is withdrawn
    sa.Column("person_id", sa.Integer, nullable=False),
    sa.Column("person", sa.String(255), nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)
