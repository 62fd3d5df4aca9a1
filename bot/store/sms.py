"""What the text-message channel remembers: who opted out, which messages were answered with what, how far MORE got."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import partial
from typing import Callable, Mapping, TypeVar

import sqlalchemy as sa
import sqlalchemy.exc
from sqlalchemy.engine import Connection, Engine

from bot.errors import StoreError
from bot.store import tables
from bot.store.database import insert_new, open_database, upsert

CLAIMS_KEPT_S = 48 * 3600
PAGES_KEPT_S = 24 * 3600
DELIVERIES_KEPT_S = 30 * 24 * 3600
# Whoever claimed a message and has not answered it in this time is gone; longer than an answer may take.
LEASE_S = 8.0
_SWEEP_EVERY_S = 600.0
# The order in which a delivery goes on; reports come in any order, and the last word stays.
_PROGRESS = {"accepted": 0, "queued": 0, "scheduled": 0, "sending": 1, "sent": 2, "undelivered": 3, "failed": 3,
             "delivered": 3, "read": 4}
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Seen:
    """How many pages of the last answer's quotation, -1 where it was read to its end; and how many of the choices offered
    last, None for all of them."""

    page: int = 0
    choices: int | None = None


class SmsStore:
    """Reads and writes the `sms_*` tables. Every method raises StoreError where the database cannot be used."""

    def __init__(self, address: str, *, key_id: str, clock: Callable[[], float] = time.time) -> None:
        self._address = address
        self._key_id = key_id
        self._clock = clock
        self._engine: Engine | None = None
        self._swept_at = clock()
        # Who is known to be out, for the time that the database is away.
        self._known_out: set[str] = set()

    def open(self) -> None:
        """Connect and learn who is out; without it, the first use does."""
        self._known_out = set(self._run(
            lambda db: db.execute(sa.select(tables.sms_opt_outs.c.sender_id)).scalars().all()))

    def close(self) -> None:
        """Give up the connections; the next use makes new ones."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def is_out(self, sender_id: str) -> bool:
        """Whether the sender opted out; what was known last where the database is away. Never raises."""
        table = tables.sms_opt_outs
        try:
            out = self._run(lambda db: db.execute(
                sa.select(table.c.since).where(table.c.sender_id == sender_id)).first()) is not None
        except StoreError:
            return sender_id in self._known_out
        (self._known_out.add if out else self._known_out.discard)(sender_id)
        return out

    def opt_out(self, sender_id: str) -> None:
        """From now on nothing is sent to this sender."""
        self._run(lambda db: upsert(db, tables.sms_opt_outs, {"sender_id": sender_id},
                                    {"key_id": self._key_id, "since": self._clock()}))
        self._known_out.add(sender_id)

    def opt_in(self, sender_id: str) -> None:
        """The sender is back."""
        self._run(lambda db: db.execute(
            tables.sms_opt_outs.delete().where(tables.sms_opt_outs.c.sender_id == sender_id)))
        self._known_out.discard(sender_id)

    def claim(self, gateway: str, message_id: str) -> tuple[bool, tuple[str, ...] | None]:
        """Whether the message is the caller's to answer, and the texts that it already got, if any.

        (False, None): somebody else is answering it now.
        """
        self._sweep()
        return self._run(lambda db: self._claim(db, gateway, message_id))

    def _claim(self, db: Connection, gateway: str, message_id: str) -> tuple[bool, tuple[str, ...] | None]:
        table, now = tables.sms_claims, self._clock()
        key = {"gateway": gateway, "message_id": message_id}
        if insert_new(db, table, {**key, "claimed_at": now}):
            return True, None
        ours = sa.and_(table.c.gateway == gateway, table.c.message_id == message_id)
        row = db.execute(sa.select(table.c.texts, table.c.claimed_at).where(ours)).first()
        if row is None:  # released between the two statements: the caller asks again
            return False, None
        if now - row.claimed_at >= CLAIMS_KEPT_S or (row.texts is None and now - row.claimed_at >= LEASE_S):
            # The time that was read is part of the condition: of two who find an old claim, one gets it.
            taken = db.execute(table.update().where(ours, table.c.claimed_at == row.claimed_at)
                               .values(claimed_at=now, texts=None)).rowcount
            return taken == 1, None
        return False, None if row.texts is None else tuple(json.loads(row.texts))

    def settle(self, gateway: str, message_id: str, texts: tuple[str, ...]) -> None:
        """The texts that the message gets, now and whenever it comes again."""
        key = {"gateway": gateway, "message_id": message_id}
        self._run(lambda db: upsert(db, tables.sms_claims, key,
                                    {"texts": json.dumps(texts), "claimed_at": self._clock()}))

    def release(self, gateway: str, message_id: str) -> None:
        """The message could not be answered: whoever gets it next may try."""
        table = tables.sms_claims
        self._run(lambda db: db.execute(table.delete().where(
            table.c.gateway == gateway, table.c.message_id == message_id, table.c.texts.is_(None))))

    def seen(self, sender_id: str) -> Seen:
        """What the sender has seen in the last 24 hours of what was said last."""
        table = tables.sms_pages
        row = self._run(lambda db: db.execute(sa.select(table.c.page, table.c.choices).where(
            table.c.sender_id == sender_id, table.c.updated_at > self._clock() - PAGES_KEPT_S)).first())
        return Seen(page=row.page, choices=row.choices) if row else Seen()

    def sees(self, sender_id: str, seen: Seen) -> None:
        """The sender has seen so much."""
        self._run(lambda db: upsert(db, tables.sms_pages, {"sender_id": sender_id},
                                    {"page": seen.page, "choices": seen.choices, "updated_at": self._clock()}))

    def language(self, sender_id: str) -> str | None:
        """The language of the last reply in this conversation, or None; None too where the database is away."""
        table = tables.conversations
        try:
            slots = self._run(lambda db: db.execute(
                sa.select(table.c.slots).where(table.c.sender_id == sender_id)).scalar())
        except StoreError:
            return None
        return json.loads(slots).get("language") if slots else None

    def delivered(self, gateway: str, message_id: str, *, status: str, error: str | None) -> None:
        """Record how far a message of ours got; a report that comes late does not overrule a later state."""
        self._run(lambda db: self._deliver(db, gateway, message_id, status, error))

    def _deliver(self, db: Connection, gateway: str, message_id: str, status: str, error: str | None) -> None:
        table, key = tables.sms_deliveries, {"gateway": gateway, "message_id": message_id}
        known = db.execute(sa.select(table.c.status).where(
            table.c.gateway == gateway, table.c.message_id == message_id)).scalar()
        if known is None or _PROGRESS.get(status, -1) > _PROGRESS.get(known, -1):
            upsert(db, table, key, {"status": status, "error": error, "updated_at": self._clock()})

    def deliveries(self) -> Mapping[str, int]:
        """Status -> how many messages are in it."""
        table = tables.sms_deliveries
        return dict(self._run(lambda db: db.execute(
            sa.select(table.c.status, sa.func.count()).group_by(table.c.status)).fetchall()))

    def _sweep(self) -> None:
        """Take away what is past its time, now and then."""
        now = self._clock()
        if now - self._swept_at < _SWEEP_EVERY_S:
            return
        self._swept_at = now
        for column, kept_s in ((tables.sms_claims.c.claimed_at, CLAIMS_KEPT_S),
                               (tables.sms_pages.c.updated_at, PAGES_KEPT_S),
                               (tables.sms_deliveries.c.updated_at, DELIVERIES_KEPT_S)):
            self._run(partial(_forget, column, now - kept_s))

    def _run(self, work: Callable[[Connection], _Result]) -> _Result:
        """`work` in one transaction."""
        try:
            if self._engine is None:
                self._engine = open_database(self._address, short=True)
            with self._engine.begin() as connection:
                return work(connection)
        except (sqlalchemy.exc.SQLAlchemyError, OSError) as error:
            self._engine = None  # the next use begins anew: what is there then may lack our tables
            raise StoreError("The text messages' tables cannot be used.") from error


def _forget(column: sa.Column, before: float, db: Connection) -> None:
    """Take away the rows whose time is before `before`."""
    db.execute(column.table.delete().where(column < before))
