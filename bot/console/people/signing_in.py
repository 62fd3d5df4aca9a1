"""Signing in with a password, and choosing one."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.console.people import attempts, audit, links, passwords, sessions
from bot.console.people.accounts import Person, person_of
from bot.console.people.sessions import Session
from bot.console.people.tables import people


@dataclass(frozen=True)
class Wait:
    """Too many wrong passwords: nothing is looked at for so many seconds."""

    seconds: float


def sign_in(engine: Engine, name: str, password: str, address: str) -> Person | Wait | None:
    """Who this is; None where name and password do not go together; or how long to wait.

    An unknown name, one without a password and a wrong password take the same time and leave the same traces.
    """
    if wait_s := attempts.claim(engine, name, address):
        return Wait(wait_s)
    with engine.connect() as connection:
        row = connection.execute(
            sa.select(people).where(people.c.name == name.strip().lower(), people.c.enabled)).first()
    if not passwords.matches(password, row.password if row else None):
        if attempts.is_locked(engine, name):
            with engine.begin() as connection:
                # What was typed may be a password, and this log is for ever: only a name that is one is written down.
                audit.record(connection, None, "people.locked", row.name if row else "?")
        return None
    attempts.was_right(engine, name, address)
    if passwords.is_outdated(row.password):
        kept = passwords.hashed(password)
        with engine.begin() as connection:
            _keep(connection, row.id, kept)
    return person_of(row)


def change(engine: Engine, session: Session, password: str) -> None:
    """Give the person of this session another password; their other sessions end."""
    kept = passwords.hashed(password)  # takes its time: not while the database is held
    with engine.begin() as connection:
        _keep(connection, session.person.id, kept)
        sessions.end_all(connection, session.person, but=session)
        audit.record(connection, session.person, "people.password", session.person.name)


def choose(engine: Engine, token: str, password: str) -> Person | None:
    """Choose a password with a one-time link: whose it is now; None where the link was not good. All sessions end."""
    kept = passwords.hashed(password)
    with engine.begin() as connection:
        person = links.owner(connection, token)
        if person is None or not links.use(connection, token):
            return None
        _keep(connection, person.id, kept)
        sessions.end_all(connection, person)
        audit.record(connection, person, "people.joined", person.name)
        return person


def _keep(connection: Connection, person_id: int, kept: str) -> None:
    connection.execute(people.update().where(people.c.id == person_id).values(password=kept))
