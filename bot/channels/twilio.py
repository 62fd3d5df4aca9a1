"""Twilio: a signed form in, TwiML out."""

from __future__ import annotations

from typing import Sequence

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from bot.channels.gateway import Service, count_segments, fields, message_id, needed
from bot.errors import ChannelError, StoreError, UnansweredError
from bot.insight import metrics
from bot.settings import Settings
from bot.sms.aside import aside
from bot.sms.keywords import Wish
from bot.sms.messages import Inbound

NAME = "twilio"
PATH = "/webhooks/sms/twilio"
_FORM = "application/x-www-form-urlencoded"
# What Twilio writes into `OptOutType` where its Advanced Opt-Out took the message.
_DID = {wish.name: wish for wish in Wish}
_LONGEST_STATUS, _LONGEST_ERROR = 32, 32


class Twilio:
    """`POST /webhooks/sms/twilio` for messages, `…/twilio/status` for what became of ours."""

    def __init__(self, settings: Settings) -> None:
        self._public_url = settings.public_url
        self._validator = RequestValidator(settings.twilio_auth_token) if settings.twilio_auth_token else None
        self._provider_opts_out = settings.twilio_opt_out == "provider"

    def listen(self, channel: Blueprint, service: Service) -> None:
        """Add the two paths."""

        @channel.post("/twilio")
        async def message(request: Request) -> HTTPResponse:
            inbound = self._inbound(self._signed(request))
            try:
                return self._twiml(await service.desk.answer(inbound), inbound)
            except UnansweredError:
                metrics.UNANSWERED.labels(NAME).inc()
                # Twilio does not come again: an error would leave the person without a word.
                return self._twiml((service.desk.unavailable(inbound),), inbound)

        @channel.post("/twilio/status")
        async def status(request: Request) -> HTTPResponse:
            found = self._signed(request)
            try:
                await aside(service.store.delivered, NAME, message_id(found, "MessageSid"),
                            status=needed(found, "MessageStatus")[:_LONGEST_STATUS],
                            error=found.get("ErrorCode", [""])[0][:_LONGEST_ERROR] or None)
            except StoreError as error:
                raise ChannelError(503, "unavailable") from error
            return HTTPResponse(status=204)

    def _signed(self, request: Request) -> dict[str, list[str]]:
        """The form's fields. Raises ChannelError 415, 400, and 403 where the signature is not Twilio's."""
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != _FORM:
            raise ChannelError(415, "not_a_form")
        found = fields(request.body)
        # The address is the configured one: what the request's own headers say, whoever forges it chooses.
        address = f"{self._public_url}{request.path}" + (f"?{request.query_string}" if request.query_string else "")
        signature = request.headers.get("x-twilio-signature", "")
        if self._validator is None or not self._validator.validate(address, _Form(found), signature):
            raise ChannelError(403, "not_signed")
        return found

    def _inbound(self, found: dict[str, list[str]]) -> Inbound:
        media = found.get("NumMedia", ["0"])[0]
        return Inbound(
            gateway=NAME, message_id=message_id(found, "MessageSid"), sender=needed(found, "From"),
            recipient=needed(found, "To"), text=_body(found), media=int(media) if media.isdecimal() else 0,
            provider_opts_out=self._provider_opts_out,
            provider_did=_DID.get(found.get("OptOutType", [""])[0].upper()))

    def _twiml(self, texts: Sequence[str], inbound: Inbound) -> HTTPResponse:
        """The answer in the response itself; silence is an empty one."""
        count_segments(NAME, texts)
        response = MessagingResponse()
        for text in texts:
            response.message(text, status_callback=f"{self._public_url}{PATH}/status")
        return HTTPResponse(str(response), status=200, content_type="text/xml; charset=utf-8")


class _Form:
    """The fields as the validator reads them: it signs every value of a field that came twice."""

    def __init__(self, found: dict[str, list[str]]) -> None:
        self._found = found

    def __iter__(self):  # noqa: ANN204  the validator makes a set of it
        return iter(self._found)

    def getall(self, name: str) -> list[str]:
        return self._found[name]


def _body(found: dict[str, list[str]]) -> str:
    """The text, which a picture may come without. Raises ChannelError 400 where there is neither."""
    if "Body" not in found and "NumMedia" not in found:
        raise ChannelError(400, "field_missing")
    return found.get("Body", [""])[0]
