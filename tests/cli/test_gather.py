"""``joulemark agent`` and ``joulemark gather`` as people use them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from joulemark.cli import main
from joulemark.core.run import Status
from tests.procedures.training.made import agent_run, run_log, three, wave

JOB = """
import json, pathlib, sys, time
def line(key, kind, metadata):
    record = {"namespace": "", "time_ms": round(time.time() * 1000), "event_type": kind,
              "key": key, "value": None, "metadata": metadata}
    return ":::MLLOG " + json.dumps(record) + "\\n"
log = pathlib.Path("result_0.txt")
while not pathlib.Path("go").exists():
    time.sleep(0.05)
if sys.argv[1] == "0":
    log.write_text(line("run_start", "INTERVAL_START", {}))
time.sleep(1)
if sys.argv[1] == "0":
    with log.open("a") as file:
        file.write(line("run_stop", "INTERVAL_END", {"status": "success"}))
time.sleep(0.3)
"""


def joulemark(*words: str, cwd: Path, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "joulemark", *words],
        cwd=cwd,
        env={**os.environ, "JOULEMARK_TOKEN": "a shared word", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_three_agents_one_of_which_is_killed(tmp_path: Path) -> None:
    (tmp_path / "node.csv").write_text("time_s,node\n" + "".join(f"{s},250\n" for s in range(90)))
    waiting = joulemark(
        "gather", "--listen", "127.0.0.1:0", "--nodes", "3", "--output", "out", "--patience", "1",
        "--shared", "store", "--switch", "sw_0=declared:100W", "--json", cwd=tmp_path,
    )  # fmt: skip
    assert waiting.stderr is not None
    port = waiting.stderr.readline().rpartition(" ")[2].strip()
    agents = [
        joulemark(
            "agent", "--gather", f"127.0.0.1:{port}", "--store", "store", "--period", "0.1",
            "--meter", "replay:path=node.csv", "--run-log", "result_0.txt", "--", sys.executable,
            "-c", JOB, str(k), cwd=tmp_path,
            SLURM_PROCID=str(k), SLURM_LOCALID="0", SLURM_NODEID=str(k), SLURM_NTASKS="3",
            SLURMD_NODENAME=f"box{k}",
        )
        for k in range(3)
    ]  # fmt: skip
    try:
        assert any("3 of 3 came, 3 connected" in line for line in waiting.stderr)
        (tmp_path / "go").touch()
        agents[2].kill()
        out, _ = waiting.communicate(timeout=60)
    finally:
        (tmp_path / "go").touch()
        for process in (waiting, *agents):
            process.communicate(timeout=60)
    assert [agent.returncode for agent in agents] == [0, 0, -signal.SIGKILL]
    assert waiting.returncode == 1
    said = json.loads(out)
    known = {part["part"]: part for part in said["parts"]}
    assert list(known) == ["node_0", "node_1", "node_2", "sw_0"]
    for name in ("node_0", "node_1"):
        energy = known[name]["in_run_j"]
        assert energy["value"] == pytest.approx(250 * said["seconds"], abs=energy["u95"])
        assert known[name]["provenance"] == "declared", "a replay is never shown as measured"
    texts = [one["message"] for one in said["findings"] if one["rule"] == "gather/not-delivered"]
    assert len(texts) == 1
    assert texts[0].startswith("node_2 (box2) did not deliver; its run was found in store")
    assert (tmp_path / said["result"] / "power/result_0/node_1.txt").is_file()


def test_another_rank_of_a_node_only_runs_its_command(tmp_path: Path) -> None:
    words = ["agent", "--", sys.executable, "-c", "print('mine'); raise SystemExit(3)"]
    done = joulemark(*words, cwd=tmp_path, RANK="1", WORLD_SIZE="2", LOCAL_RANK="1")
    out, _ = done.communicate(timeout=30)
    assert (done.returncode, out) == (3, "mine\n")
    assert list(tmp_path.iterdir()) == []


def test_another_rank_without_a_command_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("RANK", "1"), ("WORLD_SIZE", "2"), ("LOCAL_RANK", "1")):
        monkeypatch.setenv(name, value)
    assert main(["agent"]) == 2
    assert "start one agent a node" in capsys.readouterr().err


def test_runs_that_lie_here_are_gathered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [str(path) for path in three(tmp_path / "store")]
    words = ["gather", "--nodes", "3", "--output", str(tmp_path / "out"), "--system", "3xBOX"]
    words += ["--switch", "sw_0=declared:500W,share=0.5", "--conversion-eff", "node=0.9"]
    code = main([*words, *runs])
    said = capsys.readouterr().out
    assert code == 0, "rules warn of what a description would have to tell"
    assert "time to train  90.0 s" in said
    assert "node_1  box1  +" in said or "node_1  box1  -" in said
    assert "gather/" not in said
    assert max(map(len, said.splitlines())) <= 80 + len(str(tmp_path))
    assert main([*words, *runs]) == 2
    assert "exists already" in capsys.readouterr().err


def test_what_is_missing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = tmp_path / "store"
    runs = [
        agent_run(store, 0, wave(400), log=run_log()),
        agent_run(store, 1, wave(500), last_s=50, status=Status.RUNNING),
        tmp_path,
    ]
    words = ["gather", "--nodes", "3", "--output", str(tmp_path / "out"), *map(str, runs)]
    assert main(words) == 1
    said = "".join(capsys.readouterr().out.split())
    for text in ("node_2nevercame", "itsagentwaskilled", "notarun", "unknown:apartismissing"):
        assert text in said


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--listen", "host:x"], "is no address"),
        (["--listen", "0.0.0.0"], "needs a token"),
        (["--listen", "127.0.0.1", "some-run"], "give one of the two"),
        (["--benchmark", "../x", "RUN"], "cannot name a benchmark"),
    ],
)
def test_arguments_that_make_no_sense(
    words: list[str],
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("JOULEMARK_TOKEN", raising=False)
    run = str(agent_run(tmp_path / "store", 0, wave(400)))
    words = [run if word == "RUN" else word for word in words]
    assert main(["gather", "--nodes", "1", "--output", str(tmp_path / "out"), *words]) == 2
    assert text in capsys.readouterr().err


def test_nobody_came(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["gather", "--listen", "127.0.0.1:0", "--nodes", "1", "--first", "0.1"]
    assert main([*words, "--output", str(tmp_path / "out")]) == 3
    assert "no node came" in capsys.readouterr().err
