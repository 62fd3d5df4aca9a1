"""The pseudonym under which a phone's conversation and its opt-out are kept: a keyed hash, never the number.

A hash cannot be turned back, so a new key cannot be applied to numbers that nobody kept. It is applied to the old
pseudonyms instead: after a change of key a number goes through the old keys first, then through the present one. The
old ones are kept beside the rows, sealed with the present one, so that it is the only secret to look after.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken

PREFIX = "sms-"
_HASH_CHARACTERS = 40  # 160 bits
_KEY_ID_CHARACTERS = 12


@dataclass(frozen=True)
class Pseudonyms:
    """The present key and those before it, oldest first."""

    key: str = field(repr=False)
    earlier: tuple[str, ...] = field(default=(), repr=False)

    @property
    def key_id(self) -> str:
        """Tells keys apart and gives none away; stands in each row."""
        return _hash(self.key, "key id")[:_KEY_ID_CHARACTERS]

    def of(self, number: str, gateway_number: str) -> str:
        """The sender id of the conversation that a number has with one of the gateway's numbers."""
        value = f"{number}>{gateway_number}"
        for key in (*self.earlier, self.key):
            value = _hash(key, value)
        return PREFIX + value

    def rekeyed(self, sender_id: str) -> str:
        """What a sender id of the keys before the present one is now."""
        return PREFIX + _hash(self.key, sender_id.removeprefix(PREFIX))

    def next(self, key: str) -> Pseudonyms:
        """The pseudonyms after a change to `key`."""
        return Pseudonyms(key, (*self.earlier, self.key))

    def sealed(self) -> str:
        """The earlier keys, readable with the present one only."""
        return self._box().encrypt(json.dumps(self.earlier).encode()).decode("ascii")

    @classmethod
    def unsealed(cls, key: str, sealed: str) -> Pseudonyms:
        """The pseudonyms of which `sealed` was kept. Raises ValueError where it was sealed with another key."""
        try:
            earlier = cls(key)._box().decrypt(sealed.encode("ascii"))
        except InvalidToken as error:
            raise ValueError("sealed with another key") from error
        return cls(key, tuple(json.loads(earlier)))

    def _box(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(hmac.digest(self.key.encode(), b"seal", "sha256")))


def _hash(key: str, value: str) -> str:
    return hmac.new(key.encode(), value.encode(), hashlib.sha256).hexdigest()[:_HASH_CHARACTERS]
