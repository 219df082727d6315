"""Records: frozen, slotted dataclasses that cost next to nothing to declare.

What measures must start quickly. The standard library's ``dataclasses`` brings ``inspect`` with it
and compiles half a dozen methods for each class, which takes longer than everything else that a
measurement does. :func:`record` takes the same arguments and gives the same class, with one
compiled method, made when it is first called; type checkers are told that it *is*
``dataclasses.dataclass``. The functions of ``dataclasses`` (``fields``, ``replace``, ``asdict`` …)
and msgspec work on records: what they ask of a class is made when they ask.

Only what a measurement loads needs this; everything else uses ``dataclasses``.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dataclasses import dataclass as record
    from dataclasses import field, replace
else:
    from joulemark.core._record import field, record, replace

__all__ = ["field", "names", "record", "replace"]


def names(kind: type) -> tuple[str, ...]:
    """Return the names of the fields of a record or dataclass, in their order; none of others."""
    found = kind.__dict__.get("__record__")
    return tuple(getattr(kind, "__dataclass_fields__", ()) if found is None else found)
