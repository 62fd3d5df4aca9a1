"""Rasa's agent and message processor, in one process with the actions, and honest about failure.

Rasa calls actions over HTTP, swallows what they raise, and answers with nothing. Here an action is a call; what it
raises reaches the channel, and the turn is then neither acknowledged nor stored. `rasa run` with `rasa run actions`
works without this module.
"""

from __future__ import annotations

import asyncio
import contextvars
import copy
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, List, Tuple

import rasa_sdk
from rasa.core.actions.action import Action, RemoteAction, create_bot_utterance
from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import TrackerStore
from rasa.engine.loader import load_predict_graph_runner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.storage import ModelMetadata
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher

from bot.graph_runner import StraightGraphRunner
from bot.insight.record import hears, stage
from bot.store.events import event_from


class Engine(Agent):
    """An agent whose tracker store may fail aloud and whose actions run in this process."""

    @staticmethod
    def _create_tracker_store(store: TrackerStore | None, domain: Domain | None) -> TrackerStore:
        """The store itself. Rasa would wrap it in one that writes to memory where the database is away."""
        if store is None:
            raise ValueError("The engine needs a tracker store.")
        store.domain = domain
        return store

    def load_model(self, model_path: str | Path, fingerprint: str | None = None) -> None:
        """Load a model beside the one that is answering, then answer with it."""
        self.processor = Processor(model_path=model_path, tracker_store=self.tracker_store,
                                   lock_store=self.lock_store, generator=self.nlg)
        self.domain = self.processor.domain
        self._set_fingerprint(fingerprint)
        self.tracker_store.domain = self.domain

    def unknown_actions(self) -> list[str]:
        """What the model may ask for and nobody here can do."""
        return sorted(set(self.domain.user_actions) - set(self.processor.local_actions))


