"""The page of releases: what is shown, and what a form of it does."""

from __future__ import annotations

import html
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.console.people.tables import audit
from bot.console.publish.differences import MAX_LINES, differences
from bot.console.publish.trials import Trials
from bot.release import current_name
from tests.unit.bot.console.publish.conftest import House


def text_of(house: House, path: str = "/releases") -> str:
    response = house.client.get(path)
    assert response.status_code == 200
    return html.unescape(" ".join(response.text.split()))


def test_a_new_console_shows_that_nothing_is_there(house: House) -> None:
    """In words, without buttons that could not work."""
    text = text_of(house)
    assert "Nothing is in production yet" in text and "There is no candidate" in text
    assert "No server has been heard of" in text and "/releases/back" not in text


def test_production_candidates_and_history_are_shown(house: House) -> None:
    """Each with what can be done about it."""
    first = house.starts()
    house.trained("a" * 24)
    house.trained("b" * 24, "1 cry for help is missed now.")
    text = text_of(house)
    assert first.name[:8] in text and "Release aaaaaaaa" in text and "Nothing speaks against it" in text
    assert "1 cry for help is missed now." in text


def test_a_button_releases_and_another_takes_back(house: House) -> None:
    """And the next page says which version it is, and lists it."""
    first = house.starts()
    response = house.client.post("/releases", data={"candidate": house.trained()})
    assert (response.status_code, response.headers["location"]) == (303, "/releases")
    released = current_name(house.settings)
    text = text_of(house)
    assert f"Version {released[:8]} is released" in text and "Model and content" in text
    assert f"return to version {first.name[:8]}" in text
    assert house.client.post("/releases/back").status_code == 303
    assert current_name(house.settings) == first.name and "Taken back" in text_of(house)


def test_a_version_of_the_history_can_be_returned_to(house: House) -> None:
    """Which has a button of its own; the one that is live has none."""
    house.starts()
    house.client.post("/releases", data={"candidate": house.trained("a" * 24)})
    released = current_name(house.settings)
    house.client.post("/releases/back")
    text = text_of(house)
    assert f"Return to {released[:8]}" in text and f"Return to {current_name(house.settings)[:8]}" not in text
    house.client.post("/releases/back", data={"to": released})
    assert current_name(house.settings) == released


def test_the_gate_tells_an_editor_why(house: House) -> None:
    """And nothing more than that."""
    first = house.starts()
    response = house.client.post("/releases", data={"candidate": house.trained("a" * 24, "1 cry for help is missed now."),
                                                    "reason": "I want it."})
    assert response.status_code == 409 and "1 cry for help is missed now." in response.text
    assert "An administrator can release it" in response.text and "Release against this advice" not in response.text
    assert current_name(house.settings) == first.name


def test_the_gate_asks_an_administrator_for_a_reason(house: House) -> None:
    """In a form that releases with it; the history says so."""
    house.starts()
    name, client = house.trained("a" * 24, "1 cry for help is missed now."), house.browser(house.administrator)
    response = client.post("/releases", data={"candidate": name})
    assert response.status_code == 409 and "Release against this advice" in response.text and name in response.text
    assert client.post("/releases", data={"candidate": name, "reason": "It was a <b>wrong</b> line."}).status_code == 303
    text = client.get("/releases").text
    assert "It was a &lt;b&gt;wrong&lt;/b&gt; line." in text and "Against the gate" in text


def test_changed_content_is_shown_before_it_is_released(house: House) -> None:
    """File by file, line by line; afterwards there is nothing that waits."""
    house.starts()
    house.says("<script>Gladly.</script>")
    page = house.client.get("/releases").text
    assert "<script>Gladly" not in page
    text = text_of(house)
    assert "phrases.yml" in text and "+ en: <script>Gladly.</script>" in text and "- en: You are welcome." in text
    assert house.client.post("/releases").status_code == 303
    assert "What is said now is what is in production" in text_of(house)


def test_content_that_cannot_be_released_is_told(house: House) -> None:
    """By file, key and mend; the version in production stays."""
    first = house.starts()
    (house.project / "bot/content/crisis.yml").write_text("lines: [")
    response = house.client.post("/releases")
    assert response.status_code == 409 and "crisis.yml" in response.text
    assert current_name(house.settings) == first.name


@pytest.mark.parametrize("data", [{"candidate": "../../etc/passwd"}, {"candidate": "f" * 24}])
def test_a_candidate_that_is_none_is_refused(house: House, data: dict[str, str]) -> None:
    """In words, and nothing is released."""
    first = house.starts()
    for path in ("/releases", "/releases/try"):
        response = house.client.post(path, data=data)
        assert response.status_code == 409 and "no version of this name" in response.text
    assert current_name(house.settings) == first.name


def test_a_file_in_place_of_a_field_is_refused(house: House) -> None:
    """400, not an error of ours."""
    house.starts()
    assert house.client.post("/releases", files={"candidate": ("a", b"x")}).status_code == 400
    assert house.client.post("/releases/back", files={"to": ("a", b"x")}).status_code == 400


def test_nothing_is_tried_yet(house: House) -> None:
    """The page says where to choose; a message to nobody is told."""
    assert "There is no trial going on" in text_of(house, "/releases/try")
    assert house.client.post("/releases/try/ask", data={"message": "hello"}).status_code == 303
    assert "is not ready yet" in text_of(house, "/releases/try")


def test_differences_show_new_changed_and_lost_files(tmp_path: Path) -> None:
    """A file that is the same is not among them, and a long change is cut short and counted."""
    for folder, files in (("live", {"same": "a", "lost": "b", "long": "", "changed": "1\n2\n3\n4\n5\n6\n7\n8"}),
                          ("now", {"same": "a", "new": "c", "long": "x\n" * 300, "changed": "1\n2\n3\n4\n5\n6\n7\n9"})):
        (tmp_path / folder).mkdir()
        for name, text in files.items():
            (tmp_path / folder / name).write_text(text)
    found = {one.file: one for one in differences(tmp_path / "live", tmp_path / "now")}
    assert sorted(found) == ["changed", "long", "lost", "new"]
    assert found["lost"].lines[-1] == ("-", "b") and found["new"].lines[-1] == ("+", "c")
    assert ("-", "8") in found["changed"].lines and (" ", "1") not in found["changed"].lines
    assert len(found["long"].lines) == MAX_LINES and found["long"].more == 301 - MAX_LINES


def test_a_trial_is_logged(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who began it, of what, and who ended it."""
    house.starts()
    monkeypatch.setattr(Trials, "begin", lambda *given, **named: None)
    name = house.trained()
    for path, data in (("/releases/try", {"candidate": name}), ("/releases/try/end", {})):
        assert house.browser(house.editor).post(path, data=data).status_code == 303
    with house.engine.connect() as connection:
        logged = connection.execute(sa.select(
            audit.c.person, audit.c.action, audit.c.subject).order_by(audit.c.id)).all()
    assert logged[-2:] == [(house.editor.name, "publish.trial", name), (house.editor.name, "publish.trial_ended", "")]
