"""The systemd units are ones, and give the programs as little as they need."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import PROJECT

UNITS = ("imh-bot.service", "imh-console.service")
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine")
# systemd's own scale, 0 (nothing to lose) to 10.
MOST_EXPOSED = 2.0


def directives(unit: str) -> list[tuple[str, str]]:
    text = (PROJECT / "deploy" / unit).read_text(encoding="utf-8")
    return re.findall(r"^([A-Za-z]+)=(.*)$", text, re.MULTILINE)


def analyze(unit: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """systemd-analyze on a copy whose program exists on this machine."""
    text = (PROJECT / "deploy" / unit).read_text(encoding="utf-8")
    (folder / unit).write_text(text.replace("/opt/imh-bot/.venv/bin/python", sys.executable), encoding="utf-8")
    return subprocess.run(["systemd-analyze", *arguments, folder / unit], text=True, capture_output=True, check=False)


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_understands_every_line(unit: str, tmp_path: Path) -> None:
    done = analyze(unit, tmp_path, "verify")
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_it_little_exposed(unit: str, tmp_path: Path) -> None:
    done = analyze(unit, tmp_path, "security", "--offline=yes", "--no-pager")
    [level] = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert float(level) <= MOST_EXPOSED


@pytest.mark.parametrize("unit", UNITS)
def test_what_must_hold_stands_there(unit: str) -> None:
    """Nobody's user, one place to write, begun again whenever it ends, no secret in the unit."""
    held = dict(directives(unit))
    assert held["DynamicUser"] == held["NoNewPrivileges"] == "yes" and held["ProtectSystem"] == "strict"
    assert held["ReadWritePaths"] == "/var/lib/imh" and held["CapabilityBoundingSet"] == ""
    assert held["Restart"] == "always" and held["MemoryMax"] and held["IPAddressDeny"] == "any"
    assert held["LimitCORE"] == "0", "a dump of its memory would hold words as they were typed"
    variables = " ".join(value for name, value in directives(unit) if name == "Environment")
    assert set(re.findall(r"IMH_\w*(?:SECRET|KEY|TOKEN|URL)\w*", variables)) == {
        "IMH_SECRET_FILE", "IMH_PSEUDONYM_KEY_FILE"}
    for file in re.findall(r"_FILE=/run/credentials/%n/(\w+)", variables):
        assert ("LoadCredential", f"{file}:/etc/imh/{file}") in directives(unit)


def test_the_console_counts_as_started_once_staff_can_use_it() -> None:
    """Whoever starts something after it finds it ready; the port is the one that is set."""
    [command] = [value for name, value in directives(UNITS[1]) if name == "ExecStartPost"]
    assert "127.0.0.1:$${IMH_CONSOLE_PORT:-5006}/health/ready" in command


def test_the_first_administrator_is_made_where_the_console_looks() -> None:
    """The command in docs/operations.md has the unit's user, folder, settings and secrets: without them it wrote into a
    database that nobody reads."""
    page = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8").replace("\\\n", " ")
    [command] = re.findall(r"^systemd-run .*$", page, re.M)
    assert command.endswith("-m bot administrator maria --email maria@example.org")
    unit = re.search(r"--unit=(\S+)", command).group(1) + ".service"
    given = [tuple(found.split("=", 1)) for found in re.findall(r"-p (\S+)", command)]
    variables = dict(found.split("=", 1) for found in re.findall(r"-E (\S+)", command))
    held = directives(UNITS[1])
    for name in ("EnvironmentFile", "LoadCredential", "DynamicUser", "User", "Group", "StateDirectory", "UMask",
                 "WorkingDirectory"):
        assert [value for key, value in given if key == name] == [value for key, value in held if key == name], name
    its_own = dict(pair.split("=", 1) for key, value in held if key == "Environment" for pair in value.split())
    wanted = {name: value.replace("%n", unit) for name, value in its_own.items() if name.startswith("IMH_")}
    assert variables == wanted


def test_bot_and_console_differ_in_what_they_run_only() -> None:
    """They share a folder, so they are one user and see the same paths."""
    differing = {name for name in {**dict(directives(UNITS[0])), **dict(directives(UNITS[1]))} if
                 [value for key, value in directives(UNITS[0]) if key == name]
                 != [value for key, value in directives(UNITS[1]) if key == name]}
    assert differing == {"Description", "ExecStart", "ExecStartPost", "EnvironmentFile", "MemoryMax"}
