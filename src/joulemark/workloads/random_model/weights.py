"""Random weights that never end an answer.

One number of the hidden state, the first, is the same for every token and left alone by every
layer: the model always knows it. What may not be said has a large negative weight there in the
table of words out, so that its logit is far below all others, whatever was said before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from joulemark.workloads.random_model.shape import Shape

Floats = npt.NDArray[np.float32]
UNSAID = -12.0
"""Weight of what may not be said; its logit comes to -40 or less, those of others to ±9."""
SPREAD = 2.0
"""Standard deviation of the logits of what may be said."""


def weights(shape: Shape, unsaid: Iterable[int], seed: int) -> Iterator[tuple[str, Floats]]:
    """Yield the numbers of a model, by the names that Hugging Face gives them.

    Args:
        shape: of the model.
        unsaid: tokens that are never said.
        seed: chooses the model.
    """
    random = np.random.default_rng(seed)

    def table(rows: int, columns: int, deviation: float) -> Floats:
        return random.standard_normal((rows, columns), dtype=np.float32) * np.float32(deviation)

    ones = np.ones(shape.hidden, np.float32)
    into = table(shape.vocabulary, shape.hidden, 1.0)
    into[:, 0] = np.sqrt(shape.hidden)
    yield "model.embed_tokens.weight", into
    values, small = shape.head * shape.kv_heads, (2 * shape.layers) ** -0.5
    for layer in range(shape.layers):
        name = f"model.layers.{layer}."
        wide, inner = shape.hidden**-0.5, shape.inner**-0.5
        yield name + "input_layernorm.weight", ones
        yield name + "self_attn.q_proj.weight", table(shape.hidden, shape.hidden, wide)
        yield name + "self_attn.k_proj.weight", table(values, shape.hidden, wide)
        yield name + "self_attn.v_proj.weight", table(values, shape.hidden, wide)
        yield (
            name + "self_attn.o_proj.weight",
            _alone(table(shape.hidden, shape.hidden, wide * small)),
        )
        yield name + "post_attention_layernorm.weight", ones
        yield name + "mlp.gate_proj.weight", table(shape.inner, shape.hidden, wide)
        yield name + "mlp.up_proj.weight", table(shape.inner, shape.hidden, wide)
        yield name + "mlp.down_proj.weight", _alone(table(shape.hidden, shape.inner, inner * small))
    yield "model.norm.weight", ones
    out = table(shape.vocabulary, shape.hidden, SPREAD * shape.hidden**-0.5)
    out[:, 0] = 0.0
    out[list(unsaid), 0] = UNSAID
    yield "lm_head.weight", out


def _alone(table: Floats) -> Floats:
    """Have a layer leave the first number of the hidden state as it is."""
    table[0] = 0.0
    return table
