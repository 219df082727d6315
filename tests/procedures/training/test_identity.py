"""Which process of a job this is."""

from __future__ import annotations

import pytest

from joulemark.core.errors import FormatError, UsageError
from joulemark.procedures.training.identity import Identity, identify, identity_from


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (
            {"RANK": "9", "WORLD_SIZE": "16", "LOCAL_RANK": "1", "GROUP_RANK": "1",
             "GROUP_WORLD_SIZE": "2", "SLURM_PROCID": "0", "SLURM_LOCALID": "0"},
            Identity(host="h", node=1, rank=9, local_rank=1, world=16, nodes=2,
                     launcher="torchrun"),
        ),
        (
            {"OMPI_COMM_WORLD_RANK": "8", "OMPI_COMM_WORLD_SIZE": "16",
             "OMPI_COMM_WORLD_LOCAL_RANK": "0", "PMIX_RANK": "8"},
            Identity(host="h", rank=8, world=16, launcher="Open MPI"),
        ),
        (
            {"SLURM_PROCID": "5", "SLURM_NTASKS": "8", "SLURM_LOCALID": "1", "SLURM_NODEID": "2",
             "SLURM_NNODES": "4", "PMI_RANK": "5"},
            Identity(host="h", node=2, rank=5, local_rank=1, world=8, nodes=4, launcher="Slurm"),
        ),
        (
            {"PMI_RANK": "3", "PMI_SIZE": "4", "MPI_LOCALRANKID": "1"},
            Identity(host="h", rank=3, local_rank=1, world=4, launcher="MPICH"),
        ),
        ({"RANK": "2", "MASTER_ADDR": "n0"}, Identity(host="h", rank=2)),
        ({}, Identity(host="h")),
    ],
    ids=["torchrun", "Open MPI", "Slurm", "MPICH", "RANK alone", "nothing"],
)  # fmt: skip
def test_the_launcher_says_it(environ: dict[str, str], expected: Identity) -> None:
    found = identify(environ, host="h")
    assert found == expected
    assert found.samples == (expected.local_rank == 0)
    assert identity_from(found.as_json(), "here") == found


def test_a_person_may_say_it() -> None:
    environ = {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1", "GROUP_RANK": "0"}
    found = identify(environ, node=3, host="h")
    assert found.part == "node_3"
    assert found.samples, "whoever is named measures"
    assert found.rank == 1
    assert identify({}, switch="sw_1", host="h").part == "sw_1"
    assert identify({"PMI_RANK": "4"}, host="h").part == "rank_4"
    assert identify({"SLURMD_NODENAME": "rack1-n2"}).host == "rack1-n2"
    assert identify({}).host


def test_what_is_no_number_or_switch_is_refused() -> None:
    with pytest.raises(UsageError, match="SLURM_PROCID"):
        identify({"SLURM_PROCID": "first", "SLURM_LOCALID": "0"}, host="h")
    with pytest.raises(UsageError, match="is no switch"):
        identify({}, switch="switch")


@pytest.mark.parametrize(
    "change",
    [
        {"host": ""}, {"host": "a b"}, {"host": 5}, {"host": "../x"}, {"switch": "sw_"},
        {"switch": None}, {"node": -1}, {"node": True}, {"rank": 10**9}, {"world": "2"},
    ],
)  # fmt: skip
def test_an_odd_identity_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(FormatError, match="odd"):
        identity_from({**Identity(host="h").as_json(), **change}, "peer")
    with pytest.raises(FormatError):
        identity_from([], "peer")


def test_an_unknown_launcher_is_a_person() -> None:
    said = {**Identity(host="h").as_json(), "launcher": "x" * 1000}
    assert identity_from(said, "peer").launcher == "by hand"
