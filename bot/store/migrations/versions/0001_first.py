"""The tables when migrations began; a database that is older than that gets what it lacks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.migrations.first_tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table that is not there, and complete those that are."""
    connection = op.get_bind()
    there = set(sa.inspect(connection).get_table_names())
    for table in metadata.sorted_tables:
        if table.name not in there:
            table.create(connection)
            continue
        inspector = sa.inspect(connection)
        columns = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in columns:
                op.add_column(table.name, sa.Column(
                    column.name, column.type, nullable=column.nullable, server_default=column.server_default))
        indexes = {index["name"] for index in inspector.get_indexes(table.name)}
        for index in table.indexes:
            if index.name not in indexes:
                index.create(connection)
