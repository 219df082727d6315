"""Rules on the files of a result and on its runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from joulemark.core.finding import Severity
from joulemark.core.units import count_of
from joulemark.formats.training.directory import POWER
from joulemark.rules.rule import Seen, rule
from joulemark.rules.training.policy import FORGIVEN, RUNS, SCALING
from joulemark.rules.training.review import Case, TrainingReview, worst_of

MANAGED = re.compile(r"tdp|power|clock|dvfs|frequency|cap|governor", re.IGNORECASE)
METER = re.compile(
    r"bmc|ipmi|redfish|dcmi|meter|pdu|accura|calibrat|yokogawa|watts? ?up|psu", re.IGNORECASE
)
_RUNS = "training_rules: Benchmark Results (minimum number of runs)"
_ALL_RUNS = "power_measurement: Measure all Runs"
_SYSTEM = "power_measurement: the system is documented in the system description file"


@rule(
    "training/unreadable-file",
    source="our own: a file that is not what it should be",
    severity=Severity.ERROR,
    advice="Hand in the file as it was written.",
)
def unreadable_file(review: TrainingReview) -> Iterator[Seen]:
    """Each file can be read as what it is."""
    _ = review.runs, review.system, review.scaling
    for file, error in review.errors.items():
        yield error.what, file, None


@rule(
    "training/malformed",
    source="our own: what a reader skips, a reviewer should know of",
    severity=Severity.WARNING,
    advice="Look at it; if the file was edited or damaged, hand in the original.",
)
def malformed(review: TrainingReview) -> Iterator[Seen]:
    """Nothing in the files is other than their formats want it."""
    files = [(facts.file, facts.problems) for facts in review.logs]
    files += [(run.file, run.log.problems) for run in review.runs if run.log is not None]
    if review.system is not None:
        files.append((review.system.name, review.system.problems))
    cases = [
        Case(len(problems), f"{count_of(len(problems), 'line')}, first: {problems[0].what}", file,
             problems[0].line)
        for file, problems in files
        if problems
    ]  # fmt: skip
    yield from worst_of(cases, len(files), "file")


@rule(
    "training/run-count",
    source=_RUNS,
    severity=Severity.ERROR,
    advice="Hand in as many runs as the benchmark needs, neither fewer nor more.",
)
def run_count(review: TrainingReview) -> Iterator[Seen]:
    """A result has as many runs as its benchmark needs."""
    wanted, found = RUNS.get(review.benchmark), len(review.directory.results)
    if wanted is not None and found != wanted:
        yield f"{count_of(found, 'run')}, {review.benchmark} needs {wanted}", review.folder, None


@rule(
    "training/not-converged",
    source=_RUNS,
    severity=Severity.WARNING,
    advice="Look at the run; it counts as the slowest one and is left out.",
)
def not_converged(review: TrainingReview) -> Iterator[Seen]:
    """Every run ends and reaches its target."""
    cases = _failed(review)
    yield from worst_of(cases, len(review.runs), "run")


@rule(
    "training/many-failed",
    source=_RUNS + ": more than one non-converging run is invalid (unet3d: four)",
    severity=Severity.ERROR,
    advice="Hand in another set of runs.",
)
def many_failed(review: TrainingReview) -> Iterator[Seen]:
    """No more runs fail than are left out."""
    failed, most = len(_failed(review)), FORGIVEN.get(review.benchmark, 1)
    if failed > most:
        what = f"{failed} of {count_of(len(review.runs), 'run')} did not converge, {most} may"
        yield what, review.folder, None


def _failed(review: TrainingReview) -> list[Case]:
    cases = []
    for run in review.runs:
        log = run.log
        if log is None or log.converged:
            continue
        said = f"its status is {log.status!r}" if log.stop is not None else "it has no run_stop"
        what = said if log.start is not None else "it has no run_start"
        cases.append(Case(0.0, f"the run did not converge: {what}", run.file, log.stop_line))
    return cases


@rule(
    "training/reversed-run",
    source="our own: a run takes time",
    severity=Severity.ERROR,
    advice="Hand in the log as the run wrote it.",
)
def reversed_run(review: TrainingReview) -> Iterator[Seen]:
    """A run stops after it starts."""
    cases = []
    for run in review.runs:
        log = run.log
        if log is None or log.start is None or log.stop is None or log.stop > log.start:
            continue
        what = "run_stop is not after run_start"
        cases.append(Case((log.start - log.stop) / 1e9, what, run.file, log.stop_line))
    yield from worst_of(cases, len(review.runs), "run")


@rule(
    "training/no-power",
    source=_ALL_RUNS,
    severity=Severity.ERROR,
    advice="Hand in the power logs of every run, in a folder of the name of its log.",
)
def no_power(review: TrainingReview) -> Iterator[Seen]:
    """Every run has a folder with power logs."""
    cases = [
        Case(0.0, f"no power log in {POWER}/{run.name.split('.', 1)[0]}", run.file)
        for run in review.runs
        if not review.directory.power_files(run.name)
    ]
    yield from worst_of(cases, len(review.runs), "run")


@rule(
    "training/no-run",
    source=_ALL_RUNS,
    severity=Severity.ERROR,
    advice="Hand in the log of every run whose power is there.",
)
def no_run(review: TrainingReview) -> Iterator[Seen]:
    """Every folder with power logs is of a run."""
    known = {name.split(".", 1)[0] for name in review.directory.results}
    folders = [one for one in review.directory.power_folders if one not in known]
    cases = [
        Case(0.0, f"there is no run {folder}.txt", review.directory.name_of(f"{POWER}/{folder}"))
        for folder in folders
    ]
    yield from worst_of(cases, len(review.directory.power_folders), "folder")


@rule(
    "training/stray-file",
    source="package checker: files that do not conform",
    severity=Severity.NOTE,
    advice="Leave it out: one called node… or sw… counts as a log in the package checker.",
)
def stray_file(review: TrainingReview) -> Iterator[Seen]:
    """Beside the power logs there are no other files."""
    below = sum(file.startswith(f"{POWER}/") for file in review.directory.entries)
    cases = [Case(0.0, "no power log", file) for file in review.strays]
    yield from worst_of(cases, below, "file")


@rule(
    "training/benchmark-name",
    source="our own: a run says what it trains",
    severity=Severity.ERROR,
    advice="Put the run into the folder of the benchmark that was run.",
)
def benchmark_name(review: TrainingReview) -> Iterator[Seen]:
    """The benchmark that a run names is that of its folder."""
    cases = []
    for run in review.runs:
        said = run.log.values.get("submission_benchmark") if run.log is not None else None
        if said is not None and review.benchmark and said.value != review.benchmark:
            what = f"the run trains {said.value!r} in a result of {review.benchmark!r}"
            cases.append(Case(0.0, what[:300], run.file, said.line))
    yield from worst_of(cases, len(review.runs), "run")


@rule(
    "training/scaling",
    source="RCP checker: it writes scaling.json for runs that needed too few samples",
    severity=Severity.ERROR,
    advice="Leave scaling.json to the RCP checker.",
)
def scaling(review: TrainingReview) -> Iterator[Seen]:
    """A scaling factor is a number from 1 to what a review sets."""
    read = review.scaling
    for problem in read.problems[:1]:
        yield problem.what, read.name, problem.line
    if not SCALING[0] <= read.factor <= SCALING[1]:
        what = f"a scaling factor of {read.factor:g}, not {SCALING[0]:g} to {SCALING[1]:g}"
        yield what, read.name, None


@rule(
    "training/description",
    source=_SYSTEM,
    severity=Severity.ERROR,
    advice="Add systems/<system>.json with number_of_nodes and accelerators_per_node.",
)
def description(review: TrainingReview) -> Iterator[Seen]:
    """The system is described, with the number of its nodes."""
    system, file = review.system, review.directory.system_file
    if system is None and (file is None or file.path not in review.errors):
        where = f"{file.path} is missing" if file else "no description of the system is known"
        yield where, file.path if file else review.folder, None
    elif system is not None and not system.nodes:
        yield "number_of_nodes is not stated", system.name, None


@rule(
    "training/power-management",
    source=_SYSTEM + ", with what significantly affects power",
    severity=Severity.WARNING,
    advice="Write power limits and clocks of the accelerators into hw_notes or sw_notes.",
)
def power_management(review: TrainingReview) -> Iterator[Seen]:
    """The description says how power was managed: limits, clocks."""
    notes = _notes(review)
    if notes is not None and not MANAGED.search(notes):
        yield "no word on power limits or clocks in the notes of the description", *_where(review)


@rule(
    "training/meter-accuracy",
    source="power_measurement: Target 5% Accuracy",
    severity=Severity.WARNING,
    advice="Write into hw_notes what the meter is, and what shows that it is within 5 %.",
)
def meter_accuracy(review: TrainingReview) -> Iterator[Seen]:
    """The description says what the meter is and how accurate."""
    notes = _notes(review)
    if notes is not None and not METER.search(notes):
        yield (
            "no word on the meter and its accuracy in the notes of the description",
            *_where(review),
        )


@rule(
    "training/cooling",
    source=_SYSTEM + ": the field cooling",
    severity=Severity.WARNING,
    advice="State how the nodes are cooled; what fans in them draw is measured, pumps are not.",
)
def cooling(review: TrainingReview) -> Iterator[Seen]:
    """The description says how the nodes are cooled."""
    if review.system is not None and not review.system.cooling.strip(" -/NA"):
        yield "cooling is not stated", *_where(review)


def _notes(review: TrainingReview) -> str | None:
    if review.system is None:
        return None
    keys = ("hw_notes", "sw_notes", "accelerator_frequency")
    notes = {key: str(review.system.document.get(key) or "").strip() for key in keys}
    return "\n".join(f"{key}: {text}" for key, text in notes.items() if text not in ("", "N/A"))


def _where(review: TrainingReview) -> tuple[str, int | None]:
    return (review.system.name if review.system is not None else review.folder), None


RULES = (
    unreadable_file,
    malformed,
    run_count,
    not_converged,
    many_failed,
    reversed_run,
    no_power,
    no_run,
    stray_file,
    benchmark_name,
    scaling,
    description,
    power_management,
    meter_accuracy,
    cooling,
)
