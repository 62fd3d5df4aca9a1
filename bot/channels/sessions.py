"""Ids of conversations that nobody can guess, choose or alter: 128 random bits and this server's signature.

Whoever holds such an id got it from the server, so it may erase what is stored under it. A client may still bring an
opaque id of its own; nothing can be erased or read back with that, because its owner cannot be told from a guesser.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from functools import cached_property

from bot.errors import ChannelError
from bot.settings import Settings, signing_secret

_PREFIX = "imh1-"
_FORM = re.compile(r"imh1-([0-9a-f]{32})-([0-9a-f]{32})")
# Signed with the same secret as releases, but for another purpose: neither signature can stand for the other.
_PURPOSE = b"web session 1"


class Sessions:
    """Hands out signed ids and knows its own again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _key(self) -> bytes:
        # Read when it is first needed: a channel can be made before the var folder is.
        return hmac.new(signing_secret(self._settings).encode(), _PURPOSE, hashlib.sha256).digest()

    def new(self) -> str:
        """A new signed id, 70 characters."""
        bits = secrets.token_hex(16)
        return f"{_PREFIX}{bits}-{self._signature(bits)}"

    def is_signed(self, sender: str) -> bool:
        """Whether this server made the id."""
        form = _FORM.fullmatch(sender)
        return bool(form) and hmac.compare_digest(form[2], self._signature(form[1]))

    def accept(self, sender: str) -> str:
        """The id, signed or opaque. Raises ChannelError 400 where it pretends to be signed."""
        if sender.startswith(_PREFIX) and not self.is_signed(sender):
            raise ChannelError(400, "sender_invalid")
        return sender

    def _signature(self, bits: str) -> str:
        return hmac.new(self._key, bits.encode(), hashlib.sha256).hexdigest()[:32]
