"""The rules on stated results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from joulemark.core.finding import Severity
from joulemark.core.units import digits
from joulemark.formats.results.declared import LOGS, WATTS, DeclaredResult
from joulemark.rules.results.others import Others, Stated, agrees, significant
from joulemark.rules.rule import Rule, Seen

FACTOR = 3.0
"""Work per joule that is further than this from all that the accelerator gives elsewhere is not of
it: of 502 closed results of rounds v2.0 to v4.1 that can be compared, one is."""
CHANCE = 4
"""Two figures of so few digits may be equal by chance."""
FEWEST = 2
"""Fewer others tell nothing."""

_LOGS_FIRST = "Import the result's logs; what they give counts."


_KINDS: tuple[tuple[str, Severity, str, str, str], ...] = (
    (
        "row",
        Severity.WARNING,
        "A row states a number, its unit and a known benchmark.",
        "our own: what a reader of the table stumbles over",
        "Look at the row; where it states no figure, leave it out of your own tables.",
    ),
    (
        "repeated-figure",
        Severity.ERROR,
        "Performance and power are two figures.",
        "our own: a cell was copied over its neighbour",
        _LOGS_FIRST,
    ),
    (
        "other-system",
        Severity.ERROR,
        "No two systems, benchmarks or scenarios have the same power to the last digit.",
        "our own: rows of a table were shuffled",
        f"{_LOGS_FIRST} Without them, neither row can be used.",
    ),
    (
        "work-per-joule",
        Severity.ERROR,
        f"Work per joule is within {FACTOR:g} times of what the accelerator gives elsewhere.",
        "our own: a unit slipped, or power and performance are of two results",
        "Look at the units first (J for mJ is a factor of 1000), then at the logs.",
    ),
    (
        "logs",
        Severity.ERROR,
        "A stated figure is that of the logs of its result.",
        "our own: the figure computed from the logs as the round publishes it",
        "Use the figure of the logs, and tell whoever keeps the table.",
    ),
    (
        "tables",
        Severity.WARNING,
        "Two tables state the same of one result.",
        "our own: one of them is wrong, or means something else",
        _LOGS_FIRST,
    ),
    (
        "rating",
        Severity.ERROR,
        "Power is below the rating of the supplies.",
        "our own: the system description states the rating",
        "Look at the unit, the number of supplies, and what was behind the analyser.",
    ),
)


def rules() -> tuple[Rule[Stated], ...]:
    """Return all rules on stated results."""
    looks = (_row, _repeated, _other_system, _work_per_joule, _logs, _tables, _rating)
    return tuple(
        Rule(f"results/{name}", demands, source, severity, advice, look)
        for (name, severity, demands, source, advice), look in zip(_KINDS, looks, strict=True)
    )


def doubts(rows: Sequence[DeclaredResult]) -> Mapping[str, tuple[str, ...]]:
    """Return what is doubtful in results, as ``rule: what was seen``, by key of the result.

    Args:
        rows: all results that are known, so that each is seen among the others.
    """
    others, every, found = Others.among(rows), rules(), {}
    for row in rows:
        seen = [f for rule in every for f in rule.findings(Stated(row, others))]
        if seen:
            found[row.key] = tuple(f"{finding.rule}: {finding.message}" for finding in seen)
    return found


def _row(stated: Stated) -> Iterator[Seen]:
    for remark in stated.row.remarks:
        yield _at(stated, remark)


def _repeated(stated: Stated) -> Iterator[Seen]:
    row = stated.row
    same = row.power is not None and row.power == row.performance and row.power_unit == WATTS
    if same and row.kind != LOGS and row.power is not None and significant(row.power) > CHANCE:
        yield _at(stated, f"{digits(row.power, 6)} is stated for both")


def _other_system(stated: Stated) -> Iterator[Seen]:
    if _confirmed(stated):
        return
    for other in stated.same_power[:1]:
        yield _at(stated, f"the power of {_name(other)}, to the last digit")


def _confirmed(stated: Stated) -> bool:
    """Return whether another source states the same power of the same result."""
    return any(
        other.power is not None and agrees(stated.row.power, other.power)
        for other in stated.same_result
    )


def _work_per_joule(stated: Stated) -> Iterator[Seen]:
    value, (low, high, count) = stated.row.per_joule, stated.comparable
    if value is None or count < FEWEST:
        return
    if value > FACTOR * high or value < low / FACTOR:
        unit = stated.row.per_joule_unit
        span = f"{digits(low, 3)} to {digits(high, 3)} {unit} in {count} others"
        yield _at(stated, f"{digits(value, 3)} {unit}; {stated.row.accelerator} gives {span}")


def _logs(stated: Stated) -> Iterator[Seen]:
    if stated.row.kind != LOGS:
        yield from _contradictions(stated, [o for o in stated.same_result if o.kind == LOGS])


def _tables(stated: Stated) -> Iterator[Seen]:
    if stated.row.kind != LOGS:
        yield from _contradictions(stated, [o for o in stated.same_result if o.kind != LOGS])


def _contradictions(stated: Stated, others: list[DeclaredResult]) -> Iterator[Seen]:
    row = stated.row
    for name, unit in (("power", "power_unit"), ("performance", "performance_unit")):
        mine, of = getattr(row, name), getattr(row, unit)
        said = [getattr(o, name) for o in others if getattr(o, unit) == of]
        known = [value for value in said if value is not None]
        if mine is not None and known and not any(agrees(mine, value) for value in known):
            listed = " or ".join(dict.fromkeys(digits(value, 5) for value in known[:3]))
            yield _at(stated, f"{name} {digits(mine, 5)} {of}; {_source(others[0])}: {listed}")


def _rating(stated: Stated) -> Iterator[Seen]:
    row = stated.row
    known = [row, *(other for other in stated.same_result if other.system_name)]
    rated = next((other.rated_w for other in known if other.rated_w), None)
    if rated and row.power_unit == WATTS and row.power is not None and row.power > rated:
        yield _at(stated, f"{digits(row.power, 4)} W; rated for {digits(rated, 4)} W")


def _source(row: DeclaredResult) -> str:
    return "the logs" if row.kind == LOGS else f"the table {row.kind}"


def _name(row: DeclaredResult) -> str:
    who = row.public_id or row.submitter
    return f"{who} {row.system_name or row.system}, {row.benchmark} {row.scenario}"


def _at(stated: Stated, what: str) -> Seen:
    file, _, line = stated.row.sources[0].rpartition(":") if stated.row.sources else ("", "", "")
    return what, file, int(line) if line.isdigit() else None
