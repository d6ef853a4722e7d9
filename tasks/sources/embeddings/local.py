"""Vectors from a model on this machine, with NumPy alone: no key, no network, no framework."""

from __future__ import annotations

import json
import os
import threading
import zipfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from models.codes import Code
from models.errors import PermanentError
from models.settings.table import EMBED_MODEL
from models.text.storable import storable
from tasks.sources.embeddings.answers import unit_vector
from tasks.sources.embeddings.bert import Encoder, Shape
from tasks.sources.embeddings.weights import (
    CONFIG,
    LIMITS,
    POOLING,
    TOKENIZER,
    WEIGHTS,
    ModelFiles,
    model_files,
)
from tasks.sources.interface import Embedded, Embedder

#: Tokens of all texts that are worked on at a time, padding included: some 60 MB.
BATCH_MAX_TOKENS = 4_096
_LIBRARIES = ("numpy", "safetensors", "tokenizers")


class LocalEmbedder(Embedder):
    """A small BERT model, such as all-MiniLM-L6-v2; loaded when it is first needed.

    Args:
        folder: Where its files are; None for those of an installed package.

    Raises:
        ConfigError: There is no model, or a library that it needs is not installed.
    """

    is_metered = False
    max_texts = 256

    def __init__(self, folder: Path | None = None) -> None:
        _check_libraries()
        self._files = model_files(folder)
        self.name = _name(self._files)

    def embed(self, texts: Sequence[str]) -> Embedded:
        """Return a unit vector for each text; one text is worked on by all processors at a time.

        Raises:
            PermanentError: The model's files cannot be used.
        """
        vectors, tokens = _model(self._files).embed([storable(text) for text in texts])
        return Embedded(vectors, tokens)


class _Model:
    """A loaded model, shared by all steps of a process.

    Args:
        encoder: The forward pass.
        tokenizer: Cuts a text into tokens, at most as many as the model reads.
    """

    def __init__(self, encoder: Encoder, tokenizer: Any) -> None:
        self._encoder = encoder
        self._tokenizer = tokenizer
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> tuple[list[Sequence[float]], int]:
        """Return the vectors of texts, and their tokens together."""
        tokens = [one.ids for one in self._tokenizer.encode_batch(list(texts))]
        # Alike long ones together: what is padded is worked on as well.
        order = sorted(range(len(tokens)), key=lambda number: len(tokens[number]))
        found: dict[int, Sequence[float]] = {}
        with self._lock:  # NumPy uses every processor by itself
            for chunk in _chunks(order, [len(one) for one in tokens]):
                rows = self._vectors([tokens[number] for number in chunk])
                found |= dict(zip(chunk, rows, strict=True))
        return [found[number] for number in range(len(texts))], sum(map(len, tokens))

    def _vectors(self, tokens: Sequence[Sequence[int]]) -> list[Sequence[float]]:
        import numpy as np

        longest = max(map(len, tokens))
        ids = np.zeros((len(tokens), longest), dtype=np.int64)
        mask = np.zeros((len(tokens), longest), dtype=np.float32)
        for row, one in enumerate(tokens):
            ids[row, : len(one)] = one
            mask[row, : len(one)] = 1
        vectors = [unit_vector(row) for row in self._encoder.vectors(ids, mask).tolist()]
        if None in vectors:
            raise _unusable("it makes vectors without a direction")
        return [vector for vector in vectors if vector is not None]


def _chunks(order: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
    """Return the numbers of texts, shortest first, by what is worked on at a time."""
    chunks: list[list[int]] = [[]]
    for number in order:
        if chunks[-1] and (len(chunks[-1]) + 1) * lengths[number] > BATCH_MAX_TOKENS:
            chunks.append([])
        chunks[-1].append(number)
    return chunks if chunks[-1] else []


def _check_libraries() -> None:
    from importlib.util import find_spec

    missing = [name for name in _LIBRARIES if find_spec(name) is None]
    if missing:
        from models.install_hint import library_missing

        raise library_missing(
            f"{EMBED_MODEL.name} is local, which needs {' and '.join(missing)}.",
            "embed",
            "Install what it needs",
        )


class _Parts(Struct, frozen=True):
    """The files of a model as they were read."""

    weights: bytes
    tokenizer: bytes
    config: Mapping[str, Any]
    pooling: Mapping[str, Any]
    limits: Mapping[str, Any]


def _name(files: ModelFiles) -> str:
    """Return the model's name with a checksum of its weights: the same name, the same vectors."""
    try:
        return f"{files.name}@{files.checksum(WEIGHTS):08x}"
    except (OSError, zipfile.BadZipFile) as exc:
        raise EMBED_MODEL.refused(f"local:{files.place}", f"not to be read ({exc})") from exc


_loading = threading.Lock()


def _model(files: ModelFiles) -> _Model:
    """Return the process's model; several threads that need it wait for one that loads it."""
    with _loading:
        return _loaded(files)


@lru_cache(maxsize=1)
def _loaded(files: ModelFiles) -> _Model:
    try:
        return _built(_read(files))
    except Exception as exc:  # the libraries' own errors derive from nothing closer
        if type(exc).__module__.partition(".")[0] in {
            "safetensors",
            "builtins",
            "safetensors_rust",
        }:
            raise _unusable(f"{type(exc).__name__}: {exc}") from exc
        raise


def _read(files: ModelFiles) -> _Parts:
    def json_of(file: str) -> Mapping[str, Any]:
        found = json.loads(files.read(file) or b"{}")
        if not isinstance(found, dict):
            raise TypeError(f"{file} is no object")
        return found

    weights, tokenizer = files.read(WEIGHTS), files.read(TOKENIZER)
    if weights is None or tokenizer is None:
        raise FileNotFoundError("its files are gone")
    return _Parts(weights, tokenizer, json_of(CONFIG), json_of(POOLING), json_of(LIMITS))


def _built(parts: _Parts) -> _Model:
    import numpy as np
    from safetensors.numpy import load
    from tokenizers import Tokenizer

    config = parts.config
    if config.get("hidden_act", "gelu") != "gelu":
        raise ValueError(f"its activation is {config['hidden_act']!r}, and not gelu")
    positions = int(config["max_position_embeddings"])
    shape = Shape(
        layers=int(config["num_hidden_layers"]),
        heads=int(config["num_attention_heads"]),
        epsilon=float(config.get("layer_norm_eps", 1e-12)),
        positions=positions,
        cls_pooling=bool(parts.pooling.get("pooling_mode_cls_token", False)),
    )
    weights = {
        name: tensor.astype(np.float32, copy=False)
        for name, tensor in load(parts.weights).items()
        if tensor.dtype.kind == "f"
    }
    tokenizer = Tokenizer.from_buffer(parts.tokenizer)
    limit = int(parts.limits.get("max_seq_length") or positions)
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=min(limit, positions))
    return _Model(Encoder(weights, shape), tokenizer)


def _unusable(problem: str) -> PermanentError:
    return PermanentError(
        f"The embedding model on this machine cannot be used: {problem}.",
        f"Set {EMBED_MODEL.name} to another one, or unset it.",
        code=Code.MODEL_UNKNOWN,
    )


def _forget() -> None:
    """Leave a lock behind that another thread of the parent may have held."""
    global _loading  # noqa: PLW0603
    _loading = threading.Lock()


os.register_at_fork(after_in_child=_forget)
