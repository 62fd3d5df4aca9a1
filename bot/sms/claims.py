"""One answer a message, however often and however fast a gateway brings it."""

from __future__ import annotations

import asyncio
import logging
from typing import Awaitable, Callable

from bot.errors import StoreError, UnansweredError
from bot.sms.aside import aside
from bot.sms.messages import Inbound, Records

logger = logging.getLogger(__name__)

# Another process is answering: it is asked again after this time.
_POLL_S = 0.05


class Claims:
    """Hands a message to one of those who want to answer it; the others get its texts."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._open: dict[tuple[str, str], asyncio.Event] = {}

    async def once(self, inbound: Inbound, answer: Callable[[], Awaitable[tuple[str, ...]]]) -> tuple[str, ...]:
        """The texts of `answer()`, or those that the message got before. Raises UnansweredError."""
        key = (inbound.gateway, inbound.message_id)
        while True:
            try:
                mine, texts = await aside(self._records.claim, *key)
            except StoreError as error:
                raise UnansweredError("Nothing can be stored.") from error
            if texts is not None:
                return texts
            if mine:
                return await self._answer(key, answer)
            if ours := self._open.get(key):
                await ours.wait()
            else:
                await asyncio.sleep(_POLL_S)

    async def _answer(self, key: tuple[str, str], answer: Callable[[], Awaitable[tuple[str, ...]]]) -> tuple[str, ...]:
        self._open[key] = asyncio.Event()
        try:
            texts = await answer()
            await aside(self._records.settle, *key, texts)
            return texts
        except StoreError as error:
            raise UnansweredError("Nothing can be stored.") from error
        except UnansweredError:
            await self._release(key)
            raise
        finally:
            self._open.pop(key).set()

    async def _release(self, key: tuple[str, str]) -> None:
        try:
            await aside(self._records.release, *key)
        except StoreError:
            logger.warning("A claim could not be given back; it runs out by itself.")
