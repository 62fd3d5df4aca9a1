"""The load generator: `python -m benchmarks.load.generator PLAN RECORDS`.

A process of its own, so that its share of the processors can be told from the servers'; raw sockets, because an HTTP
client's own work would be a third of a turn. Says on standard output when it begins, and in the end, as JSON, how long
it took and what it used of a processor. SIGTERM ends it after the messages that are under way.
"""

from __future__ import annotations

import itertools
import json
import signal
import socket
import sys
import threading
import time
from typing import TextIO

from benchmarks.load.records import Plan, Record
from benchmarks.load.texts import different_texts, single

_TIMEOUT_S = 30.0
# Before the same message is sent again: after a broken connection, and after an error, which says to wait. Sent faster,
# it would be the limits that answer, not what is measured.
AFTER_BREAK_S, AFTER_ERROR_S = 0.1, 2.0
# The server is told that a proxy handed the message on, for somebody at an address of his own: limits count as they do
# for people everywhere.
_HEAD = ("POST /webhooks/web/webhook HTTP/1.1\r\nHost: bot\r\nX-Forwarded-For: {address}\r\n"
         "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n")


class Generator:
    """Sends what a plan says, and writes down a record of each attempt."""

    def __init__(self, plan: Plan, out: TextIO) -> None:
        self._plan = plan
        self._out = out
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._ends_at = float("inf")
        stop = plan.first + plan.messages if plan.messages else None
        self._texts = enumerate(itertools.islice(different_texts(), plan.first, stop), plan.first)
        self._senders = itertools.count()

    def stop(self, *_: object) -> None:
        """End after the messages that are under way; takes and ignores what a signal's handler is called with."""
        self._over.set()

    def run(self) -> None:
        """Send until the plan is fulfilled or somebody says stop."""
        if self._plan.seconds:
            self._ends_at = time.monotonic() + self._plan.seconds
        people = [threading.Thread(target=self._talk) for _ in range(self._plan.at_once)]
        for person in people:
            person.start()
        for person in people:
            person.join()

    def _talk(self) -> None:
        line = _Line(self._plan.port, self._plan.kept)
        while conversation := self._next():
            sender = next(self._senders)
            for number, text in conversation:
                if not self._say(line, sender, number, text):
                    break
        line.close()

    def _next(self) -> list[tuple[int, str]]:
        with self._lock:
            return [] if self._ended() else list(itertools.islice(self._texts, self._plan.each))

    def _ended(self) -> bool:
        return self._over.is_set() or time.monotonic() >= self._ends_at

    def _say(self, line: _Line, sender: int, number: int, text: str) -> bool:
        """Send a message, again where the plan says so; whether the conversation goes on."""
        plan = self._plan
        name, message_id = f"{plan.name}-{sender}", f"{plan.name}-m{number}"
        content = json.dumps({"sender": name, "message": text, "metadata": {"message_id": message_id}}).encode()
        address = f"10.{sender >> 16 & 255}.{sender >> 8 & 255}.{sender & 255}"
        request = _HEAD.format(address=address, length=len(content)).encode() + content
        while not self._ended():
            at, status, error, body = time.monotonic(), 0, "", b""
            try:
                status, body = line.ask(request)
            except OSError as raised:
                error = type(raised).__name__
                line.close()
            record = Record(round(at, 5), round(time.monotonic() - at, 5), status, name, message_id, error,
                            status >= 400 and b'"lines"' in body)
            with self._lock:
                self._out.write(json.dumps(record) + "\n")
            if status == 200 or not plan.resend:
                return True
            self._over.wait(AFTER_ERROR_S if status else AFTER_BREAK_S)
        return False


class _Line:
    """A connection that is made when it is needed, and anew after `kept` messages."""

    def __init__(self, port: int, kept: int) -> None:
        self._port = port
        self._kept = kept
        self._asked = 0
        self._socket: socket.socket | None = None

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """The response's status and body. Raises OSError where the connection ends before them."""
        if self._socket is None or self._asked >= self._kept:
            self.close()
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=_TIMEOUT_S)
            self._asked = 0
        self._asked += 1
        self._socket.sendall(request)
        data = self._more(b"")
        while b"\r\n\r\n" not in data:
            data = self._more(data)
        head, _, body = data.partition(b"\r\n\r\n")
        head = head.lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        while len(body) < length:
            body = self._more(body)
        if b"connection: close" in head:
            self.close()
        return int(head.split()[1]), body

    def _more(self, data: bytes) -> bytes:
        assert self._socket is not None
        chunk = self._socket.recv(65536)
        if not chunk:
            raise ConnectionAbortedError
        return data + chunk

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def main(plan_text: str, path: str) -> None:
    """Run the plan, a JSON object, and write the records to `path`, each a line."""
    with open(path, "w", encoding="utf-8", buffering=1) as out:
        single()  # reading the questions is no part of sending them
        generator = Generator(Plan(**json.loads(plan_text)), out)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, generator.stop)
        print("began", flush=True)
        began, used = time.monotonic(), time.process_time()
        generator.run()
        print(json.dumps({"seconds": time.monotonic() - began, "cpu_s": time.process_time() - used}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
