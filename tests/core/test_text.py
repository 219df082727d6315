"""How values read when they are printed."""

from __future__ import annotations

from joulemark.core.channel import Provenance
from joulemark.core.energy import Energy
from joulemark.core.value import Source, Term, Value


def test_values_and_energies_say_what_they_are() -> None:
    joules = Value(1234.5, "J", {Source(Term.GAIN, "m"): 31.5})
    assert str(joules) == "1.234 ± 0.062 kJ"
    whole = Energy(joules=joules, provenance=Provenance.MEASURED)
    assert str(whole) == "1.234 ± 0.062 kJ (measured)"
    part = Energy(joules=joules, provenance=Provenance.ESTIMATED, coverage=0.9)
    assert str(part) == "1.234 ± 0.062 kJ (estimated, 90.0 % covered)"
