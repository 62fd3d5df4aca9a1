"""Our own tables, beside Rasa's `events`: what a conversation remembers, and the replies that were given.

    conversations   one row a sender: its slots, so that a long history need not be read to know them
    replies         one row a message id: the reply, so that a message that comes twice is answered once
    feedback        one row an answer: whether it helped, and a word on it for the staff
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("sender_id", sa.String(255), primary_key=True),
    sa.Column("slots", sa.Text, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False, index=True),
)

replies = sa.Table(
    "replies",
    metadata,
    sa.Column("sender_id", sa.String(255), primary_key=True),
    sa.Column("message_id", sa.String(128), primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False, index=True),
)

feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("sender_id", sa.String(255), primary_key=True),
    sa.Column("answer_id", sa.String(128), primary_key=True),
    sa.Column("value", sa.String(8), nullable=False),
    sa.Column("text", sa.Text, nullable=True),
    sa.Column("created_at", sa.Float, nullable=False, index=True),
)
