"""Whether a message leans on what was said before: "and for my twins?", "does that go for grandmas too"."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.ranking import ASKED, LEANS
from nlu.lexicon import fingerprint, fold, read

_LEXICON = "leaning"
_KEYS = {"going_on": list, "staying": list, "pointers": list, "longest": int, "pointing": int, "short": int,
         "brief": int, "lead_ins": list}
STAYS, GOES_ON, PERHAPS, HARDLY, NO = "stays", "goes_on", "perhaps", "hardly", "no"
_NO_WORD = re.compile(r"[^\w']+")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class LeaningDetector(GraphComponent):
    """Sets `leans`, how the message leans on what came before, if it does; and `asked`, the text without its lead-in.

    What a conversation is about is in the slots, which no component sees: the actions put the two together.
    """

    @classmethod
    def create(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> LeaningDetector:
        return cls()

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> str:
        return fingerprint(_LEXICON)

    def __init__(self) -> None:
        lists = read(_LEXICON, keys=_KEYS)
        self._longest: int = lists["longest"]
        self._pointing: int = lists["pointing"]
        self._short: int = lists["short"]
        self._brief: int = lists["brief"]
        self._going_on = re.compile(rf"(?:{_any_of(lists['going_on'])}) ")
        self._staying = re.compile(rf"(?:{_any_of(lists['staying'])}) ")
        self._pointers = re.compile(rf" (?:{_any_of(lists['pointers'])}) ")
        # Between the words of a lead-in people put commas and dots: "no, wait. I meant".
        words = "|".join(r"[^\w']+".join(map(re.escape, phrase.split()))
                         for phrase in sorted(lists["lead_ins"], key=len, reverse=True))
        self._lead_in = re.compile(rf"[^\w']*(?:{words})\b[^\w'¿¡]*")

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            message.set(LEANS, self.leans(text), add_to_output=True)
            message.set(ASKED, self.without_lead_in(text))
        return messages

    def leans(self, text: str) -> str:
        """`stays` where the text asks more about what was said, `goes_on` where it goes on from it, `perhaps` where it
        is so short that it may do either, `hardly` where it is brief; else `no`."""
        words = _NO_WORD.sub(" ", fold(text)).split()
        if not 0 < len(words) <= self._longest:
            return NO
        line = f" {' '.join(words)} "
        if self._staying.match(line, 1) or len(words) <= self._pointing and self._pointers.search(line):
            return STAYS
        if self._going_on.match(line, 1):
            return GOES_ON
        return PERHAPS if len(words) <= self._short else HARDLY if len(words) <= self._brief else NO

    def without_lead_in(self, text: str) -> str:
        """The text after "no, I meant …", "actually, …"; the whole text where nothing else would be left."""
        start = 0
        folded = fold(text)
        while match := self._lead_in.match(folded, start):
            start = match.end()
        rest = text[start:]
        return rest if len(rest.split()) > 1 else text


def _any_of(phrases: Iterable[str]) -> str:
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))
