"""Answer, ask back, or say that the brief does not cover it."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message

from nlu.components.ranking import (
    ALSO,
    CRISIS,
    FALLBACK,
    HALF_RANKINGS,
    OUT_OF_SCOPE,
    RANKING,
    TOPIC_PREFIX,
    TOPICS,
    Ranking,
    confidence_of,
    set_intent,
    topics_of,
)

# What changes more than one reply: the language, the audience, what is remembered.
_LASTING = ("change_to_", "erase_data", "start_over")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class ScopeDecision(GraphComponent):
    """Turns a ranking into a decision: a topic, `out_of_scope`, small talk, or `nlu_fallback` (ask back).

    Sets `topics`, the likeliest topics with their confidence, for the choices; and `also`, the intent of a second topic
    that another part of the message clearly asks, or None.
    """

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {"answer_at": 0.35, "change_at": 0.5, "refuse_ratio": 1.0, "also_at": 0.6, "whole_at": 0.6}

    @classmethod
    def create(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> ScopeDecision:
        return cls(config)

    def __init__(self, config: Dict[str, Any]) -> None:
        config = {**self.get_default_config(), **config}
        self._answer_at = config["answer_at"]
        self._change_at = config["change_at"]
        self._refuse_ratio = config["refuse_ratio"]
        self._also_at = config["also_at"]
        self._whole_at = config["whole_at"]

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            ranking = message.get(RANKING)
            if not ranking:
                continue
            intent, confidence = self.decide(ranking)
            halves = message.get(HALF_RANKINGS) or ()
            first, also = self.two_topics(intent, confidence, halves)
            if also:
                intent, confidence = first, max(confidence_of(half, first) for half in halves)
            set_intent(message, intent, confidence, ranking)
            message.set(TOPICS, list(topics_of(ranking)[:3]), add_to_output=True)
            message.set(ALSO, also, add_to_output=True)
        return messages

    def decide(self, ranking: Ranking) -> tuple[str, float]:
        """The intent to act on and its confidence (0-1)."""
        best, topics = ranking[0], topics_of(ranking)
        refusal = confidence_of(ranking, OUT_OF_SCOPE)
        topic = topics[0] if topics else {"name": FALLBACK, "confidence": 0.0}
        if best["name"] in {topic["name"], OUT_OF_SCOPE, CRISIS}:
            # Crisis is decided elsewhere, with its own threshold: what is left here is topic or refusal.
            if refusal > self._refuse_ratio * topic["confidence"]:
                return OUT_OF_SCOPE, refusal
            best = topic
        if best["confidence"] < (self._change_at if best["name"].startswith(_LASTING) else self._answer_at):
            return FALLBACK, best["confidence"]
        return best["name"], best["confidence"]

    def two_topics(self, intent: str, confidence: float, halves: Sequence[Ranking]) -> tuple[str, str | None]:
        """The two topics that the halves of a message plainly ask; else the intent and None.

        First comes what the message as a whole asks, where that is one of them: a story is often told before the question.
        Where the whole plainly asks a third thing, the halves were torn out of it.
        """
        plain = [name for name, sure in map(self.decide, halves)
                 if name.startswith(TOPIC_PREFIX) and sure >= self._also_at]
        torn = intent.startswith(TOPIC_PREFIX) and intent not in plain and confidence >= self._whole_at
        if len(set(plain)) != 2 or torn:
            return intent, None
        return (plain[1], plain[0]) if plain[1] == intent else (plain[0], plain[1])
