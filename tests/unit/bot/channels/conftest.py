"""What the tests of the channels share: fakes of Rasa's agent and of the parts that an exchange asks."""

from __future__ import annotations

import asyncio
import copy
import time
from typing import Any, Iterator, Mapping, Sequence

import pytest
from rasa.core.channels.channel import UserMessage

from bot.channels.exchange import Incoming, Message, exchange
from bot.knowledge import Knowledge, use
from bot.store.locks import QueueLockStore
from bot.store.turn import current_turn

HELLO: Message = {"text": "Hello", "buttons": [{"title": "Signs", "payload": "/ask_indicators"}],
                  "custom": {"kind": "smalltalk"}}


class FakeStore:
    """Keeps replies by sender and message id; commits the turn that is under way unless it is `away`."""

    def __init__(self) -> None:
        self.away = False
        self.replies: dict[tuple[str, str | None], list[Any]] = {}

    def commit(self) -> None:
        turn = current_turn.get()
        assert turn is not None
        if not self.away:
            self.replies[turn.sender_id, turn.message_id] = copy.deepcopy(list(turn.reply()))
            turn.committed = True

    def reply_to(self, sender_id: str, message_id: str) -> list[Any] | None:
        return self.replies.get((sender_id, message_id))


class FakeProcessor:
    """Answers every message with the same messages, or raises; takes a moment, so that two can be under way."""

    def __init__(self, store: FakeStore) -> None:
        self.heard: list[UserMessage] = []
        self.read: list[str] = []
        self.answer: Sequence[Mapping[str, Any]] = [HELLO]
        self.error: Exception | None = None
        self.inside = self.most_inside = 0
        self._store = store

    async def parse_message(self, message: UserMessage) -> dict[str, Any]:
        """Understands every message as a word of thanks by somebody of a role, at the place where it says so."""
        if self.error:
            raise self.error
        self.read.append(message.text)
        return {"text": message.text, "intent": {"name": "thanks", "confidence": 1.0}, "text_tokens": [(0, 2)],
                "entities": [{"entity": "role", "value": "provider", "start": 0, "end": 4}]}

    async def handle_message(self, message: UserMessage) -> None:
        self.heard.append(message)
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        await asyncio.sleep(0.005)
        self.inside -= 1
        if self.error:
            raise self.error
        for part in self.answer:
            await message.output_channel.send_response(message.sender_id, dict(part))
        self._store.commit()


class FakeAgent:
    """An agent with a model, a store in memory and the real lock store."""

    def __init__(self) -> None:
        self.ready = True
        self.tracker_store = FakeStore()
        self.lock_store = QueueLockStore()
        self.processor = FakeProcessor(self.tracker_store)

    def is_ready(self) -> bool:
        return self.ready

    def exchange(self, *incoming: Incoming) -> list[Any]:
        """The replies to messages that arrive at once; an error in place of a reply that failed."""
        async def all_at_once() -> list[Any]:
            return await asyncio.gather(*(exchange(self, message) for message in incoming), return_exceptions=True)

        return asyncio.run(all_at_once())


class Clock:
    """The time, as the tests will have it."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def agent(knowledge: Knowledge) -> FakeAgent:
    use(knowledge)  # which payloads are buttons of ours is told by the topics
    return FakeAgent()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """A clock that stands still until it is put forward."""
    clock = Clock(time.time())
    monkeypatch.setattr(time, "time", clock)
    monkeypatch.setattr(time, "monotonic", clock)
    yield clock
