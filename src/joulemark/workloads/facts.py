"""What can be said of a network before it runs: its size, its work, its traffic.

This module imports torch; it is imported when a workload is prepared, never before.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

SHAPE = (3, 32, 32)
"""Shape of one input."""


def model_facts(model: nn.Module) -> dict[str, Any]:
    """Return the facts of a network on the CPU, for one input of 3x32x32, as JSON values.

    ``macs`` counts convolutions and matrix products only (no bias, normalisation, activation or
    pooling). ``train_macs`` is forward and backward, three times the forward pass less the
    gradient of the first layer's input, which nobody needs; it is not counted, because the counter
    overcounts the backward pass of grouped convolutions.
    """
    parameters = list(model.parameters())
    buffers = list(model.buffers())
    size = _bytes(parameters) + _bytes(buffers)
    was_training = model.training
    model.eval()
    macs, traffic = _macs(model), _traffic(model)
    model.train(was_training)
    return {
        "parameters": sum(p.numel() for p in parameters),
        "trainable_parameters": sum(p.numel() for p in parameters if p.requires_grad),
        "parameter_bytes": _bytes(parameters),
        "buffer_tensors": len(buffers),
        "buffer_elements": sum(b.numel() for b in buffers),
        "buffer_bytes": _bytes(buffers),
        "size_bytes": size,
        "size_mib": size / 2**20,
        "macs": macs,
        "train_macs": 3 * macs - traffic.first_macs,
        "macs_counter": f"torch {torch.__version__} FlopCounterMode / 2",
        "macs_per_parameter": macs / sum(p.numel() for p in parameters),
        "activation_elements": traffic.elements,
    }


def _bytes(tensors: Iterable[Tensor]) -> int:
    return sum(t.numel() * t.element_size() for t in tensors)


def _macs(model: nn.Module) -> int:
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        model(torch.zeros(1, *SHAPE))
    return int(counter.get_total_flops()) // 2


def _traffic(model: nn.Module) -> _Traffic:
    traffic = _Traffic(model)
    one = torch.zeros(1, *SHAPE)  # made outside, its making is not the network's
    with torch.no_grad(), traffic:
        model(one)
    return traffic


class _Traffic(TorchDispatchMode):
    """Adds up the elements that the operations of a forward pass read and write.

    Counted for every operation but views and ``empty``: all tensor inputs that are not parameters
    (buffers are counted) and all outputs (the indices of a max pooling too).

    Attributes:
        elements: the sum.
        first_macs: multiply-accumulates of the first convolution.
    """

    def __init__(self, model: nn.Module) -> None:
        """Remember where the parameters lie; a view of one is a parameter, too."""
        super().__init__()
        self.elements = 0
        self.first_macs = 0
        self._parameters = {p.untyped_storage().data_ptr() for p in model.parameters()}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Run one operation and count it."""
        out = func(*args, **(kwargs or {}))
        if func.is_view or func.overloadpacket is torch.ops.aten.empty:
            return out
        inputs = [t for t in tree_leaves((args, kwargs)) if self._is_activation(t)]
        outputs = [t for t in tree_leaves(out) if isinstance(t, Tensor)]
        self.elements += sum(t.numel() for t in inputs + outputs)
        if func.overloadpacket is torch.ops.aten.convolution and not self.first_macs:
            self.first_macs = out.numel() * args[1][0].numel()
        return out

    def _is_activation(self, leaf: object) -> bool:
        return (
            isinstance(leaf, Tensor) and leaf.untyped_storage().data_ptr() not in self._parameters
        )
