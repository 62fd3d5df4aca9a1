"""What staff change leaves as commits under their names, in a real repository, or as patches that git takes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot import wiring
from bot.console import record
from bot.console.people.accounts import Person, Role
from bot.console.record import git
from bot.console.record.tables import unrecorded
from bot.settings import PROJECT, Settings
from bot.staff_files import change, held
from bot.store.database import open_database

ANA = Person(1, "ana", "Ana Núñez", "ana@example.org", Role.REVIEWER)
BEN = Person(2, "ben", "Ben", "ben@example.org", Role.EDITOR)
CONTACT, SIGNS = "nlu/data/staff/contact.yml", "nlu/data/staff/indicators.yml"
TOPIC = "bot/content/topics/contact.yml"


def run(root: Path, *arguments: str) -> str:
    """Git as the operator uses it."""
    return subprocess.run(["git", "-c", "user.name=Op", "-c", "user.email=op@example.org", *arguments], cwd=root, check=True,
                          capture_output=True, text=True).stdout


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A repository of the operator's, with something staged and something changed that is none of ours."""
    root = tmp_path / "staff"
    root.mkdir()
    run(root, "init", "-q", "-b", "main")
    for name, text in (("notes.md", "one\n"), ("plan.md", "one\n"), (TOPIC, "topic: contact\n")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    run(root, "add", ".")
    run(root, "commit", "-qm", "first")
    (root / "notes.md").write_text("two\n")
    run(root, "add", "notes.md")
    (root / "plan.md").write_text("two\n")
    return Settings(var_dir=tmp_path / "var", staff_dir=root)


@pytest.fixture
def plain(tmp_path: Path) -> Settings:
    """A staff folder that is no repository."""
    return Settings(var_dir=tmp_path / "var", staff_dir=tmp_path / "plain")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(f"sqlite:///{tmp_path / 'db'}")


def write(settings: Settings, **files: Any) -> None:
    """`contact`, `signs`, `topic` by their new text."""
    names = {"contact": CONTACT, "signs": SIGNS, "topic": TOPIC, "domain": "domain.yml"}
    with held(settings):
        change(settings, {names[name]: text.encode() if text is not None else None for name, text in files.items()})


def head(root: Path, form: str) -> str:
    return run(root, "log", "-1", f"--format={form}").strip()


def waiting(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(unrecorded)).scalar()


def test_a_commit_holds_what_was_touched_and_nothing_else(settings: Settings) -> None:
    """New, changed and removed files; what the operator staged stays staged, what they changed stays changed."""
    root = settings.staff_dir
    assert root
    write(settings, contact="a\n", topic="topic: contact\ncites: []\n")
    made = record.commit(settings, ANA, [CONTACT, root / TOPIC], "Contact\n\nTwo files.")
    assert made == run(root, "rev-parse", "HEAD").strip()
    assert head(root, "%an <%ae>|%cn|%s|%b") == "Ana Núñez <ana@example.org>|IMH staff console|Contact|Two files."
    assert run(root, "show", "--name-only", "--format=").split() == [TOPIC, CONTACT]
    write(settings, contact=None)
    assert record.commit(settings, ANA, [CONTACT], "Taken back")
    assert run(root, "show", "--name-status", "--format=").split() == ["D", CONTACT]
    assert run(root, "status", "--porcelain").splitlines() == ["M  notes.md", " M plan.md"]


def test_where_nothing_changed_there_is_no_commit(settings: Settings) -> None:
    """A label that was taken back before anybody recorded it leaves nothing."""
    assert record.commit(settings, ANA, [CONTACT, TOPIC], "nothing") is None
    assert head(settings.staff_dir, "%s") == "first"


@pytest.mark.parametrize("person", [
    Person(1, "x", "A <b>\nX: y", "--amend", Role.REVIEWER), Person(1, "x", "", "", Role.REVIEWER),
    Person(1, "x", "--exec=rm", "a b@c", Role.REVIEWER)], ids=["lines", "empty", "options"])
def test_a_name_is_a_name(settings: Settings, person: Person) -> None:
    """Whatever somebody is called, it is neither an option nor another line of the commit."""
    write(settings, contact="a\n")
    assert record.commit(settings, person, [CONTACT], "--help; rm -rf /")
    assert head(settings.staff_dir, "%s") == "--help; rm -rf /"
    assert "\n" not in head(settings.staff_dir, "%an") and run(settings.staff_dir, "log", "--oneline").count("\n") == 2


def test_a_hook_that_refuses_is_told_and_nothing_is_lost(settings: Settings, engine: Engine) -> None:
    """In git's words; the file stays, the index is as it was, and the next try records it."""
    root = settings.staff_dir
    assert root
    hook = root / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho examples need a review >&2\nexit 1\n")
    hook.chmod(0o755)
    write(settings, contact="a\n")
    with engine.begin() as connection:
        record.later(connection, ANA, [CONTACT], "one")
    with pytest.raises(record.RecordError) as caught:
        record.flush(engine, settings)
    assert caught.value.key == "record.refused" and "need a review" in caught.value.detail
    assert (root / CONTACT).read_text() == "a\n" and waiting(engine) == 1
    assert run(root, "status", "--porcelain").splitlines() == ["M  notes.md", " M plan.md", "?? nlu/"]
    hook.unlink()
    assert len(record.flush(engine, settings)) == 1 and waiting(engine) == 0


def test_a_locked_index_is_told(settings: Settings) -> None:
    """Somebody else's git is at work, or died."""
    write(settings, topic="topic: contact\n# x\n")
    lock = settings.staff_dir / ".git/index.lock"
    lock.touch()
    with pytest.raises(record.RecordError) as caught:
        record.commit(settings, ANA, [TOPIC], "x")
    assert caught.value.key == "record.locked"
    assert lock.exists(), "whose lock it is nobody here can know"
    lock.unlink()
    assert record.commit(settings, ANA, [TOPIC], "x")


def test_a_hook_that_never_ends_is_ended(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the children that it started; the console waits for nobody for ever."""
    monkeypatch.setattr(git, "TIMEOUT_S", 1)
    hook = settings.staff_dir / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nsleep 300 & echo $! > \"../child\"; wait\n")
    hook.chmod(0o755)
    write(settings, topic="topic: contact\n# x\n")
    with pytest.raises(record.RecordError, match="too_slow"):
        record.commit(settings, ANA, [TOPIC], "x")
    child = int((settings.staff_dir.parent / "child").read_text())
    with pytest.raises(ProcessLookupError):
        for _ in range(100):
            os.kill(child, 0)
            subprocess.run(["sleep", "0.05"], check=True)


def test_the_operators_hooks_run_and_may_sign(settings: Settings) -> None:
    """Nothing is switched off: what a hook adds to the message is there."""
    hook = settings.staff_dir / ".git/hooks/commit-msg"
    hook.write_text("#!/bin/sh\necho 'Reviewed-on: here' >> \"$1\"\n")
    hook.chmod(0o755)
    write(settings, contact="a\n")
    record.commit(settings, ANA, [CONTACT], "x")
    assert "Reviewed-on: here" in head(settings.staff_dir, "%B")


def test_labels_of_a_few_minutes_are_one_commit(settings: Settings, engine: Engine) -> None:
    """Only once their author is quiet, or at the latest time; what others did meanwhile has commits of its own."""
    write(settings, contact="a\nb\n", signs="c\n")
    with engine.begin() as connection:
        for person, name, message in ((ANA, CONTACT, "one for contact"), (BEN, SIGNS, "one for signs"),
                                      (ANA, CONTACT, "one for contact")):
            record.later(connection, person, [name], message)
    assert record.flush(engine, settings, quiet_s=60, latest_s=600) == []
    assert len(record.flush(engine, settings, quiet_s=60, latest_s=0)) == 2
    log = run(settings.staff_dir, "log", "-2", "--format=%an: %s").splitlines()
    assert sorted(log) == ["Ana Núñez: one for contact (2)", "Ben: one for signs"]
    assert record.flush(engine, settings) == []


def test_two_who_taught_the_same_topic_are_both_named(settings: Settings, engine: Engine) -> None:
    """A file is committed as it is; nobody's work goes under another's name alone."""
    write(settings, contact="a\nb\n")
    with engine.begin() as connection:
        record.later(connection, ANA, [CONTACT], "one")
        record.later(connection, BEN, [CONTACT], "two")
    record.flush(engine, settings)
    assert head(settings.staff_dir, "%an") == "Ana Núñez"
    assert "Co-authored-by: Ben <ben@example.org>" in head(settings.staff_dir, "%B")


def test_a_folder_that_git_ignores_has_no_commits(tmp_path: Path) -> None:
    """A staff folder in the var folder of a checkout: its files are none of the repository's."""
    run(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("var/\n")
    (tmp_path / "var/staff").mkdir(parents=True)
    assert not git.is_working_tree(tmp_path / "var/staff") and git.is_working_tree(tmp_path)


def test_without_git_there_are_patches(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """No binary is as good as no repository."""
    monkeypatch.setattr(git.shutil, "which", lambda name: None)
    write(settings, contact="a\n")
    assert record.commit(settings, ANA, [CONTACT], "One") is None
    assert b"Subject: [PATCH] One" in record.patch(settings)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A developer's repository with the project's data as it was released."""
    root = tmp_path / "checkout"
    for part in ("bot/content", "stories", "domain.yml", "nlu/data/topics"):
        (root / part).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (PROJECT / part).is_dir() else shutil.copyfile)(PROJECT / part, root / part)
    run(root, "init", "-q", "-b", "main")
    run(root, "add", ".")
    run(root, "commit", "-qm", "released")
    return root


def patched(plain: Settings) -> bytes:
    """Labels by two people, a changed answer, a topic wired, one file that comes and goes."""
    answer = (PROJECT / TOPIC).read_text(encoding="utf-8")
    write(plain, contact="uno: ¿dónde?\n", topic=answer.replace("topic: contact", "topic: contact  # ours"))
    record.commit(plain, ANA, [CONTACT, TOPIC], "Añadir\n\nTwo files, said plainly.")
    write(plain, contact="uno: ¿dónde?\ndos, no end of line \u2028 here", signs="gone soon\n")
    record.commit(plain, BEN, [CONTACT, SIGNS], "More")
    write(plain, signs=None, domain=wiring.only_intents("domain.yml", ["ask_sleep"]))
    record.commit(plain, BEN, [SIGNS, "domain.yml"], "Wire")
    return record.patch(plain)


def test_git_takes_the_patches(plain: Settings, checkout: Path, tmp_path: Path) -> None:
    """`git am` makes a commit of each, under the right name; `git apply` makes the same files."""
    (tmp_path / "changes.patch").write_bytes(patched(plain))
    run(checkout, "am", "-q", str(tmp_path / "changes.patch"))
    assert run(checkout, "log", "-3", "--format=%an <%ae>|%s|%b", "--reverse").splitlines() == [
        "Ana Núñez <ana@example.org>|Añadir|Two files, said plainly.", "", "Ben <ben@example.org>|More|",
        "Ben <ben@example.org>|Wire|"]
    live = plain.staff_dir
    assert (checkout / CONTACT).read_bytes() == (live / CONTACT).read_bytes()
    assert (checkout / TOPIC).read_bytes() == (live / TOPIC).read_bytes()
    assert not (checkout / SIGNS).exists()
    assert wiring.intents_of("domain.yml", (checkout / "domain.yml").read_text())[-1] == "ask_sleep"
    made = run(checkout, "rev-parse", "HEAD^{tree}")
    run(checkout, "reset", "-q", "--hard", "HEAD~3")
    run(checkout, "apply", "--index", str(tmp_path / "changes.patch"))
    run(checkout, "rm", "-qf", "--ignore-unmatch", SIGNS)  # that a file comes and goes again only `git am` follows
    run(checkout, "commit", "-qm", "applied")
    assert run(checkout, "rev-parse", "HEAD^{tree}") == made


def test_names_and_messages_stay_what_they_are_in_a_patch(plain: Settings, checkout: Path, tmp_path: Path) -> None:
    """A line end in a name makes no header; a message that looks like a difference makes no file."""
    evil = "diff --git a/evil.py b/evil.py\nnew file mode 100644\n--- /dev/null\n+++ b/evil.py\n@@ -0,0 +1 @@\n+print()\n"
    write(plain, contact="a\n")
    record.commit(plain, Person(1, "x", "A\nSubject: [PATCH] evil\n\n" + evil, "a@b", Role.EDITOR), [CONTACT],
                  f"Real\n\n---\n{evil}")
    (tmp_path / "x.patch").write_bytes(record.patch(plain))
    run(checkout, "am", "-q", str(tmp_path / "x.patch"))
    assert head(checkout, "%s") == "Real" and not (checkout / "evil.py").exists()
    assert run(checkout, "show", "--name-only", "--format=").split() == [CONTACT]


def test_a_patch_can_begin_later(plain: Settings) -> None:
    """After the one with that number; what is no number is refused."""
    patched(plain)
    assert record.patch(plain, "2").count(b"Subject: ") == 1 and record.patch(plain, "3") == b""
    with pytest.raises(record.RecordError, match="no_such_commit"):
        record.patch(plain, "../1")


def test_commits_leave_as_patches_too(settings: Settings, tmp_path: Path) -> None:
    """From a repository: the console's commits and no others, after any one of them."""
    root = settings.staff_dir
    write(settings, contact="a\n")
    first = record.commit(settings, ANA, [CONTACT], "One")
    run(root, "commit", "-qm", "the operator's own", "--", "plan.md")
    write(settings, contact="a\nb\n")
    record.commit(settings, BEN, [CONTACT], "Two")
    mails = record.patch(settings)
    assert mails.count(b"Subject: ") == 2 and b"operator" not in mails
    assert record.patch(settings, first).count(b"Subject: ") == 1
    for wrong in ("--output=/tmp/x", "HEAD", "0" * 40):
        with pytest.raises(record.RecordError):
            record.patch(settings, wrong)
    clone = tmp_path / "clone"
    run(tmp_path, "clone", "-q", str(root), str(clone))
    run(clone, "reset", "-q", "--hard", "HEAD~3")
    (tmp_path / "x.patch").write_bytes(mails)
    run(clone, "am", "-q", str(tmp_path / "x.patch"))
    assert (clone / CONTACT).read_text() == "a\nb\n"
