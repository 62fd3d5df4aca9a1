"""What a message is about when it leans on the one before: the topic answered last, unless another is plainly meant.

A message that leans plainly ("and at night?", "does that go for grandmas") is read so whatever it was taken for; one so
short that it may ("how often") only where it would be asked back.
"""

from __future__ import annotations

from actions.memory import Memory

# "And when he is asleep?" says little by itself. Another topic has to be this much likelier than the last one to be
# taken up; a refusal this sure to stand ("and how much does that cost?").
CHANGES_AT = 0.45
REFUSED_AT = 0.85


def topic_in_context(memory: Memory) -> str | None:
    """The topic that a leaning message asks about; None where it does not lean, nothing came before, or it asks two things."""
    leans = memory.leans == "plainly" or memory.leans == "perhaps" and memory.intent == "nlu_fallback"
    if not (leans and memory.last_topic) or memory.also:
        return None
    if memory.intent == "out_of_scope" and memory.confidence >= REFUSED_AT:
        return None
    staying = dict(memory.topics).get(memory.last_topic, 0.0) + CHANGES_AT
    name, confidence = memory.topics[0] if memory.topics else (memory.last_topic, 0.0)
    return name if confidence > staying else memory.last_topic
