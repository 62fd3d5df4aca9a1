"""What staff wrote, laid over the repository: whole, cheap, and with nothing in it that is not a staff file."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot import wiring
from bot.check import check
from bot.errors import ContentError, StaffFileError
from bot.overlay import lent, live_project, staff_root
from bot.release import training_key
from bot.settings import PROJECT, Settings
from bot.staff_files import place

EXAMPLES = ('version: "3.1"\nnlu:\n- intent: ask_contact\n  metadata: {voice: staff, language: en}\n  examples: |\n'
            "    - who picks up when the number on the flyer is dialled at noon\n")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty staff folder beside a var folder of its own."""
    (tmp_path / "staff").mkdir()
    return Settings(var_dir=tmp_path / "var", staff_dir=tmp_path / "staff")


def put(settings: Settings, name: str, text: str) -> Path:
    """A file in the staff folder."""
    assert settings.staff_dir
    path = settings.staff_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_staff_folder_the_project_itself_is_live(tmp_path: Path) -> None:
    """Staff then write into the repository; nothing is copied."""
    settings = Settings(var_dir=tmp_path)
    assert staff_root(settings) == live_project(settings) == PROJECT
    assert list(tmp_path.iterdir()) == []


def test_an_empty_staff_folder_changes_nothing(settings: Settings) -> None:
    """The copy is checked like the project and trains the same model."""
    live = live_project(settings)
    assert live != PROJECT and check(live).topics == check(PROJECT).topics
    assert training_key(live) == training_key(PROJECT)


def test_staff_files_lie_over_those_of_their_name(settings: Settings) -> None:
    """A file replaces the one of its name, a new one comes beside; other files of the folder are nobody's business."""
    contact = PROJECT / "bot/content/topics/contact.yml"
    put(settings, "bot/content/topics/contact.yml", contact.read_text(encoding="utf-8").replace("title:", "title: # ours", 1))
    put(settings, "nlu/data/staff/contact.yml", EXAMPLES)
    put(settings, "notes.txt", "call Ana")
    put(settings, "bot/server.py", "raise SystemExit")
    put(settings, "nlu/data/staff/.contact.yml.swp", "half")
    live = live_project(settings)
    assert "title: # ours" in (live / "bot/content/topics/contact.yml").read_text(encoding="utf-8")
    assert (live / "nlu/data/staff/contact.yml").read_text(encoding="utf-8") == EXAMPLES
    assert (live / "bot/server.py").read_bytes() == (PROJECT / "bot/server.py").read_bytes()
    assert not (live / "notes.txt").exists() and not (live / "nlu/data/staff/.contact.yml.swp").exists()
    assert training_key(live) != training_key(PROJECT)
    check(live)


def test_the_words_that_are_listened_for_are_staff_files(settings: Settings) -> None:
    """The list of names, too, which is no YAML; a note beside it is nobody's business."""
    names = [f"bot/content/{name}" for name in ("crisis_lexicon.yml", "sms_keywords.yml", "privacy_lexicon.yml", "names.txt")]
    for name in names:
        put(settings, name, f"# ours\n{(PROJECT / name).read_text(encoding='utf-8')}")
    put(settings, "bot/content/notes.txt", "call Ana")
    live = live_project(settings)
    assert all((live / name).read_text(encoding="utf-8").startswith("# ours") for name in names)
    assert not (live / "bot/content/notes.txt").exists()


def test_intents_that_staff_added_come_to_those_of_the_program(settings: Settings) -> None:
    """Not in their place: a later version of the program has intents of its own."""
    for name in ("domain.yml", "stories/answers.yml"):
        put(settings, name, wiring.only_intents(name, ["ask_contact", "ask_sleep"]))
        merged = (live_project(settings) / name).read_text(encoding="utf-8")
        original = (PROJECT / name).read_text(encoding="utf-8")
        assert wiring.intents_of(name, merged) == [*wiring.intents_of(name, original), "ask_sleep"]
        line, = set(merged.splitlines()) - set(original.splitlines())
        assert merged.replace(f"{line}\n", "") == original


def test_the_copy_is_made_anew_only_after_a_change(settings: Settings) -> None:
    """In the same folder until then; what comes back to what it was has the name that it had."""
    first = live_project(settings)
    start = time.perf_counter()
    assert live_project(settings) == first
    assert time.perf_counter() - start < 0.5
    path = put(settings, "nlu/data/staff/contact.yml", EXAMPLES)
    second = live_project(settings)
    assert second != first
    path.unlink()
    assert live_project(settings) == first


