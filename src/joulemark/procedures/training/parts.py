"""Which node each run is of."""

from __future__ import annotations

from collections.abc import Sequence

from joulemark.core.finding import Finding, Severity
from joulemark.procedures.training.lacking import finding
from joulemark.procedures.training.nodes import NodeRun


def numbered(nodes: Sequence[NodeRun]) -> tuple[dict[str, NodeRun], list[Finding]]:
    """Return the runs by ``node_0`` …, ``sw_0`` …, in their order, and what cannot be so.

    Nodes of which no launcher said the number get those that are left, in the order of their ranks.
    Of two runs of one node the one that began later counts: it was started again.
    """
    found: dict[str, NodeRun] = {}
    twice: list[Finding] = []
    for node in sorted(nodes, key=lambda one: -one.stored.run.anchor.utc_ns):
        identity = node.identity
        if not identity.switch and identity.node is None:
            continue
        if identity.part in found:
            kept = found[identity.part].stored.run.id
            what = f"{identity.part} came twice; {kept} counts, {node.stored.run.id} does not"
            twice.append(finding("twice", Severity.ERROR, what))
        else:
            found[identity.part] = node
    unnamed = [one for one in nodes if not one.identity.switch and one.identity.node is None]
    free = (f"node_{k}" for k in range(len(nodes)) if f"node_{k}" not in found)
    for node in sorted(unnamed, key=lambda one: one.identity.rank):
        found[next(free)] = node
    return dict(sorted(found.items(), key=lambda item: _order(item[0]))), twice


def _order(part: str) -> tuple[str, int]:
    kind, _, number = part.partition("_")
    return kind, int(number)
