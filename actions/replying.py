"""What all actions share: read the memory, let the action choose its messages, send them, remember."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any, Dict, List

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.memory import Memory
from actions.moves import moved
from actions.reply import Reply
from actions.said import KEY
from bot.knowledge import Answer, current
from bot.knowledge.answers import Author
from bot.render.plain import plain


class ReplyingAction(Action, ABC):
    """An action that replies; a subclass says what. A message that is nothing but a move gets the same reply from each."""

    heeds_moves = True

    @abstractmethod
    def reply(self, memory: Memory, author: Author) -> Reply:
        """The messages for this turn; pure, so that the same situation always gets the same reply."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> List[SlotSet]:
        knowledge = current()
        move = knowledge.moves.read(tracker.latest_message.get("text") or "") if self.heeds_moves else None
        memory = Memory.of(tracker, move)
        author = Author(knowledge, memory.language, memory.audience, memory.before.times)
        reply = moved(memory, author) or self.reply(memory, author)
        messages, left = [*reply.messages], memory.before.after(reply)
        crisis = reply.slots.get("crisis", memory.crisis)
        # Lines that are given for what was said now need no reminder; those that are given again end like any later reply.
        if crisis and memory.intent != "crisis":
            messages[-1] = replace(messages[-1], reminder=knowledge.crisis.reminder(tuple(crisis), memory.language))
        # Where everything goes out in one text, two answers or a quotation leave no room for it: it comes with a later reply.
        full = memory.one_message and (len(messages) > 1 or messages[0].quotation)
        notices = not memory.noticed and not full
        if notices:
            messages.append(author.notice())
        for message in messages:
            # What stands beside a message is kept with it and not sent.
            dispatcher.utter_message(
                text=plain(message, knowledge), json_message=message.to_dict(),
                buttons=[{"title": choice.title, "payload": choice.payload} for choice in message.buttons],
                **{KEY: left.to_dict()} if message is messages[-1] else {})
        changes = {"clarified": 0, **_offered(messages), **memory.asked, "language": memory.language,
                   "audience": memory.audience, "noticed": memory.noticed or notices, **reply.slots}
        return [SlotSet(name, value) for name, value in changes.items() if tracker.slots.get(name) != value]


def _offered(messages: List[Answer]) -> Dict[str, Any]:
    """The choices that "2" means from now on: those that were shown last. A quotation is shown without any."""
    shown = [message.buttons for message in messages if message.buttons and not message.quotation]
    return {"choices": [choice.topic for choice in shown[-1]], "choices_at": time.time()} if shown else {}
