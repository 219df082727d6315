"""What a check found, in the terminal: systems, then findings by rule, in at most 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TextIO

from joulemark.core.finding import Severity, Verdict
from joulemark.procedures.checked import INFERENCE, Checked
from joulemark.report.checked_json import where
from joulemark.report.format import clean
from joulemark.report.tallied import ORDER, WIDTH, Tallied

_COLUMNS = (11, 24, 5, 4, 4, 4, 22)
"""Widths: submitter, system, how many results, how many of each verdict, worst finding."""
_HEAD = ("submitter", "system", "all", "pass", "warn", "fail", "worst finding")


@dataclass(slots=True)
class SystemTally:
    """What was found on one system.

    Attributes:
        verdicts: how many results have each.
        rules: how many results each rule found something on, by severity and id.
        kind: of its results.
    """

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    rules: Counter[tuple[int, str]] = field(default_factory=Counter)
    kind: str = INFERENCE

    def worst(self) -> str:
        """Return the id of the gravest rule, of those the most frequent; empty for none."""
        found = (key for key in self.rules if key[0] < ORDER[Severity.NOTE])
        return min(found, key=lambda k: (k[0], -self.rules[k], k[1]), default=(0, ""))[1]


class Tally:
    """Counts results and findings as they come; what it holds grows with systems and rules only.

    Attributes:
        systems: by round, submitter and system.
        tallied: findings by rule.
        verdicts: how many results have each.
        kept: how many were taken over from an earlier check.
        kinds: how many results are of each.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.systems: dict[tuple[str, str], SystemTally] = {}
        self.tallied = Tallied()
        self.verdicts: Counter[Verdict] = Counter()
        self.kept = 0
        self.kinds: Counter[str] = Counter()

    def add(self, checked: Checked) -> None:
        """Count one result."""
        system = self.systems.setdefault(checked.system, SystemTally(kind=checked.kind))
        self.kinds[checked.kind] += 1
        system.verdicts[checked.verdict] += 1
        self.verdicts[checked.verdict] += 1
        self.kept += checked.kept
        system.rules.update(
            self.tallied.add(checked.findings, lambda finding: where(checked, finding))
        )

    def close(self) -> None:
        """Do nothing."""

    @property
    def uniform(self) -> bool:
        """Whether all results are power directories."""
        return not self.kinds.keys() - {INFERENCE}

    @property
    def total(self) -> int:
        """How many results there are."""
        return self.verdicts.total()


def print_checked(tally: Tally, most: int, file: TextIO | None = None) -> None:
    """Print systems, those with the most failures first, and what each rule found.

    Args:
        tally: what was counted.
        most: systems shown.
        file: where to print; standard output by default.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for name, width in zip(_HEAD, _COLUMNS, strict=True):
        side: Literal["left", "right"] = "left" if width > 5 else "right"
        table.add_column(name, justify=side, no_wrap=True, overflow="ellipsis", width=width)
    for cells, style in _rows(tally, most):
        table.add_row(*(Text(cell, style) for cell in cells))
    console.print(table)
    if len(tally.systems) > most:
        console.print(f"… and {len(tally.systems) - most} more systems (--top, --json)")
    for text, style in tally.tallied.lines(tally.total):
        console.print(Text(text, style), soft_wrap=True)


def _rows(tally: Tally, most: int) -> Iterator[tuple[list[str], str]]:
    def order(name: tuple[str, str]) -> tuple[int, int, tuple[str, str]]:
        counts = tally.systems[name].verdicts
        return (-counts[Verdict.FAIL], -counts[Verdict.WARN], name)

    for name in sorted(tally.systems, key=order)[:most]:
        system = tally.systems[name]
        yield [*(clean(part, 80) for part in name), *_counts(system.verdicts), _short(system)], ""
    if len(tally.systems) > 1:
        yield ["total", f"{len(tally.systems)} systems", *_counts(tally.verdicts), ""], "bold"


def _counts(verdicts: Counter[Verdict]) -> list[str]:
    counts = [verdicts[v] for v in (Verdict.PASS, Verdict.WARN, Verdict.FAIL)]
    return [str(sum(counts)), *(str(count) if count else "–" for count in counts)]


def _short(system: SystemTally) -> str:
    """Return the id of the worst finding; without its first part where that is the usual one."""
    return clean(system.worst().removeprefix("official/").removeprefix(f"{system.kind}/"), 40)


def summary(tally: Tally, of: int) -> str:
    """Return one sentence for the end of a check.

    Args:
        tally: what was counted.
        of: how many results there were to check.
    """
    named = {Verdict.PASS: "pass", Verdict.WARN: "warn", Verdict.FAIL: "fail"}
    counts = ", ".join(f"{tally.verdicts[v]} {word}" for v, word in named.items())
    every = f"{tally.total} of {of}" if tally.total < of else str(of)
    again = f"; {tally.kept} unchanged since an earlier check" if tally.kept else ""
    one, many = ("power directory", "power directories") if tally.uniform else ("result", "results")
    return f"{every} {one if of == 1 else many}: {counts}{again}"
