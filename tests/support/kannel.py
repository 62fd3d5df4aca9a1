"""A real Kannel in front of the server, and a carrier whose phones it serves. Ends only what it started."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Callable, Sequence
from urllib.parse import quote_plus, unquote_to_bytes

import httpx

from tests.support.server import PROJECT, Server, free_port

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
PRESENT = all(shutil.which(program, path=_PATH) for program in ("bearerbox", "smsbox"))
FAKESMSC = Path("/usr/lib/kannel/test/fakesmsc")
TOKEN = "0123456789abcdef"
PROGRAMME = "15055550100"
_UP_WITHIN_S = 20
_CONCATENATED = re.compile(rb"\x05\x00\x03(.)(.)(.)", re.DOTALL)


@dataclass(frozen=True)
class Part:
    """One segment as it came to a phone; `total` of 1 is a message of its own."""

    text: str
    reference: int = 0
    total: int = 1
    number: int = 1


@dataclass
class Phone:
    """What came to one number, in order."""

    parts: list[Part] = field(default_factory=list)

    @property
    def messages(self) -> list[list[Part]]:
        """The messages that are complete, each in its parts, in the order in which they were completed."""
        whole, open_ = [], {}
        for part in self.parts:
            got = open_.setdefault(part.reference if part.total > 1 else object(), [])
            got.append(part)
            if len(got) == part.total:
                whole.append(sorted(got, key=lambda one: one.number))
                open_ = {reference: parts for reference, parts in open_.items() if parts is not got}
        return whole

    @property
    def texts(self) -> list[str]:
        """The messages as a person reads them."""
        return ["".join(part.text for part in message) for message in self.messages]


class Carrier:
    """Stands where fakesmsc stands and speaks its lines, with many phones and nothing left to chance."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._phones: dict[str, Phone] = {}
        self._arrived = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Hang up; closing alone would leave the connection to the thread that reads from it."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def text(self, sender: str, text: str) -> None:
        """A phone sends a message of one segment."""
        self._send(f"{sender} {PROGRAMME} data {quote_plus(text)}")

    def ucs2(self, sender: str, text: str) -> None:
        """A phone sends a message in UCS-2."""
        self._send(f"{sender} {PROGRAMME} ucs2 {_escaped(text.encode('utf-16-be'))}")

    def parts(self, sender: str, texts: Sequence[str], *, order: Sequence[int], reference: int) -> None:
        """A phone sends a long message in its parts, which come in the given order of their numbers (from 1)."""
        for number in order:
            udh = _escaped(bytes([5, 0, 3, reference, len(texts), number]))
            self._send(f"{sender} {PROGRAMME} udh {udh} {quote_plus(texts[number - 1])}")

    def phone(self, number: str) -> Phone:
        with self._arrived:
            return self._phones.setdefault(number, Phone())

    def count(self) -> int:
        """Messages that arrived whole, on all phones."""
        with self._arrived:
            return sum(len(phone.messages) for phone in self._phones.values())

    def wait(self, done: Callable[[], bool], timeout_s: float = 20) -> bool:
        """Wait until `done`; whether it came to that."""
        with self._arrived:
            return self._arrived.wait_for(done, timeout_s)

    def answers(self, sender: str, count: int = 1, timeout_s: float = 20) -> list[str]:
        """The first `count` messages to a phone; fails where they do not come."""
        phone = self.phone(sender)
        assert self.wait(lambda: len(phone.messages) >= count, timeout_s), (sender, phone.parts)
        return phone.texts

    def _send(self, line: str) -> None:
        self._socket.sendall(line.encode() + b"\n")

    def _listen(self) -> None:
        try:
            with self._socket.makefile("rb") as lines:
                for line in lines:
                    self._take(line.rstrip(b"\n"))
        except (OSError, ValueError):
            pass  # closed

    def _take(self, line: bytes) -> None:
        _programme, number, *rest = line.split(b" ", 3)
        kind, content = rest if len(rest) == 2 else (rest[0], b"")
        reference, total, place = 0, 1, 1
        if kind == b"udh":
            header, kind, content = content.split(b" ", 2)
            reference, total, place = (value[0] for value in _CONCATENATED.fullmatch(unquote_to_bytes(header)).groups())
        raw = content if kind == b"text" else unquote_to_bytes(content.replace(b"+", b" "))
        text = raw.decode("utf-16-be" if kind == b"ucs2" else "utf-8")
        with self._arrived:
            self._phones.setdefault(number.decode(), Phone()).parts.append(Part(text, reference, total, place))
            self._arrived.notify_all()


class Kannel:
    """`bearerbox` and `smsbox` with the configuration that `python -m bot kannel` prints; a context manager."""

    def __init__(self, folder: Path, server: Server, *, edit: Callable[[str], str] = lambda conf: conf) -> None:
        """`edit` may change the configuration before it is used."""
        self.smsc_port, self._admin_port, self._box_port = free_port(), free_port(), free_port()
        self.logs = [folder / "bearerbox.log", folder / "smsbox.log"]
        self._conf = folder / "kannel.conf"
        self._folder, self._server, self._edit = folder, server, edit
        self._boxes: list[subprocess.Popen[bytes]] = []
        self.carrier: Carrier

    def __enter__(self) -> Kannel:
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _start(self) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("IMH_")}
        printed = subprocess.run(
            [sys.executable, "-m", "bot", "kannel", "--admin-port", str(self._admin_port), "--box-port",
             str(self._box_port), "--smsc-port", str(self.smsc_port)], cwd=PROJECT, check=True, capture_output=True,
            text=True, env={**environment, "IMH_KANNEL_TOKEN": TOKEN, "IMH_PORT": str(self._server.port)}).stdout
        self._conf.write_text(self._edit(printed), encoding="utf-8")
        self._box("bearerbox", self.logs[0])
        self._until(lambda: _listens(self._box_port) and _listens(self._admin_port))
        self._box("smsbox", self.logs[1])
        self._until(lambda: "smsbox:" in self._status())
        self.carrier = Carrier(self.smsc_port)

    def _box(self, program: str, log: Path) -> None:
        path = shutil.which(program, path=_PATH)
        with log.open("ab") as output:
            self._boxes.append(subprocess.Popen([path, "-v", "4", str(self._conf)], cwd=self._folder, stdout=output,
                                                stderr=output, start_new_session=True))

    def _status(self) -> str:
        password = re.search(r"^admin-password = (\w+)", self._conf.read_text(), re.MULTILINE).group(1)
        return httpx.get(f"http://127.0.0.1:{self._admin_port}/status.txt", params={"password": password},
                         trust_env=False).text

    def _until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _UP_WITHIN_S
        while not done():
            ended = [box.returncode for box in self._boxes if box.poll() is not None]
            if ended or time.monotonic() > deadline:
                raise RuntimeError("Kannel did not start:\n" + "\n".join(log.read_text()[-2000:] for log in self.logs
                                                                         if log.exists()))
            time.sleep(0.1)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if hasattr(self, "carrier"):
            with suppress(OSError):
                self.carrier.close()
        for box in reversed(self._boxes):
            if box.poll() is None:
                # Told to stop, it would wait for messages that nobody fetches any more.
                os.killpg(box.pid, signal.SIGKILL)
                box.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _escaped(data: bytes) -> str:
    return "".join(f"%{byte:02x}" for byte in data)
