"""Content, training data, domain, stories and tests that disagree: `check` lists where and what would mend it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.check import check
from tests.unit.bot.conftest import REMOVED, assert_listed, problems_of, replace, write

INDICATORS = "bot/content/topics/indicators.yml"
BRIEF = "bot/content/briefs/issues-brief-1"


def test_the_project_holds_together(project: Path) -> None:
    """The copy that every case below breaks is good to begin with."""
    assert check(project).topics


@pytest.mark.parametrize("folder", ["nlu/data/topics", "tests/nlu/held_out"])
def test_a_topic_without_examples_is_told(project: Path, folder: str) -> None:
    """Each topic has a file to learn from and one to be tested with."""
    (project / folder / "indicators.yml").unlink()
    assert_listed(problems_of(lambda: check(project)), f"{folder}/indicators.yml", "", "is missing")


def test_a_topic_without_an_intent_is_told(project: Path) -> None:
    """The domain lacks it, and what names it there names nothing."""
    replace(project / "domain.yml", "  - ask_indicators\n", "")
    problems = problems_of(lambda: check(project))
    assert_listed(problems, "domain.yml", "intents", "lacks 'ask_indicators'")
    assert_listed(problems, "nlu/data/topics/indicators.yml", "ask_indicators", "is not an intent of domain.yml")


def test_an_intent_without_a_topic_is_told(project: Path) -> None:
    """With the topic that may have been meant."""
    replace(project / "domain.yml", "  - ask_indicators\n", "  - ask_indicators\n  - ask_indicator\n")
    assert_listed(problems_of(lambda: check(project)), "domain.yml", "intents", "(closest: 'ask_indicators')")


def test_a_topic_that_no_rule_answers_is_told(project: Path) -> None:
    """A question that is understood and gets no reply."""
    replace(project / "stories/answers.yml", "          - intent: ask_indicators\n", "")
    assert_listed(problems_of(lambda: check(project)), "stories/answers.yml", "rules", "lacks 'ask_indicators'")


def test_an_unknown_intent_in_the_stories_is_told(project: Path) -> None:
    """A rule that nothing triggers."""
    replace(project / "stories/smalltalk.yml", "- intent: thanks\n", "- intent: thank\n")
    assert_listed(problems_of(lambda: check(project)), "stories/smalltalk.yml", "converse", "(closest: 'thanks')")


def test_an_intent_without_examples_is_told(project: Path) -> None:
    """Nothing could ever be recognised as it."""
    replace(project / "domain.yml", "  - thanks\n", "  - thanks\n  - hum\n")
    assert_listed(problems_of(lambda: check(project)), "nlu/data", "hum", "has no examples")


@pytest.mark.parametrize("text", ["what a lovely brief", "What a lovely brief?!"])
def test_the_same_utterance_under_two_intents_is_told(project: Path, text: str) -> None:
    """Capitals and punctuation make no difference to the model, so they make none here."""
    for name, intent, example in (("a", "thanks", "what a lovely brief"), ("b", "goodbye", text)):
        data = {"version": "3.1", "nlu": [{"intent": intent, "examples": f"- {example}\n"}]}
        (project / "nlu/data" / f"z_{name}.yml").write_text(yaml.safe_dump(data), encoding="utf-8")
    assert_listed(problems_of(lambda: check(project)), "nlu/data/z_b.yml", "goodbye",
                  "under 'thanks' in nlu/data/z_a.yml")


def test_a_danger_without_lines_is_told(project: Path) -> None:
    """An example of a kind of danger that crisis.yml does not know."""
    replace(project / "nlu/data/crisis.yml", "kind: self_harm", "kind: selfharm")
    assert_listed(problems_of(lambda: check(project)), "nlu/data/crisis.yml", "kind", "(closest: 'self_harm')")


def test_a_changed_brief_is_told(project: Path) -> None:
    """Nobody mends the brief's spelling by accident."""
    replace(project / BRIEF / "brief.md", "those conditions effect his", "those conditions affect his")
    assert_listed(problems_of(lambda: check(project)), f"{BRIEF}/brief.md", "", "is not the brief as it was published")


def test_a_brief_in_a_folder_of_another_name_is_told(project: Path) -> None:
    """Its files could not be found again by its id."""
    (project / BRIEF).rename((project / BRIEF).with_name("brief-one"))
    assert any("brief-one" in problem.file for problem in problems_of(lambda: check(project)))


def test_a_passage_that_nobody_quotes_is_told(project: Path) -> None:
    """The bot knows the whole brief."""
    write(project / "bot/content/topics/define_imh.yml", "passages", ["definition_field"])
    assert_listed(problems_of(lambda: check(project)), f"{BRIEF}/brief.md", "definition_aim", "is quoted by no topic")


def test_too_many_words_are_told(project: Path) -> None:
    """At most 60 in an answer on the web; the key names language and audience."""
    write(project / INDICATORS, "answer.en.provider.plain", "word " * 60)
    check(project)
    write(project / INDICATORS, "answer.en.provider.plain", "word " * 61)
    assert_listed(problems_of(lambda: check(project)), INDICATORS, "answer.en.provider.plain", "has 61 words")


def test_small_talk_without_a_phrase_is_told(project: Path) -> None:
    """The bot would be lost for words."""
    write(project / "bot/content/phrases.yml", "goodbye", REMOVED)
    assert_listed(problems_of(lambda: check(project)), "bot/content/phrases.yml", "goodbye", "is missing")


def test_every_phrase_that_is_said_is_missed(project: Path) -> None:
    """Not only small talk speaks in phrases: without one of these, a turn or a page fails while somebody waits."""
    keys = {"tell_more", "nothing_before", "why_unknown", "still_here", "deny_plain", "no_such_choice", "not_words",
            "clarify_given_up", "out_of_scope_near", "origin_cited", "origin_brief", "labels.quote", "labels.text_line",
            "sms.source", "sms.keywords", "errors.unavailable", "errors.too_many", "page.send"}
    for key in keys:
        write(project / "bot/content/phrases.yml", key, REMOVED)
    told = {problem.key for problem in problems_of(lambda: check(project)) if problem.file.endswith("phrases.yml")}
    assert keys - told == set()


def test_an_action_without_a_file_is_told(project: Path) -> None:
    """The file is named like the action."""
    (project / "actions/clarify.py").unlink()
    assert_listed(problems_of(lambda: check(project)), "domain.yml", "actions", "actions/clarify.py does not exist")


@pytest.mark.parametrize("file", ["domain.yml", "nlu/data/smalltalk.yml", "stories/answers.yml",
                                  "bot/content/crisis_lexicon.yml"])
@pytest.mark.parametrize("text", ["intents: [", "- a list\n- of lines\n"], ids=["broken YAML", "a list"])
def test_a_file_that_cannot_be_read_is_told(project: Path, file: str, text: str) -> None:
    """YAML that is none, or not of the shape that the file needs."""
    (project / file).write_text(text, encoding="utf-8")
    assert any(problem.file == file for problem in problems_of(lambda: check(project)))


def test_problems_of_content_and_other_files_are_told_together(project: Path) -> None:
    """Content that cannot be read does not hide a file beside it; both are named by their paths in the project."""
    write(project / INDICATORS, "cites", [9])
    (project / "domain.yml").write_text("intents: [", encoding="utf-8")
    files = {problem.file for problem in problems_of(lambda: check(project))}
    assert {INDICATORS, "domain.yml"} <= files
