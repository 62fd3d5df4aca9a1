"""One message of a conversation at a time, in the order in which they came, with nobody waiting by the clock.

Rasa's lock stores hand out tickets and poll once a second. In one process a queue a sender is enough: the next message
starts the moment the one before it ends, and a sender who is gone leaves nothing behind.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import Any, AsyncGenerator

from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, LockError, LockStore


class QueueLockStore(LockStore):
    """First come, first served, for one process."""

    def __init__(self, host: str | None = None, **kwargs: Any) -> None:
        super().__init__()
        self._locks: dict[str, asyncio.Lock] = {}
        self._waiting: dict[str, int] = {}

    @asynccontextmanager
    async def lock(self, conversation_id: str, lock_lifetime: float = LOCK_LIFETIME,
                   wait_time_in_seconds: float = 1) -> AsyncGenerator[TicketLock, None]:
        """Hold the conversation; waits at most `lock_lifetime` seconds for those before. Raises LockError after that."""
        lock = self._locks.setdefault(conversation_id, asyncio.Lock())
        self._waiting[conversation_id] = self._waiting.get(conversation_id, 0) + 1
        try:
            try:
                await asyncio.wait_for(lock.acquire(), lock_lifetime)
            except asyncio.TimeoutError as error:
                raise LockError(f"Could not acquire the lock of a conversation in {lock_lifetime} s.") from error
            try:
                yield TicketLock(conversation_id)
            finally:
                lock.release()
        finally:
            self._waiting[conversation_id] -= 1
            if not self._waiting[conversation_id]:
                del self._waiting[conversation_id], self._locks[conversation_id]

    def queue(self) -> tuple[int, int]:
        """How many messages are being answered or wait for it, and how many senders have one behind another."""
        waiting = list(self._waiting.values())
        return sum(waiting), sum(count > 1 for count in waiting)
