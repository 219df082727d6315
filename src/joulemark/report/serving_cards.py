"""The figures at the top of the page of a run of serving."""

from __future__ import annotations

from dataclasses import dataclass

from joulemark.accounting.serving_energy import PER_OUTPUT, PER_REQUEST
from joulemark.core.units import digits
from joulemark.core.value import Value
from joulemark.procedures.serving.figures import figures_of, metrics_of
from joulemark.procedures.serving.results import ServingResult
from joulemark.report.format import clean
from joulemark.report.serving_energies import Scope, idle_share, share_text
from joulemark.report.serving_more import shown_spreads, time_cells


@dataclass(frozen=True, slots=True)
class Card:
    """A figure for people: what of, the number with its unit, what it means."""

    title: str
    number: str
    unit: str
    provenance: str
    meaning: str
    hint: str = ""


def cards(result: ServingResult, scopes: list[Scope]) -> list[Card]:
    """Return energy per token and request, times and output, as far as they are known."""
    figures, metrics = figures_of(result), metrics_of(result)
    kind = "" if not scopes or scopes[0].provenance is None else scopes[0].provenance.value
    parts = ", ".join(clean(part, 40) for part in result.parts)
    of = f"All parts that were added ({parts}), idle power included." if parts else ""
    share = idle_share(result)
    idle = "" if share is None else f"{share_text(share)} of it is what they draw idle."
    made = [_card("energy per output token", figures.get(PER_OUTPUT), kind, of, idle)]
    if PER_REQUEST in figures:
        said = "Prompt and answer together, of the mix of requests that was asked."
        made.append(_card("energy per request", figures[PER_REQUEST], kind, said))
    _, spreads = shown_spreads(result)
    if "tpot" in spreads:
        number, _, unit = time_cells(spreads["tpot"])[1].partition(" ")
        first = (
            f"The first comes after {time_cells(spreads['ttft'])[1]}." if "ttft" in spreads else ""
        )
        made.append(Card("time per output token, median", number, unit, "", first))
    if "output_tokens_per_s" in metrics:
        number = digits(metrics["output_tokens_per_s"], 4)
        batch = f"{digits(metrics['mean_batch'], 3)} requests ran at once, on average."
        made.append(Card("output", number, "tokens/s", "", batch))
    return made


def _card(title: str, value: Value | None, kind: str, meaning: str, hint: str = "") -> Card:
    if value is None:
        return Card(title, "", "", "", "There is no window to take it from.")
    number, _, unit = str(value).rpartition(" ")
    return Card(title, number, unit, kind, meaning, hint)
