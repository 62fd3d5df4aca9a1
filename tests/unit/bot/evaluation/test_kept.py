"""What a model answered before is not asked again, and what changed since is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from bot.evaluation import __main__ as asking
from bot.evaluation import kept
from bot.evaluation.held_out import FOLDER, Outcome, Thought
from bot.evaluation.kept import KeptAnswers, Lines
from bot.evaluation.quality import Quality

PARTS = ("lines", "doubles", "dialogues", "also")
TOPIC = """version: "3.1"
nlu:
- intent: {intent}
  metadata: {{asker: parent, language: en}}
  examples: |
    - why does he bite
    - is she too clingy
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two lines, a double question and a dialogue that are held out."""
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    write(folder)
    return tmp_path


def write(folder: Path, intent: str = "ask_indicators", topics: tuple[str, ...] = ("contact", "indicators"),
          expect: str = "contact") -> None:
    (folder / "indicators.yml").write_text(TOPIC.format(intent=intent))
    (folder / "two_questions.yml").write_text(yaml.safe_dump(
        {"two_questions": [{"text": "he bites, and whom do I call", "topics": list(topics)}]}))
    (folder / "context.yml").write_text(yaml.safe_dump(
        {"context": [{"kind": "more", "turns": ["hello", "whom do I call"], "expect": expect}]}))


def answered(lines: Lines) -> dict[str, dict[str, Any]]:
    return {"lines": {key: {"kind": "answer", "staff": False} for key in lines.lines},
            "doubles": dict.fromkeys(lines.doubles, True), "dialogues": dict.fromkeys(lines.dialogues, False),
            "also": dict.fromkeys(lines.also, "contact")}


def missing(answers: KeptAnswers, lines: Lines) -> list[int]:
    return [len(answers.missing(part, lines)) for part in PARTS]


def test_what_was_answered_is_known_the_next_time(project: Path, tmp_path: Path) -> None:
    """From the file, in another process as well; a message by its number."""
    lines, path = Lines(project, {"7": "and my boy"}), tmp_path / "kept.json"
    answers = KeptAnswers(path)
    assert missing(answers, lines) == [2, 1, 1, 1]
    answers.add(answered(lines), lines)
    again = KeptAnswers(path)
    assert missing(again, lines) == [0, 0, 0, 0]
    assert again.items(lines) == answered(lines)
    assert missing(again, Lines(project, {"7": "and my boy", "8": "and my girl"})) == [0, 0, 0, 1]


@pytest.mark.parametrize(("change", "asked"), [
    ({"intent": "ask_contact"}, [2, 0, 0, 0]),
    ({"topics": ("contact", "references")}, [0, 1, 0, 0]),
    ({"expect": "references"}, [0, 0, 1, 0]),
], ids=["another topic", "another pair of topics", "another end"])
def test_a_line_that_means_something_else_now_is_asked_again(project: Path, tmp_path: Path, change: dict[str, Any],
                                                             asked: list[int]) -> None:
    """Its words may be the same: whether the answer is right was decided by what was expected then."""
    path, before = tmp_path / "kept.json", Lines(project)
    KeptAnswers(path).add(answered(before), before)
    write(project / FOLDER, **change)
    assert missing(KeptAnswers(path), Lines(project)) == asked


def test_no_word_is_kept_and_what_is_erased_goes(project: Path, tmp_path: Path) -> None:
    """As on quality cards: keys and numbers."""
    path, lines = tmp_path / "kept.json", Lines(project, {"7": "my neighbour Maria", "8": "hello"})
    answers = KeptAnswers(path)
    answers.add(answered(lines), lines)
    for word in ("bite", "clingy", "Maria", "hello"):
        assert word not in path.read_text()
    KeptAnswers(path).forget_messages(Lines(project, {"8": "hello"}))
    assert set(json.loads(path.read_text())["also"]) == {"8"}


def test_whether_a_line_is_the_staffs_is_looked_up_anew(project: Path, tmp_path: Path) -> None:
    """It may have moved since."""
    path, before = tmp_path / "kept.json", Lines(project)
    KeptAnswers(path).add(answered(before), before)
    (project / FOLDER / "staff").mkdir()
    (project / FOLDER / "indicators.yml").rename(project / FOLDER / "staff" / "indicators.yml")
    now = Lines(project)
    answers = KeptAnswers(path)
    assert missing(answers, now) == [0, 0, 0, 0]
    assert {item["staff"] for item in answers.items(now)["lines"].values()} == {True}


def test_only_the_latest_files_stay(tmp_path: Path) -> None:
    """Each model with each content has one."""
    for number in range(kept.MOST_FILES + 3):
        (tmp_path / f"{number}.json").write_text("{}")
        (tmp_path / f"{number}.json").touch()
    kept.forget_old(tmp_path)
    assert len(list(tmp_path.glob("*.json"))) == kept.MOST_FILES


def test_the_engine_is_asked_for_what_is_missing_alone(project: Path, tmp_path: Path,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed in the middle, it goes on where it was; where nothing is missing the engine is not even loaded."""
    asked: list[str] = []
    measuring = pytest.importorskip("bot.evaluation.asking", reason="asks through Rasa")

    def measure(model: Path, what: Any, *, content: Path, told: Any, kept: Any) -> None:
        for portion in what.portions():
            if "he bites, and whom do I call" in [text for text, _ in portion.doubles]:
                raise KeyboardInterrupt  # killed
            asked.extend(line.text for line in (*portion.questions, *portion.also))
            kept(portion, Quality([outcome(line) for line in portion.questions], [True for _ in portion.doubles],
                                  [True for _ in portion.dialogues], [outcome(line) for line in portion.also]))

    monkeypatch.setattr(measuring, "measure", measure)
    out, path = tmp_path / "items.json", tmp_path / "kept.json"
    arguments = ["model.tar.gz", str(out), "--project", str(project), "--kept", str(path)]
    CliRunner().invoke(asking.app, arguments)
    assert sorted(asked) == ["is she too clingy", "why does he bite"] and not out.exists()
    monkeypatch.setattr(measuring, "measure", lambda model, what, **how: _rest(what, how["kept"], asked))
    assert CliRunner().invoke(asking.app, arguments).exit_code == 0
    assert len(asked) == 2 and len(json.loads(out.read_text())["lines"]) == 2
    monkeypatch.delattr(measuring, "measure")
    out.unlink()
    assert CliRunner().invoke(asking.app, arguments).exit_code == 0 and out.is_file()


def _rest(what: Any, keep: Any, asked: list[str]) -> None:
    for portion in what.portions():
        asked.extend(line.text for line in portion.questions)
        keep(portion, Quality([outcome(line) for line in portion.questions], [True for _ in portion.doubles],
                              [True for _ in portion.dialogues], []))


def outcome(line: Any) -> Outcome:
    return Outcome(line, "answer", ("indicators",), frozenset(), Thought("ask_indicators", 0.9, {}), 1.0)
