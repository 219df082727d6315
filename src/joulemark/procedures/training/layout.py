"""Write what was gathered in the layout of a submission to MLPerf Training."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from joulemark.core.channel import Domain
from joulemark.core.errors import StoreError
from joulemark.formats.training.writing import Layout
from joulemark.procedures.training.together import Placed
from joulemark.store.files import new_file, store_error

_RESULT = re.compile(r"result_([0-9]{1,6})\.txt")
_UNKNOWN = (
    "host_processor_vcpu_count", "host_processor_frequency", "host_processor_caches",
    "host_processor_interconnect", "host_storage_type", "host_storage_capacity", "host_networking",
    "host_networking_topology", "host_memory_configuration", "accelerator_host_interconnect",
    "accelerator_frequency", "accelerator_on-chip_memories", "accelerator_memory_configuration",
    "accelerator_memory_capacity", "accelerator_interconnect", "accelerator_interconnect_topology",
    "cooling", "hw_notes", "sw_notes",
)  # fmt: skip
"""Fields of a system's description that no agent can know: a person fills them in."""


def number_of(root: Path, layout: Layout, log: str, data: bytes) -> int:
    """Return the number of a run: that of its log's name, if that is free, else the next.

    A log that is there already is the same run again, and has its number.

    Args:
        root: of the submission.
        layout: where files lie.
        log: name of the run's log, as the training had it.
        data: its content.

    Raises:
        StoreError: if what is there cannot be read.
    """
    folder = root / layout.folder
    try:
        there = {
            int(match[1]): path.read_bytes()
            for path in (folder.iterdir() if folder.is_dir() else ())
            if (match := _RESULT.fullmatch(path.name)) is not None
        }
    except OSError as error:
        raise StoreError(error.strerror or str(error), where=str(folder)) from error
    same = next((number for number, known in there.items() if known == data), None)
    if same is not None:
        return same
    match = _RESULT.fullmatch(log)
    if match is not None and int(match[1]) not in there:
        return int(match[1])
    return max(there, default=-1) + 1


def write_result(
    root: Path, layout: Layout, files: Mapping[PurePosixPath, bytes], *, force: bool
) -> Path:
    """Write the files of one run, and return the benchmark's folder.

    Args:
        root: of the submission.
        layout: where files lie.
        files: contents by path relative to the root.
        force: whether files may be replaced.

    Raises:
        UsageError: if one is there and nobody said that it may be replaced.
        StoreError: if one cannot be written.
    """
    for name, data in files.items():
        path = root / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise store_error(error, path) from error
        new_file(path, data, force=force)
    return root / layout.folder


def description(layout: Layout, placed: Sequence[Placed], nodes: int, division: str) -> bytes:
    """Return the description of a system, as far as its agents know it.

    What they cannot know is empty: whoever submits fills it in.
    """
    first = next((one for one in placed if not one.node.identity.switch), placed[0])
    machine = first.node.stored.run.system
    boards = {
        trace.channel.part
        for trace in first.node.traces
        if trace.channel.domain is Domain.GPU and trace.channel.carries_energy
    }
    said: dict[str, Any] = {
        "submitter": layout.submitter,
        "division": division,
        "status": "",
        "system_name": layout.system,
        "number_of_nodes": str(nodes),
        "host_processors_per_node": "" if machine.sockets is None else str(machine.sockets),
        "host_processor_model_name": machine.cpu,
        "host_processor_core_count": "" if machine.cores is None else str(machine.cores),
        "host_memory_capacity": f"{machine.memory_bytes / 2**30:.0f} GiB",
        "accelerators_per_node": str(len(boards)),
        "accelerator_model_name": ", ".join(dict.fromkeys(machine.gpus)),
        "operating_system": machine.os,
        "framework": "",
        "other_software_stack": {"kernel_version": machine.kernel},
        **dict.fromkeys(_UNKNOWN, ""),
    }
    return json.dumps(said, indent=2, ensure_ascii=False).encode() + b"\n"
