"""The sets that pipelines are held against: our own held-out set and two public ones, read from a folder that is a setting.

The public data is not copied here: docs/peers.md says where it is published and under which licence.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Iterator, Sequence

from nlu.corpus import DATA, Utterance, utterances

OWN = "own"
OUT_OF_SCOPE = "out_of_scope"
# Where the public sets lie below the folder: training and test files, in Rasa's format.
_PUBLIC = {
    "banking77-10shot": ("banking77/rasa/10shot_seed0", ("train",), ("test",)),
    "banking77": ("banking77/rasa/full", ("train",), ("test",)),
    "clinc150": ("clinc150/rasa/full", ("train_with_oos",), ("test", "test_oos")),
}
NAMES = (OWN, *_PUBLIC)
_HELD_OUT = Path(__file__).resolve().parent.parent.parent / "tests" / "nlu" / "held_out"


@dataclass(frozen=True)
class IntentSet:
    """Utterances to train on and to ask; what no intent covers is called `out_of_scope` in both."""

    name: str
    train: Sequence[Utterance]
    test: Sequence[Utterance]

    @property
    def digest(self) -> str:
        """A short hash of every line and label."""
        told = "\n".join(f"{line.intent}\t{line.text}" for part in (self.train, self.test) for line in part)
        return sha256(told.encode("utf-8")).hexdigest()[:16]


def load_set(name: str, folder: Path) -> IntentSet:
    """A set by its name. Raises FileNotFoundError with the folder that lacks a public one."""
    if name == OWN:
        return IntentSet(name, list(_own(DATA)), list(_own(_HELD_OUT)))
    place, train, test = _PUBLIC[name]
    return IntentSet(name, _public(folder / place, train), _public(folder / place, test))


def _own(folder: Path) -> Iterator[Utterance]:
    """Questions, what is out of scope, danger, small talk, each under its intent."""
    return (line for line in utterances(folder) if line.intent != "nlu_fallback")


def _public(folder: Path, stems: Sequence[str]) -> list[Utterance]:
    found: list[Utterance] = []
    for stem in stems:
        path = folder / f"{stem}.yml"
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing; IMH_BENCHMARKS_DIR names the folder with the public sets.")
        found += [Utterance(line.text, OUT_OF_SCOPE if line.intent == "oos" else line.intent, line.file, line.marks)
                  for line in utterances(folder) if line.file == stem]
    return found