class Processor(MessageProcessor):
    """A processor that calls the actions itself."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        executor = ActionExecutor()
        executor.register_package("actions")
        self.local_actions = {name: LocalAction(name, run) for name, run in executor.actions.items()}
        self._decided: dict[str | None, PolicyPrediction] = {}
        # One thread, so that no component ever works on two messages at once.
        self._understanding = ThreadPoolExecutor(1, thread_name_prefix="understanding")

    @staticmethod
    def _load_model(model_path: str | Path) -> Tuple[str, ModelMetadata, GraphRunner]:
        """Like Rasa's, with our runner. Raises what unpacking and the components raise."""
        with TemporaryDirectory() as folder:
            metadata, runner = load_predict_graph_runner(Path(folder), Path(model_path), LocalModelStorage,
                                                         StraightGraphRunner)
        return Path(model_path).name, metadata, runner

    async def parse_message(self, message: UserMessage, tracker: DialogueStateTracker | None = None,
                            only_output_properties: bool = True) -> dict[str, Any]:
        """Like Rasa's, beside the loop: while the encoders work, the other core reads, writes and answers."""
        return await self._understood(*self._begin(message, only_output_properties))

    async def log_message(self, message: UserMessage, should_save_tracker: bool = True) -> DialogueStateTracker:
        """Like Rasa's, but the conversation is read while the encoders work: no component looks at it (a test holds this)."""
        begun = None if message.parse_data else self._begin(message)
        try:
            tracker = await self.fetch_tracker_and_update_session(message.sender_id, message.output_channel,
                                                                  message.metadata)
        except BaseException:
            if begun:
                begun[0].cancel()
            raise
        if begun:
            message.parse_data = await self._understood(*begun)
        await self._handle_message_with_tracker(message, tracker)
        if should_save_tracker:
            await self.save_tracker(tracker)
        return tracker

    def _begin(self, message: UserMessage, only_output_properties: bool = True) -> tuple[asyncio.Future[Any], float]:
        """What will be understood, and when that was begun, by `time.perf_counter`.

        Half of what a text message costs is the encoders, which hold nothing that the rest needs.
        """
        # In the request's own context: what is logged in the thread carries its id.
        work = partial(contextvars.copy_context().run, self._parse_message_with_graph, message,
                       DialogueStateTracker.from_events(message.sender_id, []), only_output_properties)
        return asyncio.get_running_loop().run_in_executor(self._understanding, work), time.perf_counter()

    async def _understood(self, parsing: asyncio.Future[Any], began: float) -> dict[str, Any]:
        """What was understood, with the time that it took: the event of a message is made later and does not tell."""
        with stage("nlu"):  # what is waited for
            parsed = await parsing
        if parsed["intent"].get("name") == "crisis":
            hears((parsed.get("crisis") or {}).get("kinds") or ("other",), (parsed.get("language") or {}).get("code"))
        # Rasa goes on to look whether the domain knows the intent, and builds an empty domain for it, a tenth of what a turn
        # costs beside the encoder. `check` has compared the two before the model was trained, and there are no retrieval intents.
        return {**parsed, "understood_ms": round((time.perf_counter() - began) * 1000, 1)}

    async def run_action_extract_slots(self, output_channel: OutputChannel,
                                       tracker: DialogueStateTracker) -> DialogueStateTracker:
        """Nothing is taken out of a message into a slot: the actions set them all (a test holds this)."""
        return tracker

    def predict_next_with_tracker_if_should(self, tracker: DialogueStateTracker) -> Tuple[Action, PolicyPrediction]:
        with stage("policy"):
            action, prediction = super().predict_next_with_tracker_if_should(tracker)
        return (self.local_actions[action.name()] if isinstance(action, RemoteAction) else action), prediction

    def _predict_next_with_tracker(self, tracker: DialogueStateTracker) -> PolicyPrediction:
        """Ask the policies once an intent: after a message no rule looks at anything else (a test holds this)."""
        message = tracker.latest_message
        if tracker.followup_action or tracker.latest_action_name != ACTION_LISTEN_NAME or message is None:
            return super()._predict_next_with_tracker(tracker)
        intent = message.intent.get("name")
        if intent not in self._decided:
            self._decided[intent] = super()._predict_next_with_tracker(tracker)
        prediction = copy.copy(self._decided[intent])
        prediction.events = [copy.copy(event) for event in prediction.events]
        for event in prediction.events:
            event.timestamp = time.time()
        return prediction

    async def _run_action(self, action: Action, tracker: DialogueStateTracker, output_channel: OutputChannel,
                          nlg: NaturalLanguageGenerator, prediction: PolicyPrediction) -> bool:
        """Like Rasa's, without `except` and without copies: for a rejection (no action here rejects), for debug messages."""
        events = await action.run(output_channel, nlg, tracker, self.domain) or []
        tracker.update_with_events(prediction.events, self.domain)
        tracker.update(action.event_for_successful_execution(prediction))
        tracker.update_with_events(events, self.domain)
        await self.execute_side_effects(events, tracker, output_channel)
        if isinstance(action, LocalAction):
            # Every rule is one action and then listening (a test holds this): asking the policies to say so again would
            # be a fifth of what a turn costs beside the encoders.
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME), self.domain)
            return False
        return self.should_predict_another_action(action.name())


class LocalAction(Action):
    """One of our actions, called directly with what it reads: the message, the one before it and the slots."""

    def __init__(self, name: str, run: Any) -> None:
        self._name = name
        self._action = run

    def name(self) -> str:
        return self._name

    @stage("action")
    async def run(self, output_channel: OutputChannel, nlg: NaturalLanguageGenerator, tracker: DialogueStateTracker,
                  domain: Domain) -> List[Event]:
        dispatcher = CollectingDispatcher()
        events = await self._action(dispatcher, _snapshot(tracker), {})
        uttered = [create_bot_utterance({key: value for key, value in message.items() if value})
                   for message in dispatcher.messages]
        return [*uttered, *map(event_from, events)]


def _snapshot(tracker: DialogueStateTracker) -> rasa_sdk.Tracker:
    """The tracker as the actions know it. Of the history they read what was said last by either side, so that is what they
    get."""
    last = filter(None, (tracker.get_last_event_for(BotUttered), tracker.get_last_event_for(UserUttered)))
    return rasa_sdk.Tracker(
        sender_id=tracker.sender_id, slots=tracker.current_slot_values(),
        latest_message=dict(tracker.latest_message.parse_data) if tracker.latest_message else None,
        events=[event.as_dict() for event in last], paused=False, followup_action=None, active_loop={},
        latest_action_name=tracker.latest_action_name)
