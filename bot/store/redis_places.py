"""The queue of `shared_lock` in Redis: a list a conversation, each entry with its process, each process with a lease.

A thread renews the lease for as long as the process lives. The places of a process whose lease ran out are passed over.
"""

from __future__ import annotations

import logging
import secrets
import threading
from typing import Any

import redis

from bot.errors import StoreError

logger = logging.getLogger(__name__)

# A killed process holds up its conversations for so long. Longer than a busy machine leaves a thread without a turn.
LEASE_MS = 3000
_RENEW_EVERY_S = LEASE_MS / 1000 / 4
_TIMEOUT_S = 1.0
# A queue that nobody asks about any more.
_QUEUE_KEPT_MS = 120_000
_PREFIX = "imh:lock:"

# KEYS: the conversation's queue, this process. ARGV: ticket, prefix of processes, lease, how long a queue is kept.
# One step for all others: adds the ticket where it is not in the queue, drops the dead from its head.
_ASK = """
redis.call('SET', KEYS[2], 1, 'PX', ARGV[3])
local mine = false
for _, entry in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  if entry == ARGV[1] then mine = true end
end
if not mine then redis.call('RPUSH', KEYS[1], ARGV[1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
while true do
  local first = redis.call('LINDEX', KEYS[1], 0)
  if first == ARGV[1] then return 1 end
  if redis.call('EXISTS', ARGV[2] .. string.match(first, '^[^:]+')) == 1 then return 0 end
  redis.call('LPOP', KEYS[1])
end
"""


class RedisPlaces:
    """Places of this process."""

    def __init__(self, address: str) -> None:
        self._redis = redis.Redis.from_url(address, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S)
        self._ask = self._redis.register_script(_ASK)
        self._owner = secrets.token_hex(8)
        self._closed = threading.Event()
        self._renewing: threading.Thread | None = None
        # Places that could not be given up while Redis was away; they would be of a living process for ever.
        self._unleft: set[tuple[str, str]] = set()

    def ask(self, conversation: int, ticket: int) -> bool:
        """See `Places.ask`."""
        if self._renewing is None:
            self._renewing = threading.Thread(target=self._renew, name="lock lease", daemon=True)
            self._renewing.start()
        try:
            return bool(self._ask(keys=[_queue(conversation), self._lease],
                                  args=[self._entry(ticket), f"{_PREFIX}owner:", LEASE_MS, _QUEUE_KEPT_MS]))
        except redis.RedisError as error:
            raise StoreError("The lock in Redis cannot be used.") from error

    def leave(self, conversation: int, ticket: int) -> None:
        """See `Places.leave`."""
        place = (_queue(conversation), self._entry(ticket))
        try:
            self._redis.lrem(place[0], 0, place[1])
        except redis.RedisError as error:
            self._unleft.add(place)
            raise StoreError("The lock in Redis cannot be used.") from error

    def ping(self) -> None:
        """See `Places.ping`."""
        try:
            self._redis.ping()
        except redis.RedisError as error:
            raise StoreError("The lock in Redis cannot be used.") from error

    def close(self) -> None:
        """Let the lease go, and with it every place."""
        self._closed.set()
        if self._renewing is not None:
            self._renewing.join(2 * _TIMEOUT_S)
        self._quietly(lambda: self._redis.delete(self._lease))

    def _renew(self) -> None:
        while not self._closed.wait(_RENEW_EVERY_S):
            self._quietly(lambda: self._redis.set(self._lease, 1, px=LEASE_MS))
            for place in list(self._unleft):
                if self._quietly(lambda: self._redis.lrem(place[0], 0, place[1])):
                    self._unleft.discard(place)

    def _quietly(self, act: Any) -> bool:
        try:
            act()
        except redis.RedisError as error:
            logger.warning("The lock's lease could not be renewed: %s", type(error).__name__)
            return False
        return True

    @property
    def _lease(self) -> str:
        return f"{_PREFIX}owner:{self._owner}"

    def _entry(self, ticket: int) -> str:
        return f"{self._owner}:{ticket}"


def _queue(conversation: int) -> str:
    return f"{_PREFIX}{conversation}"
