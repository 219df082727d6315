"""Distributed training of the workload ``vision``, one process a rank, by torch.distributed.

    torchrun --nproc-per-node 2 -m joulemark.workloads.distributed --steps 200 --result result_0.txt
    mpirun -np 2 python -m joulemark.workloads.distributed --meet 127.0.0.1:29500

Every rank learns from its own part of the images; gradients are averaged over all ranks after each
batch (gloo on processors, NCCL where every rank has a CUDA device). Rank 0 writes the log of the
run as MLPerf Training has it: ``run_start`` before the first step, ``run_stop`` after the last one.
It is no benchmark of MLPerf and says so: its name is that of the network, its data a stand-in. It
converges when the accuracy of the last batches reaches the target that was asked for, and without
one when it has done its steps.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from joulemark.core.errors import JoulemarkError, MissingExtraError, UsageError
from joulemark.core.mllog import Event, mllog
from joulemark.workloads.settings import VisionSettings, vision_settings

if TYPE_CHECKING:
    from joulemark.workloads.learning import Training

PORT = 29500
LAST = 10
"""So many batches at the end tell the accuracy."""
_RANKS = (
    ("RANK", "WORLD_SIZE", "LOCAL_RANK"),
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"),
    ("SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID"),
    ("PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """One process of the job.

    Attributes:
        rank: from 0.
        world: how many there are.
        local_rank: among those of the machine.
        master: host and port where they meet.
    """

    rank: int
    world: int
    local_rank: int
    master: str


def place_of(environ: Mapping[str, str], master: str = "") -> Place:
    """Return what a launcher says of this process; alone if none does.

    Args:
        environ: the environment.
        master: where the processes meet; what the environment says if empty.

    Raises:
        UsageError: if a variable is no number.
    """
    host = environ.get("MASTER_ADDR", "127.0.0.1")
    meet = master or f"{host}:{environ.get('MASTER_PORT', PORT)}"
    for rank, world, local in _RANKS:
        if rank in environ and world in environ:
            try:
                mine, all_, here = (int(environ.get(name, "0")) for name in (rank, world, local))
            except ValueError:
                raise UsageError("no number", where=f"variables {rank}, {world}") from None
            return Place(mine, all_, here, meet)
    return Place(0, 1, 0, meet)


class Log:
    """The run's log; only rank 0 writes one, line by line.

    Args:
        path: the file; None for none.
    """

    def __init__(self, path: Path | None) -> None:
        """Open the file; what it held is gone."""
        self._file = None if path is None else path.open("w", encoding="utf-8", buffering=1)

    def write(self, event: Event, key: str, value: Any = None, **metadata: Any) -> None:
        """Write a line with the time of now."""
        if self._file is not None:
            self._file.write(mllog(time.time_ns(), event, key, value, metadata) + "\n")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def arguments() -> ArgumentParser:
    """Return the parser of the command line."""
    parser = ArgumentParser(prog="python -m joulemark.workloads.distributed", allow_abbrev=False)
    parser.add_argument("--model", default="LeNet", help="network (default: LeNet)")
    parser.add_argument("--steps", type=int, default=100, help="batches that each rank learns from")
    parser.add_argument("--batch-size", type=int, default=128, help="images a batch and rank")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--crops", type=int, default=600, help="images cut out of the photographs")
    parser.add_argument("--threads", type=int, default=1, help="processor threads a rank")
    parser.add_argument("--target", type=float, help="accuracy of the last batches to reach")
    parser.add_argument("--meet", default="", help="HOST:PORT where the ranks meet")
    parser.add_argument("--nodes", type=int, help="number of nodes, for the log")
    parser.add_argument("--result", type=Path, help="log of the run, written by rank 0")
    return parser


def main(words: list[str] | None = None) -> int:
    """Train; return 0 if the run converged, 1 if not, another code for what went wrong."""
    args = arguments().parse_args(words)
    try:
        settings = vision_settings(
            {
                "mode": "train", "model": args.model, "batch_size": args.batch_size,
                "seed": args.seed, "crops": args.crops, "threads": args.threads, "device": "cpu",
            }
        )  # fmt: skip
        if args.steps < 1:
            raise UsageError("a training takes at least one step")
        return 0 if train(place_of(os.environ, args.meet), args, settings) else 1
    except JoulemarkError as error:
        sys.stderr.write(f"joulemark.workloads.distributed: {error}\n")
        return error.exit_code


def train(place: Place, args: Namespace, settings: VisionSettings) -> bool:
    """Train as one rank of a job, and return whether the run converged.

    Raises:
        MissingExtraError: if torch is not installed.
    """
    try:
        importlib.import_module("torch.distributed")
    except ImportError:
        raise MissingExtraError("distributed training", "torch", "vision") from None
    import torch
    from torch import distributed

    host, _, port = place.master.rpartition(":")
    log = Log(args.result if place.rank == 0 else None)
    try:
        _head(log, place, args, settings)
        torch.set_num_threads(settings.threads or 1)
        distributed.init_process_group(
            "gloo", init_method=f"tcp://{host}:{port}", rank=place.rank, world_size=place.world
        )
        return _run(log, place, args, settings)
    finally:
        log.close()
        if distributed.is_initialized():
            distributed.destroy_process_group()


def _run(log: Log, place: Place, args: Namespace, settings: VisionSettings) -> bool:
    """Do the part that is timed; the network is let go before the processes part."""
    from torch import distributed

    training = _training(place, settings)
    distributed.barrier()
    log.write(Event.START, "run_start")
    accuracy, images = _learn(training, args.steps)
    distributed.barrier()
    converged: bool = args.target is None or accuracy >= args.target
    status = "success" if converged else "aborted"
    log.write(Event.STOP, "run_stop", accuracy, status=status, samples_count=images)
    return converged


def _head(log: Log, place: Place, args: Namespace, settings: VisionSettings) -> None:
    point = Event.POINT
    log.write(point, "submission_benchmark", settings.model.lower())
    log.write(point, "submission_division", "open")
    log.write(point, "number_of_ranks", place.world)
    if args.nodes is not None:
        log.write(point, "number_of_nodes", args.nodes)
    log.write(point, "global_batch_size", settings.batch_size * place.world)
    log.write(point, "seed", settings.seed)
    log.write(point, "target_accuracy", args.target)
    log.write(point, "data", "stand-in: photographs")


def _training(place: Place, settings: VisionSettings) -> Training:
    """Return this rank's training: the same weights everywhere, its own part of the images."""
    import torch
    from torch import distributed

    from joulemark.workloads.device import Device
    from joulemark.workloads.images.photographs import photographs
    from joulemark.workloads.learning import Training
    from joulemark.workloads.networks import build
    from joulemark.workloads.samples import Samples

    device = Device(settings)
    images = photographs(settings.crops)
    torch.manual_seed(settings.seed)
    network = build(settings.model).to(device.torch)
    shared = torch.nn.parallel.DistributedDataParallel(network)
    mine = images.train[place.rank :: place.world]
    distributed.barrier()
    return Training(shared, Samples(mine, images, device.torch), device, settings)


def _learn(training: Training, steps: int) -> tuple[float, int]:
    """Learn, and return the accuracy of the last batches and the images of all ranks."""
    import torch
    from torch import distributed

    from joulemark.workloads.learning import Tally

    first, last = Tally(torch.device("cpu")), Tally(torch.device("cpu"))
    for step in range(steps):
        training.step(first if step < steps - LAST else last)
    correct = last.facts()["accuracy"] * last.samples
    sums = torch.tensor([correct, last.samples, first.samples + last.samples], dtype=torch.float64)
    distributed.all_reduce(sums)
    right, late, images = sums.tolist()
    return right / late, int(images)


def leave(code: int) -> NoReturn:
    """End this process at once.

    The interpreter's own end tears down threads of torch and gloo in an order that now and then
    aborts a process that has done all its work (torch 2.x, code 134).
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(main())
