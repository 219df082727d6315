"""Each rule passes on a result without fault, and finds the fault that is made for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from joulemark.core.finding import Severity
from joulemark.formats.training.benchmarks import benchmarks
from joulemark.formats.training.directory import BenchmarkDirectory
from joulemark.formats.trees.folder import FolderTree
from joulemark.rules.training.policy import node_limits_w, nodes_named
from joulemark.rules.training.register import all_rules, review
from joulemark.rules.training.review import TrainingReview
from tests.formats.training import samples as sample

Spoil = Callable[[Path], None]
BASE = "training_results_v5.0/WHO/results/BOX/retinanet"
SYSTEM = {
    "submitter": "WHO",
    "division": "closed",
    "system_name": "BOX",
    "number_of_nodes": "2",
    "accelerators_per_node": "8",
    "accelerator_model_name": "NVIDIA H100-SXM5-80GB",
    "accelerator_frequency": "1980 MHz",
    "cooling": "air",
    "hw_notes": "GPU TDP 700 W; power read from BMC, PSU 80 Plus Titanium",
}
LENGTH = 120


def watts(second: int, node: int, run: int) -> float:
    """What a node draws, W."""
    return 5600.0 + 37 * node + 11 * run + 13 * (second * second * (node + 7) % 17)


def power(node: int, run: int) -> bytes:
    """The log of a node, a reading a second with a fraction, from 1 s before the run to after."""
    record = [sample.line("power_measurement_start", None, -1.5, kind="INTERVAL_START")]
    record.append(sample.line("conversion_eff", 0.94, -1.5, {"measurement_type": "AC"}))
    for second in range(-1, LENGTH + run + 2):
        value = watts(second, node, run)
        record.append(sample.reading(second + 0.25, value, {"host": f"node_{node}"}))
    stop = LENGTH + run + 1.5
    record.append(sample.line("power_measurement_stop", None, stop, kind="INTERVAL_END"))
    return ("\n".join(record) + "\n").encode()


def result(root: Path, *, nodes: int = 2, runs: int = 5) -> Path:
    """Write a result without fault and return the benchmark's folder."""
    files: dict[str, bytes] = {}
    for run in range(runs):
        files[f"result_{run}.txt"] = sample.result(LENGTH + run, benchmark="retinanet")
        for node in range(nodes):
            files[f"power/result_{run}/node_{node}.txt"] = power(node, run)
        if nodes > 1:
            files[f"power/result_{run}/sw_0.txt"] = sample.switch(500)
    folder = sample.write(root / BASE, files)
    described = json.dumps({**SYSTEM, "number_of_nodes": str(nodes)}).encode()
    sample.write(root / "training_results_v5.0", {"WHO/systems/BOX.json": described})
    return folder


def found(folder: Path) -> BenchmarkDirectory:
    """The directory of a benchmark's folder, in its round."""
    root = folder.parents[3]
    (one,) = benchmarks(FolderTree(str(root), root.name))
    return one


def test_a_result_without_fault_has_no_finding(tmp_path: Path) -> None:
    directory = found(result(tmp_path))
    assert directory.place.round == "v5.0"
    assert review(directory) == []


def _logs(folder: Path, name: str = "*.txt") -> list[Path]:
    return sorted((folder / "power").glob(f"*/{name}"))


def _lines(name: str, change: Callable[[list[str]], list[str]]) -> Spoil:
    """Return what changes the lines of the power logs of a name."""

    def spoil(folder: Path) -> None:
        for path in _logs(folder, name):
            path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")

    return spoil


def _without(text: str, name: str = "node_*.txt") -> Spoil:
    return _lines(name, lambda lines: [line for line in lines if text not in line])


def _thinned(every: int) -> Spoil:
    def change(lines: list[str]) -> list[str]:
        readings = [line for line in lines if "power_reading" in line]
        return [*lines[:2], *readings[::every], readings[-1], lines[-1]]

    return _lines("node_*.txt", change)


def _shifted(seconds: float, name: str = "node_*.txt") -> Spoil:
    def change(lines: list[str]) -> list[str]:
        return [
            re.sub(
                r'"time_ms": (\d+)',
                lambda m: f'"time_ms": {int(m[1]) + round(1000 * seconds)}',
                line,
            )
            for line in lines
        ]

    return _lines(name, change)


