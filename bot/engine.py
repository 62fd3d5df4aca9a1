"""Rasa's agent and message processor, in one process with the actions, and honest about failure.

Rasa calls actions over HTTP, swallows what they raise, and answers with nothing. Here an action is a call; what it
raises reaches the channel, and the turn is then neither acknowledged nor stored. `rasa run` with `rasa run actions`
works without this module.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, List, Tuple

import rasa_sdk
from rasa.core.actions.action import Action, RemoteAction, create_bot_utterance
from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher

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
        # One thread, so that no component ever works on two messages at once.
        self._understanding = ThreadPoolExecutor(1, thread_name_prefix="understanding")

    async def parse_message(self, message: UserMessage, tracker: DialogueStateTracker | None = None,
                            only_output_properties: bool = True) -> dict[str, Any]:
        """Like Rasa's, beside the loop: while the encoders work, the other core reads, writes and answers.

        Half of what a text message costs is the encoders, which hold nothing that the rest needs. How long it took is kept
        with what was understood: the event of a message is made afterwards, so its time alone does not tell.
        """
        started = time.perf_counter()
        work = partial(self._parse_message_with_graph, message,
                       tracker or DialogueStateTracker.from_events(message.sender_id, []), only_output_properties)
        parsed = await asyncio.get_running_loop().run_in_executor(self._understanding, work)
        self._update_full_retrieval_intent(parsed)
        self._check_for_unseen_features(parsed)
        return {**parsed, "understood_ms": round((time.perf_counter() - started) * 1000, 1)}

    def predict_next_with_tracker_if_should(self, tracker: DialogueStateTracker) -> Tuple[Action, PolicyPrediction]:
        action, prediction = super().predict_next_with_tracker_if_should(tracker)
        return (self.local_actions[action.name()] if isinstance(action, RemoteAction) else action), prediction

    async def _run_action(self, action: Action, tracker: DialogueStateTracker, output_channel: OutputChannel,
                          nlg: NaturalLanguageGenerator, prediction: PolicyPrediction) -> bool:
        """Like Rasa's, without the copy of the tracker for a rejection (no action here rejects) and without `except`."""
        events = await action.run(output_channel, nlg, tracker, self.domain)
        self._log_action_on_tracker(tracker, action, events, prediction)
        await self.execute_side_effects(events, tracker, output_channel)
        if isinstance(action, LocalAction):
            # Every rule is one action and then listening (a test holds this): asking the policies to say so again would
            # be a fifth of what a turn costs beside the encoders.
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME), self.domain)
            return False
        return self.should_predict_another_action(action.name())


class LocalAction(Action):
    """One of our actions, called directly with what it reads: the message and the slots."""

    def __init__(self, name: str, run: Any) -> None:
        self._name = name
        self._action = run

    def name(self) -> str:
        return self._name

    async def run(self, output_channel: OutputChannel, nlg: NaturalLanguageGenerator, tracker: DialogueStateTracker,
                  domain: Domain) -> List[Event]:
        dispatcher = CollectingDispatcher()
        events = await self._action(dispatcher, _snapshot(tracker), {})
        uttered = [create_bot_utterance({key: value for key, value in message.items() if value})
                   for message in dispatcher.messages]
        return [*uttered, *map(event_from, events)]


def _snapshot(tracker: DialogueStateTracker) -> rasa_sdk.Tracker:
    """The tracker as the actions know it. Of the history they read the last message only, so that is all they get."""
    spoken = tracker.get_last_event_for(UserUttered)
    return rasa_sdk.Tracker(
        sender_id=tracker.sender_id, slots=tracker.current_slot_values(),
        latest_message=dict(tracker.latest_message.parse_data) if tracker.latest_message else None,
        events=[spoken.as_dict()] if spoken else [], paused=False, followup_action=None, active_loop={},
        latest_action_name=tracker.latest_action_name)
