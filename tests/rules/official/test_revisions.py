"""In what the revisions of the official checker differ, and its faults."""

from __future__ import annotations

import json
from importlib.resources import files as resources
from typing import Any

import pytest

from joulemark.formats.inference.rounds import rounds
from joulemark.rules.official import REVISIONS, official_verdicts
from joulemark.rules.official.sources import allowed_sources, known_sources
from tests.inference_samples import (
    CLIENT,
    CONSOLE,
    SERVER,
    Files,
    Sample,
    added,
    edited,
    opened,
    rehashed,
    replaced,
)

LATER = ["v3.1", "v4.0", "v4.1", "v5.0", "v5.1"]
EARLIER = ["v1.0", "v1.1", "v2.0", "v2.1", "v3.0"]


def verdict(files: Files, revision: str, check: str, mend: str = "") -> str:
    faults = mend.split("+") if mend else ()
    return str(official_verdicts(opened(files), revision, faults)[check].verdict)


@pytest.mark.parametrize(
    ("skew", "passes"),
    [
        (0.1875, ["v1.0", "v1.1", "v2.0", "v2.1", "v3.0", *LATER]),
        (0.25, ["v2.1", "v3.0", *LATER]),
        (0.5, ["v2.1", "v3.0", *LATER]),
        (0.5625, ["v4.0", "v4.1", "v5.0", "v5.1"]),
        (0.8125, []),
    ],
)
def test_clocks(skew: float, passes: list[str]) -> None:
    found = [
        name
        for name in [*EARLIER, *LATER]
        if verdict(Sample(round=name, skew_s=skew).files(), name, "phases") == "OK"
    ]
    assert found == passes


def _longer(name: str, seconds: int) -> Files:
    """A ranging run that is longer than the testing run."""
    sample = Sample(round=name)
    begin = sample.load("ranging")[0]
    files = edited(sample.files(), CLIENT, lambda d: _stretch(d, seconds))
    files = edited(files, SERVER, lambda d: _stretch(d, seconds))
    detail = "ranging/mlperf_log_detail.txt"
    old, new = sample.stamp(begin + 20), sample.stamp(begin + 20 + seconds)
    return replaced(files, detail, old, new)


def _stretch(document: Any, seconds: int) -> None:
    ranging, testing = (document["phases"][mode] for mode in ("ranging", "testing"))
    for phase in (*ranging[2:], *testing):
        phase[0] += seconds if phase in ranging else 0


@pytest.mark.parametrize("name", EARLIER)
def test_early_durations_are_alike(name: str) -> None:
    assert verdict(_longer(name, 1), name, "phases") == "OK"
    assert verdict(_longer(name, 2), name, "phases") == "FAIL"


@pytest.mark.parametrize("name", LATER)
def test_later_a_short_test_is_a_warning(name: str) -> None:
    assert verdict(_longer(name, 19), name, "phases") == "OK"
    assert verdict(_longer(name, 21), name, "phases") == "WARN"


def test_mean_power_counts_since_v3_1_and_on_one_side() -> None:
    for name in [*EARLIER, *LATER]:
        less = Sample(round=name, watts=90.0, ranging_watts=100.0).files()
        assert verdict(less, name, "phases") == ("OK" if name in EARLIER else "FAIL")
        more = Sample(round=name, watts=200.0, ranging_watts=100.0).files()
        assert verdict(more, name, "phases") == "OK"
    assert verdict(Sample(watts=95.0, ranging_watts=100.0).files(), "v5.1", "phases") == "FAIL"
    assert verdict(Sample(watts=95.02, ranging_watts=100.0).files(), "v5.1", "phases") == "OK"


def test_an_hour_too_late_passes() -> None:
    sample = Sample()
    files = sample.files()
    for folder in ("ranging", "run_1"):
        data = files[f"{folder}/mlperf_log_detail.txt"]
        for moment in sample.load("ranging" if folder == "ranging" else "testing"):
            data = data.replace(sample.stamp(moment).encode(), sample.stamp(moment + 3600).encode())
        files[f"{folder}/mlperf_log_detail.txt"] = data
    late = official_verdicts(opened(rehashed(files)), "v3.0")["phases"]
    assert late.verdict == "OK"
    files = {name: data.replace(b"-2025 ", b"-2024 ") for name, data in files.items()}
    assert verdict(rehashed(files), "v3.0", "phases") == "FAIL"


