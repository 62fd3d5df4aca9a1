"""docs/security.md and docs/operations.md speak of what is there."""

from __future__ import annotations

import re

import pytest

from bot.settings import PROJECT

DOCS = PROJECT / "docs"
PAGES = {name: (DOCS / name).read_text(encoding="utf-8") for name in ("security.md", "operations.md")}
_LOCAL = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")


def anchors(text: str) -> set[str]:
    """The headings of a page as a link names them."""
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
            for heading in re.findall(r"^#+ (.+)$", text, re.M)}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    """A defence is only held by a test that exists."""
    gone = []
    for file, anchor in _LOCAL.findall(PAGES[page]):
        path = DOCS / file if file else DOCS / page
        if not path.exists() or anchor and anchor not in anchors(path.read_text(encoding="utf-8")):
            gone.append(f"{file}#{anchor}")
    assert gone == []


@pytest.mark.parametrize(("section", "said"), [
    ("Backup and restore", "exec -T postgres pg_dump -U imh -Fc imh > imh.dump"),
    ("Backup and restore", "exec -T postgres pg_restore -U imh --clean --if-exists -d imh < imh.dump"),
    ("Backup and restore", "remove `conversations.db-wal` and `conversations.db-shm` first"),
    ("Upgrade, and back", "The database is of a newer version of this program"),
    ("Sizes", "compose.yaml with `IMH_WORKERS=2`"),
    ("Kubernetes", "sh deploy/make-secrets.sh --cluster"),
    ("Kubernetes", "--from-file=deploy/secrets/cluster/bot"),
    ("Kubernetes", "--from-file=deploy/secrets/cluster/console"),
])
def test_a_step_that_was_missing_once_is_told(section: str, said: str) -> None:
    """Without it the step before fails, or destroys something."""
    assert said in PAGES["operations.md"].split(f"## {section}\n")[1].split("\n## ")[0]


def test_the_refusal_is_quoted_as_it_is_said() -> None:
    """Whoever goes back a version looks for the words in the log."""
    assert "The database is of a newer version of this program" in (
        PROJECT / "bot" / "store" / "migrate.py").read_text(encoding="utf-8")


def test_every_threat_names_its_test() -> None:
    rows = re.search(r"## Threats\n(.*?)\n## ", PAGES["security.md"], re.S).group(1).splitlines()
    threats = [row for row in rows if row.startswith("|")][2:]
    assert len(threats) > 20
    assert [row for row in threats if "](../tests/" not in row.rsplit("|", 2)[1]] == []


def test_the_versions_are_those_of_the_image() -> None:
    """Whoever raises one reads what was said of it."""
    text = (PROJECT / "requirements" / "image.lock").read_text(encoding="utf-8")
    lock = dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.M))
    section = PAGES["security.md"].split("## Past their support")[1].split("\n## ")[0]
    named = dict(re.findall(r"^\| ([\w-]+) \| ([\d.]+) \|", section, re.M))
    assert named.pop("Python") == (PROJECT / ".python-version").read_text().strip()
    assert {name: version for name, version in named.items() if lock.get(name) != version} == {}
    assert {"rasa", "tensorflow", "sanic", "sqlalchemy"} <= set(named)


@pytest.mark.parametrize("page", PAGES)
def test_settings_and_verbs_exist(page: str) -> None:
    settings = set(re.findall(r"IMH_\w+", (PROJECT / ".env.example").read_text(encoding="utf-8")))
    compose = set(re.findall(r"\{?(IMH_\w+)", (PROJECT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
                             + (PROJECT / "deploy" / "proxy" / "Caddyfile").read_text(encoding="utf-8")))
    named = {name.removesuffix("_FILE") for name in re.findall(r"IMH_[A-Z_]*[A-Z]", PAGES[page])}
    assert named - settings - compose == set()
    verbs = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"`make ([a-z-]+)", PAGES[page])) - verbs == set()


def test_no_figure_stands_there_that_was_not_measured() -> None:
    """The sizes are those of docs/performance.md, to the unit or to ten; where `make load` gave others, write them in."""
    page = (PROJECT / "docs" / "performance.md").read_text(encoding="utf-8")
    measured = {round(figure, digits) for figure in _figures(page.split("<!-- load: end -->")[0]) for digits in (0, -1)}
    table = PAGES["operations.md"].split("## Sizes")[1].split("| for | machine")[0]
    cells = [cell for row in table.splitlines()[1:] if row.startswith("| ") for cell in row.split("|")[2:-1]
             if "performance" not in cell and "p50" not in cell]
    assert len(cells) > 10
    assert [cell for cell in cells if not set(_figures(cell)) <= measured] == []


def _figures(text: str) -> list[float]:
    return [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]

