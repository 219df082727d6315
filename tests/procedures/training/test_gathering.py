"""Nodes become one run: by clock, cut, written, scored; what is missing is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from joulemark.core.channel import Domain, Provenance, Quantity
from joulemark.core.errors import FormatError, UnavailableError, UsageError
from joulemark.core.finding import Severity
from joulemark.core.run import Status
from joulemark.core.trace import Trace
from joulemark.formats.training.benchmarks import benchmarks
from joulemark.formats.trees.opening import open_tree
from joulemark.procedures.results import results_of
from joulemark.procedures.training.gathered import Gathered, Switch, efficiency_of, switch_of
from joulemark.procedures.training.gathering import Plan, compute, gather, interconnect, whole
from joulemark.procedures.training.nodes import read_node, step_s
from joulemark.store.reader import open_run
from tests.procedures.training.made import (
    HOURS_5,
    START,
    STOP,
    T0,
    agent_run,
    channel,
    joules,
    run_log,
    three,
    wave,
)


def plan(tmp: Path, expected: int = 3) -> Plan:
    return Plan(
        root=tmp / "out", store=tmp / "out" / "runs", submitter="us", system="3xBOX",
        expected=expected,
    )  # fmt: skip


def gathered(paths: list[Path], how: Plan) -> Gathered:
    return gather([read_node(path) for path in paths], how)


def ours(found: Gathered, severity: Severity | None = None) -> dict[str, str]:
    """What gathering itself found, by rule."""
    return {
        one.rule.removeprefix("gather/"): one.message
        for one in found.findings
        if one.rule.startswith("gather/") and severity in (None, one.severity)
    }


def test_three_nodes_come_to_their_true_energy(tmp_path: Path) -> None:
    found = gathered(three(tmp_path / "store"), plan(tmp_path))
    assert ours(found) == {}
    assert found.seconds == STOP - START
    for one, watts in zip(found.seen, (400.0, 500.0, 600.0), strict=True):
        truth = joules(wave(watts))
        assert one.in_run is not None
        assert one.published is not None
        assert abs(one.in_run.value - truth) < 1e-3 * truth
        assert abs(one.published - truth) < 0.01 * truth
        assert one.provenance is Provenance.MEASURED
        assert one.coverage == pytest.approx(1)
        assert one.longest_gap_s == pytest.approx(0.5)
    energy = whole(found)
    assert energy is not None
    assert energy == compute(found)
    assert found.merged is not None
    (train,) = results_of(open_run(found.merged))
    assert train.phase == "train"
    assert train.total is not None
    assert train.total.joules.value == pytest.approx(energy.value)
    assert len(train.parts) == 3


def test_what_is_written_is_read_and_scored_as_a_submission(tmp_path: Path) -> None:
    how = replace(plan(tmp_path), switches=(Switch("sw_0", 1000.0, 0.25),), factors={"node": 0.9})
    found = gathered(three(tmp_path / "store"), how)
    assert found.folder == tmp_path / "out/us/results/3xBOX/lenet"
    (directory,) = benchmarks(open_tree(str(tmp_path / "out")))
    assert directory.results == ("result_3.txt",), "it keeps the number of its log"
    files = directory.power_files("result_3.txt")
    assert [f.rpartition("/")[2] for f in files] == [
        "node_0.txt", "node_1.txt", "node_2.txt", "sw_0.txt",
    ]  # fmt: skip
    assert directory.system is not None
    assert directory.system.nodes == 3
    truth = 0.9 * sum(joules(wave(watts)) for watts in (400.0, 500.0, 600.0))
    nodes = compute(found)
    assert nodes is not None
    assert abs(nodes.value - truth) < 1e-3 * truth
    assert nodes.u95 > 0.01 * truth, "an efficiency that is stated is not exact"
    switches = interconnect(found)
    assert switches is not None
    assert switches.value == pytest.approx(250 * (STOP - START))
    assert switches.u95 > 0.5 * switches.value
    assert found.seen[-1].published == pytest.approx(250 * (STOP - START))
    assert found.seen[-1].provenance is Provenance.DECLARED


def test_a_clock_that_is_five_hours_off_is_set_right_and_told(tmp_path: Path) -> None:
    store = tmp_path / "store"
    paths = [
        agent_run(store, 0, wave(400), log=run_log(), off_s=0.0),
        agent_run(store, 1, wave(500), off_s=HOURS_5),
        agent_run(store, 2, wave(600), off_s=-2.5),
    ]
    found = gathered(paths, plan(tmp_path))
    messages = [one.message for one in found.findings if one.rule == "gather/clock-off"]
    assert len(messages) == 2
    assert "node_1 (box1): its clock is 5 h 0 min ahead" in messages[0]
    assert "node_2 (box2): its clock is 2.50 s behind" in messages[1]
    for one, watts in zip(found.seen, (400.0, 500.0, 600.0), strict=True):
        assert one.in_run is not None
        truth = joules(wave(watts))
        assert abs(one.in_run.value - truth) < min(1e-3 * truth, one.in_run.u95)
        assert one.offset_half_s < 0.01
    assert found.seen[1].offset_s == pytest.approx(-HOURS_5, abs=0.01)
    assert not [f for f in found.findings if f.rule.startswith("training/clock")]


def test_the_log_may_go_by_a_clock_that_is_off_itself(tmp_path: Path) -> None:
    store = tmp_path / "store"
    log = run_log(off_s=HOURS_5)
    paths = [
        agent_run(store, 0, wave(400), log=log, off_s=HOURS_5),
        agent_run(store, 1, wave(500)),
    ]
    found = gathered(paths, plan(tmp_path, 2))
    assert found.start == T0 + round((START + HOURS_5) * 1e9)
    for one, watts in zip(found.seen, (400.0, 500.0), strict=True):
        assert one.in_run is not None
        assert abs(one.in_run.value - joules(wave(watts))) < one.in_run.u95


def test_a_stalled_meter_a_late_node_and_a_killed_agent_are_named(tmp_path: Path) -> None:
    store = tmp_path / "store"
    paths = [
        agent_run(store, 0, wave(400), log=run_log(), stall=(40.0, 47.0)),
        agent_run(store, 1, wave(500), first_s=22.0),
        agent_run(store, 2, wave(600), last_s=60.0, status=Status.RUNNING),
    ]
    found = gathered(paths, plan(tmp_path, 4))
    errors = ours(found, Severity.ERROR)
    assert "node_3 never came" in errors["missing"]
    assert "node_1 (box1) was late: its first sample is 12.0 s" in errors["late"]
    assert "node_2 (box2) ended early" in errors["ended-early"]
    assert "its agent was killed" in errors["ended-early"]
    holes = [f.message for f in found.findings if f.rule == "gather/hole"]
    assert any("node_0 (box0) has no reading for 7.50 s" in hole for hole in holes)
    stalled = found.seen[0].in_run
    assert stalled is not None
    assert abs(stalled.value - joules(wave(400))) < stalled.u95, "the gap is in the interval"
    assert whole(found) is None, "a part is missing, so the sum is unknown"
    assert found.seen[3].in_run is None


def test_nodes_without_numbers_are_numbered_by_rank(tmp_path: Path) -> None:
    store = tmp_path / "store"
    paths = [
        agent_run(store, None, wave(600), rank=8),
        agent_run(store, None, wave(500), rank=4, log=run_log()),
        agent_run(store, 0, wave(400), rank=0),
    ]
    found = gathered(paths, plan(tmp_path))
    hosts = {one.part: one.host for one in found.seen}
    assert hosts == {"node_0": "box0", "node_1": "box4", "node_2": "box8"}


def test_a_node_that_was_started_again_counts_once(tmp_path: Path) -> None:
    store = tmp_path / "store"
    old = agent_run(store, 0, wave(400), first_s=-50, last_s=-20)
    found = gathered([old, *three(store)], plan(tmp_path))
    assert "node_0 came twice" in ours(found)["twice"]
    assert found.seen[0].coverage == pytest.approx(1)


def test_a_measured_switch_is_a_switch(tmp_path: Path) -> None:
    store = tmp_path / "store"
    wall = channel("outlet-3", "pdu", Domain.WALL)
    switch = agent_run(store, None, wave(120), of=wall, switch="sw_0")
    found = gathered([*three(store), switch], replace(plan(tmp_path), switches=(Switch("sw_0"),)))
    energy = interconnect(found)
    assert energy is not None
    assert abs(energy.value - joules(wave(120))) < energy.u95
    assert found.seen[-1].published == 0, "the official summarizer counts no reading of a switch"


def test_a_clock_that_was_never_compared_is_taken_within_a_second(tmp_path: Path) -> None:
    store = tmp_path / "store"
    first, *_ = three(store)
    alone = agent_run(store, 1, wave(500), compared=False, rank=9)
    found = gathered([first, alone], plan(tmp_path, 2))
    assert "not compared" in ours(found)["clock-unknown"]
    assert found.seen[1].offset_s is None
    assert found.seen[1].offset_half_s == 1


def test_without_a_log_nothing_is_cut_and_all_is_kept(tmp_path: Path) -> None:
    path = agent_run(tmp_path / "store", 0, wave(400))
    found = gathered([path], plan(tmp_path, 1))
    assert "no log of the run" in ours(found)["no-log"]
    assert found.folder is None
    assert found.seconds is None
    assert found.merged is not None
    assert len(open_run(found.merged).trace("node_0/bmc/node")) == 220


@pytest.mark.parametrize(
    ("log", "rule"),
    [
        (run_log(status="aborted"), "not-converged"),
        (run_log().replace(b"run_stop", b"run_stap"), "no-run"),
        (run_log(off_s=900), "beside"),
    ],
)
def test_a_log_that_tells_of_no_good_run(tmp_path: Path, log: bytes, rule: str) -> None:
    path = tmp_path / "result_0.txt"
    path.write_bytes(log)
    node = agent_run(tmp_path / "store", 0, wave(400))
    found = gathered([node], replace(plan(tmp_path, 1), run_log=path))
    assert rule in ours(found)


def test_files_that_are_there_are_replaced_only_when_asked(tmp_path: Path) -> None:
    paths = three(tmp_path / "store")
    gathered(paths, plan(tmp_path))
    with pytest.raises(UsageError, match="exists already"):
        gathered(paths, plan(tmp_path))
    assert gathered(paths, replace(plan(tmp_path), force=True)).folder is not None


def test_nothing_came(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="no node came"):
        gather([], plan(tmp_path))


def test_only_runs_of_agents_are_taken(tmp_path: Path) -> None:
    found = gathered(three(tmp_path / "store"), plan(tmp_path))
    assert found.merged is not None
    with pytest.raises(UsageError, match="not of an agent"):
        read_node(found.merged)
    bad = tmp_path / "result_1.txt"
    bad.write_bytes(b"nothing of the kind\n")
    path = agent_run(tmp_path / "more", 0, wave(400))
    with pytest.raises(FormatError, match="no line of MLPerf's log"):
        gathered([path], replace(plan(tmp_path), run_log=bad))


def test_switches_and_efficiencies_are_written_so() -> None:
    assert switch_of("sw_0=declared:59570W,share=0.5") == Switch("sw_0", 59570.0, 0.5)
    assert switch_of("sw_12=declared:59.57kW").declared_w == 59570.0
    assert switch_of("sw_1=measured") == Switch("sw_1")
    assert switch_of("sw_1=measured").declared_w is None
    assert efficiency_of("node=0.96") == ("node", 0.96)
    for text in ("sw_0", "sw_x=measured", "sw_0=declared", "sw_0=declared:-5W", "x=measured",
                 "sw_0=declared:5W,share=2", "sw_0=measured:5W"):  # fmt: skip
        with pytest.raises(UsageError):
            switch_of(text)
    for text in ("node", "node=2", "node=0", "disk=0.5", "node_x=0.5", "node=a"):
        with pytest.raises(UsageError):
            efficiency_of(text)


@pytest.mark.parametrize(
    ("update_s", "step"), [(None, 0.5), (0.001, 0.5), (0.5, 0.5), (1.03, 1.0), (2.0, 2.0), (4.2, 5)]
)
def test_readings_are_no_closer_than_a_sensor_has_news(update_s: float | None, step: float) -> None:
    one = Trace.of(replace(channel(), update_s=update_s), [T0, T0 + 1], [1.0, 2.0])
    beside = Trace.of(replace(channel(), quantity=Quantity.TEMPERATURE, update_s=9.0), [T0], [1.0])
    assert step_s([one, beside]) == step


@pytest.mark.parametrize(
    ("own", "other", "left_out"),
    [("box0", "box7", True), ("node_0", "box7", True), ("localhost", "box7", False)],
)
def test_outlets_of_another_node_are_left_out(
    tmp_path: Path, own: str, other: str, left_out: bool
) -> None:
    outlets = [
        replace(channel(f"outlet-{k}", "pdu", Domain.WALL), node=node)
        for k, node in enumerate((own, other))
    ]
    path = agent_run(tmp_path, 0, wave(400), of=outlets[0], beside=outlets[1:], log=run_log())
    found = gathered([path], plan(tmp_path, 1))
    assert ("other-node" in ours(found)) == left_out
    energy = whole(found)
    assert energy is not None
    truth = joules(wave(400)) * (1 if left_out else 2)
    assert energy.value == pytest.approx(truth, rel=1e-3)


def test_an_instrument_in_software_is_told(tmp_path: Path) -> None:
    soft = replace(channel(), note="joulemark virtual node; as its EnvironmentMetrics says")
    path = agent_run(tmp_path, 0, wave(400), of=soft, log=run_log())
    assert "nothing was measured" in ours(gathered([path], plan(tmp_path, 1)))["virtual"]


def test_a_log_that_is_always_called_alike_is_another_run_each_time(tmp_path: Path) -> None:
    for k, name in enumerate(("result_0.txt", "result_0.txt", "log.txt")):
        log = tmp_path / str(k) / name
        log.parent.mkdir()
        log.write_bytes(run_log() + b"\n" * k)
        node = agent_run(tmp_path / str(k), 0, wave(400))
        found = gathered([node], replace(plan(tmp_path, 1), run_log=log))
    assert found.folder is not None
    assert sorted(path.name for path in found.folder.glob("result_*")) == [
        "result_0.txt", "result_1.txt", "result_2.txt",
    ]  # fmt: skip
    (directory,) = benchmarks(open_tree(str(tmp_path / "out")))
    assert directory.power_folders == ("result_0", "result_1", "result_2")
