"""What goes in and comes out of the text-message core, and what the core needs of others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.sms.keywords import Wish

MAX_MESSAGE_ID_CHARACTERS = 100
# Stands first among the kinds where danger is heard, and of no kind enough (nlu/components/crisis_screen.py).
UNSURE = "unclear"


@dataclass(frozen=True)
class Inbound:
    """A text message as a gateway hands it on.

    `message_id` is the gateway's own and the same whenever it brings the message again; `media` counts pictures and
    sounds, which nobody opens; `one_text`: the gateway can send back one text only; `provider_opts_out`: the provider
    answers its own words for STOP, START and HELP; `provider_did`: which of these it says that it did here.
    """

    gateway: str
    message_id: str
    sender: str
    recipient: str
    text: str
    media: int = 0
    one_text: bool = False
    provider_opts_out: bool = False
    provider_did: Wish | None = None


@dataclass(frozen=True)
class Asked:
    """A question for the dialogue, under the pseudonym of who asks. `danger` is what the rules heard in it."""

    sender_id: str
    message_id: str
    text: str
    danger: tuple[str, ...] = ()
    one_text: bool = False


class Dialogue(Protocol):
    """Whoever answers questions."""

    async def reply(self, asked: Asked) -> tuple[str, ...]:
        """The texts of the reply, each ready to be sent, crisis lines first. Raises UnansweredError."""

    async def danger(self, text: str) -> tuple[str, ...]:
        """Kinds of danger that only a trained eye sees in a text which nobody is going to answer; never raises."""

    async def erase_if_asked(self, asked: Asked) -> None:
        """Erase the conversation where that is what the message asks, without a word. Raises UnansweredError."""


class Records(Protocol):
    """What is remembered, under pseudonyms. All but `is_out` and `language` raise StoreError."""

    def is_out(self, sender_id: str) -> bool: ...
    def opt_out(self, sender_id: str) -> None: ...
    def opt_in(self, sender_id: str) -> None: ...
    def language(self, sender_id: str) -> str | None: ...
    def claim(self, gateway: str, message_id: str) -> tuple[bool, tuple[str, ...] | None]: ...
    def settle(self, gateway: str, message_id: str, texts: tuple[str, ...]) -> None: ...
    def release(self, gateway: str, message_id: str) -> None: ...
