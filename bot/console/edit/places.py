"""Where else in the content a crisis line is: what has to be looked at before its number changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator

from bot.console.edit.subjects import NUMBER, Subject
from bot.console.edit.yaml_text import value_at
from bot.knowledge import Knowledge


@dataclass(frozen=True)
class Place:
    """`how` is a key below `edit.place` in texts.yml; `subject` is what is edited there; `position` counts from 1."""

    how: str
    subject: Subject
    language: str = ""
    position: int = 0


def places(name: str, data: Any, knowledge: Knowledge) -> Iterator[Place]:
    """Every place of a line: the dangers that show it, and the texts that name its number. `data` is crisis.yml's."""
    plan = knowledge.crisis
    numbers = set(NUMBER.findall(plan.lines[name].display))
    for kind, lines in plan.kinds.items():
        if name in lines:
            yield Place("kinds", Subject("danger", kind), position=lines.index(name) + 1)
    for kind, lines in plan.shortest.items():
        if name in lines:
            yield Place("shortest", Subject("danger", kind), position=lines.index(name) + 1)
    if name in plan.provider_suspicion:
        yield Place("suspicion", Subject("dangers", "shared"))
    for section in ("opening", "sms"):
        for kind, texts in (value_at(data, ("texts", section)) or {}).items():
            yield from (Place(section, Subject("danger", kind), language) for language, text in texts.items()
                        if numbers & set(NUMBER.findall(text)))
    for other, line in plan.lines.items():
        yield from (Place("when", Subject("line", other), language) for language, text in line.when.items()
                    if numbers & set(NUMBER.findall(text)))
    for key, texts in knowledge.phrases.items():
        yield from (Place("phrase", Subject("phrase", key), language) for language, text in texts.items()
                    if numbers & set(NUMBER.findall(text)))
