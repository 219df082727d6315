"""Which process of a distributed job this is, as whatever launched it says.

========== ============================ ================ ============== ======================
launcher   rank, of how many            rank on the node node           number of nodes
========== ============================ ================ ============== ======================
torchrun   RANK, WORLD_SIZE             LOCAL_RANK       GROUP_RANK     GROUP_WORLD_SIZE
Open MPI   OMPI_COMM_WORLD_RANK, _SIZE  …_LOCAL_RANK     not told       not told
Slurm      SLURM_PROCID, SLURM_NTASKS   SLURM_LOCALID    SLURM_NODEID   SLURM_NNODES
MPICH      PMI_RANK, PMI_SIZE           MPI_LOCALRANKID  not told       not told
========== ============================ ================ ============== ======================

They are asked in this order, as torchrun and mpirun are what a batch system starts, and not the
other way round. Where the node is not told, whoever gathers numbers the nodes by their ranks.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from joulemark.core.errors import FormatError, UsageError

MOST_NODES = 100_000
_COUNT = re.compile(r"[0-9]{1,9}")
_SWITCH = re.compile(r"sw_[0-9]{1,5}")
_SWITCH_OR_NONE = re.compile(r"(?:sw_[0-9]{1,5})?")
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,255}")

LAUNCHERS = (
    ("torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK", "GROUP_RANK", "GROUP_WORLD_SIZE"),
    (
        "Open MPI",
        "OMPI_COMM_WORLD_RANK",
        "OMPI_COMM_WORLD_SIZE",
        "OMPI_COMM_WORLD_LOCAL_RANK",
        "",
        "",
    ),
    ("Slurm", "SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID", "SLURM_NODEID", "SLURM_NNODES"),
    ("MPICH", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "", ""),
)
"""Name, and the variables of rank, size, rank on the node, node and number of nodes."""
BY_HAND = "by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What an agent is in its job.

    Attributes:
        host: name of the machine.
        node: number of the node, from 0; None where nobody has said it.
        rank: of the process among all of them.
        local_rank: of the process among those of its node.
        world: number of processes; None if not told.
        nodes: number of nodes; None if not told.
        launcher: who said so.
        switch: ``sw_0`` … where a part of the interconnect is measured, not a node; else empty.
    """

    host: str
    node: int | None = None
    rank: int = 0
    local_rank: int = 0
    world: int | None = None
    nodes: int | None = None
    launcher: str = BY_HAND
    switch: str = ""

    @property
    def samples(self) -> bool:
        """Whether it is this process that measures its node: one of them does."""
        return self.local_rank == 0

    @property
    def part(self) -> str:
        """What it measures: ``node_3``, ``sw_0``; ``rank_8`` while the node is not known."""
        if self.switch:
            return self.switch
        return f"rank_{self.rank}" if self.node is None else f"node_{self.node}"

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


def identify(
    environ: Mapping[str, str], *, node: int | None = None, switch: str = "", host: str = ""
) -> Identity:
    """Return what a process is.

    Args:
        environ: its environment.
        node: number of its node, if a person said it; then this process measures.
        switch: name of a switch, if it measures one.
        host: name of the machine; found out if empty.

    Raises:
        UsageError: if a variable is no number, or the switch has no name of one.
    """
    name = host or environ.get("SLURMD_NODENAME", "") or socket.gethostname()
    if switch:
        if _SWITCH.fullmatch(switch) is None:
            raise UsageError(f"{switch!r} is no switch", remedy="call it sw_0, sw_1 …")
        return Identity(host=name, switch=switch)
    found = _launched(environ, name)
    if node is None:
        return found
    return Identity(
        host=name, node=node, rank=found.rank, world=found.world, launcher=found.launcher
    )


def _launched(environ: Mapping[str, str], host: str) -> Identity:
    for launcher, rank, world, local, node, nodes in LAUNCHERS:
        if rank in environ and (local in environ or launcher == "MPICH"):
            return Identity(
                host=host,
                rank=_number(environ, rank) or 0,
                world=_number(environ, world),
                local_rank=_number(environ, local) or 0,
                node=_number(environ, node),
                nodes=_number(environ, nodes),
                launcher=launcher,
            )
    return Identity(host=host, rank=_number(environ, "RANK") or 0)


def _number(environ: Mapping[str, str], name: str) -> int | None:
    text = environ.get(name, "") if name else ""
    if not text:
        return None
    if _COUNT.fullmatch(text) is None:
        raise UsageError(f"{text[:40]!r} is no number", where=f"environment variable {name}")
    return int(text)


def identity_from(record: object, where: str) -> Identity:
    """Return an identity that another process sent.

    Raises:
        FormatError: if it is none.
    """
    said = record if isinstance(record, dict) else {}
    kinds = {"host": _HOST, "switch": _SWITCH_OR_NONE}
    for key, pattern in kinds.items():
        if not isinstance(said.get(key), str) or pattern.fullmatch(said[key]) is None:
            raise FormatError(f"an agent with an odd {key}", where=where)
    numbers = {key: _whole(said.get(key), where) for key in ("node", "world", "nodes")}
    launcher = said.get("launcher")
    known = [name for name, *_ in LAUNCHERS]
    return Identity(
        host=said["host"],
        switch=said["switch"],
        rank=_whole(said.get("rank"), where) or 0,
        local_rank=_whole(said.get("local_rank"), where) or 0,
        launcher=launcher if launcher in known else BY_HAND,
        **numbers,
    )


def _whole(value: object, where: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < MOST_NODES:
        raise FormatError("an agent with an odd number", where=where)
    return value
