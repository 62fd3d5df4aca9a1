"""A bundle on its way: what goes in comes out, and nothing else does."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path
from typing import Callable

import pytest

from bot import archive
from bot.errors import ReleaseError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bundle, as far as the archive is concerned."""
    folder = tmp_path / "bundle"
    (folder / "content" / "topics").mkdir(parents=True)
    (folder / "content" / "topics" / "indicators.yml").write_text("¿Señales?", encoding="utf-8")
    (folder / "model.tar.gz").write_bytes(gzip.compress(b"model" * 50_000))
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where archives are unpacked; beside it nothing may appear."""
    target = tmp_path / "outer" / "target"
    target.mkdir(parents=True)
    return target


def written(tmp_path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    """An archive with these members."""
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for member, data in members:
            member.size = member.size or len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def member(name: str, **fields: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def test_what_is_packed_is_unpacked(folder: Path, target: Path, tmp_path: Path) -> None:
    """Every file, with its bytes."""
    (tmp_path / "good.tar").write_bytes(b"".join(archive.pack(folder)))
    archive.unpack(tmp_path / "good.tar", target)
    assert {path.relative_to(target): path.read_bytes() for path in target.rglob("*") if path.is_file()} == \
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_bundle_is_the_same_archive(folder: Path) -> None:
    """To the byte, whenever its files were written and whoever owns them; and its size is told before."""
    first = b"".join(archive.pack(folder))
    (folder / "model.tar.gz").touch()
    (folder / "model.tar.gz").chmod(0o600)
    assert b"".join(archive.pack(folder)) == first
    assert archive.packed_size(folder) == len(first)
    assert all(len(block) <= 64 * 1024 for block in archive.pack(folder))


ESCAPES = {
    "above": "../evil", "above from within": "content/../../evil", "absolute": "/tmp/evil", "here": "./evil",
    "doubled slash": "content//evil", "backslash": "content\\evil", "hidden": "content/.evil", "empty part": "content/ ",
    "control character": "content/\x1bevil", "long": f"content/{'x' * 200}", "deep": "/".join("x" * 12),
}


@pytest.mark.parametrize("name", ESCAPES.values(), ids=ESCAPES)
def test_a_name_that_leads_elsewhere_is_refused(target: Path, tmp_path: Path, name: str) -> None:
    """Zip-slip: nothing is written outside, nor under a name that no bundle has."""
    with pytest.raises(ReleaseError, match="name that no bundle has"):
        archive.unpack(written(tmp_path, (member(name), b"evil")), target)
    assert list(target.parent.rglob("*")) == [target]
    assert not Path("/tmp/evil").exists()


KINDS = {
    "symbolic link": member("content", type=tarfile.SYMTYPE, linkname="/etc"),
    "hard link": member("content", type=tarfile.LNKTYPE, linkname="/etc/passwd"),
    "device": member("content", type=tarfile.CHRTYPE),
    "pipe": member("content", type=tarfile.FIFOTYPE),
    "folder": member("content", type=tarfile.DIRTYPE),
}


@pytest.mark.parametrize("made", KINDS.values(), ids=KINDS)
def test_what_is_no_plain_file_is_refused(target: Path, tmp_path: Path, made: tarfile.TarInfo) -> None:
    """A link would let the next member write through it; a pipe would never end."""
    with pytest.raises(ReleaseError, match="no plain file"):
        archive.unpack(written(tmp_path, (made, b"")), target)
    assert list(target.iterdir()) == []


def test_a_link_is_never_written_through(target: Path, tmp_path: Path) -> None:
    """The classic: a link out of the folder, then a file below it."""
    with pytest.raises(ReleaseError):
        archive.unpack(written(tmp_path, (member("out", type=tarfile.SYMTYPE, linkname=str(target.parent)), b""),
                               (member("out/evil"), b"evil")), target)
    assert not (target.parent / "evil").exists()


def test_a_name_that_comes_twice_is_refused(target: Path, tmp_path: Path) -> None:
    """Which of the two was signed?"""
    with pytest.raises(ReleaseError, match="twice"):
        archive.unpack(written(tmp_path, (member("a"), b"one"), (member("a"), b"two")), target)


def test_a_file_where_a_folder_is_needed_is_refused(target: Path, tmp_path: Path) -> None:
    """In words, as everything else."""
    with pytest.raises(ReleaseError):
        archive.unpack(written(tmp_path, (member("a"), b"one"), (member("a/b"), b"two")), target)


def many(count: int) -> list[tuple[tarfile.TarInfo, bytes]]:
    return [(member(f"f{number}"), b"") for number in range(count)]


def test_more_files_than_a_bundle_has_are_refused(target: Path, tmp_path: Path) -> None:
    """A million empty files fill a disk's table as well."""
    with pytest.raises(ReleaseError, match="holds more"):
        archive.unpack(written(tmp_path, *many(archive.MAX_FILES + 1)), target)
    assert len(list(target.iterdir())) <= archive.MAX_FILES


