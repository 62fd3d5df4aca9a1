"""What a server answers with: one bundle, its model, its content and what it listens by, loaded together."""

from __future__ import annotations

import copy
import ctypes
import gc
import logging
from dataclasses import dataclass

from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import LockStore
from rasa.shared.core.trackers import DialogueStateTracker
from threadpoolctl import threadpool_limits

from bot.engine import Engine
from bot.errors import ReleaseError
from bot.knowledge import Knowledge, load_knowledge
from bot.lexicons import Lexicons, load_lexicons
from bot.release import Bundle, good_bundles
from bot.settings import Settings
from bot.store.shared_lock import lock_store
from bot.store.tracker import BoundedTrackerStore

logger = logging.getLogger(__name__)

# Whatever a model makes of it: one that cannot read two words is not to answer.
_PROBE = "hello there"


@dataclass(frozen=True)
class Stores:
    """What stays while bundles come and go: who is being answered, and what was said."""

    tracker: BoundedTrackerStore
    lock: LockStore


@dataclass(frozen=True)
class Running:
    """A bundle in memory."""

    bundle: Bundle
    engine: Engine
    knowledge: Knowledge
    lexicons: Lexicons


def open_stores(settings: Settings) -> Stores:
    """The stores that the settings name. Raises what SQLAlchemy raises where the database is away."""
    return Stores(BoundedTrackerStore(host=settings.database_url), lock_store(settings))


def load(bundle: Bundle, stores: Stores, beside: Running | None = None) -> Running:
    """Load a bundle; what is answering is not touched, and of the same model there is only one.

    Raises ReleaseError, in words for the log, where the bundle does not fit this code, whatever the reason.
    """
    try:
        knowledge, lexicons = load_knowledge(bundle.content), load_lexicons(bundle.content)
        if beside and beside.bundle.model_hash == bundle.model_hash:
            return Running(bundle, beside.engine, knowledge, lexicons)
        # A copy of the store: its domain is the model's, and a turn on the old model ends with the old domain.
        engine = Engine(tracker_store=copy.copy(stores.tracker), lock_store=stores.lock)
        engine.load_model(bundle.model, fingerprint=bundle.name)
        # One message is too little work to share: threads of the linear algebra waited for it, spinning, on a core that the
        # other worker needs (CPU time 1.99 of wall time with them, 1.00 without, the message no later).
        threadpool_limits(1)
        engine.processor._parse_message_with_graph(UserMessage(_PROBE), DialogueStateTracker.from_events("", []))
    except Exception as error:  # whatever is wrong with a bundle, the one before it goes on
        raise ReleaseError(f"Bundle {bundle.name} cannot be used: {error}", bundle=bundle.name) from error
    if unknown := engine.unknown_actions():
        raise ReleaseError(f"Bundle {bundle.name} cannot be used: its model asks for actions that this server does not "
                           f"have: {', '.join(unknown)}.", bundle=bundle.name)
    return Running(bundle, engine, knowledge, lexicons)


def load_first(settings: Settings, stores: Stores) -> tuple[Running | None, tuple[str, ...]]:
    """The last good bundle in memory, None where there is none to be had; and the names of those that were refused."""
    refused = []
    for bundle in good_bundles(settings):
        if isinstance(bundle, ReleaseError):
            refused.append(bundle.bundle)
            logger.error("%s", bundle)
            continue
        try:
            running = load(bundle, stores)
        except ReleaseError as error:
            refused.append(bundle.name)
            logger.error("%s", error)
            continue
        give_back_memory()
        return running, tuple(refused)
    logger.error("No usable model: questions are answered with the crisis lines only. Run 'make train'.")
    return None, tuple(refused)


def give_back_memory() -> None:
    """What unpacking models and weights left behind: 60 MB that the allocator would keep for later, measured."""
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # glibc only
        trim(0)
