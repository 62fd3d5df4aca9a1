"""Rasa's own commands keep working on this project, for whoever knows Rasa and not this bot."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Sequence

import httpx
import pytest

from bot import rasa_commands
from bot.errors import ImhError
from bot.release import model_path
from bot.settings import Settings
from tests.support.history import said
from tests.support.server import PROJECT, free_port

pytestmark = pytest.mark.e2e

READY_TIMEOUT_S = 90
QUESTION = "what is infant mental health"

ENDPOINTS = """
action_endpoint:
  url: http://127.0.0.1:{actions}/webhook
tracker_store:
  type: bot.store.tracker.BoundedTrackerStore
  url: sqlite:///{database}
lock_store:
  type: bot.store.locks.QueueLockStore
"""


@dataclass(frozen=True)
class Started:
    """Processes that were started: the server's, where it keeps what was said, and the ports of both."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int
    actions: int


def environment(**more: str) -> dict[str, str]:
    """The environment without settings of whoever runs the tests; listening on this machine only."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("IMH_")}
    return {**kept, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "SANIC_HOST": "127.0.0.1", **more}


@pytest.fixture(scope="module", autouse=True)
def started(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """`rasa run` and `rasa run actions` with the project's model and channels and a scratch database; not yet ready."""
    folder = tmp_path_factory.mktemp("rasa")
    port, actions = free_port(), free_port()
    endpoints = folder / "endpoints.yml"
    endpoints.write_text(ENDPOINTS.format(actions=actions, database=folder / "conversations.db"), encoding="utf-8")
    model = model_path(Settings(var_dir=trained))
    serve = ["run", "--model", str(model), "--endpoints", str(endpoints), "--credentials", "credentials.yml",
             "--interface", "127.0.0.1", "--port", str(port)]
    act = ["run", "actions", "--actions", "actions", "--port", str(actions)]
    with rasa(act, folder), rasa(serve, folder) as running:
        yield Started(running, folder, port, actions)


@pytest.fixture(scope="module")
def rasa_run(started: Started) -> Iterator[tuple[httpx.Client, Path]]:
    """The two, ready: a client for the server, and the folder of its database."""
    with httpx.Client(base_url=f"http://127.0.0.1:{started.port}", timeout=30, trust_env=False) as client:
        until_ready(started, client, "/webhooks/web/health/ready")
        until_ready(started, client, f"http://127.0.0.1:{started.actions}/health")
        yield client, started.folder


def test_data_validate_finds_nothing_wrong() -> None:
    """Having read the examples that are there."""
    assert rasa_commands.validate() > 1000


@pytest.mark.parametrize("nothing", ["nlu", "stories"])
def test_a_validation_that_reads_nothing_fails(tmp_path: Path, nothing: str) -> None:
    """Rasa itself would call it a success."""
    with pytest.raises(ImhError, match="Nothing to validate"):
        rasa_commands.validate(**{nothing: (str(tmp_path),)})


@contextmanager
def rasa(arguments: Sequence[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Rasa command that runs until it is told to end."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-W", "ignore", "-m", "rasa", *arguments], cwd=PROJECT, stdout=log,
                                   stderr=log, env=environment(IMH_VAR_DIR=str(folder)), start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def until_ready(started: Started, client: httpx.Client, address: str) -> None:
    """Wait until an address says 200."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline and started.process.poll() is None:
        try:
            if client.get(address).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError((started.folder / "log").read_text()[-3000:])


def test_rasa_run_answers_through_the_web_channel(rasa_run: tuple[httpx.Client, Path]) -> None:
    """With actions in a process of their own; the turn is stored, and the next one remembers it."""
    client, folder = rasa_run
    first = client.post("/webhooks/web/webhook", json={"sender": "anna", "message": QUESTION})
    assert first.status_code == 200
    assert [message["custom"]["kind"] for message in first.json()] == ["answer", "notice"]
    assert first.json()[0]["custom"]["topic"] == "define_imh"
    second = client.post("/webhooks/web/webhook", json={"sender": "anna", "message": "says who?"})
    assert [message["custom"]["topic"] for message in second.json()] == ["references"]
    assert said(folder, "anna") == [QUESTION, "says who?"]


def test_rasa_run_hears_danger(rasa_run: tuple[httpx.Client, Path]) -> None:
    """The lines come first here too."""
    client, _ = rasa_run
    reply = client.post("/webhooks/web/webhook", json={"sender": "berta", "message": "i want to kill myself"}).json()
    assert reply[0]["custom"]["kind"] == "crisis" and reply[0]["custom"]["lines"][0]["display"] == "988"


def test_rasa_run_refuses_like_the_server(rasa_run: tuple[httpx.Client, Path]) -> None:
    """Limits, error bodies and headers are the channel's own, not Rasa's."""
    client, _ = rasa_run
    for response, status, code in (
            (client.post("/webhooks/web/webhook", json={"message": ""}), 400, "message_missing"),
            (client.get("/webhooks/web/nothing"), 404, "not_found"),
            (client.put("/webhooks/web/webhook"), 405, "method_not_allowed"),
            (client.post("/webhooks/web/webhook", json={"message": "x" * 20_000}), 413, "body_too_large")):
        assert (response.status_code, response.json()["error"]["code"]) == (status, code)
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_rasa_run_lets_no_website_in(rasa_run: tuple[httpx.Client, Path]) -> None:
    """Rasa itself allows credentials with no origin configured."""
    client, _ = rasa_run
    response = client.post("/webhooks/web/webhook", json={"sender": "clara", "message": "hello"},
                           headers={"Origin": "https://evil.example"})
    assert not [name for name in response.headers if name.lower().startswith("access-control-allow-")]
