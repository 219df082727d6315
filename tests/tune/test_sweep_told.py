"""Sweeps of commands that measure themselves."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from joulemark.cli import main
from joulemark.core.errors import FormatError, UsageError
from joulemark.procedures.alone import children, end_children, run_alone
from joulemark.store.requests import read_requests
from joulemark.tune.sweep import Outcome
from joulemark.tune.sweep_groups import Asked, sweep_groups
from joulemark.tune.sweep_plan import parse_plan
from joulemark.tune.sweep_reads import Reads
from joulemark.tune.sweep_serving import load_words, server_words
from joulemark.tune.sweep_table import sweep_table
from joulemark.tune.sweep_told import error_of, lack_of, run_of, told_by, value_at
from tests.tune.test_sweep import lines_of, swept
from tests.tune.told import plan_text

OWN = Reads(own=True)


def test_numbers_and_intervals_are_those_that_the_command_told(tmp_path: Path) -> None:
    assert swept(tmp_path, plan_text()) == Outcome(3, 3, 0)
    line = next(line for line in lines_of(tmp_path) if line["values"] == {"concurrency": 8})
    assert line["metrics"]["energy_per_output_token_j"] == pytest.approx(0.6)
    assert line["u95"]["energy_per_output_token_j"] == pytest.approx(0.06)
    assert (line["provenance"], line["model"]) == ("estimated", "m")
    assert (tmp_path / "runs" / line["run"]).is_dir()
    assert len(list((tmp_path / "runs").iterdir())) == 3, "nothing but the commands' own runs"
    cells = sweep_table(tmp_path / "s").rows[1].cells
    assert cells["energy_per_request_j"] == pytest.approx(60)
    assert cells["energy_per_request_j_u95"] == pytest.approx(6), "of one run its own interval"
    assert cells["energy_per_request_j_meter_u95"] == pytest.approx(30), "with its meter's error"
    assert cells["tpot_p99_s_u95"] is None
    assert cells["provenance"] == "estimated"
    assert "energy_j" not in cells, "the energy of client and start-up is no result"
    assert "itl_p50_s" not in cells


def test_of_repeats_the_scatter_counts(tmp_path: Path) -> None:
    assert swept(tmp_path, plan_text(repeats=2, axes="concurrency = [8]")) == Outcome(2, 2, 0)
    cells = sweep_table(tmp_path / "s").rows[0].cells
    assert cells["energy_per_request_j_u95"] == 0.0
    assert len(cells["runs"].split()) == 2


@pytest.mark.parametrize("dies", [8, -8])
def test_a_server_that_dies_fails_its_point_and_keeps_its_run(tmp_path: Path, dies: int) -> None:
    assert swept(tmp_path, plan_text(dies, "seed = 1")) == Outcome(3, 2, 1)
    lines = lines_of(tmp_path)
    failed = next(line for line in lines if line["status"] == "failed")
    assert failed["values"] == {"concurrency": 8}
    assert failed["why"] == "exit code 1: the server died"
    assert (tmp_path / "runs" / failed["run"]).is_dir(), "what it measured stays, and is named"
    assert failed["metrics"].get("requests") == (3 if dies > 0 else None)
    rows = sweep_table(tmp_path / "s").rows
    assert [row.cells["concurrency"] for row in rows] == [1, 16], "it is no result"
    assert swept(tmp_path, plan_text(dies, "seed = 1"), resume=True) == Outcome(3, 2, 1)
    again = lines_of(tmp_path)[3:]
    assert [line["values"]["concurrency"] for line in again] == [8], "only what failed is repeated"


def test_the_command_line_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "served.toml"
    path.write_text(plan_text(8))
    words = ["sweep", str(path), "--store", str(tmp_path / "runs")]
    assert main(words) == 1
    shown = capfd.readouterr()
    assert "energy is estimated; ± is what the command tells" in shown.out
    assert "energy per output" in shown.out
    assert "failed, exit code 1: the server died" in shown.err
    assert "energy_per_output_token_j 0.35" in shown.err


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def serving_text() -> str:
    """Return a sweep of a real server that is started for each point, and dies in one of them."""
    port = free_port()
    command = [sys.executable, "-P", "-m", "joulemark", "virtual", "serving", "--port", str(port),
               "--first", "0.002", "--step", "0.001", "--fault", "{fault}"]  # fmt: skip
    return f"""
