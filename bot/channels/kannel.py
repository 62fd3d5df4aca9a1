"""Kannel: an sms-service with `get-url`; a query in, one plain text out. The configuration is in deploy/kannel."""

from __future__ import annotations

import hmac

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.channels.gateway import Service, count_segments, fields, message_id, needed
from bot.channels.http import caller_address
from bot.errors import ChannelError, UnansweredError
from bot.insight import metrics
from bot.settings import Settings
from bot.sms.messages import Inbound

NAME = "kannel"


class Kannel:
    """`GET /webhooks/sms/kannel?from=%p&to=%P&text=%a&id=%I&token=…`"""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def listen(self, channel: Blueprint, service: Service) -> None:
        """Add the path."""

        @channel.get("/kannel")
        async def message(request: Request) -> HTTPResponse:
            found = self._admitted(request)
            inbound = Inbound(
                gateway=NAME, message_id=message_id(found, "id"), sender=needed(found, "from"),
                recipient=needed(found, "to"), text=found.get("text", [""])[0], one_text=True)
            try:
                texts = await service.desk.answer(inbound)
            except UnansweredError as error:
                metrics.UNANSWERED.labels(NAME).inc()
                # Kannel brings the message again, and tells the person when it gives up.
                raise ChannelError(503, "unavailable") from error
            text = "\n".join(texts)
            count_segments(NAME, (text,) if text else ())
            return HTTPResponse(text, status=200, content_type="text/plain; charset=utf-8")

    def _admitted(self, request: Request) -> dict[str, list[str]]:
        """The query's fields. Raises ChannelError 403 where it is not our gateway that asks, 400 where it is broken."""
        if caller_address(request, self._settings) not in self._settings.kannel_addresses:
            raise ChannelError(403, "not_admitted")
        found = fields(request.query_string)
        shown, token = found.get("token", [""])[0], self._settings.kannel_token
        if not (token and hmac.compare_digest(shown.encode(), token.encode())):
            raise ChannelError(403, "not_admitted")
        return found
