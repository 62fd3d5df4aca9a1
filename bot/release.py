"""What runs is a bundle: model, content and a signed manifest, taken as a whole or not at all.

    var/models/<training data>.tar.gz    a trained model, named by the hash of everything that it was trained on
    nlu/trained/<training data>.tar.gz   the model of the data as committed (`make keep`)
    var/releases/<bundle>/               model.tar.gz, content/, manifest.json, manifest.sig
    var/releases/current                 the name of the bundle that is live; the one before it stays on disk

A change of the content alone makes a new bundle out of the same model, without training.
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
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Iterable, Iterator

from bot.errors import ReleaseError
from bot.settings import PROJECT, Settings, signing_secret

# What a model is made of. Content is not among it: answers change without training.
TRAINING_INPUTS = ("config.yml", "domain.yml", "nlu/components", "nlu/data", "nlu/encoders", "nlu/lexicon",
                   "stories", "bot/safety", "bot/content/crisis_lexicon.yml")
# How an encoder was tuned; what came of it is known by the hash of its graph (nlu/encoders/install.py).
_APART = "tuning"
_CODE_PACKAGES = ("rasa", "scikit-learn", "onnxruntime", "spacy")
_KEPT_BUNDLES = 3
_MANIFEST, _SIGNATURE, _MODEL, _CONTENT, _CURRENT = "manifest.json", "manifest.sig", "model.tar.gz", "content", "current"
_PREVIOUS = "previous"
_BUNDLE_NAME = "[0-9a-f]{16}"


@dataclass(frozen=True)
class Bundle:
    """A release on disk whose signature and files were found good."""

    name: str
    model: Path
    content: Path


def training_key(project: Path = PROJECT) -> str:
    """The hash of all that a model is trained on: data, rules, configuration, components, library versions."""
    files = [path for part in TRAINING_INPUTS for path in _files(project / part) if _APART not in path.parts]
    versions = "".join(f"{package}=={version(package)}\n" for package in _CODE_PACKAGES)
    return _digest([(str(path.relative_to(project)), path) for path in files], extra=versions)


def kept_model(project: Path = PROJECT) -> Path:
    """Where the repository keeps the model of its own data, if it does: a clean checkout then starts without training."""
    return project / "nlu" / "trained" / f"{training_key(project)}.tar.gz"


def model_path(settings: Settings) -> Path:
    """Where the model for the present data is, or would be."""
    return settings.var_dir / "models" / f"{training_key()}.tar.gz"


def make_bundle(model: Path, content: Path, settings: Settings) -> Bundle:
    """Put a model and a snapshot of the content together, sign them, and make them the current release."""
    releases = settings.var_dir / "releases"
    releases.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=releases) as scratch:
        folder = Path(scratch) / "bundle"
        folder.mkdir()
        shutil.copyfile(model, folder / _MODEL)
        shutil.copytree(content, folder / _CONTENT)
        hashes = {str(path.relative_to(folder)): _file_digest(path) for path in _files(folder)}
        name = hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()[:16]
        if not _is_good(releases / name, settings):
            manifest = json.dumps({"bundle": name, "made_at": int(time.time()), "training": model.name.split(".")[0],
                                   "files": hashes}, indent=1, sort_keys=True)
            (folder / _MANIFEST).write_text(manifest, encoding="utf-8")
            (folder / _SIGNATURE).write_text(_sign(manifest.encode(), settings), encoding="ascii")
            if (releases / name).exists():  # damaged, or signed with a key that was changed since
                shutil.rmtree(releases / name)
            os.rename(folder, releases / name)
    bundle = open_bundle(releases / name, settings)
    if (before := _named(releases / _CURRENT)) and before != name:
        _write_whole(releases / _PREVIOUS, before)
    _write_whole(releases / _CURRENT, name)
    _forget_old(releases)
    return bundle


def open_bundle(folder: Path, settings: Settings) -> Bundle:
    """The bundle in a folder. Raises ReleaseError where it is unsigned, signed by another key, or altered."""
    for needed in (_MANIFEST, _SIGNATURE):
        if not (folder / needed).is_file():
            raise ReleaseError(f"Bundle {folder.name} has no {needed}.")
    manifest = (folder / _MANIFEST).read_bytes()
    if not hmac.compare_digest((folder / _SIGNATURE).read_bytes(), _sign(manifest, settings).encode()):
        raise ReleaseError(f"Bundle {folder.name} is not signed with this server's key.")
    expected = json.loads(manifest)["files"]
    found = {str(path.relative_to(folder)): _file_digest(path) for path in _files(folder)
             if path.name not in {_MANIFEST, _SIGNATURE}}
    if found != expected:
        wrong = sorted({*found, *expected} - {name for name in found if found[name] == expected.get(name)})
        raise ReleaseError(f"Bundle {folder.name} was altered: {', '.join(wrong)}.")
    return Bundle(folder.name, folder / _MODEL, folder / _CONTENT)


def good_bundles(settings: Settings) -> Iterator[Bundle | ReleaseError]:
    """The current bundle, then older ones, newest first; in place of one that cannot be used, the reason."""
    releases = settings.var_dir / "releases"
    named = _named(releases / _CURRENT)
    for folder in sorted(_folders(releases), key=lambda path: (path.name == named, path.stat().st_mtime), reverse=True):
        try:
            yield open_bundle(folder, settings)
        except ReleaseError as error:
            yield error


def _files(path: Path) -> Iterable[Path]:
    if path.is_file():
        return [path]
    return sorted(found for found in path.rglob("*") if found.is_file() and "__pycache__" not in found.parts)


def _digest(named: Iterable[tuple[str, Path]], *, extra: str) -> str:
    digest = hashlib.sha256(extra.encode())
    for name, path in named:
        digest.update(f"{name}\0{_file_digest(path)}\n".encode())
    return digest.hexdigest()[:24]


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _sign(manifest: bytes, settings: Settings) -> str:
    return hmac.new(signing_secret(settings).encode(), manifest, hashlib.sha256).hexdigest()


def _is_good(folder: Path, settings: Settings) -> bool:
    try:
        open_bundle(folder, settings)
    except ReleaseError:
        return False
    return True


def _folders(releases: Path) -> Iterator[Path]:
    """The bundles, good or bad; a folder still being written has a name that no bundle has."""
    return (path for path in releases.glob("*/") if re.fullmatch(_BUNDLE_NAME, path.name))


def _named(pointer: Path) -> str:
    return pointer.read_text(encoding="ascii", errors="replace").strip() if pointer.is_file() else ""


def _write_whole(path: Path, text: str) -> None:
    """Replace a small file in one step: a reader sees the old text or the new."""
    scratch = path.with_suffix(f".{os.getpid()}")
    scratch.write_text(text, encoding="ascii")
    os.replace(scratch, path)


def _forget_old(releases: Path) -> None:
    """Keep the live bundle, the one that was live before it, and the newest of the others."""
    live = {_named(releases / pointer) for pointer in (_CURRENT, _PREVIOUS)}
    ranked = sorted(_folders(releases), key=lambda path: (path.name in live, path.stat().st_mtime), reverse=True)
    for folder in ranked[_KEPT_BUNDLES:]:
        shutil.rmtree(folder)
