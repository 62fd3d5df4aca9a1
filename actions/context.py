"""What a message is about when it leans on the one before: the topic answered last, unless another is meant.

A message that asks more about the same ("does that go for grandmas") stays with the topic unless another is all but
certain; one that goes on from it ("and for twins born early?"), or is so brief that it may lean ("how often", "only with
her dad"), moves to another as soon as one is rather likely. The numbers were chosen on dialogues written for it (`python -m
benchmarks context`): 105 of 150 second turns were then answered as expected (108 now), 94 with one bar of 0.5 for every
refusal and help believed like other small talk; single questions after any answer are understood as before.
"""

from __future__ import annotations

from actions.memory import Memory

# How much likelier than the last topic another has to be.
_CHANGES_AT = {"stays": 0.85, "goes_on": 0.6, "perhaps": 0.5, "hardly": 0.5}
# "Is it too late for her to attach" is half one topic and half its neighbour: together so likely, they are not the last one.
# At 0.95 it costs none of the dialogues; held to the bars above, two of those that ask more about the same.
_TOGETHER_AT = 0.95
# A refusal this sure stands: "and what does a breast pump cost?" Said alone, "only on mondays" is surely not the brief's.
_REFUSED_AT = {"stays": 0.7, "goes_on": 0.5, "perhaps": 0.96, "hardly": 0.8}
# Small talk this sure is small talk; "is that bad?" may be taken for a no, "it's night shifts" for a goodbye.
_TALKED_AT = {"stays": 0.7, "goes_on": 0.0, "perhaps": 0.4, "hardly": 0.4}
# Whoever only names the baby is told what can be asked; after an answer, "twins too?" asks more about it.
_HELPED_AT = 0.97
_UNDECIDED = {"nlu_fallback", "out_of_scope"}


def topic_in_context(memory: Memory) -> str | None:
    """The topic that a leaning message asks about; None where it does not lean, nothing came before, or it asks two."""
    if not memory.last_topic or memory.also or memory.leans not in _CHANGES_AT:
        return None
    if memory.intent == "out_of_scope" and memory.confidence >= _REFUSED_AT[memory.leans]:
        return None
    talks = memory.intent not in _UNDECIDED and not memory.intent.startswith("ask_")
    if talks and memory.confidence >= (_HELPED_AT if memory.intent == "help" else _TALKED_AT[memory.leans]):
        return None
    last = dict(memory.topics).get(memory.last_topic, 0.0)
    others = [confidence for name, confidence in memory.topics if name != memory.last_topic]
    if others and (max(others) > last + _CHANGES_AT[memory.leans] or sum(others) > last + _TOGETHER_AT):
        return memory.topics[0][0]
    return memory.last_topic