def _powers(change: Callable[[float], object], name: str = "node_*.txt") -> Spoil:
    def line(text: str) -> str:
        if "power_reading" not in text:
            return text
        return re.sub(r'"value": ([\d.]+)', lambda m: f'"value": {change(float(m[1]))}', text)

    return _lines(name, lambda lines: [line(one) for one in lines])


def _text(pattern: str, old: str, new: str) -> Spoil:
    """Return what replaces text in files of the result; some must have it."""

    def spoil(folder: Path) -> None:
        count = 0
        for path in sorted(folder.parents[3].glob(pattern)):
            count += old in path.read_text()
            path.write_text(path.read_text().replace(old, new))
        assert count

    return spoil


def _gone(pattern: str) -> Spoil:
    def spoil(folder: Path) -> None:
        gone = list(folder.parents[3].glob(pattern))
        assert gone
        for path in gone:
            path.unlink()

    return spoil


def _written(name: str, text: str) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)

    return spoil


def _copied(old: str, new: str) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / new).write_bytes((folder / old).read_bytes())

    return spoil


def _both(*spoils: Spoil) -> Spoil:
    def spoil(folder: Path) -> None:
        for one in spoils:
            one(folder)

    return spoil


def _all_runs(seconds: float) -> Spoil:
    """Return what shifts runs and power alike."""

    def spoil(folder: Path) -> None:
        _shifted(seconds)(folder)
        for path in folder.glob("result_*.txt"):
            text = re.sub(
                r'"time_ms": (\d+)',
                lambda m: f'"time_ms": {int(m[1]) + round(1000 * seconds)}',
                path.read_text(),
            )
            path.write_text(text)

    return spoil


def _readings(change: Callable[[list[str]], list[str]], name: str = "node_*.txt") -> Spoil:
    """Return what changes the readings between the marks."""

    def lines(old: list[str]) -> list[str]:
        head = [line for line in old[:2] if "power_reading" not in line]
        return [*head, *change([line for line in old if "power_reading" in line]), old[-1]]

    return _lines(name, lines)


def _with_value(line: str, value: float) -> str:
    return re.sub(r'"value": [\d.]+', f'"value": {value}', line)


def _value(line: str) -> float:
    return float(re.findall(r'"value": ([\d.]+)', line)[0])


def _held(lines: list[str]) -> list[str]:
    return [_with_value(line, _value(lines[at - at % 3])) for at, line in enumerate(lines)]


def _lined(lines: list[str]) -> list[str]:
    made = []
    for at, line in enumerate(lines):
        low = at - at % 4
        high = min(low + 4, len(lines) - 1)
        share = (at - low) / max(high - low, 1)
        value = (1 - share) * _value(lines[low]) + share * _value(lines[high])
        made.append(_with_value(line, round(value)))
    return made


def _measured_switch(folder: Path) -> None:
    for run in range(5):
        log = power(0, run).decode().replace("node_0", "sw_0")
        (folder / f"power/result_{run}/sw_0.txt").write_text(log)


YEAR = 365 * 86_400
SYSTEMS = "*/systems/BOX.json"
RESULTS = "*/results/*/*/result_*.txt"
FIRST = "power/result_0/node_0.txt"

