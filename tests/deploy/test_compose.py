"""compose.yaml is one by the specification, and no service can do more than it needs."""

from __future__ import annotations

import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import PROJECT, Rate, load_settings
from tests.support.tools import run

DEPLOY = PROJECT / "deploy"
TEXT = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ALERTS: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.alerts.yaml").read_text(encoding="utf-8"))
OUTWARD = {name for name, network in COMPOSE["networks"].items() if not network.get("internal")}


GIVEN = {"IMH_SITE": "chat.example.org", "IMH_CONSOLE_SITE": "console.example.org"}


def filled(text: str) -> str:
    """With compose's variables in their places: `${NAME:-default}`, `${NAME:?what is missing}`."""
    return re.sub(r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda found: GIVEN.get(found[1], found[2] or ""), text)


def environment(service: str) -> dict[str, str]:
    """The variables of a service; an empty one is one that is not set."""
    variables = {name: filled(str(value)) for name, value in SERVICES[service]["environment"].items()}
    return {name: value for name, value in variables.items() if value}


@pytest.mark.parametrize("file", sorted(path.name for path in DEPLOY.glob("compose*.yaml")))
def test_the_specification_allows_it(file: str) -> None:
    merged = yaml.safe_load(filled((DEPLOY / file).read_text(encoding="utf-8")))
    done = run("python", "tests/support/read_compose.py", stdin=yaml.safe_dump(merged))
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["services"]) == set(merged["services"])


