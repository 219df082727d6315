"""``joulemark bench serving`` as it is typed: results, exit codes, one line for what is wrong."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from joulemark.cli import main
from joulemark.core.run import Status
from joulemark.store.checksums import verify
from joulemark.store.reader import open_run
from joulemark.store.requests import read_requests
from joulemark.virtual.serving.server import ScriptedServer
from joulemark.virtual.serving.wrongs import Wrongs
from tests.procedures.serving.helpers import serving
from tests.procedures.serving.test_server import free_port

MORTAL = """
import os, sys, time
from joulemark.virtual.serving.script import Script
from joulemark.virtual.serving.server import ScriptedServer
from joulemark.virtual.serving.wrongs import Wrongs
server = ScriptedServer(Script(least=4, most=8), Wrongs(()), port=int(sys.argv[1]))
while len(server.truths) < int(sys.argv[2]):
    time.sleep(0.001)
print("out of memory", flush=True)
os._exit(9)
"""
"""A server that ends when it has been asked so often."""
QUICK = ["--quick", "--idle", "50ms", "--rule", "whole/1", "--concurrency", "4"]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with serving() as made:
        yield made


def words(server: ScriptedServer, store: Path, *more: str) -> list[str]:
    return ["bench", "serving", "--url", server.url, "--store", str(store), *QUICK, *more]


def test_a_run_and_what_shows_it(
    server: ScriptedServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told = tmp_path / "told.json"
    store = tmp_path / "runs"
    more = ["--requests", "30", "--input-lengths", "10", "--output", str(told), "--json"]
    assert main(words(server, store, *more)) == 0
    printed = json.loads(capfd.readouterr().out)
    assert printed == json.loads(told.read_text())
    assert printed["run"] == next(store.iterdir()).name
    serving = printed["serving"]
    assert serving["metrics"]["requests"] == 30
    assert serving["figures"]["energy-per-output-token/1"]["provenance"] == "estimated"
    assert all(one["severity"] != "error" for one in serving["findings"])
    settings = open_run(next(store.iterdir())).run.settings["serving"]
    assert settings["model"] == "scripted"
    assert settings["server"]["process"]["pid"] == os.getpid() or settings["server"]["process"]
    assert settings["first_answer"]["tokens_out"] == 2
    for verb in (["show"], ["show", "last", "--json"], ["list"]):
        assert main([*verb, "--store", str(store)]) == 0
        assert capfd.readouterr().out


def test_a_failed_request_is_exit_code_1(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with serving(Wrongs(["drops:9"])) as server:
        assert main(words(server, tmp_path, "--requests", "20")) == 1
        assert "error: load 1: 2 of 20 requests: dropped" in capfd.readouterr().out
        assert main(["show", "--store", str(tmp_path)]) == 0
        allowed = ["--requests", "20", "--allow-failed", "20%"]
        assert main(words(server, tmp_path, *allowed)) == 0
        assert "warning: load 1: " in capfd.readouterr().out


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--url", "nonsense"], 2, "write http://HOST:PORT"),
        (["--url", "http://127.0.0.1:9"], 1, "start the server, or correct --url"),
        (["--url", "http://127.0.0.1:9", "--model", "m"], 1, "start the server"),
        (["--key-file", "/nonexistent"], 4, "check the path"),
        (["--extra", "{"], 2, "--extra is no JSON"),
        (["--extra", "[1]"], 2, "--extra is no object"),
        (["--prompts", "/nonexistent"], 4, "it cannot be read"),
        (["--trace", "/nonexistent"], 2, "--concurrency has no effect on trace arrivals"),
        (["--output", "/nonexistent/a.json"], 4, "there is no such folder"),
        (["--speed", "2"], 2, "--speed has no effect on closed arrivals"),
        (["--rate", "2"], 2, "--concurrency has no effect on poisson arrivals"),
        (["--image-size", "8x8"], 2, "without pictures"),
        (["--extra", '{"stream": false}'], 2, "'stream' is not for --extra; --no-stream"),
        (["--cafile", "/nonexistent"], 2, "--cafile has no effect"),
        (["--input-lengths", "many"], 2, "no distribution of lengths"),
        (["--arrivals", "often"], 2, "no arrivals are called"),
        (["--arrivals", "ramp"], 2, "--concurrency has no effect on ramp arrivals"),
        (["--rule", "best"], 2, "no rule is called"),
        (["--repeats", "3", "--max-repeats", "2"], 2, "raise --max-repeats"),
        (["--server-pid", "4194304"], 3, "no process 4194304"),
        (["--meter", "nothing"], 2, "nothing"),
        (["--role", "decode=node", "--role", "decode=node"], 2, "told twice"),
    ],
)
def test_what_is_wrong_is_one_line(
    more: list[str],
    code: int,
    said: str,
    server: ScriptedServer,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert main(words(server, tmp_path / "runs", *more)) == code
    shown = capfd.readouterr()
    assert said in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "more",
    [
        ["--rate", "nan"],
        ["--for", "0s"],
        ["--allow-failed", "200%"],
        ["--seed", "-1"],
        ["--role", "decode"],
    ],
)
def test_arguments_that_make_no_sense(
    more: list[str], server: ScriptedServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words(server, tmp_path, *more))
    assert caught.value.code == 2
    assert more[0] in capfd.readouterr().err


def test_a_server_that_is_started_for_the_run(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    store = tmp_path / "runs"
    code = "import sys; from joulemark.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "virtual", "serving", "--port", str(port)]
    asked = ["bench", "serving", "--url", f"http://127.0.0.1:{port}", "--store", str(store), *QUICK]
    asked += ["--requests", "20", "--output-lengths", "4", "--json"]
    assert main([*asked, "--", *command]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["serving"]["metrics"]["requests"] == 20
    path = store / told["run"]
    server = open_run(path).run.settings["serving"]["server"]
    assert server["command"] == command
    assert server["ready_s"] > 0
    pid = server["process"]["pid"]
    (estimate,) = (c for c in open_run(path).channels if c.meter == "estimate")
    assert f"process {pid} and what it started" in estimate.note + estimate.source
    assert "answers at" in (path / "raw" / "serving" / "server.log").read_text()
    assert verify(path) == []
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_server_that_ends_in_the_middle(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    store = tmp_path / "runs"
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-c", MORTAL, str(port), "12"]
    asked = ["bench", "serving", "--url", url, "--store", str(store), *QUICK, "--json"]
    assert main([*asked, "--requests", "40", "--", *command]) == 1
    told = json.loads(capfd.readouterr().out)
    rules = {one["rule"]: one["message"] for one in told["serving"]["findings"]}
    assert "exit code 9" in rules["server-ended"]
    assert set(rules) >= {"request-dropped", "request-refused"}
    log = store / told["run"] / "raw" / "serving" / "server.log"
    assert "out of memory" in log.read_text()


def test_a_server_that_does_not_start(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    asked = ["bench", "serving", "--url", url, "--store", str(tmp_path / "runs"), *QUICK]
    command = [sys.executable, "-c", "print('no such model'); raise SystemExit(4)"]
    assert main([*asked, "--", *command]) == 1
    said = capfd.readouterr().err
    assert "ended with exit code 4" in said
    assert "no such model" in said
    assert main([*asked, "--", "/nonexistent/server"]) == 127
    chat = tmp_path / "chat.jsonl"
    chat.write_text('{"messages": [{"role": "user", "content": "How long?"}]}\n')
    capfd.readouterr()
    other = ["--prompts", str(chat), "--endpoint", "completions", "--", "/nonexistent/server"]
    assert main([*asked, *other]) == 2
    assert "ask the chat endpoint" in capfd.readouterr().err


def begun(url: str, store: Path, *more: str) -> subprocess.Popen[str]:
    """Start a bench that would last a minute, and wait until requests of it have ended."""
    code = "import sys; from joulemark.cli import main; sys.exit(main())"
    asked = ["bench", "serving", "--url", url, "--store", str(store), *QUICK]
    asked += ["--requests", "30000", "--input-lengths", "5", *more]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *asked], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        kept = list(store.glob("*/raw/serving/requests.jsonl"))
        if kept and kept[0].stat().st_size > 20_000:
            break
        time.sleep(0.02)
    return process


@pytest.mark.parametrize(
    ("number", "processes"), [(signal.SIGINT, 1), (signal.SIGTERM, 1), (signal.SIGTERM, 2)]
)
def test_a_signal_ends_the_run_in_order(
    number: signal.Signals, processes: int, server: ScriptedServer, tmp_path: Path
) -> None:
    process = begun(server.url, tmp_path, "--client-processes", str(processes))
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "what there is, is kept in" in said
    (path,) = tmp_path.iterdir()
    stored = open_run(path)
    assert stored.run.status is Status.INTERRUPTED
    assert all(window.stop is not None for window in stored.run.windows)
    assert sum(one.request.ok for one in read_requests(path)) > 20
    assert main(["show", "--store", str(tmp_path), "--json"]) == 0


def test_a_run_that_was_killed_is_shown(
    server: ScriptedServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    process = begun(server.url, tmp_path)
    process.kill()
    process.communicate(timeout=30)
    assert main(["show", "--store", str(tmp_path), "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["serving"]["metrics"]["requests"] > 20
    assert "not-whole" in {one["rule"] for one in told["serving"]["findings"]}
    assert told["serving"]["metrics"]["energy_per_output_token_j"] > 0


def test_the_command_after_dashes_starts_the_server(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "joulemark", "virtual", "serving", "--port", str(port)]
    asked = ["--url", f"http://127.0.0.1:{port}", "--model", "m", "--requests", "8", "--json"]
    store = ["--store", str(tmp_path)]
    assert main(["bench", "serving", *asked, *QUICK, *store, "--", *command]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["settings"]["serving"]["server"]["command"] == command
    assert told["serving"]["metrics"]["requests"] == 8
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0  # it was stopped


def test_a_signal_ends_the_server_that_was_started(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-c", MORTAL, str(port), "1000000"]
    process = begun(f"http://127.0.0.1:{port}", tmp_path, "--", *command)
    (path,) = tmp_path.iterdir()
    pid = open_run(path).run.settings["serving"]["server"]["process"]["pid"]
    os.kill(pid, 0)
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 130
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert (path / "raw" / "serving" / "server.log").exists()
    assert verify(path) == []
