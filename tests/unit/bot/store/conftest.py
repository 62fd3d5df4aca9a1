"""What the tests of the stores share: a database of their own, a small domain, and people who write messages."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any, Iterator, Sequence

import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.store.tracker import BoundedTrackerStore
from bot.store.turn import Turn, current_turn

_DOMAIN = """
version: "3.1"
intents: [ask]
slots:
  last_topic: {type: text, influence_conversation: false, mappings: [{type: custom}]}
  choices: {type: list, influence_conversation: false, mappings: [{type: custom}]}
  clarified: {type: any, mappings: [{type: custom}]}
actions: [action_answer]
"""


class Person:
    """Somebody who writes messages; each is read and written once, as Rasa's processor does it."""

    def __init__(self, store: TrackerStore, sender: str) -> None:
        self.store = store
        self.sender = sender

    def says(self, text: str, *events: Event, message_id: str | None = None, reply: Any = None,
             session: Sequence[Event] | None = None) -> Turn:
        """One turn; `events` are what the action did, `session` what a new session begins with besides its start."""
        turn = Turn(self.sender, message_id, reply=lambda: reply or [{"text": f"Re: {text}"}])
        asyncio.run(self._turn(turn, text, events, session))
        return turn

    async def _turn(self, turn: Turn, text: str, events: Sequence[Event], session: Sequence[Event] | None) -> None:
        current_turn.set(turn)
        tracker = await self.store.get_or_create_tracker(self.sender, append_action_listen=False)
        if session is not None or not tracker.applied_events():
            self._update(tracker, ActionExecuted("action_session_start"), SessionStarted(), *(session or ()),
                         ActionExecuted("action_listen"))
        self._update(tracker, UserUttered(text, intent={"name": "ask", "confidence": 1.0}),
                     ActionExecuted("action_answer"), BotUttered(f"Re: {text}"), *events,
                     ActionExecuted("action_listen"))
        await self.store.save(tracker)

    @staticmethod
    def _update(tracker: DialogueStateTracker, *events: Event) -> None:
        for event in events:
            event.timestamp = time.time()  # made by the caller, but it happens now: Rasa's own store goes by the clock
            tracker.update(event)

    @property
    def tracker(self) -> DialogueStateTracker | None:
        """The tracker as the next turn would read it."""
        return asyncio.run(self.store.retrieve(self.sender))

    @property
    def slots(self) -> dict[str, Any]:
        tracker = self.tracker
        assert tracker is not None
        return tracker.current_slot_values()


class Meter:
    """Counts the rows that an SQLite database hands over and the steps of work that it takes."""

    def __init__(self, engine: sa.engine.Engine) -> None:
        self.rows = self.steps = 0
        sa.event.listen(engine, "connect", self._attach)
        engine.dispose()

    def _attach(self, connection: Any, _record: Any) -> None:
        connection.row_factory = self._row
        connection.set_progress_handler(self._step, 10)

    def _row(self, _cursor: Any, row: Any) -> Any:
        self.rows += 1
        return row

    def _step(self) -> int:
        self.steps += 10
        return 0


def written(store: BoundedTrackerStore, sender: str) -> list[dict[str, Any]]:
    """The events that stand in the table, in order."""
    with store.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT data FROM events WHERE sender_id = :sender ORDER BY id"),
                                  {"sender": sender}).scalars().all()
    return [json.loads(row) for row in rows]


def messages(store: BoundedTrackerStore, sender: str) -> list[str]:
    """The texts of the person's messages that stand in the table, in order."""
    return [event["text"] for event in written(store, sender) if event["event"] == "user"]


def block_file(store: BoundedTrackerStore) -> None:
    """Take the database away: a folder stands in its place until somebody puts the `.away` file back."""
    path = Path(store.engine.url.database)
    store.engine.dispose()
    path.rename(path.with_suffix(".away"))
    path.mkdir()


@pytest.fixture(scope="session")
def domain() -> Domain:
    return Domain.from_yaml(_DOMAIN)


@pytest.fixture
def store(tmp_path: Path, domain: Domain) -> Iterator[BoundedTrackerStore]:
    """A store on an SQLite file of its own."""
    opened = BoundedTrackerStore(domain=domain, host=f"sqlite:///{tmp_path / 'conversations.db'}")
    yield opened
    opened.engine.dispose()


@pytest.fixture
def ana(store: BoundedTrackerStore) -> Person:
    return Person(store, "ana")
