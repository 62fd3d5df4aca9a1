"""What a text-message gateway has to be: a few lines between its HTTP and the core. The recipe: CONTRIBUTING.md."""

from __future__ import annotations

import re
from typing import Protocol, Sequence
from urllib.parse import parse_qsl

from sanic import Blueprint

from bot.errors import ChannelError
from bot.insight import metrics
from bot.sms.desk import Desk
from bot.sms.messages import MAX_MESSAGE_ID_CHARACTERS
from bot.sms.segments import size
from bot.store.sms import SmsStore

MAX_FIELDS = 100
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_MESSAGE_ID = re.compile(rf"[\w.:-]{{1,{MAX_MESSAGE_ID_CHARACTERS}}}", re.ASCII)


class Service(Protocol):
    """What a gateway asks, from the server's start on."""

    desk: Desk
    store: SmsStore


class Gateway(Protocol):
    """Adds its paths to the channel's; each request becomes an `Inbound`, each answer the gateway's own form."""

    def listen(self, channel: Blueprint, service: Service) -> None: ...


def fields(encoded: str | bytes) -> dict[str, list[str]]:
    """The fields of a form or a query. Raises ChannelError 400 where it is broken, too long or not UTF-8."""
    try:
        text = encoded.decode("ascii") if isinstance(encoded, bytes) else encoded
        if _BROKEN_ESCAPE.search(text):
            raise ValueError("a percent sign without its two digits")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as error:  # UnicodeDecodeError is one
        raise ChannelError(400, "malformed") from error
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def needed(found: dict[str, list[str]], name: str) -> str:
    """A field that must be there and not be empty. Raises ChannelError 400."""
    value = found.get(name, [""])[0].strip()
    if not value:
        raise ChannelError(400, "field_missing")
    return value


def message_id(found: dict[str, list[str]], name: str) -> str:
    """The gateway's id of the message. Raises ChannelError 400 where it is none."""
    value = needed(found, name)
    if not _MESSAGE_ID.fullmatch(value):
        raise ChannelError(400, "malformed")
    return value


def count_segments(gateway: str, texts: Sequence[str]) -> None:
    """Count what is handed to a gateway, by which it is paid."""
    metrics.SEGMENTS.labels(gateway).inc(sum(size(text).segments for text in texts))
