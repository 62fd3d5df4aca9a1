"""Cuts a message into the parts that may ask different things."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, List

import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.ranking import ASKED, SEGMENTS
from nlu.encoders.text import prepare

LEXICON = Path(__file__).resolve().parent.parent / "lexicon" / "segments.yml"
_SENTENCE_END = re.compile(r"(?<=[.?!;])\s+")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class Segmenter(GraphComponent):
    """Sets `segments`, the parts of a message in order; empty where the message is of one piece."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        # Each segment costs an encoding (4 ms); nobody asks more than a handful of things at once.
        return {"min_words": 3, "max_segments": 4}

    @classmethod
    def create(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> Segmenter:
        return cls(config)

    def __init__(self, config: Dict[str, Any]) -> None:
        self._min_words = config["min_words"]
        self._max_segments = config["max_segments"]
        words = {key: "|".join(re.escape(word) for word in sorted(listed, key=len, reverse=True))
                 for key, listed in yaml.safe_load(LEXICON.read_text(encoding="utf-8")).items()}
        self._joint = re.compile(
            rf"[\s,;.]+(?:{words['joints']})[\s,:]+"
            rf"|[\s,;.]+(?:{words['ands']})[\s,:]+(?=¿?(?:{words['questions']})\b)", re.IGNORECASE)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> str:
        return LEXICON.read_text(encoding="utf-8")

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data  # an example is one utterance with one label, whatever its length

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            message.set(SEGMENTS, self.split(message.get(ASKED) or message.get(TEXT) or ""))
        return messages

    def split(self, text: str) -> list[str]:
        """The parts of a text, each of at least `min_words` words; a shorter one stays with its neighbour."""
        parts = [piece for line in text.splitlines() for sentence in _SENTENCE_END.split(prepare(line))
                 for piece in self._joint.split(sentence)]
        merged: list[str] = []
        carried = ""
        for part in (part.strip() for part in parts):
            carried = f"{carried} {part}".strip()
            if len(carried.split()) >= self._min_words:
                merged.append(carried)
                carried = ""
        if carried and merged:
            merged[-1] = f"{merged[-1]} {carried}"
        return merged[:self._max_segments] if len(merged) > 1 else []
