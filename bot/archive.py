"""A bundle on its way: packed the same to the byte each time, unpacked with nothing trusted.

An archive comes from the network and is opened before its signature can be: names that lead out of the folder, links,
devices, and sizes that would fill the disk are refused here, by what is in the archive and not by what its maker says.
"""

from __future__ import annotations

import io
import re
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Iterator

from bot.errors import ReleaseError
from bot.inputs import files_below

MAX_BYTES = 256 * 1024 * 1024
MAX_FILES = 2000
# What the model's own archive may unpack to: Rasa unpacks all of it.
MAX_MODEL_BYTES = 1024 * 1024 * 1024
_MAX_DEPTH = 8
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,127}")
_PLAIN = {tarfile.REGTYPE, tarfile.AREGTYPE}
_BLOCK_BYTES = 64 * 1024


def pack(folder: Path) -> Iterator[bytes]:
    """The files of a bundle as a tar archive, in pieces of at most 64 KiB."""
    for path in files_below(folder):
        member = tarfile.TarInfo(path.relative_to(folder).as_posix())
        member.size, member.mode = path.stat().st_size, 0o644
        yield member.tobuf(tarfile.USTAR_FORMAT)
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                yield block
        yield b"\0" * (-member.size % tarfile.BLOCKSIZE)
    yield b"\0" * (2 * tarfile.BLOCKSIZE)


def packed_size(folder: Path) -> int:
    """The bytes that `pack` gives."""
    sizes = [path.stat().st_size for path in files_below(folder)]
    return sum(tarfile.BLOCKSIZE + size + -size % tarfile.BLOCKSIZE for size in sizes) + 2 * tarfile.BLOCKSIZE


def unpack(archive: Path, folder: Path) -> None:
    """Write the files of a packed bundle into an empty folder. Raises ReleaseError where it holds anything else."""
    try:
        # No compression: what comes out is never more than what came in.
        with tarfile.open(archive, "r:") as tar:
            _unpack(tar, folder)
    except (tarfile.TarError, EOFError, ValueError, FileExistsError, NotADirectoryError) as error:
        raise ReleaseError("The archive of a bundle cannot be read.") from error
    if (model := folder / "model.tar.gz").is_file():
        _check_model(model)


def _unpack(tar: tarfile.TarFile, folder: Path) -> None:
    size = 0
    for count, member in enumerate(tar, start=1):
        _check_member(member)
        size += member.size
        if count > MAX_FILES or size > MAX_BYTES:
            raise ReleaseError("The archive of a bundle holds more than a bundle may.")
        target = folder / member.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            raise ReleaseError(f"The archive of a bundle holds {member.name!r} twice.")
        data = tar.extractfile(member)
        assert data is not None  # a plain file
        with target.open("wb") as file:
            while block := data.read(_BLOCK_BYTES):
                file.write(block)


def _check_member(member: tarfile.TarInfo) -> None:
    """Raises ReleaseError at a name that leads elsewhere and at what is no plain file."""
    parts = PurePosixPath(member.name).parts
    if "/".join(parts) != member.name or len(parts) > _MAX_DEPTH or not all(map(_PART.fullmatch, parts)):
        raise ReleaseError(f"The archive of a bundle holds a name that no bundle has: {member.name[:80]!r}.")
    # A sparse file claims a size that is not in the archive.
    if member.type not in _PLAIN or member.sparse is not None or member.size < 0:
        raise ReleaseError(f"The archive of a bundle holds something that is no plain file: {member.name[:80]!r}.")


def _check_model(model: Path) -> None:
    """Raises ReleaseError where the model's archive would unpack to more than a model is; read, not unpacked."""
    size, unpacker = 0, zlib.decompressobj(wbits=31)
    with model.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            while block:
                try:
                    size += len(unpacker.decompress(block, io.DEFAULT_BUFFER_SIZE * 16))
                except zlib.error:
                    return  # no archive at all, which loading it says better
                if size > MAX_MODEL_BYTES:
                    raise ReleaseError("The model of a bundle would unpack to more than a model may.")
                block = unpacker.unconsumed_tail
