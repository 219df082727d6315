"""Which meters are chosen."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from joulemark.core.channel import Channel, Domain, Provenance, Quantity
from joulemark.core.errors import UnavailableError, UsageError
from joulemark.procedures.plan import Plan, _without, missing_parts, plan
from tests.meters.trees import intel_server
from tests.procedures.fakes import Steady


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
    chosen = plan(None, time.monotonic_ns, {"root_pid": 1}, origin_ns=0, sensors=sensors)
    names = [spec["name"] for spec in chosen.specs]
    chosen.close()
    assert names[0] == "rapl"
    assert names[-1] == "host"
    assert "hwmon" in [name for name, _ in chosen.unavailable]
    assert {meter.name for meter in chosen.edge_meters()} >= {"rapl"}


def test_perf_events_are_asked_for_what_powercap_refuses(tmp_path: Path) -> None:
    tree = intel_server(tmp_path)
    sensors = {"rapl": {"root": str(tree.root)}, "rapl-perf": {"root": str(tmp_path / "no")}}

    def asked() -> list[str]:
        chosen = plan(None, time.monotonic_ns, {"root_pid": 1}, origin_ns=0, sensors=sensors)
        chosen.close()
        return [name for name, _ in chosen.unavailable if name == "rapl-perf"]

    assert asked() == []
    sensors["rapl"] = {"root": str(tmp_path / "nothing")}
    assert asked() == ["rapl-perf"]


def test_a_card_is_not_read_by_two_meters() -> None:
    card = replace(channel(Domain.GPU), meter="amdsmi", source="amdsmi_get_energy 0000:03:00.0")
    amd = Steady()
    amd.channels = [card]
    assert _without(Plan(meters=[amd]), "hwmon") == {"without": ["0000:03:00.0"]}
    assert _without(Plan(meters=[amd]), "power-supply") == {}
    assert _without(Plan(meters=[Steady()]), "hwmon") == {}


def test_named_meters_are_taken_or_refused(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        plan([("rapl", {"root": str(tmp_path)})], time.monotonic_ns, {}, origin_ns=0)
    with pytest.raises(UsageError, match="'magic'"):
        plan([("magic", {})], time.monotonic_ns, {}, origin_ns=0)
    with pytest.raises(UnavailableError, match="nothing on this machine gives energy"):
        plan([("host", {})], time.monotonic_ns, {}, origin_ns=0)
