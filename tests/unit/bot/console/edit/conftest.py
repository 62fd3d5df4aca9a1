"""Changes of the repository's content, tried, and a console whose staff write into a folder of their own."""

from __future__ import annotations

import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Mapping

import pytest
from starlette.testclient import TestClient

from bot.console.edit import drafts
from bot.console.edit.fields import Value
from bot.console.edit.subjects import Subject, fields
from bot.console.edit.trial import Change, Outcome, examine, preview
from bot.console.edit.yaml_text import read
from bot.console.people.accounts import Person, Role
from bot.knowledge import load_knowledge
from bot.settings import PROJECT
from tests.support.console import browser, console

TODAY = datetime.date(2026, 11, 28)
PLAIN = "answer.en.parent.plain"


def text(subject: Subject) -> str:
    """Of the subject's file in the repository."""
    return (PROJECT / subject.file).read_text(encoding="utf-8")


def change(kind: str, name: str, values: Mapping[str, Value] = {}, *, deed: str = "change") -> Change:
    """A change of the repository's content: these fields get new values, the others stay."""
    subject = Subject(kind, name)
    data = read(text(subject))
    its_fields = fields(subject, data, load_knowledge())
    shown = {field.name: field.shown(data) for field in its_fields}
    assert set(values) <= set(shown), set(values) - set(shown)
    return Change(subject, deed, its_fields, {**shown, **values})


def outcome(kind: str, name: str, values: Mapping[str, Value] = {}, *, deed: str = "change",
            whole: bool = False) -> Outcome:
    """What comes of trying it; compared with the files beside the content where it is tried as a `whole`."""
    tried = change(kind, name, values, deed=deed)
    return (examine if whole else preview)(tried, text(tried.subject), PROJECT, TODAY)


def found(kind: str, name: str, values: Mapping[str, Value] = {}, *, deed: str = "change",
          whole: bool = False) -> dict[str, str]:
    """What is to be mended, by field."""
    sentences: dict[str, str] = {}
    for finding in outcome(kind, name, values, deed=deed, whole=whole).findings:
        sentences[finding.field] = f"{sentences.get(finding.field, '')} {finding.sentence}".strip()
    return sentences


class Desk:
    """One member of staff in the console, with the steps of a draft as they do them."""

    def __init__(self, client: TestClient, staff: Path) -> None:
        self.client = client
        self.staff = staff
        self.person: Person = client.person  # type: ignore[attr-defined]

    def begin(self, key: str, **form: str) -> str:
        """Begin a draft of a subject; its address."""
        return self._there(self.client.post(f"/answers/{key}", data=form)).removesuffix("/difference")

    def filled(self, draft: str, **values: Any) -> dict[str, Any]:
        """The draft's form as the page shows it, with other values in some fields."""
        return {**form_of(self.client.get(draft).text), **values}

    def save(self, draft: str, *, do: str = "save", **values: Any) -> Any:
        """Send the form with other values in some fields; the response."""
        return self.client.post(draft, data={**self.filled(draft, **values), "do": do})

    def step(self, draft: str, name: str, **form: str) -> Any:
        """Send, approve, publish, withdraw or take up the draft as it is shown now; the response."""
        return self.client.post(f"{draft}/{name}", data={"version": version_of(self.client, draft), **form})

    def written(self, file: str) -> str:
        """A file of the staff folder."""
        return (self.staff / file).read_text(encoding="utf-8")

    @staticmethod
    def _there(response: Any) -> str:
        assert response.status_code == 303, response.text
        return response.headers["location"]


def version_of(client: TestClient, draft: str) -> str:
    """The version of a draft that whoever looks at it now sees."""
    found = drafts.find(client.app.state.database, int(draft.rsplit("/", 1)[1]))  # type: ignore[attr-defined]
    assert found
    return str(found.version)


def form_of(page: str) -> dict[str, Any]:
    """The fields of the draft's form in a page, with their values."""
    reader = _Form()
    reader.feed(page)
    return reader.values


class _Form(HTMLParser):
    """Reads the form with the id `draft`."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, Any] = {}
        self._inside = False
        self._area = self._select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        has = dict(attributes)
        if tag == "form":
            self._inside = has.get("id") == "draft"
        if not self._inside:
            return
        name = has.get("name") or ""
        if tag == "textarea":
            self._area = name
            self.values[name] = ""
        elif tag == "select":
            self._select = name
            self.values[name] = ""
        elif tag == "option" and "selected" in has:
            self.values[self._select] = has["value"]
        elif tag == "input" and has.get("type") == "checkbox":
            if "checked" in has:
                self.values.setdefault(name, []).append(has["value"])
        elif tag == "input":
            self.values[name] = has.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area:
            self.values[self._area] = self.values[self._area].removeprefix("\n")
            self._area = ""
        elif tag == "form":
            self._inside = False


@pytest.fixture
def ana(tmp_path: Path) -> Desk:
    """An editor, where two people must agree."""
    return Desk(console(tmp_path, Role.EDITOR, staff_dir=tmp_path / "staff", approvals=2), tmp_path / "staff")


@pytest.fixture
def ben(ana: Desk) -> Desk:
    """Another editor of the same console."""
    return Desk(browser(ana.client.app, Role.EDITOR), ana.staff)  # type: ignore[arg-type]


@pytest.fixture
def alone(tmp_path: Path) -> Desk:
    """An editor who decides alone."""
    return Desk(console(tmp_path, Role.EDITOR, staff_dir=tmp_path / "staff"), tmp_path / "staff")
