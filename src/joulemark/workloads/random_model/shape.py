"""How large a model is: the shape of a Llama."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A Llama whose words in and words out have tables of their own (not tied).

    Attributes:
        hidden: width.
        layers: number of layers.
        heads: heads of attention.
        kv_heads: heads of keys and values.
        inner: width within a layer.
        vocabulary: tokens.
        context: most tokens of a request.
    """

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    inner: int
    vocabulary: int
    context: int = 8192

    @property
    def head(self) -> int:
        """Width of a head."""
        return self.hidden // self.heads

    @property
    def parameters(self) -> int:
        """How many numbers the model has."""
        attention = 2 * self.hidden * (self.hidden + self.head * self.kv_heads)
        layer = attention + 3 * self.hidden * self.inner + 2 * self.hidden
        return self.layers * layer + self.hidden + 2 * self.vocabulary * self.hidden


SHAPES: Mapping[str, Shape] = {
    "0.6M": Shape(hidden=64, layers=2, heads=2, kv_heads=1, inner=192, vocabulary=4096),
    "7M": Shape(hidden=256, layers=4, heads=4, kv_heads=2, inner=768, vocabulary=8192),
    "27M": Shape(hidden=512, layers=6, heads=8, kv_heads=4, inner=1536, vocabulary=8192),
}
"""Shapes by what they are called, which is roughly how many numbers they have."""
EPSILON = 1e-5
"""Of the norms."""
THETA = 10000.0
"""Base of the rotary positions."""
