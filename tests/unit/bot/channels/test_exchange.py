"""One message in, its stored reply out; everything else is a 503 that says nothing of the message."""

from __future__ import annotations

import asyncio
import logging
import unicodedata
from pathlib import Path

import pytest
from rasa.core.lock_store import LockError
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered

from bot.channels.exchange import CollectingOutput, Incoming, as_text, bounded, exchange
from bot.errors import ChannelError
from bot.knowledge import Choice, Knowledge, use
from bot.store.tracker import BoundedTrackerStore
from bot.store.turn import current_turn
from tests.unit.bot.channels.conftest import HELLO, FakeAgent

SECRET = "my name is Rosa and I am so tired"


def incoming(text: str = "hello", *, sender: str = "ana", message_id: str | None = None) -> Incoming:
    return Incoming(sender, text, channel="web", message_id=message_id,
                    metadata={"language": "es", "default_audience": "parent"})


def assert_unavailable(outcome: object) -> None:
    assert isinstance(outcome, ChannelError), outcome
    assert (outcome.status, outcome.code) == (503, "unavailable")


# --- What is a command ------------------------------------------------------------------------------------------------


def test_every_button_of_ours_is_taken(knowledge: Knowledge) -> None:
    """The payload that a button hands out comes back unchanged."""
    use(knowledge)
    for topic in knowledge.topics:
        payload = Choice(topic, "title").payload
        assert as_text(payload) == payload
        assert as_text(f" {payload}\n") == payload


@pytest.mark.parametrize("text", [
    pytest.param("/restart", id="Rasa's restart"),
    pytest.param("/session_start", id="Rasa's session start"),
    pytest.param("/back", id="Rasa's back"),
    pytest.param("/crisis", id="intent that is no topic"),
    pytest.param("/all_safe", id="intent that ends a crisis"),
    pytest.param('/choose{"choice": 2}', id="intent with entities"),
    pytest.param('/ask_indicators{"role": "provider"}', id="payload with entities"),
    pytest.param("/ask_indicators and more", id="payload with words behind it"),
    pytest.param("/ask_indicators@1.0", id="payload with a confidence"),
    pytest.param("/ASK_INDICATORS", id="payload in capitals"),
    pytest.param("/ask_nothing", id="topic that does not exist"),
    pytest.param("//ask_indicators", id="two slashes"),
    pytest.param("/", id="slash alone"),
    pytest.param("  /restart", id="blanks before the slash"),
    pytest.param("/s is it sarcasm", id="a way of writing"),
])
def test_other_slash_is_text(text: str, knowledge: Knowledge) -> None:
    """Rasa finds no command in it, and the words stay what they are to a reader and to the encoders."""
    use(knowledge)
    made_safe = as_text(text)
    assert not made_safe.startswith("/")
    assert unicodedata.normalize("NFKC", made_safe) == text.strip()


@pytest.mark.parametrize("text", ["why does she cry", "and/or", "¿por qué? / why?", '{"intent": "restart"}', "24/7"])
def test_text_without_a_leading_slash_stays(text: str, knowledge: Knowledge) -> None:
    """Nothing else is touched but blanks at the ends."""
    use(knowledge)
    assert as_text(f" {text} ") == text


# --- The way of a message ---------------------------------------------------------------------------------------------


def test_reply_is_what_the_processor_sent(agent: FakeAgent) -> None:
    """One whole message each, in order, with text, buttons and custom."""
    notice = {"text": "One.\n\nTwo.", "custom": {"kind": "notice"}}
    agent.processor.answer = [HELLO, notice]
    assert agent.exchange(incoming()) == [[HELLO, {**notice, "buttons": []}]]


def test_processor_hears_what_came_in(agent: FakeAgent) -> None:
    """Text, sender, channel, message id and metadata arrive; a foreign command arrives as text."""
    agent.exchange(incoming("/restart", message_id="m1"))
    (heard,) = agent.processor.heard
    assert heard.text == "／restart"
    assert (heard.sender_id, heard.input_channel, heard.message_id) == ("ana", "web", "m1")
    assert heard.metadata == {"language": "es", "default_audience": "parent"}


def test_what_tells_who_somebody_is_is_understood_and_not_kept(agent: FakeAgent) -> None:
    """Understood from the words as typed; kept masked, with no word and no place of a word beside it."""
    agent.exchange(incoming("my name is Rosa Quux, thanks"))
    assert agent.processor.read == ["my name is Rosa Quux, thanks"]
    (heard,) = agent.processor.heard
    assert heard.text == "my name is [name], thanks"
    assert heard.parse_data["intent"]["name"] == "thanks"
    assert heard.parse_data["entities"] == [{"entity": "role", "value": "provider"}]
    assert "Rosa" not in str(heard.parse_data) and heard.parse_data["text"] == heard.text


def test_message_without_anything_to_mask_is_left_to_the_processor(agent: FakeAgent) -> None:
    """It is read once, by the processor itself."""
    agent.exchange(incoming("thanks"))
    assert agent.processor.read == [] and agent.processor.heard[0].parse_data is None


def test_message_delivered_again_gets_the_stored_reply(agent: FakeAgent) -> None:
    """The second delivery is answered with the first's reply and is no second turn."""
    first = agent.exchange(incoming(message_id="m1"))
    agent.processor.answer = [{"text": "Something else"}]
    assert agent.exchange(incoming(message_id="m1")) == first
    assert len(agent.processor.heard) == 1


