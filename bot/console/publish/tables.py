"""The history of releases: what went live, when, by whom."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.tables import metadata

releases = sa.Table(
    "console_releases",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.Float, nullable=False, index=True),
    sa.Column("bundle", sa.String(16), nullable=False),
    sa.Column("training", sa.String(64), nullable=False),  # the key of the model
    sa.Column("content", sa.String(16), nullable=False),  # the hash of what is said
    # model, content, back; found: what was live before the console released anything over it
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("person_id", sa.Integer),  # null: not by the console
    sa.Column("person", sa.String(128)),  # as they were called then
    sa.Column("reason", sa.Text, nullable=False),
    # What the gate said and an administrator overruled, JSON list of sentences.
    sa.Column("overruled", sa.Text, nullable=False),
    # False while the release is on its way: whoever comes next finds out whether it went live.
    sa.Column("done", sa.Boolean, nullable=False),
)
