"""The rules that hear danger, their lexicon, and the crisis lines as data."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from pathlib import Path
from typing import Any, Iterator

import pytest
import textstat
import yaml

from bot.safety import DEFAULT, KINDS, CrisisScreen, Finding
from bot.safety.lexicon import Lexicon, load_lexicon
from bot.safety.notation import Sentence
from bot.safety.words import _VERB_AND_PRONOUN, Speller
from bot.sms.segments import GSM7_SINGLE, size
from tests.unit.bot.conftest import problems_of, replace

CASES = yaml.load(Path(__file__).with_name("safety_cases.yml").read_text(encoding="utf-8"), yaml.BaseLoader)
CRISIS = yaml.safe_load(DEFAULT.with_name("crisis.yml").read_text(encoding="utf-8"))
LANGUAGES = ("en", "es")
HEARD_FLOOR = 0.99  # of the danger, by kind and language; it stood at 1.0
LOOK_ALIKES_CEILING = 0.01  # of the look-alikes; it stood at 0.0
MEDIAN_MS = 1.0  # a message; it stood at 0.4
LONG_MS = 500  # 2,000 characters written to cost time; it stood at 50

# The contract's table: what is dialled.
DIALLED = {
    "emergency": "911", "lifeline_988": "988", "nm_crisis_line": "+18556627474", "maternal_hotline": "+18338526262",
    "cyfd": "+18553337233", "domestic_violence": "+18007997233", "poison_help": "+18002221222",
}


@pytest.fixture(scope="module")
def screen() -> CrisisScreen:
    return CrisisScreen.load()


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return load_lexicon(DEFAULT)


def danger() -> Iterator[tuple[str, str, list[str]]]:
    """Kind, language and messages."""
    for kind, languages in CASES["danger"].items():
        for language, messages in languages.items():
            yield kind, language, messages


def exceptions(screen: CrisisScreen, message: str) -> Iterator[tuple[str, str]]:
    """Key and line of every idiom, context and `unless` that stands in the message, heard or not."""
    sets = [("idioms", screen._idioms), *((f"contexts.{name}", lines) for name, lines in screen._contexts.items())]
    sets += [(f"rules.{rule.id}.unless", unless) for rule, unless in screen._rules]
    for words in screen._speller.sentences(message):
        sentence = Sentence(screen._vocab, words)
        yield from ((key, hit.line) for key, lines in sets for hit in lines.find(sentence))


# --- what is heard -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "messages"), [pytest.param(k, m, id=f"{k} {lang}") for k, lang, m in danger()])
def test_danger_is_heard(screen: CrisisScreen, kind: str, messages: list[str]) -> None:
    """Said plainly, in each language, with its kind."""
    missed = [message for message in messages if kind not in screen.screen(message).kinds]
    assert 1 - len(missed) / len(messages) >= HEARD_FLOOR, missed


@pytest.mark.parametrize("language", LANGUAGES)
def test_look_alikes_are_not_heard(screen: CrisisScreen, language: str) -> None:
    """Idioms, the past, learning and news, people in general, "I would never": no false alarm."""
    messages = CASES["look_alikes"][language]
    heard = {message: screen.screen(message).matches for message in messages if screen.screen(message)}
    assert len(heard) / len(messages) <= LOOK_ALIKES_CEILING, heard


def test_the_cases_are_enough() -> None:
    """At least 120 of each sort, every kind in both languages, none twice."""
    positives = [message for _, _, messages in danger() for message in messages]
    negatives = [message for messages in CASES["look_alikes"].values() for message in messages]
    assert len(positives) >= 120 and len(negatives) >= 120
    assert set(CASES["danger"]) == set(KINDS)
    assert all(set(languages) == set(LANGUAGES) for languages in CASES["danger"].values())
    assert [message for message, times in Counter(positives + negatives).items() if times > 1] == []


@pytest.mark.parametrize("typed", [
    pytest.param("I WANT TO KILL MYSELF!!!", id="capitals"),
    pytest.param("i’m gonna kill myself", id="curly apostrophe"),
    pytest.param("im gonna kill myself", id="no apostrophe"),
    pytest.param("i wanna killllll myself", id="stretched letters"),
    pytest.param("k i l l myself", id="spaced letters"),
    pytest.param("i k.i.l.l myself", id="dotted letters after a pronoun"),
    pytest.param("k*ll myself", id="starred"),
    pytest.param("k1ll myself", id="digit for a letter"),
    pytest.param("k\u200bill my\u00adself", id="invisible characters"),
    pytest.param("\u202ekill myself\u202c", id="direction marks"),
    pytest.param("𝓴𝓲𝓵𝓵 myself", id="mathematical letters"),
    pytest.param("ｋｉｌｌ ｍｙｓｅｌｆ", id="full width"),
    pytest.param("😭😭 kill 🔪 myself 😭", id="emoji between"),
    pytest.param("kill\tmyself", id="tab"),
    pytest.param("feeling siucidal", id="swapped letters"),
    pytest.param("feeling suicdal", id="lost letter"),
    pytest.param("kms", id="shorthand"),
    pytest.param("hello. nice bot. i want to die", id="third sentence"),
    pytest.param("so " * 200 + "i want to die " + "so " * 200, id="far inside a sentence without end"),
])
def test_spelling_hides_nothing(screen: CrisisScreen, typed: str) -> None:
    """However it is typed, it is heard."""
    assert "self_harm" in screen.screen(typed).kinds


@pytest.mark.parametrize("sturdy", [("suicidal", "suicide"), ("suicide", "suicidal")])
def test_a_slip_near_two_words_is_always_the_same(sturdy: tuple[str, ...]) -> None:
    """Sets have no order: one server heard "suicida" and the next did not."""
    speller = Speller(known=sturdy, respell={}, disguised=(), sturdy=sturdy)
    assert list(speller.sentences("suicida")) == [["suicidal"]]


def test_languages_mix(screen: CrisisScreen) -> None:
    """People change the language inside a sentence."""
    assert screen.screen("mi baby no respira please help").kinds == ("emergency",)


def test_accents_do_not_matter(screen: CrisisScreen) -> None:
    """Composed, decomposed and without accents are the same word."""
    found = {screen.screen(text) for text in ("no está respirando", "no esta\u0301 respirando", "no esta respirando")}
    assert len(found) == 1 and found.pop().kinds == ("emergency",)


@pytest.mark.parametrize(("typed", "kind"), [
    pytest.param("las manitas las trae sin fuerza", "emergency", id="hands, whose gender the ending hides"),
    pytest.param("trae los bracitos sin fuerza", "emergency", id="c for z"),
    pytest.param("quiero cortarme", "self_harm", id="pronoun on the verb"),
    pytest.param("my boyfriend pushd me down the stairs", "violence", id="lost e"),
])
def test_words_are_read_in_every_form(screen: CrisisScreen, typed: str, kind: str) -> None:
    """Small forms, pronouns written onto the verb and a past tense without its e."""
    assert kind in screen.screen(typed).kinds


@pytest.mark.parametrize("word", ["visita", "necesita", "favorita", "grita", "bendito", "cita"])
def test_a_word_that_only_ends_like_a_small_form_stays(screen: CrisisScreen, word: str) -> None:
    """It is itself, or unknown."""
    assert list(screen._speller.sentences(word)) in ([[word]], [["_"]])


def test_no_line_joins_a_verb_and_its_pronoun(screen: CrisisScreen, lexicon: Lexicon) -> None:
    """A line with "matarme" would hide the verb from every line that asks for "matar me"."""
    asked = {word for rule in lexicon.rules for steps in rule.says.values() for step in steps for word in step.words}
    joined = {match.group() for word in asked if (match := _VERB_AND_PRONOUN.fullmatch(word))}
    assert sorted(word for word in joined if _VERB_AND_PRONOUN.fullmatch(word).group(1) in lexicon.known) == []


def test_the_most_urgent_kind_stands_first(screen: CrisisScreen) -> None:
    """In the order of KINDS, whatever the order of the sentences."""
    found = screen.screen("My husband hits me. I want to die. The baby isn't breathing.")
    assert found.kinds == ("emergency", "self_harm", "violence")


def test_a_question_beside_it_hides_nothing(screen: CrisisScreen) -> None:
    """A learner's sentence silences itself alone."""
    assert screen.screen("We had a class on abuse. My boyfriend hits my son.").kinds == ("abuse",)


