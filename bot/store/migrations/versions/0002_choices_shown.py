"""How many of the choices offered last were shown on a phone: a text message has not always room for all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column, where a database that is older than revisions has not got it already; empty, it means all."""
    if "choices" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("sms_pages")}:
        op.add_column("sms_pages", sa.Column("choices", sa.Integer))
