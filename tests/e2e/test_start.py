"""How the server starts and ends: it refuses what is broken, gives crisis lines without a model, stops when told."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator, Mapping

import httpx
import pytest

from bot.knowledge import CONTENT
from bot.release import make_bundle, model_path
from bot.settings import Settings
from tests.support.project import copy_project, replace
from tests.support.server import PROJECT, Server, free_port, share_models
from tests.support.web import ALL_LINES, WEBHOOK

pytestmark = pytest.mark.e2e

QUESTION = "what is infant mental health"
# `make serve` makes a good bundle before it listens; this is the server alone, with the bundles that it finds.
ALONE = ("-c", "from bot.logs import configure_logging; from bot.server import serve; from bot.settings import "
               "load_settings; configure_logging(); serve(load_settings())")
REFUSED_WITHIN_S = 30
ENDS_WITHIN_S = 10

TOPIC = "bot/content/topics/indicators.yml"
BRIEF = "bot/content/briefs/issues-brief-1/brief.md"


def start(project: Path, **environment: str) -> tuple[int, str]:
    """Exit code and output, as one line, of a `bot serve` that is expected to refuse."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("IMH_")}
    done = subprocess.run([sys.executable, "-m", "bot", "serve"], cwd=project, capture_output=True, text=True,
                          timeout=REFUSED_WITHIN_S, env={**kept, "IMH_VAR_DIR": str(project / "var"), **environment})
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def assert_refused(code: int, output: str) -> None:
    """One readable message and code 1; it never listened."""
    assert code == 1, output
    assert "Traceback" not in output and "File \"" not in output
    assert "http://" not in output  # the address is printed before it listens


def unknown_topic(project: Path) -> None:
    text = (project / TOPIC).read_text(encoding="utf-8")
    (project / TOPIC).write_text(re.sub(r"(?m)^related: \[\w+", "related: [school_redyness", text), encoding="utf-8")


def missing_citation(project: Path) -> None:
    replace(project / "bot/content/topics/school_readiness.yml", "\ncites: [3]", "\ncites: [9]")


def missing_passage(project: Path) -> None:
    replace(project / "bot/content/topics/brain_development.yml", "passages: [f_brain]", "passages: [f_brains]")


def changed_brief(project: Path) -> None:
    replace(project / BRIEF, "infants", "babies")


def broken_content(project: Path) -> None:
    replace(project / "bot/content/contacts.yml", "default:", "default: [")


def broken_stories(project: Path) -> None:
    replace(project / "stories/answers.yml", "rules:", "rules: {")


def broken_examples(project: Path) -> None:
    replace(project / "nlu/data/topics/indicators.yml", "nlu:", "nlu: }")


def lost_crisis_file(project: Path) -> None:
    (project / "bot/content/crisis.yml").unlink()


BREAKAGES = {
    "an unknown topic": (unknown_topic, (TOPIC, "related", "school_redyness", "(closest: 'school_readiness')")),
    "a missing citation": (missing_citation, ("bot/content/topics/school_readiness.yml", "cites", "cites 9")),
    "a missing passage": (missing_passage, ("bot/content/topics/brain_development.yml", "f_brains", "f_brain'")),
    "a changed brief": (changed_brief, (BRIEF, "is not the brief as it was published")),
    "broken YAML of the content": (broken_content, ("bot/content/contacts.yml", "line ")),
    "broken YAML of the stories": (broken_stories, ("stories/answers.yml", "line ")),
    "broken YAML of the examples": (broken_examples, ("nlu/data/topics/indicators.yml", "line ")),
    "no crisis lines": (lost_crisis_file, ("bot/content/crisis.yml", "is missing")),
}


