"""Small talk, and what a person tells the bot about the conversation itself."""

from __future__ import annotations

from actions.answer import answer
from actions.context import topic_in_context
from actions.memory import CHANGES, Memory
from actions.moves import missed
from actions.reply import Reply
from actions.replying import ReplyingAction
from bot.knowledge import Answer
from bot.knowledge.answers import Author

_WITH_STARTERS = {"greet", "help", "start_over", "all_safe"}
_WITH_CONTACT = {"bot_challenge", "erase_data"}
# After a crisis these words say nothing about safety; taking them lightly would close the subject.
_NO_ALL_CLEAR = {"affirm", "deny", "thanks", "goodbye"}
# Small talk to which "no" says that nothing of it is what was meant.
_MAY_MISS = {"deny", "which"}


class ActionConverse(ReplyingAction):
    """The phrase named like the intent."""

    def name(self) -> str:
        return "action_converse"

    def reply(self, memory: Memory, author: Author) -> Reply:
        intent, starters = memory.intent, author.knowledge.starters
        # Right after lines, "help" is no question about what one can ask, nor about an answer that came before them.
        if memory.crisis and intent == "help" and memory.before.held == "crisis":
            return Reply((author.crisis(memory.crisis),))
        if (topic := topic_in_context(memory)) in author.knowledge.topics:
            return answer((topic,), memory, author)
        if memory.crisis and intent in _NO_ALL_CLEAR:
            return Reply((author.smalltalk(f"crisis_{intent}"),))
        if intent == "deny":
            return Reply((self._deny(memory, author),))
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
        """ "Yes" takes the one choice of the reply before; where that asked or offered several, it has to say which."""
        offered = memory.choices if memory.before.offers and memory.before.held != "feeling" else ()
        choices = tuple(name for name in offered if name in author.knowledge.topics)
        if len(choices) == 1:
            return answer(choices, memory, author)
        if choices and memory.before.kind != "answer":
            return Reply((author.smalltalk("which", related=choices),), {"clarified": memory.clarified})
        return None

    def _deny(self, memory: Memory, author: Author) -> Answer:
        """ "No" after an answer, a refusal or choices means that they missed; to "what else?" it declines."""
        asked_for_more = memory.before.kind == "smalltalk" and memory.before.phrase not in _MAY_MISS
        if memory.before.held in {None, "feeling"} or asked_for_more:
            return author.smalltalk("deny_plain")
        return missed(memory, author)
