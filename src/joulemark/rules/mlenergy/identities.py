"""What must hold between the numbers of one configuration, by their definitions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from joulemark.core.finding import Finding, Severity
from joulemark.core.units import digits
from joulemark.formats.mlenergy.configuration import Configuration
from joulemark.rules.rule import Rule, Seen, rule

EXACT = 1e-6
"""Numbers that are computed from each other agree to more digits than this."""
FLIGHT = 1.1
"""Little's law holds for means over the whole run; the batch is the mean of the steady state."""
MOST_W = 1500.0
"""No GPU of these generations draws more; the largest limit is 1000 W (B200, data sheet)."""
LEAST_W = 20.0
"""No GPU that serves draws less: idle ones of these generations draw 40 W and more."""
SHORTEST_S = 30.0
"""The benchmark's own gate on the length of the steady state (validate_results.py)."""

_FROM_LEADERBOARD = "the leaderboard computes one from the others (ml-energy/data v0.3.1, records)"


def rules() -> tuple[Rule[Configuration], ...]:
    """Return all rules on configurations."""
    return (row, products, power, degrees, batch, quantiles, flight, steady)


def findings(one: Configuration) -> list[Finding]:
    """Return what the rules find in a configuration."""
    return [found for each in rules() for found in each.findings(one)]


@rule(
    "mlenergy/row",
    source="our own: what a reader of the file stumbles over",
    severity=Severity.WARNING,
    advice="Look at the file; a figure that is no number is left out.",
)
def row(one: Configuration) -> Iterator[Seen]:
    """A configuration states each number once, above zero, and says what it is of."""
    for remark in one.remarks:
        yield _at(one, remark)


@rule(
    "mlenergy/identity",
    source=_FROM_LEADERBOARD,
    severity=Severity.ERROR,
    advice="One of the numbers was changed by hand or has another unit; use none of them.",
)
def products(one: Configuration) -> Iterator[Seen]:
    """Numbers that are computed from each other agree to six digits."""
    batch = one.settings.get("batch_size")
    size = float(batch) if isinstance(batch, int) else None
    rate = f"{one.unit}s_per_second"
    wanted: tuple[tuple[str, str, Sequence[float | None], str], ...] = (
        ("power", "W", _values(one, "energy_per_token", "tokens_per_second"), "J/token × tokens/s"),
        (
            "energy_per_request",
            "J",
            _values(one, "energy_per_token", "output_tokens"),
            "J/token × mean output tokens",
        ),
        ("power", "W", _values(one, one.energy, rate), f"J/{one.unit} × {one.unit}s/s"),
        ("steady_energy", "J", _values(one, "steady_energy_of_gpus"), "the sum over its GPUs"),
    )
    for name, unit, factors, words in wanted:
        yield from _product(one, name, unit, factors, words)
    latency, found = one.value("latency"), one.value(rate)
    if latency is not None and size is not None and found is not None:
        yield from _differs(one, rate, found, size / latency, f"{one.unit}s/s", "batch ÷ latency")


def _values(one: Configuration, *names: str) -> list[float | None]:
    return [one.value(name) for name in names]


def _product(
    one: Configuration, name: str, unit: str, factors: Sequence[float | None], words: str
) -> Iterator[Seen]:
    """Yield where a number is not the product of others; nothing where one is not stated."""
    stated, product = one.value(name), 1.0
    if stated is None:
        return
    for factor in factors:
        if factor is None:
            return
        product *= factor
    yield from _differs(one, name, stated, product, unit, words)


def _differs(
    one: Configuration, name: str, stated: float, right: float, unit: str, words: str
) -> Iterator[Seen]:
    if abs(stated - right) > EXACT * max(stated, right):
        plain = name.replace("_", " ")
        said = f"{plain} {digits(stated, 7)} {unit}; {words} = {digits(right, 7)} {unit}"
        yield _at(one, said)


@rule(
    "mlenergy/power",
    source="our own: data sheets of A100 (400 W), H100 (700 W) and B200 (1000 W)",
    severity=Severity.ERROR,
    advice="Energy or time has another unit, or the number of GPUs is wrong.",
)
def power(one: Configuration) -> Iterator[Seen]:
    """Mean power of a GPU is one that a GPU can have."""
    watts = one.value("power")
    if watts is not None and not LEAST_W <= watts / one.gpus <= MOST_W:
        each = digits(watts / one.gpus, 4)
        span = f"{LEAST_W:g} to {MOST_W:g} W are possible"
        yield _at(one, f"{each} W for each of {one.gpus} GPUs; {span}")


