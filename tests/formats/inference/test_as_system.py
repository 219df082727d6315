"""System descriptions as our own description of a machine."""

from __future__ import annotations

import json
from typing import Any

import pytest

from joulemark.core.errors import FormatError
from joulemark.formats.inference.as_system import described, memory_bytes, rated_w
from joulemark.formats.inference.parsed import Source

GIB = 1 << 30


def system(**fields: Any) -> Source:
    return Source("systems/box.json", json.dumps(fields).encode())


def test_what_a_description_says() -> None:
    found = described(
        system(
            system_name="ACME Box", system_type="edge", number_of_nodes="2",
            accelerators_per_node=4, accelerator_model_name="Thing", host_processor_model_name="A",
            host_processors_per_node=2, host_processor_core_count=64, operating_system="Linux 6",
            host_memory_capacity="2 TB", power_supply_quantity_and_rating_watts="2x 2,400 W",
        ),
        "box",
    )  # fmt: skip
    assert (found.name, found.kind, found.nodes, found.accelerators) == ("ACME Box", "edge", 2, 8)
    assert found.system.host == "box"
    assert found.system.gpus == ("Thing",) * 8
    assert (found.system.sockets, found.system.cores) == (2, 128)
    assert found.system.memory_bytes == 2048 * GIB
    assert found.rated_w == 4800.0
    assert found.fields["operating_system"] == "Linux 6"


def test_what_it_does_not_say() -> None:
    for source in (None, system(), system(accelerator_model_name="N/A", accelerators_per_node=3)):
        found = described(source, "box")
        assert (found.name, found.accelerator, found.system.gpus) == ("box", "", ())
        assert found.rated_w is None
    assert described(None, "").system.host == "sut"
    with pytest.raises(FormatError, match=r"systems/box\.json"):
        described(Source("systems/box.json", b"["), "box")


def test_hostile_counts_and_texts() -> None:
    found = described(
        system(
            number_of_nodes=10**9, accelerators_per_node=10**9, accelerator_model_name="T" * 10**5,
            host_processors_per_node="9" * 5000, system_name="n" * 10**5, system_type=["x"],
            **{f"f{i}": "x" for i in range(1000)},
        ),
        "box",
    )  # fmt: skip
    assert len(found.system.gpus) <= 4096
    assert len(found.name) <= 400
    assert len(found.fields) <= 200
    assert found.system.sockets is None


@pytest.mark.parametrize(
    ("text", "gib"),
    [("2 TB", 2048), ("8x 64 GB", 512), ("30G", 30), ("4 GiB", 4), ("1024GB", 1024),
     ("2.2TiB", 2252.8), ("", 0), ("much", 0), ("9" * 400 + " GB", 0), ("9999x 999999 TB", 0)],
)  # fmt: skip
def test_capacities(text: str, gib: float) -> None:
    assert memory_bytes(text) == int(gib * GIB)


@pytest.mark.parametrize(
    ("text", "watts"),
    [("6x Delta Titanium 3,000-Watt Supplies", 18000.0), ("130W", 130.0), ("2x 2400 W", 4800.0),
     ("2000W x 4 (80Plus Plutinum)", 8000.0), ("x2, 140W", 280.0), ("1x2400W", 2400.0),
     ("6x Dell 2800-Watt Liteon Power Supplies", 16800.0), ("SMC TECHNOLOGY", None),
     ("1500", 1500.0), ("850.5", 850.5), ("", None), ("two", None), ("0", None), ("1e99", None)],
)  # fmt: skip
def test_ratings(text: str, watts: float | None) -> None:
    assert rated_w(text) == watts
