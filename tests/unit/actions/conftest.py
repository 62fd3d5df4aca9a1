"""What the tests of the actions share: a message as the pipeline hands it on, and a talk that is remembered."""

from __future__ import annotations

import asyncio
from typing import Any, Mapping, Sequence

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.answer import ActionAnswer
from actions.choose import ActionChoose
from actions.clarify import ActionClarify
from actions.converse import ActionConverse
from actions.crisis import ActionCrisis
from actions.follow_up import ActionFollowUp
from actions.refuse import ActionRefuse
from bot.knowledge import Knowledge, Topic, use

Message = Mapping[str, Any]

_SAYS: Mapping[str, type[Action]] = {
    "choose": ActionChoose, "nlu_fallback": ActionClarify, "crisis": ActionCrisis, "out_of_scope": ActionRefuse,
    "tell_more": ActionFollowUp, "why": ActionFollowUp, "says_who": ActionFollowUp,
}


def tracker(intent: str = "greet", *, topics: Sequence[tuple[str, float]] = (), also: str | None = None,
            leans: str = "no", confidence: float = 1.0,
            entities: Mapping[str, Mapping[str, Any]] | None = None, danger: Sequence[str] = (),
            detected: tuple[str, float] | None = None, metadata: Mapping[str, Any] | None = None,
            slots: Mapping[str, Any] | None = None, text: str = "…",
            uttered: Mapping[str, Any] | None = None) -> Tracker:
    """A tracker whose last message was understood so; `topics` by name with confidence, `entities` by type.

    `uttered` is the event of the last message that the bot sent before.
    """
    message: dict[str, Any] = {
        "intent": {"name": intent, "confidence": confidence},
        "entities": [{"entity": kind, **values} for kind, values in (entities or {}).items()],
        "topics": [{"name": f"ask_{name}", "confidence": confidence} for name, confidence in topics],
        "also": also,
        "leans": leans,
        "text": text,
    }
    if danger:
        message["crisis"] = {"kinds": list(danger), "by": ["rules"]}
    if detected:
        message["language"] = {"code": detected[0], "confidence": detected[1]}
    spoken = {"event": "user", "text": text, "metadata": dict(metadata or {})}
    return Tracker(sender_id="ana", slots=dict(slots or {}), latest_message=message, events=[*([uttered] if uttered else []), spoken], paused=False,
                   followup_action=None, active_loop={}, latest_action_name="action_listen")


class Talk:
    """One conversation with the actions: what they remember lives on from message to message."""

    def __init__(self, **slots: Any) -> None:
        self.slots: dict[str, Any] = dict(slots)
        self._uttered: Mapping[str, Any] | None = None

    def says(self, intent: str, **understood: Any) -> list[Message]:
        """The `custom` of each message of the reply, with `text` and `buttons` beside it."""
        action = (_SAYS.get(intent) or (ActionAnswer if intent.startswith("ask_") else ActionConverse))()
        dispatcher = CollectingDispatcher()
        heard = tracker(intent, slots=self.slots, uttered=self._uttered, **understood)
        events = asyncio.run(action.run(dispatcher, heard, {}))
        self.slots.update({event["name"]: event["value"] for event in events})
        self._uttered = {"event": "bot", "metadata": dispatcher.messages[-1]}
        return [{**message["custom"], "text": message["text"], "buttons": message["buttons"]}
                for message in dispatcher.messages]

    def chooses(self, number: int) -> list[Message]:
        """The reply to "2"; -1 is "the last one"."""
        return self.says("choose", entities={"choice": {"value": number}})


def kinds(reply: Sequence[Message]) -> list[str]:
    """What the messages of a reply are, in order."""
    return [message["kind"] for message in reply]


def offered(message: Message) -> list[str]:
    """The topics on a message's buttons, in order."""
    return [button["payload"][len("/ask_"):] for button in message["buttons"]]


def quoted(knowledge: Knowledge, topic: Topic) -> str:
    """The brief's words that the answer on a topic quotes."""
    passages = knowledge.briefs[topic.brief].passages
    return "\n".join(passages[passage].quotation for passage in topic.passages)


@pytest.fixture(autouse=True)
def live(knowledge: Knowledge) -> Knowledge:
    """The repository's content is what the actions speak from."""
    use(knowledge)
    return knowledge


@pytest.fixture
def talk() -> Talk:
    """A conversation whose notice was given already."""
    return Talk(noticed=True)


@pytest.fixture
def explained(knowledge: Knowledge) -> Topic:
    """A topic of which the brief says why."""
    return next(topic for topic in knowledge.topics.values() if topic.why)


@pytest.fixture
def unexplained(knowledge: Knowledge) -> Topic:
    """A topic of which the brief does not say why."""
    return next(topic for topic in knowledge.topics.values() if not topic.why)