stop_after = 0
repeats = 1
[serving]
url = "http://127.0.0.1:{port}"
requests = 24
quick = true
idle = "50ms"
rule = "whole/1"
concurrency = 4
input_lengths = "10"
server = {json.dumps(command)}
[axes]
fault = ["pairs:1000", "dies:9", "pairs:999"]
"""


def test_a_real_server_that_dies_in_the_middle_of_a_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2] / "src"))
    text = serving_text()
    assert swept(tmp_path, text) == Outcome(3, 2, 1), "the sweep goes on with a new server"
    failed = next(line for line in lines_of(tmp_path) if line["status"] == "failed")
    assert failed["values"] == {"fault": "dies:9"}
    assert re.match(r"exit code 1: \d+ of 24 requests: (refused|dropped)", failed["why"])
    kept = read_requests(tmp_path / "runs" / failed["run"])
    assert 0 < sum(one.request.ok for one in kept) < 24, "requests so far are in its run"
    (group,) = sweep_groups(tmp_path / "s", Asked())
    assert [one.labels["fault"] for one in group.candidates] == ["pairs:1000", "pairs:999"]
    assert group.candidates[0].command.startswith(f"{sys.executable} -P -m joulemark virtual")
    assert swept(tmp_path, text, resume=True) == Outcome(3, 2, 1)
    assert [line["values"]["fault"] for line in lines_of(tmp_path)[3:]] == ["dies:9"]


BENCH = {
    "id": "20260101-x",
    "phases": [
        {"role": "idle", "energy_j": {"value": 1, "u95": 1}},
        {
            "role": "measure",
            "provenance": "measured",
            "duration_s": 2.0,
            "energy_j": {"value": 5, "u95": 0.5},
            "energy_per_unit": {"value": 0.5, "u95": 0.05, "unit": "J/sample"},
            "net_energy_j": None,
        },
    ],
}


def test_accelerators_that_were_measured_are_counted() -> None:
    parts = [{"domain": "gpu", "added": True}, {"domain": "gpu", "added": False}, {"domain": "cpu"}]
    record = {
        "metrics": {"a": 1},
        "system": {"gpus": ["H100", "H100"]},
        "phases": [{"role": "measure", "parts": parts}],
        "settings": {"serving": {"model": "llama"}},
    }
    told = told_by(record, OWN, "here")
    assert (told.gpu, told.gpus, told.model) == ("H100", 1, "llama")
    record["system"] = {"gpus": ["H100", "A100"]}
    assert (told_by(record, OWN, "here").gpu, told_by(record, OWN, "here").gpus) == ("", 0)


def test_what_a_command_prints_may_be_its_json(tmp_path: Path) -> None:
    text = plan_text(-8).replace("[measure]", '[read]\nsource = "output"\n[measure]')
    assert swept(tmp_path, text) == Outcome(3, 2, 1)
    failed = next(line for line in lines_of(tmp_path) if line["status"] == "failed")
    assert failed["metrics"]["requests"] == 30, "what it told is kept, and is no result"


def test_a_bench_without_metrics_gives_energy_beside_what_is_named(tmp_path: Path) -> None:
    code = f"import json, sys; print(json.dumps({BENCH!r} | {{'batch': float(sys.argv[1])}}))"
    command = json.dumps([sys.executable, "-c", code, "{n}"])
    read = '[read]\nsource = "output"\n[read.metrics]\nlatency_s = "batch"'
    text = (
        f'command = {command}\nrepeats = 1\n[axes]\nn = [1, 2]\n{read}\n[measure]\nby = "command"'
    )
    assert swept(tmp_path, text) == Outcome(2, 2, 0)
    (group,) = sweep_groups(tmp_path / "s", Asked(y="energy_per_sample_j"))
    assert (group.time, group.energy) == ("latency", "energy_per_sample_j")
    measure = group.candidates[0].measures["energy_per_sample_j"]
    assert (measure.value, measure.u95) == (0.5, 0.05)


def test_any_bench_tells_its_first_measured_phase() -> None:
    told = told_by(BENCH, OWN, "here")
    assert told.metrics == {"energy_per_sample_j": 0.5, "energy_j": 5.0, "time_s": 2.0}
    assert told.u95 == {"energy_per_sample_j": 0.05, "energy_j": 0.5}
    assert (told.provenance, told.run) == ("measured", "20260101-x")
    more = {**BENCH, "results": {"d": {"p50_s": 3.0}}}
    told = told_by(more, Reads(metrics={"latency_s": "results.d.p50_s"}, own=True), "here")
    assert told.metrics == {**told_by(BENCH, OWN, "here").metrics, "latency_s": 3.0}


@pytest.mark.parametrize(
    ("value", "metrics", "u95"),
    [
        ({"metrics": {"a": 1, "a_u95": -0.5, "b": {"value": 2, "u95": 1}}}, {"a": 1, "b": 2},
         {"a": 0.5, "b": 1}),
        ({"metrics": {"e_j": 1.0}, "figures": {"e/1": {"value": 1.0, "u95": 2, "unit": "J/x"}}},
         {"e_j": 1}, {"e_j": 2}),
        ({"metrics": {"e_j": 1.0}, "figures": {"e/1": {"value": 3.0, "u95": 2, "unit": "J/x"}}},
         {"e_j": 1}, {}),
        ({"metrics": {"a b": 1, "c": "x", "d": True, "e": 1e999, "f": 3}}, {"f": 3}, {}),
    ],
)  # fmt: skip
def test_shapes_of_what_is_told(value: Any, metrics: Any, u95: Any) -> None:
    told = told_by(value, OWN, "here")
    assert (told.metrics, told.u95) == (metrics, u95)


def test_named_metrics_are_read_where_they_stand() -> None:
    value = {"x": {"p.99": [0, {"value": 4, "u95": 1, "provenance": "measured"}]}, "y": 2,
             "y_u95": 0.25, "run": "/a/b/"}  # fmt: skip
    told = told_by(value, Reads(metrics={"m": "x.p.99.1", "y": "y"}, own=True), "here")
    assert (told.metrics, told.u95) == ({"m": 4.0, "y": 2.0}, {"m": 1.0, "y": 0.25})
    assert (told.provenance, told.run) == ("measured", "b")
    assert value_at(value, "x.p.99.7") is None
    assert run_of([]) == error_of([]) == error_of({"serving": {"findings": [1]}}) == ""
    findings = [{"rule": "no-window", "severity": "warning", "message": "only 1 s"}]
    assert lack_of({"serving": {"findings": findings}}) == "only 1 s"
    assert error_of({"serving": {"findings": findings}}) == ""
    with pytest.raises(FormatError, match=r"here: x\.q: no number but None"):
        told_by(value, Reads(metrics={"m": "x.q"}, own=True), "here")


@pytest.mark.parametrize("value", [[], {}, 1, {"metrics": 3}, {"phases": [3]}, {"serving": []}])
def test_a_command_that_tells_nothing_is_refused(value: Any) -> None:
    with pytest.raises(FormatError, match="no metrics"):
        told_by(value, OWN, "here")


SERVING = """
default = {concurrency = 8}
[serving]
url = "http://127.0.0.1:8000"
model = "m"
requests = 20
keep_text = true
stream = false
slo = ["a", "b"]
server = ["vllm", "serve", "m", "--max-num-seqs", "{batch}"]
[axes]
batch = [8, 16]
concurrency = [8, 32]
power = {knob = "gpu-power-limit", values = ["200W"]}
"""


def test_the_short_form_of_serving() -> None:
    plan = parse_plan(SERVING.encode(), "s.toml")
    assert plan.by == "command"
    words = plan.words(plan.points()[1], "OUT")
    assert words[:7] == ["joulemark", "bench", "serving", "--url", "http://127.0.0.1:8000",
                         "--model", "m"]  # fmt: skip
    assert " ".join(words[7:]) == (
        "--requests 20 --keep-text --slo a --slo b --batch 8 --concurrency 32 --output OUT "
        "-- vllm serve m --max-num-seqs 8"
    )
    assert server_words(words) == ("vllm", "serve", "m", "--max-num-seqs", "8")
    assert load_words(words)[-4:] == ("--batch", "8", "--concurrency", "32")
    assert server_words(["other", "--", "x"]) == ()
    assert load_words(["other", "--", "x"]) == ("other", "--", "x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SERVING.replace("[serving]", 'command = ["a"]\n[serving]'), "command and serving"),
        (SERVING.replace("requests = 20", "concurrency = 3"), "an axis and a field"),
        (SERVING.replace("requests = 20", "output = 'x'"), "no field 'output'"),
        (SERVING.replace("requests = 20", "requests = 2020-01-01"), "requests is"),
        (SERVING.replace("= 8}", "= 9}"), "concurrency is never 9"),
        (SERVING.replace("{concurrency = 8}", "{x = 9}"), "no field 'x'"),
        (SERVING + '[measure]\nby = "run"', "measured by its command"),
        (SERVING + '[measure]\nby = "x"', "by is 'x'"),
        (SERVING + '[measure]\nmeters = ["nvml"]', "has its own meters"),
        (SERVING + "[measure]\nlimit = 0", "limit is no time"),
        ('command = ["{n}"]\n[axes]\nn = [1]\n[measure]\nlimit = 3', "limit is for commands"),
        (SERVING + '[read]\nwork = "a"\nunit = "b"', "tells its energy per unit"),
        (SERVING + "[axes.x]\nfrom = 1\nto = 3", "range x has no end"),
        (SERVING + "[axes.x]\nfrom = 3\nto = 1", "no range"),
        (SERVING + "[axes.x]\nfrom = 0\nto = 1\nlog = true", "log is for a range"),
        (SERVING + "[axes.x]\nfrom = 0\nto = 1\nstep = 0", "step is 0"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_of_serving(text: str, message: str) -> None:
    with pytest.raises((FormatError, UsageError)) as raised:
        parse_plan(text.encode(), "s.toml")
    assert message in str(raised.value)


def test_the_example_of_the_page_is_a_sweep() -> None:
    page = (Path(__file__).parents[2] / "docs" / "sweep.md").read_text()
    start = page.index('    title = "llama 7M"')
    block = page[start : page.index("\n\n`[serving]`", start)]
    text = "\n".join(line.removeprefix("    ") for line in block.splitlines())
    plan = parse_plan(text.encode(), "sweep.md")
    assert len(plan.points()) == 12
    assert server_words(plan.words(plan.points()[0]))[-2:] == ("--parallel", "1")


def test_a_range_with_steps_is_a_list() -> None:
    text = SERVING.replace("[8, 32]", "{from = 0.1, to = 0.4, step = 0.1}")
    plan = parse_plan(text.replace("default = {concurrency = 8}", "").encode(), "s.toml")
    assert plan.axes[1].values == (0.1, 0.2, 0.3, 0.4)


LEAVES = "import subprocess, sys; subprocess.Popen(['sleep', '60']); sys.exit(3)"
STUBBORN = (
    "import signal, sys; signal.signal(15, signal.SIG_IGN); print(flush=True); sys.stdin.read()"
)


def test_what_a_command_leaves_behind_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    before = children()
    begun = time.monotonic()
    assert run_alone([sys.executable, "-c", LEAVES], {}) == (3, False)
    assert children() == before
    assert time.monotonic() - begun < 30
    with pytest.raises(UsageError, match="was not found"):
        run_alone(["no-such-program"], {})


def test_a_command_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    text = plan_text(axes="concurrency = [1]").replace("import json", "import time; time.sleep(60)")
    assert swept(tmp_path, f'{text}limit = "100ms"') == Outcome(1, 0, 1)
    assert lines_of(tmp_path)[0]["why"] == "exit code 124: it took longer than 100 ms"


def test_a_child_that_will_not_end_is_killed() -> None:
    before = children()
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdin=pipe, stdout=pipe) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert child.pid in children()
        assert end_children(before, grace_s=0.05) == 1
    assert child.pid not in children()


NAP = "import os, sys, time; print('up', flush=True); time.sleep(30)"


def test_a_signal_goes_on_to_the_command(tmp_path: Path) -> None:
    source = str(Path(__file__).parents[2] / "src")
    code = (
        "import sys; from joulemark.procedures.alone import run_alone; "
        f"print(*run_alone([sys.executable, '-c', {NAP!r}], {{}}), flush=True)"
    )
    environment = {**os.environ, "PYTHONPATH": source}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "143 True\n"


SLEEPER = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"


def started(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start a sweep of one point that lasts; return its process and that of its command."""
    path = folder / "nap.toml"
    command = [sys.executable, "-c", SLEEPER, "{n}", "{result}"]
    path.write_text(f'command = {json.dumps(command)}\n[axes]\nn = [1]\n[measure]\nby="command"')
    source = str(Path(__file__).parents[2] / "src")
    environment = {**os.environ, "PYTHONPATH": source, "XDG_STATE_HOME": str(folder / "state")}
    words = [sys.executable, "-m", "joulemark", "sweep", str(path), "--store", str(folder / "r")]
    process = subprocess.Popen(words, env=environment, stderr=subprocess.PIPE)
    output = folder / "nap.sweep" / "output" / "0000-00.out"
    last = time.monotonic() + 20
    while not (output.exists() and output.read_text().endswith("\n")) and time.monotonic() < last:
        time.sleep(0.02)
    return process, int(output.read_text())


def test_an_interrupted_point_is_told_and_done_again(tmp_path: Path) -> None:
    process, _ = started(tmp_path)
    with process:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        assert process.returncode == 130
    line = json.loads((tmp_path / "nap.sweep" / "sweep.jsonl").read_text().splitlines()[1])
    assert (line["status"], line["run"], line["why"]) == ("interrupted", None, "")


def test_a_command_ends_with_a_sweep_that_is_killed(tmp_path: Path) -> None:
    process, command = started(tmp_path)
    ended = os.pidfd_open(command)
    try:
        with process:
            process.kill()
        assert select.select([ended], [], [], 20)[0], "it goes on without the sweep"
    finally:
        os.close(ended)
