"""Whether the last turn of a held-out dialogue, which only the turns before explain, got the reply that it should."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from bot.knowledge import Knowledge

Message = Mapping[str, Any]
"""One message of a reply: `text`, `buttons`, `custom`."""


def fits(expected: Mapping[str, Any], reply: Sequence[Message], before: Sequence[Message],
         knowledge: Knowledge) -> bool:
    """Whether a reply is what is expected of it: an answer, a source, what goes on from a topic, a choice, a refusal, small
    talk, a switch."""
    first = reply[0]["custom"]
    topic = knowledge.topics.get(expected.get("topic", ""))
    kind = expected["kind"]
    if kind == "answer":
        return first["kind"] == "answer" and topic is not None and topic.name in _topics(reply)
    if kind == "source_of":
        # The answer names the passages that the topic quotes.
        return first["topic"] == "references" and set(first["quote"]["passages"]) <= set(topic.passages)
    if kind == "more_of":
        # The topic itself, what the brief goes on with, or the reason that it gives.
        return bool({topic.name, topic.why, *topic.related} & {*_topics(reply), *_offered(reply)})
    if kind == "choice":
        offered = [_offered([part]) for part in before if part["buttons"]]
        return bool(offered) and len(offered[-1]) >= expected["number"] \
            and first["topic"] == offered[-1][expected["number"] - 1]
    if kind == "refusal":
        return bool(first["kind"] == "out_of_scope")
    if kind == "talk":
        return bool(first["kind"] == "smalltalk")
    if kind == "switch":
        return all(first[key] == expected[key] for key in ("language", "audience") if key in expected)
    raise ValueError(f"tests/nlu/held_out/context.yml: kind {kind!r} is not known.")


def _topics(reply: Sequence[Message]) -> list[str]:
    return [part["custom"]["topic"] for part in reply if part["custom"]["topic"]]


def _offered(reply: Sequence[Message]) -> list[str]:
    return [button["payload"].removeprefix("/ask_") for part in reply for button in part["buttons"]]