class TestBrokenContent:
    """`make serve` on a project that does not hold together."""

    @pytest.mark.parametrize("breakage", [
        "an unknown topic", "a missing citation", "a changed brief", "no crisis lines", "broken YAML of the content",
        "broken YAML of the stories",
    ])
    def test_it_stops_before_it_listens(self, tmp_path: Path, breakage: str) -> None:
        """With file, key and mend, and without a traceback."""
        project = copy_project(tmp_path / "project")
        break_it, told = BREAKAGES[breakage]
        break_it(project)
        code, output = start(project, IMH_PORT=str(free_port()))
        assert_refused(code, output)
        assert all(words in output for words in told), output

    def test_everything_that_is_broken_is_listed_at_once(self, tmp_path: Path) -> None:
        """One reading is enough to mend it."""
        project = copy_project(tmp_path / "project")
        broken = ("an unknown topic", "a missing citation", "a missing passage", "a changed brief",
                  "broken YAML of the stories", "broken YAML of the examples")
        for breakage in broken:
            BREAKAGES[breakage][0](project)
        code, output = start(project, IMH_PORT=str(free_port()))
        assert_refused(code, output)
        assert [words for breakage in broken for words in BREAKAGES[breakage][1] if words not in output] == []


def test_bad_settings_are_named_in_one_message() -> None:
    """Each with what would be right; a secret is not repeated."""
    bad = {"IMH_PORT": "eighty", "IMH_RATE_SENDER": "many", "IMH_RATE_ADDRESS": "0/60", "IMH_RATE_LOOPBACK": "maybe",
           "IMH_SECRET": "hunter2-hunter2", "IMH_WORKERS": "0", "IMH_DB_URL": "mysql://user:hunter2@host/db",
           "IMH_TRUSTED_PROXIES": "proxy", "IMH_ALLOWED_ORIGINS": "example.org", "IMH_PUBLIC_URL": "example.org/chat"}
    code, output = start(PROJECT, **bad)
    assert_refused(code, output)
    assert [name for name in bad if name not in output] == []
    assert "hunter2" not in output


