"""The networks equal those of the study in size, work and traffic."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from joulemark.core.errors import UsageError
from joulemark.workloads.networks import NAMES, build

HERE = Path(__file__).parent
GOLDEN = HERE / "data" / "networks.csv"
SHARED = HERE.parents[1] / ".." / "shared" / "data" / "within_limits" / "models.csv"

COLUMNS = {
    "parameters": "total_params",
    "trainable_parameters": "trainable_params",
    "parameter_bytes": "param_bytes_fp32",
    "buffer_tensors": "buffer_tensors",
    "buffer_elements": "buffer_elems",
    "buffer_bytes": "buffer_bytes",
    "size_bytes": "size_bytes",
    "macs": "macs_torch_flopcounter",
    "train_macs": "train_macs_true_3x_minus_first_input_grad",
    "activation_elements": "fwd_activation_elems_io",
}


def golden(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["model"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def facts() -> dict[str, dict[str, Any]]:
    pytest.importorskip("torch")
    from joulemark.workloads.facts import model_facts

    return {name: model_facts(build(name)) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_facts_equal_the_table(name: str, facts: dict[str, dict[str, Any]]) -> None:
    row = golden(GOLDEN)[name]
    found = {key: facts[name][key] for key in COLUMNS}
    assert found == {key: int(row[column]) for key, column in COLUMNS.items()}
    assert facts[name]["size_mib"] == pytest.approx(float(row["size_mib"]), abs=5e-4)
    assert facts[name]["macs_per_parameter"] == pytest.approx(
        float(row["macs_per_param"]), abs=5e-4
    )
    assert "FlopCounterMode" in facts[name]["macs_counter"]


def test_our_copy_of_the_table_is_the_shared_one() -> None:
    if not SHARED.exists():
        pytest.skip(f"the study's table does not lie at {SHARED}")
    shared = golden(SHARED)
    assert golden(GOLDEN) == {name: shared[name] for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_one_output_per_class(name: str) -> None:
    torch = pytest.importorskip("torch")
    with torch.no_grad():
        assert build(name, classes=7).eval()(torch.zeros(2, 3, 32, 32)).shape == (2, 7)


def test_unknown_network() -> None:
    with pytest.raises(UsageError, match="LeNet, ResNet18, MobileNetV2, VGG16"):
        build("VGG19")
