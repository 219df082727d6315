"""Shapes of pipelines with random weights, in the form of Stable Diffusion 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A network that denoises (UNet), a decoder of images (VAE) and an encoder of text (CLIP).

    Attributes:
        blocks: channels of the UNet's levels; all but the last look at the text.
        layers: its layers in a level.
        heads: its heads of attention, as diffusers names them (``attention_head_dim``).
        decoder: channels of the VAE's levels; an image is 2 to the number of levels less one times
            as wide as what is denoised.
        decoder_layers: its layers in a level.
        text: width of the encoder of text.
        text_layers: its layers.
        text_heads: its heads of attention.
    """

    blocks: tuple[int, ...]
    layers: int
    heads: int
    decoder: tuple[int, ...]
    decoder_layers: int
    text: int
    text_layers: int
    text_heads: int


_SHAPES: Mapping[str, Shape] = {
    "0.8M": Shape(
        blocks=(32, 64),
        layers=1,
        heads=8,
        decoder=(16, 32, 32, 32),
        decoder_layers=1,
        text=32,
        text_layers=2,
        text_heads=4,
    ),
    "29M": Shape(
        blocks=(96, 192, 288),
        layers=2,
        heads=8,
        decoder=(32, 64, 128, 128),
        decoder_layers=1,
        text=256,
        text_layers=4,
        text_heads=4,
    ),
    "860M": Shape(
        blocks=(320, 640, 1280, 1280),
        layers=2,
        heads=8,
        decoder=(128, 256, 512, 512),
        decoder_layers=2,
        text=768,
        text_layers=12,
        text_heads=12,
    ),
}
SIZES = tuple(_SHAPES)
"""Names of shapes by the weights of the UNet; "860M" is that of Stable Diffusion 1.5."""


def shape_of(size: str) -> Shape:
    """Return the shape of that name; one of :data:`SIZES`."""
    return _SHAPES[size]
