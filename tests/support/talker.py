"""Somebody who writes two messages a second all the time, and remembers what came back and how long it took."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from types import TracebackType

import httpx

EVERY_S = 0.5


@dataclass(frozen=True)
class Turn:
    """`at` is when it was sent, seconds since 1970; `text` the plain words of the first message of the reply."""

    at: float
    status: int
    text: str
    took_s: float


class Talker:
    """Talks to a server in a thread; a context manager. A new message is sent on time, whatever became of the one before."""

    def __init__(self, address: str, *, message: str, sender: str) -> None:
        self._address = address
        self._message = message
        self.sender = sender
        self.turns: list[Turn] = []
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Talker:
        self._main = threading.Thread(target=self._talk, daemon=True)
        self._main.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._ended.set()
        self._main.join()

    def first(self, text: str, *, after: float, within_s: float) -> float:
        """Seconds from `after` until a reply with `text` was there. Raises AssertionError where none came in time."""
        while time.time() < after + within_s + 1:
            for turn in list(self.turns):
                if turn.at >= after and text in turn.text:
                    return turn.at + turn.took_s - after
            time.sleep(0.05)
        raise AssertionError(f"{text!r} did not come within {within_s} s; last: {self.turns[-3:]}")

    def _talk(self) -> None:
        # A connection that was idle is opened anew: the server closes it after 5 s, maybe in the moment of the next message.
        with httpx.Client(base_url=self._address, timeout=30, trust_env=False,
                          limits=httpx.Limits(keepalive_expiry=2.0)) as client:
            number, begun = 0, time.monotonic()
            while not self._ended.wait(max(0.0, begun + number * EVERY_S - time.monotonic())):
                # Of its own: a slow answer must not keep the next message back.
                thread = threading.Thread(target=self._say, args=(client, number), daemon=True)
                thread.start()
                self._threads.append(thread)
                number += 1
            for thread in self._threads:  # who is still being answered needs the client
                thread.join()

    def _say(self, client: httpx.Client, number: int) -> None:
        at = time.time()
        try:
            response = client.post("/webhooks/web/webhook", json={
                "sender": f"{self.sender}-{number % 5}", "message": self._message,
                "metadata": {"message_id": f"{self.sender}-{number}"}})
            text = response.json()[0]["custom"]["plain"] if response.status_code == 200 else response.text
            self.turns.append(Turn(at, response.status_code, text, time.time() - at))
        except httpx.HTTPError as error:
            self.turns.append(Turn(at, 0, repr(error), time.time() - at))
