"""What a release is made from, as hashes: data and code that a model is trained on, and the project's own files."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Iterable

from bot.settings import PROJECT

# What a model is made of. Content is not among it: answers change without training.
TRAINING_INPUTS = ("config.yml", "domain.yml", "nlu/components", "nlu/data", "nlu/encoders", "nlu/lexicon",
                   "stories", "bot/safety", "bot/content/crisis_lexicon.yml")
# What of it runs again when the model answers: a model fits the code that it was trained with.
CODE_INPUTS = ("nlu/components", "nlu/encoders", "nlu/lexicon", "bot/safety")
# What trains and judges beside it.
TRAINER_INPUTS = (*CODE_INPUTS, "config.yml", "bot/training.py", "bot/evaluation")
CONTENT = "bot/content"
# What else an answer follows from, beside the model and the content: what reads a message and picks a reply. The console
# answers nobody; of the content, what is listened by is read out of the project itself.
ANSWERING_INPUTS = ("actions", "bot", *CODE_INPUTS)
_ANSWERS_NOBODY = ("bot/console/", "bot/content/", "bot/channels/widget/", "bot/channels/page_files/")
_LISTENED_BY = ("bot/content/crisis_lexicon.yml", "bot/content/sms_keywords.yml", "bot/content/privacy_lexicon.yml",
                "bot/content/names.txt")
# How an encoder was tuned; what came of it is known by the hash of its graph (nlu/encoders/install.py).
_APART = "tuning"
_CODE_PACKAGES = ("rasa", "scikit-learn", "onnxruntime", "spacy")


def training_key(project: Path = PROJECT) -> str:
    """The hash of all that a model is trained on: data, rules, configuration, components, library versions."""
    return _key(project, TRAINING_INPUTS)


def code_key(project: Path = PROJECT) -> str:
    """The hash of the code and the library versions that a model runs on."""
    return _key(project, CODE_INPUTS)


def trainer_key(project: Path = PROJECT) -> str:
    """The hash of the code, its configuration and the library versions that train and judge a model; data is not in it."""
    return _key(project, TRAINER_INPUTS)


def answering_key(model_digest: str, content: Path, project: Path = PROJECT) -> str:
    """The hash of all that an answer follows from: model, content, and the project's code that answers.

    What one such whole said to a line it says again; `model_digest` is the SHA-256 of the model's archive.
    """
    named = [(name, path) for name, path in _named(project, ANSWERING_INPUTS)
             if name in _LISTENED_BY or not name.startswith(_ANSWERS_NOBODY)]
    return _digest(named, extra=f"{model_digest}\n{content_key(content)}\n{_versions()}")


def project_files(project: Path = PROJECT) -> dict[str, str]:
    """Every file that training or serving reads -> its hash; by this a changed project is told from the same one."""
    return {name: file_digest(path) for name, path in _named(project, (*TRAINING_INPUTS, CONTENT))}


def content_key(content: Path) -> str:
    """The hash of a content folder, 16 hexadecimal digits; two releases with the same say the same."""
    return _digest(_named(content, (".",)), extra="")[:16]


def files_below(path: Path) -> Iterable[Path]:
    """The files of a folder, sorted, compiled code left out; or the one file."""
    if path.is_file():
        return [path]
    return sorted(found for found in path.rglob("*") if found.is_file() and "__pycache__" not in found.parts)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _key(project: Path, parts: Iterable[str]) -> str:
    return _digest(_named(project, parts), extra=_versions())


def _versions() -> str:
    return "".join(f"{package}=={version(package)}\n" for package in _CODE_PACKAGES)


def _named(project: Path, parts: Iterable[str]) -> list[tuple[str, Path]]:
    return [(str(path.relative_to(project)), path) for part in parts for path in files_below(project / part)
            if _APART not in path.relative_to(project).parts]


def _digest(named: Iterable[tuple[str, Path]], *, extra: str) -> str:
    digest = hashlib.sha256(extra.encode())
    for name, path in named:
        digest.update(f"{name}\0{file_digest(path)}\n".encode())
    return digest.hexdigest()[:24]
