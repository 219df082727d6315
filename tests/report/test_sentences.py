from __future__ import annotations

from dataclasses import replace

import pytest
from tests.report.build import (
    channel,
    counter,
    estimated,
    killed,
    made,
    run_of,
    steady,
    unread,
    window,
)
from tests.report.demo import demo

from joulemark.core.caution import Code
from joulemark.core.channel import Accuracy, Channel, Domain, Provenance
from joulemark.core.window import Work
from joulemark.report.sentences import headline
from joulemark.report.words import accuracy, kinds, listed


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_measured_result_in_words() -> None:
    said = headline(demo().results[2])
    assert said.number == "148.1 ± 6.5"
    assert said.unit == "mJ per sample"
    assert said.provenance == "measured"
    meaning = plain(said.meaning)
    assert meaning.startswith("132.2 kJ over 3 min 3 s in 3 windows, 721 W on average")
    assert "for 892 671 samples." in meaning
    assert "lies between 141.5 and 154.6 mJ per sample, with 95 % confidence" in meaning
    assert "of it (87 %) came on top of what the machine draws when idle" in meaning
    assert said.source == (
        "It is the energy of the processor package, the memory and 2 GPUs, "
        "read from their own sensors (rapl and nvml)."
    )
    assert said.lacks.startswith("It leaves out board, disks and fans, power supply losses")


def test_an_estimate_in_words() -> None:
    said = headline(estimated().results[0])
    assert said.provenance == "estimated"
    assert "A model's figure: the true one is believed to lie between 100 and 300 mJ" in plain(
        said.meaning
    )
    assert "computed by a model (estimate): no sensor was read" in said.source


def test_an_instrument_in_software_in_words() -> None:
    soft = channel(
        "node", Domain.NODE, meter="ipmi", provenance=Provenance.ESTIMATED,
        accuracy=Accuracy(gain=0.01, source="stated"), note="it calls itself joulemark virtual BMC",
    )  # fmt: skip
    (result,) = made(run_of([window("run", 1, 50)]), [counter(soft, 60.0)]).results
    said = headline(result)
    assert said.source == (
        "It is the energy of the whole machine (ipmi), and the whole machine is software: a "
        "rehearsal, in which nothing was measured."
    )
    assert "what it simulates lies between" in plain(said.meaning)
    assert Code.ESTIMATED not in [caution.code for caution in result.cautions]


def test_what_others_measured_in_words() -> None:
    wall = channel(
        "wall", Domain.WALL, meter="ptdaemon", provenance=Provenance.DECLARED,
        accuracy=Accuracy(gain=0.01, source="stated"),
    )  # fmt: skip
    (result,) = made(run_of([window("testing", 1, 50)]), [counter(wall, 60.0)]).results
    said = headline(result)
    assert said.provenance == "declared"
    assert "If the readings are what they are said to be, the true figure lies between" in plain(
        said.meaning
    )
    assert said.source == (
        "It is the energy of the wall socket, as others read it (ptdaemon); nothing was read here."
    )


def test_what_is_unknown_in_words() -> None:
    said = headline(unread().results[0])
    assert said.number == ""
    assert said.meaning == (
        "No energy could be read in this phase: the trace does not reach over the whole window."
    )


def test_without_work_the_energy_is_the_result() -> None:
    said = headline(killed().results[0])
    assert said.unit == "J"
    assert "samples" not in said.meaning


def test_a_mixed_total_says_what_is_a_model() -> None:
    model = channel("dram", Domain.DRAM, meter="estimate", provenance=Provenance.ESTIMATED)
    parts = [counter(channel("package-0", Domain.PACKAGE), 30), counter(model, 30, 2.0)]
    result = made(run_of([window("a", 1, 21, work=Work(1, "run"))]), parts).results[0]
    assert "the memory has no sensor that could be read and comes from a model" in (
        headline(result).source
    )


def test_an_exact_or_baseless_result_says_less() -> None:
    result = steady().results[1]
    assert result.total is not None
    bare = replace(
        result,
        net=None,
        parts=(),
        lacks=(),
        power=None,
        per_unit=None,
        total=replace(result.total, joules=replace(result.total.joules, parts={})),
    )
    said = headline(bare)
    assert said.number == "400.0"
    assert plain(said.meaning) == "400.0 J over 40.0 s in 2 windows, for 4 000 samples."
    assert (said.source, said.lacks) == ("", "")
    nothing = headline(replace(bare, total=None, cautions=()))
    assert "no sensor spoke" in nothing.meaning


@pytest.mark.parametrize(
    ("domains", "text"),
    [
        ([Domain.WALL], "the wall socket"),
        ([Domain.GPU] * 3, "3 GPUs"),
        ([Domain.PACKAGE, Domain.PACKAGE, Domain.DRAM], "2 processor packages and the memory"),
        ([], ""),
    ],
)
def test_kinds_of_parts(domains: list[Domain], text: str) -> None:
    channels: list[Channel] = [channel(f"p{n}", domain) for n, domain in enumerate(domains)]
    assert kinds(channels) == text


def test_small_words() -> None:
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert accuracy(Accuracy()) == "not stated"
    assert accuracy(Accuracy(gain=0.05, offset_w=5, model=0.5)) == "±5.0 % ±5.0 W model ±50 %"
