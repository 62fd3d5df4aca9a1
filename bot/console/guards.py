"""What stands around every request: headers, a limit on its body, and errors as pages in words."""

from __future__ import annotations

import logging
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.console.again import again_page
from bot.console.texts import say, sentences
from bot.console.web import FormNotTaken, page, recognize
from bot.logs import where

logger = logging.getLogger(__name__)

MAX_HEADER_BYTES = 16 * 1024
MAX_BODY_BYTES = 1024 * 1024
# Scripts and styles are files of ours: what a message or a name smuggles into a page can neither run nor be drawn.
_POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
           "form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}


class Guards:
    """Headers on every response, bodies of bounded size, and an error page where an endpoint raised."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        request = Request(scope, receive)
        if status := _refused(request):
            await error_page(request, status)(scope, receive, send_with_headers)
            return
        try:
            await self._app(scope, _limited(receive), send_with_headers)
        except Exception as error:  # whatever it is, nobody outside reads it
            logger.error("%s %s failed: %s", scope["method"], scope["path"], where(error))
            logger.debug("The whole error, for tests:", exc_info=True)
            if not started:
                await error_page(request, 500)(scope, receive, send_with_headers)


def _refused(request: Request) -> int:
    """The status with which a request is refused before anything reads it; 0 where it is not."""
    # The server's own limit holds for headers that arrive in pieces only.
    sizes = (len(name) + len(value) for name, value in request.headers.raw)
    if sum(sizes) + len(request.url.path) + len(request.url.query) > MAX_HEADER_BYTES:
        return 431
    length = request.headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        return 400
    return 413 if int(length) > MAX_BODY_BYTES else 0


def _limited(receive: Receive) -> Receive:
    """The body as it arrives, refused at the byte that is one too many: a chunked one tells no length before."""
    read = 0

    async def limited() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > MAX_BODY_BYTES:
            raise HTTPException(413)
        return message

    return limited


async def on_http_error(request: Request, error: Exception) -> Response:
    """The page of an HTTPException; its `detail`, where an endpoint gave one, is the sentence."""
    assert isinstance(error, HTTPException)
    given = error.detail if error.detail != HTTPStatus(error.status_code).phrase else ""
    await recognize(request)  # an address that no endpoint has was not looked at yet; the page has the navigation
    response = again_page(request, error) if isinstance(error, FormNotTaken) else None
    response = response or error_page(request, error.status_code, given)
    response.headers.update(error.headers or {})
    return response


def error_page(request: Request, status: int, sentence: str = "") -> Response:
    """An error in words: a page, or the bare sentence for a request of a script."""
    key = f"errors.{status}" if f"errors.{status}" in sentences() else "errors.500"
    sentence = sentence or say(key)
    if request.headers.get("hx-request"):
        return PlainTextResponse(sentence, status)
    return page(request, "error.html", status, sentence=sentence)
