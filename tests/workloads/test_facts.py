"""Counting by hand against counting by machine."""

from __future__ import annotations

import pytest

from joulemark.workloads.networks import build

torch = pytest.importorskip("torch")


def test_activation_elements_of_a_network_counted_by_hand() -> None:
    from joulemark.workloads.facts import model_facts

    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 2, 1, bias=False),  # reads 3072, writes 2048
        torch.nn.BatchNorm2d(2),  # reads 2048 and two buffers of 2, writes 2048
        torch.nn.MaxPool2d(2),  # reads 2048, writes 512 and 512 indices
        torch.nn.Flatten(),  # a view: nothing
        torch.nn.Linear(512, 5),  # reads 512, writes 5
    )
    facts = model_facts(network)
    assert facts["activation_elements"] == 3072 + 2048 + 2048 + 4 + 2048 + 2048 + 1024 + 512 + 5
    assert facts["macs"] == 3 * 2 * 1024 + 512 * 5
    assert facts["train_macs"] == 3 * facts["macs"] - 3 * 2 * 1024
    assert facts["buffer_tensors"] == 3
    assert facts["buffer_bytes"] == 2 * 2 * 4 + 8


def test_frozen_parameters_are_told_apart_and_the_mode_is_kept() -> None:
    from joulemark.workloads.facts import model_facts

    network = build("LeNet")
    network[0].weight.requires_grad_(False)
    network.train()
    facts = model_facts(network)
    assert facts["parameters"] - facts["trainable_parameters"] == 6 * 3 * 5 * 5
    assert network.training
