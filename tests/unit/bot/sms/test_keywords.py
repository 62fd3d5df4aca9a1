"""Danger before opt-out before keyword before question: the labelled messages stand in keyword_cases.yml."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, Iterator, Mapping

import pytest
import yaml

from bot.safety import CrisisScreen, shared_screen
from bot.sms import keywords as keywords_module
from bot.sms.keywords import LEXICON, Keywords, Wish
from tests.support.counted import counting

CASES = yaml.safe_load(Path(__file__).with_name("keyword_cases.yml").read_text(encoding="utf-8"))
AT_LEAST = 120


def cases() -> Iterator[pytest.param]:
    for label, languages in CASES.items():
        for language, messages in languages.items():
            for message in messages:
                yield pytest.param(message, label, language, id=f"{label}: {message}")


@pytest.fixture(scope="module")
def keywords() -> Keywords:
    return Keywords.load()


@pytest.fixture(scope="module")
def screen() -> CrisisScreen:
    return shared_screen()


@pytest.mark.parametrize(("message", "label", "language"), cases())
def test_a_message_asks_what_it_says(keywords: Keywords, screen: CrisisScreen, message: str, label: str,
                                     language: str) -> None:
    """The rules of danger are asked first, then the keywords."""
    heard = "crisis" if screen.screen(message) else None
    keyword = keywords.read(message)
    assert (heard or (keyword.wish.value if keyword else "none")) == label
    if label not in {"none", "crisis"} and keyword:
        assert keyword.language == language


def test_there_are_enough_cases_and_none_twice() -> None:
    """In both languages."""
    every = [message for languages in CASES.values() for messages in languages.values() for message in messages]
    assert len(every) >= AT_LEAST and len(set(every)) == len(every)
    assert all({"en", "es"} <= set(languages) for languages in CASES.values())


@pytest.mark.parametrize(
    "word", ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "ALTO", "PARE"]
)
def test_every_word_of_the_contract_stops(keywords: Keywords, word: str) -> None:
    """In any case, with a sign behind it."""
    assert all(keywords.read(text).wish is Wish.STOP for text in (word, word.lower(), f"{word.title()}."))


@pytest.mark.parametrize(("text", "known"), [("STOP", True), ("stop please", False), ("ALTO", False), ("Help", True),
                                             ("please stop texting me", False), ("unstop", True)])
def test_what_the_provider_answers_by_itself(keywords: Keywords, text: str, known: bool) -> None:
    """Its own words when they are alone; nothing else."""
    assert keywords.read(text).known_to_provider is known


@pytest.mark.parametrize(("text", "language"), [
    ("my baby cries all day", "en"), ("mi bebé llora todo el día", "es"), ("ok", None), ("", None),
    ("¿por qué llora?", "es"), ("MORE", None), ("ya no quiero vivir", "es"), ("i want to die", "en"),
])
def test_the_small_words_tell_the_language(keywords: Keywords, text: str, language: str | None) -> None:
    assert keywords.language(text) == language


def test_a_long_message_is_no_keyword(keywords: Keywords) -> None:
    """And costs nothing."""
    assert keywords.read("stop " * 400) is None


STORY = "my neighbour has a baby and a car and "


@pytest.mark.parametrize(("text", "asked"), [
    pytest.param(f"Stop texting me. {STORY * 20}", True, id="first sentence"),
    pytest.param(f"{STORY * 20}! ya no me manden mensajes.", True, id="last sentence"),
    pytest.param(f"{STORY * 20}. Please, stop texting me!\n", True, id="a part of the last sentence"),
    pytest.param(f"{STORY * 20}. Stop texting me. {STORY * 20}", False, id="in the middle"),
    pytest.param(f"{STORY * 20} stop texting me", False, id="no sentence of its own"),
    pytest.param(f"stop texting me {STORY * 20}", False, id="goes on"),
    pytest.param(f"{STORY * 20}. he told me, stop texting me", False, id="somebody else"),
])
def test_of_a_long_message_the_first_and_the_last_sentence_count(keywords: Keywords, text: str, asked: bool) -> None:
    assert (keywords.read(text) is not None) is asked


@pytest.mark.parametrize(("text", "besides"), [
    ("STOP", ""), ("please stop now!!", ""), ("please stop texting me", ""), ("help", ""),
    ("Who is this? Stop texting me.", ""), ("stop texting me\nSent from my iPhone", ""),
    ("ya no me manden mensajes, por favor", ""),
    ("stop texting me, nobody would miss me anyway", "nobody would miss me anyway"),
    ("no more texts. I am saying goodbye, to everyone", "I am saying goodbye. to everyone"),
    ("ya no me manden mensajes, a nadie le hago falta", "a nadie le hago falta"),
    (f"Stop texting me. {STORY * 20}", f"Stop texting me. {STORY * 20}"),
], ids=lambda value: value[:30])
def test_it_is_told_what_a_message_says_besides(keywords: Keywords, text: str, besides: str) -> None:
    """In what is nothing but a wish there is nothing else to be heard."""
    assert keywords.read(text).besides == besides


def test_a_word_of_the_provider_that_is_not_ours_takes_back(keywords: Keywords) -> None:
    """YES, in any writing; a word that has a meaning here, and any other text, does not."""
    assert all(map(keywords.is_provider_start, ("YES", "yes", " Yes! ")))
    assert not any(map(keywords.is_provider_start, ("STOP", "help", "unstop", "yes please", "no", "")))


# --- However a text is made, reading it takes a time that grows with its length -------------------------------------


def look_through(monkeypatch: pytest.MonkeyPatch, keywords: Keywords, text: str, *, each: int) -> None:
    """Read the text, each of its words looked at `each` times at most."""
    with monkeypatch.context() as patch:
        patch.setattr(keywords_module, "words_of", counting(keywords_module.words_of, each))
        keywords.read(text)


def repeated_phrases(lexicon: Mapping[str, Any]) -> list[str]:
    """Every phrase that may stand in a text any number of times."""
    words = (word for languages in lexicon["words"].values() for words in languages.values() for word in words)
    return sorted({*lexicon["polite"], *lexicon["before"], *lexicon["after"], *words})


def test_no_text_of_two_phrases_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """"stop now" against "stop" and "now", "pueden por favor" against "pueden" and "por favor": no place twice."""
    lexicon = yaml.safe_load(LEXICON.read_text(encoding="utf-8"))
    lexicon["before"] = [*lexicon["before"], "pueden por favor"]
    keywords, phrases = Keywords(lexicon), repeated_phrases(lexicon)
    # As often as there are lines, each of a few steps; a way to read it more with every two words would be 2 ** 10.
    each = 8 * sum(map(len, lexicon["requests"].values()))
    for one, other in itertools.combinations(phrases, 2):
        if one.split()[0] == other.split()[0] or one.split()[-1] == other.split()[-1]:
            look_through(monkeypatch, keywords, f"{one} {other} " * 10 + "x", each=each)
            look_through(monkeypatch, keywords, f"{one} " * 20 + f"{other} x", each=each)
    for one in phrases:
        look_through(monkeypatch, keywords, f"{one} " * (470 // (len(one) + 1)) + "x", each=each)


def test_no_lexicon_of_staff_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever they write into it: phrases that are made of others, lines in which everything may be left out."""
    lexicon = yaml.safe_load(LEXICON.read_text(encoding="utf-8"))
    doubled = ["a", "a a", "a a a", "b", "a b", "b a"]
    lexicon.update(polite=doubled, before=doubled, after=doubled)
    lexicon["groups"] = {**lexicon["groups"], "doubled": doubled}
    lexicon["requests"] = {"en": ["<doubled>? " * 12 + "stop", "a? " * 30 + "stop"], "es": ["a|b " * 12 + "c"]}
    lexicon["words"]["stop"]["en"] = doubled
    keywords = Keywords(lexicon)
    for text in ("a " * 230 + "x", "a b " * 100 + "x", "b a a " * 70 + "x", "a " * 230 + "stop x"):
        look_through(monkeypatch, keywords, text, each=500)


def test_a_lexicon_from_before_somebody_was_quoted_is_still_read() -> None:
    """Staff keep theirs from release to release; it may lack the two groups that came later."""
    lexicon = yaml.safe_load(LEXICON.read_text(encoding="utf-8"))
    for name in ("reported", "own"):
        del lexicon["groups"][name]
    assert Keywords(lexicon).read("hi, please stop texting me").wish is Wish.STOP
