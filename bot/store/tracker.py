"""Rasa's SQL tracker store, with turns that cost the same however long the conversation is.

What Rasa's own does every turn grows with the history: it reads all events of the session, looks up each event's class
among all subclasses, counts the rows again before writing. Here a turn reads the last events only, and the slots, which
older events may have set, come from a row of their own. Three traps, each with its test: a store that reads only the
last events must not count rows to know what is new; a failed write must reach the channel (see turn.py); and every turn
of a long conversation must be there in the end.

A lock alone does not keep turns apart: a process may stand still for longer than its lock is good for, and go on where
another one has answered since. So a turn is written only onto what it has read.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Iterable, Iterator, Sequence

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Connection

from bot.errors import StoreError
from bot.insight.record import stage
from bot.store import statements, tables
from bot.store.database import open_engine, upsert
from bot.store.events import event_from
from bot.store.migrate import migrate
from bot.store.turn import Turn, current_turn

# A turn is about ten events; rules look at the turn before at most. Six turns are read so that nothing is ever short.
TAIL_EVENTS = 64
REPLIES_KEPT_S = 48 * 3600

_CHANGED = "The conversation was changed by another process; nothing is written over it."

# Where a tracker keeps how many of its events came from the database.
_STORED = "_events_in_database"


class BoundedTrackerStore(SQLTrackerStore):
    """Keeps every event, reads the last `TAIL_EVENTS`, and stores a turn, its slots and its reply in one transaction."""

    def __init__(self, domain: Domain | None = None, host: str | None = None,
                 event_broker: EventBroker | None = None, **kwargs: Any) -> None:
        """`host` is a whole database address (`sqlite:///…`, `postgresql://…`), as Rasa names it."""
        url = sa.engine.make_url(host or "sqlite:///var/conversations.db")
        if url.drivername == "sqlite" and url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        # SQLite gives the number of a deleted last event anew, and what was noted of a message goes by its number.
        self.SQLEvent.__table__.dialect_options["sqlite"]["autoincrement"] = True
        super().__init__(domain=domain, host=str(url) if url.password is None else host, event_broker=event_broker)
        if url.database:
            self.engine.dispose()
            self.engine = open_engine(url)  # for what may take its time
        migrate(self.engine)
        with self.engine.begin() as connection:
            # Rasa's index is on the sender alone: the last events of a long conversation would have to be sorted out.
            connection.execute(sa.text("CREATE INDEX IF NOT EXISTS ix_events_sender_id_id ON events (sender_id, id)"))
        if url.database:
            self.engine.dispose()
            self.engine = open_engine(url, short=True)
            self.sessionmaker.configure(bind=self.engine)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker with the last events of the latest session and the slots as they stand; None for a stranger."""
        turn = current_turn.get()
        if turn is not None:
            turn.unread = True
        rows, slots, updated_at = self._read(sender_id)
        if turn is not None:
            turn.unread = False
            if turn.sender_id == sender_id:
                turn.read_at = updated_at
        if not rows:
            return None
        tail = _whole_turns([event_from(json.loads(row)) for row in reversed(rows)], complete=len(rows) < TAIL_EVENTS)
        # Replayed before the tail, the final values fill in what older events had set; the tail then sets its own.
        remembered = [SlotSet(name, value) for name, value in json.loads(slots or "{}").items()]
        tracker = DialogueStateTracker.from_events(
            sender_id, _after_session_start(tail, remembered), self.domain.slots)
        setattr(tracker, _STORED, len(tracker.events))
        return tracker

    @stage("store")
    def _read(self, sender_id: str) -> tuple[list[str], str | None, float | None]:
        """The last events, newest first, and the slots, each as JSON; and when the conversation was written last."""
        with self.engine.connect() as connection:
            # First the row that tells whether somebody has written since: what comes between the two is then noticed.
            row = connection.execute(statements.REMEMBERED, {"sender_id": sender_id}).first()
            rows = connection.execute(statements.TAIL, {"sender_id": sender_id, "most": TAIL_EVENTS}).scalars().all()
        return rows, row.slots if row else None, row.updated_at if row else None

    async def create_tracker(self, sender_id: str, append_action_listen: bool = True) -> DialogueStateTracker:
        """A stranger's tracker, not stored yet: it is written with its first turn, in one transaction instead of two."""
        tracker = self.init_tracker(sender_id)
        if append_action_listen:
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        return tracker

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """The tracker with all events of all sessions; None for a stranger."""
        tracker = await super().retrieve_full_tracker(conversation_id)
        if tracker is not None:
            setattr(tracker, _STORED, len(tracker.events))
        return tracker

    @stage("store")
    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write the events that are new since the tracker was read, its slots, and the reply, or none of them.

        Raises StoreError where the conversation is not as the turn found it, or the message was answered meanwhile.
        """
        await self.stream_events(tracker)
        new = list(tracker.events)[getattr(tracker, _STORED, 0):]
        turn = current_turn.get()
        if turn is not None and turn.unread:
            raise StoreError("The conversation could not be read; nothing is written over it.")
        its_own = turn if turn is not None and turn.sender_id == tracker.sender_id else None
        answers = its_own is not None and any(isinstance(event, UserUttered) for event in new)
        now = time.time()
        with self.engine.begin() as connection:
            if new:
                # First: whoever else writes this conversation waits here, and then finds that it has changed.
                self._remember(connection, tracker, its_own, now)
                connection.execute(statements.ADD_EVENTS, [_row(tracker.sender_id, event) for event in new])
            if answers and turn.message_id:
                kept = connection.execute(statements.KEEP_REPLY, {
                    "sender_id": turn.sender_id, "message_id": turn.message_id, "body": json.dumps(turn.reply()),
                    "now": now, "until": now - REPLIES_KEPT_S})
                if kept.rowcount != 1:
                    raise StoreError("The message was answered by another process meanwhile; nothing is written.")
        setattr(tracker, _STORED, len(tracker.events))
        if new and its_own:
            its_own.read_at = now
        if answers:
            turn.committed = True

    @staticmethod
    def _remember(connection: Connection, tracker: DialogueStateTracker, turn: Turn | None, now: float) -> None:
        """Write the slots, onto what the turn has read. Raises StoreError where somebody else has written since."""
        key, slots = {"sender_id": tracker.sender_id}, json.dumps(tracker.current_slot_values())
        if turn is None:
            upsert(connection, tables.conversations, key, {"slots": slots, "updated_at": now})
            return
        try:
            if turn.read_at is None:
                connection.execute(statements.BEGIN, {**key, "slots": slots, "updated_at": now})
                return
            changed = connection.execute(statements.GO_ON, {
                "whose": tracker.sender_id, "found_at": turn.read_at, "slots": slots, "now": now})
        except sa.exc.IntegrityError as error:
            raise StoreError(_CHANGED) from error
        if changed.rowcount != 1:
            raise StoreError(_CHANGED)

    @stage("store")
    def reply_to(self, sender_id: str, message_id: str) -> list[Any] | None:
        """The reply that this message id of this sender already got in the last 48 hours, or None."""
        with self.engine.connect() as connection:
            body = connection.execute(statements.REPLY, {
                "sender_id": sender_id, "message_id": message_id, "since": time.time() - REPLIES_KEPT_S}).scalar()
        return json.loads(body) if body else None

    def ping(self) -> None:
        """Raise what the database raises where it cannot be asked anything."""
        with self.engine.connect() as connection:
            if self.engine.dialect.name == "sqlite":
                # A file that can be read may still not be written.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.execute(sa.select(tables.conversations.c.sender_id).limit(1))

    @property
    def events_table(self) -> sa.Table:
        """Rasa's table, one row an event."""
        return statements.EVENTS

    def _additional_events(self, session: Any, tracker: DialogueStateTracker) -> Iterator[Event]:
        """Rasa's own way to tell what is new counts rows, which is wrong for a tracker that holds only the last ones."""
        return iter(list(tracker.events)[getattr(tracker, _STORED, 0):])


def _whole_turns(events: Sequence[Event], *, complete: bool) -> list[Event]:
    """The events from the first user message on, where the tail began in the middle of a turn."""
    start = 0 if complete else next((i for i, event in enumerate(events) if isinstance(event, UserUttered)), 0)
    return list(events[start:])


def _after_session_start(tail: list[Event], remembered: list[SlotSet]) -> Iterable[Event]:
    """The latest session of the tail, with what is remembered put after its start: a session start resets slots."""
    starts = [i for i, event in enumerate(tail) if isinstance(event, SessionStarted)]
    if not starts:
        return [*remembered, *tail]
    return [tail[starts[-1]], *remembered, *tail[starts[-1] + 1:]]


def _row(sender_id: str, event: Event) -> dict[str, Any]:
    data = event.as_dict()
    return {
        "sender_id": sender_id, "type_name": event.type_name, "timestamp": data.get("timestamp"),
        "intent_name": ((data.get("parse_data") or {}).get("intent") or {}).get("name"),
        "action_name": data.get("name"), "data": json.dumps(data),
    }
