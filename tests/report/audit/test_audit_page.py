"""The page of a measurement."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.example_tree import Faulty, Varied
from tests.inference_samples import Files, Sample
from tests.report.audit.made import PLACE, hostile, member, page
from tests.report.reader import Reader

from joulemark.formats.inference.directory import Place, PowerDirectory
from joulemark.report.audit.reading import Member, reading_of
from joulemark.report.audit.stated import Stated
from joulemark.report.audit.timeline import timeline

FAULTY = {"watts": 31.0, "ranging_watts": 31.2, "idle_watts": 14.0, "performance": 180.0}


def read(*members: Member, **others: object) -> Reader:
    reader = Reader(page(*members, **others))  # type: ignore[arg-type]
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def faulty() -> Member:
    place = replace(PLACE, scenario="SingleStream")
    return member(Faulty(scenario="SingleStream", **FAULTY).files(), place)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def clean() -> Member:
    return member(Varied(channels=3, watts=3600.0, ranging_watts=3620.0).files())


class TestWhatIsSaid:
    def test_verdicts_of_both(self, faulty: Member) -> None:
        words = read(faulty).words
        assert "By what the rules mean fails" in words
        assert "By the official checker of v5.1: warn" in words
        assert "48 of 600 readings are over 1 %" in words
        assert "Ours, unverified by MLCommons" in words

    def test_figures(self, clean: Member) -> None:
        words = read(clean).words
        assert "passes" in words
        assert re.search(r"Power as published 3\.\d+ kW Plain mean of 600 readings", words)
        assert "The plain mean agrees with it" in words
        assert "100 % of the window is covered" in words

    def test_missing_readings_are_told(self, faulty: Member) -> None:
        words = read(faulty).words
        assert "12 lines without a reading" in words
        assert "mJ per stream" in words

    def test_a_finding_leads_to_its_line(self, faulty: Member) -> None:
        reader = read(faulty)
        ids = {attributes["id"] for _, attributes in reader.tags if "id" in attributes}
        links = [a["href"].removeprefix("#") for a in reader.all("a") if a["href"][0] == "#"]
        assert links
        assert set(links) <= ids | {"result"}
        cited = [link for link in links if re.fullmatch(r"f\d+-\d+", link)]
        finding = next(
            f for f in faulty.checked.findings if f.rule == "inference/uncertainty-over-limit"
        )
        assert any(link.endswith(f"-{finding.line}") for link in cited)
        assert finding.where in {a.get("title") for a in reader.all("a")}
        assert "Uncertainty 1.08%, which is above 1.00% limit" in reader.words

    def test_every_rule_is_explained(self, faulty: Member) -> None:
        words = read(faulty).words
        assert "To mend it:" in words
        assert "Source: official check 18" in words

    def test_the_way_back(self, clean: Member) -> None:
        assert {"href": "../../index.html"} in read(clean).all("a")
        assert "all results" not in read(clean, home="").words

    def test_channels_have_rows_and_lines(self, clean: Member) -> None:
        reader = read(clean)
        for name in ("Ch1", "Ch2", "Ch3"):
            assert reader.words.count(name) >= 4
        assert len([a for a in reader.all("path") if "line" in a.get("class", "")]) == 16


class TestCopies:
    def test_a_finding_on_all_stands_once(self, faulty: Member) -> None:
        other = member(
            Faulty(scenario="SingleStream", **FAULTY).files(),  # type: ignore[arg-type]
            replace(PLACE, scenario="MultiStream"),
            "closed/Example/results/box/resnet50/MultiStream/performance",
        )
        words = read(faulty, other).words
        assert words.count("48 of 600 readings are over 1 %") == 1
        assert "Results of this measurement" in words
        assert "resnet50/MultiStream/performance" in words

    def test_a_finding_on_one_says_on_which(self, clean: Member) -> None:
        files = Varied(channels=3, watts=3600.0, ranging_watts=3620.0).files()
        files["power/client.log"] += b"changed\n"
        other = member(files, path="closed/Example/results/box/bert-99/Offline/performance")
        words = read(clean, other).words
        assert "in 1 of 2 results : 2" in words or "in 1 of 2 results: 2" in words

    def test_more_are_counted(self, clean: Member) -> None:
        assert "7 more results rest on the same readings" in read(clean, more=7).words


class TestStated:
    def test_a_table_that_contradicts(self) -> None:
        said = Stated(
            kind="cm-result", source="cm.json:3", value=120.0, unit="W", doubts=("results/logs: x",)
        )
        mine = Stated(kind="logs", source="d", value=100.0, unit="W", run="20250713-a-1")
        words = read(member(Sample().files(), stated=(said, mine))).words
        assert "What tables that were imported state" in words
        assert "+20.000 %" in words
        assert "results/logs: x" in words
        assert "joulemark show 20250713-a-1 --evidence" in words

    def test_none(self, clean: Member) -> None:
        assert "What tables that were imported state" not in read(clean).words


class TestHostile:
    def test_texts_are_only_shown(self) -> None:
        text = page(hostile())
        reader = Reader(text)
        assert len(reader.all("script")) == 1
        assert reader.all("img") == []
        assert not any(name.startswith("on") for _, a in reader.tags for name in a)
        assert "\u202e" not in text
        assert "\x1b" not in text
        assert "\x00" not in text
        assert "<script>document.title" in reader.words  # as text

    @pytest.mark.parametrize(
        "file",
        [
            "power/client.json",
            "power/server.json",
            "power/ptd_logs.txt",
            "ranging/spl.txt",
            "run_1/spl.txt",
            "ranging/mlperf_log_detail.txt",
            "run_1/mlperf_log_detail.txt",
            "run_1/mlperf_log_summary.txt",
        ],
    )
    @pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00junk\n", b"{" * 100_000])
    def test_no_file_is_needed(self, file: str, content: bytes | None) -> None:
        files: Files = Sample().files()
        if content is None:
            del files[file]
        else:
            files[file] = content
        reader = read(member(files))
        assert "Verdict" in reader.words

    def test_an_empty_directory(self) -> None:
        reader = read(member({}, Place()))
        assert "Neither power log can be read" in reader.words
        assert "The logs of the test cannot be read" in reader.words

    @settings(max_examples=25, deadline=None)
    @given(
        st.sampled_from(["1e308", "-1e308", "nan", "inf", "0", "1e-308", "99e35"]),
        st.sampled_from(["01-01-1970 00:00:00.000", "12-31-2260 23:59:59.999", "x"]),
    )
    def test_absurd_readings(self, watts: str, stamp: str) -> None:
        files = Sample().files()
        line = f"Time,{stamp},Watts,{watts},Volts,{watts},Amps,{watts},PF,{watts},Mark,m\n"
        for run in ("ranging", "run_1"):
            files[f"{run}/spl.txt"] += line.encode()
        reader = read(member(files))
        paths = [a["d"] for a in reader.all("path") if a.get("d")]
        assert not any("nan" in path or "inf" in path for path in paths)


class TestTimeline:
    def test_runs_windows_and_marks(self, faulty: Member) -> None:
        drawn = timeline(reading_of([faulty]))
        assert drawn is not None
        assert [band.label for band in drawn.bands] == ["ranging", "testing"]
        assert [band.label for band in drawn.sessions] == ["session, ranging", "session, testing"]
        assert len(drawn.stamps) == 8
        labels = {row.label: row.about for row in drawn.marks}
        assert (
            labels["dropped"] == "12 lines without a reading, 12 of them in the window of the test"
        )
        assert labels["over 1 %"].startswith("48 messages of PTDaemon, 48 of them")
        assert labels["range exceeded"].startswith("12 messages")
        assert [panel.name for panel in drawn.panels] == [
            "Power",
            "Voltage",
            "Current",
            "Power factor",
        ]

    def test_a_line_is_broken_between_the_runs_and_where_nothing_was_read(
        self, faulty: Member, clean: Member
    ) -> None:
        whole, holes = (timeline(reading_of([one])) for one in (clean, faulty))
        assert whole is not None
        assert holes is not None
        assert whole.panels[0].lines[0].path.count("M") == 2
        assert holes.panels[0].lines[0].path.count("M") == 2 + 12

    def test_everything_is_on_the_axis(self, clean: Member) -> None:
        drawn = timeline(reading_of([clean]))
        assert drawn is not None
        for panel in drawn.panels:
            for line in panel.lines:
                points = np.array(re.findall(r"-?[\d.]+", line.path), float).reshape(-1, 2)
                assert points[:, 0].min() >= 0
                assert points[:, 0].max() <= 1000
                assert points[:, 1].min() >= 0
                assert points[:, 1].max() <= panel.height

    def test_a_clock_far_off_does_not_stretch_the_axis(self) -> None:
        files = Sample(seconds=20).files()
        first = rb'("phases": \{\s*"ranging": \[\s*\[\s*)[\d.]+'
        files["power/client.json"] = re.sub(first, rb"\g<1>100.0", files["power/client.json"])
        drawn = timeline(reading_of([member(files)]))
        assert drawn is not None
        assert drawn.span_s < 1000
        assert drawn.beyond == 1


class TestFiguresThatCannotBeHad:
    def test_no_reading_in_the_window(self) -> None:
        files = Sample().files()
        log = re.sub(rb"Watts,[\d.]+", b"Watts,-1.000000", files["run_1/spl.txt"])
        files["run_1/spl.txt"] = log
        words = read(member(files)).words
        assert "There are no readings in LoadGen's window, or no queries." in words
        assert words.count("There is no reading in the window.") == 2
        assert "LoadGen's log gives no performance for it." in words

    def test_no_performance(self) -> None:
        files = Sample().files()
        name = "run_1/mlperf_log_detail.txt"
        files[name] = files[name].replace(b"result_samples_per_second", b"result_of_nothing")
        words = read(member(files)).words
        assert "LoadGen's log gives no performance for it." in words
        assert "work per joule" not in words

    def test_the_mean_that_differs(self) -> None:
        files = Sample(seconds=60).files()
        lines = files["run_1/spl.txt"].splitlines(keepends=True)
        kept = [line for place, line in enumerate(lines) if not 25 < place < 55]
        files["run_1/spl.txt"] = b"".join(kept).replace(b"Watts,100", b"Watts,300", 3)
        words = read(member(files)).words
        assert "above it, more than it may be off by" in words or "within what it may" in words

    def test_a_file_that_cannot_be_read_is_in_the_list(self) -> None:
        made = member(Sample().files())
        known = made.directory
        del known.tree.files[known.name_of("power/server.log")]  # type: ignore[attr-defined]
        fresh = PowerDirectory(known.tree, known.path, known.entries, known.place)
        assert "cannot be read" in read(replace(made, directory=fresh)).words
