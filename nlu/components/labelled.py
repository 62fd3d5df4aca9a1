"""What a person has labelled, word for word, is what they said it is: a classifier only leans that way."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any, Dict, Iterable, List, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.ranking import CRISIS, RANKING, Ranking, confidence_of
from nlu.lexicon import fold

_FILE = "lines.npz"
_WORDS = re.compile(r"\w+")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LabelledLines(GraphComponent):
    """Changes the ranking of a message whose words somebody has labelled; what stands under two intents tells nothing.

    Capitals, accents and signs make no difference. Danger that the classifier hears plainly is left as it is, whatever
    the label: nobody who labels a line for its topic silences an alarm by it. Of the lines only hashes are kept.
    """

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {"sure": 0.99, "danger_below": 0.5}

    @classmethod
    def create(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> LabelledLines:
        return cls(config, model_storage, resource)

    @classmethod
    def load(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
             execution_context: ExecutionContext, **kwargs: Any) -> LabelledLines:
        lines = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as directory, np.load(directory / _FILE, allow_pickle=False) as stored:
            names = stored["intents"].tolist()
            lines._intents = {key: names[place] for key, place in zip(stored["keys"].tolist(), stored["places"].tolist())}
        return lines

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> str:
        return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()

    def __init__(self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._sure = config["sure"]
        self._danger_below = config["danger_below"]
        self._model_storage = model_storage
        self._resource = resource
        self._intents: Dict[int, str] = {}

    def train(self, training_data: TrainingData) -> Resource:
        self._intents = _agreed((message.get(TEXT), message.get(INTENT)) for message in training_data.intent_examples)
        names = sorted(set(self._intents.values()))
        places = {name: place for place, name in enumerate(names)}
        keys = sorted(self._intents)
        with self._model_storage.write_to(self._resource) as directory:
            np.savez(directory / _FILE, intents=np.array(names), keys=np.array(keys, np.uint64),
                     places=np.array([places[self._intents[key]] for key in keys], np.uint16))
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            ranking = message.get(RANKING)
            intent = self._intents.get(_key(message.get(TEXT) or "")) if ranking else None
            if intent and (intent == CRISIS or confidence_of(ranking, CRISIS) < self._danger_below):
                message.set(RANKING, _led_by(intent, self._sure, ranking))
        return messages


def _agreed(examples: Iterable[Tuple[str, str]]) -> Dict[int, str]:
    """Key -> intent of every line with words, where all who labelled it agree."""
    found: Dict[int, set[str]] = {}
    for text, intent in examples:
        found.setdefault(_key(text), set()).add(intent)
    found.pop(_key(""), None)
    return {key: intents.pop() for key, intents in found.items() if len(intents) == 1}


def _key(text: str) -> int:
    """64 bits that stand for the words of a text."""
    words = " ".join(_WORDS.findall(fold(text)))
    return int.from_bytes(hashlib.blake2b(words.encode(), digest_size=8).digest(), "little")


def _led_by(intent: str, sure: float, ranking: Ranking) -> Ranking:
    """A ranking with `intent` at `sure` at least; the others keep their proportions, and it adds up to what it did."""
    before = confidence_of(ranking, intent)
    if before >= sure:
        return ranking
    rest = (1 - sure) / (1 - before)
    others = [{**entry, "confidence": entry["confidence"] * rest} for entry in ranking if entry["name"] != intent]
    return [{"name": intent, "confidence": sure}, *others]
