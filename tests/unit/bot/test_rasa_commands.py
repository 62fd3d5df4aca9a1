"""Rasa's own commands: nothing read is an error, and Rasa is not even started."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from bot import rasa_commands  # not its functions: pytest would take `test_stories` for a test
from bot.errors import ImhError

NLU = """
version: "3.1"
# - a comment is no example
nlu:
- intent: greet
  metadata: {voice: many}
  examples: |
    - hello
    - good morning - and thank you
"""
RULES = """
rules:
- rule: Greet
  steps:
  - intent: greet
  - action: action_converse
- rule: Answer
  steps:
  - intent: ask_contact
  - action: action_answer
"""
TEST_STORY = """
stories:
- story: somebody greets
  steps:
  - user: hello
    intent: greet
  - action: action_converse
"""


class FakeRasa:
    """Stands for subprocess.run; remembers what was started, and ends as told."""

    def __init__(self) -> None:
        self.started: list[list[str]] = []
        self.folders: list[Path] = []
        self.code = 0
        self.stdout = self.stderr = ""

    def __call__(self, command: list[str], *, cwd: Path, **_: Any) -> subprocess.CompletedProcess[str]:
        self.started.append(command)
        self.folders.append(cwd)
        return subprocess.CompletedProcess(command, self.code, self.stdout, self.stderr)


@pytest.fixture
def rasa(monkeypatch: pytest.MonkeyPatch) -> FakeRasa:
    rasa = FakeRasa()
    monkeypatch.setattr(subprocess, "run", rasa)
    return rasa


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two examples, two rules and a test story."""
    for name, text in {"nlu/data/topics/greet.yml": NLU, "stories/rules.yml": RULES,
                       "tests/conversations/test_greet.yml": TEST_STORY}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


Break = Callable[[Path], object]
"""Takes something away from a project."""


def rewritten(name: str, text: str) -> Break:
    return lambda project: (project / name).write_text(text, encoding="utf-8")


def removed(name: str) -> Break:
    return lambda project: (project / name).unlink()


def renamed(name: str, target: str) -> Break:
    return lambda project: (project / name).rename(project / target)


# --- Validation -------------------------------------------------------------------------------------------------------


def test_validation_reads_the_data(rasa: FakeRasa, project: Path) -> None:
    """Rasa's own command, on the folders of the project, and how many examples it had to read."""
    assert rasa_commands.validate(project=project) == 2
    assert [command[-6:] for command in rasa.started] == [["rasa", "data", "validate", "--data", "nlu/data", "stories"]]
    assert rasa.started[0][0] == sys.executable
    assert rasa.folders == [project]


EMPTY_BLOCKS = """
nlu:
- intent: greet
  examples: |
- intent: thanks
  examples: |
"""


@pytest.mark.parametrize(("break_", "counted"), [
    pytest.param(removed("nlu/data/topics/greet.yml"), "0 examples", id="no file of examples"),
    pytest.param(renamed("nlu/data/topics/greet.yml", "nlu/data/topics/greet.txt"), "0 examples", id="no YAML"),
    pytest.param(rewritten("nlu/data/topics/greet.yml", ""), "0 examples", id="empty file"),
    pytest.param(rewritten("nlu/data/topics/greet.yml", NLU[:NLU.index("  examples")]), "0 examples",
                 id="intent without examples"),
    pytest.param(rewritten("nlu/data/topics/greet.yml", EMPTY_BLOCKS), "0 examples", id="intents without examples"),
    pytest.param(rewritten("nlu/data/topics/greet.yml", "nlu:\n"), "0 examples", id="empty list of intents"),
    pytest.param(removed("stories/rules.yml"), "0 rules", id="no file of rules"),
    pytest.param(rewritten("stories/rules.yml", "rules: []\n"), "0 rules", id="empty list of rules"),
    pytest.param(rewritten("stories/rules.yml", RULES.replace("- rule:", "# - rule:")), "0 rules",
                 id="rules that are commented out"),
])
def test_nothing_to_validate_is_an_error(rasa: FakeRasa, project: Path, break_: Break,
                                         counted: str) -> None:
    """Rasa would find no fault with it; it is not started, and the operator reads what was looked for and where."""
    break_(project)
    with pytest.raises(ImhError, match=f"Nothing to validate: .*{counted} in (nlu/data|stories).*Correct the path"):
        rasa_commands.validate(project=project)
    assert rasa.started == []


