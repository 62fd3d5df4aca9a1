"""Which language a message is written in, English or Spanish, and how sure that is.

Restricted to the two languages and offline, measured in November 2026 on 3,625 English and 339 Spanish messages of
parents and providers, on 50 telegraphic ones ("llanto inconsolable"), on 20 that mix the languages and 47 that tell
nothing ("ok", "MORE", "preemie nicu"). In per cent: right in English, in Spanish, among those of confidence 0.75 and
more, and among the telegraphic; then how often 0.75 is reached where it should not be, with mixed messages and with
those that tell nothing.

    who decides                  en    es   at 0.75  telegr.  mixed  nothing    ms    memory   wheel
    word lists + py3langid     99.9  99.1    100.0     98.0     10        9   0.05     9 MB  0.8 MB   <- this
    word lists alone           98.0  98.2    100.0     36.0     10        9   0.02        -       -
    py3langid 0.2.2            99.3  97.3     99.5     92.0     85        9   0.03    10 MB  0.8 MB
    lingua 2.1, low accuracy   98.6  97.9     99.2    100.0     95       77   0.04    11 MB   96 MB
    lingua 2.1, high accuracy  99.6  98.5     99.9    100.0     65       49   0.06    64 MB   96 MB
    fastText lid.176           99.6  96.8     99.6     86.0     90       89   0.04    11 MB  1.1 MB
    eld 1.0                    98.9  97.9     99.9     98.0     15       32   0.10   379 MB    5 MB
    simplemma 2.0              98.6  97.9     99.9     92.0     30       19   0.08   116 MB   19 MB
    cld2                       99.1  88.8     99.7     70.0    100       66   0.01     1 MB   10 MB

1.9 % of the English and 1.5 % of the Spanish messages stay below 0.75, most of them one to three words long. The lists
were completed on these messages; on 60 that were written afterwards 98 % are right and 2 % below. A model alone is sure
of a mixed message, lists alone are lost without a function word; together each mends the other. py3langid 0.3 and later
want a numpy that TensorFlow 2.12 cannot use.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Dict, List

from py3langid.langid import MODEL_FILE, LanguageIdentifier
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.lexicon import fingerprint, fold, read

LANGUAGE = "language"
ENGLISH, SPANISH = "en", "es"

_LEXICON = "language"
_KEYS = {"english": str, "spanish": str, "names": list, "spanish_marks": str, "neutral_words": float,
         "unlisted_weight": float, "stranger_weight": float}
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


@dataclass(frozen=True)
class Language:
    """A language by its code and how sure it is (0.5-1; 0.5 is a coin's toss)."""

    code: str
    confidence: float


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class LanguageDetector(GraphComponent):
    """Sets the property `language`: `{"code": "en" | "es", "confidence": 0.5-1}`.

    Below 0.75 a message says too little, or something in both languages: a conversation then keeps its language.
    """

    @classmethod
    def create(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> LanguageDetector:
        return cls()

    @staticmethod
    def required_packages() -> List[str]:
        return ["py3langid"]

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> str:
        return fingerprint(_LEXICON)

    def __init__(self) -> None:
        lists = read(_LEXICON, keys=_KEYS)
        self._english = frozenset(lists["english"].split())
        self._spanish = frozenset(lists["spanish"].split())
        self._names = re.compile(rf"\b(?:{'|'.join(map(re.escape, lists['names']))})\b")
        self._letters = frozenset(mark for mark in lists["spanish_marks"] if mark.isalpha())
        self._signs = frozenset(lists["spanish_marks"]) - self._letters
        self._neutral: float = lists["neutral_words"]
        self._unlisted: float = lists["unlisted_weight"]
        self._stranger: float = lists["stranger_weight"]
        self._model = LanguageIdentifier.from_pickled_model(MODEL_FILE, norm_probs=True)
        self._model.set_languages([ENGLISH, SPANISH])

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            language = self.detect(message.get(TEXT) or "")
            message.set(LANGUAGE, {"code": language.code, "confidence": language.confidence}, add_to_output=True)
        return messages

    def detect(self, text: str) -> Language:
        """The language of a text; English at 0.5 where it holds no word."""
        written = unicodedata.normalize("NFC", text).lower()
        counted = self._names.sub(lambda name: " " * len(name[0]), fold(written))
        english = spanish = 0
        words = []
        for match in _WORD.finditer(counted):
            word, bare = written[match.start():match.end()], match[0].replace("'", "")
            words.append(word)
            if bare in self._spanish or not self._letters.isdisjoint(word):
                spanish += 1
            elif bare in self._english:
                english += 1
        unlisted = len(words) - english - spanish
        spanish += sum(written.count(sign) for sign in self._signs)
        share = self._spanish_share(english, spanish, unlisted, words)
        code = SPANISH if share > 0.5 else ENGLISH
        return Language(code, round(max(share, 1 - share), 3))

    def _spanish_share(self, english: float, spanish: float, unlisted: float, words: List[str]) -> float:
        """How much of a message is Spanish (0-1), counted in listed words; doubt draws it towards one half."""
        if english and spanish:
            if english < spanish:
                english *= self._stranger
            else:
                spanish *= self._stranger
        unlisted *= self._unlisted
        by_model = unlisted * self._by_model(words) if unlisted else 0.0
        return (spanish + by_model + self._neutral / 2) / (english + spanish + unlisted + self._neutral)

    def _by_model(self, words: List[str]) -> float:
        """The statistical model's probability (0-1) that the words are Spanish."""
        code, probability = self._model.classify(" ".join(words))
        return float(probability) if code == SPANISH else 1.0 - float(probability)
