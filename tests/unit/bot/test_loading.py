"""A content folder that does not hold together: every problem is told with its file, its key and its mend."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.errors import ContentError
from bot.knowledge import load_knowledge
from tests.unit.bot.conftest import REMOVED, assert_listed, problems_of, replace, write

BRIEF = "briefs/issues-brief-1"
INDICATORS = "topics/indicators.yml"

# What a member of staff may get wrong: file, key in it, the wrong value -> key of the problem, part of its mend.
WRONG_VALUES: dict[str, tuple[str, str, Any, str, str]] = {
    "related topic misspelt": (INDICATORS, "related", ["school_readines"], "related", "(closest: 'school_readiness')"),
    "topic related to itself": (INDICATORS, "related", ["indicators"], "related", "'indicators', not another topic"),
    "four related topics": (INDICATORS, "related", ["contact", "references", "school_readiness", "define_imh"],
                            "related", "too long"),
    "why leads nowhere": (INDICATORS, "why", "school", "why", "'school', not another topic"),
    "citation that the brief lacks": (INDICATORS, "cites", [4], "cites", "cites 4, not among the references"),
    "passage misspelt": (INDICATORS, "passages", ["f_indicator"], "passages", "(closest: 'f_indicators')"),
    "no passage": (INDICATORS, "passages", [], "passages", ""),
    "brief that does not exist": (INDICATORS, "brief", "issues-brief-2", "brief", "(closest: 'issues-brief-1')"),
    "topic named unlike its file": (INDICATORS, "topic", "signs", "topic", "named like its file: 'indicators'"),
    "title is a number": (INDICATORS, "title", 5, "title", "5 is not of type 'object'"),
    "citation is a word": (INDICATORS, "cites", ["two"], "cites.0", "'two' is not of type 'integer'"),
    "key that nobody reads": (INDICATORS, "cited", [], "", "'cited' was unexpected"),
    "no English answer": (INDICATORS, "answer.en", REMOVED, "answer", "'en' is a required property"),
    "no text message": (INDICATORS, "answer.en.parent.sms", REMOVED, "answer.en.parent",
                        "'sms' is a required property"),
    "empty words": (INDICATORS, "answer.en.parent.plain", "", "answer.en.parent.plain", ""),
    "listening line that does not exist": ("dialogue.yml", "listens", "maternal_line", "listens",
                                           "(closest: 'maternal_hotline')"),
    "move in a group that does not exist": ("moves.yml", "moves.again.en", ["<cann>? repeat it"], "moves.again",
                                            "(closest: 'can')"),
    "move that nobody makes": ("moves.yml", "moves.dance", {"en": ["dance"], "es": ["baile"]}, "moves", "'dance'"),
    "starter that does not exist": ("dialogue.yml", "starters", ["contacts"], "starters", "(closest: 'contact')"),
    "crisis line that does not exist": ("crisis.yml", "kinds.self_harm", ["nobody"], "kinds.self_harm",
                                        "'nobody', not a line"),
    "shortest line that does not exist": ("crisis.yml", "shortest.self_harm", ["nobody"], "shortest.self_harm",
                                          "'nobody', not a line"),
    "provider's line that does not exist": ("crisis.yml", "provider_suspicion", ["nobody"], "provider_suspicion",
                                            "'nobody', not a line"),
    "danger without an opening": ("crisis.yml", "texts.opening.self_harm", REMOVED, "texts.opening.self_harm", "is missing"),
    "danger without a reminder": ("crisis.yml", "shortest.self_harm", REMOVED, "shortest.self_harm", "is missing"),
    "danger without a text message": ("crisis.yml", "texts.sms.self_harm", REMOVED, "texts.sms.self_harm", "is missing"),
    "crisis number in words": ("crisis.yml", "lines.emergency.phone", "nine one one", "lines.emergency.phone", "does not match"),
    "number that the brief does not print": ("contacts.yml", "contacts.0.display", "(505) 331-7183", "contact_office",
                                             "'(505) 331-7183' is not printed"),
    "default contact misspelt": ("contacts.yml", "default", "contact_ofice", "default", "(closest: 'contact_office')"),
    "reference behind no passage": (f"{BRIEF}/brief.yml", "references.1.passage", "ref_3", "references.2",
                                    "'ref_3', not a passage of brief.md"),
    "phrase is a number": ("phrases.yml", "thanks", 5, "thanks", ""),
    "phrase is empty": ("phrases.yml", "thanks", None, "thanks", ""),
    "phrase without English": ("phrases.yml", "thanks", {"es": "De nada."}, "thanks", ""),
    "phrase with a blank that nobody fills": ("phrases.yml", "origin_brief.en", "From {publsher}.", "origin_brief", ""),
    "phrase with a brace left open": ("phrases.yml", "thanks.en", "Thank {you.", "thanks", ""),
    "reminder with a blank that nobody fills": ("crisis.yml", "texts.shortest.en", "In danger? {nme}",
                                                "texts.shortest", ""),
}


@pytest.mark.parametrize("case", WRONG_VALUES.values(), ids=WRONG_VALUES)
def test_a_wrong_value_is_told(content: Path, case: tuple[str, str, Any, str, str]) -> None:
    """The file, the key, and what would mend it."""
    file, key, value, told_key, mend = case
    write(content / file, key, value)
    assert_listed(problems_of(lambda: load_knowledge(content)), file, told_key, mend)


@pytest.mark.parametrize("file", ["contacts.yml", "crisis.yml", "phrases.yml", "dialogue.yml", "moves.yml",
                                  f"{BRIEF}/brief.md", f"{BRIEF}/brief.yml"])
def test_a_missing_file_is_told(content: Path, file: str) -> None:
    """A file that went astray is asked for by its name."""
    (content / file).unlink()
    assert_listed(problems_of(lambda: load_knowledge(content)), file, "", "put it back")


@pytest.mark.parametrize("folder", ["topics", "briefs"])
def test_an_empty_folder_is_told(content: Path, folder: str) -> None:
    """A bot without topics or without a brief has nothing to say."""
    shutil.rmtree(content / folder)
    assert_listed(problems_of(lambda: load_knowledge(content)), folder, "", "add")


def test_broken_yaml_is_told_with_its_line(content: Path) -> None:
    """Where the reader has to look."""
    (content / INDICATORS).write_text("topic: indicators\ntitle:\n  en: [Signs\nbrief: x\n", encoding="utf-8")
    assert_listed(problems_of(lambda: load_knowledge(content)), INDICATORS, "line 4", "is not readable YAML")


@pytest.mark.parametrize("file", [INDICATORS, f"{BRIEF}/brief.md"])
def test_a_file_in_another_encoding_is_told(content: Path, file: str) -> None:
    """Saved by an editor that does not write UTF-8."""
    (content / file).write_bytes((content / file).read_bytes() + "# ñ".encode("latin-1"))
    assert_listed(problems_of(lambda: load_knowledge(content)), file, "", "")


def test_a_passage_that_stands_twice_is_told(content: Path) -> None:
    """Its id would name two texts."""
    replace(content / BRIEF / "brief.md", "[f_school_readiness]", "[f_indicators]")
    assert_listed(problems_of(lambda: load_knowledge(content)), f"{BRIEF}/brief.md", "f_indicators", "stands twice")


def test_all_problems_are_told_at_once(content: Path) -> None:
    """Two files, three problems, one reading; the text of the error has a line for each."""
    write(content / INDICATORS, "cites", [7])
    write(content / INDICATORS, "related", ["contcat"])
    write(content / "contacts.yml", "contacts.1.display", "911")
    with pytest.raises(ContentError) as caught:
        load_knowledge(content)
    lines = str(caught.value).splitlines()
    assert lines[0] == "3 problems in the content:"
    assert lines[1:] == [f"  {problem}" for problem in caught.value.problems] and len(lines) == 4
    for name in ("contacts.yml: contact_clarke: ", "indicators.yml: cites: ", "indicators.yml: related: "):
        assert name in str(caught.value)


def test_nothing_is_suggested_where_nothing_is_near(content: Path) -> None:
    """A wild guess would mislead."""
    write(content / INDICATORS, "related", ["xyzzy"])
    (problem,) = problems_of(lambda: load_knowledge(content))
    assert "closest" not in problem.mend


def test_intact_content_is_read(content: Path) -> None:
    """The copy that every case above breaks is good to begin with."""
    assert len(load_knowledge(content).topics) == len(list((content / "topics").glob("*.yml")))