@pytest.mark.parametrize(("paths", "named"), [
    pytest.param({"nlu": ["nlu/dta"]}, "0 examples in nlu/dta, 2 rules", id="examples"),
    pytest.param({"stories": ["storys"]}, "2 examples in nlu/data, 0 rules in storys", id="rules"),
])
def test_mistyped_path_is_named(rasa: FakeRasa, project: Path, paths: dict[str, list[str]], named: str) -> None:
    """The path that was looked into stands in the message."""
    with pytest.raises(ImhError, match=named):
        rasa_commands.validate(**paths, project=project)
    assert rasa.started == []


def test_examples_of_all_files_are_counted(rasa: FakeRasa, project: Path) -> None:
    """Several folders, and files in folders of theirs."""
    more = project / "more" / "deep" / "thanks.yml"
    more.parent.mkdir(parents=True)
    more.write_text(NLU, encoding="utf-8")
    assert rasa_commands.validate(["nlu/data", "more"], project=project) == 4
    assert rasa.started[0][-4:] == ["--data", "nlu/data", "more", "stories"]


def test_only_examples_are_counted(rasa: FakeRasa, project: Path) -> None:
    """A file with two blocks of one example each holds two."""
    block = "- intent: greet\n  examples: |\n    - hello\n"
    (project / "nlu/data/topics/greet.yml").write_text(f"nlu:\n{block}{block}", encoding="utf-8")
    assert rasa_commands.validate(project=project) == 2


# --- Test stories -----------------------------------------------------------------------------------------------------


def play(project: Path, **paths: str) -> int:
    return rasa_commands.test_stories(project / "models" / "model.tar.gz", project=project, **paths)


def test_stories_are_played(rasa: FakeRasa, project: Path) -> None:
    """Rasa's own command with the model, failing where a story does, its results beside the model."""
    assert play(project) == 1
    (command,) = rasa.started
    assert command[command.index("rasa"):][:3] == ["rasa", "test", "core"]
    assert command[command.index("--model") + 1] == str(project / "models" / "model.tar.gz")
    assert command[command.index("--stories") + 1] == "tests/conversations"
    assert command[command.index("--out") + 1].startswith(str(project / "models"))
    assert "--fail-on-prediction-errors" in command
    assert rasa.folders == [project]


@pytest.mark.parametrize("break_", [
    pytest.param(removed("tests/conversations/test_greet.yml"), id="no file"),
    pytest.param(renamed("tests/conversations/test_greet.yml", "tests/conversations/greet.yml"),
                 id="no file that Rasa takes for a test"),
    pytest.param(rewritten("tests/conversations/test_greet.yml", "stories: []\n"), id="empty list"),
    pytest.param(rewritten("tests/conversations/test_greet.yml", TEST_STORY.replace("- story:", "# - story:")),
                 id="story that is commented out"),
])
def test_nothing_to_test_is_an_error(rasa: FakeRasa, project: Path, break_: Break) -> None:
    """Rasa would succeed; it is not started."""
    break_(project)
    with pytest.raises(ImhError, match="Nothing to test: no story in tests/conversations. Correct the path"):
        play(project)
    assert rasa.started == []


def test_mistyped_path_of_stories_is_named(rasa: FakeRasa, project: Path) -> None:
    """The path that was looked into stands in the message."""
    with pytest.raises(ImhError, match="no story in tests/conversation. Correct"):
        play(project, stories="tests/conversation")
    assert rasa.started == []


# --- Rasa fails -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("run", "command"), [
    pytest.param(lambda project: rasa_commands.validate(project=project), "rasa data validate failed", id="validate"),
    pytest.param(play, "rasa test core failed", id="test"),
])
def test_failure_of_rasa_is_an_error(rasa: FakeRasa, project: Path, run: Callable[[Path], int], command: str) -> None:
    """With the end of what Rasa wrote, where the reason stands, and no more."""
    rasa.code = 1
    rasa.stdout = "\n".join(f"line {number}" for number in range(100))
    rasa.stderr = "\nThe intent 'ask' is not listed in the domain file."
    with pytest.raises(ImhError, match="(?s)line 99.*not listed in the domain file") as raised:
        run(project)
    assert command in str(raised.value)
    assert "line 50" not in str(raised.value)


# --- The project ------------------------------------------------------------------------------------------------------


def test_project_has_something_to_validate_and_to_test(rasa: FakeRasa, tmp_path: Path) -> None:
    """The paths that make uses are those where the data is."""
    assert rasa_commands.validate() > 1000
    assert rasa_commands.test_stories(tmp_path / "model.tar.gz") > 0
    assert len(rasa.started) == 2
