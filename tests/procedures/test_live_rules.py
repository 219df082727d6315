"""What measuring live may find is explained, all of it and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import joulemark.procedures
from joulemark.core.finding import Severity
from joulemark.procedures.known import known_rules, result_rules
from joulemark.procedures.live_rules import live_rules

ROOM = Path(joulemark.procedures.__file__).parent
_RAISED = {
    "gather": ("training", re.compile(r'\bfinding\(\s*"([a-z-]+)"')),
    "bench": ("tiny", re.compile(r'\b_found\(\s*"([a-z-]+)"')),
}


def test_every_finding_is_explained() -> None:
    raised = {
        f"{name}/{found}"
        for name, (folder, pattern) in _RAISED.items()
        for path in (ROOM / folder).glob("*.py")
        for found in pattern.findall(path.read_text())
    }
    assert raised == set(live_rules())


def test_each_says_what_where_and_how() -> None:
    for name, rule in live_rules().items():
        assert rule.id == name
        assert rule.demands.endswith("."), name
        assert rule.advice.endswith((".", "…")), name
        assert rule.source
        assert isinstance(rule.severity, Severity)


def test_no_two_rules_have_one_name() -> None:
    assert not set(live_rules()) & set(known_rules() | result_rules())
