"""Efficiency against something else, energy of an operation, trainings by size, own runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from joulemark.analysis.record.entry import Entry, Evidence
from joulemark.analysis.trends.against import Beside, Group
from joulemark.analysis.trends.macs import PerMac
from joulemark.analysis.trends.own import Laid, Refused
from joulemark.analysis.trends.scaling import Scaling, Size
from joulemark.core.units import duration, si
from joulemark.report.format import NOTHING, clean
from joulemark.report.trends.writing import Printed, around, grouped, per_joule, times, whose

BESIDE = ("benchmark", "n", "rank", "95 %", "low", "high")
MACS = ("benchmark", "n", "MAC/sample", "least", "median", "whose")
SIZES = ("accelerators", "energy", "E/E₁", "±", "time", "T₁/T", "of ideal", "P/P₁")

_RANK = (
    "rank: Spearman's coefficient. Results of one machine are taken as independent, so its "
    "interval is too narrow rather than too wide. All rounds and machines: no cause is claimed."
)
_REFERENCE = (
    "Operations are those of the reference network, whatever a submission computed: a quantised "
    "or pruned one does less or cheaper work."
)
_IDEAL = (
    "E₁, T₁, P₁: energy, time and mean power of the smallest system. of ideal: T₁/T over how many "
    "times as many accelerators."
)


def print_against(to: Printed, found: Sequence[Beside]) -> None:
    """Print how efficiency goes with another quantity."""
    known = [beside for beside in found if beside.correlation is not None]
    what = found[0].what.value if found else "that"
    to.title(f"Energy efficiency against {what}")
    for name, of in grouped(known, lambda beside: beside.line.subject).items():
        to.title(name)
        to.table(BESIDE, map(beside_row, of), BESIDE[:1])
    if len(known) < len(found):
        missing = len(found) - len(known)
        to.lines((
            f"{missing} of {len(found)} lines: fewer than 3 results, or {what} all alike",
        ))  # fmt: skip
    to.lines((_RANK, f"low, high: the middle result of the lowest and highest third of {what}."))


def beside_row(beside: Beside) -> tuple[str, ...]:
    """Return the cells of a line."""
    subject, made = beside.line.subject, beside.correlation
    if made is None:
        raise ValueError("a line without a correlation has no row")
    low_high = made.interval
    return (
        f"{subject.name}, new" if beside.line.part else subject.name,
        str(made.count),
        f"{made.rank:+.2f}",
        NOTHING if low_high is None else f"{low_high[0]:+.2f} {low_high[1]:+.2f}",
        _third(beside.low),
        _third(beside.high),
    )


def _third(of: Group | None) -> str:
    return NOTHING if of is None else per_joule(of.median)


def print_macs(to: Printed, found: Sequence[PerMac]) -> None:
    """Print the energy of an operation."""
    to.title("Energy of a multiply-accumulate operation (MAC)")
    for name, of in grouped(found, lambda one: one.line.subject).items():
        to.title(name)
        to.table(MACS, map(macs_row, of), (MACS[0], MACS[-1]))
    checks = {f"{one.line.subject.benchmark}: {one.macs.of}; {one.macs.check}" for one in found}
    to.lines((_REFERENCE, *sorted(checks)))


def macs_row(one: PerMac) -> tuple[str, ...]:
    """Return the cells of a line."""
    subject = one.line.subject
    return (
        subject.name,
        str(len(one.line.entries)),
        f"{one.macs.macs:.3g}",
        si(one.least, "J", 3),
        si(one.median, "J", 3),
        whose(one.best, 24),
    )


def print_scaling(to: Printed, found: Sequence[Scaling]) -> None:
    """Print what training on more accelerators costs."""
    for of in found:
        words = (of.benchmark, of.submitter, of.round, of.accelerator)
        to.title(", ".join(word for word in words if word))
        to.table(SIZES, map(size_row, of.sizes), ())
    few = sum(not of.is_trend for of in found)
    if few:
        to.lines((f"{few} of {len(found)} have two sizes: that is no trend.",))
    to.lines((_IDEAL,))


def size_row(size: Size) -> tuple[str, ...]:
    """Return the cells of a size."""
    faster, ideal, power = size.faster, size.parallel_efficiency, size.power
    seconds = size.entry.latency_s
    return (
        f"{size.accelerators:g}",
        si(size.entry.energy_j or 0.0, "J"),
        times(size.energy),
        around(size.u95) if size.energy != 1 else "",
        NOTHING if seconds is None else duration(seconds),
        NOTHING if faster is None else times(faster),
        NOTHING if ideal is None else f"{100 * ideal:.0f} %",
        NOTHING if power is None else times(power),
    )


def own_lines(laid: Sequence[Laid], refused: Sequence[Refused]) -> Iterator[str]:
    """Yield what is to be said of runs of one's own over the record."""
    for one in laid:
        apart = {True: "", False: ", not to be told apart from it", None: ", ± not known"}
        yield (
            f"{_called(one.entry)}: {per_joule(one.entry.per_joule)} "
            f"{around(one.entry.u95)}, {times(one.times)} the best of {one.line.subject} "
            f"({per_joule(one.best.per_joule)}){apart[one.apart]}; place {one.place} among "
            f"{one.count + 1}"
        )
        yield from (f"  {clean(remark)}" for remark in one.entry.remarks)
    for no in refused:
        yield f"{_called(no.entry)} is not laid over it: {no.why}"


def _called(entry: Entry) -> str:
    """Return what a run that is laid over the record is called."""
    if entry.evidence is Evidence.OWN:
        return f"your run {clean(entry.key, 60)}"
    return f"published, {entry.round} {entry.name} {entry.scenario}, {whose(entry, 60)}"
