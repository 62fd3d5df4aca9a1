"""A running server takes over what is released, without a restart and without losing a turn.

Where a console is set it is asked every few seconds, by ETag and under a token; else the var folder's own pointer is
watched. A bundle is fetched, verified and loaded beside the one that answers, in a thread; then model, content and
lexicons are swapped in one step of the event loop, between turns. A version that a share of the senders is to have first is
loaded the same way and stays beside the one in production (channels/version.py tells who has it). Whatever cannot be used is
refused once, in words, and the one before it goes on.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import re
import socket
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Callable, TypeVar

from sanic import Sanic

from bot.canary import Share
from bot.errors import ReleaseError
from bot.knowledge import use
from bot.lexicons import use_lexicons
from bot.logs import where
from bot.release import Bundle, make_current
from bot.running import Running, Stores, give_back_memory, load, load_first, open_stores
from bot.settings import Settings
from bot.sources import Beside, ConsoleSource, LocalSource

logger = logging.getLogger(__name__)

# How often is looked; a release has to be everywhere within 15 s, loading (2 s, measured) included.
FROM_CONSOLE_S = 3.0
FROM_VAR_S = 2.0
_REMEMBERED = 16
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class OnTrial:
    """A version in memory that a share of the senders is answered from."""

    running: Running
    share: Share


class Updates:
    """What this process answers from, and what it will answer from next."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._worker = re.sub(r"[^A-Za-z0-9.-]", "-", f"{socket.gethostname()[:40]}-{os.getpid()}")
        self._source: LocalSource | ConsoleSource = (
            ConsoleSource(settings, self._worker) if settings.console_url else LocalSource(settings, self._worker))
        self._period_s = FROM_CONSOLE_S if settings.console_url else FROM_VAR_S
        self._refused: deque[str] = deque(maxlen=_REMEMBERED)
        self._trouble = ""
        self.running: Running | None = None
        self.on_trial: OnTrial | None = None

    def start(self, app: Sanic) -> None:
        """Load the last good bundle; without one, `app.ctx.agent` stays None. Raises where the database is away."""
        self._stores: Stores = open_stores(self._settings)
        running, refused = load_first(self._settings, self._stores)
        self._refused.extend(refused)
        if running:
            self._swap(app, running)
        # What is here now is here for good. Looking through all of it again, whenever enough was loaded since, would hold
        # up every answer for 0.7 s, measured.
        gc.collect()
        gc.freeze()

    def begin(self, app: Sanic) -> None:
        """Look for newer bundles from now on, beside everything else, until `end`."""
        self._following = asyncio.create_task(self.follow(app))

    async def end(self) -> None:
        """Look no more."""
        self._following.cancel()
        await asyncio.gather(self._following, return_exceptions=True)

    async def follow(self, app: Sanic) -> None:
        """Look for a newer bundle, for as long as the server runs."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="updates")
        try:
            async with self._source:
                while True:
                    await self._look(app, thread)
                    await asyncio.sleep(self._period_s)
        finally:
            thread.shutdown(wait=False)  # a server that was told to stop answers what it began

    async def _look(self, app: Sanic, thread: ThreadPoolExecutor) -> None:
        async def beside(work: Callable[..., _Value], *given: object) -> _Value:
            return await asyncio.get_running_loop().run_in_executor(thread, work, *given)

        try:
            bundle = await self._source.newer(self._name, tuple(self._refused), beside, on_trial=self._name_on_trial)
            changed = bundle is not None
            if bundle is not None:
                await self._take_over(app, bundle, beside)
            changed |= await self._try(app, self._source.share, beside)
        except ReleaseError as error:
            self._refused.append(error.bundle)
            logger.error("%s It is not tried again; what was live goes on.", error)
        except Exception as error:  # a console or a disk that is away must not end the looking
            self._tell(error)
        else:
            self._all_well()
            if changed:
                await beside(give_back_memory)

    async def _take_over(self, app: Sanic, bundle: Bundle, beside: Beside) -> None:
        """Let a bundle answer everybody. What was on trial was so beside the one before; it is over."""
        alike = self.on_trial.running if self.on_trial and self._name_on_trial == bundle.name else self.running
        loaded = await beside(load, bundle, self._stores, alike)
        before = self._name or "nothing"
        self._swap(app, loaded)
        logger.warning("Bundle %s is live in place of %s.", bundle.name, before)
        await beside(make_current, bundle.name, self._settings)

    async def _try(self, app: Sanic, share: Share | None, beside: Beside) -> bool:
        """Let a bundle answer its share of the senders, or let production answer all again; whether memory changed."""
        if share is None or self.running is None or share.bundle in {self._name, *self._refused}:
            was, self.on_trial = self.on_trial, None
            app.ctx.on_trial = None
            if was:
                logger.warning("Bundle %s is no longer tried.", was.running.bundle.name)
            return was is not None
        loaded, new = (self.on_trial.running if self.on_trial else None), share.bundle != self._name_on_trial
        if new:
            try:
                bundle = await self._source.tried(share, beside)
                loaded = await beside(load, bundle, self._stores, self.running) if bundle else None
            except ReleaseError as error:  # by the name that was asked for, whatever came
                raise ReleaseError(str(error), bundle=share.bundle) from error
        if loaded and (new or self.on_trial is None or self.on_trial.share != share):
            self.on_trial = app.ctx.on_trial = OnTrial(loaded, share)
            logger.warning("Bundle %s answers %s of a hundred senders.", share.bundle, share.percent)
        return new

    @property
    def troubled(self) -> bool:
        """Whether no release can be looked for at the moment."""
        return bool(self._trouble)

    @property
    def _name(self) -> str:
        return self.running.bundle.name if self.running else ""

    @property
    def _name_on_trial(self) -> str:
        return self.on_trial.running.bundle.name if self.on_trial else ""

    def _swap(self, app: Sanic, loaded: Running) -> None:
        """One step of the event loop, so that no turn begins between model, content and lexicons."""
        app.ctx.agent = loaded.engine
        use(loaded.knowledge)
        use_lexicons(loaded.lexicons)
        self.running, self.on_trial = loaded, None
        app.ctx.on_trial = None

    def _tell(self, error: Exception) -> None:
        """What is wrong, once while it stays the same."""
        trouble = self._source.sentence(error) or where(error)
        if trouble != self._trouble:
            logger.error("No release could be looked for (%s); what is live goes on.", trouble)
        self._trouble = trouble

    def _all_well(self) -> None:
        if self._trouble:
            logger.warning("Releases can be looked for again.")
        self._trouble = ""