def test_a_finding_is_true_where_something_was_heard() -> None:
    """Nothing heard is false."""
    assert Finding(("abuse",), ("line",)) and not Finding()


# --- any input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [
    pytest.param("", id="empty"),
    pytest.param(" \n\t ", id="white space"),
    pytest.param("🙂" * 500, id="emoji only"),
    pytest.param("x" * 2000, id="one long word"),
    pytest.param("word " * 400, id="2000 characters"),
    pytest.param("a'" * 1000, id="apostrophes"),
    pytest.param("'''", id="only apostrophes"),
    pytest.param("*#@$!|" * 300, id="signs"),
    pytest.param("".join(map(chr, range(256))), id="every byte"),
    pytest.param("\x00\x07\x1b[31m", id="control characters"),
    pytest.param("שלום עולם مرحبا", id="right to left"),
    pytest.param("e\u0301\u0302\u0303" * 300, id="piled accents"),
    pytest.param("\ud800 broken", id="half a surrogate"),
    pytest.param("ﷺ ½ ㎏ Ⅷ", id="compatibility characters"),
    pytest.param("^ $ <s> </s> ~3 <baby>", id="signs of the notation"),
    pytest.param("12345 67 8", id="digits"),
])
def test_no_input_raises(screen: CrisisScreen, text: str) -> None:
    """Nonsense is no danger and no error."""
    assert screen.screen(text) == Finding()


