"""What containers, virtual machines and clouds keep from a meter."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from joulemark.core.run import System
from joulemark.meters import METERS, _system, surroundings
from joulemark.meters.surroundings import advice, kinds


def rows() -> list[dict[str, object]]:
    table = Path(surroundings.__file__).parent / "data" / surroundings.TABLE
    found: list[dict[str, object]] = json.loads(table.read_text())["rows"]
    return found


@pytest.mark.parametrize(
    ("system", "variables", "expected"),
    [
        (System(host="a"), {}, set()),
        (System(host="a", container="docker"), {}, {"docker"}),
        (System(host="a", container="docker", virtual="KVM"), {}, {"docker", "KVM", "vm"}),
        (System(host="a"), {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, {"kubernetes"}),
        (System(host="a"), {"APPTAINER_CONTAINER": "/x.sif"}, {"apptainer"}),
        (System(host="a"), {"SINGULARITY_CONTAINER": "/x.sif"}, {"apptainer"}),
        (
            System(host="a", container="containerd", virtual="Amazon EC2"),
            {"KUBERNETES_SERVICE_HOST": "10.0.0.1"},
            {"kubernetes", "Amazon EC2", "vm"},
        ),
        (
            System(
                host="a",
                kernel="5.15.167.4-microsoft-standard-WSL2",
                virtual="hypervisor of unknown make",
            ),
            {},
            {"wsl"},
        ),
    ],
)
def test_surroundings_are_recognised(
    system: System, variables: dict[str, str], expected: set[str]
) -> None:
    assert kinds(system, variables) == expected


def test_bare_metal_needs_no_advice() -> None:
    assert advice("rapl", set()) == []


@pytest.mark.parametrize(
    ("around", "meter", "words"),
    [
        ({"docker"}, "rapl", ["/powercap:ro", "rapl:root=/powercap", "--cap-add PERFMON"]),
        ({"podman"}, "rapl", ["unmask=/sys/devices/virtual/powercap", "keep-groups"]),
        ({"kubernetes"}, "rapl", ["hostPath", "runAsUser: 0"]),
        ({"docker"}, "nvml", ["--gpus all"]),
        ({"apptainer"}, "nvml", ["--nv"]),
        ({"podman"}, "nvml", ["--device nvidia.com/gpu=all"]),
        ({"docker"}, "amdsmi", ["--device /dev/kfd"]),
        ({"Amazon EC2", "vm"}, "rapl", [".metal"]),
        ({"vm"}, "nvml", ["passthrough"]),
        ({"wsl"}, "nvml", ["driver in Windows"]),
    ],
)
def test_each_place_has_its_own_way(around: set[str], meter: str, words: list[str]) -> None:
    (found,) = advice(meter, around)
    assert found.where
    for word in words:
        assert word in found.remedy


def test_no_option_of_a_container_gives_what_its_virtual_machine_has_not() -> None:
    assert [each.where for each in advice("rapl", {"docker", "KVM", "vm"})] == ["KVM"]
    assert next(each.where for each in advice("nvml", {"docker", "KVM", "vm"})) == "docker"


def test_the_table_knows_every_hypervisor_and_container_and_names_only_our_meters() -> None:
    known = {kind for row in rows() for kind in row["in"] if row["meter"] == "rapl"}  # type: ignore[attr-defined]
    hypervisors = {shown for _, shown in _system._HYPERVISORS}
    assert {*hypervisors, "hypervisor of unknown make", *_system._CONTAINERS} <= known
    assert {row["meter"] for row in rows()} <= set(METERS.names())
    assert all(row["what"] and row["remedy"] for row in rows())
