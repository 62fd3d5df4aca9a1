"""The dialogue engine with the actions in its process: what fails is told, what is told was stored."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Iterator

import pytest
import yaml
from rasa.core.channels.channel import UserMessage
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, DefinePrevUserUtteredFeaturization, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.data import TrainingType
from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot import engine as module
from bot.channels.exchange import CollectingOutput
from bot.engine import Engine, LocalAction, Processor
from bot.knowledge import Knowledge, use
from bot.settings import PROJECT
from bot.store.locks import QueueLockStore
from bot.store.tracker import BoundedTrackerStore
from tests.support.engine import ANSWER, Bot, FakeAction, FakeExecutor, FakeRunner

_DOMAIN = """
version: "3.1"
intents: [ask, stop]
slots:
  last_topic: {type: text, influence_conversation: false, mappings: [{type: custom}]}
  language: {type: text, influence_conversation: false, mappings: [{type: custom}]}
actions: [action_answer, action_missing]
"""

Models = dict[str, tuple[Domain, FakeRunner]]
"""Models that can be loaded, by path."""


@pytest.fixture
def domain() -> Domain:
    return Domain.from_yaml(_DOMAIN)


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Models:
    """The models that can be loaded; none yet."""
    models: Models = {}

    def load(path: str) -> tuple[str, SimpleNamespace, FakeRunner]:
        domain, runner = models[path]
        metadata = SimpleNamespace(assistant_id="test", model_id=path, domain=domain, training_type=TrainingType.BOTH,
                                   nlu_target="nlu", core_target="core")
        return path, metadata, runner

    monkeypatch.setattr(Processor, "_load_model", staticmethod(load))
    return models


@pytest.fixture
def action(monkeypatch: pytest.MonkeyPatch) -> FakeAction:
    action = FakeAction()
    monkeypatch.setattr(module, "ActionExecutor", lambda: FakeExecutor(action))
    return action


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BoundedTrackerStore]:
    store = BoundedTrackerStore(host=f"sqlite:///{tmp_path / 'conversations.db'}")
    yield store
    store.engine.dispose()


@pytest.fixture
def bot(models: Models, domain: Domain, action: FakeAction, store: BoundedTrackerStore) -> Bot:
    """Answers each message with the fake action."""
    models["first"] = domain, FakeRunner(domain)
    engine = Engine(tracker_store=store, lock_store=QueueLockStore())
    engine.load_model("first", fingerprint="one")
    return Bot(engine)


# --- The tracker store ------------------------------------------------------------------------------------------------


def test_tracker_store_is_not_wrapped(bot: Bot, store: BoundedTrackerStore, domain: Domain) -> None:
    """Engine and processor have the store itself, with the model's domain; Rasa's wrapper would hide its failures."""
    assert bot.engine.tracker_store is store
    assert bot.engine.processor.tracker_store is store
    assert store.domain is domain


def test_engine_needs_a_tracker_store() -> None:
    """Rasa would keep conversations in memory, and nobody would know."""
    with pytest.raises(ValueError, match="needs a tracker store"):
        Engine(lock_store=QueueLockStore())


class LostStore(InMemoryTrackerStore):
    """A store whose database is away."""

    def __init__(self, *, reads: bool) -> None:
        super().__init__(Domain.empty())
        self._reads = reads

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        if not self._reads:
            raise ConnectionError("cannot read")
        return await super().retrieve(sender_id)

    async def save(self, tracker: DialogueStateTracker) -> None:
        raise ConnectionError("cannot write")


@pytest.mark.parametrize("reads", [True, False], ids=["write", "read"])
def test_failing_store_reaches_the_caller(bot: Bot, reads: bool) -> None:
    """A turn that could not be read or written is not taken for one that was."""
    engine = Engine(tracker_store=LostStore(reads=reads), lock_store=QueueLockStore())
    engine.load_model("first")
    with pytest.raises(ConnectionError, match="cannot write" if reads else "cannot read"):
        Bot(engine).hears("hello")


# --- A turn -----------------------------------------------------------------------------------------------------------


def test_action_answers_in_this_process(bot: Bot) -> None:
    """Its message arrives whole, with text, buttons and custom."""
    assert bot.hears("hello") == [{"text": ANSWER["text"], "buttons": ANSWER["buttons"],
                                   "custom": ANSWER["json_message"]}]


def test_messages_keep_their_order(bot: Bot, action: FakeAction) -> None:
    """One after the other, each once."""
    action.says = [{"text": "One."}, ANSWER, {"text": "Three."}]
    assert [message["text"] for message in bot.hears("hello")] == ["One.", ANSWER["text"], "Three."]


def test_turn_is_stored(bot: Bot) -> None:
    """What was said on both sides, and what is to be remembered."""
    bot.hears("hello")
    tracker = bot.stored()
    assert tracker.latest_message.text == "hello"
    assert tracker.current_slot_values()["last_topic"] == "brain"
    (said,) = (event for event in tracker.events if isinstance(event, BotUttered))
    assert (said.text, said.data["custom"], said.data["buttons"]) == (
        ANSWER["text"], ANSWER["json_message"], ANSWER["buttons"])
    assert tracker.latest_action_name == "action_listen"


def test_silent_action_is_no_error(bot: Bot, action: FakeAction) -> None:
    """Whether silence is an answer is for the channel to say."""
    action.says, action.remembers = [], []
    assert bot.hears("hello") == []
    assert bot.stored().latest_message.text == "hello"


# --- An action that raises --------------------------------------------------------------------------------------------


def test_error_of_an_action_reaches_the_caller(bot: Bot, action: FakeAction) -> None:
    """As it was raised; Rasa would log it and answer with nothing."""
    action.error = LookupError("no such topic")
    with pytest.raises(LookupError) as raised:
        bot.hears("hello")
    assert raised.value is action.error


def test_failed_first_turn_stores_nothing(bot: Bot, action: FakeAction) -> None:
    """The person is still a stranger."""
    action.error = LookupError()
    with pytest.raises(LookupError):
        bot.hears("hello")
    assert bot.stored() is None


def test_failed_turn_leaves_the_conversation_as_it_was(bot: Bot, action: FakeAction) -> None:
    """No message, no slot; the next turn follows the last good one, and other people's are theirs."""
    bot.hears("one")
    before = bot.written()
    action.error, action.remembers = LookupError(), [SlotSet("last_topic", "contact")]
    with pytest.raises(LookupError):
        bot.hears("two")
    assert bot.written() == before
    assert bot.stored().current_slot_values()["last_topic"] == "brain"
    action.error = None
    assert bot.hears("three")
    assert [event["text"] for event in bot.written() if event["event"] == "user"] == ["one", "three"]
    assert bot.stored("bea") is None


