"""The answer of ``joulemark audit``: claims with verdicts in 80 columns, and JSON."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import IO, Any

from joulemark.analysis.claims.audit import Audit
from joulemark.analysis.claims.rates import CitedRates, Rates
from joulemark.analysis.claims.suspicion import Suspicion
from joulemark.analysis.claims.verdict import Judged, Part, Verdict, verdict
from joulemark.core.units import digits, si, with_u95
from joulemark.report.format import NOTHING, clean

WIDTH = 80
HEAD = ("claim", "published", "record", "verdict")
FOUND, SOURCES = 3, 3
"""So many findings and files of a claim are shown where space is short."""
OWN = (
    "Figures of the record are computed by joulemark; they are not MLPerf results and not verified "
    "by MLCommons."
)
PLURAL = {
    Verdict.STANDS: "stand",
    Verdict.OTHER: "stand with other figures",
    Verdict.FALLS: "do not follow",
    Verdict.UNKNOWN: "cannot be verified",
}
_SCALED = ("W", "J")
_COUNTED = ("pairs", "measurements", "systems", "cited numbers")


def print_audit(found: Audit, *, tables: bool = False, file: IO[str] | None = None) -> None:
    """Print claims, why they do not stand, and what was found in the tables.

    Args:
        found: the audit.
        tables: whether to list every finding in the tables, not only their number.
        file: where to; standard output by default.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in HEAD:
        of = "right" if name in HEAD[1:3] else "left"
        table.add_column(name, justify=of, overflow="fold")  # type: ignore[arg-type]
    for one in found.judged:
        table.add_row(*map(Text, row(one)))
    console.print(table)
    for one in found.judged:
        for line in reasons(one):
            console.print(Text(line, overflow="fold"))
    console.print()
    for line in summary(found):
        console.print(Text(line, overflow="fold"))
    if tables:
        for seen in found.found:
            console.print(Text("\n".join(_lines(seen)), overflow="fold"))


def row(one: Judged) -> tuple[str, str, str, str]:
    """Return the cells of a claim; of several figures, the one that is furthest off."""
    part = worst(one)
    name = clean(one.claim.id, 40)
    if len(one.parts) > 1 and part.name:
        name = f"{name}: {clean(part.name, 30)}"
    return name, published(one, part), recomputed(part), one.verdict.value


def worst(one: Judged) -> Part:
    """Return the figure of a claim that is furthest from that of the record."""
    return max(one.parts, key=lambda part: (_rank(one, part), _apart(part)))


def _rank(one: Judged, part: Part) -> int:
    order = (Verdict.STANDS, Verdict.OTHER, Verdict.UNKNOWN, Verdict.FALLS)
    return order.index(verdict(part, at_least=one.claim.at_least))


def _apart(part: Part) -> float:
    if not part.published or not part.recomputed:
        return 0.0
    return abs(part.published - part.recomputed) / abs(part.recomputed)


def published(one: Judged, part: Part) -> str:
    """Return a figure as published, with its unit."""
    if part.published is None:
        return NOTHING
    if part.unit in _COUNTED:
        return f"{part.published:,.0f}"
    text = one.claim.value or digits(part.published, 4)
    if part.unit in _SCALED:
        text = si(part.published, part.unit)
    bound = "over " if one.claim.at_least else ""
    return f"{bound}{text}{_unit(part)}"


def recomputed(part: Part) -> str:
    """Return a figure of the record, with its interval where that is known."""
    value = part.recomputed
    if value is None:
        return NOTHING
    if part.unit in _COUNTED:
        return f"{value:,.0f}"
    if part.u95 and part.ratio:
        return f"{_interval(value, part.u95)}×"
    if part.u95:
        return with_u95(value, part.u95, part.unit)
    text = si(value, part.unit) if part.unit in _SCALED else digits(value, 4)
    return f"{text}{_unit(part)}"


def _interval(value: float, u95: float) -> str:
    """Return a ratio with its interval, to two digits of the latter, without a prefix."""
    places = max(1 - math.floor(math.log10(u95)), 0)
    return f"{value:.{places}f} ± {u95:.{places}f}"


def _unit(part: Part) -> str:
    if part.ratio:
        return "×"
    return f" {part.unit}" if part.unit and part.unit not in _SCALED else ""


