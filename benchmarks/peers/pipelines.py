"""The pipelines that are held against each other, behind one small interface: trained on utterances, asked one text at a time.

`ours` is config.yml as it is on our own set; on a public one it is the part of it that knows nothing of babies (ours.yml:
encoder and classifier, with the same numbers). Its encoder is tuned to our topics, so `ours, tuned to the set` is the same
with the encoder tuned to the set's training lines instead (tune.py, offline), and `ours, not tuned` with the encoder as it
was published.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np
import yaml

from benchmarks.peers.sets import OUT_OF_SCOPE, OWN, IntentSet
from bot.settings import PROJECT
from nlu.corpus import Utterance

HERE = Path(__file__).resolve().parent
Confidences = Mapping[str, float]
"""An intent's confidence or score; the larger, the surer."""


class Pipeline(ABC):
    """A pipeline; `version` is what its results depend on beside the data."""

    epochs: int | None = None

    @abstractmethod
    def train(self, chosen: IntentSet, folder: Path) -> None:
        """Learn from the training lines; what is learnt is kept in `folder`."""

    @abstractmethod
    def load(self, chosen: IntentSet, folder: Path) -> None:
        """Be ready to be asked, with what `train` kept."""

    @abstractmethod
    def ask(self, text: str) -> tuple[str, Confidences]:
        """The intent that is decided for, and all that were considered."""

    @property
    @abstractmethod
    def version(self) -> str:
        """Changes where the pipeline does."""


class RasaPipeline(Pipeline):
    """Any pipeline that a Rasa configuration describes."""

    def __init__(self, config: Path, epochs: int | None = None) -> None:
        self._config = config
        self.epochs = epochs
        self._processor: Any = None

    @property
    def version(self) -> str:
        return self._config.read_text(encoding="utf-8") + str(self.epochs)

    def train(self, chosen: IntentSet, folder: Path) -> None:
        config = yaml.safe_load(self._config.read_text(encoding="utf-8"))
        for part in config["pipeline"]:
            if "epochs" in part:
                part["epochs"] = self.epochs
        with tempfile.TemporaryDirectory() as scratch:
            written, data = Path(scratch) / "config.yml", Path(scratch) / "nlu.yml"
            written.write_text(yaml.safe_dump({**config, "policies": []}), encoding="utf-8")
            data.write_text(nlu_file(chosen.train), encoding="utf-8")
            subprocess.run(
                [sys.executable, "-W", "ignore", "-m", "rasa", "train", "nlu", "--config", str(written), "--nlu", str(data),
                 "--out", str(folder), "--fixed-model-name", "model"],
                cwd=PROJECT, check=True, capture_output=True,
                env={**os.environ, "RASA_CACHE_DIRECTORY": str(Path(scratch) / "cache"), "RASA_TELEMETRY_ENABLED": "false"})

    def load(self, chosen: IntentSet, folder: Path) -> None:
        from rasa.core.agent import Agent

        self._agent = Agent.load(str(folder / "model.tar.gz"))
        self._loop = asyncio.new_event_loop()

    def ask(self, text: str) -> tuple[str, Confidences]:
        parsed = self._loop.run_until_complete(self._agent.parse_message(text))
        ranked = {entry["name"]: float(entry["confidence"]) for entry in parsed.get("intent_ranking") or []}
        decided = str(parsed["intent"]["name"])
        if decided == "nlu_fallback" and ranked:  # asks back; what it would have said is what counts here
            decided = max((name for name in ranked if name != "nlu_fallback"), key=ranked.__getitem__)
        return decided, ranked


class LinearSvc(Pipeline):
    """TF-IDF of words (1-2) and characters (2-5), a linear support vector machine."""

    version = "word 1-2, char_wb 2-5, C 1"

    def train(self, chosen: IntentSet, folder: Path) -> None:
        from joblib import dump
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline, make_union
        from sklearn.svm import LinearSVC

        model = make_pipeline(
            make_union(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
                       TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)),
            LinearSVC(C=1.0))
        model.fit([line.text.lower() for line in chosen.train], [line.intent for line in chosen.train])
        dump(model, folder / "model.joblib")

    def load(self, chosen: IntentSet, folder: Path) -> None:
        from joblib import load

        self._model = load(folder / "model.joblib")  # written above, by this program

    def ask(self, text: str) -> tuple[str, Confidences]:
        scores = dict(zip(self._model.classes_, self._model.decision_function([text.lower()])[0].tolist()))
        return max(scores, key=scores.__getitem__), scores


