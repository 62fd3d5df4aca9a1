"""From Rasa's events to rows of `messages`: what was asked, how it was answered, what came of it.

Events are read from where the last pass ended, in batches. A pass reads the last two minutes again each time: a turn
may not be answered yet, and on PostgreSQL a row with a smaller number may be committed after one with a larger. Reading
twice does no harm, for two consoles neither: a message is inserted once, by its event's number. An event that was
erased meanwhile leaves nothing: rows are written in a transaction that holds their events.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.console.inbox.marks import mark, set_mark
from bot.console.inbox.reasons import DANGER, Judged, reason_of, tells_more
from bot.console.inbox.rules import Rules
from bot.console.inbox.turns import BOT, LISTEN, USER, Event, Turn, turns
from bot.store.database import insert_missing
from bot.store.tables import messages

# A turn is about ten events, of which three to five are read.
BATCH_EVENTS = 1500
BATCHES_A_PASS = 40
# After this nobody answers a message any more, and no transaction is open that began before.
SETTLED_AFTER_S = 120.0
_TURN_EVENTS = 24
_MARK = "events"

events = sa.table("events", *(sa.column(name) for name in (
    "id", "sender_id", "type_name", "timestamp", "action_name", "data")))
_READ = sa.select(events.c.id, events.c.sender_id, events.c.type_name, events.c.timestamp, events.c.data)
_TELLING = sa.or_(events.c.type_name.in_((USER, BOT)), events.c.action_name == LISTEN)


@dataclass(frozen=True)
class Collected:
    """How many events a pass read, and whether there may be more."""

    read: int
    more: bool


def collect(engine: Engine, rules: Rules, now: float | None = None) -> Collected:
    """One pass: bounded, from the last collected event on."""
    now = time.time() if now is None else now
    if not sa.inspect(engine).has_table(events.name):
        return Collected(0, more=False)  # nobody has talked to the bot yet
    with engine.connect() as connection:
        cursor = settled = int(mark(connection, _MARK))
    held, read = False, 0
    for _ in range(BATCHES_A_PASS):
        batch, open_turns = _batch(engine, cursor, now)
        read += len(batch)
        if batch.turns:
            _write(engine, batch.turns, rules)
        for event in batch.events:
            held = held or event.id in open_turns or event.at > now - SETTLED_AFTER_S
            settled = settled if held else event.id
        if len(batch) < BATCH_EVENTS:
            break
        cursor = batch.events[-1].id
    with engine.begin() as connection:
        # Of two consoles the slower must not put the mark back.
        set_mark(connection, _MARK, max(settled, mark(connection, _MARK)))
    return Collected(read, more=len(batch) == BATCH_EVENTS)


@dataclass(frozen=True)
class _Batch:
    events: Sequence[Event]
    turns: Sequence[Turn]

    def __len__(self) -> int:
        return len(self.events)


def _batch(engine: Engine, cursor: int, now: float) -> tuple[_Batch, set[int]]:
    """The next events and the turns in them that were answered; the numbers of those that still may be."""
    with engine.connect() as connection:
        found = _events(connection, _TELLING, events.c.id > cursor, limit=BATCH_EVENTS)
        asked = [event.id for event in found if event.type == USER]
        known = set(connection.execute(sa.select(messages.c.id).where(
            messages.c.id.between(asked[0], asked[-1]))).scalars()) if asked else set()
        answered, still_open = [], set()
        for turn in turns(found, skip=known):
            if not turn.over and len(found) == BATCH_EVENTS:  # the rest of it is behind the end of the batch
                turn = turns(_events(connection, _TELLING, events.c.sender_id == turn.asked.sender_id,
                                     events.c.id >= turn.asked.id, limit=_TURN_EVENTS))[0]
            if turn.over and turn.said:
                answered.append(turn)
            elif turn.asked.at > now - SETTLED_AFTER_S:
                still_open.add(turn.asked.id)
            elif turn.said:
                answered.append(turn)
    return _Batch(found, answered), still_open


def _events(connection: Connection, *conditions: Any, limit: int) -> list[Event]:
    rows = connection.execute(_READ.where(*conditions).order_by(events.c.id).limit(limit))
    return [Event(row.id, row.sender_id, row.type_name if row.type_name in (USER, BOT) else LISTEN,
                  float(row.timestamp or 0.0), row.data) for row in rows]


def _write(engine: Engine, answered: Sequence[Turn], rules: Rules) -> None:
    """The rows of some turns, and what these say of the messages before them, in one transaction."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        # PostgreSQL: who erases waits until these rows are there to be erased. SQLite has one writer at a time.
        there = set(connection.execute(sa.select(events.c.id).where(
            events.c.id.in_([turn.asked.id for turn in answered])).with_for_update(read=True)).scalars())
        kept = [turn for turn in answered if turn.asked.id in there]
        insert_missing(connection, messages, [_row(turn, rules) for turn in kept if not turn.is_payload])
        for turn in kept:
            _mark_before(connection, turn)


def _row(turn: Turn, rules: Rules) -> dict[str, Any]:
    reason = reason_of(Judged(turn.asked.id, turn.kind, turn.intent, turn.confidence, turn.danger), rules)
    return {**turn.row(), "reason": reason, "state": "new" if reason else None}


def _mark_before(connection: Connection, turn: Turn) -> None:
    """A choice tells what the message before meant; a "no" that its answer missed."""
    if not (turn.picked or turn.intent == "deny"):
        return
    before = connection.execute(sa.select(events.c.id).where(
        events.c.sender_id == turn.asked.sender_id, events.c.id < turn.asked.id, events.c.type_name == USER,
    ).order_by(events.c.id.desc()).limit(1)).scalar()
    row = connection.execute(sa.select(messages).where(messages.c.id == before)).first()
    if row is None:
        return  # a button: what came of it says nothing of how words were understood
    if turn.picked and row.kind in {"clarify", "out_of_scope"}:
        connection.execute(sa.update(messages).where(messages.c.id == row.id).values(chosen=turn.picked))
    elif turn.intent == "deny" and row.kind in {"answer", "clarify", "out_of_scope"}:
        give_reason(connection, row, "said_no")


def give_reason(connection: Connection, row: Any, reason: str) -> None:
    """Let a message be looked at for what is known now, unless somebody has done so or its own reason tells more."""
    if row.state in {"done", "ignored"} or row.reason == DANGER or not tells_more(reason, row.reason):
        return
    connection.execute(sa.update(messages).where(messages.c.id == row.id, messages.c.version == row.version).values(
        reason=reason, state=row.state or "new"))
