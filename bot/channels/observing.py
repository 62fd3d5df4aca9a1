"""Each request gets an id, which its response and its log lines carry, and is counted."""

from __future__ import annotations

import logging
import re
import time

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.insight.record import Record, begin, finish, leave
from bot.logs import REQUESTS
from bot.settings import Settings

logger = logging.getLogger(REQUESTS)

HEADER = "X-Request-ID"
# What proxies make: hexadecimal digits, or a UUID. Words and telephone numbers, which a client could send through a
# proxy into the log, are of another form.
_WELL_FORMED = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CHANNELS = {
    "/webhooks/web/webhook": "web", "/webhooks/web": "page",
    "/webhooks/web/session": "visitor", "/webhooks/web/feedback": "visitor", "/webhooks/web/erase": "visitor",
    "/webhooks/web/health/live": "health", "/webhooks/web/health/ready": "health",
    "/webhooks/sms/twilio": "twilio", "/webhooks/sms/twilio/status": "twilio_status", "/webhooks/sms/kannel": "kannel",
}
_FILES = "/webhooks/web/widget/"
CHANNELS = frozenset({*_CHANNELS.values(), "widget", "other"})


def observe(app: Sanic, settings: Settings) -> None:
    """Take the ids of trusted proxies from now on, and count every request."""
    app.ctx.trusted_proxies = settings.trusted_proxies

    async def arrived(request: Request) -> None:
        # Its body is here: what a slow client took to send it is nobody's delay but its own.
        recorded(request).started = time.perf_counter()

    async def answered(request: Request, response: HTTPResponse) -> None:
        record, channel = recorded(request), channel_of(request)
        response.headers[HEADER] = record.id
        seconds = finish(record, channel, response.status)
        logger.info("request", extra={"channel": channel, "status": response.status, "ms": round(seconds * 1000, 1)})
        leave()

    app.register_middleware(arrived, "request")
    app.register_middleware(answered, "response")


def recorded(request: Request) -> Record:
    """The request's record, begun where it has none."""
    record = getattr(request.ctx, "record", None)
    if record is None:
        record = request.ctx.record = begin(_given_id(request))
    return record


def channel_of(request: Request) -> str:
    """Which of `CHANNELS` a request is for; nothing of its address beside that is kept."""
    path = request.path
    return "widget" if path.startswith(_FILES) else _CHANNELS.get(path.rstrip("/"), "other")


def _given_id(request: Request) -> str:
    given = request.headers.get(HEADER, "")
    trusted = getattr(request.app.ctx, "trusted_proxies", frozenset())
    return given if _peer(request) in trusted and _WELL_FORMED.fullmatch(given) else ""


def _peer(request: Request) -> str:
    """Who is connected. Sanic fills in `request.ip` only once the headers were looked at, and this is then."""
    peer = request.transport.get_extra_info("peername") if request.transport else None
    return peer[0] if isinstance(peer, tuple) else ""
