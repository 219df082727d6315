"""Distributed training: the ranks, the log, and one real training of one rank."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from joulemark.core.errors import UsageError
from joulemark.workloads.distributed import Place, main, place_of


@pytest.mark.parametrize(
    ("environ", "place"),
    [
        ({}, Place(0, 1, 0, "127.0.0.1:29500")),
        (
            {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "MASTER_ADDR": "n0",
             "MASTER_PORT": "1234", "SLURM_PROCID": "9", "SLURM_NTASKS": "10"},
            Place(3, 4, 1, "n0:1234"),
        ),
        ({"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2"},
         Place(1, 2, 0, "127.0.0.1:29500")),
        ({"SLURM_PROCID": "2", "SLURM_NTASKS": "8", "SLURM_LOCALID": "2"},
         Place(2, 8, 2, "127.0.0.1:29500")),
        ({"PMI_RANK": "0", "PMI_SIZE": "1"}, Place(0, 1, 0, "127.0.0.1:29500")),
    ],
)  # fmt: skip
def test_the_launcher_says_which_rank_it_is(environ: dict[str, str], place: Place) -> None:
    assert place_of(environ) == place
    assert place_of(environ, "head:1").master == "head:1"


def test_what_is_no_number_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError, match="RANK"):
        place_of({"RANK": "one", "WORLD_SIZE": "2"})
    assert main(["--steps", "0"]) == 2
    assert main(["--model", "nothing"]) == 2
    assert "choose from" in capsys.readouterr().err


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_one_rank_trains_and_logs_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    from joulemark.formats.inference.parsed import Source
    from joulemark.formats.training.run_log import read_run_log

    for name in ("RANK", "WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID", "PMI_RANK"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "result_0.txt"
    asked = ["--steps", "12", "--batch-size", "8", "--crops", "60", "--nodes", "1"]
    meet = f"127.0.0.1:{free_port()}"
    assert main([*asked, "--meet", meet, "--result", str(path)]) == 0
    log = read_run_log(Source("result_0.txt", path.read_bytes()))
    assert log.converged
    assert not log.problems
    assert {name: logged.value for name, logged in log.values.items()} == {
        "submission_benchmark": "lenet",
        "submission_division": "open",
        "number_of_nodes": 1,
        "global_batch_size": 8,
        "seed": 0,
    }
    meet = f"127.0.0.1:{free_port()}"
    assert main([*asked, "--meet", meet, "--target", "1.1", "--result", str(path)]) == 1
    missed = read_run_log(Source("result_0.txt", path.read_bytes()))
    assert missed.status == "aborted"