OF: dict[str, list[tuple[Spoil, str]]] = {
    "training/unreadable-file": [
        (_written(FIRST, "nothing"), "no line of MLPerf's log"),
        (_written("scaling.json", "{"), "JSON"),
    ],
    "training/malformed": [
        (_written("power/result_0/sw_0.txt", sample.switch().decode() + "?\n"), "1 line, first")
    ],
    "training/run-count": [(_gone("*/results/*/*/result_4.txt"), "4 runs, retinanet needs 5")],
    "training/not-converged": [
        (_text("*/results/*/*/result_2.txt", "success", "aborted"), "status is 'aborted'"),
    ],
    "training/many-failed": [(_text(RESULTS, "success", "aborted"), "5 of 5 runs")],
    "training/reversed-run": [
        (
            _text("*/results/*/*/result_0.txt", str(sample.T0 + 120_000), str(sample.T0 - 1)),
            "not after",
        ),
    ],
    "training/no-power": [
        (_gone("*/results/*/*/power/result_0/*.txt"), "no power log in power/result_0")
    ],
    "training/no-run": [(_gone("*/results/*/*/result_4.txt"), "there is no run result_4.txt")],
    "training/stray-file": [(_written("power/result_0/nodes.png", "x"), "no power log")],
    "training/benchmark-name": [(_text(RESULTS, "retinanet", "bert"), "trains 'bert'")],
    "training/scaling": [
        (_written("scaling.json", '{"scaling_factor": 0.5}'), "a scaling factor of 0.5"),
        (_written("scaling.json", '{"scaling_factor": "1"}'), "no factor"),
    ],
    "training/description": [
        (_gone(SYSTEMS), "is missing"),
        (_text(SYSTEMS, '"2"', '"two"'), "not stated"),
    ],
    "training/power-management": [
        (
            _both(_text(SYSTEMS, "TDP 700 W; power", "as"), _text(SYSTEMS, "1980 MHz", "N/A")),
            "limits",
        ),
    ],
    "training/meter-accuracy": [(_text(SYSTEMS, "from BMC, PSU", "with"), "no word on the meter")],
    "training/cooling": [(_text(SYSTEMS, '"air"', '""'), "cooling is not stated")],
    "training/other-time": [
        (_shifted(-YEAR), "lie 365.0 days before the run, on 2024-04-18"),
        (_shifted(YEAR), "after the run"),
        (_shifted(-3 * 86_400, "node_1.txt"), "lie 3.0 days before"),
    ],
    "training/time-zone": [
        (_shifted(5 * 3600), "+5 h off"),
        (_shifted(-5.5 * 3600, "node_0.txt"), "-5.5 h off"),
    ],
    "training/round-date": [
        (_all_runs(-YEAR), "before the round of 2025-06-04"),
        (_all_runs(YEAR), "after the round"),
    ],
    "training/missing-mark": [
        (_without("measurement_start"), "0 marks of the start"),
        (_without("measurement_stop"), "0 of the stop"),
    ],
    "training/stop-is-start": [
        (
            _lines("node_0.txt", lambda lines: [*lines[:-1], lines[0].replace("_start", "_stop")]),
            "the present summarizer fails",
        )
    ],
    "training/null-texts": [
        (_lines("node_*.txt", lambda a: [a[0].replace("null", '"null"'), *a[1:]]), '"null"'),
    ],
    "training/rate": [
        (_thinned(2), "every 2.02 s"),
        (_thinned(1000), "0 readings in the 2 min 0 s of the run"),
        (_both(_thinned(40), _shifted(-YEAR)), "readings in 2 min"),
    ],
    "training/rate-drift": [
        (_readings(lambda lines: [one for at, one in enumerate(lines) if at % 19]), "every 1.05 s"),
    ],
    "training/gap": [(_readings(lambda lines: lines[:40] + lines[50:]), "11.0 s of the run")],
    "training/samples": [
        (_thinned(3), "readings in the run, 60 are required"),
        (_both(_thinned(40), _shifted(-YEAR)), "readings in all, 60 are required"),
    ],
    "training/coverage": [
        (_both(_without("measurement_start"), _readings(lambda a: a[30:])), "the first 29.2 s"),
        (_readings(lambda lines: lines[:-30]), "the last 2"),
    ],
    "training/beside-run": [
        (_text(RESULTS, str(sample.T0) + ",", str(sample.T0 + 40_000) + ","), "before"),
    ],
    "training/published-energy": [
        (
            _both(
                _text(RESULTS, f"{sample.T0},", f"{sample.T0 + 40_000},"),
                _readings(lambda a: [*(x.replace(": 5", ": 2") for x in a[:40]), *a[40:]]),
            ),
            "kJ as published",
        ),
    ],
    "training/unordered": [
        (_readings(lambda a: [a[1], a[0], *a[2:]]), "1 step back, the longest 1.00 s")
    ],
    "training/doubled-stamps": [
        (_readings(lambda a: [a[0], *a]), "1 reading of 124 on another's stamp")
    ],
    "training/whole-seconds": [
        (
            _lines("node_*.txt", lambda a: [x.replace('250, "event', '000, "event') for x in a]),
            "whole",
        )
    ],
    "training/nodes": [
        (_gone("*/results/*/*/power/*/node_1.txt"), "1 node log, the system has 2 nodes"),
    ],
    "training/indices": [
        (
            _both(
                _copied("power/result_0/node_1.txt", "power/result_0/node_7.txt"),
                _gone("*/results/*/*/power/result_0/node_1.txt"),
            ),
            "not numbered from 0",
        ),
    ],
    "training/same-logs": [
        (_gone("*/results/*/*/power/result_3/node_1.txt"), "lacks node_1"),
        (_copied("power/result_0/sw_0.txt", "power/result_0/sw_1.txt"), "has sw_1 besides"),
    ],
    "training/copied-log": [
        (_copied("power/result_0/node_0.txt", "power/result_0/node_1.txt"), "the same bytes as"),
        (
            _both(
                _copied("power/result_0/node_0.txt", "power/result_0/node_1.txt"),
                _text("*/results/*/*/power/result_0/node_1.txt", "node_0", "node_1"),
            ),
            "100 % of its readings stand in",
        ),
    ],
    "training/copied-host": [
        (_text("*/results/*/*/power/*/node_1.txt", "node_1", "node_0"), "both of host 'node_0'"),
        (_readings(lambda a: [a[0].replace("node_", "box_"), *a[1:]]), "readings of hosts"),
    ],
    "training/no-switch": [(_gone("*/results/*/*/power/*/sw_0.txt"), "on 2 nodes")],
    "training/empty-log": [
        (_without("power_reading"), "no power of the node"),
        (_lines("sw_0.txt", lambda a: [a[0].replace("interconnect_power_est", "x")]), "the switch"),
    ],
    "training/estimated-node": [
        (
            _lines("node_0.txt", lambda a: [*a, sample.line("interconnect_power_est", 9, 0)]),
            "of a node",
        ),
    ],
    "training/measured-switch": [(_measured_switch, "kJ of a measured switch count as 0 J")],
    "training/switch-estimate": [
        (_lines("sw_0.txt", lambda a: [a[0].replace("500", "0.5")]), "0.5 W for the interconnect"),
        (_lines("sw_0.txt", lambda a: [a[0], a[0]]), "2 estimates"),
    ],
    "training/bad-readings": [
        (_readings(lambda a: [re.sub(r'"value": [\d.]+', '"value": 0', a[0]), *a[1:]]), "1 zero"),
        (
            _readings(lambda a: [re.sub(r'"value": [\d.]+', '"value": -5', a[0]), *a[1:]]),
            "negative",
        ),
        (
            _readings(lambda a: [re.sub(r'"value": [\d.]+', '"value": NaN', a[0]), *a[1:]]),
            "no number",
        ),
    ],
    "training/implausible-power": [
        (_powers(lambda w: w / 1000), "if these were kW"),
        (_powers(lambda w: w * 1000), "if these were mW"),
        (_powers(lambda w: w * 5), "a node draws"),
    ],
    "training/spike": [
        (
            _readings(
                lambda a: [*a[:9], re.sub(r'"value": [\d.]+', '"value": 99999', a[9]), *a[10:]]
            ),
            "e+05",
        ),
    ],
    "training/frozen": [
        (_powers(lambda w: 5600.0), "124 readings of one value, 2 min 3 s"),
        (
            _readings(
                lambda a: [
                    *a[:50],
                    *(re.sub(r'"value": [\d.]+', '"value": 5600', x) for x in a[50:90]),
                    *a[90:],
                ]
            ),
            "40 readings",
        ),
    ],
    "training/filled-in": [
        (_readings(_held), "they are repeated"),
        (_readings(_lined), "lie on lines between others"),
    ],
    "training/efficiency-missing": [
        (_without("conversion_eff"), "stripped"),
        (_lines("node_0.txt", lambda a: [x for x in a if "conversion" not in x]), "5 other logs"),
    ],
    "training/efficiency-value": [
        (_lines("node_*.txt", lambda a: [x.replace("0.94", "0.3") for x in a]), "of 0.3; supplies"),
        (_lines("node_*.txt", lambda a: [x.replace("0.94", "1.0") for x in a]), "of 1; supplies"),
        (
            _lines("node_*.txt", lambda a: [x.replace('"AC"', '"DC"') for x in a]),
            "where DC was read",
        ),
        (
            _lines("node_*.txt", lambda a: [a[0], a[1], a[1].replace("0.94", "0.5"), *a[2:]]),
            "2 values",
        ),
    ],
    "training/efficiency-differs": [
        (_lines("node_0.txt", lambda a: [x.replace("0.94", "0.9") for x in a]), "0.9 in 5"),
    ],
    "training/efficiency-document": [
        (_text(SYSTEMS, "80 Plus Titanium", "good"), "nothing in the description"),
    ],
}
"""For each rule what makes it find something, and a part of what it then says."""


