"""Which language a message is in, and above all when nobody can tell."""

from __future__ import annotations

import pytest
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.components.language import LanguageDetector
from nlu.lexicon import fold, read

SURE = 0.75


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    config = LanguageDetector.get_default_config()
    return LanguageDetector.create(config, model_storage=None, resource=Resource("language"), execution_context=None)


@pytest.mark.parametrize(("text", "code"), [
    ("gracias", "es"), ("hola", "es"), ("sí", "es"), ("ayuda", "es"), ("FUENTE", "es"), ("¿por qué?", "es"),
    ("thanks", "en"), ("hello", "en"), ("yes", "en"), ("why", "en"), ("please", "en"),
    ("can you spoil a baby by holding her too much", "en"), ("my baby cries all night", "en"),
    ("mi bebe llora toda la noche", "es"), ("es malo cargarlo tanto?", "es"), ("bebé prematuro", "es"),
    ("we live in Española and the clinic in Las Cruces is far", "en"),
    ("my suegra keeps telling me that I hold the baby way too much and that he will be spoiled", "en"),
])
def test_an_unmistakable_message_is_sure(detector: LanguageDetector, text: str, code: str) -> None:
    """One word that only one language has is enough; a place's name or one borrowed word does not turn a sentence."""
    language = detector.detect(text)
    assert (language.code, language.confidence >= SURE) == (code, True)


@pytest.mark.parametrize("text", [
    "ok", "no", "MORE", "SOURCE", "STOP", "HELP", "bye", "1", "2", "preemie nicu", "NMAIMH", "mama", "yo", "come",
    "lol", "Las Cruces", "Española", "Yá'át'ééh", "my suegra says spoil", "mi baby is crying mucho",
    "hola can you help me", "tengo un newborn and im scared", "can i talk to alguien",
    "the baby no quiere dormir at night",
])
def test_a_message_that_tells_too_little_or_both_is_unsure(detector: LanguageDetector, text: str) -> None:
    """Words of both languages, of mixed messages, and the keywords that everybody is asked to send stay below 0.75."""
    assert detector.detect(text).confidence < SURE


@pytest.mark.parametrize(("text", "code"), [("llanto inconsolable", "es"), ("inconsolable crying", "en"),
                                            ("rutinas diarias", "es"), ("reflective supervision", "en")])
def test_without_a_function_word_the_model_decides(detector: LanguageDetector, text: str, code: str) -> None:
    """A telegraphic question has no listed word; its letters still give the language away."""
    assert detector.detect(text).code == code


@pytest.mark.parametrize("text", [None, "", "  ", "😭", "\x00\x1b", "\ud800", "...", "505"],
                         ids=["none", "empty", "blank", "emoji", "control", "surrogate", "signs", "digits"])
def test_without_words_it_is_a_coin_toss(detector: LanguageDetector, text: str | None) -> None:
    """A message without a word is English at 0.5, so that a conversation keeps its language."""
    message = detector.process([Message(data={TEXT: text})])[0]
    assert message.get("language") == {"code": "en", "confidence": 0.5}


@pytest.mark.parametrize("text", ["a" * 2000, "niño " * 400, "the niño " * 220, "请问" * 900],
                         ids=["letters", "spanish", "mixed", "other_script"])
def test_long_messages_are_read(detector: LanguageDetector, text: str) -> None:
    """2,000 characters give a confidence like any other."""
    assert 0.5 <= detector.detect(text).confidence <= 1.0


def test_decomposed_accents_are_accents(detector: LanguageDetector) -> None:
    """Some phones send ñ as n and a combining tilde."""
    assert detector.detect("nin\u0303o") == detector.detect("niño")


def test_the_language_is_handed_on(detector: LanguageDetector) -> None:
    """It is in the output of the parsing, where the actions find it."""
    message = detector.process([Message(data={TEXT: "gracias"})])[0]
    assert message.as_dict(only_output_properties=True)["language"]["code"] == "es"


def test_no_word_is_in_both_lists() -> None:
    """A word that both languages have would decide for one of them; the lists are written as messages are folded."""
    lists = read("language", keys={"english": str, "spanish": str, "names": list, "spanish_marks": str,
                                   "neutral_words": float, "unlisted_weight": float, "stranger_weight": float})
    english, spanish = lists["english"].split(), lists["spanish"].split()
    assert not set(english) & set(spanish)
    assert [word for word in english + spanish + lists["names"] if word != fold(word)] == []
