"""Which tests need nothing but the core: `python -m tests.support.core_tests`, in the environment that they run in.

A test file is one of them where everything is installed here that it and what it imports of ours import, and where it
starts no server, browser or training. So the list follows the code; tests/deploy/test_core.py holds what must be on it.
"""

from __future__ import annotations

import ast
import importlib.util
from functools import cache
from pathlib import Path
from typing import Iterator

PROJECT = Path(__file__).resolve().parent.parent.parent
_OURS = ("actions", "benchmarks", "bot", "nlu", "tests")
# Fixtures and marks of what runs in a process of its own, with all packages.
_APART = ("trained", "server", "pytest.mark.e2e", "pytest.mark.nlu", "pytest.mark.browser")
_FOLDERS_APART = ("tests/e2e/", "tests/deploy/")


def core_tests() -> list[str]:
    """Paths of the test files, from the project's folder, sorted."""
    return [name for path in sorted((PROJECT / "tests").rglob("test_*.py"))
            if not (name := path.relative_to(PROJECT).as_posix()).startswith(_FOLDERS_APART)
            and not _runs_apart(path) and all(_installed(package) for package in _packages(path))]


def _runs_apart(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {argument.arg for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for argument in node.args.args}
    marks = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return not (used | marks).isdisjoint(_APART)


@cache
def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _packages(path: Path) -> set[str]:
    """Top-level names of all that a file imports, through our own modules and the conftest files above it."""
    todo = [path, *(folder / "conftest.py" for folder in path.parents if (folder / "conftest.py").is_file())]
    seen: set[Path] = set()
    packages: set[str] = set()
    while todo:
        if (file := todo.pop()) in seen:
            continue
        seen.add(file)
        for name in _imports(file):
            if name.split(".")[0] in _OURS:
                todo.extend(_modules(name))
            else:
                packages.add(name.split(".")[0])
    return packages


@cache
def _imports(path: Path) -> tuple[str, ...]:
    """Dotted names that are imported when the module is; what a function imports when it runs is not among them."""
    return tuple(_named(ast.parse(path.read_text(encoding="utf-8"))))


def _named(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        elif isinstance(child, ast.Call) and ast.unparse(child.func).endswith("find_spec") and child.args:
            # A package of programs, which is looked for and not imported.
            yield from (argument.value for argument in child.args if isinstance(argument, ast.Constant))
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _named(child)


def _modules(name: str) -> Iterator[Path]:
    """The files that importing a dotted name of ours runs: its packages' `__init__`, and itself if a module."""
    path = PROJECT
    for part in name.split("."):
        path = path / part
        for file in (path / "__init__.py", path.with_suffix(".py")):
            if file.is_file():
                yield file


if __name__ == "__main__":
    print("\n".join(core_tests()))
