"""What staff changed and nobody has committed yet."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.tables import metadata

unrecorded = sa.Table(
    "console_unrecorded",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.Float, nullable=False, index=True),
    # As the person was then: a commit names them even when the account has gone.
    sa.Column("person", sa.String(64), nullable=False),
    sa.Column("shown", sa.String(128), nullable=False),
    sa.Column("email", sa.String(254), nullable=False),
    sa.Column("files", sa.Text, nullable=False),  # JSON list of names under the staff folder
    sa.Column("message", sa.Text, nullable=False),
)