def test_the_specification_would_refuse_a_slip() -> None:
    """The check above can fail."""
    slip = "services: {bot: {image: x, restart: 7, ports: 5}}"
    assert run("python", "tests/support/read_compose.py", stdin=slip).returncode


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_contained(name: str) -> None:
    """A read-only root, no capability (but the proxy's port), no new privileges, bounded, begun again when it ends."""
    service = SERVICES[name]
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"] and service["restart"] == "unless-stopped"
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])
    assert service["mem_limit"] and service["pids_limit"] and "privileged" not in service
    assert service["ulimits"] == {"core": 0}, "a dump of its memory would hold words as they were typed"
    assert service["image"].count(":") and not service["image"].endswith("latest")
    assert name == "proxy" or not service["user"].startswith("0")
    assert all("docker.sock" not in str(volume) for volume in service.get("volumes", []))


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"smsbox"}))
def test_a_service_is_asked_how_it_is(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize(("name", "path"), [("bot", "/webhooks/web/health/ready"), ("console", "/health/ready")])
def test_what_is_ours_says_itself_how_it_is(name: str, path: str) -> None:
    """Not only that a port is open."""
    assert path in SERVICES[name]["healthcheck"]["test"][-1]


def test_only_the_proxy_has_ports_of_the_machine() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert SERVICES["proxy"]["ports"] == ["80:80", "443:443"]


def test_only_the_proxy_and_the_gateway_can_call_out() -> None:
    """The bot, the console, the database and Redis are on inner networks and no other."""
    outward = {name for name, service in SERVICES.items() if OUTWARD & set(service.get("networks", ()))}
    assert outward == {"proxy", "bearerbox"}
    assert all(service.get("networks") or service.get("network_mode") == "service:bearerbox"
               for service in SERVICES.values())


def test_the_stores_are_out_of_the_proxys_reach() -> None:
    assert set(SERVICES["postgres"]["networks"]) == set(SERVICES["redis"]["networks"]) == {"data"}
    assert "data" not in SERVICES["proxy"]["networks"] and "data" not in SERVICES["bearerbox"]["networks"]


def test_a_bot_that_alerts_can_call_out(tmp_path: Path) -> None:
    """With what an operator has to name for an e-mail; without any of it, nothing of it is used."""
    bot = ALERTS["services"]["bot"]
    assert set(bot["networks"]) <= OUTWARD
    subprocess.run(["sh", DEPLOY / "make-secrets.sh", tmp_path], check=True, capture_output=True)
    variables = {name: filled(str(value)).replace("/run/secrets", str(tmp_path)) for name, value in bot["environment"].items()}
    assert not load_settings(variables).alert_smtp
    (tmp_path / "imh_alert_smtp").chmod(0o600)
    (tmp_path / "imh_alert_smtp").write_text("smtps://imh:word@mail.example.org\n", encoding="ascii")
    named = {"IMH_ALERT_EMAIL": "on-call@example.org", "IMH_ALERT_FROM": "bot@example.org"}
    assert load_settings({**variables, **named}).alert_smtp == "smtps://imh:word@mail.example.org"


@pytest.mark.parametrize("name", ["bot", "console"])
def test_what_is_set_can_be_used(name: str, tmp_path: Path) -> None:
    """With the secrets that make-secrets.sh makes, the program's own reading finds nothing wrong."""
    subprocess.run(["sh", DEPLOY / "make-secrets.sh", tmp_path / "secrets"], check=True, capture_output=True)
    variables = {variable: value.replace("/run/secrets", str(tmp_path / "secrets"))
                 for variable, value in environment(name).items()}
    mounted = {Path(value).name for variable, value in environment(name).items() if variable.endswith("_FILE")}
    assert mounted == set(SERVICES[name]["secrets"])
    settings = load_settings(variables)
    assert settings.trusts(SERVICES["proxy"]["networks"]["front"]["ipv4_address"])
    assert len(settings.secret) == 64 and settings.database_url.startswith("postgresql://imh:")
    kannel = SERVICES["bearerbox"]["networks"]["gateway"]["ipv4_address"]
    assert name == "console" or kannel in settings.kannel_addresses


# Where a container listens and what is mounted into it is fixed; the last two are for commands by hand.
FIXED = {"IMH_HOST", "IMH_PORT", "IMH_VAR_DIR", "IMH_CONSOLE_HOST", "IMH_CONSOLE_PORT", "IMH_PSEUDONYM_KEY_NEW",
         "IMH_BENCHMARKS_DIR"}


def test_whatever_can_be_set_reaches_a_container() -> None:
    """A setting that an operator exports and compose does not hand on looks as if it held."""
    known = re.findall(r"^# (IMH_[A-Z_]+)=", (PROJECT / ".env.example").read_text(encoding="utf-8"), re.M)
    handed = {name.removesuffix("_FILE") for service in (SERVICES["bot"], SERVICES["console"], ALERTS["services"]["bot"])
              for name in service["environment"]}
    assert len(known) > 40 and set(known) - handed == FIXED


@pytest.mark.parametrize(("given", "field", "value"), [
    ({"IMH_RETENTION_DAYS": "30"}, "retention_days", 30),
    ({"IMH_WORKERS": "2"}, "workers", 2),
    ({"IMH_RATE_SENDER": "5/10"}, "rate_sender", Rate(5, 10)),
    ({"IMH_LOG_FORMAT": "json"}, "log_format", "json"),
    ({"IMH_METRICS_PORT": "9405"}, "metrics_port", 9405),
    ({}, "retention_days", 90),
    ({}, "metrics_port", 0),
    ({}, "metrics_host", "0.0.0.0"),
], ids=str)
def test_what_an_operator_sets_holds(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], field: str,
                                     value: object) -> None:
    """In the bot; what is not set is the default. Figures are off, and where they are on, others can reach them."""
    for name, text in given.items():
        monkeypatch.setitem(GIVEN, name, text)
    plain = {name: text for name, text in environment("bot").items() if not name.endswith("_FILE")}
    stores = {"IMH_REDIS_URL": "redis://redis/0", "IMH_CONSOLE_TOKEN": "0123456789abcdef" * 2}
    assert getattr(load_settings({**plain, **stores}), field) == value


