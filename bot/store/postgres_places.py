"""The queue of `shared_lock` in PostgreSQL: rows of an unlogged table, alive while the session that made them is.

A session holds an advisory lock on its own number for as long as it lives. PostgreSQL ends the session of a process that
is killed, at once; whoever then gets that lock knows that its rows are nobody's.
"""

from __future__ import annotations

import secrets
from typing import Callable, TypeVar

import sqlalchemy as sa
import sqlalchemy.exc
from sqlalchemy.engine import Connection, Engine

from bot.errors import StoreError
from bot.store.deadline import answering_within, keep_deadlines

# Beside the number of a session: a space of advisory locks in which nobody else locks.
_OWNERS = 0x1317140
_STATEMENT_TIMEOUT_MS, _SILENT_AFTER_S = 2000, 2.25
# A session whose machine is gone without a word ends after so many seconds on both sides.
_IDLE_S, _INTERVAL_S, _PROBES = 3, 1, 3
_CONNECT = {
    "connection_factory": answering_within(_SILENT_AFTER_S), "tcp_user_timeout": _STATEMENT_TIMEOUT_MS,
    "keepalives_idle": _IDLE_S, "keepalives_interval": _INTERVAL_S, "keepalives_count": _PROBES,
    # Places need not outlive the server, so nothing waits for a disk.
    "options": f"-c statement_timeout={_STATEMENT_TIMEOUT_MS} -c synchronous_commit=off -c jit=off "
               f"-c tcp_keepalives_idle={_IDLE_S} -c tcp_keepalives_interval={_INTERVAL_S} "
               f"-c tcp_keepalives_count={_PROBES}"}

_FIRST = "SELECT ticket, owner FROM lock_places WHERE conversation = %(conversation)s ORDER BY place LIMIT 1"
# One round trip and one transaction. The lock on the conversation makes places visible in the order of their numbers:
# without it two could each find themselves first.
_ENTER = ("SELECT pg_advisory_xact_lock(%(conversation)s); "
          "INSERT INTO lock_places (conversation, ticket, owner) VALUES (%(conversation)s, %(ticket)s, %(owner)s); "
          + _FIRST)
_LEAVE = "DELETE FROM lock_places WHERE conversation = %(conversation)s AND ticket = %(ticket)s"
_BURY = "DELETE FROM lock_places WHERE owner = %(other)s AND pg_try_advisory_xact_lock(%(owners)s, %(other)s)"
_Value = TypeVar("_Value")


class PostgresPlaces:
    """Places of this process, on one session of its own, apart from the connections that turns are stored with."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._engine: Engine | None = None
        self._session: Connection | None = None
        self._owner = 0
        self._entered: set[int] = set()

    def ask(self, conversation: int, ticket: int) -> bool:
        """See `Places.ask`. A session that an outage has ended is begun anew: the first to come after it is served."""
        return self._anew(lambda: self._ask(conversation, ticket))

    def ping(self) -> None:
        """See `Places.ping`."""
        self._anew(lambda: self._connected().exec_driver_sql("SELECT 1").scalar())

    def _anew(self, act: Callable[[], _Value]) -> _Value:
        """What `act` says, on another session where the one that was there has ended."""
        was_there = self._session is not None
        try:
            return act()
        except sqlalchemy.exc.SQLAlchemyError as error:
            self.close()
            if not was_there:
                raise StoreError("The lock in the database cannot be used.") from error
        return self._anew(act)

    def _ask(self, conversation: int, ticket: int) -> bool:
        values = {"conversation": conversation, "ticket": ticket}
        session = self._connected()
        known = ticket in self._entered
        first = session.exec_driver_sql(_FIRST if known else _ENTER, {**values, "owner": self._owner}).first()
        self._entered.add(ticket)
        while first is not None and first.ticket != ticket:
            if first.owner == self._owner or not session.exec_driver_sql(
                    _BURY, {"other": first.owner, "owners": _OWNERS}).rowcount:
                return False
            first = session.exec_driver_sql(_FIRST, values).first()
        return first is not None

    def leave(self, conversation: int, ticket: int) -> None:
        """See `Places.leave`. A ticket of a session that ended has no place any more."""
        if ticket not in self._entered:
            return
        self._entered.discard(ticket)
        try:
            self._connected().exec_driver_sql(_LEAVE, {"conversation": conversation, "ticket": ticket})
        except sqlalchemy.exc.SQLAlchemyError as error:
            self.close()
            raise StoreError("The lock in the database cannot be used.") from error

    def close(self) -> None:
        """End the session, and with it every place; the next question begins another one."""
        self._entered.clear()
        if self._session is not None:
            self._session.invalidate()
            self._session.close()
            self._session = None

    def _connected(self) -> Connection:
        if self._session is None:
            if self._engine is None:
                keep_deadlines()
                self._engine = sa.create_engine(self._address, isolation_level="AUTOCOMMIT", pool_size=1, max_overflow=0,
                                                hide_parameters=True, connect_args=_CONNECT)
            session = self._engine.connect()
            # A number nobody had before: rows that an earlier session left must not seem to be of a living one.
            self._owner = secrets.randbelow(2 ** 31)
            session.exec_driver_sql(f"SELECT pg_advisory_lock({_OWNERS}, {self._owner})")
            self._session = session
        return self._session