def test_odd_lines_of_a_power_log() -> None:
    """A blank line breaks v3.1's checker; those after it pass it over."""
    for name in ("v3.1", "v4.0", "v5.1"):
        files = added(Sample(round=name).files(), "run_1/spl.txt", "")
        assert verdict(files, name, "phases") == ("EXC" if name == "v3.1" else "OK")


def test_local_time_counts_in_v1_0_alone() -> None:
    sample = Sample(round="v1.0", timezone_s=28_800)
    assert verdict(sample.files(), "v1.0", "phases") == "OK"
    assert verdict(sample.files(), "v1.1", "phases") == "FAIL"


def test_early_warnings_are_looked_for_at_the_wrong_hour() -> None:
    """From v1.1 to v3.0 the console's stamps are shifted though both logs are in UTC."""
    for name, shifted in (("v1.1", True), ("v3.0", True), ("v3.1", False)):
        sample = Sample(round=name, timezone_s=3600, seconds=1200)
        begin, _ = sample.load("testing")
        for hours in (0, 1):
            line = sample.said(begin + 600 - 3600 * hours, "WARNING: Missed 1 samples")
            found = verdict(added(sample.files(), CONSOLE, line), name, "ptd_logs")
            assert found == ("WARN" if bool(hours) is shifted else "OK"), (name, hours)


def test_what_errors_are_known() -> None:
    """An error in ranging that is not known, and the one that is accepted anywhere."""
    for name in [*EARLIER, *LATER]:
        sample = Sample(round=name)
        when = sample.phases("ranging")[1] + 5
        nan = added(sample.files(), CONSOLE, sample.said(when, "ERROR: Bad watts reading nan from "
                                                         "WT310"))  # fmt: skip
        assert verdict(nan, name, "ptd_logs") == ("WARN" if name in EARLIER else "OK")
        usb = added(sample.files(), CONSOLE, sample.said(when + 70, "ERROR: USB."))
        assert verdict(usb, name, "ptd_logs") == ("FAIL" if name == "v1.0" else "WARN")


def test_restored_range() -> None:
    """Since v5.0 the fourth command may restore it as well, and there has to be one."""
    files = Sample(round="v4.1").files()
    assert verdict(files, "v4.1", "ptd_messages") == "OK"
    four = Sample(round="v5.1").files()

    def third(document: Any) -> None:
        document["ptd_messages"] = [
            m for i, m in enumerate(document["ptd_messages"]) if m["cmd"] != "SR,A,Auto" or i == 4
        ]

    found = official_verdicts(opened(edited(four, SERVER, third)), "v5.1")["ptd_messages"]
    assert found.verdict == "FAIL"
    assert "at least 4" in found.message


def test_two_analysers_cannot_pass() -> None:
    """Four Stops are too many: the third has to be refused."""
    found = official_verdicts(opened(Sample(analyzers=2).files()), "v5.1")
    assert {k: str(v.verdict) for k, v in found.items() if v.verdict != "OK"} == {
        "ptd_messages": "FAIL"
    }
    assert "no measurement to stop" in found["ptd_messages"].message


def test_settings_of_other_rounds() -> None:
    assert verdict(Sample(round="v4.1").files(), "head", "ptd_config") == "EXC"
    assert verdict(Sample(round="v5.1").files(), "v4.1", "ptd_config") == "EXC"


def test_type_that_is_no_number() -> None:
    for name, word in (("v1.0", "EXC"), ("v1.1", "FAIL")):
        files = edited(
            Sample(round=name).files(), SERVER, lambda d: d["ptd_config"].update(device_type=[49])
        )
        assert verdict(files, name, "ptd_config") == word


def test_sources_that_are_no_object() -> None:
    for name, word in (("v1.0", "EXC"), ("v1.1", "FAIL")):
        files = edited(Sample(round=name).files(), CLIENT, lambda d: d.update(sources=[]))
        assert verdict(files, name, "client_sources") == word