@pytest.mark.parametrize("phrase", ["left baby in car ", "he will kill me ", "i want to die he hit me bruises on arm "])
def test_no_input_is_slow(screen: CrisisScreen, phrase: str) -> None:
    """2,000 characters without a full stop, all of them alarming, do not keep a worker busy."""
    text = (phrase * 2000)[:2000]
    started = time.perf_counter()
    assert screen.screen(text)
    assert (time.perf_counter() - started) * 1000 < LONG_MS


def test_a_message_takes_less_than_a_millisecond(screen: CrisisScreen) -> None:
    """The median over all cases."""
    taken_ms = []
    for message in (message for _, _, messages in danger() for message in messages):
        started = time.perf_counter()
        screen.screen(message)
        taken_ms.append((time.perf_counter() - started) * 1000)
    assert statistics.median(taken_ms) < MEDIAN_MS


def test_nothing_that_was_typed_is_kept(screen: CrisisScreen) -> None:
    """spaCy's string store forgets nothing, so it is not given what people write; neither is a log."""
    screen.screen("my neighbor Zebulon hits his baby")
    before = len(screen._vocab.strings)
    found = screen.screen("my cousin Xanthippe Quarrington hits her baby in Tucumcari")
    assert found.kinds == ("abuse",) and len(screen._vocab.strings) == before
    assert "anthippe" not in repr(found) and "ucumcari" not in repr(found)


# --- the lexicon ---------------------------------------------------------------------------------------------------


def test_every_line_is_heard_in_a_case(screen: CrisisScreen, lexicon: Lexicon) -> None:
    """A line that hears nothing is a slip of the pen, or needs a case that shows what it is for."""
    heard = {line for _, _, messages in danger() for message in messages for line in screen.screen(message).matches}
    assert [f"{rule.id}: {line}" for rule in lexicon.rules for line in rule.says if line not in heard] == []


def test_every_exception_stands_in_a_look_alike(screen: CrisisScreen, lexicon: Lexicon) -> None:
    """An idiom, context or `unless` that no look-alike needs costs hearing and buys nothing."""
    messages = [message for messages in CASES["look_alikes"].values() for message in messages]
    found = {hit for message in messages for hit in exceptions(screen, message)}
    named = [("idioms", lexicon.idioms), *((f"contexts.{name}", lines) for name, lines in lexicon.contexts.items())]
    named += [(f"rules.{rule.id}.unless", rule.unless) for rule in lexicon.rules]
    assert [f"{key}: {line}" for key, lines in named for line in lines if (key, line) not in found] == []


def test_no_line_stands_twice(lexicon: Lexicon) -> None:
    """One meaning, one place."""
    lines = Counter(line for rule in lexicon.rules for line in rule.says)
    assert [line for line, times in lines.items() if times > 1] == []


@pytest.mark.parametrize(("old", "new", "key", "mend"), [
    pytest.param("[study, general]", "[studies]", "rules", "'studies' is not among the contexts", id="context"),
    pytest.param("kind: poison", "kind: poisson", "rules", "'poisson' is no kind", id="kind"),
    pytest.param("- <scared> of myself", "- <scarred> of myself", "rules.afraid_of_oneself", "'<scarred>'", id="group"),
    pytest.param("- <scared> of myself", "- <scared> of ~3", "rules.afraid_of_oneself", "first and the last", id="gap"),
    pytest.param("- <scared> of myself", "- <scared> of Myself", "rules.afraid_of_oneself", "lower case", id="capital"),
    pytest.param("    unless:\n", "    except:\n", "rules", "unknown key", id="key of a rule"),
    pytest.param("\nsturdy:", "\nsturdily:", "sturdy", "missing", id="section"),
    pytest.param("\nrules:", "\nrules: [", "line", "not readable YAML", id="YAML"),
])
def test_a_slip_in_the_lexicon_is_told(tmp_path: Path, old: str, new: str, key: str, mend: str) -> None:
    """File, key and what would mend it; every problem at once."""
    path = tmp_path / "crisis_lexicon.yml"
    path.write_text(DEFAULT.read_text(encoding="utf-8"), encoding="utf-8")
    replace(path, old, new)
    problems = problems_of(lambda: CrisisScreen.load(path))
    assert any(key in problem.key and mend in problem.mend for problem in problems), "\n".join(map(str, problems))
    assert all(problem.file == "bot/content/crisis_lexicon.yml" for problem in problems)


# --- the lines -----------------------------------------------------------------------------------------------------