def test_more_bytes_than_a_bundle_has_are_refused(target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All files together; the one that is too many is not begun."""
    monkeypatch.setattr(archive, "MAX_BYTES", 1000)
    with pytest.raises(ReleaseError, match="holds more"):
        archive.unpack(written(tmp_path, (member("a"), b"x" * 600), (member("b"), b"x" * 600)), target)
    assert not (target / "b").exists()


def test_a_sparse_file_is_refused(target: Path, tmp_path: Path) -> None:
    """It claims a size that is not in the archive: a gigabyte of nothing out of one block."""
    sparse = member("content", type=tarfile.GNUTYPE_SPARSE)
    header = bytearray(sparse.tobuf(tarfile.GNU_FORMAT))
    header[386:410] = b"%011o\0%011o\0" % (0, 0)
    header[483:495] = b"%011o\0" % (1 << 30)
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 8 * 32 + sum(header[156:512]))
    (tmp_path / "sparse.tar").write_bytes(bytes(header) + b"\0" * 1024)
    with pytest.raises(ReleaseError):
        archive.unpack(tmp_path / "sparse.tar", target)
    assert list(target.iterdir()) == []


def test_a_compressed_archive_is_refused(folder: Path, target: Path, tmp_path: Path) -> None:
    """What is fetched is bounded; what comes out of a compressed archive would not be."""
    (tmp_path / "small.tar.gz").write_bytes(gzip.compress(b"".join(archive.pack(folder))))
    with pytest.raises(ReleaseError, match="cannot be read"):
        archive.unpack(tmp_path / "small.tar.gz", target)


def test_a_model_that_unpacks_to_more_than_a_model_is_refused(folder: Path, target: Path, tmp_path: Path,
                                                               monkeypatch: pytest.MonkeyPatch) -> None:
    """A bomb inside: the dialogue engine would unpack all of it. Measured without unpacking."""
    monkeypatch.setattr(archive, "MAX_MODEL_BYTES", 1_000_000)
    (folder / "model.tar.gz").write_bytes(gzip.compress(b"\0" * 50_000_000))
    (tmp_path / "bomb.tar").write_bytes(b"".join(archive.pack(folder)))
    with pytest.raises(ReleaseError, match="would unpack to more"):
        archive.unpack(tmp_path / "bomb.tar", target)


def shortened(data: bytes) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize("harm", [shortened, lambda data: b"\x89PNG" + data, lambda data: b"", lambda data: b"x" * 3000],
                         ids=["half", "no archive", "nothing", "noise"])
def test_what_is_no_archive_gives_no_bundle(folder: Path, target: Path, tmp_path: Path,
                                            harm: Callable[[bytes], bytes]) -> None:
    """Cut off or something else: refused in words, or short of files, which the manifest tells."""
    (tmp_path / "harmed.tar").write_bytes(harm(b"".join(archive.pack(folder))))
    try:
        archive.unpack(tmp_path / "harmed.tar", target)
    except ReleaseError:
        return
    assert len(list(target.rglob("*.*"))) < 2