def test_action_that_nobody_wrote_is_an_error(bot: Bot, models: Models, domain: Domain) -> None:
    """A model may predict what the code does not have: that is told and stores nothing."""
    models["newer"] = domain, FakeRunner(domain, "action_missing")
    bot.engine.load_model("newer")
    with pytest.raises(KeyError, match="action_missing"):
        bot.hears("hello")
    assert bot.stored() is None


@pytest.mark.parametrize(("events", "error"), [
    pytest.param([SlotSet("last_topic", "brain"), {"event": "no such event"}], KeyError, id="unknown event"),
    pytest.param(None, TypeError, id="nothing"),
])
def test_events_that_cannot_be_read_are_an_error(bot: Bot, action: FakeAction, events: list[Any] | None,
                                                 error: type[Exception]) -> None:
    """What an action wants remembered is told where it cannot be, with the rest of its turn."""
    action.remembers = events
    with pytest.raises(error):
        bot.hears("hello")
    assert bot.stored() is None


def test_every_rule_is_one_action() -> None:
    """The engine listens after an action without asking the policies: right only while no rule goes on after one."""
    rules = [rule for path in (PROJECT / "stories").glob("*.yml")
             for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]]
    assert rules and [rule["rule"] for rule in rules if sum("action" in step for step in rule["steps"]) != 1] == []


def test_every_rule_looks_at_the_intent_alone() -> None:
    """The policies are asked once an intent: right only while no rule looks at slots, entities or what came before."""
    rules = [rule for path in (PROJECT / "stories").glob("*.yml")
             for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]]
    assert {frozenset(rule) for rule in rules} == {frozenset({"rule", "steps"})}
    for first, *others in (rule["steps"] for rule in rules):
        asked = first["or"] if "or" in first else [first]
        assert all(set(step) == {"intent"} for step in asked)
        assert [set(step) for step in others] == [{"action"}]


def test_every_slot_is_set_by_the_actions() -> None:
    """Nothing is taken out of messages into slots: right only while no slot asks for it."""
    slots = yaml.safe_load((PROJECT / "domain.yml").read_text(encoding="utf-8"))["slots"]
    assert slots and [name for name, slot in slots.items() if slot["mappings"] != [{"type": "custom"}]] == []


def test_no_component_looks_at_the_conversation() -> None:
    """It is read while a message is understood: right only while nothing that understands one is given it."""
    config = yaml.safe_load((PROJECT / "config.yml").read_text(encoding="utf-8"))
    schema = DefaultV1Recipe().graph_config_for_recipe(config, {}, TrainingType.BOTH).predict_schema
    waiting, taken = [next(name for name in schema.nodes if "RegexMessageHandler" in name)], set()
    while waiting:
        needs = set(schema.nodes[waiting.pop()].needs.values())
        waiting += [need for need in needs - taken if need in schema.nodes]
        taken |= needs
    assert PLACEHOLDER_MESSAGE in taken and PLACEHOLDER_TRACKER not in taken


