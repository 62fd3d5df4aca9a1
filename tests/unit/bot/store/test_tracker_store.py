"""The tracker store: every turn is kept, few rows are read, and slots outlive the rows that are read."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Iterator, NamedTuple

import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import AllSlotsReset, BotUttered, Event, Restarted, SlotSet, UserUttered
from rasa.utils.endpoints import EndpointConfig

from bot.store.tracker import BoundedTrackerStore
from tests.unit.bot.store.conftest import Meter, Person, block_file, messages, written

TURNS = 500
SLOT_SET_AT = 60


class LongTalk(NamedTuple):
    """A conversation of 500 turns, and what each turn cost: (rows read, steps of work)."""

    store: BoundedTrackerStore
    person: Person
    costs: list[tuple[int, int]]


@pytest.fixture(scope="module")
def long_talk(tmp_path_factory: pytest.TempPathFactory, domain: Domain) -> Iterator[LongTalk]:
    path = tmp_path_factory.mktemp("long") / "conversations.db"
    store = BoundedTrackerStore(domain=domain, host=f"sqlite:///{path}")
    person, meter, costs = Person(store, "ana"), Meter(store.engine), []
    for number in range(TURNS):
        before = meter.rows, meter.steps
        person.says(f"message {number}", *[SlotSet("last_topic", "brain")] * (number == SLOT_SET_AT))
        costs.append((meter.rows - before[0], meter.steps - before[1]))
    yield LongTalk(store, person, costs)
    store.engine.dispose()


# --- Trap: only the last events are read ------------------------------------------------------------------------------


def test_every_turn_of_a_long_conversation_is_kept(long_talk: LongTalk) -> None:
    """500 turns are in the table, in their order, none twice, none missing."""
    assert messages(long_talk.store, "ana") == [f"message {number}" for number in range(TURNS)]


def test_no_event_of_a_long_conversation_is_written_twice(long_talk: LongTalk) -> None:
    """What is replayed to remember slots is not written again: one session start, four events a turn, one slot."""
    names = [event["event"] for event in written(long_talk.store, "ana")]
    assert len(names) == 3 + 4 * TURNS + 1
    assert names.count("slot") == names.count("session_started") == 1


def test_slot_set_440_turns_ago_is_known(long_talk: LongTalk) -> None:
    """A slot outlives the events that are read."""
    assert long_talk.person.slots["last_topic"] == "brain"


def test_turn_costs_the_same_however_long_the_conversation(long_talk: LongTalk) -> None:
    """Neither the rows that are read nor the database's work grow between turn 30 and turn 500."""
    early, late = long_talk.costs[30:40], long_talk.costs[-10:]
    assert 0 < max(rows for rows, _ in late) <= max(rows for rows, _ in early)
    assert max(steps for _, steps in late) <= 1.3 * max(steps for _, steps in early)


def test_full_tracker_has_every_message(long_talk: LongTalk) -> None:
    """Whoever asks for the whole history gets it."""
    tracker = asyncio.run(long_talk.store.retrieve_full_tracker("ana"))
    assert tracker is not None
    texts = [event.text for event in tracker.events if isinstance(event, UserUttered)]
    assert texts == [f"message {number}" for number in range(TURNS)]


def test_full_tracker_that_goes_on_is_not_written_again(store: BoundedTrackerStore, ana: Person) -> None:
    """Rasa's API continues a full tracker: only what is new of it is written."""
    ana.says("one")

    async def go_on() -> None:
        tracker = await store.retrieve_full_tracker("ana")
        assert tracker is not None
        tracker.update(UserUttered("two"))
        await store.save(tracker)

    asyncio.run(go_on())
    assert messages(store, "ana") == ["one", "two"]


@pytest.mark.parametrize("extra", range(0, 9), ids=lambda extra: f"{4 + extra} events a turn")
def test_tail_begins_with_a_whole_turn(store: BoundedTrackerStore, ana: Person, extra: int) -> None:
    """However many events a turn has, the first event of the tail that is no slot is what the person said."""
    for number in range(30):
        ana.says(str(number), *[BotUttered(f"{number}.{part}") for part in range(extra)])
    tracker = ana.tracker
    assert tracker is not None
    assert isinstance(next(event for event in tracker.events if not isinstance(event, SlotSet)), UserUttered)
    assert (tracker.latest_message.text, tracker.latest_action_name) == ("29", "action_listen")
    ana.says("30")
    assert messages(store, "ana") == [str(number) for number in range(31)]