def test_a_port_that_is_taken_is_told(trained: Path, tmp_path: Path) -> None:
    """In one sentence that names the port, with a code that a supervisor understands."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        share_models(tmp_path)
        code, output = start(PROJECT, IMH_PORT=port, IMH_VAR_DIR=str(tmp_path))
    assert code != 0
    assert "Traceback" not in output
    assert port in output


def damaged_archive(var_dir: Path) -> Path:
    """A file that is called a model and is none."""
    path = var_dir / "models" / "damaged.tar.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x1f\x8b\x08\x00" + os.urandom(5000))
    return path


class TestNoModel:
    """The current bundle's model is damaged, the one before was tampered with, and there is no other."""

    @pytest.fixture(scope="class")
    def crippled(self, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        """A server that has no model that it could use."""
        var_dir = tmp_path_factory.mktemp("crippled")
        settings = Settings(var_dir=var_dir)
        tampered = make_bundle(model_path(Settings(var_dir=trained)), CONTENT, settings)
        with (tampered.content / "crisis.yml").open("a", encoding="utf-8") as file:
            file.write("\n# tampered with\n")
        make_bundle(damaged_archive(var_dir), CONTENT, settings)
        with Server(var_dir, arguments=ALONE, wait=False) as server:
            yield server

    def test_it_lives_and_says_why_it_is_not_ready(self, crippled: Server) -> None:
        """200 and 503 with the reason and the lines."""
        assert crippled.client.get("/webhooks/web/health/live").status_code == 200
        response = crippled.client.get("/webhooks/web/health/ready")
        assert response.status_code == 503
        assert "model" in response.json()["reason"]
        assert response.json()["lines"]

    def test_its_log_tells_the_operator(self, crippled: Server) -> None:
        """Which bundles cannot be used, why, and what to do."""
        log = crippled.log.read_text(encoding="utf-8")
        assert "was altered: content/crisis.yml" in log
        assert log.count("cannot be used") == 1
        assert "make train" in log

    def test_a_question_gets_the_crisis_lines(self, crippled: Server, sender: str) -> None:
        """503 with words, lines and when to come back."""
        response = crippled.client.post(WEBHOOK, json={"sender": sender, "message": QUESTION})
        assert response.status_code == 503 and int(response.headers["Retry-After"]) >= 1
        assert response.json()["error"]["code"] == "unavailable"
        assert {line["display"] for line in response.json()["lines"]} == ALL_LINES
        assert "Traceback" not in response.text

    @pytest.mark.parametrize(("message", "first", "metadata"), [
        ("i want to kill myself", "988", {}), ("im about to shake him", "988", {}),
        ("my baby is not breathing", "911", {}), ("my toddler just drank some bleach", "1-800-222-1222", {}),
        ("ya no quiero vivir", "988", {"language": "es"}), ("my boyfriend is hitting me right now", "911", {}),
        ("saw bruises on a four month old, dad's story keeps changing", "1-855-333-7233", {"audience": "provider"}),
    ])
    def test_danger_gets_the_line_that_fits_first(self, crippled: Server, sender: str, message: str, first: str,
                                                  metadata: Mapping[str, str]) -> None:
        """The rules need no model."""
        response = crippled.client.post(WEBHOOK, json={"sender": sender, "message": message, "metadata": metadata})
        assert response.status_code == 503
        lines = response.json()["lines"]
        assert lines[0]["display"] == first
        assert len({line["display"] for line in lines}) == len(lines)

    def test_the_page_shows_the_lines(self, crippled: Server) -> None:
        """To somebody in a browser, as a page."""
        response = crippled.client.post("/webhooks/web/", data={"message": "i want to kill myself"})
        assert response.status_code == 503 and response.headers["content-type"].startswith("text/html")
        numbers = re.findall(r'href="tel:([^"]+)"', response.text)
        assert numbers[0] == "988"

    def test_bad_input_is_told_as_ever(self, crippled: Server) -> None:
        """A client's mistake is no failure of the server."""
        assert crippled.client.post(WEBHOOK, json={"message": ""}).status_code == 400
        assert crippled.client.get("/webhooks/web/nothing").status_code == 404
        assert crippled.client.get("/webhooks/web/").status_code == 200


class TestOlderModel:
    """The current bundle is damaged; the one before it is good."""

    @pytest.fixture(scope="class")
    def fallen_back(self, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        """A server that has to take the bundle before the current one."""
        var_dir = tmp_path_factory.mktemp("older")
        settings = Settings(var_dir=var_dir)
        make_bundle(model_path(Settings(var_dir=trained)), CONTENT, settings)
        make_bundle(damaged_archive(var_dir), CONTENT, settings)
        with Server(var_dir, arguments=ALONE, wait=False) as server:
            yield server

    def test_the_older_bundle_answers(self, fallen_back: Server, sender: str) -> None:
        """Ready, and with a real answer; the log names the bundle that was passed over."""
        assert fallen_back.client.get("/webhooks/web/health/ready").status_code == 200
        assert fallen_back.say(QUESTION, sender=sender)[0]["custom"]["topic"] == "define_imh"
        assert "cannot be used" in fallen_back.log.read_text(encoding="utf-8")

    def test_it_ends_when_told(self, fallen_back: Server) -> None:
        """SIGTERM: within ten seconds, with clients connected, with code 0 or the signal's; nobody listens any more."""
        assert fallen_back.process is not None
        with httpx.Client(base_url=fallen_back.client.base_url, trust_env=False) as kept_alive, \
                socket.create_connection(("127.0.0.1", fallen_back.port)) as half_open:
            kept_alive.get("/webhooks/web/health/live")
            half_open.sendall(b"POST /webhooks/web/webhook HTTP/1.1\r\nHost: x\r\n")
            started = time.monotonic()
            fallen_back.process.send_signal(signal.SIGTERM)
            assert fallen_back.process.wait(timeout=ENDS_WITHIN_S) in {0, -signal.SIGTERM, 128 + signal.SIGTERM}
            assert time.monotonic() - started < ENDS_WITHIN_S
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", fallen_back.port)) != 0
