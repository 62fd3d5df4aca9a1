"""A turn is written whole or not at all, and acknowledged only where it was written."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Callable

import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered

from bot.store.tracker import BoundedTrackerStore
from bot.store.turn import Turn, current_turn
from tests.unit.bot.store.conftest import Person, block_file, messages, written

HOUR_S = 3600


# --- Trap: Rasa's fail-safe store -------------------------------------------------------------------------------------


def _drop(table: str) -> Callable[[BoundedTrackerStore], None]:
    def drop(store: BoundedTrackerStore) -> None:
        with store.engine.begin() as connection:
            connection.execute(sa.text(f"DROP TABLE {table}"))
    return drop


BROKEN = [*(pytest.param(_drop(table), id=f"without the table {table}")
            for table in ("events", "conversations", "replies")),
          pytest.param(block_file, id="without the file")]


@pytest.mark.parametrize("break_", BROKEN)
def test_fail_safe_store_hides_the_failure_but_the_turn_is_not_committed(
        store: BoundedTrackerStore, break_: Callable[[BoundedTrackerStore], None]) -> None:
    """Rasa's wrapper raises nothing when the database is broken; the turn tells the truth."""
    person = Person(FailSafeTrackerStore(store), "ana")
    break_(store)
    assert not person.says("hello", message_id="m1").committed


def test_fail_safe_store_with_a_good_database_commits(store: BoundedTrackerStore) -> None:
    """The receipt is signed through Rasa's wrapper too."""
    assert Person(FailSafeTrackerStore(store), "ana").says("hello", message_id="m1").committed
    assert messages(store, "ana") == ["hello"]


def test_turns_after_a_recovery_follow_those_before(store: BoundedTrackerStore) -> None:
    """A turn that could not be written is absent and disturbs neither what came before nor what comes after."""
    person = Person(FailSafeTrackerStore(store), "ana")
    person.says("one", SlotSet("last_topic", "brain"))
    path = Path(store.engine.url.database)
    block_file(store)
    assert not person.says("lost").committed
    path.rmdir()
    path.with_suffix(".away").rename(path)
    assert person.says("two").committed
    assert messages(store, "ana") == ["one", "two"]
    assert person.slots["last_topic"] == "brain"


# --- One transaction --------------------------------------------------------------------------------------------------


def test_saving_twice_writes_once(store: BoundedTrackerStore, ana: Person) -> None:
    """Rasa may save a tracker again in the same turn."""
    async def turn() -> None:
        tracker = await store.get_or_create_tracker("ana")
        tracker.update(UserUttered("one"))
        await store.save(tracker)
        await store.save(tracker)
        tracker.update(ActionExecuted("action_answer"))
        await store.save(tracker)

    asyncio.run(turn())
    assert [event["event"] for event in written(store, "ana")] == ["action", "user", "action"]


def test_reply_is_kept_with_the_turn(store: BoundedTrackerStore, ana: Person) -> None:
    """The reply to a message id can be looked up, by its own sender only; other ids have none."""
    ana.says("one", message_id="m1", reply=[{"text": "¡Hola!", "buttons": [], "custom": {"kind": "smalltalk"}}])
    assert store.reply_to("ana", "m1") == [{"text": "¡Hola!", "buttons": [], "custom": {"kind": "smalltalk"}}]
    assert store.reply_to("ana", "m2") is None
    assert store.reply_to("bea", "m1") is None


def test_message_without_an_id_leaves_no_reply(store: BoundedTrackerStore, ana: Person) -> None:
    """Nothing is kept that nobody could ask for."""
    assert ana.says("one").committed
    with store.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM replies")).scalar() == 0


def test_reply_that_cannot_be_written_takes_the_turn_with_it(store: BoundedTrackerStore, ana: Person) -> None:
    """Events, slots and reply are one transaction; the next turn does not suffer from the failed one."""
    ana.says("one", SlotSet("last_topic", "brain"))
    before = written(store, "ana")
    turn = Turn("ana", "m2", reply=lambda: [{"text": object()}])  # no JSON
    with pytest.raises(TypeError):
        asyncio.run(ana._turn(turn, "two", [SlotSet("last_topic", "contact")], None))
    assert not turn.committed
    assert written(store, "ana") == before
    assert ana.slots["last_topic"] == "brain"
    assert ana.says("three").committed
    assert messages(store, "ana") == ["one", "three"]


@pytest.mark.parametrize(("age_s", "known"), [
    pytest.param(48 * HOUR_S - 60, True, id="a minute before 48 hours"),
    pytest.param(48 * HOUR_S + 60, False, id="a minute after 48 hours"),
])
def test_reply_is_given_again_for_48_hours(store: BoundedTrackerStore, ana: Person, monkeypatch: pytest.MonkeyPatch,
                                           age_s: int, known: bool) -> None:
    """A message delivered twice within 48 hours gets its reply; later it is a new message."""
    ana.says("one", message_id="m1")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + age_s)
    assert (store.reply_to("ana", "m1") is not None) is known


def test_message_id_used_again_after_48_hours_gets_its_new_reply(store: BoundedTrackerStore, ana: Person,
                                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    """The old reply gives way to the new one."""
    ana.says("one", message_id="m1")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 49 * HOUR_S)
    assert ana.says("two", message_id="m1").committed
    assert store.reply_to("ana", "m1") == [{"text": "Re: two"}]


def test_receipt_is_signed_for_the_turn_of_this_sender_only(store: BoundedTrackerStore) -> None:
    """Saving somebody else's tracker does not acknowledge the turn that is under way."""
    async def save_another() -> Turn:
        turn = Turn("ana", "m1", reply=lambda: [{"text": "Re: hello"}])
        current_turn.set(turn)
        tracker = await store.get_or_create_tracker("bea")
        tracker.update(UserUttered("hello"))
        await store.save(tracker)
        return turn

    assert not asyncio.run(save_another()).committed
    assert store.reply_to("ana", "m1") is None


def test_receipt_is_not_signed_before_the_message_is_there(store: BoundedTrackerStore) -> None:
    """Rasa saves a new conversation once before its first message: that is no turn yet."""
    async def create() -> Turn:
        turn = Turn("ana", "m1", reply=lambda: [])
        current_turn.set(turn)
        await store.get_or_create_tracker("ana")
        return turn

    assert not asyncio.run(create()).committed
