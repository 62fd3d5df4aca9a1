"""The bill of materials is CycloneDX, and names every package that the locks pin."""

from __future__ import annotations

import json
import re
from pathlib import Path

from bot.settings import PROJECT
from tests.support.tools import run

LOCKS = ("requirements/image.lock", "requirements/encoders.lock")


def test_it_is_whole_and_by_the_schema(tmp_path: Path) -> None:
    made = run("python", "-m", "deploy.sbom", tmp_path / "sbom.json", *LOCKS)
    assert made.returncode == 0, made.stderr
    text = (tmp_path / "sbom.json").read_text(encoding="utf-8")
    checked = run("python", "tests/support/validate_sbom.py", stdin=text)
    assert checked.returncode == 0, checked.stderr
    bill = json.loads(text)
    pinned = {tuple(found) for lock in LOCKS for found in re.findall(
        r"^([\w.-]+)==([^\s;\\]+)", (PROJECT / lock).read_text(encoding="utf-8"), re.MULTILINE)}
    assert {(component["name"], component["version"]) for component in bill["components"]} == pinned
    assert "pkg:pypi/rasa@3.6.21" in {component["purl"] for component in bill["components"]}
    assert bill["metadata"]["component"]["name"] == "imh-bot"
    rasa = next(component for component in bill["components"] if component["name"] == "rasa")
    assert all(re.fullmatch("[0-9a-f]{64}", kept["value"]) for kept in rasa["properties"]) and rasa["properties"]


def test_the_check_can_fail() -> None:
    unknown_key = '{"bomFormat": "CycloneDX", "specVersion": "1.6", "x": 1}'
    assert run("python", "tests/support/validate_sbom.py", stdin=unknown_key).returncode


def test_a_package_without_a_hash_is_refused(tmp_path: Path) -> None:
    """It could have been anything."""
    (tmp_path / "bad.lock").write_text("rasa==3.6.21\n", encoding="ascii")
    made = run("python", "-m", "deploy.sbom", tmp_path / "sbom.json", tmp_path / "bad.lock")
    assert made.returncode and "rasa==3.6.21 has no hash" in made.stderr
