"""Brings a database up to the tables that this program knows: looks first, and changes something only where it has to."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.errors import StoreError

# The last revision in `migrations/versions`; a test holds both together.
REVISION = "0003"
_FOLDER = Path(__file__).resolve().parent / "migrations"
_VERSION = sa.table("alembic_version", sa.column("version_num"))
# Any number that nothing else in the database locks with.
_LOCK = 0x1317138
_WAIT_FOR_OTHERS_MS = 20_000


def migrate(engine: Engine) -> str | None:
    """Bring the tables up to date; the revision that they had, None where they had none.

    Workers that start together wait for the first, and find nothing left to do. Raises StoreError where the database is
    of a newer program than this, and what SQLAlchemy raises where it is away.
    """
    if (found := revision_of(engine)) == REVISION:
        return found
    # Here, for most starts end above: Alembic takes longer to import than a database to answer.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    with _alone(engine) as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StoreError(f"The database is of a newer version of this program (its revision is {found}, the last one "
                             f"known here is {REVISION}); update the program.") from error
    return found


def revision_of(engine: Engine) -> str | None:
    """The revision of the database's tables; None where nothing was ever migrated."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(_VERSION.name):
            return None
        return connection.execute(sa.select(_VERSION.c.version_num)).scalar()


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction that no other process changes tables beside."""
    with engine.connect() as connection:
        on_file = engine.dialect.name == "sqlite"
        if on_file:
            before = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_WAIT_FOR_OTHERS_MS}")
        try:
            with connection.begin():
                connection.exec_driver_sql("BEGIN IMMEDIATE" if on_file else f"SELECT pg_advisory_xact_lock({_LOCK})")
                yield connection
        finally:
            if on_file:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={before}")
