"""Rules on what a submission says beside its power directories."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from joulemark.core.finding import Severity
from joulemark.formats.inference.around import (
    ANALYZER_TABLE,
    POWER_SETTINGS,
    measurement_files,
    read_beside,
    system_file,
)
from joulemark.formats.inference.parsed import Source
from joulemark.formats.inference.system import read_system
from joulemark.formats.inference.tables import read_analyzer_table, read_power_settings
from joulemark.rules.inference.review import Review
from joulemark.rules.rule import Seen, rule

_SERIES = re.compile(r"WT-?(\d\d)\d", re.IGNORECASE)
"""What analysers of one series have in common: a WT333E is a WT330."""


@rule(
    "inference/analyzer-table",
    source="official check 24 (v3.1 to v5.1); power rules, Submission",
    severity=Severity.ERROR,
    advice="Put analyzer_table (maker, model, firmware, channels of each analyser) below "
    "measurements/, at the scenario, benchmark, system or submitter.",
)
def analyzer_table(review: Review) -> Iterator[Seen]:
    """A table of the analysers is handed in, and not empty."""
    yield from _handed_in(review, ANALYZER_TABLE, lambda source: read_analyzer_table(source).empty)


@rule(
    "inference/power-settings",
    source="official check 24 (v3.1 to v5.1); power rules, Submission",
    severity=Severity.ERROR,
    advice="Put power_settings (what was set to save power, and how) below measurements/, at the "
    "scenario, benchmark, system or submitter.",
)
def power_settings(review: Review) -> Iterator[Seen]:
    """The power settings of the system are handed in, and not empty."""
    yield from _handed_in(review, POWER_SETTINGS, lambda source: read_power_settings(source).empty)


@rule(
    "inference/analyzer-named",
    source="our own: the table is to describe the analyser that measured",
    severity=Severity.WARNING,
    advice="Correct analyzer_table, or say which analyser measured this result.",
)
def analyzer_named(review: Review) -> Iterator[Seen]:
    """The analyser that measured is of a series that the nearest table of analysers names."""
    for source in _sources(review, ANALYZER_TABLE):
        listed = [(row, _series(row.model)) for row in read_analyzer_table(source).analyzers]
        named = {series for _, series in listed if series}
        for one in review.identities:
            series = _series(one.model)
            if named and series and series not in named:
                models = ", ".join(row.model for row, _ in listed)
                what = f"the table names {models}, the session measured with {one.model}"
                yield what, source.name, listed[0][0].line
        return


def _series(model: str) -> str:
    found = _SERIES.search(model)
    return found[1] if found else ""


@rule(
    "inference/system-description",
    source="submission checker: fields that it lists and does not enforce",
    severity=Severity.NOTE,
    advice="Fill in the fields on power in systems/<system>.json.",
)
def system_description(review: Review) -> Iterator[Seen]:
    """The description of the system has the fields on power."""
    source = system_file(review.directory)
    if source is None:
        return
    missing = read_system(source).missing_power(review.round.name)
    if missing:
        yield f"without {', '.join(missing)}", source.name, None


@rule(
    "inference/alone",
    source="our own: what is not in the tree cannot be checked",
    severity=Severity.NOTE,
    advice="Check the whole submission (the folder that holds closed and open) to have these, too.",
)
def alone(review: Review) -> Iterator[Seen]:
    """The submission lies around the power directory: system description, tables, settings."""
    if not _is_submission(review):
        what = f"no system description, {ANALYZER_TABLE} or {POWER_SETTINGS} is in this tree"
        yield f"{what}; whether they are handed in was not checked", review.directory.path, None


def _is_submission(review: Review) -> bool:
    """Return whether anything of the submission lies around the directory."""
    return bool(review.directory.beside) or system_file(review.directory) is not None


def _handed_in(review: Review, kind: str, empty: Callable[[Source], bool]) -> Iterator[Seen]:
    """Yield that a submission lacks the files of a kind, or that all of them are empty."""
    if not _is_submission(review):
        return
    sources = list(_sources(review, kind))
    if not sources:
        yield f"there is no {kind} for this result", review.directory.path, None
    elif all(empty(source) for source in sources):
        yield f"{kind} is empty", sources[0].name, None


def _sources(review: Review, kind: str) -> Iterator[Source]:
    """Yield the files of a kind that hold for the directory, the nearest first."""
    for entry in measurement_files(review.directory, kind):
        source = read_beside(review.directory, entry)
        if source is not None:
            yield source


RULES = (analyzer_table, power_settings, analyzer_named, system_description, alone)
