"""One message of a conversation at a time, whichever of several processes has it, in the order in which they came.

Each message takes a place in a queue of its conversation that all processes share (`Places`), and is answered when it is
the first. Among those of one process the next begins at once; for another process's turn to end it is asked again every
`POLL_S`. The places of a process that died are nobody's: they are passed over.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import blake2b
from typing import Any, AsyncGenerator, Callable, Protocol, TypeVar

from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, LockError, LockStore

from bot.errors import StoreError
from bot.settings import Settings
from bot.store.locks import QueueLockStore

logger = logging.getLogger(__name__)

# The second of two messages on two workers waits so much longer than it has to, at most.
POLL_S = 0.01
# What a message waits for a database that does not answer; a person is told after that, with the crisis lines.
ANSWER_WITHIN_S = 4.0
# What a question about the server's health may take.
PING_WITHIN_S = 1.0
_Value = TypeVar("_Value")


class Places(Protocol):
    """A queue a conversation, shared by processes. Not safe for threads: the store has one thread for it.

    Every method raises StoreError where the queue cannot be reached, within a few seconds.
    """

    def ask(self, conversation: int, ticket: int) -> bool:
        """Whether the ticket is the first of its conversation; it takes the last place where it has none."""

    def leave(self, conversation: int, ticket: int) -> None:
        """Give the place up."""

    def ping(self) -> None:
        """Nothing, where the queue can be reached."""

    def close(self) -> None:
        """Give up every place and connection of this process."""


class SharedLockStore(LockStore):
    """First come, first served, for any number of processes."""

    def __init__(self, places: Places) -> None:
        super().__init__()
        self._here = QueueLockStore()
        self._places = places
        # One thread: requests reach the queue in the order in which messages came, a farewell after its question.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lock")
        self._failed_at = 0.0

    @asynccontextmanager
    async def lock(self, conversation_id: str, lock_lifetime: float = LOCK_LIFETIME,
                   wait_time_in_seconds: float = 1) -> AsyncGenerator[TicketLock, None]:
        """Hold the conversation; waits at most `lock_lifetime` seconds for those before.

        Raises LockError after that, and StoreError where nobody can tell whose turn it is.
        """
        place = (number_of(conversation_id), secrets.randbits(62))
        ends_at = time.monotonic() + lock_lifetime
        asked = asyncio.ensure_future(self._ask(place))  # its place is taken now, before it waits for others here
        async with AsyncExitStack() as stack:
            try:
                held = await stack.enter_async_context(self._here.lock(conversation_id, lock_lifetime))
            except BaseException:
                self._leave(place)
                asked.add_done_callback(_seen)
                raise
            stack.push_async_callback(self._left, place)  # before the next one here is let in: it is then the first
            first = await asked
            while not first:
                if time.monotonic() > ends_at:
                    raise LockError(f"Could not acquire the lock of a conversation in {lock_lifetime} s.")
                await asyncio.sleep(POLL_S)
                first = await self._ask(place)
            yield held

    async def _ask(self, place: tuple[int, int]) -> bool:
        asked = self._submit(self._places.ask, place)
        try:
            return await _in_time(asked)
        finally:
            asked.cancel()  # where it waits still: nobody does for its answer

    def _leave(self, place: tuple[int, int]) -> Future[Any]:
        return self._thread.submit(self._places.leave, *place)

    async def _left(self, place: tuple[int, int]) -> None:
        """The turn is over, and stored if it is to be: whatever happens to its place does not change that."""
        try:
            await _in_time(self._leave(place))
        except StoreError:
            logger.warning("A conversation's lock could not be given back; it runs out by itself.")

    def _submit(self, act: Callable[[int, int], bool], place: tuple[int, int]) -> Future[bool]:
        asked_at = time.monotonic()

        def run() -> bool:
            if asked_at < self._failed_at:  # it waited behind one that failed: so would this one, seconds later
                raise StoreError("The lock cannot be reached.")
            try:
                return act(*place)
            except StoreError:
                self._failed_at = time.monotonic()
                raise

        return self._thread.submit(run)

    def queue(self) -> tuple[int, int]:
        """How many messages this process answers or keeps waiting, and how many senders have one behind another."""
        return self._here.queue()

    def ping(self) -> None:
        """Raise StoreError where the queue does not answer within `PING_WITHIN_S`."""
        asked = self._thread.submit(self._places.ping)
        try:
            asked.result(timeout=PING_WITHIN_S)
        except FutureTimeout as error:
            asked.cancel()
            raise StoreError("The lock does not answer.") from error

    def close(self) -> None:
        """Give up what this process holds and waits for."""
        self._thread.submit(self._places.close)
        self._thread.shutdown(wait=True)


def lock_store(settings: Settings) -> LockStore:
    """The lock that the settings ask for: PostgreSQL's where the conversations are there, for servers on other machines
    may answer from it too; else Redis's for several workers; else one in this process. Connects when it is first used."""
    if settings.database_url.startswith("postgresql"):
        from bot.store.postgres_places import PostgresPlaces

        return SharedLockStore(PostgresPlaces(settings.database_url))
    if settings.workers > 1:
        from bot.store.redis_places import RedisPlaces

        return SharedLockStore(RedisPlaces(settings.redis_url))
    return QueueLockStore()


def number_of(conversation_id: str) -> int:
    """What stands for a conversation in the shared queue: 63 bits, from which its id cannot be read."""
    return int.from_bytes(blake2b(conversation_id.encode("utf-8", "replace"), digest_size=8).digest(), "big") >> 1


async def _in_time(future: Future[_Value]) -> _Value:
    """What the thread says. Not by `asyncio.wait_for`, which in Python 3.10 swallows a request's end that comes just then.

    What is late is not called off: a farewell must follow its question, or the place stays taken for good.
    """
    waiting = asyncio.wrap_future(future)
    waiting.add_done_callback(_seen)
    await asyncio.wait({waiting}, timeout=ANSWER_WITHIN_S)
    if not waiting.done():
        raise StoreError("The lock does not answer.")
    return waiting.result()


def _seen(done: asyncio.Future[Any]) -> None:
    """Nobody waits for this any more, nor for what it raised."""
    if not done.cancelled():
        done.exception()
