"""Whatever a run holds, it can be shown: no error, strict JSON, 80 columns, closed tags."""

from __future__ import annotations

import io
import json
import math

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from tests.report.build import START, Made, channel, made, run_of, window
from tests.report.reader import Reader

from joulemark.core.channel import Accuracy, Channel, Domain, Provenance, Quantity
from joulemark.core.clock import NS
from joulemark.core.trace import Trace
from joulemark.core.window import Role, Window, Work
from joulemark.report.page import run_page
from joulemark.report.plain import run_json
from joulemark.report.table import print_run

numbers = st.one_of(
    st.floats(-10, 1000),
    st.sampled_from([0.0, math.nan, math.inf, 1e200, -1e200, 1e-300, 5e-324]),
)
seconds = st.one_of(st.floats(0, 100), st.sampled_from([0.0, 1.0, 1e6]))
names = st.text(max_size=12)


@st.composite
def channels(draw: st.DrawFn) -> Channel:
    quantity = draw(st.sampled_from(list(Quantity)))
    return channel(
        draw(names),
        draw(st.sampled_from(list(Domain))),
        quantity,
        name=draw(st.text(min_size=1, max_size=20)),
        meter=draw(names),
        unit=draw(names),
        scale=draw(st.sampled_from([1.0, 1e-6, 1e-3, 3600.0])),
        node=draw(st.sampled_from(["a", "b"])),
        parent=draw(st.one_of(st.none(), names)),
        wrap=draw(st.sampled_from([None, 500.0])),
        update_s=draw(st.sampled_from([None, 0.001, 0.1, 50.0])),
        resolution=draw(st.sampled_from([0.0, 1.0])),
        provenance=draw(st.sampled_from(list(Provenance))),
        accuracy=Accuracy(gain=draw(st.sampled_from([0.0, 0.05, 10.0])), offset_w=1.0),
        note=draw(names),
    )


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    of = draw(channels())
    pairs = draw(st.lists(st.tuples(seconds, numbers), max_size=30))
    return Trace.of(of, [START + round(s * NS) for s, _ in pairs], [v for _, v in pairs])


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start, length = draw(seconds), draw(st.one_of(st.none(), st.floats(0, 50)))
    work = draw(st.one_of(st.none(), st.builds(Work, st.sampled_from([0.0, 1.5, 1e30]), names)))
    stop = None if length is None else start + length
    return window(draw(names), start, stop, draw(st.sampled_from(list(Role))), work)


@st.composite
def runs(draw: st.DrawFn) -> Made:
    recorded = draw(st.lists(traces(), max_size=5, unique_by=lambda trace: trace.channel.name))
    run = run_of(
        sorted(draw(st.lists(windows(), max_size=5)), key=lambda w: w.start),
        title=draw(names),
        results=draw(st.dictionaries(names, st.one_of(numbers, names), max_size=2)),
        settings=draw(st.dictionaries(names, st.lists(numbers, max_size=2), max_size=2)),
    )
    return made(run, recorded)


@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(runs())
def test_every_run_can_be_shown(of: Made) -> None:
    json.dumps(run_json(of.run, of.results, "/x"), allow_nan=False)
    file = io.StringIO()
    print_run(of.run, of.results, "/x", budget=True, file=file)
    for text in file.getvalue().split("\n"):
        assert cell_len(text) <= 80
    reader = Reader(run_page(of.run, of.traces, of.results))
    assert reader.open == []
    for path in reader.all("path"):
        assert "nan" not in path["d"]
        assert "inf" not in path["d"]
