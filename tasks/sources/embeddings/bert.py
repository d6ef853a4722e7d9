"""The forward pass of a small BERT encoder, in NumPy: tokens in, one unit vector per text out.

This is all that a sentence model such as all-MiniLM-L6-v2 needs to be used, so nobody has to
install a framework for training. In shapes, `b` is the texts of a batch, `n` the tokens of its
longest, `h` the model's hidden size.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Floats = NDArray[numpy.float32]
    Whole = NDArray[numpy.int64]

#: Added to the attention that padding would get: nothing is left of it.
_MASKED = -1e9
#: Coefficients of Abramowitz and Stegun, 7.1.26: the error function to 1.5e-7.
_ERF_P = 0.3275911
_ERF = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)


class Shape(Struct, frozen=True):
    """What a model's `config.json` says of it, as far as the forward pass depends on it."""

    layers: int
    heads: int
    epsilon: float
    positions: int
    cls_pooling: bool = False


class Encoder:
    """A BERT encoder.

    Args:
        weights: The tensors by their names in the model's file, float32.
        shape: The model's shape.

    Raises:
        KeyError: A tensor is not there.
        ValueError: One has not the shape that the others ask for.
    """

    def __init__(self, weights: Mapping[str, Floats], shape: Shape) -> None:
        prefix = "bert." if "bert.embeddings.word_embeddings.weight" in weights else ""
        self._shape = shape
        self._words = weights[f"{prefix}embeddings.word_embeddings.weight"]
        places = weights[f"{prefix}embeddings.position_embeddings.weight"]
        kinds = weights[f"{prefix}embeddings.token_type_embeddings.weight"]
        if len(places) < shape.positions or self._words.shape[1] % shape.heads:
            raise ValueError("the sizes of its tensors are not those of its config.json")
        self._places = places + kinds[0]  # a sentence model reads one text: all of the first kind
        self._first_norm = _pair(weights, f"{prefix}embeddings.LayerNorm")
        self._layers = [
            _Layer(weights, f"{prefix}encoder.layer.{number}.", shape)
            for number in range(shape.layers)
        ]

    def vectors(self, tokens: Whole, mask: Floats) -> Floats:
        """Return a unit vector for each text, `(b, h)`.

        Args:
            tokens: Their tokens, `(b, n)`, padded at the end.
            mask: 1 for a token and 0 for padding, `(b, n)`.
        """
        import numpy as np

        x = self._words[tokens] + self._places[: tokens.shape[1]]
        x = _normed(x, self._first_norm, self._shape.epsilon)
        hidden = ((1.0 - mask) * _MASKED).astype(np.float32)[:, None, None, :]
        for layer in self._layers:
            x = layer(x, hidden)
        if self._shape.cls_pooling:
            pooled = x[:, 0]
        else:
            pooled = (x * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        length = np.linalg.norm(pooled, axis=1, keepdims=True)
        unit: Floats = pooled / np.maximum(length, 1e-12)
        return unit


class _Layer:
    """Attention over the tokens, then a network over each of them."""

    def __init__(self, weights: Mapping[str, Floats], prefix: str, shape: Shape) -> None:
        import numpy as np

        self._heads, self._epsilon = shape.heads, shape.epsilon
        asked = [_pair(weights, f"{prefix}attention.self.{what}") for what in _PROJECTIONS]
        # One product for the three is faster than three.
        self._projection = np.concatenate([matrix for matrix, _ in asked])
        self._projection_bias = np.concatenate([bias for _, bias in asked])
        self._output = _pair(weights, f"{prefix}attention.output.dense")
        self._output_norm = _pair(weights, f"{prefix}attention.output.LayerNorm")
        self._wide = _pair(weights, f"{prefix}intermediate.dense")
        self._narrow = _pair(weights, f"{prefix}output.dense")
        self._norm = _pair(weights, f"{prefix}output.LayerNorm")

    def __call__(self, x: Floats, hidden: Floats) -> Floats:
        x = _normed(
            x + _dense(self._attention(x, hidden), self._output), self._output_norm, self._epsilon
        )
        inner = _gelu(_dense(x, self._wide))
        return _normed(x + _dense(inner, self._narrow), self._norm, self._epsilon)

    def _attention(self, x: Floats, hidden: Floats) -> Floats:
        batch, length, width = x.shape
        size = width // self._heads
        projected = x @ self._projection.T + self._projection_bias
        parts = projected.reshape(batch, length, 3, self._heads, size).transpose(2, 0, 3, 1, 4)
        queries, keys, values = parts
        scores = queries @ keys.transpose(0, 1, 3, 2) / math.sqrt(size) + hidden
        mixed: Floats = _softmax(scores) @ values
        return mixed.transpose(0, 2, 1, 3).reshape(batch, length, width)


_PROJECTIONS = ("query", "key", "value")


def _pair(weights: Mapping[str, Floats], name: str) -> tuple[Floats, Floats]:
    return weights[f"{name}.weight"], weights[f"{name}.bias"]


def _dense(x: Floats, pair: tuple[Floats, Floats]) -> Floats:
    weight, bias = pair
    result: Floats = x @ weight.T + bias
    return result


def _normed(x: Floats, pair: tuple[Floats, Floats], epsilon: float) -> Floats:
    import numpy as np

    weight, bias = pair
    centred = x - x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + epsilon)
    result: Floats = centred / deviation * weight + bias
    return result


def _softmax(scores: Any) -> Any:
    import numpy as np

    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    return scores


def _gelu(x: Any) -> Any:
    """Return `x · Φ(x)`, with the error function to the precision of float32."""
    import numpy as np

    z = np.abs(x)
    z *= np.float32(1 / math.sqrt(2))
    t = 1 / (1 + np.float32(_ERF_P) * z)
    series = np.float32(_ERF[4]) * t
    for coefficient in _ERF[3::-1]:
        series += np.float32(coefficient)
        series *= t
    z *= z
    np.negative(z, out=z)
    np.exp(z, out=z)
    series *= z  # erfc of |x| / √2
    series *= np.float32(0.5)
    return x * np.where(x < 0, series, 1 - series)
