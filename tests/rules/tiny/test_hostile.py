"""Whatever lies in a session's files: figures and rules answer, and nothing is raised."""

from __future__ import annotations

import json
import struct
from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.core.errors import FormatError
from joulemark.formats.tiny.sessions import sessions
from joulemark.formats.trees.tree import MAX_FILE, Entry
from joulemark.rules.tiny.register import review
from tests.formats.tiny import sample

PLACE = "closed/N/results/B/kws/energy/"
ENERGYRUNNER = {
    "trace1-energy.bin": sample.trace(2, 30),
    "trace1-timestamps.json": json.dumps(sample.stamps(2, 30)).encode(),
    "log.txt": sample.log(2, 30).encode(),
    "results.txt": sample.results(2, 30).encode(),
    "script.async": sample.SCRIPT.encode(),
}
PYTHON = {
    "results.json": json.dumps([sample.trial(at, 20) for at in range(2)]).encode(),
    "log.txt": sample.RUNNER_LOG.encode(),
    "results.txt": sample.runner_results(2, 20).encode(),
}


class Held:
    """A tree in memory."""

    name, location, token = "held", "/held", "held"

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Keep the files."""
        self.files = files
        self.left_out: Counter[str] = Counter()

    def entries(self, under: str = "") -> Iterator[Entry]:
        """Yield all."""
        del under
        yield from (Entry(path) for path in sorted(self.files))

    def read(self, path: str, limit: int = MAX_FILE, *, identity: str = "") -> bytes:
        """Return one."""
        del limit, identity
        return self.files[path]

    def close(self) -> None:
        """Do nothing."""


def _looked_at(files: Mapping[str, bytes], place: str = PLACE) -> int:
    count = 0
    for session in sessions(Held({place + name: data for name, data in files.items()})):
        try:
            figures = session.figures
            str(figures.median)
            str(figures.power)
        except FormatError:
            pass
        count += len(review(session))
    return count


ODD = st.binary(max_size=8) | st.sampled_from(
    [
        b"\0",
        b"-1",
        b"1e999",
        b"9" * 30,
        b"NaN",
        b"null",
        b"[",
        b"]",
        b"\xff\xff\x7f\x7f",
        b"0",
        b"\n",
    ]
)


@given(st.sampled_from([ENERGYRUNNER, PYTHON]), st.data())
@settings(deadline=None, max_examples=200)
def test_damaged_sessions(whole: dict[str, bytes], data: st.DataObject) -> None:
    files = dict(whole)
    for _ in range(data.draw(st.integers(1, 5))):
        name = data.draw(st.sampled_from(sorted(files)))
        text = bytearray(files[name])
        at = data.draw(st.integers(0, len(text)))
        text[at : at + data.draw(st.integers(0, 6))] = data.draw(ODD)
        files[name] = bytes(text)
    if data.draw(st.booleans()):
        del files[data.draw(st.sampled_from(sorted(files)))]
    _looked_at(files, data.draw(st.sampled_from([PLACE, "", "x/sww/power/", "x/ad/accuracy/"])))


@given(st.lists(st.floats(width=32), max_size=40), st.lists(st.floats(0, 1), max_size=8))
@settings(deadline=None, max_examples=150)
def test_any_samples_with_any_stamps(samples: list[float], stamps: list[float]) -> None:
    body = np.array(samples, dtype="<f4").tobytes()
    files = dict(ENERGYRUNNER)
    files["trace1-energy.bin"] = struct.pack("<Bf", 0xF1, 1000.0) + body
    files["trace1-timestamps.json"] = json.dumps(stamps).encode()
    assert _looked_at(files) > 0


@pytest.mark.parametrize("rate", [1e-45, 1e-10, 1e9])
def test_any_rate(rate: float) -> None:
    files = dict(ENERGYRUNNER)
    files["trace1-energy.bin"] = struct.pack("<Bf", 0xF1, rate) + bytes(4000)
    assert _looked_at(files) > 0


def test_samples_that_would_overflow_are_none() -> None:
    files = dict(PYTHON)
    files["results.json"] = files["results.json"].replace(b"2e-06", b"1e300", 1)
    assert _looked_at(files) > 0