def test_old_copies_go(settings: Settings) -> None:
    """The last few stay: somebody may have asked for one a moment ago."""
    assert settings.staff_dir
    code = ("from pathlib import Path; from bot.settings import Settings; from bot.overlay import live_project\n"
            f"print(live_project(Settings(var_dir=Path({str(settings.var_dir)!r}), staff_dir=Path({str(settings.staff_dir)!r}))))\n")
    with subprocess.Popen([sys.executable, "-c", f"{code}input()"], cwd=PROJECT, text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as reader:
        assert reader.stdout and reader.stdin
        in_use = Path(reader.stdout.readline().strip())
        made = []
        for number in range(20):
            put(settings, "nlu/data/staff/contact.yml", f"{EXAMPLES}    - who answers extension {number} on a holiday\n")
            made.append(live_project(settings))
        left = {path for path in (settings.var_dir / "merged").iterdir()}
        assert set(made[-8:]) <= left and len(left) <= 10 and not made[0].exists()
        assert in_use in left, "a process that lives may still be training on it"
        reader.stdin.write("\n")
    put(settings, "nlu/data/staff/contact.yml", EXAMPLES)
    live_project(settings)
    assert not in_use.exists()


def test_a_copy_stays_while_a_process_works_in_it(settings: Settings) -> None:
    """However many newer ones this process made: a reader of the training data found its files gone after eight labels."""
    first = live_project(settings)
    with lent(first) as handles:
        working = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=handles)
    try:
        for number in range(20):
            put(settings, "nlu/data/staff/contact.yml", EXAMPLES.replace("noon", f"{number} o'clock"))
            live_project(settings)
        assert first.is_dir()
    finally:
        working.communicate(b"\n")
    put(settings, "nlu/data/staff/contact.yml", EXAMPLES)
    live_project(settings)
    assert not first.is_dir()


@pytest.mark.parametrize("name", ["bot/content/topics/contact.yml", "bot/content/topics", "nlu/data", "domain.yml",
                                  "stories", "tests/nlu/held_out"])
def test_a_link_in_the_staff_folder_is_refused(settings: Settings, tmp_path: Path, name: str) -> None:
    """It would publish a file from anywhere on the machine."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/answers.yml").write_text("password: 1", encoding="utf-8")
    assert settings.staff_dir
    link = settings.staff_dir / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(tmp_path / "secret")
    with pytest.raises(ContentError, match="link"):
        live_project(settings)
    assert not list(settings.var_dir.glob("merged/*/password"))


def test_a_pipe_in_the_staff_folder_is_refused(settings: Settings) -> None:
    """Reading it would never end."""
    path = put(settings, "nlu/data/staff/contact.yml", "")
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ContentError, match="no file"):
        live_project(settings)


@pytest.mark.parametrize("text", ["intents: [", "- a list", "\xff"], ids=["broken", "a list", "bytes"])
def test_a_domain_that_cannot_be_read_is_told(settings: Settings, text: str) -> None:
    """With its name, not with a traceback."""
    put(settings, "domain.yml", "").write_bytes(text.encode("latin-1"))
    with pytest.raises(ContentError, match="domain.yml"):
        live_project(settings)


@pytest.mark.parametrize("name", [
    "../x.yml", "nlu/data/../../bot/server.yml", "/etc/passwd", "nlu/data/staff/../../x.yml", "nlu/data/x.py", "",
    "bot/server.py", "nlu/data/a\0.yml", "nlu\\data\\x.yml", "nlu/data/.hidden.yml", "nlu//data/x.yml", "nlu/data/./x.yml",
    "config.yml", "nlu/components/linear.py"])
def test_a_staff_file_stands_among_staff_files(tmp_path: Path, name: str) -> None:
    """Whatever a name is made of, it leads to nothing else."""
    with pytest.raises(StaffFileError):
        place(tmp_path, name)


def test_a_staff_file_is_not_written_through_a_link(tmp_path: Path) -> None:
    """Neither where the file is one nor where a folder on the way is."""
    (tmp_path / "root/nlu").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "root/nlu/data").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StaffFileError, match="link"):
        place(tmp_path / "root", "nlu/data/staff/contact.yml")