def texts(*path: str) -> Iterator[tuple[str, str, str]]:
    """Kind, language and text of a part of `texts`."""
    part: Any = CRISIS["texts"]
    for key in path:
        part = part[key]
    for kind, by_language in part.items():
        for language, text in by_language.items():
            yield kind, language, text


def test_the_numbers_are_those_of_the_contract() -> None:
    """Seven lines, as they are dialled; the display is the same number."""
    assert {name: line["phone"] for name, line in CRISIS["lines"].items()} == DIALLED
    for name, line in CRISIS["lines"].items():
        assert line["phone"].removeprefix("+1") == line["display"].removeprefix("1-").replace("-", ""), name


def test_every_line_has_its_source() -> None:
    """The operator's page, the month of the last look, languages, hours, and how Spanish is reached where we know."""
    for name, line in CRISIS["lines"].items():
        assert line["source"].startswith("https://"), name
        assert line["checked"] == "2026-11" and line["hours"] == "24/7" and "en" in line["languages"], name
        assert set(line["name"]) == set(line["when"]) == set(LANGUAGES), name
        assert line["spanish"] is None or set(line["spanish"]) == set(LANGUAGES), name


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_lines_and_words(kind: str) -> None:
    """Lines that exist, the one that ends later replies among them; an opening and a text message in each language."""
    lines = CRISIS["kinds"][kind]
    assert lines and set(lines) <= set(CRISIS["lines"]) and set(CRISIS["shortest"][kind]) <= set(lines)
    assert set(CRISIS["texts"]["opening"][kind]) == set(CRISIS["texts"]["sms"][kind]) == set(LANGUAGES)


def test_the_first_line_fits_the_danger() -> None:
    """911 where a life may be ending, 988 for thoughts of harm, the reporting line for a child."""
    assert {kind: lines[0] for kind, lines in CRISIS["kinds"].items()} == {
        "emergency": "emergency", "poison": "poison_help", "self_harm": "lifeline_988",
        "harm_to_baby": "lifeline_988", "violence": "emergency", "abuse": "cyfd",
        "unclear": "lifeline_988",
    }
    assert CRISIS["provider_suspicion"] == ["cyfd"]


@pytest.mark.parametrize(("kind", "language", "text"), [pytest.param(*t, id=" ".join(t[:2])) for t in (
    *texts("opening"), *texts("sms"))])
def test_whoever_fears_for_another_now_is_told_of_911(kind: str, language: str, text: str) -> None:
    """A sister at a locked door writes what a mother in despair writes."""
    assert "911" in text


@pytest.mark.parametrize(("kind", "language", "text"), [pytest.param(*t, id=" ".join(t[:2])) for t in texts("sms")])
def test_a_text_message_is_one_segment_with_the_number(kind: str, language: str, text: str) -> None:
    """GSM-7, at most 160 septets, the numbers of the first line and of the shortest in it, and that nobody watches."""
    measured = size(text)
    assert (measured.alphabet, measured.segments) == ("GSM-7", 1) and measured.units <= GSM7_SINGLE
    for line in (CRISIS["kinds"][kind][0], CRISIS["shortest"][kind][0]):
        assert CRISIS["lines"][line]["display"] in text
    assert {"en": "nobody watches", "es": "nadie v"}[language] in text


def test_the_bot_says_what_it_is() -> None:
    """Not a person, and not watched."""
    assert CRISIS["texts"]["not_watched"]["en"] == (
        "I am a computer program, not a person, and nobody watches this chat.")
    assert "no una persona" in CRISIS["texts"]["not_watched"]["es"]


@pytest.mark.parametrize("name", ["shortest", "shortest_sms"])
def test_the_reminder_can_be_filled_in(name: str) -> None:
    """With the name and number of any line; in a text message with the number alone."""
    for language, template in CRISIS["texts"][name].items():
        for line in CRISIS["lines"].values():
            said = template.format(name=line["name"][language], display=line["display"])
            assert line["display"] in said and (name != "shortest_sms" or size(said).alphabet == "GSM-7")


def test_crisis_texts_are_easy_to_read() -> None:
    """US grade 6 in English, Fernández-Huerta 70 in Spanish, for openings and for when to call."""
    english = [text for _, language, text in texts("opening") if language == "en"]
    english += [line["when"]["en"].replace("New Mexico", "Sam") for line in CRISIS["lines"].values()]
    spanish = [text for _, language, text in texts("opening") if language == "es"]
    spanish += [line["when"]["es"].replace("Nuevo México", "Ana") for line in CRISIS["lines"].values()]
    assert [text for text in english if textstat.flesch_kincaid_grade(text) > 6] == []
    textstat.set_lang("es")
    try:
        assert [text for text in spanish if textstat.fernandez_huerta(text) < 70] == []
    finally:
        textstat.set_lang("en_US")