def test_turn_longer_than_the_tail_loses_nothing(store: BoundedTrackerStore, ana: Person) -> None:
    """A turn of 200 events, of which the message itself is no longer read, is followed by one that is written once."""
    ana.says("one", SlotSet("last_topic", "brain"), *[BotUttered(str(part)) for part in range(200)])
    ana.says("two")
    assert messages(store, "ana") == ["one", "two"]
    assert len(written(store, "ana")) == 3 + 4 + 201 + 4
    assert ana.slots["last_topic"] == "brain"


def test_short_conversation_reads_as_from_rasas_own_store(store: BoundedTrackerStore, ana: Person, tmp_path: Path,
                                                          domain: Domain) -> None:
    """Slots, last message, last action and events in a tracker are those that Rasa's store would give."""
    rasas = SQLTrackerStore(domain=domain, host=f"sqlite:///{tmp_path / 'rasa.db'}")
    trackers = []
    for person in (ana, Person(rasas, "ana")):
        person.says("one", SlotSet("choices", ["brain", "contact"]))
        person.says("¿dos? 🍼", SlotSet("last_topic", "brain"))
        trackers.append(person.tracker)
    ours, theirs = trackers
    assert ours.current_slot_values() == theirs.current_slot_values()
    assert ours.latest_message.text == theirs.latest_message.text
    assert ours.latest_action_name == theirs.latest_action_name
    heard = [[str(event) for event in tracker.events if not isinstance(event, SlotSet)] for tracker in trackers]
    assert heard[0] == heard[1]


# --- Slots ------------------------------------------------------------------------------------------------------------


def many(person: Person, count: int = 40) -> None:
    """So many turns that nothing said before is read any more."""
    for number in range(count):
        person.says(f"filler {number}")


@pytest.mark.parametrize("filler", [0, 40], ids=["in the tail", "before the tail"])
@pytest.mark.parametrize(("events", "left"), [
    pytest.param([SlotSet("last_topic", "contact")], "contact", id="another value"),
    pytest.param([SlotSet("last_topic", None)], None, id="set to nothing"),
    pytest.param([AllSlotsReset()], None, id="all slots reset"),
    pytest.param([Restarted()], None, id="restarted"),
])
def test_later_event_wins_over_what_is_remembered(ana: Person, events: list[Event], left: str | None,
                                                  filler: int) -> None:
    """A slot has the value of the last event that touched it."""
    ana.says("one", SlotSet("last_topic", "brain"))
    ana.says("two", *events)
    many(ana, filler)
    assert ana.slots["last_topic"] == left


def test_slots_of_any_shape_come_back(ana: Person) -> None:
    """Lists, numbers and letters beyond ASCII survive the way through the table."""
    ana.says("one", SlotSet("choices", ["niñez", "contact"]), SlotSet("clarified", 2))
    many(ana)
    assert ana.slots["choices"] == ["niñez", "contact"]
    assert ana.slots["clarified"] == 2


def test_slots_carried_into_a_new_session_stay(ana: Person) -> None:
    """A session that carries slots over knows them, then and 40 turns later; its tracker holds that session alone."""
    ana.says("one", SlotSet("last_topic", "brain"))
    ana.says("two", session=[SlotSet("last_topic", "brain")])
    assert ana.slots["last_topic"] == "brain"
    assert [event.text for event in ana.tracker.events if isinstance(event, UserUttered)] == ["two"]
    many(ana)
    assert ana.slots["last_topic"] == "brain"


def test_session_that_carries_nothing_over_starts_empty(ana: Person) -> None:
    """A slot of the session before is not brought back by what is remembered."""
    ana.says("one", SlotSet("last_topic", "brain"))
    ana.says("two", session=[])
    assert ana.slots["last_topic"] is None
    many(ana)
    assert ana.slots["last_topic"] is None


