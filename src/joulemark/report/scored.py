"""Scores in the terminal: a row a result below its system, then findings by rule; 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TextIO

from joulemark.core.finding import Verdict
from joulemark.core.units import si
from joulemark.procedures.checked import TINY, TRAINING
from joulemark.procedures.scored import Scored, TinyScore, TrainingFigures
from joulemark.report.format import NOTHING, clean, percent, short_time
from joulemark.report.scored_figures import MICRO, printed_uj, shown, signed
from joulemark.report.scored_json import where
from joulemark.report.tallied import WIDTH, Tallied
from joulemark.report.words import DISCLAIMER

MARKS = {Verdict.PASS: " ", Verdict.WARN: "!", Verdict.FAIL: "✗"}
STYLES = {Verdict.PASS: "default", Verdict.WARN: "yellow", Verdict.FAIL: "red"}
TRAINING_HEAD = ("benchmark", "published", "in the run", "apart", "links", "time", "power")
TRAINING_WIDTHS = (14, 10, 18, 7, 6, 7, 9)
TINY_HEAD = ("benchmark", "reported", "recomputed", "windows", "power", "per MAC")
TINY_WIDTHS = (14, 13, 17, 11, 9, 9)
HEADS = {TRAINING: (TRAINING_HEAD, TRAINING_WIDTHS), TINY: (TINY_HEAD, TINY_WIDTHS)}


class Table:
    """Collects rows as results come; each is a line of text, whatever the result holds.

    Attributes:
        verdicts: how many results have each.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.verdicts: Counter[Verdict] = Counter()
        self._lines: list[tuple[str, str]] = []
        self._tallied = Tallied()
        self._kind = ""
        self._system: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """How many results there are."""
        return self.verdicts.total()

    def add(self, scored: Scored) -> None:
        """Take one result."""
        self.verdicts[scored.verdict] += 1
        self._tallied.add(scored.findings, lambda finding: where(scored, finding))
        if scored.kind != self._kind:
            self._kind, self._system = scored.kind, ()
            self._line("")
            training = scored.kind == TRAINING
            head, widths = (
                (TRAINING_HEAD, TRAINING_WIDTHS) if training else (TINY_HEAD, TINY_WIDTHS)
            )
            self._line(_row(" ", head, widths), "bold")
        system = (scored.round, scored.division, scored.submitter, scored.system)
        if system != self._system:
            self._system = system
            named = "  ".join(clean(part, 40) for part in system if part)
            self._line(clean(named or scored.path, WIDTH), "bold")
        self._line(_result(scored), STYLES[scored.verdict])

    def close(self) -> None:
        """Do nothing."""

    def _line(self, text: str, style: str = "default") -> None:
        self._lines.append((text.rstrip(), style))

    def print(self, file: TextIO | None = None) -> None:
        """Print all rows, and what each rule found.

        Args:
            file: where to print; standard output by default.
        """
        from rich.console import Console
        from rich.text import Text

        console = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)
        lines = [*self._lines[1:], *self._tallied.lines(self.total)]
        for text, style in lines:
            console.print(Text(text, style), soft_wrap=True)
        if self.total:
            console.print()
            console.print(Text(f"Figures {DISCLAIMER}."), soft_wrap=True)


def _row(mark: str, cells: Sequence[str], widths: Sequence[int]) -> str:
    name = f"{clean(cells[0], widths[0]):{widths[0]}}"
    numbers = (f"{cell:>{width}}" for cell, width in zip(cells[1:], widths[1:], strict=True))
    return " ".join((mark, name, *numbers))


def _result(scored: Scored) -> str:
    name = scored.benchmark or scored.path.rpartition("/")[2]
    mark = MARKS[scored.verdict]
    if scored.training is not None:
        return _row(mark, (name, *_training(scored.training)), TRAINING_WIDTHS)
    if scored.tiny is not None:
        return _tiny(mark, name, scored.tiny)
    reason = next(iter(scored.reasons.values()), "")
    return f"{mark} {clean(f'{name}: {reason}', WIDTH - 2)}"


def _training(figures: TrainingFigures) -> tuple[str, ...]:
    whole, seconds = figures.whole, figures.ttt_s
    inside, official = whole.in_run, whole.official
    apart = inside.value / official - 1 if inside is not None and official else None
    links = figures.interconnect.in_run
    share = links.value / inside.value if links is not None and inside and inside.value else None
    return (
        NOTHING if official is None else si(official, "J"),
        shown(inside, "J"),
        signed(apart),
        percent(share),
        NOTHING if seconds is None else short_time(seconds),
        si(inside.value / seconds, "W") if inside is not None and seconds else NOTHING,
    )


def _tiny(mark: str, name: str, score: TinyScore) -> str:
    named = f"{name} {score.variant}" if score.variant else name
    if score.mode in ("performance", "accuracy"):
        said = ", ".join(_apart(score)) or "no figure"
        return f"{mark} {clean(named, 14):14} {clean(f'{score.mode}: {said}', WIDTH - 17)}"
    windows, recomputed = score.windows, score.recomputed
    return _row(
        mark,
        (
            named,
            printed_uj(score.reported_uj, score.places, TINY_WIDTHS[1]),
            shown(recomputed, "J", MICRO),
            f"{len(windows)} × {_shortest(score)}" if windows else NOTHING,
            NOTHING if score.power_w is None else si(score.power_w.value, "W"),
            NOTHING if score.energy_per_mac_j is None else si(score.energy_per_mac_j.value, "J"),
        ),
        TINY_WIDTHS,
    )


def _shortest(score: TinyScore) -> str:
    return si(min(one.seconds for one in score.windows), "s", 3)


def _apart(score: TinyScore) -> Iterator[str]:
    """Yield what a session of performance or accuracy says."""
    rate, printed = score.throughput, score.reported_throughput
    if score.mode == "performance" and rate is not None:
        yield f"{si(rate, '1/s')}" + (f" (printed {si(printed, '1/s')})" if printed else "")
    accuracy, said = score.accuracy, score.reported_accuracy
    if accuracy is not None:
        words = f" (printed {100 * said:.4g} %)" if said is not None else ""
        yield f"{score.metric} {100 * accuracy:.4g} % of {score.inputs} inputs{words}"
    elif said is not None:
        yield f"printed {100 * said:.4g} %"


def summary(table: Table, of: int) -> str:
    """Return one sentence for the end of a score.

    Args:
        table: what was counted.
        of: how many results there were to score.
    """
    counts = ", ".join(f"{table.verdicts[v]} {v.value}" for v in Verdict)
    every = f"{table.total} of {of}" if table.total < of else str(of)
    return f"{every} {'result' if of == 1 else 'results'} scored: {counts}"
