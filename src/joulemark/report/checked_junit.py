"""What a check found, as JUnit XML: a test case for each result, for build servers.

A suite is the results of one system. Findings of severity error are a failure, the others stand in
the output of the case.
"""

from __future__ import annotations

import re
from html import escape
from itertools import groupby
from typing import IO

from joulemark.core.finding import Finding, Severity
from joulemark.procedures.checked import Checked
from joulemark.report.checked_json import where

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class JUnit:
    """Writes a document suite by suite; what was written is whole after :meth:`close`.

    Args:
        file: where to.
    """

    def __init__(self, file: IO[str]) -> None:
        """Write the head."""
        self._file = file
        self._suite: list[Checked] = []
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="joulemark check">\n')

    def add(self, checked: Checked) -> None:
        """Take one result; a suite is written when the results of its system are over."""
        if self._suite and _suite_of(self._suite[0]) != _suite_of(checked):
            self._write()
        self._suite.append(checked)

    def close(self) -> None:
        """Write the last suite and the end of the document."""
        if self._suite:
            self._write()
        self._file.write("</testsuites>\n")
        self._file.flush()

    def _write(self) -> None:
        failed = sum(_is_failure(checked) for checked in self._suite)
        name = ".".join(filter(None, _suite_of(self._suite[0])))
        counts = f'tests="{len(self._suite)}" failures="{failed}" errors="0" skipped="0"'
        self._file.write(f"  <testsuite name={_attribute(name)} {counts}>\n")
        for checked in self._suite:
            self._file.write(_case(checked, name))
        self._file.write("  </testsuite>\n")
        self._suite = []


def _suite_of(checked: Checked) -> tuple[str, ...]:
    return (checked.round, checked.place.division, *checked.system)


def _is_failure(checked: Checked) -> bool:
    return any(finding.severity is Severity.ERROR for finding in checked.findings)


def _case(checked: Checked, suite: str) -> str:
    head = f"    <testcase classname={_attribute(suite)} name={_attribute(checked.path)}"
    ordered = sorted(checked.findings, key=lambda finding: finding.severity is not Severity.ERROR)
    parts = groupby(ordered, key=lambda finding: finding.severity is Severity.ERROR)
    body = "".join(_part(checked, list(found), failure=failure) for failure, found in parts)
    return f"{head}>\n{body}    </testcase>\n" if body else f"{head}/>\n"


def _part(checked: Checked, found: list[Finding], *, failure: bool) -> str:
    lines = "\n".join(
        f"{finding.severity.value} {finding.rule}: {finding.message} ({where(checked, finding)})"
        for finding in found
    )
    if not failure:
        return f"      <system-out>{_text(lines)}</system-out>\n"
    head = f"type={_attribute(found[0].rule)} message={_attribute(found[0].message)}"
    return f"      <failure {head}>{_text(lines)}</failure>\n"


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text), quote=False)


def _attribute(text: str) -> str:
    known = escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))
    return '"' + re.sub(r"[\t\n\r]", lambda found: f"&#{ord(found[0])};", known) + '"'