class NearestNeighbour(Pipeline):
    """The intent of the training line whose vector is nearest, on our encoder."""

    version = "cosine, 1"

    def train(self, chosen: IntentSet, folder: Path) -> None:
        from nlu.encoders import load

        encoder = load("e5")
        np.savez(folder / "model.npz", vectors=encoder.encode([line.text for line in chosen.train]),
                 labels=np.array([line.intent for line in chosen.train]))

    def load(self, chosen: IntentSet, folder: Path) -> None:
        from nlu.encoders import load

        self._encoder = load("e5")
        with np.load(folder / "model.npz", allow_pickle=False) as stored:
            self._vectors, self._labels = stored["vectors"], stored["labels"]

    def ask(self, text: str) -> tuple[str, Confidences]:
        alike = self._vectors @ self._encoder.encode([text])[0]
        order = np.argsort(alike)
        nearest = {str(self._labels[i]): float(alike[i]) for i in order}  # the last one of a label is its nearest
        return str(self._labels[order[-1]]), nearest


class Prepared(Pipeline):
    """Our classifier on vectors that were made offline: `train`/`test` (tuned) or `train_before`/`test_before`."""

    version = "softmax regression 10, 80 iterations"

    def __init__(self, vectors: Path, part: str) -> None:
        self._vectors = vectors
        self._part = part

    def train(self, chosen: IntentSet, folder: Path) -> None:
        from nlu.components.softmax_regression import SoftmaxRegression

        with np.load(self._file(chosen), allow_pickle=False) as stored:
            vectors, took = stored[f"train{self._part}"], float(stored["tuning_s"])
        model = SoftmaxRegression.fit(vectors, [line.intent for line in chosen.train], strength=10.0, max_iterations=80)
        np.savez(folder / "model.npz", labels=np.array(model.labels), weights=model.weights, bias=model.bias)
        (folder / "tuning_s").write_text(str(0.0 if self._part else took), encoding="ascii")

    def load(self, chosen: IntentSet, folder: Path) -> None:
        with np.load(self._file(chosen), allow_pickle=False) as stored:
            self._asked = dict(zip([line.text for line in chosen.test], stored[f"test{self._part}"]))
        with np.load(folder / "model.npz", allow_pickle=False) as stored:
            self._labels, self._weights, self._bias = stored["labels"], stored["weights"], stored["bias"]

    def ask(self, text: str) -> tuple[str, Confidences]:
        from nlu.components.calibration import softmax

        sure = softmax(self._weights @ self._asked[text] + self._bias)
        return str(self._labels[sure.argmax()]), dict(zip(self._labels.tolist(), sure.tolist()))

    def _file(self, chosen: IntentSet) -> Path:
        path = self._vectors / f"{chosen.name}.npz"
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing; make it with benchmarks/peers/tune.py, where PyTorch runs.")
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["digest"]) != chosen.digest:
                raise ValueError(f"{path} was made of other lines; make it anew with benchmarks/peers/tune.py.")
        return path


def pipelines(chosen: IntentSet, vectors: Path) -> dict[str, Pipeline]:
    """The pipelines for a set, by the name that the page gives them."""
    # Of the largest public sets a hundred epochs would take hours on two cores; the page says how many it were.
    epochs = 30 if len(chosen.train) > 5000 and chosen.name != OWN else 100
    found: dict[str, Pipeline] = {
        "ours": RasaPipeline(PROJECT / "config.yml" if chosen.name == OWN else HERE / "ours.yml"),
        "Rasa's default (DIET)": RasaPipeline(HERE / "rasa_default.yml", epochs),
        "spaCy md vectors, DIET": RasaPipeline(HERE / "spacy_diet.yml", epochs),
        "TF-IDF, linear SVC": LinearSvc(),
        "nearest neighbour on our encoder": NearestNeighbour(),
    }
    if chosen.name != OWN:
        found["ours, encoder tuned to the set"] = Prepared(vectors, "")
        found["ours, encoder not tuned"] = Prepared(vectors, "_before")
    return found


def nlu_file(lines: Sequence[Utterance]) -> str:
    """Training lines as Rasa reads them, an intent a block and voice, with what its block is marked with."""
    blocks: dict[str, dict[str, Any]] = {}
    for line in lines:
        key = repr((line.intent, sorted(line.marks.items())))
        block = blocks.setdefault(key, {"intent": line.intent, "metadata": dict(line.marks), "examples": []})
        block["examples"].append(line.text)
    return yaml.safe_dump({"version": "3.1", "nlu": [
        {**block, "examples": "".join(f"- {text}\n" for text in block["examples"])} for block in blocks.values()]},
        allow_unicode=True, sort_keys=False)


def in_scope(confidences: Confidences) -> float:
    """How sure a pipeline is that some intent covers a text: the best one's confidence less that of `out_of_scope`."""
    inside = [value for name, value in confidences.items() if name not in {OUT_OF_SCOPE, "nlu_fallback"}]
    return max(inside, default=0.0) - confidences.get(OUT_OF_SCOPE, 0.0)
