"""The reference networks as data."""

from __future__ import annotations

import math

import pytest

from joulemark.formats.tiny.networks import network, networks


def test_a_network_is_found_by_model_and_by_benchmark() -> None:
    first, second = network("ic"), network("ic02")
    assert first is not None
    assert second is not None
    assert (first.model, second.model) == ("ic01", "ic02")
    assert network("") is None
    assert network("gpt3") is None


def test_operations_of_an_l4r5_are_half_a_nanojoule() -> None:
    """Published energies of one board, µJ, over the counts, give its published pJ per MAC."""
    published = {"ad": 203.368, "ic": 6919.375, "kws": 1820.454, "vww": 3894.566}
    per_mac = []
    for name, energy in published.items():
        known = network(name)
        assert known is not None
        per_mac.append(round(energy * 1e6 / known.macs))
    assert per_mac == [770, 553, 685, 520]


@pytest.mark.parametrize("one", networks(), ids=lambda one: one.model)
def test_what_is_said_of_a_network_hangs_together(one: object) -> None:
    from joulemark.formats.tiny.networks import Network

    assert isinstance(one, Network)
    assert one.model.startswith(one.benchmark)
    values = math.prod(one.input)
    assert one.input_bytes in (values, 4 * values)  # int8, or float32 for the autoencoder
    assert one.int8_bytes > one.parameters
    assert one.macs >= one.parameters - 1672  # biases of the autoencoder are added, not multiplied
