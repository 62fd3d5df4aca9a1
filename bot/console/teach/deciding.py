"""Who decides on topics alone. Where two people approve each change of an answer, a topic has no draft that a second one
could approve: an administrator makes and withdraws topics there."""

from __future__ import annotations

from bot.console.people.accounts import Person, Role
from bot.settings import Settings


def may_decide(settings: Settings, person: Person) -> bool:
    """Whether this person may make or withdraw a topic."""
    return settings.approvals < 2 or person.role >= Role.ADMINISTRATOR