@rule(
    "mlenergy/degrees",
    source="ml-energy/benchmark v3.0.0: every GPU has one place in the parallel groups",
    severity=Severity.ERROR,
    advice="Look at how the server was started; the number of GPUs scales nothing here.",
)
def degrees(one: Configuration) -> Iterator[Seen]:
    """GPUs are as many as the degrees of parallelism make; spread experts use them again."""
    ways = [
        ("tensor_parallel", "data_parallel", "pipeline_parallel"),
        ("expert_parallel", "pipeline_parallel"),
        ("ulysses_degree", "ring_degree"),
    ]
    found = []
    for names in ways:
        values = [one.settings[name] for name in names if name in one.settings]
        counts = [value for value in values if isinstance(value, int)]
        if counts:
            product = 1
            for count in counts:
                product *= count
            found.append(product)
    if found and one.gpus not in found:
        listed = " or ".join(map(str, dict.fromkeys(found)))
        yield _at(one, f"{one.gpus} GPUs; the degrees of parallelism make {listed}")


@rule(
    "mlenergy/batch",
    source="a server runs at most max_num_seqs requests at once (vLLM)",
    severity=Severity.ERROR,
    advice="The mean was taken over something else; look at the server's metrics.",
)
def batch(one: Configuration) -> Iterator[Seen]:
    """The mean batch is at most the largest."""
    mean, most = one.value("batch_mean"), one.settings.get("max_num_seqs")
    if mean is not None and isinstance(most, int) and mean > most * (1 + EXACT):
        yield _at(one, f"{digits(mean, 5)} requests on average; at most {most} are let in")


@rule(
    "mlenergy/quantiles",
    source="our own: a higher quantile of the same times is not less",
    severity=Severity.ERROR,
    advice="The columns were swapped; use none of them as a target.",
)
def quantiles(one: Configuration) -> Iterator[Seen]:
    """Quantiles rise."""
    for time in ("itl", "tpot", "ttft", "e2e"):
        names = [f"{time}_p{place}" for place in (50, 90, 95, 99)]
        values = [(name, one.value(name)) for name in names]
        known = [(name, value) for name, value in values if value is not None]
        for (low, less), (high, more) in pairwise(known):
            if less > more * (1 + EXACT):
                yield _at(one, f"{low} {digits(less)} s is above {high} {digits(more)} s")


@rule(
    "mlenergy/flight",
    source="Little's law: requests in flight are at least tokens/s × time per token",
    severity=Severity.ERROR,
    advice="Rate and time are of different runs, or one of them has another unit.",
)
def flight(one: Configuration) -> Iterator[Seen]:
    """Rate times mean time per token is at most the mean batch (within a tenth)."""
    rate, time, mean = _values(one, "tokens_per_second", "tpot_mean", "batch_mean")
    if rate is None or time is None or mean is None:
        return
    if rate * time > FLIGHT * mean:
        said = f"tokens/s × time per token = {digits(rate * time)} requests in flight"
        yield _at(one, f"{said}; the mean batch is {digits(mean)}")


@rule(
    "mlenergy/steady-state",
    source="ml-energy/benchmark v3.0.0, validate_results.py: at least 30 s, every GPU measured",
    severity=Severity.WARNING,
    advice="Send more requests, so that the batch is full for longer.",
)
def steady(one: Configuration) -> Iterator[Seen]:
    """The steady state lasts 30 s, and every GPU was measured in it."""
    time, measured = one.value("steady_time"), one.value("gpus_measured")
    if time is not None and time < SHORTEST_S:
        yield _at(one, f"steady state of {digits(time, 3)} s; {SHORTEST_S:g} s are asked for")
    if measured is not None and measured != one.gpus:
        yield _at(one, f"energy of {measured:g} GPUs; {one.gpus} were used")


def _at(one: Configuration, what: str) -> Seen:
    file, _, place = one.source.rpartition(":")
    return (what, file, int(place)) if file and place.isdecimal() else (what, one.source, None)