def reasons(one: Judged) -> Iterator[str]:
    """Yield why a claim does not stand as it is; nothing for one that does."""
    if one.verdict is Verdict.STANDS:
        return
    yield ""
    claim = one.claim
    where = f"{claim.where}: " if claim.where else ""
    yield clean(f"{claim.id}. {where}{claim.says}")
    note = worst(one).note
    if note:
        yield f"  {clean(note)}"
    for seen in one.found[:FOUND]:
        yield from (f"  {line}" for line in _lines(seen))
    if len(one.found) > FOUND:
        yield f"  and {len(one.found) - FOUND} more findings"


def _lines(seen: Suspicion) -> Iterator[str]:
    yield f"{seen.detector}: {clean(seen.what)}"
    for text in seen.evidence:
        yield f"  {clean(text)}"
    if seen.correction:
        yield f"  -> {clean(seen.correction)}"
    if seen.sources:
        yield f"  {clean(', '.join(seen.sources[:SOURCES]), 400)}"


def summary(found: Audit) -> Iterator[str]:
    """Yield how many claims stand, and what was found in the tables."""
    verdicts = ", ".join(f"{count} {PLURAL[n]}" for n, count in found.verdicts.items() if count)
    yield f"{len(found.judged)} claims of {clean(found.source)}: {verdicts}."
    kinds = Counter(seen.detector for seen in found.found)
    listed = ", ".join(f"{count} {name}" for name, count in kinds.most_common())
    yield f"Tables: {found.audited:,} results, findings: {listed or 'none'}."
    yield f"Record: {found.entries:,} results. {untraced_note(found)}"
    yield OWN


def untraced_note(found: Audit) -> str:
    """Return how many results behind the claims could not be followed back to logs."""
    named = {text for one in found.judged for text in one.untraced}
    if not named:
        return "Every result behind the claims is computed from its logs."
    return f"{len(named)} results behind the claims could not be followed back to their logs."


def audit_json(found: Audit) -> dict[str, Any]:
    """Return an audit as JSON values; what is not known is null."""
    return {
        "source": found.source,
        "audited": found.audited,
        "record": found.entries,
        "verdicts": {name.value: count for name, count in found.verdicts.items()},
        "claims": [_claim_json(one) for one in found.judged],
        "tables": [asdict(seen) for seen in found.found],
    }


def _claim_json(one: Judged) -> dict[str, Any]:
    claim = one.claim
    return {
        "id": claim.id,
        "where": claim.where,
        "says": claim.says,
        "kind": claim.kind,
        "verdict": one.verdict.value,
        "figures": [
            {**asdict(part), "verdict": verdict(part, at_least=claim.at_least).value}
            for part in one.parts
        ],
        "found": [asdict(seen) for seen in one.found],
        "untraced": list(one.untraced),
    }


def print_rates(found: Rates, cited: CitedRates, file: IO[str] | None = None) -> None:
    """Print how many planted errors are found, and the false alarms, as tables of Markdown."""
    import sys

    lines = [*rates_lines(found)]
    if cited.right:
        lines += ["", *cited_lines(cited)]
    print("\n".join(lines), file=file or sys.stdout)


def cited_lines(found: CitedRates) -> Iterator[str]:
    """Yield the lines of the table on cited figures."""
    yield "| planted in four cited figures | found |"
    yield "|---|---:|"
    for one in found.caught:
        yield f"| {one.kind} | {one.found} of {one.planted} |"
    yield f"| nothing: false alarms | {found.alarms} of {found.right} |"


def rates_lines(found: Rates) -> Iterator[str]:
    """Yield the lines of that table: of a table alone, and beside another source of its results."""
    yield "| planted | found in the table alone | beside another source |"
    yield "|---|---:|---:|"
    for kind in dict.fromkeys(one.kind for one in found.caught):
        of = {one.paired: one for one in found.caught if one.kind == kind}
        cells = [
            f"{of[paired].found} of {of[paired].planted}" if paired in of else NOTHING
            for paired in (False, True)
        ]
        yield f"| {kind} | {' | '.join(cells)} |"
    alarms = [_alarms(found, count) for count in (found.alarms, found.paired_alarms)]
    yield f"| nothing: false alarms per 1,000 rows | {' | '.join(alarms)} |"


def _alarms(found: Rates, count: int) -> str:
    if not found.rows:
        return NOTHING
    return f"{1000 * count / found.rows:.1f} ({count} of {found.rows:,})"


def rates_json(found: Rates, cited: CitedRates) -> dict[str, Any]:
    """Return both rates as JSON values."""
    return {**asdict(found), "cited": asdict(cited)}