def test_a_trace_and_an_alert_are_as_an_operator_sets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the file that lets the bot out."""
    for name, text in {"IMH_ALERT_CRISES": "3/60", "IMH_ALERT_EVERY": "60", "IMH_TRACES_SHARE": "0.1"}.items():
        monkeypatch.setitem(GIVEN, name, text)
    variables = {name: filled(str(value)) for name, value in ALERTS["services"]["bot"]["environment"].items()
                 if not name.endswith("_FILE")}
    settings = load_settings(variables)
    assert (settings.alert_crises, settings.alert_every_s, settings.traces_share) == (Rate(3, 60), 60, 0.1)


def test_secrets_are_made_once_for_their_owner(tmp_path: Path) -> None:
    """A second call must not lock everybody out of what the first one's keys keep."""
    folder = tmp_path / "secrets"
    times = []
    for _ in range(2):
        subprocess.run(["sh", DEPLOY / "make-secrets.sh", folder], check=True, capture_output=True)
        times.append({path.name: path.read_text(encoding="ascii") for path in folder.iterdir()})
    made = times[0]
    assert times[1] == made
    assert set(made) == set(COMPOSE["secrets"]) | set(ALERTS["secrets"]) | {"redis_password"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert made["imh_secret"] != made["imh_pseudonym_key"] and made["postgres_password"] in made["imh_db_url"]


def test_a_clusters_secrets_are_named_like_the_settings(tmp_path: Path) -> None:
    """A key each, as the chart mounts them. The stores' addresses are the cluster's: without one, each pod would keep what
    is said in a file of its own."""
    made = PROJECT / "deploy" / "make-secrets.sh"
    call = ["sh", made, "--cluster", tmp_path / "cluster"]
    refused = subprocess.run(call, text=True, capture_output=True, check=False)
    assert refused.returncode == 1 and "bot/IMH_DB_URL" in refused.stderr and "bot/IMH_REDIS_URL" in refused.stderr
    bot, console = tmp_path / "cluster" / "bot", tmp_path / "cluster" / "console"
    (bot / "IMH_DB_URL").write_text("postgresql://imh:word@db.example.org/imh\n", encoding="ascii")
    (bot / "IMH_REDIS_URL").write_text("redis://:word@redis.example.org/0\n", encoding="ascii")
    first = [(subprocess.run(call, check=True, capture_output=True),
              {path.name: path.read_bytes() for path in bot.iterdir()})[1] for _ in range(2)]
    assert first[0] == first[1], "made anew, they lock everybody out"
    shared = {"IMH_SECRET", "IMH_PSEUDONYM_KEY", "IMH_CONSOLE_TOKEN", "IMH_DB_URL", "IMH_REDIS_URL"}
    assert {path.name: path.read_bytes() for path in console.iterdir()} == {name: first[0][name] for name in shared}
    assert set(first[0]) == shared | {"IMH_KANNEL_TOKEN"} and stat.S_IMODE(bot.stat().st_mode) == 0o700
    settings = load_settings({f"{name}_FILE": str(bot / name) for name in first[0]})
    assert settings.database_url == "postgresql://imh:word@db.example.org/imh"
    assert settings.secret != settings.pseudonym_key


def test_no_secret_stands_in_the_file() -> None:
    assert all(set(secret) == {"file"} for secret in COMPOSE["secrets"].values())
    assert "deploy/secrets/" in (PROJECT / ".gitignore").read_text(encoding="utf-8")
    assert not re.search(r"(PASSWORD|SECRET|TOKEN|KEY|DB_URL|REDIS_URL): ", TEXT)


def test_every_variable_is_a_setting() -> None:
    known = set((PROJECT / ".env.example").read_text(encoding="utf-8").replace("=", " ").split())
    names = {name.removesuffix("_FILE") for service in (SERVICES["bot"], SERVICES["console"], ALERTS["services"]["bot"])
             for name in service["environment"]}
    assert names - known == set()
