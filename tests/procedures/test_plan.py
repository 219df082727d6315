"""Which meters are chosen."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from joulemark.core.channel import Channel, Domain, Provenance, Quantity
from joulemark.core.errors import UnavailableError, UsageError
from joulemark.core.interfaces import EdgeMeter, Meter
from joulemark.meters import METERS
from joulemark.meters.sampling import Opened
from joulemark.procedures.plan import Plan, _without, missing_parts, plan
from tests.meters.trees import intel_server


def channel(domain: Domain, provenance: Provenance = Provenance.MEASURED) -> Channel:
    return Channel(
        name=f"x/{domain}",
        meter="x",
        part=str(domain),
        domain=domain,
        quantity=Quantity.POWER,
        unit="W",
        provenance=provenance,
    )


def here(name: str, settings: dict[str, Any]) -> Opened:
    """Open a meter in this process, and say of it what a sampling process would."""
    meter: Meter = METERS.load(name)(settings)
    try:
        meter.open(time.monotonic_ns)
    except UnavailableError as error:
        return Opened([], [error], edges=False)
    opened = Opened(list(meter.channels), meter.missing, edges=isinstance(meter, EdgeMeter))
    meter.close()
    return opened


@pytest.mark.parametrize(
    ("domains", "missing"),
    [
        ([], ["cpu", "dram"]),
        ([Domain.GPU], ["cpu", "dram"]),
        ([Domain.PACKAGE], ["dram"]),
        ([Domain.PACKAGE, Domain.DRAM], []),
        ([Domain.PSYS], []),
        ([Domain.WALL], []),
        ([Domain.NODE], []),
    ],
)
def test_estimates_fill_only_what_no_sensor_covers(
    domains: list[Domain], missing: list[str]
) -> None:
    assert missing_parts([channel(domain) for domain in domains]) == missing
    assert missing_parts([channel(d, Provenance.ESTIMATED) for d in domains]) == ["cpu", "dram"]


def test_a_rail_that_holds_processor_and_memory_leaves_no_estimate() -> None:
    rails = [channel(Domain.RAIL), replace(channel(Domain.RAIL), covers=(Domain.PACKAGE,))]
    assert missing_parts(rails) == ["dram"]
    assert missing_parts([*rails, replace(rails[0], covers=(Domain.DRAM,))]) == []


def test_sensors_are_found_and_what_is_missing_is_estimated(tmp_path: Path) -> None:
    sensors = {
        "rapl": {"root": str(intel_server(tmp_path).root)},
        "hwmon": {"root": str(tmp_path / "no")},
    }
    chosen = plan(None, here, {"root_pid": 1}, origin_ns=0, sensors=sensors)
    names = [spec["name"] for spec in chosen.specs]
    assert names[0] == "rapl"
    assert names[-1] == "host"
    assert "hwmon" in [name for name, _ in chosen.unavailable]
    assert [spec["name"] for spec in chosen.edge_specs] == ["rapl"]
    assert chosen.channels[0].meter == "rapl"


def test_perf_events_are_asked_for_what_powercap_refuses(tmp_path: Path) -> None:
    tree = intel_server(tmp_path)
    sensors = {"rapl": {"root": str(tree.root)}, "rapl-perf": {"root": str(tmp_path / "no")}}

    def asked() -> list[str]:
        chosen = plan(None, here, {"root_pid": 1}, origin_ns=0, sensors=sensors)
        return [name for name, _ in chosen.unavailable if name == "rapl-perf"]

    assert asked() == []
    sensors["rapl"] = {"root": str(tmp_path / "nothing")}
    assert asked() == ["rapl-perf"]


def test_a_card_is_not_read_by_two_meters() -> None:
    card = replace(channel(Domain.GPU), meter="amdsmi", source="amdsmi_get_energy 0000:03:00.0")
    assert _without(Plan(channels=[card]), "hwmon") == {"without": ["0000:03:00.0"]}
    assert _without(Plan(channels=[card]), "power-supply") == {}
    assert _without(Plan(channels=[channel(Domain.GPU)]), "hwmon") == {}


def test_what_shows_no_sign_of_itself_is_not_even_opened() -> None:
    opened: list[str] = []

    def note(name: str, settings: dict[str, Any]) -> Opened:
        opened.append(name)
        return here(name, settings)

    sensors: dict[str, dict[str, Any]] = {"here": {}, "absent": {}, "rapl": {}}
    signs = {"here": "/", "absent": "/nowhere"}
    with pytest.raises(UsageError, match="'here'"):
        plan(None, note, {}, origin_ns=0, sensors=sensors, signs=signs)
    del sensors["here"]
    chosen = plan(None, note, {"root_pid": 1}, origin_ns=0, sensors=sensors, signs=signs)
    assert "absent" not in opened
    assert [str(e) for name, e in chosen.unavailable if name == "absent"] == [
        "/nowhere: there is no such thing here; joulemark meters says more"
    ]


def test_named_meters_are_taken_or_refused(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        plan([("rapl", {"root": str(tmp_path)})], here, {}, origin_ns=0)
    with pytest.raises(UsageError, match="'magic'"):
        plan([("magic", {})], here, {}, origin_ns=0)
    with pytest.raises(UnavailableError, match="nothing on this machine gives energy"):
        plan([("host", {})], here, {}, origin_ns=0)


def test_boards_go_by_their_names_alone() -> None:
    first = replace(channel(Domain.GPU), note="NVIDIA H200; sum of nvmlClocksEventReason bits")
    second = replace(first, part="gpu-9", note="")
    assert Plan(channels=[second, channel(Domain.NODE), first]).gpus() == ("NVIDIA H200", "gpu-9")