@pytest.mark.parametrize(
    ("rule", "spoil", "said"),
    [(rule, *one) for rule, cases in OF.items() for one in cases],
    ids=[f"{rule}-{at}" for rule, cases in OF.items() for at in range(len(cases))],
)
def test_a_fault_is_found(tmp_path: Path, rule: str, spoil: Spoil, said: str) -> None:
    folder = result(tmp_path)
    spoil(folder)
    messages = [one.message for one in review(found(folder)) if one.rule == rule]
    assert messages
    assert any(said in message for message in messages), messages


def test_clocks_of_nodes_are_held_against_each_other(tmp_path: Path) -> None:
    folder = result(tmp_path, nodes=4)
    assert review(found(folder)) == []
    _shifted(25.0, "node_2.txt")(folder)
    said = [one.message for one in review(found(folder)) if one.rule == "training/node-clocks"]
    assert len(said) == 1
    assert "5 of 20 power logs" in said[0]
    assert "+25.0 s" in said[0]


def test_every_rule_has_a_fault_that_it_finds() -> None:
    ids = [rule.id for rule in all_rules()]
    assert sorted([*OF, "training/node-clocks"]) == sorted(ids)
    assert len(set(ids)) == len(ids)
    for rule in all_rules():
        assert rule.demands.endswith(".")
        assert rule.advice.endswith(".")
        assert rule.source


