"""What Alembic runs to bring a database up to date, on the connection that `bot.store.migrate` hands over, locked."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
