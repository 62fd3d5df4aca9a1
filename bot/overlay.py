"""The project as it would go live: the repository, with what staff wrote laid over it.

Without `IMH_STAFF_DIR` staff write into the repository and that is all there is. With it, what is checked, trained on and
served is a copy of both:

    var/merged/<hash>/   the repository's files, those of the staff folder in place of the ones of their name, and what the
                         staff folder's domain.yml and stories/answers.yml name added to the repository's
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections import OrderedDict
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping

import yaml

from bot import wiring
from bot.errors import ContentError, Problem
from bot.settings import PROJECT, Settings
from bot.staff_files import AREAS, FILES, SUFFIXES, TEXTS, held, staff_root
from nlu.encoders.registry import ENCODER_DIR

__all__ = ["lent", "live_files", "live_project", "staff_root", "trial"]

# What checking, training and serving read.
_PARTS = ("bot", "actions", "nlu", "stories", "config.yml", "domain.yml", "tests/nlu/held_out")
# Read at set-up only, and larger than all the rest.
_APART = "tuning"
_KEPT = 8
_MERGED, _LEASE = "merged", ".used"
# Of this process: what was found the last time, and the copies that must not go while somebody here may read them.
_last: dict[tuple[Path, Path], tuple[Any, Path]] = {}
_leases: OrderedDict[Path, int] = OrderedDict()
_Named = Mapping[str, Path]


def live_project(settings: Settings) -> Path:
    """The folder to check, train on and serve from.

    Whole however many write meanwhile; the same folder until a file changes, and never changed itself. The last few stay,
    and those that a living process got here lately. Raises ContentError where the staff folder holds what cannot be
    taken: a link, a pipe, a domain that is not YAML.
    """
    if settings.staff_dir is None:
        return PROJECT
    with held(settings) as staff:
        files = {**_repository(), **_staff(staff)}
        seen = [(name, path, (state := path.stat()).st_size, state.st_mtime_ns, state.st_ino)
                for name, path in files.items()]
        before, merged = _last.get((staff, settings.var_dir), (None, Path()))
        if before != seen or not merged.is_dir():
            merged = _merge(files, settings)
            _last[staff, settings.var_dir] = seen, merged
        _lease(merged)
    return merged


def live_files(settings: Settings, folder: str) -> dict[str, Path]:
    """The data files below a folder such as `nlu/data`, as they would go live, by name; nothing is copied.

    Raises ContentError like `live_project`.
    """
    found = {path.relative_to(PROJECT).as_posix(): path for path in _regular(PROJECT / folder, PROJECT)}
    if settings.staff_dir is not None:
        staff = _staff(settings.staff_dir)
        found.update({name: path for name, path in staff.items() if name.startswith(f"{folder}/")})
    return {name: found[name] for name in sorted(found) if name.endswith(SUFFIXES)}


def _repository() -> dict[str, Path]:
    found = [path for part in _PARTS for path in ([PROJECT / part] if (PROJECT / part).is_file()
                                                  else _regular(PROJECT / part, PROJECT))]
    return {path.relative_to(PROJECT).as_posix(): path for path in found if _APART not in path.parts}


def _staff(staff: Path) -> dict[str, Path]:
    """What the staff folder lays over the repository; other files in it are left alone (notes, a `.git`)."""
    found = [path for area in AREAS if (staff / area).is_dir() or (staff / area.rstrip("/")).is_symlink()
             for path in _regular(staff / area, staff)
             if path.suffix in SUFFIXES or path.relative_to(staff).as_posix() in TEXTS]
    # What is added to a file of the repository has a name of its own here.
    added = [path for name in FILES if (path := staff / name).is_symlink() or path.exists()]
    for path in (*added, staff / "stories"):
        _refuse_link(path, staff)
    return {**{path.relative_to(staff).as_posix(): path for path in found},
            **{f"+{path.relative_to(staff).as_posix()}": path for path in added}}


def _regular(folder: Path, root: Path) -> Iterator[Path]:
    """The files below a folder, hidden ones and compiled code left out. Raises ContentError at anything but a file."""
    for parent in (folder, *folder.parents):
        if parent == root:
            break
        _refuse_link(parent, root)
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__" and not name.startswith("."))
        names = sorted(name for name in names if not name.startswith("."))
        for name in (*folders, *names):
            _refuse_link(Path(place, name), root)
        yield from (Path(place, name) for name in names)


def _refuse_link(path: Path, root: Path) -> None:
    """A link would make a file from anywhere on the machine part of what is published; a pipe would never end."""
    if path.is_symlink() or path.exists() and not (path.is_file() or path.is_dir()):
        raise ContentError([Problem(path.relative_to(root).as_posix(), "", "is a link or no file; put the file itself there")])


@contextmanager
def trial(settings: Settings, changes: Mapping[str, bytes | None]) -> Iterator[Path]:
    """The live project in a scratch, as it would be with these staff files (None: taken away); for `bot.check`.

    The caller is inside `held`. Raises ContentError like `live_project`.
    """
    staff = staff_root(settings)
    data = {name: path.read_bytes() for name, path in
            {**_repository(), **({} if settings.staff_dir is None else _staff(staff))}.items()}
    for name, text in changes.items():
        key = f"+{name}" if settings.staff_dir is not None and name in FILES else name
        data.pop(key, None)
        if text is not None:
            data[key] = text
    with tempfile.TemporaryDirectory() as scratch:
        _write(Path(scratch), _together(data))
        yield Path(scratch)


def _together(data: dict[str, bytes]) -> dict[str, bytes]:
    """Files by name, with what the staff folder adds to some of them in its place."""
    for name in FILES:
        if (added := data.pop(f"+{name}", None)) is not None:
            data[name] = _added(name, data[name], added)
    return data


def _write(folder: Path, data: Mapping[str, bytes]) -> None:
    for name, content in data.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def _merge(files: _Named, settings: Settings) -> Path:
    """Each file is read once: what is hashed is what is written."""
    data = _together({name: path.read_bytes() for name, path in files.items()})
    digest = hashlib.sha256()
    for name in sorted(data):
        digest.update(f"{name}\0{len(data[name])}\0".encode() + data[name])
    folder = settings.var_dir / _MERGED
    merged = folder / digest.hexdigest()[:24]
    if not merged.is_dir():
        folder.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            copy = Path(scratch) / "project"
            _write(copy, data)
            _link_caches(copy / "var", settings)
            (copy / _LEASE).touch()
            os.rename(copy, merged)
    os.utime(merged / _LEASE)
    _forget_old(folder, merged)
    return merged


def _added(name: str, text: bytes, added: bytes) -> bytes:
    """The repository's domain or rules, with the topics' intents that the staff folder's file of that name holds."""
    try:
        return wiring.with_intents(name, text.decode(), wiring.intents_of(name, added.decode())).encode()
    except (UnicodeDecodeError, yaml.YAMLError, wiring.WiringError) as error:
        raise ContentError([Problem(name, "", f"of the staff folder cannot be read: {error}")]) from error