# ---------------------------------------------------------------------- faults

OVER_1_9 = "WARNING: Uncertainty 1.05% above 1.00% limit for the last measurement sample!"
OVER = "WARNING: Uncertainty 1.05%, which is above 1.00% limit for the last sample!"
OVER_OF_CHANNEL = (
    "WARNING: Uncertainty 1.05%, which is above 1.00% limit for the last sample, logical channel 2!"
)
UNKNOWN_ERROR = "ERROR: Analyzer is on fire"


def _said(*said: tuple[float, str], seconds: int = 20) -> Files:
    sample = Sample(seconds=seconds)
    lines = [sample.said(when, text) for when, text in said]
    return added(sample.files(), CONSOLE, *lines)


def _in(mode: str, after: float = 10, seconds: int = 20) -> float:
    return Sample(seconds=seconds).load(mode)[0] + after


def test_h1_warnings_count_only_in_the_middle_of_long_runs() -> None:
    files = _said((_in("testing"), OVER))
    assert verdict(files, "v5.1", "ptd_logs") == "OK"
    assert verdict(files, "v5.1", "ptd_logs", "H1") == "FAIL"
    long = _said((_in("testing", 1000, 2000), OVER), seconds=2000)
    assert verdict(long, "v5.1", "ptd_logs") == "FAIL"
    assert verdict(long, "v3.0", "ptd_logs") == "WARN"


def test_h1_mended_keeps_eight_tenths_of_a_second() -> None:
    for after, word in ((0.79, "OK"), (0.81, "FAIL"), (19.19, "FAIL"), (19.21, "OK")):
        assert verdict(_said((_in("testing", after), OVER)), "v5.1", "ptd_logs", "H1") == word


@pytest.mark.parametrize("wording", [OVER_1_9, OVER_OF_CHANNEL])
def test_h2_wordings(wording: str) -> None:
    files = _said((_in("testing"), wording))
    assert verdict(files, "v5.1", "ptd_logs", "H1") == "WARN"
    assert verdict(files, "v5.1", "ptd_logs", "H1+H2") == "FAIL"


def test_h3_the_first_warning_ends_the_search() -> None:
    files = _said((_in("ranging"), UNKNOWN_ERROR), (_in("testing"), UNKNOWN_ERROR))
    assert verdict(files, "v5.1", "ptd_logs") == "WARN"
    assert verdict(files, "v5.1", "ptd_logs", "H3") == "FAIL"
    only = _said((_in("ranging"), UNKNOWN_ERROR), (_in("ranging", 11), "ERROR: Another"))
    found = official_verdicts(opened(only), "v5.1", ["H3"])["ptd_logs"]
    assert found.verdict == "WARN"
    assert "on fire" in found.message


# ------------------------------------------------------------------------ data


def test_the_table_of_sources() -> None:
    table = json.loads(
        resources("joulemark.rules").joinpath("data/official_sources.json").read_text()
    )
    names = [entry["id"] for entry in table["revisions"]]
    assert names == sorted(set(names))
    for entry in table["revisions"]:
        assert all(len(digest) == 40 for digest in entry["files"].values())
        assert set(entry["rounds"]) <= set(REVISIONS)
    listed = {name for commit in table["history"] for name in commit["revisions"]}
    assert listed == set(names)
    for commit in table["history"]:
        assert len(commit["commit"]) == 40
        assert commit["date"] >= max(commit["revisions"], default="")
    assert all(allowed_sources(name) for name in REVISIONS)
    assert len(known_sources()) == len(names)


def test_an_old_revision_is_named() -> None:
    old = known_sources()["2024-01-09"]
    files = edited(Sample().files(), CLIENT, lambda d: d.update(sources=dict(old)))
    found = official_verdicts(opened(files), "v5.1")["client_sources"]
    assert "the revision of 2024-01-09, which v5.1 does not allow" in found.message


def test_what_the_rounds_say_agrees() -> None:
    for each in rounds().values():
        if each.name in REVISIONS:
            revision = REVISIONS[each.name]
            assert tuple(each.ptd_versions) == revision.ptd_versions
            assert each.clock_tolerance_ms == round(revision.skew_s * 1000)
