"""A console with a release to start from, and candidates that need no training."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import pytest
from starlette.testclient import TestClient

from bot.console.people.accounts import Person, Role
from bot.console.publish import releasing
from bot.console.train import candidates as gate
from bot.console.train.tables import candidates as table
from bot.knowledge import CONTENT
from bot.release import Bundle, make_bundle
from bot.settings import Settings
from bot.store.database import insert_new
from tests.support.console import browser, console, new_person

THANKS = "You are welcome. Ask me more any time."


@dataclass(frozen=True)
class Candidate:
    """Stands for a model with its card: what speaks against it is given, not judged."""

    name: str
    made_at: float
    by: str
    model: Path
    objections: tuple[str, ...]


class House:
    """The console, its people, its project and its candidates."""

    def __init__(self, client: TestClient, project: Path) -> None:
        self.client = client
        self.app = client.app
        self.engine = client.app.state.database
        self.settings: Settings = client.app.state.settings
        self.project = project
        self.editor = new_person(client.app, Role.EDITOR)
        self.administrator = new_person(client.app, Role.ADMINISTRATOR)
        self.candidates: list[Candidate] = []

    def says(self, thanks: str) -> None:
        """Change what is answered to thanks, in the project as it would go live."""
        text = (CONTENT / "phrases.yml").read_text(encoding="utf-8")
        (self.project / "bot/content/phrases.yml").write_text(text.replace(THANKS, thanks), encoding="utf-8")

    def trained(self, name: str = "a" * 24, *objections: str) -> str:
        """A candidate, with what speaks against it."""
        model = self.settings.var_dir / "models" / f"{name}.tar.gz"
        model.parent.mkdir(parents=True, exist_ok=True)
        model.write_bytes(name.encode())
        self.candidates.append(Candidate(name, 1_700_000_000.0, "Ana", model, objections))
        with self.engine.begin() as connection:
            insert_new(connection, table, {"name": name, "made_at": 1_700_000_000.0, "person_id": 1, "person": "Ana",
                                           "job_id": 1})
        return name

    def starts(self, model: str = "0123abcd") -> Bundle:
        """What `make serve` makes of the project when it starts for the first time."""
        path = self.settings.var_dir / f"{model}.tar.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"the first model")
        return make_bundle(path, self.project / "bot/content", self.settings)

    def browser(self, person: Person) -> TestClient:
        """Where this person sits."""
        return browser(self.app, person.role, person)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    project = tmp_path / "project"
    shutil.copytree(CONTENT, project / "bot" / "content")
    house = House(console(tmp_path, Role.EDITOR, secret="k" * 64, console_token="t" * 40), project)
    monkeypatch.setattr(releasing, "live_project", lambda settings: project)
    monkeypatch.setattr(releasing, "check", lambda project: None)
    monkeypatch.setattr("bot.console.publish.pages.live_project", lambda settings: project)
    monkeypatch.setattr(gate, "_candidate", lambda row, settings: next(
        candidate for candidate in house.candidates if candidate.name == row.name))
    yield house
    house.engine.dispose()
