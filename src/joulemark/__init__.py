"""joulemark: joules of machine-learning systems, with provenance and uncertainty.

    import joulemark

    with joulemark.measure() as m:
        with joulemark.phase("train"):
            ...
    print(m.energy)

Everything is loaded when it is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from joulemark.procedures.marking import phase
    from joulemark.procedures.measure import measure
    from joulemark.store.reader import open_run

__version__ = "0.1.0"
__all__ = ["__version__", "measure", "open_run", "phase"]

_WHERE = {
    "measure": "joulemark.procedures.measure",
    "phase": "joulemark.procedures.marking",
    "open_run": "joulemark.store.reader",
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for."""
    if name not in _WHERE:
        raise AttributeError(f"module 'joulemark' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
