"""The sample power directories are what our own parsers read without a complaint."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from joulemark.core.clock import NS
from joulemark.formats.inference.rounds import guess_round
from joulemark.rules.official import REVISIONS
from tests.inference_samples import Sample, opened, submission, written


@pytest.mark.parametrize("analyzers", [1, 2])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", [name for name in REVISIONS if name != "head"])
def test_the_parsers_have_nothing_to_say(name: str, channels: int, analyzers: int) -> None:
    sample = Sample(round=name, channels=channels, analyzers=analyzers)
    directory = opened(sample.files())
    parts = (
        directory.client,
        directory.server,
        directory.console,
        directory.ranging_power,
        directory.testing_power,
        directory.ranging_detail,
        directory.testing_detail,
        directory.testing_summary,
    )
    assert [part.problems for part in parts] == [()] * len(parts)
    own = {1: 0, 3: 3}[channels]
    assert len(directory.testing_power.parts) == (own if analyzers == 1 else 2 * (1 + own))
    assert guess_round(directory) == name
    detail, power = directory.testing_detail, directory.testing_power
    assert detail.begin is not None
    assert detail.end is not None
    within = (power.time > detail.begin) & (power.time < detail.end)
    assert within.sum() == (detail.end - detail.begin) // NS == 20
    assert np.allclose(power.whole.watts[within], 100.0)


@pytest.mark.parametrize("scenario", ["Offline", "Server", "SingleStream", "MultiStream"])
def test_scenarios(scenario: str) -> None:
    directory = opened(Sample(scenario=scenario).files())
    assert directory.testing_detail.values["effective_scenario"].value == scenario
    assert directory.testing_summary.scenario == scenario
    assert directory.testing_summary.valid


def test_a_tree_on_disk(tmp_path: Path) -> None:
    written(submission(Sample().files()), tmp_path)
    results = tmp_path / "closed/Example/results/box/resnet50/Offline/performance"
    assert len([path for path in results.rglob("*") if path.is_file()]) == 11
