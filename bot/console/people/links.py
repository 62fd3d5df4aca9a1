"""One-time links: whoever holds one may choose the password of one account, once, for a while."""

from __future__ import annotations

import time

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.console.people.accounts import Person, person_of
from bot.console.people.sessions import hashed, new_token
from bot.console.people.tables import links, people

INVITED_S = 72 * 60 * 60
FIRST_S = 60 * 60


def make(connection: Connection, person: Person, lasts_s: float) -> str:
    """The token of a new link; the person's earlier ones end."""
    token = new_token()
    connection.execute(links.delete().where(links.c.person_id == person.id))
    ends_at = time.time() + lasts_s
    connection.execute(links.insert().values(token_hash=hashed(token), person_id=person.id, ends_at=ends_at))
    return token


def owner(connection: Connection, token: str) -> Person | None:
    """Whose password the link lets one choose; None where it was used, has ended or never was."""
    row = connection.execute(
        sa.select(people).join(links, links.c.person_id == people.c.id)
        .where(links.c.token_hash == hashed(token), links.c.ends_at >= time.time(), people.c.enabled)).first()
    return person_of(row) if row else None


def use(connection: Connection, token: str) -> bool:
    """Use the link up; whether this was the first to use it."""
    return connection.execute(links.delete().where(links.c.token_hash == hashed(token))).rowcount == 1
