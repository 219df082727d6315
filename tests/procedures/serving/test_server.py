"""Servers that joulemark starts: waited for, refused, quoted, and always stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from joulemark.core.errors import UsageError
from joulemark.procedures.serving.probe import first_answer
from joulemark.procedures.serving.ready import ServerError, answers, is_up
from joulemark.procedures.serving.server import StartedServer
from joulemark.virtual.serving.instrument import Serving
from joulemark.workloads.openai.get import Got
from joulemark.workloads.openai.target import Target
from tests.llama_server import llama_command

SERVER = """
import os, signal, socket, sys, time
port, loading, *words = sys.argv[1:]
if "child" in words and os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    open(words[-1], "w").write(str(os.getpid()))
    time.sleep(60)
if "stubborn" in words:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("loading", "the", "model", flush=True)
if "die" in words:
    print("\\x1b[31mError: no such model\\x1b[0m\\n" + "and more\\n" * 20, file=sys.stderr)
    print("usage\\x07", file=sys.stderr)
    sys.exit(3)
line = socket.create_server(("127.0.0.1", int(port)))
loading = int(loading)
while True:
    one, _ = line.accept()
    one.recv(9999)
    status = "503 Loading" if loading > 0 else "200 OK"
    loading -= 1
    one.sendall(f"HTTP/1.1 {status}\\r\\nContent-Length: 0\\r\\n\\r\\n".encode())
    one.close()
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as line:
        return int(line.getsockname()[1])


def started(*words: str, loading: int = 0, **settings: float) -> StartedServer:
    port = free_port()
    command = [sys.executable, "-S", "-c", SERVER, str(port), str(loading), *words]
    return StartedServer(command, Target(url=f"http://127.0.0.1:{port}", model="m"), **settings)  # type: ignore[arg-type]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


def until(true: Callable[[], bool], most_s: float = 10.0) -> None:
    late = time.monotonic() + most_s
    while not true():
        assert time.monotonic() < late
        time.sleep(0.01)


def test_a_server_is_waited_for_and_stopped(tmp_path: Path) -> None:
    with started(loading=2) as server:
        assert server.alive
        assert os.getpgid(server.pid) == server.pid == os.getsid(server.pid)
        assert server.last_words() == "loading the model"
        assert server.ready_s > 0.1  # two questions came too early
        server.keep_log(tmp_path / "server.log")
        pid = server.pid
    assert gone(pid)
    assert (tmp_path / "server.log").read_text() == "loading the model\n"
    server.close()


def test_a_server_that_ends_at_once_is_quoted() -> None:
    with (
        pytest.raises(ServerError, match="exit code 3") as caught,
        started("die"),
    ):
        pass
    lines = str(caught.value).splitlines()
    assert lines[1:] == ["Error: no such model", "…", *["and more"] * 9, "usage"]


def test_a_server_that_never_answers_is_given_up_and_stopped() -> None:
    server = started(loading=10**9, wait_s=0.4)
    with (
        pytest.raises(ServerError, match=r"(?s)did not answer at http.* in 0.4 s.*loading"),
        server,
    ):
        pass
    assert gone(server.pid)


def test_a_server_that_dies_later_is_seen() -> None:
    with started() as server:
        os.kill(server.pid, signal.SIGKILL)
        until(lambda: server.exit_code is not None)
        assert server.exit_code == 128 + signal.SIGKILL


def test_all_of_its_group_is_stopped_even_what_does_not_want_to(tmp_path: Path) -> None:
    note = tmp_path / "child"
    with started("child", "stubborn", str(note), grace_s=0.2) as server:
        until(lambda: note.exists() and note.read_text() != "")
        child = int(note.read_text())
        assert not gone(child)
    assert gone(server.pid)
    until(lambda: gone(child))


def test_what_its_first_process_left_behind_is_stopped(tmp_path: Path) -> None:
    note = tmp_path / "child"
    with started("child", str(note), grace_s=0.2) as server:
        until(lambda: note.exists() and note.read_text() != "")
        os.kill(server.pid, signal.SIGKILL)
        until(lambda: not server.alive)
    until(lambda: gone(int(note.read_text())))


def test_ctrl_c_does_not_leave_it_running() -> None:
    server = started("stubborn", grace_s=0.3)
    main = threading.main_thread().ident
    assert main is not None
    again = threading.Timer(0.1, signal.pthread_kill, (main, signal.SIGINT))

    def interrupted() -> None:
        with server:
            again.start()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    again.join()
    assert gone(server.pid)  # although Ctrl-C came again while it was being stopped


def test_a_taken_port_is_refused_before_anything_starts() -> None:
    server = started()
    with socket.create_server(server._target.address), pytest.raises(UsageError, match="already"):
        server.__enter__()
    assert server.pid == 0


@pytest.mark.parametrize(
    ("command", "said"), [([], "no command"), (["/nowhere/serve"], "was not found")]
)
def test_a_missing_command_is_said(command: list[str], said: str) -> None:
    target = Target(url=f"http://127.0.0.1:{free_port()}", model="m")
    with pytest.raises(UsageError, match=said), StartedServer(command, target):
        pass


@pytest.mark.parametrize(
    ("health", "models", "ready"),
    [
        (200, None, True),
        (503, None, False),  # llama.cpp while it loads
        (0, None, False),  # refused
        (404, 200, True),  # no /health at all
        (404, 500, True),  # transformers serve without a network
        (404, 503, False),
        (405, 401, True),  # it wants a key
        (404, 0, False),
    ],
)
def test_a_server_is_ready_by_what_it_answers(health: int, models: int | None, ready: bool) -> None:
    said = {"/health": health, "/v1/models": models}

    def ask(path: str) -> Got:
        status = said[path]
        assert status is not None
        return Got(status)

    assert answers(ask) is ready


def test_a_server_is_up_or_it_is_not() -> None:
    serving = Serving(first=0.0, step=0.0).start()
    try:
        assert is_up(Target(url=f"{serving.server.url}/v1", model="m"))
    finally:
        serving.close()
    assert not is_up(Target(url=f"http://127.0.0.1:{free_port()}", model="m"))


KILLED = """
import sys, time
from joulemark.procedures.serving.server import StartedServer
from joulemark.workloads.openai.target import Target
port, note = int(sys.argv[1]), sys.argv[2]
command = [sys.executable, "-S", "-c", sys.argv[3], str(port), "0", "child", "stubborn", note]
target = Target(url=f"http://127.0.0.1:{port}", model="m")
with StartedServer(command, target, grace_s=0.2) as server:
    print(server.pid, flush=True)
    time.sleep(60)
"""


def test_a_server_does_not_outlive_a_joulemark_that_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "child"
    words = [sys.executable, "-c", KILLED, str(free_port()), str(note), SERVER]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.kill()
    until(lambda: gone(pid))
    until(lambda: gone(int(note.read_text())))


def test_llama_cpp_is_started_and_stopped(tmp_path: Path) -> None:
    port = free_port()
    command = [*llama_command(tmp_path, "--parallel", "2"), "--port", str(port)]
    target = Target(url=f"http://127.0.0.1:{port}", model="any")
    with StartedServer(command, target, wait_s=60) as server:
        assert first_answer(target, 20.0)["tokens_out"] == 2
    assert gone(server.pid)