def test_message_delivered_twice_at_once_is_one_turn(agent: FakeAgent) -> None:
    """Two deliveries that overlap get the same reply out of one turn."""
    assert agent.exchange(incoming(message_id="m1"), incoming(message_id="m1")) == [[HELLO], [HELLO]]
    assert len(agent.processor.heard) == 1


@pytest.mark.parametrize(("one", "other"), [
    pytest.param(incoming(message_id="m1"), incoming(message_id="m2"), id="other id"),
    pytest.param(incoming(message_id="m1"), incoming(message_id="m1", sender="bea"), id="other sender"),
    pytest.param(incoming(), incoming(), id="no id"),
])
def test_other_messages_are_turns_of_their_own(agent: FakeAgent, one: Incoming, other: Incoming) -> None:
    """Only the same id of the same sender is the same message."""
    assert agent.exchange(one, other) == [[HELLO], [HELLO]]
    assert len(agent.processor.heard) == 2


def test_messages_of_one_sender_are_answered_one_after_the_other(agent: FakeAgent) -> None:
    """A sender's second message waits for the first; another sender's does not."""
    agent.exchange(incoming("one"), incoming("two"), incoming("three"))
    assert [message.text for message in agent.processor.heard] == ["one", "two", "three"]
    assert agent.processor.most_inside == 1
    agent.exchange(incoming(), incoming(sender="bea"))
    assert agent.processor.most_inside == 2


# --- No answer --------------------------------------------------------------------------------------------------------


def test_without_an_agent_no_answer() -> None:
    """While no model is loaded the answer is 503."""
    with pytest.raises(ChannelError) as raised:
        asyncio.run(exchange(None, incoming()))
    assert_unavailable(raised.value)


def test_without_a_model_no_answer(agent: FakeAgent) -> None:
    """An agent that has no model yet is not asked."""
    agent.ready = False
    assert_unavailable(agent.exchange(incoming())[0])
    assert not agent.processor.heard


def test_empty_reply_is_no_answer(agent: FakeAgent) -> None:
    """Silence is not a success."""
    agent.processor.answer = []
    assert_unavailable(agent.exchange(incoming())[0])


def test_uncommitted_turn_is_no_answer(agent: FakeAgent) -> None:
    """A reply that was computed and not stored is not given."""
    agent.tracker_store.away = True
    assert_unavailable(agent.exchange(incoming())[0])


@pytest.mark.parametrize("error", [
    pytest.param(ValueError(f"cannot parse '{SECRET}'"), id="with the message in its text"),
    pytest.param(LockError("Could not acquire the lock."), id="of the lock store"),
    pytest.param(KeyError(SECRET), id="with the message as its key"),
])
def test_error_is_no_answer_and_keeps_the_message_out_of_the_log(agent: FakeAgent, error: Exception,
                                                                 caplog: pytest.LogCaptureFixture) -> None:
    """What raised is logged by its name and place; what the person wrote is not."""
    agent.processor.error = error
    with caplog.at_level(logging.DEBUG):
        assert_unavailable(agent.exchange(incoming(SECRET))[0])
    assert type(error).__name__ in caplog.text
    assert SECRET not in caplog.text
    assert not any(word in caplog.text for word in ("Rosa", "tired"))


def test_failed_turn_leaves_the_next_one_alone(agent: FakeAgent) -> None:
    """After an error the same message, sent again, is answered: the conversation is free and nothing was remembered."""
    agent.processor.error = ValueError()
    assert_unavailable(agent.exchange(incoming(message_id="m1"))[0])
    agent.processor.error = None
    assert agent.exchange(incoming(message_id="m1")) == [[HELLO]]


def test_turn_ends_with_the_exchange(agent: FakeAgent) -> None:
    """Whatever is saved later in the same task is not taken for this turn."""
    async def play() -> None:
        await exchange(agent, incoming())
        assert current_turn.get() is None
        agent.processor.error = ValueError()
        with pytest.raises(ChannelError):
            await exchange(agent, incoming())
        assert current_turn.get() is None

    asyncio.run(play())


class SavingProcessor:
    """Answers and saves through a real tracker store, as Rasa's processor does."""

    def __init__(self, store: FailSafeTrackerStore) -> None:
        self._store = store

    async def handle_message(self, message) -> None:
        tracker = await self._store.get_or_create_tracker(message.sender_id)
        tracker.update(UserUttered(message.text))
        await message.output_channel.send_response(message.sender_id, dict(HELLO))
        await self._store.save(tracker)


def test_broken_database_behind_rasas_fail_safe_store_is_no_answer(agent: FakeAgent, tmp_path: Path) -> None:
    """With `rasa run` too, 200 means stored: the wrapper's fallback to memory is not taken for a success."""
    path = tmp_path / "conversations.db"
    store = BoundedTrackerStore(domain=Domain.empty(), host=f"sqlite:///{path}")
    agent.tracker_store = FailSafeTrackerStore(store)
    agent.processor = SavingProcessor(agent.tracker_store)
    assert bounded(agent) is store
    assert agent.exchange(incoming(message_id="m1")) == [[HELLO]]
    store.engine.dispose()
    path.unlink()
    path.mkdir()
    assert_unavailable(agent.exchange(incoming(message_id="m1"))[0])
    assert_unavailable(agent.exchange(incoming())[0])


def test_collected_message_has_every_part() -> None:
    """What a message lacks is empty, not missing, and nothing else is handed on."""
    output = CollectingOutput()
    asyncio.run(output.send_response("ana", {"text": None, "image": "cat.png"}))
    assert output.messages == [{"text": "", "buttons": [], "custom": {}}]
