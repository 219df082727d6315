"""Rows of the tables of energies of a run of serving; of values, not of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from joulemark.accounting.serving_energy import PER_OUTPUT
from joulemark.core.channel import Provenance
from joulemark.core.value import Value, total
from joulemark.procedures.serving.figures import ALL, figures_of
from joulemark.procedures.serving.results import ServingResult
from joulemark.report.format import NOTHING
from joulemark.report.serving_words import SHORT

SCOPES = {ALL: "all parts", "accelerators": "accelerators", "host": "host"}
"""What energies are of, and its name in tables."""
IDLE = "energy-idle/1"


@dataclass(frozen=True, slots=True)
class Scope:
    """A column: what its energies are of, and how they came about."""

    key: str
    name: str
    provenance: Provenance | None


@dataclass(frozen=True, slots=True)
class EnergyRow:
    """A figure: its short name, its value in each column, the name of its definition."""

    name: str
    values: list[Value | None]
    definition: str


def scopes_of(result: ServingResult) -> list[Scope]:
    """Return the columns of a run: all parts, and where there are boards these and the host."""
    found = []
    for key, name in SCOPES.items():
        kinds = [
            one.accounts[key].energy.provenance for one in result.repeats if key in one.accounts
        ]
        if kinds:
            found.append(Scope(key, name, Provenance.weakest(kinds)))
    return found


def energy_rows(result: ServingResult, scopes: list[Scope]) -> Iterator[EnergyRow]:
    """Yield each figure that some column has, those of ``SHORT`` first and in its order."""
    each = [figures_of(result, scope.key) for scope in scopes]
    others = {name: name for figures in each for name in figures if name not in SHORT}
    for definition, name in {**SHORT, **others}.items():
        values = [figures.get(definition) for figures in each]
        if any(value is not None for value in values):
            yield EnergyRow(name, values, definition)


def idle_share(result: ServingResult) -> Value | None:
    """Return how much of the energy of the windows idle power would have used, %; None: unknown."""
    shares = []
    for repeat in result.repeats:
        account = repeat.accounts.get(ALL)
        if account is None or account.idle is None or account.energy.joules.value <= 0:
            continue
        shares.append(account.idle.over(account.energy.joules, "").scaled(100, "%"))
    return total([one.scaled(1 / len(shares), "%") for one in shares], "%") if shares else None


def tokens_per_joule(result: ServingResult) -> Value | None:
    """Return output tokens per joule of all parts; None where that is not known."""
    energy = figures_of(result).get(PER_OUTPUT)
    if energy is None or energy.value <= 0:
        return None
    return Value(1.0, "").over(energy, "tokens/J")


def energy_text(value: Value | None) -> str:
    """Return an energy by something with its half-width; what it is by stands in the name."""
    if value is None:
        return NOTHING
    return str(Value(value.value, value.unit.partition("/")[0], value.parts))


def share_text(share: Value) -> str:
    """Return a share in % with its half-width."""
    half = share.u95
    return f"{share.value:.1f} ± {half:.1f} %" if half < 10 else f"{share.value:.0f} ± {half:.0f} %"
