"""The fields of a request body that several addresses take."""

from __future__ import annotations

from typing import Any

from bot.errors import ChannelError

MAX_ID_CHARACTERS = 128


def identifier(value: Any, code: str) -> str:
    """An opaque id of 1 to 128 printable characters. Raises ChannelError 400 with `code`."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID_CHARACTERS or not value.isprintable():
        raise ChannelError(400, code)
    return value


def words(text: str) -> str:
    """The text without halves of surrogate pairs: legal in JSON, but nothing that can be stored or sent back."""
    return text.encode("utf-8", "replace").decode("utf-8")
