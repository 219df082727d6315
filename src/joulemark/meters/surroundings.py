"""What a container, a virtual machine or a cloud keeps from a meter, and what would give it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from joulemark.core.errors import UnavailableError
from joulemark.core.run import System

TABLE = "surroundings.json"


def kinds(system: System, variables: Mapping[str, str] | None = None) -> set[str]:
    """Return what surrounds this process, in the table's words.

    Args:
        system: what the system says of itself.
        variables: the process environment; by default the real one. Kubernetes and Apptainer
            say only there who they are.
    """
    variables = os.environ if variables is None else variables
    found = {system.container} if system.container else set()
    if "KUBERNETES_SERVICE_HOST" in variables:
        found = {"kubernetes"}  # whatever runs its containers
    if variables.get("APPTAINER_CONTAINER") or variables.get("SINGULARITY_CONTAINER"):
        found = {"apptainer"}
    if "microsoft" in system.kernel.lower():
        return {*found, "wsl"}
    return {*found, system.virtual, "vm"} if system.virtual else found


def advice(meter: str, around: set[str]) -> list[UnavailableError]:
    """Return why a meter reads nothing in such surroundings, and what would give it.

    Args:
        meter: its registry name.
        around: what :func:`kinds` gave.
    """
    if not around:
        return []
    text = (Path(__file__).parent / "data" / TABLE).read_text(encoding="utf-8")
    found = []
    for row in json.loads(text)["rows"]:
        here = [kind for kind in row["in"] if kind in around]
        if around & set(row.get("unless", ())):
            continue
        if row["meter"] == meter and here:
            where = "virtual machine" if here[0] == "vm" else here[0]
            found.append(UnavailableError(row["what"], where=where, remedy=row["remedy"]))
    return found
