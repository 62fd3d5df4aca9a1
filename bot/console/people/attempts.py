"""Guessing passwords is slow: a name is locked for a while, and an address waits longer with every wrong one.

Names are counted whether or not there is such an account, so that a lock tells nobody that there is. An attempt is
counted before the password is looked at, and taken back if it was right: a hundred guesses at once are a hundred
guesses.
"""

from __future__ import annotations

import hashlib
import time

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.console.people.tables import attempts
from bot.store.database import insert_new

LOCKED_AFTER = 5
LOCKED_S = 15 * 60
SLOWED_AFTER = 10
MAX_WAIT_S = 60


def claim(engine: Engine, name: str, address: str) -> float:
    """Take one attempt of `name` from `address`: 0, or the seconds until there is one to take."""
    now = time.time()
    with engine.begin() as connection:
        # In this order everywhere, so that two of them never wait for each other.
        by_name = _held(connection, _name_key(name), now)
        by_address = _held(connection, _address_key(address), now)
        wait_s = max(_lock_s(*by_name, now), _pause_s(*by_address, now))
        if wait_s <= 0:
            _count(connection, _name_key(name), by_name[0] + 1, now)
            _count(connection, _address_key(address), by_address[0] + 1, now)
    return max(0.0, wait_s)


def was_right(engine: Engine, name: str, address: str) -> None:
    """The attempt was no guess: forget those of the name, and this one of the address, but not its others."""
    with engine.begin() as connection:
        _held(connection, _name_key(name), time.time())
        _count(connection, _name_key(name), 0, 0)
        connection.execute(attempts.update().where(attempts.c.key == _address_key(address), attempts.c.failures > 0)
                           .values(failures=attempts.c.failures - 1))
    with engine.begin() as connection:
        connection.execute(attempts.delete().where(attempts.c.last_at < time.time() - LOCKED_S))


def is_locked(engine: Engine, name: str) -> bool:
    """Whether the next attempt of the name will be refused."""
    now = time.time()
    with engine.begin() as connection:
        return _lock_s(*_held(connection, _name_key(name), now), now) > 0


def _held(connection: Connection, key: str, now: float) -> tuple[int, float]:
    """Failures of late and the time of the last; nobody else counts this key until the transaction ends."""
    insert_new(connection, attempts, {"key": key, "failures": 0, "last_at": now})
    connection.execute(attempts.update().where(attempts.c.key == key).values(failures=attempts.c.failures))
    failures, last_at = connection.execute(
        sa.select(attempts.c.failures, attempts.c.last_at).where(attempts.c.key == key)).one()
    return (failures, last_at) if last_at >= now - LOCKED_S else (0, last_at)


def _count(connection: Connection, key: str, failures: int, last_at: float) -> None:
    connection.execute(attempts.update().where(attempts.c.key == key).values(failures=failures, last_at=last_at))


def _lock_s(failures: int, last_at: float, now: float) -> float:
    return last_at + LOCKED_S - now if failures >= LOCKED_AFTER else 0.0


def _pause_s(failures: int, last_at: float, now: float) -> float:
    if failures < SLOWED_AFTER:
        return 0.0
    return last_at + min(MAX_WAIT_S, 2.0 ** (failures - SLOWED_AFTER)) - now


def _name_key(name: str) -> str:
    return hashlib.sha256(f"name {name.strip().lower()}".encode(errors="replace")).hexdigest()


def _address_key(address: str) -> str:
    return hashlib.sha256(f"address {address}".encode(errors="replace")).hexdigest()
