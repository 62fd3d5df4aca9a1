"""What every channel does on HTTP: limits before parsing, errors as JSON in plain words, headers, who is calling."""

from __future__ import annotations

import logging
from json import loads
from typing import Any

from sanic import Sanic
from sanic.exceptions import InvalidUsage, SanicException, ServiceUnavailable
from sanic.request import Request
from sanic.response import HTTPResponse, json
from sanic.server import HttpProtocol

from bot.channels.observing import observe, recorded
from bot.errors import ChannelError
from bot.knowledge import current
from bot.logs import where
from bot.settings import Settings

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 16 * 1024
# How long a request may take to arrive, and a reply to be computed.
REQUEST_TIMEOUT_S = 10
RESPONSE_TIMEOUT_S = 20
# How long a server that was told to stop waits for clients that keep their connection open.
SHUTDOWN_TIMEOUT_S = 5
# How long it listens to who is connected and silent, after the last was let in.
LAST_WORD_S = 0.3

_CODES = {400: "malformed", 404: "not_found", 405: "method_not_allowed", 408: "slow_request", 413: "body_too_large",
          415: "not_json", 417: "malformed"}
# The answers at which somebody in danger would otherwise be left with nothing.
_WITH_LINES = {429, 503}
# Of every response; one that is a page or a file names its own policy and cache before these are added.
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# How long a browser may remember that an origin is allowed: each preflight costs a slow link one way there and back.
PREFLIGHT_KEPT_S = 7200


class PatientProtocol(HttpProtocol):
    """Lets go of a silent connection late: Sanic takes one for silent whose request has come and was not looked at yet."""

    __slots__ = ()

    def close_if_idle(self) -> bool:
        """Close later, where nothing came until then; False, as the connection stays open."""
        self.loop.call_later(LAST_WORD_S, self._close_if_silent)
        return False

    def _close_if_silent(self) -> None:
        if not self.recv_buffer:
            super().close_if_idle()


def prepare_app(app: Sanic, settings: Settings) -> None:
    """Limits, error bodies and headers for everything under /webhooks/; once an app, whichever channel comes first."""
    if getattr(app.ctx, "prepared", False):
        return
    app.ctx.prepared = True
    app.config.REQUEST_MAX_SIZE = MAX_BODY_BYTES
    app.config.REQUEST_TIMEOUT = REQUEST_TIMEOUT_S
    app.config.RESPONSE_TIMEOUT = RESPONSE_TIMEOUT_S
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = SHUTDOWN_TIMEOUT_S
    app.error_handler.add(Exception, _on_error)

    async def add_headers(request: Request, response: HTTPResponse) -> None:
        if app.is_stopping and request.stream:
            request.stream.keep_alive = False  # whoever goes on sending would be cut off in the middle of an answer
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        origin = request.headers.get("origin")
        # Exact origins only, and never with credentials: the conversation's id is all that a page needs.
        for name in [name for name in response.headers if name.lower().startswith("access-control-")]:
            del response.headers[name]
        if settings.allowed_origins:
            # Of a response to anybody: a cache must not hand one site's copy to another.
            response.headers["Vary"] = ", ".join(filter(None, (response.headers.get("vary"), "Origin")))
        if origin in settings.allowed_origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Headers"] = "Content-Type"
            response.headers["Access-Control-Allow-Methods"] = "GET, POST"
            response.headers["Access-Control-Expose-Headers"] = "Retry-After"
            response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_KEPT_S)

    app.register_middleware(add_headers, "response")
    observe(app, settings)


async def refuse_odd_lengths(request: Request, **_: Any) -> None:
    """Refuse a body whose length is no number, or two numbers. A negative one makes Sanic 21.12 read for ever."""
    recorded(request)  # the first that is known of a request: what is logged of it from here on carries its id
    lengths = request.headers.getall("content-length", [])
    if len(set(lengths)) > 1 or any(not (length.isascii() and length.isdigit()) for length in lengths):
        raise InvalidUsage("Bad Request")


def _on_error(request: Request, error: Exception) -> HTTPResponse:
    if isinstance(error, ServiceUnavailable) and request is not None and request.transport:
        # Sanic looks at its clock once: a client that stalls in the body would keep its connection for good.
        request.app.loop.call_later(1, request.transport.close)
    if isinstance(error, ChannelError):
        return error_response(error.status, error.code, retry_after_s=error.retry_after_s)
    # What goes wrong before an address was looked up is the request's own form: a length that is no number, say.
    unread = request is None or getattr(request, "route", None) is None
    status = error.status_code if isinstance(error, SanicException) else 400 if unread else 503
    if status not in _CODES:
        logger.error("A request failed: %s", where(error))
        status = 503
    return error_response(status, _CODES.get(status, "unavailable"))


def error_response(status: int, code: str, *, language: str = "en", kinds: tuple[str, ...] = (),
                   retry_after_s: int | None = None, **more: Any) -> HTTPResponse:
    """An error in plain words; with the crisis lines (those for `kinds` of danger first) where no answer was given."""
    knowledge = current()
    body: dict[str, Any] = {"error": {"code": code, "message": knowledge.phrase(f"errors.{code}", language)}, **more}
    if status in _WITH_LINES:
        fitting = knowledge.crisis.lines_for(kinds, audience="parent") if kinds else ()
        lines = {line.id: line for line in (*fitting, *knowledge.crisis.lines.values())}
        body["lines"] = [line.to_dict(language) for line in lines.values()]
    headers = {"Retry-After": str(retry_after_s or 5)} if status in _WITH_LINES else {}
    return json(body, status=status, headers=headers)


def json_body(request: Request) -> Any:
    """The body as data. Raises ChannelError 415 where it is not called JSON, 400 where it is none.

    A foreign form cannot call its body JSON, and so cannot speak for a visitor.
    """
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise ChannelError(415, "not_json")
    try:
        return loads(request.body)
    except (ValueError, RecursionError) as error:
        raise ChannelError(400, "not_json") from error


def caller_address(request: Request, settings: Settings) -> str:
    """The address of the person's device: the peer, or what a trusted proxy says of it."""
    address = request.ip or ""
    forwarded = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
    while forwarded and settings.trusts(address):
        address = forwarded.pop()
    return address