def test_power_of_the_dc_side_needs_no_efficiency(tmp_path: Path) -> None:
    folder = result(tmp_path)
    _without("conversion_eff")(folder)
    _text(SYSTEMS, '"system_name": "BOX"', '"system_name": "BOX-DC-Power"')(folder)
    assert review(found(folder)) == []


@pytest.mark.parametrize(
    ("accelerators", "model", "watts", "plausible"),
    [
        (8, "NVIDIA H100-SXM5-80GB", 5600, True),
        (8, "NVIDIA H100-SXM5-80GB", 5.6, False),
        (8, "Something New", 5600, True),
        (8, "Something New", 5.6, False),
        (0, "", 12, True),
        (0, "", 12_000, False),
        (None, "", 5600, True),
        (None, "", 5.6, False),
        (None, "", 5.6e6, False),
    ],
)
def test_what_a_node_may_draw(
    accelerators: int | None, model: str, watts: float, *, plausible: bool
) -> None:
    least, most = node_limits_w(accelerators, model)
    assert (least <= watts <= most) is plausible


def test_one_node_needs_no_switch(tmp_path: Path) -> None:
    assert review(found(result(tmp_path, nodes=1))) == []


def test_a_finding_tells_how_many_logs_and_the_worst(tmp_path: Path) -> None:
    folder = result(tmp_path)
    _readings(lambda lines: lines[:40] + lines[50:])(folder)
    _readings(lambda lines: lines[:40] + lines[60:], "node_1.txt")(folder)
    (one,) = [f for f in review(TrainingReview(found(folder))) if f.rule == "training/gap"]
    assert one.severity is Severity.ERROR
    assert one.message.startswith("10 of 15 power logs, at the worst: 31.0 s")
    assert one.file.endswith("node_1.txt")
    assert one.line == 43


def test_a_part_of_the_readings_of_another_node_is_a_copy(tmp_path: Path) -> None:
    folder = result(tmp_path)
    own, other = (folder / f"power/result_0/node_{node}.txt" for node in (1, 0))
    lines, taken = own.read_text().splitlines(), other.read_text().splitlines()
    made = [
        _with_value(line, _value(taken[at])) if "power_reading" in line and at > 40 else line
        for at, line in enumerate(lines)
    ]
    own.write_text("\n".join(made) + "\n")
    (one,) = [f for f in review(found(folder)) if f.rule == "training/copied-log"]
    assert "% of its readings stand in" in one.message


@pytest.mark.parametrize(
    ("name", "nodes"),
    [("8xXE9680x8H100", 8), ("64xSMC-H100", 64), ("8xB200", None), ("8x_", None), ("BOX", None)],
)
def test_a_name_may_tell_the_nodes(name: str, nodes: int | None) -> None:
    assert nodes_named(name) == nodes
