"""How the console starts and ends, as an operator sees it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.support.console_process import Console, run

pytestmark = pytest.mark.e2e


def test_it_prints_its_address_listens_here_alone_and_ends_when_told(tmp_path: Path) -> None:
    """On the loopback unless a setting says otherwise; SIGTERM ends it at once and with success."""
    with Console(tmp_path) as console:
        assert f"{console.address}/" in console.log.read_text()
        with socket.socket() as probe, pytest.raises(OSError):
            probe.settimeout(2)
            probe.connect(("127.0.0.2", console.port))  # this machine as well, but not the address that it listens on
        began = time.monotonic()
        console.process.send_signal(signal.SIGTERM)
        assert console.process.wait(10) in {0, -signal.SIGTERM} and time.monotonic() - began < 5
        assert "Traceback" not in console.log.read_text()


def test_a_port_that_is_taken_is_told_in_a_sentence(tmp_path: Path) -> None:
    """With the setting to change, no traceback, and no address that would lead to somebody else."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("console", var_dir=tmp_path, port=taken.getsockname()[1])
    output = done.stdout + done.stderr
    assert done.returncode == 1 and "IMH_CONSOLE_PORT" in output and "choose another port" in " ".join(output.split())
    assert "Traceback" not in output and "http://" not in output


def test_it_is_free_of_the_dialogue_engine() -> None:
    """Neither Rasa nor TensorFlow is loaded: 600 MB that a console has no use for."""
    done = subprocess.run([sys.executable, "-c", "import sys, bot.console.serve; "
                           "print([name for name in ('rasa', 'tensorflow', 'sanic') if name in sys.modules])"],
                          capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_the_command_makes_the_first_administrator_once(tmp_path: Path) -> None:
    """It prints a link that opens the console, and afterwards refuses in a sentence."""
    with Console(tmp_path) as console:
        link = console.first_administrator()
        with httpx.Client(trust_env=False) as client:
            assert client.get(link).status_code == 200
            csrf = client.get(link).text.split('name="csrf" value="')[1].split('"')[0]
            assert client.post(link, data={"csrf": csrf, "password": "otters sleep in kelp"}).status_code == 303
            assert client.get(f"{console.address}/accounts").status_code == 200
        again = run("administrator", "eve", "--email", "eve@example.org", var_dir=tmp_path, port=console.port)
        assert again.returncode == 1 and "an administrator already" in " ".join(again.stderr.split())
        assert again.stdout == "" and "Traceback" not in again.stderr


def test_the_command_lets_a_lone_administrator_in_again(tmp_path: Path) -> None:
    """Beside the running console: their session ends, and the link that it prints opens the console once."""
    with Console(tmp_path) as console, httpx.Client(trust_env=False) as client:
        def choose(link: str, password: str) -> int:
            csrf = client.get(link).text.split('name="csrf" value="')[1].split('"')[0]
            return client.post(link, data={"csrf": csrf, "password": password}).status_code

        first = console.first_administrator()
        assert choose(first, "otters sleep in kelp") == 303
        assert client.get(f"{console.address}/accounts").status_code == 200
        done = run("administrator", "maria", "--reset", var_dir=tmp_path, port=console.port)
        assert done.returncode == 0 and client.get(f"{console.address}/accounts").status_code == 303
        link = done.stdout.strip()
        assert link.startswith(f"{console.address}/join/") and choose(link, "seven lemons in a boat") == 303
        assert client.get(f"{console.address}/accounts").status_code == 200
        assert client.get(link).status_code == 404
        refused = run("administrator", "eve", "--reset", var_dir=tmp_path, port=console.port)
        assert refused.returncode == 1 and refused.stdout == "" and "Traceback" not in refused.stderr


@pytest.mark.parametrize("request_", [
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
    b"GARBAGE\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
], ids=["20 kB of headers", "20 kB of address", "no HTTP", "negative length", "two lengths"])
def test_what_is_no_request_is_refused(tmp_path: Path, request_: bytes) -> None:
    """With 400 or 431, and the console goes on."""
    with Console(tmp_path) as console:
        with socket.create_connection(("127.0.0.1", console.port), timeout=10) as connection:
            connection.sendall(request_)
            assert connection.recv(4096).split()[1] in {b"400", b"431"}
        assert httpx.get(f"{console.address}/sign-in", trust_env=False).status_code == 200


def test_two_consoles_at_once_make_their_tables_once(tmp_path: Path) -> None:
    """The second waits for the first."""
    with Console(tmp_path) as one, Console(tmp_path) as two:
        for console in (one, two):
            assert httpx.get(f"{console.address}/sign-in", trust_env=False).status_code == 200
