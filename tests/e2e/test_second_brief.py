"""The series grows: a second brief is data alone, and after checking and training its questions are answered."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest

from tests.support.project import copy_project, replace, thin_out
from tests.support.server import Server

pytestmark = pytest.mark.e2e

# The new files, in the folders where they belong.
DATA = Path(__file__).with_name("second_brief")
# Asked as no line of its training data is.
QUESTIONS = ("could my seven month old pick up sign language", "does signing help babies who cannot talk yet")


@pytest.fixture(scope="module")
def project(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with a second brief, added as CONTRIBUTING says; fewer examples, to be trained sooner."""
    project = copy_project(tmp_path_factory.mktemp("series") / "project", to_train=True)
    thin_out(project / "nlu" / "data")
    shutil.copytree(DATA, project, dirs_exist_ok=True)
    replace(project / "domain.yml", "  - ask_references\n", "  - ask_references\n  - ask_baby_signs\n")
    replace(project / "stories" / "answers.yml", "          - intent: ask_references\n",
            "          - intent: ask_references\n          - intent: ask_baby_signs\n")
    return project


@pytest.fixture(scope="module")
def grown(project: Path) -> Iterator[Server]:
    """The copy, checked, trained and serving."""
    for verb in ("check", "train"):
        done = run(project, verb)
        assert done.returncode == 0, done.stdout + done.stderr
    with Server(project / "var", project=project) as server:
        yield server


def run(project: Path, verb: str) -> subprocess.CompletedProcess[str]:
    """`python -m bot <verb>` in a project."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("IMH_")}
    return subprocess.run([sys.executable, "-m", "bot", verb], cwd=project, env=kept, capture_output=True, text=True)


@pytest.mark.parametrize("question", QUESTIONS)
def test_its_question_is_answered_out_of_it(grown: Server, sender: str, question: str) -> None:
    """In its wording, with its words, its source and its citation; the office stays the one contact."""
    answer = grown.say(question, sender=sender)[0]
    custom = answer["custom"]
    assert (custom["kind"], custom["topic"]) == ("answer", "baby_signs")
    assert custom["plain"] == "Your baby can sign with the hands months before the first words."
    assert custom["quote"]["text"].startswith(
        "The purpose of this second brief is to speak of signing with babies who do not talk yet.\n"
        "Babies can sign with their hands months before they can speak\n")
    assert custom["source"] == {"brief": "issues-brief-2", "title": "Signing With Babies",
                                "publisher": "Example Society"}
    (citation,) = custom["citations"]
    assert citation["number"] == 1
    assert citation["reference"] == "Mano, L. (2011). Hands before words. Santa Fe, NM: Example Press."
    assert "Signing With Babies, Example Society." in answer["text"]
    assert custom["contacts"][0]["name"] == "NMAIMH"


def test_says_who_names_its_publisher(grown: Server, sender: str) -> None:
    """And its reference, not the first brief's."""
    grown.say("/ask_baby_signs", sender=sender)
    text = grown.say("says who?", sender=sender)[0]["text"]
    assert "Example Society" in text and "Mano, L. (2011)" in text and "Zeanah" not in text


def test_the_first_brief_is_answered_as_before(grown: Server, sender: str) -> None:
    """Number 1 of the first brief is another source than number 1 of the second."""
    assert grown.say("what is infant mental health", sender=sender)[0]["custom"]["source"]["brief"] == "issues-brief-1"
    (citation,) = grown.say("/ask_risk_or_protective", sender=sender)[0]["custom"]["citations"]
    assert citation["number"] == 1 and citation["reference"].startswith("Zeanah")


def test_a_brief_that_is_forgotten_somewhere_is_told(project: Path, tmp_path: Path) -> None:
    """What is left to do is listed: training examples, held-out examples, intent, rule."""
    shutil.copytree(project, tmp_path / "project", ignore=shutil.ignore_patterns("var"))
    forgetful = tmp_path / "project"
    for part in ("nlu/data/topics", "tests/nlu/held_out"):
        (forgetful / part / "baby_signs.yml").unlink()
    for part in ("domain.yml", "stories/answers.yml"):
        lines = (forgetful / part).read_text(encoding="utf-8").splitlines()
        (forgetful / part).write_text("\n".join(line for line in lines if "baby_signs" not in line), encoding="utf-8")
    done = run(forgetful, "check")
    assert done.returncode == 1
    output = " ".join((done.stdout + done.stderr).split())
    for file in ("nlu/data/topics/baby_signs.yml", "tests/nlu/held_out/baby_signs.yml", "domain.yml: intents",
                 "stories/answers.yml: rules"):
        assert file in output
