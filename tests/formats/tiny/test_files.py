"""The readers on good, odd and hostile files."""

from __future__ import annotations

import io
import json
import struct
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.accounting.tiny_energy import edges_of
from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Source
from joulemark.formats.tiny.lines import printed
from joulemark.formats.tiny.log import read_log
from joulemark.formats.tiny.results_text import read_results
from joulemark.formats.tiny.runner import read_runner_results
from joulemark.formats.tiny.script import read_script
from joulemark.formats.tiny.trace import read_stamps, read_trace, stream_sums
from tests.formats.tiny import sample

READERS = (read_trace, read_stamps, read_log, read_results, read_runner_results, read_script)


def _source(data: bytes | str) -> Source:
    return Source("x", data if isinstance(data, bytes) else data.encode())


def test_a_trace_is_a_view_of_its_bytes() -> None:
    data = sample.trace()
    trace = read_trace(_source(data))
    assert trace.samples.base is not None
    assert trace.rate == 1000.0
    assert trace.duration_s == pytest.approx(67.0)
    assert not trace.problems
    assert read_trace(_source(data + b"\0\0")).problems[0].what.startswith("2 bytes")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xf1",
        b"\xf0" + bytes(8),
        struct.pack("<Bf", 0xF1, 0.0),
        struct.pack("<Bf", 0xF1, -1.0),
        struct.pack("<Bf", 0xF1, float("nan")),
        struct.pack("<Bf", 0xF1, float("inf")),
    ],
)
def test_what_is_no_trace(data: bytes) -> None:
    with pytest.raises(FormatError):
        read_trace(_source(data))


def test_a_minute_at_a_hundred_thousand_samples_a_second_costs_no_copy() -> None:
    data = struct.pack("<Bf", 0xF1, 100_000.0) + bytes(4 * 6_000_000)
    began = time.process_time()
    trace = read_trace(_source(data))
    took = time.process_time() - began
    assert len(trace.samples) == 6_000_000
    assert took < 0.05


