"""Versions for tests of releases: the present model with another content, or packed anew, which makes it another one."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

from bot.knowledge import CONTENT
from bot.release import Bundle, build_bundle
from bot.settings import Settings

THANKS = "You are welcome. Ask me more any time."


def content_that_says(thanks: str, folder: Path) -> Path:
    """A copy of the content that answers thanks like this."""
    shutil.copytree(CONTENT, folder, dirs_exist_ok=True)
    phrases = (CONTENT / "phrases.yml").read_text(encoding="utf-8")
    assert THANKS in phrases
    (folder / "phrases.yml").write_text(phrases.replace(THANKS, thanks), encoding="utf-8")
    return folder


def packed_anew(model: Path, target: Path, number: int) -> Path:
    """The same model in other bytes: whoever compares hashes has to load it."""
    target.mkdir(parents=True, exist_ok=True)
    path = target / model.name
    path.write_bytes(gzip.compress(gzip.decompress(model.read_bytes()), mtime=number))
    return path


def version(model: Path, thanks: str, settings: Settings, *, number: int = 0) -> Bundle:
    """A signed bundle that answers thanks like this; `number` above 0 packs its model anew."""
    folder = settings.var_dir / "made"
    if number:
        model = packed_anew(model, folder / "models", number)
    return build_bundle(model, content_that_says(thanks, folder / "content"), settings)
