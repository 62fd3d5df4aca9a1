"""Who put which message under which topic, and which topics wait for a second person.

The examples themselves are in files; `labels.repair` makes these follow.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.tables import metadata

labels = sa.Table(
    "console_labels",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("message_id", sa.Integer, nullable=False, index=True),
    sa.Column("topic", sa.String(64), nullable=False),  # an intent: ask_contact, crisis, out_of_scope, …
    sa.Column("mark", sa.String(32), nullable=False),  # kind of danger, distance; empty where the intent needs none
    sa.Column("use", sa.String(16), nullable=False),  # training, evaluation, known: it was there already
    sa.Column("text", sa.Text, nullable=False),  # as it stands in the file
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("asker", sa.String(16), nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("at", sa.Float, nullable=False, index=True),
    sa.Column("day", sa.String(10), nullable=False),  # that the file says
    sa.Column("state_before", sa.String(16)),  # of the message, to put back when the label is taken back
    sa.Column("undone_by", sa.String(64)),
    sa.Column("undone_at", sa.Float),
    # A message has one label at a time; of those that were taken back there may be many.
    sa.Index("console_labels_live", "message_id", unique=True, sqlite_where=sa.text("undone_at IS NULL"),
             postgresql_where=sa.text("undone_at IS NULL")),
)

proposals = sa.Table(
    "console_proposals",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("deed", sa.String(8), nullable=False),  # make, withdraw
    sa.Column("name", sa.String(128), nullable=False),  # of the topic
    sa.Column("form", sa.Text, nullable=False),  # JSON: what the topic is to be, or what becomes of its messages
    sa.Column("state", sa.String(16), nullable=False),  # waiting, agreed, ended
    sa.Column("version", sa.Integer, nullable=False),  # counts every change: what was seen is what is agreed on
    sa.Column("by_id", sa.Integer, nullable=False),
    sa.Column("decided_by", sa.Integer),  # who agreed to it, or took it back
    sa.Column("begun_at", sa.Float, nullable=False),
    sa.Column("changed_at", sa.Float, nullable=False),
    sa.Index("ix_console_proposals_state_changed_at", "state", "changed_at"),
)
