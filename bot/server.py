"""One process: Rasa's dialogue engine, its channels and the actions behind one port. Rasa's own API is not on it."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import socket
from functools import partial
from typing import Any, Iterator

from rasa.core.channels.channel import InputChannel, register
from sanic import Sanic
from sanic.response import redirect

from bot import release
from bot.channels.http import prepare_app, refuse_odd_lengths
from bot.channels.sms import SmsInput
from bot.channels.web import WebInput
from bot.engine import Engine
from bot.errors import ReleaseError, SettingsError
from bot.knowledge import load_knowledge, use
from bot.settings import Settings
from bot.store.locks import QueueLockStore
from bot.store.retention import DailyRetention
from bot.store.tracker import BoundedTrackerStore

logger = logging.getLogger(__name__)

BACKLOG = 256


def channels(settings: Settings) -> list[InputChannel]:
    """The channels that this server listens on. Raises SettingsError where one of them may not start."""
    sms = SmsInput(settings)
    sms.service.open(settings)  # before anything listens: a listener that raises ends in a traceback
    return [WebInput(settings), sms]


def create_app(settings: Settings) -> Sanic:
    """The server's application; it loads the last good bundle when it starts, and serves crisis lines without one."""
    app = Sanic("infant_mental_health", configure_logging=False)
    app.ctx.agent = None
    prepare_app(app, settings)
    register(channels(settings), app, route="/webhooks/")
    app.add_route(_to_the_page, "/", methods=["GET"])
    app.register_listener(partial(_load, settings), "before_server_start")
    retention = DailyRetention(settings.database_url, settings.retention_days)
    app.register_listener(retention.start, "after_server_start")
    app.register_listener(retention.stop, "before_server_stop")
    app.add_signal(refuse_odd_lengths, "http.lifecycle.request")
    return app


def serve(settings: Settings) -> None:
    """Listen until told to stop."""
    app = create_app(settings)
    with _listening(settings) as listener:
        app.run(sock=listener, workers=settings.workers, access_log=False, debug=False)


def _listening(settings: Settings) -> socket.socket:
    """A socket on the server's address. Sanic itself ends with 0 and a traceback where the port is taken."""
    try:
        return socket.create_server((settings.host, settings.port), backlog=BACKLOG,
                                    family=socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    except OSError as error:
        raise SettingsError(f"IMH_PORT: port {settings.port} of {settings.host} cannot be listened on "
                            f"({error.strerror}); stop what listens there or choose another port.") from error


async def _to_the_page(_: Any) -> Any:
    return redirect("/webhooks/web/")


async def _load(settings: Settings, app: Sanic, _: asyncio.AbstractEventLoop) -> None:
    app.ctx.agent = load_engine(settings)


def load_engine(settings: Settings) -> Engine | None:
    """The dialogue engine with the last good bundle; None, and why in the log, where there is none to be had."""
    engine = Engine(tracker_store=BoundedTrackerStore(host=settings.database_url), lock_store=QueueLockStore())
    for bundle in _usable(settings):
        try:
            knowledge = load_knowledge(bundle.content)
            engine.load_model(bundle.model, fingerprint=bundle.name)
        except Exception as error:  # whatever is wrong with a bundle, the one before it is tried
            logger.error("Bundle %s cannot be used: %s", bundle.name, error)
            continue
        use(knowledge)
        _give_back_memory()
        return engine
    logger.error("No usable model: questions are answered with the crisis lines only. Run 'make train'.")
    return None


def _give_back_memory() -> None:
    """What unpacking models and weights left behind: 60 MB that the allocator would keep for later, measured."""
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # glibc only
        trim(0)


def _usable(settings: Settings) -> Iterator[release.Bundle]:
    for bundle in release.good_bundles(settings):
        if isinstance(bundle, ReleaseError):
            logger.error("%s", bundle)
        else:
            yield bundle
