"""Takes "2", "the second", "la última" for the choices that were offered last."""

from __future__ import annotations

from actions.answer import answer
from actions.memory import Memory
from actions.reply import Reply
from actions.replying import ReplyingAction
from bot.knowledge.answers import Author


class ActionChoose(ReplyingAction):
    """The answer on the chosen topic; where no such choice is open, asks again."""

    def name(self) -> str:
        return "action_choose"

    def reply(self, memory: Memory, author: Author) -> Reply:
        number = int(memory.entities.get("choice", {}).get("value") or 0)
        index = len(memory.choices) - 1 if number == -1 else number - 1
        # A topic may have been taken away by a release since it was offered.
        if 0 <= index < len(memory.choices) and memory.choices[index] in author.knowledge.topics:
            return answer((memory.choices[index],), memory, author)
        return Reply((author.smalltalk("no_such_choice", related=memory.choices or author.knowledge.starters),))
