"""The web channel: JSON in, JSON out, in the shape of Rasa's REST channel, with what a public address needs besides."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any, Awaitable, Callable, Mapping

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, redirect
from sanic.response import json as json_response

from bot.channels import assets, page, visitor
from bot.channels.exchange import Incoming, Message, bounded, exchange
from bot.channels.fields import identifier, words
from bot.channels.hearing import heard
from bot.channels.http import caller_address, error_response, json_body, prepare_app
from bot.channels.limits import Limiter
from bot.channels.sessions import Sessions
from bot.channels.version import version_for
from bot.errors import ChannelError
from bot.insight.health import Health, look
from bot.knowledge import AUDIENCES, LANGUAGES, one_knowledge
from bot.safety import shared_screen
from bot.settings import Settings, load_settings

MAX_MESSAGE_CHARACTERS = 2000
DEFAULT_AUDIENCE = "parent"
# What only our own renderers read.
_INTERNAL = {"sms", "erases"}


@dataclass(frozen=True)
class WebMessage:
    """A request body that was found good."""

    sender: str
    text: str
    message_id: str | None
    metadata: Mapping[str, str]

    @property
    def language(self) -> str:
        return self.metadata.get("language", "en")


def new_sender() -> str:
    """An id that nobody can guess: 128 random bits."""
    return secrets.token_hex(16)


def read_message(body: Any, *, new_sender: Callable[[], str] = new_sender) -> WebMessage:
    """The message in a request body. Raises ChannelError 400 with the code of what is wrong."""
    if not isinstance(body, dict):
        raise ChannelError(400, "malformed")
    text = body.get("message")
    if not isinstance(text, str) or not text.strip():
        raise ChannelError(400, "message_missing")
    if len(text) > MAX_MESSAGE_CHARACTERS:
        raise ChannelError(400, "message_too_long")
    metadata = body.get("metadata")
    if metadata is None:
        metadata = {}
    if not isinstance(metadata, dict):
        raise ChannelError(400, "metadata_invalid")
    for key, allowed in (("audience", AUDIENCES), ("language", LANGUAGES)):
        if metadata.get(key) is not None and metadata[key] not in allowed:
            raise ChannelError(400, "metadata_invalid")
    sender = body.get("sender")
    message_id = metadata.get("message_id")
    return WebMessage(
        sender=identifier(sender, "sender_invalid") if sender is not None else new_sender(),
        text=words(text),
        message_id=identifier(message_id, "metadata_invalid") if message_id is not None else None,
        metadata={key: metadata[key] for key in ("audience", "language") if metadata.get(key)},
    )


def public(message: Message, sender: str) -> dict[str, Any]:
    """A message of a reply as the contract has it."""
    custom = {key: value for key, value in message["custom"].items() if key not in _INTERNAL}
    if not custom.get("reminder"):
        custom.pop("reminder", None)
    if "citations" in custom:
        custom["citations"] = [{key: citation[key] for key in ("number", "reference")}
                               for citation in custom["citations"]]
    return {"recipient_id": sender, "text": message["text"], "buttons": message["buttons"], "custom": custom}


class WebInput(InputChannel):
    """`/webhooks/web/…`"""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or load_settings()
        self._limiter = Limiter(self._settings)
        self._sessions = Sessions(self._settings)
        self._looking: asyncio.Task[Health] | None = None
        shared_screen()  # loaded before anybody waits for it

    @classmethod
    def name(cls) -> str:
        return "web"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> WebInput:
        return cls()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        web = Blueprint("web_channel")

        @web.listener("before_server_start")
        async def prepare(app: Any, _: Any) -> None:
            prepare_app(app, self._settings)

        @web.get("/health/live")
        async def live(_: Request) -> HTTPResponse:
            return json_response({"status": "live"})

        @web.get("/health/ready")
        async def ready(request: Request) -> HTTPResponse:
            health = await self._look(request.app.ctx)
            if health.down:
                return error_response(503, "unavailable", reason=health.down[0], reasons=health.reasons)
            return json_response({"status": "degraded" if health.degraded else "ready", "reasons": health.reasons})

        @web.post("/webhook")
        async def webhook(request: Request) -> HTTPResponse:
            return await self._answer(request, self._read(json_body(request)))

        @web.options("/webhook")
        async def preflight(_: Request) -> HTTPResponse:
            return HTTPResponse(status=204)

        @web.get("/")
        async def demonstration(request: Request) -> HTTPResponse:
            if not request.path.endswith("/"):
                return redirect("web/")  # what the page points to is named from its own folder
            return self._page(request, [], language=page.chosen(request.args.get("language"),
                                                                request.headers.get("accept-language", "")))

        @web.post("/")
        async def demonstration_form(request: Request) -> HTTPResponse:
            return await self._answer_page(request)

        visitor.add_routes(web, settings=self._settings, sessions=self._sessions, limiter=self._limiter)
        assets.add_routes(web)
        return web

    async def _look(self, ctx: Any) -> Health:
        """The server's health, looked at beside the loop, which answers people meanwhile: once for all who ask."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(asyncio.to_thread(
                look, self._settings, ctx.agent, getattr(ctx, "updates", None), lambda agent: bounded(agent).ping()))
        return await asyncio.shield(self._looking)

    def _read(self, body: Any) -> WebMessage:
        message = read_message(body, new_sender=self._sessions.new)
        self._sessions.accept(message.sender)
        return message

    def _page(self, request: Request, reply: list[Message], *, status: int = 200, sender: str = "",
              **shown: Any) -> HTTPResponse:
        html = page.render(reply, sender=sender or self._sessions.new(), sms_number=self._settings.sms_number, **shown)
        return assets.respond(request, assets.Asset(html.encode(), "text/html; charset=utf-8"),
                              {"Content-Security-Policy": page.POLICY, "Vary": "Accept-Encoding"}, status=status)

    async def _answer(self, request: Request, message: WebMessage) -> HTTPResponse:
        danger = heard(message.text, message.metadata.get("language"))
        try:
            reply = await self._reply(request, message, danger=bool(danger))
        except ChannelError as error:
            return error_response(error.status, error.code, language=message.language, kinds=danger.kinds,
                                  retry_after_s=error.retry_after_s)
        return json_response([public(part, message.sender) for part in reply])

    async def _answer_page(self, request: Request) -> HTTPResponse:
        """The form of the demonstration page, for browsers without JavaScript: a page with the reply."""
        form = {key: request.form.get(key) or "" for key in ("message", "sender", "language", "audience")}
        language = form["language"] if form["language"] in LANGUAGES else "en"
        # Another site's page could post a conversation's id that its author knows, and read along from then on.
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            form["sender"] = ""
        try:
            message = self._read({"message": form["message"], "sender": form["sender"] or None, "metadata": {
                key: form[key] for key in ("language", "audience") if form[key]}})
        except ChannelError as error:
            # The page that complains belongs to the same conversation, unless it is the sender that is wrong.
            sender = "" if error.code == "sender_invalid" else form["sender"]
            return self._page(request, [], language=language, sender=sender, error=error.code, status=error.status)
        danger = heard(message.text, message.metadata.get("language"))
        try:
            reply = await self._reply(request, message, danger=bool(danger))
        except ChannelError as error:
            return self._page(request, [], language=language, sender=message.sender, asked=message.text,
                              error=error.code, kinds=danger.kinds, status=error.status)
        return self._page(request, reply, language=language, sender=message.sender, asked=message.text,
                          audience=form["audience"])

    async def _reply(self, request: Request, message: WebMessage, *, danger: bool) -> list[Message]:
        if not danger:
            self._limiter.admit(sender=message.sender, address=caller_address(request, self._settings))
        incoming = Incoming(
            sender_id=message.sender, text=message.text, channel=self.name(), message_id=message.message_id,
            metadata={**message.metadata, "default_audience": DEFAULT_AUDIENCE,
                      "erasable": self._sessions.is_signed(message.sender)})
        version = await version_for(request.app.ctx, message.sender, message.text)
        with one_knowledge(version.knowledge):
            return await exchange(version.agent, incoming)
