"""Names to factories, loaded when they are asked for.

A third party adds a meter or a workload by an entry point of the group ``joulemark.meters`` or
``joulemark.workloads``; nobody registers anything by being imported.
"""

from __future__ import annotations

from joulemark.core.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


class Registry:
    """A table of ``name -> "module:factory"`` and of entry points of one group.

    Args:
        kind: what the names are of, for messages ("meter").
        group: entry point group.
        table: the names that joulemark brings itself.
    """

    def __init__(self, kind: str, group: str, table: Mapping[str, str]) -> None:
        """Keep the table; nothing is imported."""
        self.kind = kind
        self.group = group
        self._table = dict(table)

    def names(self) -> list[str]:
        """Return all names, our own first."""
        others = sorted(name for name in self._entry_points() if name not in self._table)
        return [*self._table, *others]

    def load(self, name: str) -> Callable[..., Any]:
        """Return the factory of a name.

        Raises:
            UsageError: if nothing has that name.
        """
        target = self._table.get(name) or self._entry_points().get(name)
        if target is None:
            raise UsageError(
                f"no {self.kind} is called {name!r}",
                remedy=f"choose from {', '.join(self.names())}",
            )
        from importlib import import_module

        module, _, attribute = target.partition(":")
        factory: Callable[..., Any] = getattr(import_module(module), attribute)
        return factory

    def _entry_points(self) -> dict[str, str]:
        from importlib.metadata import entry_points

        return {point.name: point.value for point in entry_points(group=self.group)}
