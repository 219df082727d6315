"""Why B costs more than A: factors that multiply to the ratio, and what it is owed to."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.serving_factors import Factors
from joulemark.analysis.instruments import kind_of_load
from joulemark.analysis.serving_ratio import (
    BATCH,
    DEVICE,
    DEVICES,
    GAP,
    LOAD,
    MEMORY,
    MODEL,
    MOVED_BY,
    PACE,
    PAUSES,
    POWER,
    PRECISION,
    PROMPTS,
    SOFTWARE,
    STEP,
    TOKENS,
    Side,
    interval,
    why,
)
from joulemark.analysis.serving_ratio_sides import side_of_configuration, side_of_run
from joulemark.core.errors import FormatError, UsageError
from joulemark.core.value import Source, Term, Value
from joulemark.formats.mlenergy.configuration import Configuration
from joulemark.formats.mlenergy.v2 import read_v2
from joulemark.formats.mlenergy.v3 import read_v3
from joulemark.report.serving_ratio import SENSES, TITLES, print_why, sense, why_json
from tests.analysis.build import observation
from tests.formats.mlenergy import build

PLAIN = {MODEL: "m", PRECISION: "bf16", DEVICE: "H100", LOAD: "8 at once"}


def side(
    name: str = "a",
    *,
    tokens: float = 100.0,
    step: float = 0.02,
    batch: float = 8.0,
    power: float = 400.0,
    traits: dict[str, str] | None = None,
    **more: float,
) -> Side:
    terms = {TOKENS: tokens, STEP: step, BATCH: batch, POWER: power, **more}
    return Side(
        name=name,
        per="request",
        energy=Value(tokens * step * power / batch, "J/request"),
        terms={key: Value(value, "1") for key, value in terms.items()},
        traits={**PLAIN, **(traits or {})},
    )


SOME = st.floats(1e-3, 1e4)
MORE = st.fixed_dictionaries(
    {},
    optional={
        DEVICES: st.floats(1, 64),
        PROMPTS: st.floats(0, 0.95),
        GAP: SOME,
        MEMORY: st.floats(1e6, 1e12),
    },
)
SIDES = st.builds(
    lambda tokens, step, batch, power, more: side(
        tokens=tokens, step=step, batch=batch, power=power, **more
    ),
    SOME,
    SOME,
    SOME,
    SOME,
    MORE,
)


@given(st.lists(SIDES, min_size=2, max_size=5))
def test_factors_multiply_to_the_total(sides: list[Side]) -> None:
    answer = why(sides)
    total = sides[-1].energy.value / sides[0].energy.value
    for hop in (answer.whole, *answer.hops):
        product = math.prod(factor.ratio for factor in hop.factors)
        assert product == pytest.approx(hop.ratio, rel=1e-9)
        assert product == pytest.approx(hop.b.energy.value / hop.a.energy.value, rel=1e-9)
    assert math.prod(hop.ratio for hop in answer.hops) == pytest.approx(total, rel=1e-9)
    # and so does each factor, hop by hop
    for place, factor in enumerate(answer.whole.factors):
        steps = math.prod(hop.factors[place].ratio for hop in answer.hops)
        assert steps == pytest.approx(factor.ratio, rel=1e-9)


@given(SIDES, SIDES)
def test_turned_round_every_factor_is_its_inverse(a: Side, b: Side) -> None:
    there, back = why([a, b]).whole, why([b, a]).whole
    for one, other in zip(there.factors, back.factors, strict=True):
        assert one.ratio * other.ratio == pytest.approx(1, rel=1e-9)


def test_each_factor_by_itself() -> None:
    a = side(devices=2.0, gap=0.01, prompts=0.2, memory=1e9)
    b = side("b", batch=16, step=0.03, devices=4.0, gap=0.02, prompts=0.5, memory=2e9)
    found = {one.name: one for one in why([a, b]).whole.factors}
    assert {name: one.ratio for name, one in found.items()} == pytest.approx(
        {
            TOKENS: 1.0,
            PROMPTS: 0.8 / 0.5,
            PAUSES: (0.03 / 0.02) / (0.02 / 0.01),
            MEMORY: 2.0,
            PACE: (0.02 / 2e9) / (0.01 / 1e9),
            BATCH: 0.5,
            DEVICES: 2.0,
            POWER: (400 * 0.5 / 4) / (400 * 0.8 / 2),
        }
    )
    assert {*MOVED_BY} == {*TITLES} == {*SENSES}
    assert sense(found[TOKENS]) == "the same"
    assert sense(found[BATCH]) == "more share a step"
    # what only one side knows is no factor
    plain = {one.name for one in why([a, side()]).whole.factors}
    assert plain == {TOKENS, STEP, BATCH, POWER}


def test_one_cause_is_named_several_are_named_together() -> None:
    a = side()
    fp8 = side("m", power=300, traits={PRECISION: "fp8"})
    b = side("b", power=200, traits={PRECISION: "fp8", DEVICE: "B200"})
    assert why([a, fp8]).whole.cause == PRECISION
    both = why([a, b]).whole
    assert both.cause == "precision and device, together"
    assert next(f for f in both.factors if f.name == POWER).by == (PRECISION, DEVICE)
    path = why([a, fp8, b])
    assert [hop.cause for hop in path.hops] == [PRECISION, DEVICE]
    assert [hop.ratio for hop in path.hops] == pytest.approx([0.75, 2 / 3])
    assert path.whole.cause == "precision and device, together"
    assert why([a, replace(a, name="again")]).whole.cause == "nothing that is told"
    three = side(traits={PRECISION: "fp8", DEVICE: "B200", LOAD: "64"})
    assert why([a, three]).whole.cause == "precision, device and load, together"


def test_what_one_side_does_not_tell_is_neither_the_same_nor_another() -> None:
    a = side()
    silent = replace(side("b", power=200), traits={MODEL: "m"})
    hop = why([a, silent]).whole
    assert hop.changed == ()
    assert set(hop.untold) == {PRECISION, DEVICE, LOAD}


def test_errors_of_one_meter_cancel() -> None:
    gain, own = Source(Term.GAIN, "board"), Source(Term.WORK, "a")

    def with_errors(one: Side, scatter: Source) -> Side:
        power = one.terms[POWER]
        terms = {**one.terms, POWER: power.plus(gain, 0.05 * power.value)}
        energy = one.energy.plus(gain, 0.05 * one.energy.value)
        return replace(one, energy=energy.plus(scatter, 0.01 * one.energy.value), terms=terms)

    a = with_errors(side(), own)
    b = with_errors(side("b", power=800), Source(Term.WORK, "b"))
    hop = why([a, b]).whole
    assert hop.log.u == pytest.approx(0.01 * math.sqrt(2), rel=0.02)
    power = next(one for one in hop.factors if one.name == POWER)
    assert power.log.u == pytest.approx(0, abs=1e-9)
    ends = interval(hop.log)
    assert ends is not None
    assert ends[0] < 2 < ends[1]
    assert interval(why([side(), side()]).whole.log) is None


def test_a_models_error_does_not_cancel_in_loads_of_other_power() -> None:
    model = Source(Term.MODEL, "machine")

    def modelled(power: float) -> Side:
        one = side(power=power)
        return replace(one, energy=one.energy.plus(model, 0.2 * one.energy.value))

    same, other = (why([modelled(400), modelled(power)]).whole for power in (400, 800))
    assert same.log.u == pytest.approx(0, abs=1e-9)
    assert other.log.u == pytest.approx(math.sqrt(2) * 0.5 * 0.2)
    power = next(one for one in other.factors if one.name == POWER)
    assert power.log.u == pytest.approx(other.log.u)
    assert sense(power) == "each draws more"
    wide = replace(power, log=Value(0.1, "1", {model: 1.0}))
    assert sense(wide) == "may be the same"


def test_what_cannot_be_compared() -> None:
    with pytest.raises(UsageError, match="nothing to compare"):
        why([side()])
    with pytest.raises(UsageError, match="per image and per request"):
        why([side(), replace(side(), per="image")])
    with pytest.raises(UsageError, match="its batch is not above zero"):
        why([side(), replace(side(), terms={**side().terms, BATCH: Value(0.0, "1")})])
    with pytest.raises(UsageError, match="energy is not above zero"):
        why([side(), replace(side(), energy=Value(0.0, "J/request"))])
    with pytest.raises(ValueError, match="its factors make"):
        why([side(), replace(side(), energy=Value(1.0, "J/request"))])


def shown(*sides: Side) -> str:
    file = io.StringIO()
    print_why(why(sides), file)
    text = file.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    return text


def test_the_table_says_what_it_means() -> None:
    long = side("B with a rather long name of its own", tokens=200, batch=16, step=0.03)
    text = shown(side("A"), replace(long, remarks=("it is odd",)))
    assert "B costs 1.50 of what A costs: 100.0 J/request → 150.0 J/request" in text
    assert "B: B with a rather long name of its own" in text
    assert "answers are longer" in text
    assert "Most of it: answers are longer (×2.00)." in text
    assert "make ×0.750 together" in text
    assert "What differs: nothing that is told." in text
    assert "it is odd." in text
    assert "state no uncertainty" in text
    text = shown(side("A"), side("B", power=300, traits={PRECISION: "fp8"}))
    assert "Only the precision differs: precision (bf16 → fp8)." in text
    text = shown(
        side("A"),
        side("M", power=300, traits={PRECISION: "fp8"}),
        side("B", power=200, traits={PRECISION: "fp8", DEVICE: "B200"}),
    )
    assert "owed to" in text
    assert "×0.667" in text
    silent = replace(side("B"), traits={})
    assert "Not told by both" in shown(side("A"), silent)
    known = Source(Term.GAIN, "x")
    sure = replace(side("B"), energy=side().energy.plus(known, 0.1))
    assert "95 %" in shown(side("A"), sure)
    text = shown(side("A"), side("B", power=9, traits={PRECISION: "fp8", DEVICE: "B200"}))
    assert "It is owed to precision and device, together; one more" in text


def test_json_holds_factors_and_hops() -> None:
    a, m, b = side("A"), side("M", traits={LOAD: "9"}), side("B", power=9, traits={LOAD: "9"})
    told = why_json(why([a, m, b]))
    assert told["definition"] == "energy-per-request-factors/1"
    assert math.prod(one["ratio"] for one in told["factors"]) == pytest.approx(told["ratio"])
    assert [hop["owed_to"] for hop in told["hops"]] == ["load", "nothing that is told"]
    assert told["changed"] == {LOAD: ["8 at once", "9"]}
    assert why_json(why([a, b]))["hops"] == []


def v3(row: dict[str, object]) -> Configuration:
    (one,) = read_v3(build.v3("gpqa", [row]), "f.json")
    assert isinstance(one, Configuration)
    return one


def test_published_configurations() -> None:
    a, b = (
        v3(build.v3_llm(8)),
        v3(build.v3_llm(64, weight_precision="fp8", model_id="org/small-FP8")),
    )
    answer = why([side_of_configuration(one, str(i)) for i, one in enumerate((a, b))])
    ratio = (b.value("energy_per_request") or 0) / (a.value("energy_per_request") or 1)
    assert answer.whole.ratio == pytest.approx(ratio)
    assert answer.whole.changed == (PRECISION, LOAD)
    found = {one.name: one for one in answer.whole.factors}
    assert found[BATCH].ratio == pytest.approx(1 / 8)
    assert found[GAP].ratio == pytest.approx(math.sqrt(8))
    assert found[PAUSES].ratio == pytest.approx(1)
    old = read_v2(build.v2_llm(8), "x", build.V2_LLM)
    assert set(side_of_configuration(old, "x").terms) == {TOKENS, STEP, BATCH, POWER, GAP, DEVICES}
    assert PRECISION not in side_of_configuration(old, "x").traits


def test_published_pictures_and_films() -> None:
    rows = [read_v2(build.v2_image(n), "x", build.V2_IMAGE) for n in (1, 8)]
    text = shown(*(side_of_configuration(one, f"batch {i}") for i, one in enumerate(rows)))
    assert "denoising steps" in text
    assert "made at once" in text
    film = side_of_configuration(v3(build.v3_video(2)), "film")
    assert film.per == "video"
    assert film.energy.value == pytest.approx(12_000)
    assert film.terms[TOKENS].value == 30
    assert film.remarks == ()
    bare = v3({k: v for k, v in build.v3_video(2).items() if k != "inference_steps"})
    assert TOKENS not in side_of_configuration(bare, "film").terms
    answer = why([side_of_configuration(bare, "x"), film])
    assert {one.name for one in answer.whole.factors} == {STEP, BATCH, DEVICES, POWER}
    assert answer.whole.ratio == pytest.approx(1)


def test_what_stated_numbers_lack_or_contradict() -> None:
    odd = side_of_configuration(v3(build.v3_llm(8, avg_output_len=600.0)), "odd")
    assert odd.remarks == ("it states 600 output tokens; 512 follow from its other numbers",)
    hot = side_of_configuration(v3(build.v3_video(1, avg_power_watts=1500.0)), "hot")
    assert "1500 power; 1200 follow" in hot.remarks[0]
    lacking = v3({k: v for k, v in build.v3_llm().items() if k != "avg_power_watts"})
    with pytest.raises(FormatError, match="does not state power"):
        side_of_configuration(lacking, "x")
    lacking = v3({k: v for k, v in build.v3_video().items() if k != "batch_size"})
    with pytest.raises(FormatError, match="batch size"):
        side_of_configuration(lacking, "x")


FACTORS = Factors(
    energy=Value(100.0, "J/request"),
    tokens=Value(100.0, "token/request"),
    step=Value(0.02, "s"),
    batch=Value(8.0, "1"),
    power=Value(400.0, "W"),
    prompts=Value(0.25, "1"),
    resident=1000.0,
)
SERVED: dict[str, Any] = {
    "model": "m",
    "engine": "transformers",
    "dtype": "bfloat16",
    "parameters": 1_000_000,
    "shape": {
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
    },
    "arrivals": {"kind": "closed", "concurrency": 8, "requests": 80},
    "stream": True,
}


def test_a_run_of_ones_own() -> None:
    of = observation([1.0, 1.0])
    one = side_of_run("run", FACTORS, of, SERVED, 0.015)
    assert one.traits[LOAD] == "closed, 8 at once"
    assert one.traits[PRECISION] == "bfloat16"
    assert "engine transformers" in one.traits[SOFTWARE]
    assert one.terms[MEMORY].value == 2 * (1_000_000 + 2 * 2 * 2 * 16 * 1000)
    names = {factor.name for factor in why([one, one]).whole.factors}
    assert names == {TOKENS, PROMPTS, PAUSES, MEMORY, PACE, BATCH, DEVICES, POWER}
    plain = replace(FACTORS, prompts=None)
    lacking: list[dict[str, Any]] = [{"shape": {}}, {"dtype": "odd"}, {"shape": 5}]
    for less in (*lacking, {"parameters": None}):
        assert MEMORY not in side_of_run("run", plain, of, {**SERVED, **less}).terms
    poisson = {"kind": "poisson", "rate": 2}
    more = {"batch": 16, "stream": False, "endpoint": "chat", "arrivals": poisson}
    other = side_of_run("run", plain, of, {**SERVED, **more})
    assert other.traits[LOAD] == "poisson, 2/s, at most 16 run, chat, whole"
    assert why([one, other]).whole.changed == (LOAD,)
    odd = side_of_run("run", plain, of, {**SERVED, "endpoint": 9})
    assert odd.traits[LOAD] == "closed, 8 at once, 9"
    bare = side_of_run("run", plain, of, {"model": "m", "extra": {"a": [1, "x"], "b": None}})
    assert PRECISION not in bare.traits
    assert bare.traits[SOFTWARE] == "extra a 1, x"


def test_a_model_of_power_is_one_for_all_loads_on_one_served_model() -> None:
    first, second = (
        replace(observation([1.0]), title=title, settings={"serving": {"model": "m"}})
        for title in ("m, 2 at once", "m, 8 at once")
    )
    assert kind_of_load(first) == kind_of_load(second)
