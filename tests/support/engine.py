"""Rasa's dialogue engine without a model: what stands for the model and for the actions, and who writes to it."""

from __future__ import annotations

import asyncio
from typing import Any, Callable, Mapping, Sequence

from rasa.core.channels.channel import UserMessage
from rasa.core.policies.policy import PolicyPrediction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.message import Message
from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.channels.exchange import CollectingOutput
from bot.engine import Engine

ANSWER = {"text": "One.\n\nTwo.", "json_message": {"kind": "answer"},
          "buttons": [{"title": "Signs", "payload": "/ask_indicators"}]}


class FakeAction:
    """Says and remembers the same at each call, or raises; keeps what it was given."""

    def __init__(self) -> None:
        self.says: Sequence[Mapping[str, Any]] = [ANSWER]
        self.remembers: Any = [SlotSet("last_topic", "brain")]
        self.error: Exception | None = None
        self.trackers: list[Tracker] = []
        self.domains: list[Mapping[str, Any]] = []

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]) -> list[Any]:
        self.trackers.append(tracker)
        self.domains.append(domain)
        for message in self.says:
            dispatcher.utter_message(**message)
        if self.error:
            raise self.error
        return self.remembers


class FakeExecutor:
    """Stands for the one of rasa-sdk: knows one action, whatever package it is to look into."""

    def __init__(self, action: FakeAction) -> None:
        self.actions: dict[str, Callable[..., Any]] = {}
        self._action = action

    def register_package(self, package: str) -> None:
        assert package == "actions"
        self.actions["action_answer"] = self._action.run


class FakeRunner:
    """Stands for a model: every message is `ask` with one topic, after which comes `action`, then listening."""

    def __init__(self, domain: Domain, action: str = "action_answer", **parsed: Any) -> None:
        self._domain = domain
        self._action = action
        self._parsed = {"intent": {"name": "ask", "confidence": 0.9}, "entities": [],
                        "topics": [{"name": "ask_brain", "confidence": 0.9}], **parsed}
        self.asked: list[str] = []
        self.decides: list[Event] = []

    def run(self, inputs: Mapping[str, Any], targets: Sequence[str]) -> dict[str, Any]:
        (target,) = targets
        self.asked.append(target)
        if target == "nlu":
            (message,) = inputs["__message__"]
            made = Message(data={"text": message.text})
            for name, value in self._parsed.items():
                made.set(name, value, add_to_output=True)
            return {target: [made]}
        listened = inputs["__tracker__"].latest_action_name == "action_listen"
        prediction = PolicyPrediction.for_action_name(self._domain, self._action if listened else "action_listen")
        prediction.events = self.decides
        return {target: prediction}


class Bot:
    """An engine on a database of its own, and the people who write to it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def hears(self, text: str, sender: str = "ana", metadata: Mapping[str, Any] | None = None) -> list[Any]:
        """The messages of the reply; raises what the engine raises."""
        output = CollectingOutput()
        asyncio.run(self.engine.handle_message(
            UserMessage(text, output, sender, input_channel="web", message_id="m1", metadata=dict(metadata or {}))))
        return output.messages

    def stored(self, sender: str = "ana") -> DialogueStateTracker | None:
        """What the next turn of this sender would begin with."""
        return asyncio.run(self.engine.tracker_store.retrieve(sender))

    def written(self, sender: str = "ana") -> list[dict[str, Any]]:
        """Every event of this sender in the database."""
        tracker = asyncio.run(self.engine.tracker_store.retrieve_full_tracker(sender))
        return [event.as_dict() for event in tracker.events]
