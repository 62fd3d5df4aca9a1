"""Who may import whom: what is inside knows nothing of what is outside, and the environment has one reader."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Iterator

import pytest

from bot.settings import PROJECT

OURS = ("bot", "nlu", "actions")
# Of the evaluation, what counts and compares; what asks the engine runs in a process of its own.
_MEASURING = ("compare", "figures", "held_out", "items", "kept", "leaks", "quality", "stats")
# Folder or file -> what of ours it may import beside itself.
MAY_IMPORT = {
    "bot/errors.py": (),
    "bot/settings.py": ("bot.errors",),
    "bot/phrases.py": (),
    "bot/knowledge": ("bot.errors", "bot.phrases"),
    "bot/reading.py": (),
    "bot/safety": ("bot.errors",),
    "bot/rates.py": (),
    "bot/sms": ("bot.errors", "bot.knowledge", "bot.phrases", "bot.rates"),
    "bot/privacy": (),
    "bot/insight": ("bot.logs", "bot.settings"),
    "bot/render": ("bot.knowledge", "bot.sms"),
    # What the console stands on: neither the channels, the engine nor the server, which are the bot's own.
    "bot/console": ("bot.archive", "bot.canary", "bot.check", "bot.errors", "bot.inputs", "bot.insight.health",
                    "bot.knowledge", "bot.lexicons", "bot.logs", "bot.overlay",
                    "bot.privacy", "bot.reading", "bot.release", "bot.render", "bot.safety", "bot.settings", "bot.sms",
                    "bot.sources", "bot.staff_files", "bot.store.database", "bot.store.tables", "bot.training",
                    "bot.wiring", "nlu.corpus", "nlu.encoders",
                    *(f"bot.evaluation.{name}" for name in _MEASURING)),
    **{f"bot/evaluation/{name}.py": (
        "bot.knowledge", "bot.settings", "nlu.corpus", *(f"bot.evaluation.{other}" for other in _MEASURING))
       for name in _MEASURING},
    "actions": ("bot.knowledge", "bot.render.plain"),
    "nlu": ("bot.safety",),
}
FREE_OF_RASA = ("bot/errors.py", "bot/settings.py", "bot/check.py", "bot/overlay.py", "bot/staff_files.py",
                "bot/wiring.py", "bot/archive.py", "bot/canary.py", "bot/lexicons.py", "bot/inputs.py", "bot/release.py",
                "bot/sources.py", "bot/phrases.py", "bot/knowledge", "bot/rates.py", "bot/reading.py", "bot/safety", "bot/sms",
                "bot/privacy", "bot/insight",
                "bot/render", "bot/console", *(f"bot/evaluation/{name}.py" for name in _MEASURING))


def modules(part: str) -> list[Path]:
    """The Python files of a folder, or the one file."""
    path = PROJECT / part
    found = [path] if path.is_file() else sorted(path.rglob("*.py"))
    assert found, f"there is no module in {part}"
    return found


def imported(path: Path) -> Iterator[str]:
    """Dotted names that a module imports, inside functions too; `from a import b` counts as a.b."""
    package = ".".join(path.relative_to(PROJECT).parent.parts)
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] + "." if node.level else ""
            yield from (f"{base}{node.module or ''}.{alias.name}" for alias in node.names)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize(("part", "allowed"), MAY_IMPORT.items(), ids=MAY_IMPORT)
def test_imports_of_ours_point_inwards(part: str, allowed: tuple[str, ...]) -> None:
    """content <- knowledge <- render <- channels; actions and nlu stand on the side."""
    itself = part.removesuffix(".py").replace("/", ".")
    wrong = [f"{path.relative_to(PROJECT)} imports {name}" for path in modules(part) for name in imported(path)
             if name.split(".")[0] in OURS and not any(within(name, package) for package in (itself, *allowed))]
    assert wrong == []


@pytest.mark.parametrize("part", FREE_OF_RASA)
def test_the_core_is_free_of_rasa(part: str) -> None:
    """Crisis lines and answers work where no dialogue engine does."""
    wrong = [f"{path.relative_to(PROJECT)} imports {name}" for path in modules(part) for name in imported(path)
             if name.split(".")[0] in {"rasa", "rasa_sdk"}]
    assert wrong == []


def reads_of_environment(path: Path) -> Iterator[str]:
    """Each use of os.environ or os.getenv, but for defaults that are set for other libraries' variables."""
    tree = parsed(path)
    defaults = {node.func.value for node in ast.walk(tree) if isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute) and node.func.attr == "setdefault"
                and isinstance(node.args[0], ast.Constant) and not str(node.args[0].value).startswith("IMH_")}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv", "getenvb"}:
            if not (node in defaults and path == PROJECT / "bot" / "cli.py"):
                yield f"{path.relative_to(PROJECT)}:{node.lineno}"
    yield from (f"{path.relative_to(PROJECT)}: {name}" for name in imported(path)
                if name in {"os.environ", "os.environb", "os.getenv", "os.getenvb"})


def test_only_the_settings_read_the_environment() -> None:
    """One place to look for what an operator can decide."""
    settings = PROJECT / "bot" / "settings.py"
    assert list(reads_of_environment(settings))
    wrong = [use for part in OURS for path in modules(part) if path != settings for use in reads_of_environment(path)]
    assert wrong == []


def test_the_content_is_data_only() -> None:
    """Staff edit it; no program stands there."""
    assert [path.name for path in (PROJECT / "bot" / "content").rglob("*.py")] == []
