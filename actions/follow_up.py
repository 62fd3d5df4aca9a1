""""Tell me more", "why?", "says who?": moves that only the answer before explains."""

from __future__ import annotations

from actions.answer import answer
from actions.memory import Memory
from actions.reply import Reply
from actions.replying import ReplyingAction
from bot.knowledge.answers import Author


class ActionFollowUp(ReplyingAction):
    """Leans on the topic answered last; where there is none, says so and offers what people ask."""

    def name(self) -> str:
        return "action_follow_up"

    def reply(self, memory: Memory, author: Author) -> Reply:
        topic = author.knowledge.topics.get(memory.last_topic or "")
        if not topic:
            key = "still_here" if memory.crisis else "nothing_before"
            return Reply((author.smalltalk(key, related=author.knowledge.starters),))
        if memory.intent == "says_who":
            return Reply((author.origin(topic.name),))
        if memory.intent == "why":
            if topic.why:
                return answer((topic.why,), memory, author)
            return Reply((author.smalltalk("why_unknown", related=topic.related),))
        if memory.quotation_unread:
            return Reply((author.quotation(topic.name),))
        return Reply((author.smalltalk("tell_more", related=topic.related, contact="tell_more" in memory.before.times),))
