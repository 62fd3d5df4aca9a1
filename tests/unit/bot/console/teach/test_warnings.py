"""A warning at the moment of labelling: the same or nearly the same words stand elsewhere."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.console.teach.examples import TRAINING, Example, with_example
from bot.console.teach.warnings import alike, near
from bot.evaluation import leaks
from bot.settings import PROJECT, Settings
from bot.staff_files import change, held
from nlu.corpus import utterances

KNOWN = "he bangs his head on the crib when hes mad is that normal"
HELD_OUT = "She bangs her head on the crib rail to fall asleep"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var_dir=tmp_path / "var", staff_dir=tmp_path / "staff")


def told(text: str, topic: str, settings: Settings) -> list[tuple[str, str, bool]]:
    return [(warning.topic, warning.use, warning.same) for warning in near(text, topic, settings)]


def test_the_same_words_under_another_topic_are_told(settings: Settings) -> None:
    """However they are typed; under their own topic they are in nobody's way."""
    assert told(f"  {KNOWN.upper()}?!", "ask_contact", settings)[0] == ("ask_indicators", "training", True)
    assert not [found for found in told(KNOWN, "ask_indicators", settings) if found[1] == "training"]


@pytest.mark.parametrize("text", ["he bangs his head on the crib when hes mad is that normall", "is that normal when hes "
                                  "mad he bangs his head on the crib"], ids=["a letter", "the order"])
def test_nearly_the_same_words_are_told(settings: Settings, text: str) -> None:
    """By characters and by words."""
    assert ("ask_indicators", "training", False) in told(text, "ask_contact", settings)


def test_a_line_of_a_test_set_is_told_whatever_its_topic(settings: Settings) -> None:
    """Trained on, it would measure nothing any more."""
    assert ("ask_indicators", "evaluation", True) in told(HELD_OUT, "ask_indicators", settings)


def test_a_strangers_words_are_in_nobodys_way(settings: Settings) -> None:
    assert told("my cousin the plumber wonders about moonlight", "ask_contact", settings) == []


def test_what_staff_taught_a_moment_ago_is_known(settings: Settings) -> None:
    """The index follows the files, without being told."""
    text = "my cousin the plumber wonders about moonlight"
    assert alike(text, settings) == []
    taught = with_example(None, Example(text, "ask_contact", "en", "ana", "2026-11-28", 4711), TRAINING)
    with held(settings):
        change(settings, {"nlu/data/staff/contact.yml": taught.encode()})
    warning, = alike(text, settings)
    assert (warning.topic, warning.use, warning.same, warning.message) == ("ask_contact", "training", True, 4711)


def test_a_broken_file_costs_no_label(settings: Settings) -> None:
    """What is wrong with it the check tells."""
    with held(settings):
        change(settings, {"nlu/data/staff/contact.yml": b"nlu: [", "nlu/data/staff/x.yml": b"nlu:\n- intent: [a]\n  examples: 3\n"})
    assert told(KNOWN, "ask_contact", settings)


def test_alike_is_what_the_leak_test_calls_so(settings: Settings) -> None:
    """Line for line: what is told here and what would block a release must not differ."""
    trained = utterances(PROJECT / "nlu/data")
    normal = [leaks.normal(line.text) for line in trained]
    asked = [line.text for line in trained[::900]] + [KNOWN, "are babies able to feel sad when their mom is sad",
                                                     "que puedo hacer para que mi bebe duerma mejor"]
    expected = {text: set() for text in asked}
    for i, j in leaks.near([leaks.normal(text) for text in asked], normal):
        expected[asked[i]].add(trained[j].text)
    for text in asked:
        found = {warning.text for warning in alike(text, settings) if warning.use == "training"}
        assert found == expected[text], text


def test_it_is_fast_enough_to_type_against(settings: Settings) -> None:
    """Under 50 ms beside all lines of training and test sets; measured as the best of a few, others use the machine too."""
    near(KNOWN, "ask_contact", settings)
    took = []
    for _ in range(10):
        start = time.perf_counter()
        near(KNOWN, "ask_contact", settings)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.05
    print(f"{min(took) * 1000:.0f} ms at best, {sorted(took)[5] * 1000:.0f} ms in the middle")
