"""What runs is a bundle: model, content and a signed manifest, taken as a whole or not at all.

    var/models/<training data>.tar.gz    a trained model, named by the hash of everything that it was trained on
    nlu/trained/<training data>.tar.gz   the model of the data as committed (`make keep`)
    var/releases/<bundle>/               model.tar.gz, content/, manifest.json, manifest.sig
    var/releases/<bundle>.project        the project's own files, with their hashes, when it last went live
    var/releases/current                 the name of the bundle that is live; the one before it stays on disk
    var/releases/canary                  which version a share of the senders is answered from first (bot/canary.py)
    var/releases/kept                    the names of older bundles that the console may go back to, one a line

A change of the content alone makes a new bundle out of the same model, without training. A bundle is named by the hash of
its manifest, so that one name always means the same.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping

from bot.errors import ReleaseError
from bot.inputs import TRAINING_INPUTS, code_key, file_digest, files_below, project_files, training_key
from bot.settings import PROJECT, Settings, signing_secret
from bot.staff_files import written_by_staff

__all__ = ["Bundle", "TRAINING_INPUTS", "build_bundle", "changed_since", "current_bundle", "current_name", "good_bundles", "keep_bundles",
           "kept_model", "make_bundle", "make_current", "model_path", "open_bundle", "training_key"]

# Counts changes of how a bundle is laid out; a server reads those up to its own.
FORMAT = 2
BUNDLE_NAME = "[0-9a-f]{16}"
BY_PROJECT, BY_CONSOLE = "project", "console"
CANARY = "canary"
_KEPT_BUNDLES = 3
_MANIFEST, _SIGNATURE, _MODEL, _CONTENT, _CURRENT = "manifest.json", "manifest.sig", "model.tar.gz", "content", "current"
_PREVIOUS, _KEPT = "previous", "kept"
_SCRATCH, _SCRATCH_KEPT_S = "scratch-", 3600


@dataclass(frozen=True)
class Bundle:
    """A release on disk whose signature and files were found good."""

    name: str
    model: Path
    content: Path
    manifest: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def folder(self) -> Path:
        return self.model.parent

    @property
    def training(self) -> str:
        """The key of the model: the hash of all that it was trained on."""
        return self.manifest["training"]

    @property
    def model_hash(self) -> str:
        """Two bundles with the same need only one model in memory."""
        return self.manifest["files"][_MODEL]

    @property
    def made_at(self) -> int:
        """Seconds since 1970."""
        return self.manifest["made_at"]

    @property
    def origin(self) -> str:
        """Who released it: `project` (make serve, make train) or `console`."""
        return self.manifest.get("origin", BY_PROJECT)


def kept_model(project: Path = PROJECT) -> Path:
    """Where the repository keeps the model of its own data, if it does: a clean checkout then starts without training."""
    return project / "nlu" / "trained" / f"{training_key(project)}.tar.gz"


def model_path(settings: Settings, project: Path = PROJECT) -> Path:
    """Where the model for the present data is, or would be."""
    return settings.var_dir / "models" / f"{training_key(project)}.tar.gz"


def make_bundle(model: Path, content: Path, settings: Settings) -> Bundle:
    """Put a model and a snapshot of the content together, sign them, and make them the current release."""
    bundle = build_bundle(model, content, settings)
    make_current(bundle.name, settings)
    return bundle


def build_bundle(model: Path, content: Path, settings: Settings, *, origin: str = BY_PROJECT,
                 training: str = "") -> Bundle:
    """Put a model and a snapshot of the content together and sign them; what is live stays live.

    `training` is the model's key where its file is not named by it.
    """
    releases = settings.var_dir / "releases"
    with scratch_folder(settings) as scratch:
        folder = scratch / "bundle"
        folder.mkdir()
        shutil.copyfile(model, folder / _MODEL)
        shutil.copytree(content, folder / _CONTENT)
        manifest = {"format": FORMAT, "code": code_key(), "origin": origin, "training": training or model.name.split(".")[0],
                    "files": {str(path.relative_to(folder)): file_digest(path) for path in files_below(folder)}}
        name = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()[:16]
        if not _is_good(releases / name, settings):
            text = json.dumps({**manifest, "bundle": name, "made_at": int(time.time())}, indent=1, sort_keys=True)
            (folder / _MANIFEST).write_text(text, encoding="utf-8")
            (folder / _SIGNATURE).write_text(_sign(text.encode(), settings), encoding="ascii")
            place_bundle(folder, name, settings)
    return open_bundle(releases / name, settings)


@contextmanager
def scratch_folder(settings: Settings) -> Iterator[Path]:
    """A folder beside the bundles, gone at the end."""
    releases = settings.var_dir / "releases"
    releases.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=releases, prefix=_SCRATCH) as scratch:
        yield Path(scratch)


def place_bundle(folder: Path, name: str, settings: Settings) -> None:
    """Move a whole bundle to where bundles are, in one step; where a damaged one has its place, that one goes."""
    target = settings.var_dir / "releases" / name
    if target.exists() and not _is_good(target, settings):  # damaged, or signed with a key that was changed since
        shutil.rmtree(target)
    if not target.exists():
        os.rename(folder, target)


def make_current(name: str, settings: Settings) -> None:
    """Let the servers on this var folder run this bundle, from one moment to the next; old ones are forgotten."""
    releases = settings.var_dir / "releases"
    _write_whole(_project_of(name, settings), json.dumps(project_files(), indent=1))
    if (before := _named(releases / _CURRENT)) and before != name:
        _write_whole(releases / _PREVIOUS, before)
    _write_whole(releases / _CURRENT, name)
    if before != name:
        # It was begun beside what was live before; until it is gone it is void by that.
        (releases / CANARY).unlink(missing_ok=True)
    _forget_old(releases)


def keep_bundles(names: Iterable[str], settings: Settings) -> None:
    """Name the bundles that stay beside the newest, so that one can go back to them."""
    (settings.var_dir / "releases").mkdir(parents=True, exist_ok=True)
    _write_whole(settings.var_dir / "releases" / _KEPT, "\n".join(names))


def current_name(settings: Settings) -> str:
    """The name of the bundle that is to be live; empty where nothing was released yet."""
    return _named(settings.var_dir / "releases" / _CURRENT)


def changed_since(bundle: Bundle, settings: Settings) -> list[str]:
    """The project's own files that changed since this bundle went live, but for what staff wrote into them.

    Labels and edits go live when somebody releases them, not when a server starts. All files, for a bundle of which it is
    not known.
    """
    path, now = _project_of(bundle.name, settings), project_files()
    then = json.loads(path.read_text(encoding="ascii")) if path.is_file() else {}
    by_staff = written_by_staff(settings)
    return sorted(name for name in {*now, *then} if now.get(name) != then.get(name)
                  and (name not in by_staff or now.get(name) != by_staff[name]))


def current_bundle(settings: Settings) -> Bundle | None:
    """The bundle that is to be live, where there is one and it is good."""
    name = current_name(settings)
    folder = settings.var_dir / "releases" / name
    return open_bundle(folder, settings) if re.fullmatch(BUNDLE_NAME, name) and _is_good(folder, settings) else None


def open_bundle(folder: Path, settings: Settings) -> Bundle:
    """The bundle in a folder.

    Raises ReleaseError where it is unsigned, signed by another key, altered, or made for other code than this.
    """
    if wrong := _wrong_with(folder, settings):
        raise ReleaseError(f"Bundle {folder.name} {wrong}", bundle=folder.name)
    manifest = json.loads((folder / _MANIFEST).read_bytes())
    return Bundle(folder.name, folder / _MODEL, folder / _CONTENT, manifest)


def _wrong_with(folder: Path, settings: Settings) -> str:
    """What keeps a bundle from being used, as the end of a sentence; empty where nothing does."""
    for needed in (_MANIFEST, _SIGNATURE):
        if not (folder / needed).is_file():
            return f"has no {needed}."
    text = (folder / _MANIFEST).read_bytes()
    if not hmac.compare_digest((folder / _SIGNATURE).read_bytes(), _sign(text, settings).encode()):
        return "is not signed with this server's key."
    manifest = json.loads(text)
    expected = manifest["files"]
    found = {str(path.relative_to(folder)): file_digest(path) for path in files_below(folder)
             if path not in {folder / _MANIFEST, folder / _SIGNATURE}}
    if found != expected:
        wrong = sorted({*found, *expected} - {name for name in found if found[name] == expected.get(name)})
        return f"was altered: {', '.join(wrong)}."
    # Older bundles name neither a format nor the code.
    if manifest.get("format", 1) > FORMAT:
        return f"is of a newer format ({manifest['format']}) than this server reads ({FORMAT}); update the server."
    if manifest.get("code", code_key()) != code_key():
        return ("was made for other code or other versions of libraries than this server's; bring server and console to "
                "the same version and release again.")
    return ""


def good_bundles(settings: Settings) -> Iterator[Bundle | ReleaseError]:
    """The current bundle, then older ones, newest first; in place of one that cannot be used, the reason."""
    releases = settings.var_dir / "releases"
    named = _named(releases / _CURRENT)
    for folder in sorted(_folders(releases), key=lambda path: (path.name == named, path.stat().st_mtime), reverse=True):
        try:
            yield open_bundle(folder, settings)
        except ReleaseError as error:
            yield error


def _sign(manifest: bytes, settings: Settings) -> str:
    return hmac.new(signing_secret(settings).encode(), manifest, hashlib.sha256).hexdigest()


def _is_good(folder: Path, settings: Settings) -> bool:
    return not _wrong_with(folder, settings)


def _folders(releases: Path) -> Iterator[Path]:
    """The bundles, good or bad; a folder still being written has a name that no bundle has."""
    return (path for path in releases.glob("*/") if re.fullmatch(BUNDLE_NAME, path.name))


def _project_of(name: str, settings: Settings) -> Path:
    return settings.var_dir / "releases" / f"{name}.project"


def _named(pointer: Path) -> str:
    return pointer.read_text(encoding="ascii", errors="replace").strip() if pointer.is_file() else ""


def _write_whole(path: Path, text: str) -> None:
    """Replace a small file in one step: a reader sees the old text or the new."""
    scratch = path.with_name(f"{path.name}.{os.getpid()}")
    scratch.write_text(text, encoding="ascii")
    os.replace(scratch, path)


def _forget_old(releases: Path) -> None:
    """Keep the live bundle, the one that was live before it, those named as kept, and the newest of the others."""
    live = {_named(releases / pointer) for pointer in (_CURRENT, _PREVIOUS)}
    kept = set(_named(releases / _KEPT).split())
    ranked = sorted(_folders(releases), key=lambda path: (path.name in live, path.stat().st_mtime), reverse=True)
    for folder in ranked[_KEPT_BUNDLES:]:
        if folder.name not in kept:
            # Renamed first: half a bundle must not have a whole one's name.
            os.rename(folder, folder.with_name(f"{_SCRATCH}{folder.name}"))
            folder.with_name(f"{folder.name}.project").unlink(missing_ok=True)
    for folder in releases.glob(f"{_SCRATCH}*/"):
        # Somebody may be at work in a young one; an old one is what a process that was killed has left.
        if re.fullmatch(f"{_SCRATCH}{BUNDLE_NAME}", folder.name) or folder.stat().st_mtime < time.time() - _SCRATCH_KEPT_S:
            shutil.rmtree(folder, ignore_errors=True)
