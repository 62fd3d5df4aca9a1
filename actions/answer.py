"""Answers a question on a topic, and a second one where the message asks two."""

from __future__ import annotations

from actions.context import topic_in_context
from actions.memory import Memory
from actions.reply import Reply
from actions.replying import ReplyingAction
from bot.knowledge.answers import Author

# A topic that comes this close to the one answered is offered first, before the related ones.
RUNNER_UP_AT = 0.1
# "Where is that from?" is half a question on the references and half "says who?"; after an answer it means the answer, and
# so does one as short as "cite pls".
LEANING_AT = 0.1


def answer(topics: tuple[str, ...], memory: Memory, author: Author) -> Reply:
    """One message a topic; the last one is what "why?" and "says who?" lean on from then on.

    Where the reply before was the same answer, it says that this is all, and from then on in turns in few words and in full.
    """
    runners_up = tuple(name for name in memory.likely(RUNNER_UP_AT) if name not in topics)
    lead, short = None, False
    if len(topics) == 1 and memory.before.answered == (topics[0], author.language, author.audience):
        short = memory.before.phrase == "same"
        lead = "in_short" if short else "same"
    return Reply(
        tuple(author.topic(topic, offer=runners_up, people="contact_person" in memory.entities, lead=lead, short=short)
              for topic in topics),
        {"last_topic": topics[-1]})


class ActionAnswer(ReplyingAction):
    """The answer on the topic of the intent."""

    def name(self) -> str:
        return "action_answer"

    def reply(self, memory: Memory, author: Author) -> Reply:
        leaning = memory.leaning >= LEANING_AT or memory.leans in {"stays", "perhaps"}
        if memory.intent == "ask_references" and leaning and memory.last_topic in author.knowledge.topics:
            return Reply((author.origin(memory.last_topic),))
        if (topic := topic_in_context(memory)) in author.knowledge.topics:
            return answer((topic,), memory, author)
        asked = [intent[len("ask_"):] for intent in (memory.intent, memory.also) if intent]
        # A model may know a topic that a newer content has given up.
        known = tuple(topic for topic in dict.fromkeys(asked) if topic in author.knowledge.topics)
        if known == ("contact",) and memory.crisis and memory.before.held == "crisis":
            # "Who can I call" after lines for a danger means those before it means an office.
            contact = answer(known, memory, author)
            return Reply((author.crisis(memory.crisis), *contact.messages), contact.slots)
        return answer(known, memory, author) if known else Reply((author.out_of_scope(()),))