def test_policies_are_asked_once_an_intent(bot: Bot, models: Models, domain: Domain) -> None:
    """And what they decided is an event of each turn, of its own time."""
    runner = FakeRunner(domain)
    runner.decides = [DefinePrevUserUtteredFeaturization(False)]
    models["counting"] = domain, runner
    bot.engine.load_model("counting")
    bot.hears("one")
    before = time.time()
    bot.hears("two")
    assert runner.asked.count("core") == 1
    decided = [event for event in bot.written() if event["event"] == "user_featurization"]
    assert len(decided) == 2 and decided[0]["timestamp"] < before <= decided[1]["timestamp"]


def test_another_model_is_asked_anew(bot: Bot, models: Models, domain: Domain) -> None:
    """What one model decided says nothing about the next."""
    bot.hears("one")
    models["newer"] = domain, FakeRunner(domain, "action_missing")
    bot.engine.load_model("newer")
    with pytest.raises(KeyError, match="action_missing"):
        bot.hears("two")


def test_listens_after_an_action(bot: Bot) -> None:
    """As Rasa's own loop would: the next message finds a conversation that waits for it."""
    bot.hears("hello")
    assert [event.action_name for event in bot.stored().events if isinstance(event, ActionExecuted)][-2:] == \
        ["action_answer", "action_listen"]


# --- What an action gets ----------------------------------------------------------------------------------------------


def test_actions_get_what_was_said_last_and_the_slots_only(bot: Bot, action: FakeAction) -> None:
    """Handing over a whole history would make each turn of a long conversation slower than the one before."""
    for number in range(5):
        bot.hears(f"message {number}", metadata={"language": "es", "number": number})
    tracker = action.trackers[-1]
    uttered, spoken = tracker.events
    assert (uttered["event"], spoken["event"]) == ("bot", "user")
    assert (spoken["event"], spoken["text"]) == ("user", "message 4")
    assert spoken["metadata"]["number"] == 4
    assert tracker.slots["last_topic"] == "brain"
    assert tracker.sender_id == "ana"
    assert action.domains[-1] == {}


def test_actions_get_what_was_understood(bot: Bot, action: FakeAction) -> None:
    """Intent, entities and whatever else the components put on the message."""
    bot.hears("hello")
    message = action.trackers[0].latest_message
    assert (message["text"], message["intent"]["name"], message["entities"]) == ("hello", "ask", [])
    assert message["topics"] == [{"name": "ask_brain", "confidence": 0.9}]


def test_slots_of_the_first_turn_are_empty(bot: Bot, action: FakeAction) -> None:
    """There is nothing to remember yet, of anybody else either."""
    bot.hears("hello", sender="bea")
    bot.hears("hello")
    first = action.trackers[-1].slots
    assert first["last_topic"] is None and first["language"] is None


def test_action_changes_nothing_but_by_its_events(domain: Domain) -> None:
    """Its tracker is a copy: what it writes there is not remembered."""
    async def run(_: CollectingDispatcher, tracker: Tracker, __: Any) -> list[Any]:
        tracker.slots["language"] = "xx"
        tracker.latest_message["intent"] = {"name": "stop"}
        return []

    conversation = DialogueStateTracker.from_events("ana", [UserUttered("hello", {"name": "ask"})], domain.slots)
    assert asyncio.run(LocalAction("action_answer", run).run(CollectingOutput(), None, conversation, domain)) == []
    assert conversation.get_slot("language") is None
    assert conversation.latest_message.parse_data["intent"] == {"name": "ask"}


def test_action_may_be_run_before_anybody_spoke(domain: Domain) -> None:
    """A conversation without a message has nothing to hand over, and that is no error."""
    action = FakeAction()
    stranger = DialogueStateTracker.from_events("ana", [], domain.slots)
    events = asyncio.run(LocalAction("action_answer", action.run).run(CollectingOutput(), None, stranger, domain))
    assert action.trackers[0].events == []
    assert [event.type_name for event in events] == ["bot", "slot"]


# --- Models -----------------------------------------------------------------------------------------------------------


