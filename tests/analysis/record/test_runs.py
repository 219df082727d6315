"""What the record takes from run directories."""

from __future__ import annotations

import json
from pathlib import Path

from joulemark.analysis.record.runs import RunFacts, facts_of


def store(tmp_path: Path, name: str, record: object) -> Path:
    (tmp_path / name).mkdir()
    (tmp_path / name / "run.json").write_text(json.dumps(record))
    return tmp_path


def test_rate_samples_and_accuracy(tmp_path: Path) -> None:
    windows = [
        {"role": "ranging", "start": 0, "stop": 10**9, "work": {"count": 9, "unit": "query"}},
        {"role": "measure", "start": 0, "stop": 2 * 10**9, "work": {"count": 9, "unit": "query"}},
    ]
    channels = [
        {"quantity": "power", "accuracy": {"gain": 0.01, "source": "class"}},
        {"quantity": "interval", "accuracy": {"gain": 0.02, "source": "class"}},
        {"quantity": "voltage", "accuracy": {"gain": 0.5, "source": "class"}},
    ]
    results = {"loadgen": {"samples_per_query": 8.0, "scenario": "MultiStream"}, "published": []}
    store(tmp_path, "a", {"windows": windows, "channels": channels, "results": results})
    store(tmp_path, "b", {"windows": [], "channels": []})
    store(tmp_path, "c", {"windows": 3})
    assert facts_of(tmp_path, ["a", "b", "c", "gone", "../a", "a"]) == {
        "a": RunFacts(rate=4.5, samples=8.0, u95=0.02),
        "b": RunFacts(),
    }
