"""What all actions share: read the memory, let the action choose its messages, send them, remember."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import Any, Dict, List, Mapping

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.memory import Memory
from bot.knowledge import Answer, Kind, current
from bot.knowledge.answers import Author
from bot.render.plain import plain


@dataclass(frozen=True)
class Reply:
    """The messages of a turn in their order, and the slots that change besides those that every turn sets."""

    messages: tuple[Answer, ...]
    slots: Mapping[str, Any] = field(default_factory=dict)


class ReplyingAction(Action, ABC):
    """An action that replies; a subclass says what."""

    @abstractmethod
    def reply(self, memory: Memory, author: Author) -> Reply:
        """The messages for this turn; pure, so that the same situation always gets the same reply."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> List[SlotSet]:
        memory = Memory.of(tracker)
        knowledge = current()
        author = Author(knowledge, memory.language, memory.audience)
        reply = self.reply(memory, author)
        messages = [*reply.messages]
        crisis = reply.slots.get("crisis", memory.crisis)
        if crisis and messages[0].kind is not Kind.CRISIS:
            messages[-1] = replace(messages[-1], reminder=knowledge.crisis.reminder(tuple(crisis), memory.language))
        # Where everything goes out in one text, two answers leave no room for it: it comes with the next reply.
        notices = not memory.noticed and not (memory.one_message and len(messages) > 1)
        if notices:
            messages.append(author.notice())
        for message in messages:
            dispatcher.utter_message(
                text=plain(message, knowledge), json_message=message.to_dict(),
                buttons=[{"title": choice.title, "payload": choice.payload} for choice in message.buttons])
        changes = {"clarified": 0, **_offered(messages), **memory.asked, "language": memory.language,
                   "audience": memory.audience, "noticed": memory.noticed or notices, **reply.slots}
        return [SlotSet(name, value) for name, value in changes.items() if tracker.slots.get(name) != value]


def _offered(messages: List[Answer]) -> Dict[str, Any]:
    """The choices that "2" means from now on: those that were shown last. A quotation is shown without any."""
    shown = [message.buttons for message in messages if message.buttons and not message.quotation]
    return {"choices": [choice.topic for choice in shown[-1]], "choices_at": time.time()} if shown else {}
