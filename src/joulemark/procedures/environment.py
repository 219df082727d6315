"""What a reader needs to know to run it again: interpreter, packages, source revision."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

_MODULES = {
    "measuring": ("numpy", "mlperf_loadgen", "pynvml", "amdsmi"),
    "learning": ("torch", "jax", "tensorflow", "onnxruntime", "transformers", "vllm"),
    "data": ("PIL", "skimage", "sklearn"),
}
_VARIABLES = {
    "devices": ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "MKL_NUM_THREADS"),
    "cluster": ("SLURM_JOB_ID", "RANK", "WORLD_SIZE", "LOCAL_RANK"),
}


def environment(directory: Path, variables: dict[str, str] | None = None) -> dict[str, Any]:
    """Return interpreter, versions of imported packages, chosen variables and the git revision.

    Args:
        directory: where the measured program was started.
        variables: the process environment; by default the real one.
    """
    variables = dict(os.environ) if variables is None else variables
    found: dict[str, Any] = {
        "python": sys.version.split()[0],
        "executable": sys.executable,
        "directory": str(directory),
        "packages": _packages(sys.modules),
        "variables": {
            name: variables[name]
            for names in _VARIABLES.values()
            for name in names
            if name in variables
        },
    }
    revision = git_revision(directory)
    return {**found, "git": revision} if revision else found


def _packages(modules: Mapping[str, ModuleType]) -> dict[str, str]:
    """Return the versions of chosen packages that this process has imported.

    What a measured command imports is in another process and is not known here.
    """
    loaded = (name for names in _MODULES.values() for name in names if name in modules)
    return {name: str(getattr(modules[name], "__version__", "unknown")) for name in loaded}


def git_revision(directory: Path) -> dict[str, Any] | None:
    """Return commit and branch of the git checkout that holds a directory, read from its files.

    Whether files differ from the commit is not known from there and is not said.
    """
    for folder in (directory, *directory.parents):
        head = folder / ".git" / "HEAD"
        if head.is_file():
            return _revision(folder / ".git", head.read_text(errors="replace").strip())
    return None


def _revision(git: Path, head: str) -> dict[str, Any] | None:
    if not head.startswith("ref: "):
        return {"commit": head}
    reference = head.removeprefix("ref: ")
    loose = git / reference
    if ".." not in reference and loose.is_file():
        return {"commit": loose.read_text(errors="replace").strip(), "branch": reference}
    packed = git / "packed-refs"
    lines = packed.read_text(errors="replace").splitlines() if packed.is_file() else []
    found = [line.split()[0] for line in lines if line.endswith(f" {reference}")]
    return {"commit": found[0], "branch": reference} if found else None
