"""Rules in words: what ``joulemark explain`` prints, and the page of the documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from textwrap import fill

from joulemark.procedures.described import Described
from joulemark.report.markdown import markdown_table

WIDTH = 80
GROUPS = {
    "inference": "Rules of MLPerf Inference power results",
    "training": "Rules of MLPerf Training power results",
    "tiny": "Rules of MLPerf Tiny sessions",
    "official": "Checks of the official checkers",
    "joulemark": "What a check itself may find",
    "results": "Rules on stated results",
    "mlenergy": "Rules on results of ML.ENERGY",
    "gather": "What gathering the nodes of a training may find",
    "bench": "What measuring a tiny board may find",
}
"""Headings by the first part of an id."""


def explanation(rule: Described) -> str:
    """Return one rule at length, in lines of at most 80 columns."""
    head = f"{rule.id}  ({rule.severity.value})"
    rows = [
        ("demands", rule.demands),
        ("source", rule.source),
        ("rounds", rule.rounds),
        ("advice", rule.advice),
    ]
    lines = [_row(name, text) for name, text in rows if text]
    return "\n".join([head, *lines, ""])


def _row(name: str, text: str) -> str:
    return fill(text, WIDTH, initial_indent=f"  {name:8} ", subsequent_indent=" " * 11)


def listing(rules: Mapping[str, Described]) -> str:
    """Return all rules, a few words each, in lines of at most 80 columns."""
    return "\n".join(
        f"{heading}\n\n" + "".join(_item(rule) for rule in group)
        for heading, group in _groups(rules)
    )


def _item(rule: Described) -> str:
    head = f"  {rule.id}  ({rule.severity.value})\n"
    text = fill(rule.demands, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)
    return f"{head}{text}\n"


def rules_markdown(rules: Mapping[str, Described]) -> str:
    """Return the page of the documentation that lists all rules."""
    lines = [
        "# Rules",
        "",
        "<!-- written by `joulemark explain --markdown`; do not edit -->",
        "",
        "What `joulemark check` and `score`, of stated results `import`, and live `gather` and",
        "`bench tiny` look for.",
        "An **error** means that a result cannot stand as it is,",
        "a **warning** that a reviewer has to look at it, a **note** that nothing has to be done.",
        "`joulemark explain RULE` prints one of them; `--rule` and `--ignore` choose.",
        "",
    ]
    for heading, group in _groups(rules):
        rows = [(f"`{r.id}`", r.severity.value, r.demands, r.source, r.advice) for r in group]
        head = ("rule", "severity", "demands", "source", "advice")
        lines += [f"## {heading}", "", markdown_table(head, rows, left=len(head))]
    return "\n".join(lines).rstrip("\n") + "\n"


def _groups(rules: Mapping[str, Described]) -> list[tuple[str, Sequence[Described]]]:
    """Return rules by the first part of their id, in the order of the headings."""
    order = list(GROUPS)

    def room(rule: Described) -> str:
        return rule.id.partition("/")[0]

    ordered = sorted(
        rules.values(), key=lambda r: order.index(room(r)) if room(r) in order else len(order)
    )
    return [(GROUPS.get(name, name), list(group)) for name, group in groupby(ordered, key=room)]