def test_new_model_answers_from_then_on(bot: Bot, models: Models, action: FakeAction,
                                        store: BoundedTrackerStore) -> None:
    """Its domain is that of engine and store, its name the engine's fingerprint; what was remembered stays."""
    bot.hears("one")
    domain = Domain.from_yaml(_DOMAIN.replace("  language:", "  mood: {type: text, mappings: [{type: custom}]}\n"
                                                             "  language:"))
    models["second"] = domain, FakeRunner(domain, intent={"name": "stop", "confidence": 1.0})
    bot.engine.load_model("second", fingerprint="two")
    assert bot.engine.fingerprint == "two"
    assert bot.engine.domain is store.domain is domain
    bot.hears("two")
    assert action.trackers[-1].latest_message["intent"]["name"] == "stop"
    assert action.trackers[-1].slots["last_topic"] == "brain"
    assert "mood" in action.trackers[-1].slots


def test_model_that_cannot_be_loaded_leaves_the_one_before(bot: Bot, domain: Domain,
                                                           store: BoundedTrackerStore) -> None:
    """A broken release takes nothing away."""
    with pytest.raises(KeyError):
        bot.engine.load_model("broken", fingerprint="two")
    assert bot.engine.fingerprint == "one"
    assert store.domain is domain
    assert bot.hears("hello")


def test_engine_without_a_model_is_not_ready(store: BoundedTrackerStore) -> None:
    """The channel asks before it hands a message over."""
    engine = Engine(tracker_store=store, lock_store=QueueLockStore())
    assert not engine.is_ready()


# --- The real actions -------------------------------------------------------------------------------------------------

_REAL = Domain.load(str(PROJECT / "domain.yml"))


@pytest.mark.parametrize("name", _REAL.user_actions)
def test_every_action_of_the_domain_answers_in_this_process(
        name: str, models: Models, store: BoundedTrackerStore, knowledge: Knowledge,
        caplog: pytest.LogCaptureFixture) -> None:
    """Whatever a model predicts is found in `actions`, says something and is stored; no server of actions is asked."""
    use(knowledge)
    models["real"] = _REAL, FakeRunner(_REAL, name, intent={"name": "greet", "confidence": 1.0}, topics=[])
    engine = Engine(tracker_store=store, lock_store=QueueLockStore())
    engine.load_model("real")
    bot = Bot(engine)
    with caplog.at_level(logging.ERROR):
        reply = bot.hears("hello")
    assert reply and all(message["text"] and message["custom"]["kind"] for message in reply)
    assert caplog.records == []
    assert bot.stored().current_slot_values()["noticed"] is True


class _Slow(Processor):
    """Understands nothing before it is `released`."""

    def __init__(self) -> None:
        self._understanding = ThreadPoolExecutor(1)
        self.begun: list[str] = []
        self.most: list[int] = []
        self.released = threading.Event()

    def _parse_message_with_graph(self, message: UserMessage, *_: Any) -> dict[str, Any]:
        self.begun.append(message.text)
        self.most.append(len(self.begun))
        assert self.released.wait(10)
        self.begun.remove(message.text)
        return {"text": message.text, "intent": {}, "entities": []}


def test_the_conversation_is_read_while_the_message_is_understood() -> None:
    """Neither waits for the other."""
    class Reading(_Slow):
        async def fetch_tracker_and_update_session(self, sender_id: str, *_: Any) -> DialogueStateTracker:
            while not self.begun:
                await asyncio.sleep(0.01)
            self.released.set()
            return DialogueStateTracker(sender_id, [])

        domain = Domain.empty()

    tracker = asyncio.run(Reading().log_message(UserMessage("hello", sender_id="p"), should_save_tracker=False))
    assert tracker.latest_message.text == "hello"


def test_a_conversation_that_cannot_be_read_ends_the_turn() -> None:
    """At once, with what the database raised; whatever was understood meanwhile is nobody's."""
    class Away(_Slow):
        async def fetch_tracker_and_update_session(self, *_: Any) -> DialogueStateTracker:
            raise OSError("away")

    async def ask() -> None:
        processor = Away()
        try:
            with pytest.raises(OSError, match="away"):
                await asyncio.wait_for(processor.log_message(UserMessage("hello")), 5)
        finally:
            processor.released.set()

    asyncio.run(ask())


def test_the_loop_goes_on_while_messages_are_understood_one_by_one() -> None:
    """Nothing else waits for the encoders, and no component ever works on two messages at once."""
    processor = _Slow()

    async def ask() -> list[dict[str, Any]]:
        asked = [asyncio.ensure_future(processor.parse_message(UserMessage(text))) for text in ("one", "two", "three")]
        while not processor.begun:
            await asyncio.sleep(0.01)
        assert not any(task.done() for task in asked)
        processor.released.set()
        return await asyncio.gather(*asked)

    assert [parsed["text"] for parsed in asyncio.run(ask())] == ["one", "two", "three"]
    assert processor.most == [1, 1, 1]
