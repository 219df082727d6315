"""Power logs that we write are read back as they were, and score as the records do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.training_official import Algorithm, published_joules
from joulemark.accounting.training_record import Kind, Mark, PowerRecord
from joulemark.core.errors import UsageError
from joulemark.formats.inference.parsed import Source
from joulemark.formats.training.power_log import read_power_log
from joulemark.formats.training.writing import Layout, power_log_text

MS = 1_000_000
T0 = 1_745_000_000_000 * MS


def record(watts: list[float], factor: float | None = None, name: str = "node_0") -> PowerRecord:
    time = T0 + np.arange(1, len(watts) + 1, dtype=np.int64) * 500 * MS
    return PowerRecord(
        name=name,
        kind=Kind.NODE,
        time=time,
        watts=np.array(watts),
        line=np.zeros(len(watts), np.int32),
        starts=(Mark(T0, 0),),
        stops=(Mark(int(time[-1]), 0),),
        efficiencies=() if factor is None else (Mark(T0, 0, factor),),
    )


@given(
    st.lists(st.integers(0, 10**9).map(lambda mw: mw / 1000), min_size=1, max_size=40),
    st.none() | st.floats(0.5, 1.0),
)
def test_a_log_comes_back_as_it_was_and_scores_alike(
    watts: list[float], factor: float | None
) -> None:
    ours = record(watts, factor)
    text = power_log_text(ours, {"host": "n0", "meter": "ipmi"})
    read = read_power_log(Source("power/result_0/node_0.txt", text.encode()))
    assert not read.problems
    assert read.hosts == ("n0",)
    assert (read.record.time == ours.time).all()
    assert (read.record.watts == ours.watts).all()
    assert [m.time for m in read.record.starts + read.record.stops] == [
        m.time for m in ours.starts + ours.stops
    ]
    assert [m.value for m in read.record.efficiencies] == [m.value for m in ours.efficiencies]
    for algorithm in Algorithm:
        energy = published_joules(read.record, 100.0, algorithm)
        mean = sum(watts) / len(watts) * (1.0 if factor is None else factor)
        assert energy == pytest.approx(100 * mean)


def test_what_is_no_number_is_not_written_and_an_estimate_names_its_switch() -> None:
    ours = record([1.0, float("nan")])
    assert power_log_text(ours).count("power_reading") == 1
    none = np.empty(0)
    switch = PowerRecord(
        "sw_0", Kind.SWITCH, none.astype(np.int64), none, none.astype(np.int32),
        estimates=(Mark(T0, 0, 59_570.0),),
    )  # fmt: skip
    read = read_power_log(Source("sw_0.txt", power_log_text(switch).encode()))
    assert read.record.kind is Kind.SWITCH
    assert [m.value for m in read.record.estimates] == [59_570.0]
    assert '"switch_id": "sw_0"' in power_log_text(switch)


def test_the_layout_is_that_of_a_submission() -> None:
    layout = Layout("us", "3xBOX", "bert")
    assert str(layout.power(2, "sw_0")) == "us/results/3xBOX/bert/power/result_2/sw_0.txt"
    assert str(layout.result(2)) == "us/results/3xBOX/bert/result_2.txt"
    assert str(layout.description) == "us/systems/3xBOX.json"


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", "é", "a" * 101])
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a system"):
        Layout("us", name, "bert")
