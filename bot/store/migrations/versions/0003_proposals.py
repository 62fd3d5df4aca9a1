"""Topics that one of the staff proposed to make or to withdraw, until a second one agrees."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table, where a database that is older than revisions has not got it already."""
    if sa.inspect(op.get_bind()).has_table("console_proposals"):
        return
    op.create_table(
        "console_proposals",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("deed", sa.String(8), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("by_id", sa.Integer, nullable=False),
        sa.Column("decided_by", sa.Integer),
        sa.Column("begun_at", sa.Float, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
    )
    op.create_index("ix_console_proposals_state_changed_at", "console_proposals", ["state", "changed_at"])