def test_slot_that_the_domain_no_longer_has_is_passed_over(ana: Person, store: BoundedTrackerStore) -> None:
    """A new model without the slot goes on with the conversation."""
    ana.says("one", SlotSet("last_topic", "brain"))
    store.domain = Domain.from_yaml('version: "3.1"\nintents: [ask]\nactions: [action_answer]')
    assert ana.says("two").committed
    assert "last_topic" not in ana.slots


# --- Everything else --------------------------------------------------------------------------------------------------


def test_stranger_has_no_tracker(store: BoundedTrackerStore) -> None:
    """An unknown sender gives None, and asking leaves nothing behind."""
    assert asyncio.run(store.retrieve("nobody")) is None
    assert asyncio.run(store.retrieve_full_tracker("nobody")) is None
    assert not asyncio.run(store.exists("nobody"))
    assert list(asyncio.run(store.keys())) == []


def test_two_senders_are_kept_apart(store: BoundedTrackerStore, ana: Person) -> None:
    """Conversations in turn with each other share neither messages nor slots nor replies."""
    bea = Person(store, "bea")
    for number in range(20):
        ana.says(f"ana {number}", SlotSet("last_topic", "brain"), message_id=f"m{number}")
        bea.says(f"bea {number}", SlotSet("last_topic", "contact"), message_id=f"m{number}")
    assert messages(store, "ana") == [f"ana {number}" for number in range(20)]
    assert messages(store, "bea") == [f"bea {number}" for number in range(20)]
    assert (ana.slots["last_topic"], bea.slots["last_topic"]) == ("brain", "contact")
    assert store.reply_to("ana", "m3") == [{"text": "Re: ana 3"}]
    assert sorted(asyncio.run(store.keys())) == ["ana", "bea"]


def test_conversation_goes_on_after_a_restart(store: BoundedTrackerStore, ana: Person, domain: Domain) -> None:
    """Another process that opens the same file finds everything."""
    ana.says("one", SlotSet("last_topic", "brain"), message_id="m1")
    store.engine.dispose()
    again = BoundedTrackerStore(domain=domain, host=str(store.engine.url))
    assert Person(again, "ana").slots["last_topic"] == "brain"
    assert again.reply_to("ana", "m1") == [{"text": "Re: one"}]


class Broker:
    """An event broker that keeps what it is given."""

    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = []

    def publish(self, event: dict[str, Any]) -> None:
        self.published.append(event)


def test_event_broker_gets_every_event_once(store: BoundedTrackerStore, ana: Person) -> None:
    """What is published is what is written, through a conversation longer than the tail."""
    store.event_broker = Broker()
    for number in range(30):
        ana.says(str(number), SlotSet("last_topic", str(number)))
    assert [{**event, "sender_id": "ana"} for event in written(store, "ana")] == store.event_broker.published


def test_second_store_of_a_process_opens_without_complaint(store: BoundedTrackerStore, domain: Domain, tmp_path: Path,
                                                           caplog: pytest.LogCaptureFixture) -> None:
    """Opening another database, or the same one again, logs no error: on PostgreSQL it would undo the tables."""
    for name in ("another.db", "conversations.db"):
        BoundedTrackerStore(domain=domain, host=f"sqlite:///{tmp_path / name}")
    assert caplog.text == ""


def test_rasa_builds_the_store_from_endpoints(tmp_path: Path, domain: Domain) -> None:
    """`rasa run` finds the store by its module path and hands it the address."""
    path = tmp_path / "conversations.db"
    store = TrackerStore.create(
        EndpointConfig.from_dict({"type": "bot.store.tracker.BoundedTrackerStore", "url": f"sqlite:///{path}"}), domain)
    assert isinstance(store, BoundedTrackerStore)
    assert Person(store, "ana").says("one").committed
    assert path.is_file()


def test_ping_fails_where_the_database_is_away(store: BoundedTrackerStore) -> None:
    """Readiness can be asked for: silent with a database, an error without."""
    store.ping()
    block_file(store)
    with pytest.raises(sa.exc.OperationalError):
        store.ping()


def test_a_stranger_is_stored_with_the_first_turn(store: BoundedTrackerStore) -> None:
    """Who was only looked up leaves no trace, and a first turn is one transaction."""
    tracker = asyncio.run(store.get_or_create_tracker("ana"))
    assert [event.action_name for event in tracker.events] == ["action_listen"]
    assert written(store, "ana") == []
