"""Who put which message under which topic. The examples themselves are in files; `labels.repair` makes these follow."""

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
