"""What is replied to a message that is nothing but a move: "can you repeat that", "más sencillo", "i'm so tired".

Such messages are too short for the classifier, which takes them for anything. What they lean on is what was said last that
one can lean on: an answer, a refusal, a question back, or the lines for a danger.
"""

from __future__ import annotations

from dataclasses import replace

from actions.memory import Memory
from actions.reply import Reply
from bot.knowledge import Answer
from bot.knowledge.answers import Author

# A topic below this has nothing to do with how somebody feels.
_NEAR_AT = 0.3
_MOST_NEAR = 2
_FOR_PROVIDERS = "training_supervision"
# What the classifier knows better where it is sure: "ok thanks" thanks, "great, bye" takes leave.
_SAID_BESIDES = {"thanks", "goodbye", "all_safe", "greet", "tell_more", "why", "says_who", "choose"}
_SURE = 0.5
# An answer that was opened with one of these is in the plainest words that there are.
_PLAINEST = {"plainer", "in_short"}


def moved(memory: Memory, author: Author) -> Reply | None:
    """The reply to a move; None where the message is none, or the classifier knows it better."""
    move = memory.move
    if move == "feeling":
        return Reply((_feeling(memory, author),))
    if move == "noted" and not (memory.intent in _SAID_BESIDES and memory.confidence >= _SURE):
        return Reply((author.smalltalk("crisis_affirm" if memory.crisis else "affirm"),))
    if move == "abilities":
        return Reply((author.smalltalk("help", related=author.knowledge.starters),))
    if move == "missed" and not memory.crisis:
        return Reply((missed(memory, author),))
    if move == "number" and memory.crisis:
        return Reply((author.crisis(memory.crisis),))
    if move in {"again", "simpler"}:
        return _once_more(memory, author, simpler=move == "simpler")
    return None


def missed(memory: Memory, author: Author) -> Answer:
    """Sorry that the reply was not it; whom to call where it was a refusal, or where that was said already."""
    topic = author.knowledge.topics.get(memory.last_topic or "") if memory.before.held == "answer" else None
    return author.smalltalk("deny", related=topic.related if topic else author.knowledge.starters,
                            contact=topic is None or bool(memory.before.times.get("deny")))


def _feeling(memory: Memory, author: Author) -> Answer:
    near = memory.likely(_NEAR_AT)[:_MOST_NEAR]
    # A text message is worded for providers until somebody says who they are: that is no word of theirs.
    provider = memory.asked["audience_asked"] == "provider"
    return author.feeling((_FOR_PROVIDERS, *near) if provider else near, provider=provider)


def _once_more(memory: Memory, author: Author, *, simpler: bool) -> Reply:
    """What was said last, again or in plainer words; where nothing was, what one can ask."""
    starters, fresh = author.knowledge.starters, replace(author, said={})
    topic = author.knowledge.topics.get(memory.last_topic or "")
    if memory.crisis and memory.before.held in {"crisis", None}:
        return Reply((author.crisis(memory.crisis),))
    if memory.before.held == "clarify" and memory.choices:
        return Reply((author.smalltalk("which", related=memory.choices),), {"clarified": memory.clarified})
    if memory.before.held == "feeling":
        return Reply((_feeling(memory, fresh),))
    if memory.before.held == "out_of_scope":
        return Reply((author.out_of_scope_simpler() if simpler else fresh.out_of_scope(()),))
    if topic is None:
        return Reply((author.smalltalk("help" if simpler else "nothing_before", related=starters),))
    if not simpler:
        return Reply((author.topic(topic.name, lead="again"),))
    if memory.before.phrase in _PLAINEST:
        return Reply((author.smalltalk("plainest", related=topic.related, contact=True),))
    if memory.audience == "provider":
        return Reply((replace(author, audience="parent").topic(topic.name, lead="plainer"),))
    return Reply((author.topic(topic.name, lead="in_short", short=True),))
