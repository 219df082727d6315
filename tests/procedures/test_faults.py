"""What goes wrong around a measurement: full disks, forks, foreign environments."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest

import joulemark
from joulemark.core.clock import Anchor
from joulemark.core.errors import StoreError, UnavailableError
from joulemark.procedures.environment import environment, git_revision
from joulemark.procedures.marker import Edges, Marker, open_edges
from joulemark.procedures.marking import join
from joulemark.procedures.measure import measure
from joulemark.store.writer import EventWriter
from tests.meters.trees import intel_laptop
from tests.procedures.fakes import Failing, Steady, Stepping


def full(descriptor: int, data: bytes) -> int:
    raise OSError(28, "No space left on device")


def test_a_full_disk_does_not_stop_the_measured_program(tmp_path: Path) -> None:
    anchor = Anchor(0, 0)
    marker = Marker(anchor, EventWriter(tmp_path / "e.jsonl", write=full), Edges([]))
    window = marker.shut(marker.open("train"))
    assert window.stop is not None
    assert isinstance(marker.failure, StoreError)
    assert "No space left" in str(marker.failure)


def test_a_failing_edge_meter_is_told_once(tmp_path: Path) -> None:
    anchor = Anchor(0, 0)
    edges = Edges([Failing(), Steady()])
    for meter in edges.meters:
        meter.open(lambda: 1)
    edges.keep_in(tmp_path / "edges.spool", "edges", anchor)
    assert [c.code for c in edges.read()] == ["meter-failed"]
    assert edges.read() == []
    edges.close()


@pytest.mark.parametrize(
    "content", [None, "", "{", "[]", '{"anchor": 1, "settings": {}}', '{"anchor": {}}']
)
def test_a_run_that_cannot_be_joined_is_left_alone(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    assert join(tmp_path) is None


def test_joining_names_meters_that_do_not_open(tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    (tmp_path / "traces").mkdir()
    head = {
        "anchor": {"utc_ns": 5, "monotonic_ns": 5},
        "settings": {"edge_meters": [{"name": "rapl", "settings": {"root": str(tmp_path)}}]},
    }
    (tmp_path / "run.json").write_text(json.dumps(head))
    marker = join(tmp_path)
    assert marker is not None
    marker.shut(marker.open("x"))
    marker.close()
    lines = (tmp_path / "events" / f"{os.getpid()}.jsonl").read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["caution", "open", "close"]


def test_forked_children_mark_into_the_same_run(tmp_path: Path) -> None:
    with measure(store=tmp_path, objects=[Steady()]) as m:
        child = os.fork()
        if child == 0:
            with joulemark.phase("forked"):
                sum(range(100_000))
            os._exit(0)
        _, status = os.waitpid(child, 0)
    assert status == 0
    forked = [w for w in joulemark.open_run(m.path).run.windows if w.phase == "forked"]
    assert [w.process for w in forked] == [child]


def test_environment_names_versions_and_chosen_variables_only(tmp_path: Path) -> None:
    found = environment(tmp_path, {"OMP_NUM_THREADS": "2", "SECRET_TOKEN": "hidden"})
    assert found["variables"] == {"OMP_NUM_THREADS": "2"}
    assert found["packages"]["numpy"] == np.__version__
    assert "hidden" not in json.dumps(found)


def test_git_revision_is_read_from_files(tmp_path: Path) -> None:
    assert git_revision(tmp_path / "nowhere") is None
    git = tmp_path / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    assert git_revision(tmp_path) is None
    (git / "packed-refs").write_text("# packed\nabc123 refs/heads/main\n")
    assert git_revision(tmp_path / "sub") == {"commit": "abc123", "branch": "refs/heads/main"}
    (git / "refs" / "heads" / "main").write_text("def456\n")
    assert git_revision(tmp_path) == {"commit": "def456", "branch": "refs/heads/main"}
    (git / "HEAD").write_text("0123abc\n")
    assert git_revision(tmp_path) == {"commit": "0123abc"}
    (git / "HEAD").write_text("ref: ../../../etc/passwd\n")
    assert git_revision(tmp_path) is None


def test_a_meter_that_cannot_be_read_at_edges_is_told_and_the_others_are(tmp_path: Path) -> None:
    specs = [
        {"name": "rapl", "settings": {"root": str(tmp_path / "none")}},
        {"name": "rapl", "settings": {"root": str(intel_laptop(tmp_path).root)}},
    ]
    meters, failures = open_edges(specs, time.monotonic_ns)
    assert [len(meter.channels) for meter in meters] == [5]
    assert [type(failure) for failure in failures] == [UnavailableError]
    meters[0].close()


def test_a_clock_that_is_set_is_a_named_warning_and_moves_no_sample(tmp_path: Path) -> None:
    stepping = Stepping()
    with measure(store=tmp_path, objects=[Steady(), stepping], period_s=0.002) as m:
        for moved in (False, True):
            before, stepping.set = stepping.reads, moved
            while stepping.reads < before + 2:
                sum(range(50_000))
    assert "clock-step" in {c.code for c in m.result.cautions}
    assert m.energy.joules.value == pytest.approx(100 * m.result.duration_s, rel=0.02)
