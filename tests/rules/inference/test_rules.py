"""Every rule finds what it is for, and nothing in a good directory."""

from __future__ import annotations

import re

import pytest

from joulemark.core.finding import Finding, Severity, Verdict, verdict
from joulemark.formats.inference.directory import Place, PowerDirectory
from joulemark.rules.inference.policy import policy_of, rounds
from joulemark.rules.inference.register import all_rules, review, rules_of
from joulemark.rules.inference.review import Review
from tests.rules.inference.made import ROOT, Made
from tests.rules.inference.spoilt import SPOILT, Spoil

OF_EARLY_ROUNDS = {"inference/ranging-duration"}
CASES = [
    pytest.param(rule, spoil, text, id=f"{rule.partition('/')[2]}-{number}")
    for rule, ways in SPOILT.items()
    for number, (spoil, text) in enumerate(ways)
]


def findings_of(made: Made) -> list[Finding]:
    return review(made.directory())


def test_nothing_is_found_in_a_good_directory() -> None:
    assert findings_of(Made()) == []


@pytest.mark.parametrize(("rule", "spoil", "text"), CASES)
def test_a_rule_finds_what_it_is_for(rule: str, spoil: Spoil, text: str) -> None:
    made = Made()
    spoil(made)
    found = [finding for finding in findings_of(made) if finding.rule == rule]
    assert found
    assert re.search(text, found[0].message), found[0].message
    assert found[0].file.startswith(ROOT.partition("/results")[0])


def test_every_rule_has_a_case() -> None:
    assert {rule.id for rule in all_rules()} == set(SPOILT) | OF_EARLY_ROUNDS


def test_findings_name_the_line() -> None:
    made = Made()
    made.testing[30][1] = -1.0
    made.testing_console = ["07-12-2025 23:15:00.000: ERROR: Bad watts reading nan from WT310"]
    found = {finding.rule: finding for finding in findings_of(made)}
    assert found["inference/dropped-samples"].line == 31
    assert found["inference/errors-in-test"].line == 8
    assert found["inference/errors-in-test"].where.endswith("power/ptd_logs.txt:8")


def test_many_samples_make_one_finding() -> None:
    made = Made()
    over = "WARNING: Uncertainty 1.10%, which is above 1.00% limit for the last sample!"
    made.testing_console = [
        f"07-12-2025 23:{11 + i // 60}:{i % 60:02}.100: {over}" for i in range(30, 574)
    ]
    (found,) = [f for f in findings_of(made) if f.rule == "inference/uncertainty-over-limit"]
    assert found.message == "544 of 600 readings are over 1 %, up to 1.10 %"


def test_what_the_official_check_leaves_out_is_found() -> None:
    """A warning within 800 s of an edge, in an old wording, after an unusual error in ranging."""
    made = Made()
    made.console.insert(3, "07-12-2025 23:00:21.000: ERROR: Bad watts reading inf from WT310")
    made.testing_console = [
        "07-12-2025 23:11:30.000: WARNING: Uncertainty 1.05% above 1.00% limit for the last one!",
        "07-12-2025 23:11:31.000: ERROR: lost",
    ]
    found = {finding.rule for finding in findings_of(made)}
    assert {"inference/uncertainty-over-limit", "inference/errors-in-test"} <= found


@pytest.mark.parametrize(
    ("round_", "severity"),
    [("v1.0", Severity.WARNING), ("v3.0", Severity.WARNING), ("v3.1", Severity.ERROR)],
)
def test_the_limit_on_uncertainty_was_no_error_at_first(round_: str, severity: Severity) -> None:
    of_round = {rule.id: rule for rule in rules_of(round_)}
    assert of_round["inference/uncertainty-over-limit"].severity is severity


