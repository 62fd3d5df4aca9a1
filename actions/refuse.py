"""Says that the brief does not cover a question, and where to ask."""

from __future__ import annotations

from actions.answer import answer
from actions.context import topic_in_context
from actions.memory import Memory
from actions.reply import Reply
from actions.replying import ReplyingAction
from bot.knowledge.answers import Author

# A topic below this is no neighbour of the question, only the least far.
NEAR_AT = 0.05
MOST_NEAR = 2


class ActionRefuse(ReplyingAction):
    """The contact, and the nearest topics where any is near."""

    def name(self) -> str:
        return "action_refuse"

    def reply(self, memory: Memory, author: Author) -> Reply:
        if (topic := topic_in_context(memory)) in author.knowledge.topics:
            return answer((topic,), memory, author)
        return Reply((author.out_of_scope(memory.likely(NEAR_AT)[:MOST_NEAR]),))
