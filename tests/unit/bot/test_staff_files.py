"""Several staff files change together or not at all, whoever is killed meanwhile."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from bot.errors import StaffFileError
from bot.settings import Settings
from bot.staff_files import change, held
from tests.support.killed import killed_at_every_step

BEFORE = {"nlu/data/staff/a.yml": b"old a\n", "nlu/data/staff/b.yml": b"old b\n"}
CHANGES = {"nlu/data/staff/a.yml": b"new a\n", "nlu/data/staff/b.yml": None, "bot/content/topics/c.yml": b"new c\n"}
AFTER = {"nlu/data/staff/a.yml": b"new a\n", "bot/content/topics/c.yml": b"new c\n"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Two staff files."""
    settings = Settings(var_dir=tmp_path / "var", staff_dir=tmp_path / "staff")
    put(settings, BEFORE)
    return settings


def put(settings: Settings, files: dict[str, bytes | None]) -> None:
    with held(settings):
        change(settings, files)


def found(settings: Settings) -> dict[str, bytes]:
    """The files that anybody reads: scratch has a name that nobody looks at."""
    assert settings.staff_dir
    return {path.relative_to(settings.staff_dir).as_posix(): path.read_bytes()
            for path in settings.staff_dir.rglob("*.yml") if not path.name.startswith(".")}


def test_a_change_is_whole_wherever_it_is_killed(settings: Settings) -> None:
    """Killed before each line in turn: whoever comes next finds all of it or nothing of it, never some."""
    seen = []
    for _ in killed_at_every_step(lambda: put(settings, CHANGES), "bot/staff_files.py"):
        with held(settings):
            seen.append(found(settings))
        put(settings, {**BEFORE, "bot/content/topics/c.yml": None})
    assert len(seen) > 60 and seen[0] == BEFORE and seen[-1] == AFTER
    assert all(state in (BEFORE, AFTER) for state in seen)
    assert [state for state in seen if state == AFTER] == seen[seen.index(AFTER):], "once decided, it stays decided"


def test_ending_a_change_is_whole_wherever_it_is_killed(settings: Settings, tmp_path: Path) -> None:
    """The one who ends what another left may be killed too, and so on."""
    for _ in killed_at_every_step(lambda: put(settings, CHANGES), "bot/staff_files.py"):
        if (settings.var_dir / "staff-change").is_dir():
            break
    for _ in killed_at_every_step(lambda: held(settings).__enter__(), "bot/staff_files.py"):
        pass
    assert found(settings) == AFTER and not (settings.var_dir / "staff-change").exists()


@pytest.mark.parametrize("name", ["../x.yml", "bot/server.py"])
def test_one_wrong_name_and_nothing_is_written(settings: Settings, name: str) -> None:
    """Names are looked at before the first file is."""
    with pytest.raises(StaffFileError):
        put(settings, {**CHANGES, name: b"x"})
    assert found(settings) == BEFORE


def test_who_holds_the_folder_holds_it_alone(settings: Settings) -> None:
    """Two who read, add one and write: no one is lost."""
    assert settings.staff_dir
    path = settings.staff_dir / "nlu/data/staff/a.yml"
    put(settings, {"nlu/data/staff/a.yml": b"0"})

    def count() -> None:
        for _ in range(20):
            with held(settings):
                change(settings, {"nlu/data/staff/a.yml": str(int(path.read_text()) + 1).encode()})

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() == "60"
