"""What a check found, as SARIF 2.1.0, the form that code review reads.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/. Results are written as they come and the rules
after them, so that memory does not grow with the number of findings.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from joulemark.core.finding import Finding, Severity
from joulemark.procedures.checked import Checked
from joulemark.procedures.described import Described

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_MOST_TEXT = 4000
"""Characters of a message."""


class Sarif:
    """Writes a log with one run; it is whole after :meth:`close`.

    Args:
        file: where to.
        version: of joulemark.
        rules: all that may find something, by id.
        root: what stands before the path of a file, by the name of its tree: empty, or a URI that
            ends in "/".
    """

    def __init__(
        self,
        file: IO[str],
        version: str,
        rules: Mapping[str, Described],
        root: Callable[[str], str] = lambda tree: "",
    ) -> None:
        """Write the head."""
        self._root = root
        self._file = file
        self._version = version
        self._rules = rules
        self._used: dict[str, int] = {}
        self._begun = False
        file.write(f'{{"$schema": {json.dumps(SCHEMA)}, "version": "2.1.0", "runs": [{{\n')
        file.write('"columnKind": "unicodeCodePoints", "results": [\n')

    def add(self, checked: Checked) -> None:
        """Write the findings of one result."""
        for finding in checked.findings:
            number = self._used.setdefault(finding.rule, len(self._used))
            record = _result(checked, finding, number, self._root(checked.tree))
            self._file.write(",\n" if self._begun else "")
            self._file.write(json.dumps(record, ensure_ascii=False))
            self._begun = True

    def close(self) -> None:
        """Write the tool and the rules that found something."""
        driver = {
            "name": "joulemark",
            "semanticVersion": self._version,
            "rules": [_rule(name, self._rules.get(name)) for name in self._used],
        }
        tool = json.dumps({"driver": driver}, ensure_ascii=False)
        self._file.write(f'\n],\n"tool": {tool}\n}}]}}\n')
        self._file.flush()


def root_of(tree: str) -> str:
    """Return what stands before the paths of a tree: of a folder its place as seen from here.

    Code review takes paths that are relative to the root of a checkout, where it is run. Of what
    lies in an archive or a repository only the path within it is known to a reader.
    """
    if not Path(tree).is_dir():
        return ""
    relative = os.path.relpath(tree)
    if relative == ".":
        return ""
    if relative.startswith(".."):
        return Path(tree).resolve().as_uri() + "/"
    return quote(relative, safe="/") + "/"


def _result(checked: Checked, finding: Finding, rule: int, root: str) -> dict[str, Any]:
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message[:_MOST_TEXT] or finding.rule},
        "locations": [{"physicalLocation": _location(checked, finding, root)}],
        "partialFingerprints": {"joulemark/v1": _fingerprint(checked, finding)},
        "properties": {"round": checked.round, "directory": checked.path},
    }


def _location(checked: Checked, finding: Finding, root: str) -> dict[str, Any]:
    path = finding.file or checked.path
    place: dict[str, Any] = {"artifactLocation": {"uri": root + quote(path, safe="/")}}
    if finding.line is not None and finding.line > 0:
        place["region"] = {"startLine": finding.line}
    return place


def _fingerprint(checked: Checked, finding: Finding) -> str:
    """Return what tells a finding apart from others, whatever line it moves to."""
    parts = (finding.rule, checked.round, checked.path, finding.file)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _rule(name: str, known: Described | None) -> dict[str, Any]:
    if known is None:
        return {"id": name}
    advice = known.advice or known.demands
    text = f"{known.demands}\n\nSource: {known.source}\n\n{advice}"
    return {
        "id": name,
        "name": _pascal(name),
        "shortDescription": {"text": known.demands},
        "fullDescription": {"text": f"{known.demands} Source: {known.source}"},
        "help": {"text": text, "markdown": f"{known.demands}\n\n*{known.source}*\n\n{advice}"},
        "defaultConfiguration": {"level": _LEVELS[known.severity]},
        "properties": {"tags": [name.partition("/")[0]]},
    }


def _pascal(name: str) -> str:
    words: Sequence[str] = name.replace("/", "-").replace("_", "-").split("-")
    return "".join(word[:1].upper() + word[1:] for word in words)
