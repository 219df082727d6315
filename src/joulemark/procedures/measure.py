"""``with joulemark.measure() as m:`` the energy of a stretch of a Python program."""

from __future__ import annotations

from joulemark.core.errors import UnavailableError, UsageError
from joulemark.procedures.marker import counted
from joulemark.procedures.marking import activate, deactivate
from joulemark.procedures.session import Options, Session
from joulemark.store.writer import store_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Any, Self

    from joulemark.accounting.results import PhaseResult
    from joulemark.core.energy import Energy
    from joulemark.core.interfaces import Meter
    from joulemark.procedures.session import Mark

MAIN = "measure"
"""Name of the phase that spans the whole block."""


def measure(
    title: str = "measure",
    *,
    store: Path | str | None = None,
    meters: Sequence[str | tuple[str, dict[str, Any]]] | None = None,
    objects: Sequence[Meter] = (),
    period_s: float = 0.1,
    idle_s: float = 0.0,
) -> Measurement:
    """Measure the energy of a block of code.

    Sampling runs in a process of its own; nothing of the measured program is imported there.
    Results are computed when they are first asked for, after the block has ended.

    >>> with measure("my job") as m:
    ...     m.add(1000, "sample")
    >>> m.energy, m.result.per_unit

    Args:
        title: what is measured.
        store: folder for the run directory; ``$JOULEMARK_STORE`` or ``./joulemark-runs``.
        meters: registry names (or names with settings); the best of the machine by default.
        objects: meters of your own, sampled by a thread.
        period_s: time between two samples.
        idle_s: seconds of idle machine to measure before and after the block, for net energy.
    """
    named = None if meters is None else [(m, {}) if isinstance(m, str) else m for m in meters]
    options = Options(
        store=store_folder() if store is None else store,
        meters=named,
        objects=objects,
        period_s=period_s,
        idle_s=idle_s,
    )
    return Measurement(Session("measure", title, options, {}))


class Measurement:
    """What :func:`measure` returns: a context manager that knows its results afterwards."""

    def __init__(self, session: Session) -> None:
        """Keep the session; nothing is opened yet."""
        self._session = session
        self._results: list[PhaseResult] | None = None

    def __enter__(self) -> Self:
        """Begin to measure.

        Raises:
            UnavailableError: if this machine has nothing to measure with.
            StoreError: if the run cannot be written.
        """
        self._session.__enter__()
        self._session.idle()
        activate(self._session.marker)
        self._window = self._session.window(MAIN)
        self._mark: Mark = self._window.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the measurement and close the run."""
        try:
            self._window.__exit__(None, None, None)
            if kind is None:
                self._session.idle()
        finally:
            deactivate(self._session.marker)
            self._session.__exit__(kind, error, trace)

    def add(self, count: float, unit: str = "sample") -> None:
        """Count work done in the block.

        Raises:
            UsageError: if another unit has been counted before.
        """
        self._mark.work = counted(self._mark.work, count, unit, "the measured block")

    @property
    def path(self) -> Path:
        """The run directory."""
        return self._session.path

    @property
    def phases(self) -> list[PhaseResult]:
        """Results of every phase; the whole block is called ``measure``."""
        if self._results is None:
            from joulemark.procedures.results import results_of
            from joulemark.store.reader import open_run

            if self._mark.window is None:
                raise UsageError("the block is still being measured", remedy="ask after the block")
            self._results = results_of(open_run(self.path))
        return self._results

    @property
    def result(self) -> PhaseResult:
        """The result of the whole block."""
        return next(result for result in self.phases if result.phase == MAIN)

    @property
    def energy(self) -> Energy:
        """Energy of the whole block, gross.

        Raises:
            UnavailableError: if the meters gave nothing during the block.
        """
        total = self.result.total
        if total is None:
            reasons = "; ".join(str(caution) for caution in self.result.cautions)
            raise UnavailableError(f"no energy was read ({reasons})", where=str(self.path))
        return total
