"""One page of scores, written result by result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any

from joulemark.procedures.scored import Scored
from joulemark.report.format import clean
from joulemark.report.html import rendered, templates
from joulemark.report.scored_json import where
from joulemark.report.scored_tiny import tiny_view
from joulemark.report.scored_training import training_view
from joulemark.report.words import DISCLAIMER

STYLES, SCRIPTS = ("page.css", "audit.css", "scored.css"), ("page.js",)
MOST_FINDINGS = 100
OPEN = 3
"""So many results are unfolded at first."""


class Page:
    """Writes a page; a sink of scores.

    Args:
        file: where to.
        paths: what the person named.
    """

    def __init__(self, file: IO[str], paths: Sequence[str]) -> None:
        """Write the head."""
        self._file = file
        self._count = 0
        names = [clean(path, 300) for path in paths]
        self._write("scored_head.html.j2", title="Scores", paths=names)

    def add(self, scored: Scored) -> None:
        """Write one result."""
        self._count += 1
        shown = view(scored) | {"is_open": self._count <= OPEN}
        self._file.write(templates().get_template("scored_result.html.j2").render(**shown))
        self._file.flush()

    def close(self) -> None:
        """Write the foot."""
        said = f"{self._count} result{'s' if self._count != 1 else ''}"
        self._write("scored_foot.html.j2", summary=said)

    def _write(self, template: str, **context: Any) -> None:
        text = rendered(template, styles=STYLES, scripts=SCRIPTS, disclaimer=DISCLAIMER, **context)
        self._file.write(text)


def view(scored: Scored) -> dict[str, Any]:
    """Return what the template of a result shows."""
    place = (scored.submitter, scored.system, scored.benchmark)
    title = " · ".join(clean(part, 80) for part in place if part)
    about = (scored.round, scored.division, scored.path)
    made: dict[str, Any] = {}
    if scored.training is not None:
        made = training_view(scored.training, scored.reasons)
    elif scored.tiny is not None:
        made = tiny_view(scored.tiny, scored.reasons)
    missing = [
        (clean(name.replace(".", ", ") if "." in name else f"no {name}", 40), clean(why, 400))
        for name, why in scored.reasons.items()
        if name != "official.u95"
    ]
    return {
        "strip": None,
        **{name: [] for name in ("cards", "bars", "tables", "headline")},
        **made,
        "title": title or clean(scored.path, 200),
        "about": " · ".join(clean(part, 300) for part in about if part),
        "verdict": scored.verdict.value,
        "facts": made.get("facts", []) + missing,
        "count": len(scored.findings),
        "findings": [
            {
                "severity": finding.severity.value,
                "rule": clean(finding.rule, 60),
                "message": clean(finding.message, 400),
                "where": clean(where(scored, finding), 400),
            }
            for finding in scored.findings[:MOST_FINDINGS]
        ],
    }
