"""A worker with one message to answer: `python -m tests.support.turn_worker DATABASE LOCK TEXT MESSAGE_ID WHERE`.

Everything is real but the model: the lock, the store, and the exchange, which says 200 or 503. Says "inside" where it
has read the conversation (WHERE is "read") or still has to read it ("asked"), waits for a line, then goes on and prints
the status. With "nowhere" it does not wait.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered

from bot.channels.exchange import Incoming, exchange
from bot.errors import ChannelError
from bot.store.shared_lock import lock_store
from bot.store.tracker import BoundedTrackerStore
from tests.support.lock_worker import settings_for

SENDER = "ana"


class Worker:
    """An agent and its processor, as far as an exchange needs them."""

    def __init__(self, database: str, lock: str, waits: str) -> None:
        self.tracker_store = BoundedTrackerStore(domain=Domain.empty(), host=database)
        self.lock_store = lock_store(settings_for(lock))
        self.processor = self
        self._waits = waits

    def is_ready(self) -> bool:
        return True

    async def handle_message(self, message: UserMessage) -> None:
        self._wait("asked")
        tracker = await self.tracker_store.get_or_create_tracker(message.sender_id)
        self._wait("read")
        reply = f"Re: {message.text}"
        for event in (UserUttered(message.text), BotUttered(reply), ActionExecuted("action_listen")):
            tracker.update(event)
        await message.output_channel.send_response(message.sender_id, {"text": reply, "custom": {"kind": "answer"}})
        await self.tracker_store.save(tracker)

    def _wait(self, where: str) -> None:
        if self._waits == where:
            print("inside", flush=True)
            sys.stdin.readline()


async def answer(database: str, lock: str, text: str, message_id: str, waits: str) -> int:
    """The status with which one message is answered."""
    worker: Any = Worker(database, lock, waits)
    try:
        await exchange(worker, Incoming(SENDER, text, "web", message_id))
        return 200
    except ChannelError as error:
        return error.status
    finally:
        worker.lock_store.close()
        worker.tracker_store.engine.dispose()


if __name__ == "__main__":
    print(asyncio.run(answer(*sys.argv[1:])), flush=True)