def _link_caches(var: Path, settings: Settings) -> None:
    """What training and serving share with the repository: encoders, and the embeddings of what was read before."""
    embeddings = ENCODER_DIR.parent / "embeddings"
    if not (embeddings.is_dir() and os.access(embeddings, os.W_OK)):  # code that is read-only
        embeddings = settings.var_dir / "embeddings"
        embeddings.mkdir(exist_ok=True)
    var.mkdir()
    (var / "encoders").symlink_to(ENCODER_DIR)
    (var / "embeddings").symlink_to(embeddings)


@contextmanager
def lent(project: Path) -> Iterator[tuple[int, ...]]:
    """File descriptors to pass to a process that works in `project`, for as long as which a merged copy stays."""
    if not (project / _LEASE).is_file():  # the repository itself
        yield ()
        return
    handle = os.open(project / _LEASE, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield (handle,)
    finally:
        os.close(handle)


def _lease(merged: Path) -> None:
    """Keep a copy from being removed while this process lives and has not asked for several newer ones."""
    if merged not in _leases:
        handle = os.open(merged / _LEASE, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_SH)
        _leases[merged] = handle
    _leases.move_to_end(merged)
    while len(_leases) > _KEPT:
        os.close(_leases.popitem(last=False)[1])


def _forget_old(folder: Path, live: Path) -> None:
    copies = sorted((path for path in folder.glob("*/") if (path / _LEASE).is_file()),
                    key=lambda path: (path / _LEASE).stat().st_mtime, reverse=True)
    for copy in _unused(path for path in copies[_KEPT:] if path != live):
        # Renamed first: half a copy must not have a whole one's name.
        gone = Path(tempfile.mkdtemp(dir=folder))
        os.rename(copy, gone / "project")
        shutil.rmtree(gone)


def _unused(copies: Iterable[Path]) -> Iterator[Path]:
    for copy in copies:
        with (copy / _LEASE).open("rb") as lease:
            try:
                fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield copy
