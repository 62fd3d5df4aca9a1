"""Danger to a baby or an adult: rules and classifier together, either suffices, and it has the last word."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.safety import DEFAULT as LEXICON
from bot.safety import UNCLEAR, shared_screen
from nlu.components.calibration import marks, softmax
from nlu.components.encoder import embedding
from nlu.components.ranking import (
    ALL_SAFE,
    ALSO,
    CRISIS,
    CRISIS_PROPERTY,
    HALF_RANKINGS,
    RANKING,
    Ranking,
    confidence_of,
    set_intent,
    topics_of,
)
from nlu.components.softmax_regression import SoftmaxRegression

_FILE = "kinds.npz"
_FITTING = Path(__file__).with_name("softmax_regression.py")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CrisisScreen(GraphComponent):
    """Sets the intent `crisis` and the property `crisis`: the kinds of danger, likeliest first, and who saw it.

    Where the classifier alone hears danger and no kind of it is likely enough, `unclear` stands before the likeliest; alone
    where not even that one is likely. Whoever plainly says that all are safe is believed, unless a rule hears danger.

    A question that stands beside the danger in the same message stays in `also`, to be answered after the lines; so does
    the likeliest topic where the alarm may be a false one.
    """

    @classmethod
    def required_components(cls) -> List[type]:
        from nlu.components.encoder import SentenceEncoder

        return [SentenceEncoder]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {"crisis_at": 0.15, "question_at": 0.6, "answered_below": 0.75, "topic_at": 0.15, "idiom_at": 0.8,
                "kind_at": 0.5, "hint_at": 0.1, "safe_at": 0.5}

    @classmethod
    def create(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> CrisisScreen:
        return cls(config, model_storage, resource)

    @classmethod
    def load(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
             execution_context: ExecutionContext, **kwargs: Any) -> CrisisScreen:
        screen = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as directory, np.load(directory / _FILE, allow_pickle=False) as stored:
            screen._kinds, screen._weights, screen._bias = (
                stored["kinds"].tolist(), stored["weights"], stored["bias"])
        return screen

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> str:
        return hashlib.sha256(LEXICON.read_bytes() + _FITTING.read_bytes()).hexdigest()

    def __init__(self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._crisis_at = config["crisis_at"]
        self._question_at = config["question_at"]
        self._answered_below = config["answered_below"]
        self._topic_at = config["topic_at"]
        self._idiom_at = config["idiom_at"]
        self._kind_at = config["kind_at"]
        self._hint_at = config["hint_at"]
        self._safe_at = config["safe_at"]
        self._model_storage = model_storage
        self._resource = resource
        self._kinds: list[str] = []
        self._weights = np.empty((0, 0), np.float32)
        self._bias = np.empty(0, np.float32)

    def train(self, training_data: TrainingData) -> Resource:
        """Learns to tell the kinds of danger apart; whether there is danger, the classifier before this one learnt."""
        examples = [(vector, marks(message)["kind"]) for message in training_data.intent_examples
                    if message.get(INTENT) == CRISIS and (vector := embedding(message)) is not None]
        vectors, kinds = np.stack([v for v, _ in examples]), np.array([kind for _, kind in examples])
        model = SoftmaxRegression.fit(vectors, kinds, strength=10.0, max_iterations=200)
        self._kinds, self._weights, self._bias = list(model.labels), model.weights, model.bias
        with self._model_storage.write_to(self._resource) as directory:
            np.savez(directory / _FILE, kinds=np.array(self._kinds), weights=self._weights, bias=self._bias)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        rules = shared_screen()  # a release may have brought another lexicon since the last message
        for message in messages:
            text = message.get(TEXT) or ""
            finding = rules.screen(text)
            ranking = message.get(RANKING) or []
            confidence = confidence_of(ranking, CRISIS)
            if not finding and confidence < self._crisis_at:
                continue
            if not finding and confidence < self._idiom_at and rules.idiomatic(text):
                self._read_without_danger(message, ranking, confidence)
                continue
            if not finding and confidence < self._safe_at <= confidence_of(ranking, ALL_SAFE):
                continue
            kinds = finding.kinds or self._likely_kinds(message, confidence)
            by = [name for name, saw in (("rules", finding), ("classifier", confidence >= self._crisis_at)) if saw]
            question = self._question_beside(message)
            if not question and not finding and confidence < self._answered_below:
                question = self._likely_topic(ranking)
            message.set(ALSO, question, add_to_output=True)
            message.set(CRISIS_PROPERTY, {"kinds": list(kinds), "by": by}, add_to_output=True)
            set_intent(message, CRISIS, 1.0 if finding else confidence, ranking)
        return messages

    def _read_without_danger(self, message: Message, ranking: Ranking, confidence: float) -> None:
        """"This kid is killing me, he will not be put down": where only the idiom was heard, the rest is what is asked."""
        name = self._likely_topic([{**entry, "confidence": entry["confidence"] / (1 - confidence)} for entry in ranking])
        if name and ranking[0]["name"] == CRISIS:
            set_intent(message, name, confidence_of(ranking, name) / (1 - confidence), ranking)

    def _likely_kinds(self, message: Message, danger: float) -> tuple[str, ...]:
        """The likeliest kind; after `unclear` where danger of that kind is not likely, so that nobody is told too much."""
        confidences = softmax(self._weights @ embedding(message) + self._bias)
        likeliest = int(confidences.argmax())
        sure = danger * confidences[likeliest]
        if sure >= self._kind_at:
            return (self._kinds[likeliest],)
        return (UNCLEAR, self._kinds[likeliest]) if sure >= self._hint_at else (UNCLEAR,)

    def _likely_topic(self, ranking: Ranking) -> str | None:
        """What else the message may be: where the classifier alone hears danger, and not surely, that is answered too."""
        topics = topics_of(ranking)
        return str(topics[0]["name"]) if topics and topics[0]["confidence"] >= self._topic_at else None

    def _question_beside(self, message: Message) -> str | None:
        """The topic that a part of the message asks plainly, while another part speaks of danger."""
        for ranking in message.get(HALF_RANKINGS) or []:
            topics = topics_of(ranking)
            if topics and topics[0]["confidence"] >= self._question_at:
                return str(topics[0]["name"])
        return None
