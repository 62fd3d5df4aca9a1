"""Who works in the console, and as what."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.console.people import audit
from bot.console.people.tables import people


class Role(IntEnum):
    """What somebody may do; each may do what those below may."""

    REVIEWER = 1
    EDITOR = 2
    ADMINISTRATOR = 3


@dataclass(frozen=True)
class Person:
    """A member of staff. `name` is typed to sign in, `shown` is what others read."""

    id: int
    name: str
    shown: str
    email: str
    role: Role


def person_of(row: Any) -> Person:
    """The person in a row of the table."""
    return Person(row.id, row.name, row.shown, row.email, Role(row.role))


def add(connection: Connection, by: Person | None, *, name: str, shown: str, email: str, role: Role) -> Person:
    """A new account, without a password yet. Raises IntegrityError where the name or the e-mail is taken."""
    values = {"name": name.strip().lower(), "shown": shown.strip(), "email": email.strip().lower(), "role": int(role)}
    key = connection.execute(people.insert().values(**values, enabled=True, made_at=time.time())).inserted_primary_key
    audit.record(connection, by, "people.invited", values["name"], after=values)
    return Person(key[0], values["name"], values["shown"], values["email"], role)


def find(connection: Connection, person_id: int) -> Person | None:
    """The person of this number, or None."""
    row = connection.execute(sa.select(people).where(people.c.id == person_id)).first()
    return person_of(row) if row else None
