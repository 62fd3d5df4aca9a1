"""Tunes the encoder to a public set as ours is to our own: `python -m benchmarks.peers.tune SET FOLDER OUT`, offline.

Runs where nlu/encoders/tuning/tune.py does. Writes the vectors of the set's lines, before and after, for the classifier
that stands on them; nothing of the test lines is seen while tuning.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.peers.sets import load_set
from nlu.encoders.tuning import tune

# Of ten examples an intent, one epoch is 16 steps.
EPOCHS = {"banking77-10shot": 20}


def main(name: str, folder: Path, out: Path) -> None:
    torch.manual_seed(tune.SEED)
    random.seed(tune.SEED)
    chosen = load_set(name, folder)
    train, test = [line.text for line in chosen.train], [line.text for line in chosen.test]
    model, tokenizer = tune.original()
    start = time.monotonic()
    before = tune.embed(model, tokenizer, train), tune.embed(model, tokenizer, test)
    adapted = tune.adapt(model)
    tune.train(model, tokenizer, chosen.train, before[0], epochs=EPOCHS.get(name, tune.EPOCHS))
    for layer in adapted.values():
        layer.up.data *= tune.SHARE
    took = time.monotonic() - start
    after = tune.embed(model, tokenizer, train), tune.embed(model, tokenizer, test)
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(out, digest=chosen.digest, tuning_s=took, train_before=before[0].numpy(), test_before=before[1].numpy(),
             train=after[0].numpy(), test=after[1].numpy())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
