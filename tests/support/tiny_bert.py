"""A tiny BERT with random weights, in the files that sentence-transformers saves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

HIDDEN = 8
CONFIG: dict[str, Any] = {
    "hidden_size": HIDDEN,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "intermediate_size": 16,
    "max_position_embeddings": 12,
    "layer_norm_eps": 1e-12,
    "hidden_act": "gelu",
}
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "vector", "store", "database", "pdf", "##s", "parse"]


def weights(seed: int = 1) -> dict[str, Any]:
    """Return random tensors by their names."""
    dice = np.random.default_rng(seed)

    def some(*shape: int) -> Any:
        return dice.normal(0, 0.5, shape).astype(np.float32)

    found = {
        "embeddings.word_embeddings.weight": some(len(WORDS), HIDDEN),
        "embeddings.position_embeddings.weight": some(CONFIG["max_position_embeddings"], HIDDEN),
        "embeddings.token_type_embeddings.weight": some(2, HIDDEN),
    }
    wide = CONFIG["intermediate_size"]
    shapes = {"embeddings.LayerNorm": (HIDDEN,)}
    for number in range(CONFIG["num_hidden_layers"]):
        layer = f"encoder.layer.{number}"
        for what in ("query", "key", "value"):
            shapes[f"{layer}.attention.self.{what}"] = (HIDDEN, HIDDEN)
        shapes[f"{layer}.attention.output.dense"] = (HIDDEN, HIDDEN)
        shapes[f"{layer}.attention.output.LayerNorm"] = (HIDDEN,)
        shapes[f"{layer}.intermediate.dense"] = (wide, HIDDEN)
        shapes[f"{layer}.output.dense"] = (HIDDEN, wide)
        shapes[f"{layer}.output.LayerNorm"] = (HIDDEN,)
    for name, shape in shapes.items():
        found[f"{name}.weight"] = some(*shape)
        found[f"{name}.bias"] = some(shape[0])
    return found


def save_tiny_bert(folder: Path, prefix: str = "", **config: Any) -> Path:
    """Write the model into a folder, and return that."""
    folder.mkdir(parents=True, exist_ok=True)
    named = {f"{prefix}{name}": tensor for name, tensor in weights().items()}
    named["embeddings.position_ids"] = np.arange(12, dtype=np.int64)  # as older files have it
    save_file(named, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(CONFIG | config))
    numbers = {word: number for number, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordPiece(numbers, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)  # type: ignore[assignment]
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()  # type: ignore[assignment]
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))  # type: ignore[assignment]
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
