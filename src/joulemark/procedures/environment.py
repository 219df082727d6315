"""What a reader needs to know to run it again: interpreter, packages, source revision."""

from __future__ import annotations

import os
import sys

from joulemark.meters._system import read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType
    from typing import Any

    from joulemark.meters._files import StrPath

MAX_REFS = 16 << 20
"""A checkout of very many branches lists so many bytes of them."""

_MODULES = {
    "measuring": ("numpy", "mlperf_loadgen", "pynvml", "amdsmi"),
    "learning": ("torch", "jax", "tensorflow", "onnxruntime", "transformers", "vllm"),
    "data": ("PIL", "skimage", "sklearn"),
}
_VARIABLES = {
    "devices": ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "MKL_NUM_THREADS"),
    "cluster": ("SLURM_JOB_ID", "RANK", "WORLD_SIZE", "LOCAL_RANK"),
}


def environment(directory: StrPath, variables: dict[str, str] | None = None) -> dict[str, Any]:
    """Return interpreter, versions of imported packages, chosen variables and the git revision.

    Args:
        directory: where the measured program was started.
        variables: the process environment; by default the real one.
    """
    variables = dict(os.environ) if variables is None else variables
    found: dict[str, Any] = {
        "python": sys.version.split()[0],
        "executable": sys.executable,
        "directory": os.fspath(directory),
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


def git_revision(directory: StrPath) -> dict[str, Any] | None:
    """Return commit and branch of the git checkout that holds a directory, read from its files.

    Whether files differ from the commit is not known from there and is not said.
    """
    folder, above = os.path.abspath(directory), ""
    while folder != above:
        head = read_text(f"{folder}/.git/HEAD").strip()
        if head:
            return _revision(f"{folder}/.git", head)
        folder, above = os.path.dirname(folder), folder
    return None


def _revision(git: str, head: str) -> dict[str, Any] | None:
    if not head.startswith("ref: "):
        return {"commit": head}
    reference = head.removeprefix("ref: ")
    loose = "" if ".." in reference else read_text(f"{git}/{reference}").strip()
    if loose:
        return {"commit": loose, "branch": reference}
    lines = read_text(f"{git}/packed-refs", MAX_REFS).splitlines()
    found = [line.split()[0] for line in lines if line.endswith(f" {reference}")]
    return {"commit": found[0], "branch": reference} if found else None
