"""What a search asks for: words, and values of columns. Everything that comes from an address is a parameter or
compared here; none of it becomes part of a statement.
"""

from __future__ import annotations

import datetime
import unicodedata
from dataclasses import dataclass, fields
from typing import Any, Mapping

from bot.console.inbox.reasons import DANGER, REASONS
from bot.console.inbox.states import NEW, OPEN, STATES
from bot.store.tables import messages

ANY = "any"
UNDECIDED = "undecided"  # new or put off; the danger queue alone asks for it
_MOST_CHARACTERS = 200


@dataclass(frozen=True)
class Filters:
    """Empty values let everything through; `state` is one of STATES or `any`; days are ISO dates, both included."""

    text: str = ""
    reason: str = ""
    state: str = NEW
    channel: str = ""
    language: str = ""
    audience: str = ""
    topic: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        """The filters of an address; what none of them can be is left out."""
        given = {field.name: query.get(field.name, "").strip()[:_MOST_CHARACTERS] for field in fields(cls)}
        allowed = {"state": (*STATES, ANY), "reason": (*REASONS, DANGER)}
        for name, values in allowed.items():
            if given[name] not in values:
                given[name] = ""
        for name in ("since", "until"):
            given[name] = given[name] if _day(given[name]) else ""
        return cls(**{**given, "state": given["state"] or NEW})

    @property
    def asked(self) -> bool:
        """Whether anything is searched for."""
        return self != Filters()

    def along_the_index(self) -> list[Any]:
        """Conditions that say where in an index to begin and end."""
        found = []
        if self.state != ANY:
            found.append(messages.c.state.in_(OPEN) if self.state == UNDECIDED else messages.c.state == self.state)
            if self.reason:
                found.append(messages.c.reason == self.reason)
        if since := _day(self.since):
            found.append(messages.c.at >= since.timestamp())
        if until := _day(self.until):
            found.append(messages.c.at < (until + datetime.timedelta(days=1)).timestamp())
        return found

    def beside(self, columns: Any) -> list[Any]:
        """Conditions on the rows that were looked at."""
        found = [columns[name] == value for name in ("reason", "channel", "language", "audience")
                 if (value := getattr(self, name))]
        if self.topic:
            found.append((columns.topic == self.topic) | (columns.first == self.topic) | (columns.second == self.topic))
        return found

    def reads(self, text: str) -> bool:
        """Whether the text has the words, whatever their case and accents: phones write "bebe"."""
        return not self.text or _plain(self.text) in _plain(text)


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _day(text: str) -> datetime.datetime | None:
    """Midnight of the server's clock, as `messages.day` is told by."""
    try:
        day = datetime.datetime.strptime(text, "%Y-%m-%d")
        day.timestamp(), (day + datetime.timedelta(days=1)).timestamp()  # far days have none
        return day
    except (ValueError, OverflowError, OSError):
        return None