@given(st.integers(1, 5000), st.integers(1, 7), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=30)
def test_streamed_and_held_traces_sum_alike(count: int, piece: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples = rng.random(count, dtype=np.float32)
    data = struct.pack("<Bf", 0xF1, 1000.0) + samples.tobytes()
    stamps = sorted(rng.random(4) * count / 1000)
    edges = edges_of(stamps, 0.001, count)

    class Dribble(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(size if size == 5 else 1000 * piece + 3)

    sums = stream_sums(Dribble(data), "x", stamps)
    assert sums.count == count
    for at in range(3):
        held = float(samples[edges[at] : edges[at + 1]].sum(dtype=np.float64))
        assert sums.between(at, at + 1) == pytest.approx(held, abs=1e-9 * count)


def test_stamps() -> None:
    found = read_stamps(_source("[\n\t0.016,\n\t10.856,\n\t10.5\n]"))
    assert found.seconds == (0.016, 10.856, 10.5)
    assert "not after" in found.problems[0].what


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[1,", '["1"]', "[true]", "[NaN]", "[1e999]", "[-1]", "[" * 100_000,
     "[1" + "0" * 400 + "]", json.dumps([1] * 10_001)],
)  # fmt: skip
def test_what_are_no_stamps(text: str) -> None:
    with pytest.raises(FormatError):
        read_stamps(_source(text))


def test_large_files_are_refused() -> None:
    with pytest.raises(FormatError, match="too many"):
        read_stamps(_source(b"[" + b" " * (2 << 20) + b"]"))


def test_numbers_keep_their_digits() -> None:
    number = printed("2578.969", 7)
    assert number == (2578.969, 3, 7)
    assert number is not None
    assert number.step == pytest.approx(0.001)
    assert printed("1e3", 1) == (1000.0, -3, 1)
    assert printed("9e999", 1) is None


def test_a_log_of_a_joulescope() -> None:
    log = read_log(
        _source(
            "1.0 emon: m-dropthresh[0.1]\n"
            "2.0 emon: m-lap-us-4999\n"
            "2.1 io: m-lap-us-1\n"
            "2.5 emon: m-lap-us-9999\n"
            "3.0 emon: m-regfile-fn[trace1-energy.bin]-type[emon]-name[js110]\n"
            "3.0 emon: m-[Dropped 17 packets out of 1759744, 0%]\n"
            "3.1 ulp-ml: e-[The run must take at least 10 seconds and 10 iterations]\n"
            "3.2 dut: m-name-dut-[unspecified]\n"
            "3.3 io: [dut]: Error loading DSP failed: fail\n"
            "At time 3.0: expected 3000, but we have 2990.\n"
            "3.4 emon: m-voltage-mv[six]\n"
            "3.5 emon: m-lap-us\n"
        )
    )
    assert log.meter == "js110"
    assert log.dropped == (17, 1759744)
    assert log.drop_limit_percent == 0.1
    assert log.laps == (4999, 9999)
    assert log.voltage_v is None
    assert log.board == {"name": "unspecified"}
    assert [error.line for error in log.errors] == [7, 10]
    assert not log.finished


def test_what_a_board_says_of_its_own_does_not_hide_its_answer() -> None:
    log = read_log(
        _source("1.0 io: [dut]: m-infer-start-20\n1.1 io: [dut]: Type errorm-results-[141.176]\n")
    )
    assert log.inferences[0].results == (141.176,)


def test_results_of_both_runners() -> None:
    first = read_results(_source("1.0 ulp-mlperf: Top-1: 90.2%\n1.0 ulp-mlperf: AUC: 0.99\n"))
    assert first.top1_percent is not None
    assert first.auc is not None
    assert (first.top1_percent.value, first.auc.value) == (90.2, 0.99)
    second = read_results(
        _source(
            "0803.211208 ulp-mlperf: Top 1% = 87.0\n0803.211208 ulp-mlperf: AUC = 0.988\n"
            "Performance results for window 1\n    # Inferences : 100\n"
            "    Runtime: 10.949628 sec.\n    Throughput: 9.13 inf./sec.\n"
            "    Runtime requirements have been met.\n"
            "Performance results for window 2\n"
            "e-[The run must take at least 10 seconds and 10 iterations to be valid]\n"
            "Median throughput is      9.133 inf./sec.\n"
            "Accuracy: 44 True positives, 6 False negatives, 4 False positives\n"
            "Average duty cycle: 0.56085\nAverage period: 0.031987 s\n"
            "Estimated throughput: 55.742 inf./sec.\n"
            "1.0 parser: Median energy cost is 1.0 uJ/inf.\n"
        )
    )
    assert second.top1_percent == (87.0, 1, 1)
    assert second.auc == (0.988, 3, 2)
    assert second.performance[0].met is True
    assert second.performance[0].inferences == 100
    assert second.performance[1].met is False
    assert second.median_throughput == (9.133, 3, 10)
    assert second.detections == (44, 6, 4)
    assert second.duty == (0.56085, 5, 12)
    assert second.median_uj is None


def test_odd_things_in_the_python_runners_results() -> None:
    trials = [
        {"infer": {"results": [1, "x"], "iterations": "12", "detections": 5}, "mode": "q"},
        {"infer": {}, "power": {"samples": [1, True], "timestamps": [["a", 3], [1], ["2", -1]]}},
        {"infer": {"elapsed_time": 10**400}, "power": {"samples": [10**400]}, "class": 1.5},
        {"infer": {"detection_windows": [[1, 2], [3], ["a", 1]]}, "dutycycle": []},
        {"error": "error 2"},
        7,
    ]
    found = read_runner_results(_source(json.dumps(trials)))
    assert len(found.trials) == 4
    assert found.trials[0].iterations == 12
    assert found.trials[0].mode == ""
    assert found.trials[1].samples_j is None
    assert (found.trials[1].stamps, found.trials[1].counters) == ((3,), (-1,))
    assert found.trials[2].elapsed_us is None
    assert found.trials[3].words_s == ((1.0, 2.0),)
    said = " ".join(problem.what for problem in found.problems)
    for word in (
        "results",
        "samples",
        "stamp",
        "bounds",
        "detection_windows",
        "error 2",
        "element 5",
    ):
        assert word in said


@pytest.mark.parametrize("text", ["", "{}", "[]", "[1]", "nul", "[" * 100_000, '[{"infer":NaN}]'])
def test_what_are_no_results(text: str) -> None:
    with pytest.raises(FormatError):
        read_runner_results(_source(text))


def test_a_script_without_commands() -> None:
    with pytest.raises(FormatError, match="no command"):
        read_script(_source("[]"))


def test_long_lines_are_cut() -> None:
    log = read_log(_source("1.0 emon: " + "x" * 100_000))
    assert "100000" in log.problems[0].what or "characters" in log.problems[0].what


SEEDS = (
    sample.trace(1, 20),
    json.dumps(sample.stamps()).encode(),
    sample.log(2).encode(),
    sample.results(2).encode(),
    sample.runner_results(2).encode(),
    sample.SCRIPT.encode(),
    json.dumps([sample.trial(0, 5)]).encode(),
)


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_whatever_the_bytes_a_reader_answers_or_says_why_not(data: st.DataObject) -> None:
    text = bytearray(data.draw(st.sampled_from(SEEDS) | st.binary(max_size=200)))
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, max(len(text) - 1, 0)))
        piece = data.draw(
            st.binary(max_size=6)
            | st.sampled_from([b"\0", b"[", b"]", b"9" * 40, b"1e999", b"NaN", b"\xff\xfe", b"\n"])
        )
        text[at : at + data.draw(st.integers(0, 8))] = piece
    for reader in READERS:
        try:
            reader(_source(bytes(text)))
        except FormatError:
            continue
