"""joulemark import of logs beside results: what a load cost, and what is odd about it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from joulemark.cli import main
from joulemark.core.channel import Channel, Domain, Quantity
from joulemark.core.errors import FormatError, UsageError
from joulemark.core.trace import Trace
from joulemark.procedures.import_bundles import LogOrder, Told, bundles
from joulemark.procedures.import_logs import LogImport, import_log
from joulemark.procedures.import_sensors import ASSUMED, sensed
from joulemark.procedures.importing import import_paths
from joulemark.store.reader import open_run
from tests.formats.telemetry import bundles as made

SECONDS = made.LOAD[1] - made.LOAD[0]
JOULES = (100 + 110) * SECONDS
LOGS = {
    "nvidia": made.nvidia(),
    "amd": made.amd(),
    "dcgm": made.dcgm(),
    "aiperf": made.records(),
}


def imported(folder: Path, log: str, result: dict[str, Any] | None, **more: Any) -> LogImport:
    if result is None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "gpu.csv").write_text(log)
        order = LogOrder(log=folder / "gpu.csv")
    else:
        (order,) = bundles(made.bundle(folder / "in", log, result))
    return import_log(replace(order, **more), folder / "store")


def rules(done: LogImport) -> dict[str, str]:
    return {each.rule.removeprefix("log/"): str(each.severity) for each in done.findings}


@pytest.mark.parametrize("log", LOGS.values(), ids=LOGS)
@pytest.mark.parametrize("result", [made.inferencex(), made.vllm(), made.aiperf()], ids="iva")
def test_a_load_costs_what_it_used(tmp_path: Path, log: str, result: dict[str, Any]) -> None:
    done = imported(tmp_path, log, result)
    assert done.new
    assert done.gpus == ("gpu-0", "gpu-1")
    assert done.result.total is not None
    joules = done.result.total.joules
    seconds = 41 if "aiperf_version" in result else SECONDS
    assert joules.value == pytest.approx(210 * seconds, rel=1e-3)
    assert joules.u95 > 0.05 * joules.value
    per = {name.removesuffix("/load-1"): value for name, value in done.per.items()}
    assert per["energy-per-request"].value == pytest.approx(joules.value / made.REQUESTS)
    assert per["energy-per-output-token"].value == pytest.approx(joules.value / made.OUTPUT)
    assert per["energy-per-total-token"].value == pytest.approx(
        joules.value / (made.INPUT + made.OUTPUT)
    )
    assert str(done.result.total.provenance) == "declared"
    run = open_run(tmp_path / "store" / done.run)
    assert [window.phase for window in run.run.windows] == ["load"]


def test_a_log_alone_is_one_window(tmp_path: Path) -> None:
    done = imported(tmp_path, made.nvidia(), None)
    assert done.result.phase == "logged"
    assert done.result.total is not None
    assert done.result.total.joules.value == pytest.approx(210 * 60, rel=0.02)
    assert (done.per, rules(done)) == ({}, {"zone-unknown": "note"})


def test_the_zone_is_found_or_told(tmp_path: Path) -> None:
    found = imported(tmp_path / "a", made.nvidia(hours=2), made.inferencex())
    assert rules(found) == {"zone-inferred": "note"}
    told = imported(tmp_path / "b", made.nvidia(hours=2), made.inferencex(), zone="Europe/Zurich")
    assert rules(told) == {}
    assert found.result.total == told.result.total
    with pytest.raises(FormatError, match=r"they do not meet in \+05:00"):
        imported(tmp_path / "c", made.nvidia(hours=2), made.inferencex(), zone="+05:00")
    with pytest.raises(UsageError):
        imported(tmp_path / "d", made.nvidia(), made.inferencex(), zone="Mars")


@pytest.mark.parametrize(
    ("says", "severity"), [(8, "error"), (1, "warning"), (2, None)], ids=["fewer", "more", "same"]
)
def test_gpus_are_counted(tmp_path: Path, says: int, severity: str | None) -> None:
    done = imported(tmp_path, made.dcgm(), made.inferencex(tp=says))
    assert rules(done).get("gpu-count") == severity
    cautions = open_run(tmp_path / "store" / done.run).run.cautions
    assert [str(each.code) for each in cautions] == ["missing-part"] * (severity == "error")


def test_gpus_that_served_may_be_told(tmp_path: Path) -> None:
    done = imported(tmp_path, made.dcgm(4), made.inferencex(tp=2), gpus=frozenset({1, 3}))
    assert done.gpus == ("gpu-1", "gpu-3")
    assert rules(done) == {}
    with pytest.raises(FormatError, match="gpu-7 are not in it; there are gpu-0, gpu-1"):
        imported(tmp_path / "b", made.dcgm(), made.inferencex(), gpus=frozenset({7}))


def test_a_gpu_without_power_is_told(tmp_path: Path) -> None:
    lines = made.nvidia().splitlines(keepends=True)
    log = "".join(
        line if ", 1, " not in line else line.replace(line.split(", ")[2], "[Not Supported]")
        for line in lines
    )
    done = imported(tmp_path, log, made.inferencex(tp=2))
    assert done.gpus == ("gpu-0",)
    assert {k: v for k, v in rules(done).items() if k != "zone-inferred"} == {
        "no-power": "error",
        "gpu-count": "error",
    }


def test_a_log_without_any_power_is_refused(tmp_path: Path) -> None:
    log = made.NVIDIA + f"\n{made.local(0)}, 0, [N/A], 1, 1, 1, 1, 1\n"
    with pytest.raises(FormatError, match="no GPU gives power"):
        imported(tmp_path, log, None)


def test_a_log_that_ends_early_or_has_a_gap_is_told(tmp_path: Path) -> None:
    lines = made.nvidia().splitlines(keepends=True)
    early = imported(tmp_path / "a", "".join(lines[:140]), made.inferencex())
    assert rules(early)["not-covered"] == "error"
    assert early.result.total is not None
    assert early.result.total.coverage == pytest.approx(0.6, abs=0.05)
    gap = imported(tmp_path / "b", "".join(lines[:80] + lines[160:]), made.inferencex())
    assert rules(gap)["not-covered"] == "error"


def test_rows_that_cannot_be_told_apart_are_refused(tmp_path: Path) -> None:
    log = "\n".join(
        ", ".join(cell for place, cell in enumerate(line.split(", ")) if place != 1)
        for line in made.nvidia().splitlines()
    )
    with pytest.raises(FormatError, match="no column tells GPUs apart"):
        imported(tmp_path, log + "\n", made.inferencex())


def test_what_a_bundle_states_is_held_against_what_is_found(tmp_path: Path) -> None:
    folder = made.bundle(tmp_path / "in", made.nvidia(), made.inferencex())
    stated = {"expected_gpu_count": 2, "metrics": {"total_gpu_energy_j": 9000.0}}
    (folder / "power_validation_result.json").write_text(json.dumps(stated))
    (order,) = bundles(folder)
    assert (order.expected, order.stated_j) == (2, 9000.0)
    assert rules(import_log(order, tmp_path / "store"))["stated-energy"] == "warning"


def test_what_lies_beside_a_log_tells_of_it(tmp_path: Path) -> None:
    folder = made.bundle(tmp_path / "in", made.nvidia(hours=2), made.inferencex())
    (folder / "gpu_metrics_context.json").write_text('{"timestamp_timezone": "Europe/Zurich"}')
    (folder / "gpu_metrics_identity.csv").write_text(
        "index, uuid, name\n0, GPU-a, NVIDIA A100-SXM4-80GB\n1, GPU-b, NVIDIA H100\nx, y\n"
    )
    (order,) = bundles(folder)
    assert order.zone == "Europe/Zurich"
    done = import_log(order, tmp_path / "store")
    assert rules(done) == {}
    run = open_run(tmp_path / "store" / done.run).run
    windows = {c.part: c.window_s for c in run.channels if c.quantity is Quantity.POWER}
    assert windows == {"gpu-0": 0.025, "gpu-1": 1.0}
    assert run.system.gpus == ("NVIDIA A100-SXM4-80GB", "NVIDIA H100")
    (folder / "gpu_metrics_context.json").write_text('{"timestamp_timezone": "Mars"}')
    (folder / "gpu_metrics_identity.csv").write_text("uuid\n")
    (order,) = bundles(folder)
    assert (order.zone, order.models) == ("", {})


def seen(gpu: int, second: float, every: float, window: float) -> float:
    """Return what a sensor shows of a load of 600 W between idle at 100 W: a mean, held."""
    updated = second - (second + 0.037 * gpu) % every
    busy = max(min(updated, made.LOAD[1]) - max(updated - window, made.LOAD[0]), 0.0)
    return 100.0 + 500.0 * busy / window + 0.05 * gpu


@pytest.mark.parametrize("step", [0.1, 0.25, 1.0])
@pytest.mark.parametrize(("window", "name"), [(1.0, "NVIDIA H100"), (0.025, "NVIDIA A100")])
def test_the_interval_holds_the_energy_of_a_load_between_idle(
    tmp_path: Path, step: float, window: float, name: str
) -> None:
    log = made.nvidia(2, step=step, watts=lambda g, s: seen(g, s, 0.1, window))
    done = imported(tmp_path, log, made.inferencex(), models={0: name, 1: name})
    assert done.result.total is not None
    joules, truth = done.result.total.joules, 2 * 600.0 * SECONDS
    assert abs(joules.value - truth) < joules.u95
    assert abs(joules.value / truth - 1) < (0.03 if step == 1 else 0.006 if window == 1 else 0.003)


def test_bundles_are_found_below_a_folder(tmp_path: Path) -> None:
    made.bundle(tmp_path / "a" / "1", made.nvidia(), made.inferencex())
    made.bundle(tmp_path / "a" / "2", made.records(), made.aiperf(), "gpu_telemetry_export.jsonl")
    (tmp_path / "a" / "1" / "gpu_metrics_energy_start.csv").write_text("gpu,socket_power\n")
    (tmp_path / "a" / "other.json").write_text("{}")
    done = import_paths([str(tmp_path / "a")], tmp_path / "store", keep_raw=True)
    assert [each.tool for each in done.logs] == ["nvidia-smi", "aiperf"]
    assert (done.new, done.refused) == (2, [])
    assert (tmp_path / "store" / done.logs[0].run / "raw" / "gpu_metrics.csv").is_file()
    again = import_paths([str(tmp_path / "a")], tmp_path / "store")
    assert (again.new, again.known) == (0, 2)


def test_a_result_of_several_logs_is_refused(tmp_path: Path) -> None:
    folder = made.bundle(tmp_path / "in", made.nvidia(), made.inferencex())
    (folder / "gpu_2.csv").write_text(made.nvidia())
    with pytest.raises(FormatError, match=r"nothing that can be imported.*several logs could"):
        import_paths([str(folder)], tmp_path / "store")
    (folder / "gpu_2.csv").rename(folder / "gpu_result.csv")
    (order,) = bundles(folder)
    assert order.log.name == "gpu_result.csv"


def test_it_is_printed_and_told_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = made.bundle(tmp_path / "in", made.nvidia(hours=2), made.inferencex(tp=4))
    log, result = str(folder / "gpu_metrics.csv"), str(folder / "result.json")
    store = ["--store", str(tmp_path / "store")]
    assert main(["import", log, "--result", result, *store]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "1 log: 1 measurement, 1 new" in said
    assert "load: 40.000 s, 2 GPUs, 80 requests, 8000 input tokens, 16000 output tokens" in said
    assert "per output token 52" in said
    assert "log/gpu-count: the benchmark says 4 GPUs, the log has power of 2" in said
    assert main(["import", log, "--result", result, "--json", *store]) == 0
    (told,) = json.loads(capsys.readouterr().out)["logs"]
    assert told["energy"]["definition"] == "energy/load-1"
    assert told["energy"]["value"] == pytest.approx(JOULES, rel=0.01)
    assert told["per"]["energy-per-output-token/load-1"]["unit"] == "J/token"
    assert told["provenance"] == "declared"
    assert not told["new"]
    assert main(["show", told["run"], *store]) == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["gpu.csv", "other.csv", "--result", "r.json"], 2),
        (["gpu.csv", "--zone", "Mars"], 2),
        (["gpu.csv", "--result", "none.json"], 4),
    ],
)
def test_wrong_arguments_are_refused(
    tmp_path: Path, arguments: list[str], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gpu.csv").write_text(made.nvidia())
    monkeypatch.chdir(tmp_path)
    assert main(["import", *arguments, "--store", "store"]) == code


@pytest.mark.parametrize(
    "arguments", [["--gpus", "x"], ["--gpus", "-1"], ["--gpus", "1-"], ["--columns", "a,,b"]]
)
def test_lists_that_make_no_sense_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["import", "gpu.csv", *arguments])
    assert stop.value.code == 2


def test_a_log_without_a_head_needs_its_columns(tmp_path: Path) -> None:
    (tmp_path / "gpu.log").write_text(made.nvidia().split("\n", 1)[1])
    names = tuple(cell.partition("[")[0].strip() for cell in made.NVIDIA.split(","))
    done = import_paths([str(tmp_path / "gpu.log")], tmp_path / "store", told=Told(columns=names))
    assert len(done.logs) == 1


def test_sensors_are_modelled_by_column_and_board() -> None:
    def of(name: str, model: str, quantity: Quantity = Quantity.POWER) -> Channel:
        meter = name.partition("/")[0]
        plain = Channel(
            name=name, meter=meter, part="gpu-0", domain=Domain.GPU, quantity=quantity, unit="W"
        )
        return sensed(Trace.of(plain, [0, 1], [1.0, 2.0]), model)

    h100, a100 = "NVIDIA H100 80GB HBM3", "NVIDIA A100-SXM4-80GB"
    assert of("nvidia-smi/gpu-0/power.draw", h100).window_s == 1.0
    assert of("nvidia-smi/gpu-0/power.draw.instant", h100).window_s == 0.025
    assert of("nvidia-smi/gpu-0/power.draw", a100).window_s == 0.025
    unknown = of("nvidia-smi/gpu-0/power.draw", "")
    assert (unknown.window_s, unknown.note.partition(";")[0]) == (1.0, ASSUMED.partition(";")[0])
    assert of("dcgm/gpu-0/DCGM_FI_DEV_POWER_USAGE_INSTANT", h100).window_s == 0.025
    assert of("amd-smi/gpu-0/socket_power", "").window_s is None
    assert of("dcgm/gpu-0/E", h100, Quantity.ENERGY).window_s is None
    assert of("nvidia-smi/gpu-0/t", h100, Quantity.TEMPERATURE).accuracy.gain == 0
