"""Asks which topic is meant; never a third time in a row."""

from __future__ import annotations

from actions.answer import answer
from actions.context import topic_in_context
from actions.memory import Memory
from actions.reply import Reply
from actions.replying import ReplyingAction
from bot.knowledge.answers import Author

MOST_IN_A_ROW = 2


class ActionClarify(ReplyingAction):
    """Up to three choices; the contact after asking back twice; a word of its own where there were no words."""

    def name(self) -> str:
        return "action_clarify"

    def reply(self, memory: Memory, author: Author) -> Reply:
        if (topic := topic_in_context(memory)) in author.knowledge.topics:
            return answer((topic,), memory, author)
        if memory.clarified >= MOST_IN_A_ROW:
            return Reply((author.smalltalk("clarify_given_up", contact=True),))
        if not memory.topics:
            return Reply((author.smalltalk("not_words", related=author.knowledge.starters),))
        return Reply((author.clarify(memory.likely(0.0)),), {"clarified": memory.clarified + 1})
