"""Sessions: a random token in a cookie, its hash in the database, and the token that forms must carry."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.console.people.accounts import Person, person_of
from bot.console.people.tables import people, sessions

IDLE_S = 60 * 60
ABSOLUTE_S = 12 * 60 * 60
# A session's last use is written down at most so often: pages that ask every second need not write every second.
_USED_EVERY_S = 60


@dataclass(frozen=True)
class Session:
    """A signed-in person. `csrf` is what each of their forms carries; `said` a sentence for the next page, as JSON."""

    token_hash: str
    person: Person
    csrf: str
    said: str | None


def new_token() -> str:
    """256 random bits, fit for a cookie or an address."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """What is kept of a token: enough to know it again, nothing to sign in with."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_of(token: str) -> str:
    """The form token of a session's token: no other site knows it, and it gives the other one away to nobody."""
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()


def begin(connection: Connection, person: Person) -> str:
    """A new session of a person; its token, which is kept nowhere else than in the cookie."""
    token, now = new_token(), time.time()
    connection.execute(sessions.delete().where(sessions.c.made_at < now - ABSOLUTE_S))
    connection.execute(sessions.insert().values(token_hash=hashed(token), person_id=person.id, made_at=now,
                                                used_at=now))
    return token


def current(engine: Engine, token: str) -> Session | None:
    """The session of a token, unless it has ended or the person may no longer sign in."""
    now = time.time()
    wanted = (sa.select(people, sessions.c.token_hash, sessions.c.said, sessions.c.used_at)
              .join(sessions, sessions.c.person_id == people.c.id)
              .where(sessions.c.token_hash == hashed(token), people.c.enabled, sessions.c.made_at >= now - ABSOLUTE_S,
                     sessions.c.used_at >= now - IDLE_S))
    with engine.connect() as connection:
        row = connection.execute(wanted).first()
    if row is None:
        return None
    if row.used_at < now - _USED_EVERY_S:
        with engine.begin() as connection:
            connection.execute(sessions.update().where(sessions.c.token_hash == row.token_hash).values(used_at=now))
    return Session(row.token_hash, person_of(row), csrf_of(token), row.said)


def end(connection: Connection, session: Session) -> None:
    """Sign out here."""
    connection.execute(sessions.delete().where(sessions.c.token_hash == session.token_hash))


def end_all(connection: Connection, person: Person, *, but: Session | None = None) -> int:
    """Sign out everywhere (but here); how many sessions ended."""
    others = sessions.delete().where(sessions.c.person_id == person.id)
    if but:
        others = others.where(sessions.c.token_hash != but.token_hash)
    return connection.execute(others).rowcount


def leave_word(engine: Engine, session: Session, key: str, values: dict[str, object]) -> None:
    """A sentence that the person's next page shows."""
    said = json.dumps([key, values], default=str)
    with engine.begin() as connection:
        connection.execute(sessions.update().where(sessions.c.token_hash == session.token_hash).values(said=said))


def take_word(engine: Engine, session: Session) -> tuple[str, dict[str, object]] | None:
    """The sentence that was left, once: its key and its values."""
    if session.said is None:
        return None
    with engine.begin() as connection:
        connection.execute(sa.update(sessions).where(sessions.c.token_hash == session.token_hash).values(said=None))
    key, values = json.loads(session.said)
    return key, values
