"""People who talk to a server all at once and without a pause, and what became of each message."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import httpx

from tests.support.server import Server


# How often somebody who insists asks again.
AGAIN = 20


@dataclass
class Said:
    """One message: how it was answered, or the name of the error with which its connection ended."""

    sender: str
    message_id: str
    at: float
    status: int = 0
    error: str = ""
    reply: Any = field(default=None, repr=False)


class Crowd:
    """Threads that talk until told to stop; a context manager. `said` holds every message, in no order.

    Each waits `patience_s` for an answer. Those who insist then send the same message again until it is answered.
    """

    def __init__(self, server: Server, people: int, *, patience_s: float = 20, insist: bool = False) -> None:
        self._url = f"http://127.0.0.1:{server.port}/webhooks/web/webhook"
        self._patience_s = patience_s
        self._insist = insist
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._talk) for _ in range(people)]
        self.said: list[Said] = []

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def answered(self) -> list[Said]:
        """Those that the server acknowledged."""
        return [message for message in self.said if message.status == 200]

    def _talk(self) -> None:
        sender = uuid.uuid4().hex
        with httpx.Client(timeout=self._patience_s, trust_env=False) as client:
            while not self._over.is_set():
                message = Said(sender, uuid.uuid4().hex, time.monotonic())
                self.said.append(message)
                send(client, self._url, message)
                for _ in range(AGAIN if self._insist else 0):
                    if message.status == 200:
                        break
                    time.sleep(0.05)
                    send(client, self._url, message)
                if message.error:
                    time.sleep(0.05)


def send(client: httpx.Client, url: str, message: Said) -> None:
    """Post one message, which names itself, and note what becomes of it."""
    message.error = ""
    try:
        text = f"what is infant mental health {message.message_id}"
        response = client.post(url, json={"sender": message.sender, "message": text,
                                          "metadata": {"message_id": message.message_id}})
        message.status, message.reply = response.status_code, response.json()
    except httpx.TransportError as error:
        message.error = type(error).__name__
