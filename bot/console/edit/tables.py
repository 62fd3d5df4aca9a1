"""Changes of the content that are not in its files yet, and those that were."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.tables import metadata

drafts = sa.Table(
    "console_drafts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("file", sa.String(255), nullable=False, index=True),  # by its path in the project
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("name", sa.String(128), nullable=False),
    sa.Column("deed", sa.String(8), nullable=False),  # change, add, remove
    sa.Column("base", sa.Text, nullable=False),  # the file as it was when the draft was begun
    sa.Column("base_hash", sa.String(64), nullable=False),
    sa.Column("changes", sa.Text, nullable=False),  # JSON: field name -> new value, of those that differ from the base
    # open, waiting, approved, publishing, published, withdrawn
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),  # counts every change: what was seen is what is approved
    sa.Column("by_id", sa.Integer, nullable=False, index=True),
    sa.Column("begun_at", sa.Float, nullable=False),
    sa.Column("changed_at", sa.Float, nullable=False, index=True),
    sa.Column("approved_by", sa.Integer),
    # While it is being published: who publishes, and the hash of the file as it will be.
    sa.Column("published_by", sa.Integer),
    sa.Column("result_hash", sa.String(64)),
)