def test_a_round_has_its_own_rule_on_the_length_of_ranging() -> None:
    made = Made(round="v2.1")
    made.details["run_1"]["power_end"] = made.details["run_1"]["power_begin"].replace(
        "23:11:15", "23:20:15"
    )
    found = {finding.rule for finding in findings_of(made)}
    assert "inference/ranging-duration" in found
    assert "inference/ranging-duration" not in {rule.id for rule in rules_of("v5.1")}
    assert "inference/mean-power-lower" not in {rule.id for rule in rules_of("v2.1")}


def test_an_unknown_round_has_the_newest_rules() -> None:
    assert rules_of("v99.0") == rules_of(rounds()[-1])


def test_the_first_server_recorded_a_message_more() -> None:
    made = Made(round="v1.0")
    assert "inference/messages" in {finding.rule for finding in findings_of(made)}
    made = Made(round="v1.0")
    made.client["messages"].pop()
    assert "inference/messages" not in {finding.rule for finding in findings_of(made)}


def test_rules_are_documented() -> None:
    ids = [known.id for known in all_rules()]
    assert len(ids) == len(set(ids))
    for known in all_rules():
        assert re.fullmatch(r"inference/[a-z-]+", known.id)
        assert known.demands.endswith(".")
        assert known.advice.endswith(".")
        assert known.source
        assert "\n" not in known.demands


def test_of_a_directory_by_itself_nothing_around_it_is_asked() -> None:
    made = Made()
    made.around.clear()
    whole = made.directory()
    alone = PowerDirectory(whole.tree, whole.path, whole.entries, Place("v5.1"))
    assert [finding.rule for finding in review(alone)] == ["inference/alone"]


@pytest.mark.parametrize(
    ("round_", "severity"),
    [("v2.1", Severity.NOTE), ("v5.1", Severity.ERROR), ("v6.1", Severity.NOTE)],
)
def test_tables_of_analysers_were_asked_for_from_v3_1_to_v5_1(
    round_: str, severity: Severity
) -> None:
    of_round = {rule.id: rule for rule in rules_of(round_)}
    assert of_round["inference/analyzer-table"].severity is severity


@pytest.mark.parametrize("round_", rounds())
def test_the_table_of_rounds_names_rules_that_are(round_: str) -> None:
    policy, known = policy_of(round_), {rule.id for rule in all_rules()}
    assert policy.without <= known
    assert set(policy.severity) <= known


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 1000, b"{}", b"[1, 2]", b"\xff\xfe{", b'{"a": ' * 5000, b"Time,x\n" * 50],
    ids=range(7),
)
@pytest.mark.parametrize(
    "file",
    [
        "power/client.json",
        "power/server.json",
        "power/ptd_logs.txt",
        "ranging/spl.txt",
        "run_1/spl.txt",
        "run_1/mlperf_log_detail.txt",
        "run_1/mlperf_log_summary.txt",
    ],
)
def test_a_file_of_anything_else_is_a_finding_and_no_more(file: str, content: bytes) -> None:
    made = Made(others={file: content})
    found = findings_of(made)
    assert verdict(found) is Verdict.FAIL
    unreadable = [finding for finding in found if finding.rule == "inference/unreadable-file"]
    assert len(unreadable) <= 1
    if unreadable:
        assert unreadable[0].file == f"{ROOT}/{file}"


def test_a_file_that_cannot_be_read_is_tried_once() -> None:
    made = Made(others={"power/ptd_logs.txt": b"junk"})
    about = Review(made.directory())
    review(about)
    assert "console" in about.failed
    assert sum(f.rule == "inference/unreadable-file" for f in review(about)) == 1


def test_an_empty_directory_is_eleven_missing_files() -> None:
    made = Made()
    made.absent = set(made.files())
    found = review(made.directory())
    assert [finding.rule for finding in found] == ["inference/missing-file"] * 11


def test_a_power_directory_alone_is_not_blamed_for_what_the_tree_does_not_hold() -> None:
    made = Made()
    made.around.clear()
    found = findings_of(made)
    assert [finding.rule for finding in found] == ["inference/alone"]
    assert verdict(found) is Verdict.PASS
