"""What the programme itself says by text message, out of the content and ready to be sent."""

from __future__ import annotations

from bot.knowledge import current
from bot.knowledge.values import in_language
from bot.sms.segments import fold


def say(key: str, language: str) -> str:
    """A phrase of the `sms` part of `phrases.yml`, with the office's name and number and e-mail address filled in."""
    knowledge = current()
    office = knowledge.office
    return fold(knowledge.phrase(f"sms.{key}", language, office=office.name, phone=office.display,
                                 email=office.email or ""))


def crisis(kinds: tuple[str, ...], language: str) -> str:
    """The text for the most urgent of these kinds of danger: its number stands in the first segment."""
    plan = current().crisis
    kind = next((kind for kind in kinds if kind in plan.sms), next(iter(plan.sms)))
    return fold(in_language(plan.sms[kind], language))
