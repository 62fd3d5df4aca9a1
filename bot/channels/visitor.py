"""What the web channel takes beside messages: a new id, a word on an answer, and the wish to be forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot.channels.exchange import bounded
from bot.channels.fields import identifier, words
from bot.channels.hearing import heard
from bot.channels.http import caller_address, json_body
from bot.channels.limits import Limiter
from bot.channels.sessions import Sessions
from bot.errors import ChannelError
from bot.knowledge import LANGUAGES, current
from bot.privacy import shared_masker
from bot.settings import Settings
from bot.store import conversation

MAX_FEEDBACK_CHARACTERS = 1000
FEEDBACK_VALUES = ("up", "down")


@dataclass(frozen=True)
class Feedback:
    """What a person thinks of one answer."""

    sender: str
    answer_id: str
    value: str
    text: str | None
    language: str = "en"


def read_feedback(body: Any) -> Feedback:
    """The feedback in a request body. Raises ChannelError 400 with the code of what is wrong."""
    if not isinstance(body, dict):
        raise ChannelError(400, "malformed")
    sender = identifier(body.get("sender"), "sender_invalid")
    answer_id = identifier(body.get("id"), "feedback_invalid")
    value, text = body.get("value"), body.get("text")
    if value not in FEEDBACK_VALUES or not (text is None or isinstance(text, str)):
        raise ChannelError(400, "feedback_invalid")
    if text and len(text) > MAX_FEEDBACK_CHARACTERS:
        raise ChannelError(400, "feedback_too_long")
    language = body["language"] if body.get("language") in LANGUAGES else "en"
    return Feedback(sender, answer_id, value, words(text).strip() or None if text else None, language)


def add_routes(web: Blueprint, *, settings: Settings, sessions: Sessions, limiter: Limiter) -> None:
    """`session`, `feedback` and `erase` on the web channel's blueprint."""

    def admit(request: Request, sender: str | None = None) -> None:
        limiter.admit(sender=sender, address=caller_address(request, settings))

    @web.post("/session")
    async def session(request: Request) -> HTTPResponse:
        admit(request)
        return json_response({"sender": sessions.new()})

    @web.post("/feedback")
    async def feedback(request: Request) -> HTTPResponse:
        given = read_feedback(json_body(request))
        sender = sessions.accept(given.sender)
        danger = heard(given.text or "", given.language)
        if not danger:
            admit(request, sender)
        store = _store(request)
        if conversation.answered(store, sender, given.answer_id):
            kept = shared_masker().mask(given.text) if given.text else None
            conversation.keep_feedback(store, sender, given.answer_id, value=given.value, text=kept)
        elif not danger:
            raise ChannelError(404, "answer_unknown")
        # Somebody who writes of danger into this field must not be thanked and left alone.
        lines = current().crisis.lines_for(danger.kinds, audience="parent") if danger else ()
        return json_response({"status": "stored", **(
            {"lines": [line.to_dict(given.language) for line in lines]} if lines else {})})

    @web.post("/erase")
    async def erase(request: Request) -> HTTPResponse:
        body = json_body(request)
        sender = identifier(body.get("sender") if isinstance(body, dict) else None, "sender_invalid")
        if not sessions.is_signed(sender):
            raise ChannelError(403, "not_yours")
        admit(request)
        store = _store(request)
        # Whoever is being answered is answered first: a turn that ends after this would write its rows again.
        async with request.app.ctx.agent.lock_store.lock(sender):
            conversation.erase(store, sender)
        return json_response({"status": "erased"})

    for path in ("/session", "/feedback", "/erase"):
        web.add_route(_preflight, path, methods=["OPTIONS"], name=f"preflight_{path[1:]}")


async def _preflight(_: Request) -> HTTPResponse:
    return HTTPResponse(status=204)


def _store(request: Request) -> Any:
    agent = request.app.ctx.agent
    if agent is None:
        raise ChannelError(503, "unavailable")
    return bounded(agent)
