"""Gives the lines that fit the danger, before anything else."""

from __future__ import annotations

from actions.answer import answer
from actions.memory import Memory
from actions.reply import Reply
from actions.replying import ReplyingAction
from bot.knowledge.answers import Author


class ActionCrisis(ReplyingAction):
    """The lines, whatever else the words may be; then, where the message asks something besides, the answer. The danger is remembered."""

    heeds_moves = False

    def name(self) -> str:
        return "action_crisis"

    def reply(self, memory: Memory, author: Author) -> Reply:
        kinds = memory.danger or tuple(author.knowledge.crisis.kinds)[:1]
        # What was said before stays true: a mother who named a threat and now an injury is in both kinds of danger.
        remembered = tuple(dict.fromkeys((*kinds, *memory.crisis)))
        topic = (memory.also or "")[len("ask_"):]
        asked = answer((topic,), memory, author) if topic in author.knowledge.topics else Reply(())
        return Reply((author.crisis(kinds), *asked.messages), {**asked.slots, "crisis": list(remembered)})
