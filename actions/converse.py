"""Small talk, and what a person tells the bot about the conversation itself."""

from __future__ import annotations

from actions.answer import answer
from actions.context import topic_in_context
from actions.memory import CHANGES, Memory
from actions.replying import Reply, ReplyingAction
from bot.knowledge.answers import Author

_WITH_STARTERS = {"greet", "help", "start_over", "all_safe"}
_WITH_CONTACT = {"bot_challenge", "erase_data"}
# After a crisis these words say nothing about safety; taking them lightly would close the subject.
_NO_ALL_CLEAR = {"affirm", "deny", "thanks", "goodbye"}


class ActionConverse(ReplyingAction):
    """The phrase named like the intent."""

    def name(self) -> str:
        return "action_converse"

    def reply(self, memory: Memory, author: Author) -> Reply:
        intent, starters = memory.intent, author.knowledge.starters
        if (topic := topic_in_context(memory)) in author.knowledge.topics:
            return answer((topic,), memory, author)
        if memory.crisis and intent in _NO_ALL_CLEAR:
            return Reply((author.smalltalk("still_here"),))
        if intent == "deny":
            return self._deny(memory, author)
        if intent == "affirm" and (chosen := self._offered(memory, author)):
            return chosen
        if intent == "erase_data" and memory.erasable:
            return Reply((author.erased(),))
        message = author.smalltalk(intent, contact=intent in _WITH_CONTACT,
                                   related=starters if intent in _WITH_STARTERS else ())
        if intent == "all_safe":
            return Reply((message,), {"crisis": None})
        if intent == "start_over":
            return Reply((message,), {"last_topic": None})
        if intent in CHANGES and memory.last_topic in author.knowledge.topics:
            # Whoever asks for Spanish after an answer wants that answer in Spanish.
            return Reply((message, author.topic(memory.last_topic)))
        return Reply((message,))

    def _offered(self, memory: Memory, author: Author) -> Reply | None:
        """ "Yes" takes the one choice there is; where several were asked back, it has to say which."""
        choices = tuple(name for name in memory.choices if name in author.knowledge.topics)
        if len(choices) == 1:
            return answer(choices, memory, author)
        if choices and memory.clarified:
            return Reply((author.smalltalk("which", related=choices),), {"clarified": memory.clarified})
        return None

    def _deny(self, memory: Memory, author: Author) -> Reply:
        """ "No" after an answer or choices means that they missed; elsewhere it declines."""
        topic = author.knowledge.topics.get(memory.last_topic or "")
        if topic:
            return Reply((author.smalltalk("deny", related=topic.related),))
        return Reply((author.smalltalk("deny_plain"),))
