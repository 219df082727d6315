"""Whatever lies in a result's files: rules answer, and nothing is raised."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.formats.training.benchmarks import benchmarks
from joulemark.formats.trees.folder import FolderTree
from joulemark.rules.official.package import package_verdicts
from joulemark.rules.training.register import review
from tests.formats.training import samples as sample
from tests.formats.training.samples import REAL
from tests.rules.tiny.test_hostile import Held

FOLDER = "training_results_v5.0/WHO/results/BOX/bert/"
SYSTEM = "training_results_v5.0/WHO/systems/BOX.json"


def _looked_at(files: Mapping[str, bytes]) -> int:
    count = 0
    for directory in benchmarks(Held(dict(files))):
        assert package_verdicts(directory)
        count += len(review(directory))
    return count


def _files(log: bytes, run: bytes | None = None, more: bytes = b"{}") -> dict[str, bytes]:
    files = sample.benchmark(runs=2)
    files["power/result_0/node_0.txt"] = log
    files["result_1.txt"] = sample.result(100) if run is None else run
    files["scaling.json"] = more
    return {FOLDER + name: data for name, data in files.items()} | {SYSTEM: more}


ODD = st.sampled_from(
    [
        b"",
        b":::MLLOG",
        b":::MLLOG {}",
        b"\xff" * 40,
        sample.reading(1e9, 1e308).encode(),
        sample.reading(1, float("nan")).encode(),
        sample.reading(1, "x").encode(),
        sample.reading(-1.7e9, -1).encode(),
        sample.line("conversion_eff", 1e999, 0).encode(),
        sample.line("conversion_eff", [1], 0, {"measurement_type": ["AC"]}).encode(),
        sample.line("interconnect_power_est", -1e300, 0).encode(),
        sample.line("power_measurement_start", {}, 9e8).encode(),
        sample.line("power_measurement_stop", "null", -9e8).encode(),
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ODD, max_size=8))
def test_any_lines(lines: list[bytes]) -> None:
    assert _looked_at(_files(b"\n".join(lines))) > 0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats()), max_size=6),
    st.floats(-1e6, 1e6),
)
def test_any_readings_in_any_run(readings: list[tuple[float, float]], seconds: float) -> None:
    log = "\n".join(sample.reading(when, watts) for when, watts in readings).encode()
    assert _looked_at(_files(log, sample.result(seconds))) > 0


@pytest.mark.parametrize("text", [b"", b"[]", b'{"number_of_nodes": 1e999}', b"[" * 5000, b'{"a":'])
def test_any_description(text: bytes) -> None:
    assert _looked_at(_files(sample.node(), more=text)) > 0


@pytest.mark.skipif(not REAL.is_dir(), reason="no published results here")
def test_published_results_have_no_impossible_finding() -> None:
    never = {
        *("training/other-time", "training/round-date", "training/frozen", "training/scaling"),
        *("training/implausible-power", "training/copied-host", "training/benchmark-name"),
        *("training/unreadable-file", "training/malformed", "training/nodes"),
    }
    roots = sorted(str(path) for path in Path(REAL).glob("training_results_*"))
    found = [one for root in roots for one in benchmarks(FolderTree(root))]
    seen = {finding.rule for directory in found for finding in review(directory)}
    assert len(found) >= 6
    assert not seen & never
    assert {"training/rate", "training/copied-log", "training/time-zone"} <= seen
