"""One message in, its reply out: what the web and the text-message channel share. Knows Rasa, but no HTTP.

A message is understood as it was typed and kept as it is masked: names, numbers and addresses never reach the store.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence

from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.tracker_store import FailSafeTrackerStore

from bot.errors import ChannelError
from bot.knowledge import current, one_knowledge
from bot.logs import where
from bot.privacy import shared_masker
from bot.store import conversation
from bot.store.tracker import BoundedTrackerStore
from bot.store.turn import Turn, current_turn

logger = logging.getLogger(__name__)

# Where in the text an entity stands: in the masked one, somewhere else.
_PLACES = {"start", "end"}

Message = Mapping[str, Any]
"""One message of a reply: `text`, `buttons`, `custom`."""


@dataclass(frozen=True)
class Incoming:
    """A message as a channel hands it on. `metadata` is what the actions may know of the channel."""

    sender_id: str
    text: str
    channel: str
    message_id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


class CollectingOutput(OutputChannel):
    """Keeps each message whole. Rasa's own collector splits texts at blank lines and sends `custom` separately."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    @classmethod
    def name(cls) -> str:
        return "collecting"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        self.messages.append({key: message.get(key) or empty for key, empty in
                              (("text", ""), ("buttons", []), ("custom", {}))})


async def exchange(agent: Agent | None, incoming: Incoming) -> list[Message]:
    """The reply, never empty, once it is stored; for a message id that came before, the reply that it got then.

    Raises ChannelError 503 where no reply could be computed or it could not be stored.
    """
    if agent is None or not agent.is_ready():
        raise ChannelError(503, "unavailable")
    try:
        # The agent was the live one a moment ago, with no await between: both are of one release until the turn ends.
        with one_knowledge():
            return await _exchange(agent, incoming)
    except ChannelError:
        raise
    except Exception as error:
        logger.error("A turn failed: %s", where(error))
        raise ChannelError(503, "unavailable") from error


async def _exchange(agent: Agent, incoming: Incoming) -> list[Message]:
    output = CollectingOutput()
    turn = Turn(incoming.sender_id, incoming.message_id, reply=lambda: output.messages)
    # The processor is called inside the lock that the agent itself would take, so that the look-up of an earlier reply
    # and the turn are one: two deliveries at once get one answer.
    async with agent.lock_store.lock(incoming.sender_id):
        if incoming.message_id:
            earlier = bounded(agent).reply_to(incoming.sender_id, incoming.message_id)
            if earlier:
                _erase_if_said(agent, incoming, earlier)  # the first delivery may have ended before that
                return earlier
        reset = current_turn.set(turn)
        try:
            await agent.processor.handle_message(await _kept(agent, incoming, output))
        finally:
            current_turn.reset(reset)
        if not (output.messages and turn.committed):
            raise ChannelError(503, "unavailable")
        _erase_if_said(agent, incoming, output.messages)
    return output.messages


def _erase_if_said(agent: Agent, incoming: Incoming, reply: Sequence[Message]) -> None:
    """Delete the conversation, this turn with it, before a reply goes out that says so; what fails here fails the turn."""
    if any(message["custom"].get("erases") for message in reply):
        conversation.erase(bounded(agent), incoming.sender_id)


async def _kept(agent: Agent, incoming: Incoming, output: OutputChannel) -> UserMessage:
    """The message as it is stored: masked, with what was understood from the words as they were typed."""
    typed, kept = as_text(incoming.text), as_text(shared_masker().mask(incoming.text))
    return UserMessage(kept, output, incoming.sender_id, input_channel=incoming.channel,
                       message_id=incoming.message_id, metadata=dict(incoming.metadata),
                       parse_data=None if kept == typed else {**await understood(agent, incoming.text), "text": kept})


async def understood(agent: Agent, text: str) -> dict[str, Any]:
    """What is understood of a text as it was typed, without anything that holds its words or their places."""
    parsed = dict(await agent.processor.parse_message(UserMessage(as_text(text))))
    entities = [{key: value for key, value in entity.items() if key not in _PLACES} for entity in parsed["entities"]]
    return {**parsed, "entities": entities, "text": "", "text_tokens": []}


def bounded(agent: Agent) -> BoundedTrackerStore:
    """Our tracker store; `rasa run` hides it in its fail-safe one."""
    store = agent.tracker_store
    return store._tracker_store if isinstance(store, FailSafeTrackerStore) else store


def as_text(text: str) -> str:
    """The text, safe from being read as a command.

    Rasa takes a leading slash for an intent and skips the classifier. Only the payloads of our own buttons may do that;
    any other slash becomes its full-width form, which reads the same to a person and, after NFKC, to the encoders.
    """
    stripped = text.strip()
    payloads = {f"/{topic.intent}" for topic in current().topics.values()}
    return f"／{stripped[1:]}" if stripped.startswith("/") and stripped not in payloads else stripped
