"""Rasa's dialogue engine, its channels and the actions behind one port, in one process or in several alike.

Rasa's own API is not on it.
"""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import Any

from rasa.core.channels.channel import InputChannel, register
from sanic import Sanic
from sanic.response import redirect

from bot.channels.http import PatientProtocol, prepare_app, refuse_odd_lengths
from bot.channels.sms import SmsInput
from bot.channels.web import WebInput
from bot.engine import Engine
from bot.errors import SettingsError
from bot.insight.alerts import CrisisAlerts
from bot.insight.serve import MetricsPort
from bot.insight.traces import Traces
from bot.knowledge import use
from bot.lexicons import use_lexicons
from bot.running import load_first, open_stores
from bot.settings import Settings
from bot.store.retention import DailyRetention
from bot.updates import Updates
from bot.workers import keep_working

BACKLOG = 256
# A server that was told to stop answers whoever comes for so long, and closes each connection with the answer: a request
# that is on its way when a silent connection is closed would be lost.
FAREWELL_S = 0.5
# What is connected and not accepted when the socket closes is lost as well: first nobody else is let in.
_LAST_IN_S = 0.1


def channels(settings: Settings) -> list[InputChannel]:
    """The channels that this server listens on. Raises SettingsError where one of them may not start."""
    sms = SmsInput(settings)
    sms.service.open(settings)  # before anything listens: a listener that raises ends in a traceback
    sms.service.close()  # and again in each worker
    return [WebInput(settings), sms]


def create_app(settings: Settings) -> Sanic:
    """The server's application: the last good bundle when it starts, crisis lines without one, new releases as they come."""
    app = Sanic("infant_mental_health", configure_logging=False)
    app.ctx.agent = app.ctx.on_trial = None
    prepare_app(app, settings)
    register(channels(settings), app, route="/webhooks/")
    app.add_route(_to_the_page, "/", methods=["GET"])
    app.register_listener(partial(_load, settings), "before_server_start")
    app.register_listener(_follow, "after_server_start")
    app.register_listener(_follow_no_more, "before_server_stop")
    # Before anybody is let in: Sanic answers while listeners "after" run, and the first request would be seen by none.
    for beside in (DailyRetention(settings.database_url, settings.retention_days), MetricsPort(settings),
                   CrisisAlerts(settings)):
        app.register_listener(beside.start, "before_server_start")
        app.register_listener(beside.stop, "before_server_stop")
    traces = Traces(settings)
    app.register_listener(traces.start, "before_server_start")
    app.register_listener(traces.stop, "after_server_stop")  # the last answers are over then, and nobody waits
    app.add_signal(refuse_odd_lengths, "http.lifecycle.request")
    return app


def serve(settings: Settings) -> None:
    """Listen until told to stop."""
    app = create_app(settings)
    with _listening(settings) as listener:
        app.register_listener(partial(_say_farewell, listener), "before_server_stop")
        work = partial(app.run, sock=listener, access_log=False, debug=False, protocol=PatientProtocol)
        if settings.workers == 1:
            work()
        else:
            keep_working(work, settings.workers, listener)


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


async def _say_farewell(listener: socket.socket, *_: Any) -> None:
    await asyncio.sleep(FAREWELL_S)
    listener.listen(0)
    await asyncio.sleep(_LAST_IN_S)


async def _load(settings: Settings, app: Sanic, _: asyncio.AbstractEventLoop) -> None:
    app.ctx.updates = Updates(settings)
    app.ctx.updates.start(app)


async def _follow(app: Sanic, _: asyncio.AbstractEventLoop) -> None:
    app.ctx.updates.begin(app)


async def _follow_no_more(app: Sanic, _: asyncio.AbstractEventLoop) -> None:
    await app.ctx.updates.end()


def load_engine(settings: Settings) -> Engine | None:
    """The dialogue engine with the last good bundle; None, and why in the log, where there is none to be had."""
    running, _ = load_first(settings, open_stores(settings))
    if running is None:
        return None
    use(running.knowledge)
    use_lexicons(running.lexicons)
    return running.engine
