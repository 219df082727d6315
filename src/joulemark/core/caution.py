"""Warnings: a closed list, with wording and advice in one place."""

from __future__ import annotations

from joulemark.core.record import record
from joulemark.core.words import StrEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self


class Code(StrEnum):
    """Everything that joulemark can warn of. The text says what it means and what to do."""

    text: str

    def __new__(cls, code: str, text: str) -> Self:
        """Make a member whose value is its code and whose ``text`` explains it."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.text = text
        return member

    # what the samples lack
    GAP = "gap", "no sample for longer than the bound; that time is not counted"
    INVALID_SAMPLE = (
        "invalid-sample",
        "readings that cannot be true (zero, negative, absurd), or none; they are left out",
    )
    NOT_COVERED = "not-covered", "the trace does not reach over the whole window"
    FEW_SAMPLES = "few-samples", "fewer sensor updates than a steady figure needs; measure longer"
    DUPLICATE_TIME = "duplicate-time", "several samples carry one time; the last was taken"
    COUNTER_RESET = "counter-reset", "the energy counter went back; that stretch is not counted"
    WRAP_AMBIGUOUS = "wrap-ambiguous", "read too seldom to tell how often the counter wrapped"
    HELD_SENSOR = "held-sensor", "the sensor repeated one value during the whole window"
    PART_SEEN = (
        "part-seen",
        "the sensor misses most of the time; shift a load of its own pace (bench does)",
    )
    WINDOW_OPEN = "window-open", "the end was never recorded; the last sample was taken for it"
    # what the sum lacks
    MISSING_PART = "missing-part", "a part was not read; the total is without it"
    ESTIMATED = (
        "estimated",
        "a part has no sensor that can be read; a model with a wide interval stands in",
    )
    OTHER_LOAD = "other-load", "other programs used the processor meanwhile"
    METER_FAILED = "meter-failed", "a meter failed for a while"
    METER_LOST = "meter-lost", "a meter vanished during the run"
    UNVERIFIED_DEVICE = (
        "unverified-device",
        "a device on the network was read without proof that it is that one; give its certificate",
    )
    FOREIGN_OUTLET = (
        "foreign-outlet",
        "an outlet of the power strip draws power and is not named; name what it feeds, or move it",
    )
    # calibration
    CALIBRATION_REFUSED = (
        "calibration-refused",
        "the calibration does not hold here; the figures are not calibrated",
    )
    # meters checked against each other
    CHILD_ABOVE_PARENT = (
        "child-above-parent",
        "parts used more than the part that contains them; trust neither meter yet",
    )
    METERS_DISAGREE = (
        "meters-disagree",
        "two channels of one part differ by more than both claim; compare each with a third",
    )
    UNRELATED_METERS = (
        "unrelated-meters",
        "a part does not move when a part within it does; check what its meter is wired to",
    )
    FROZEN_SENSOR = (
        "frozen-sensor",
        "the sensor stood still while another moved; leave it out with --meter",
    )
    WRONG_UNIT = (
        "wrong-unit",
        "off by about a thousand: mW for W or W for kW; check unit and scale of the channel",
    )
    ABOVE_RATING = (
        "above-rating",
        "more power than the part is rated for; check the unit, or count the part once",
    )
    DOUBLE_COUNT = (
        "double-count",
        "counters repeat each other; count one of them",
    )
    CLOCKS_APART = (
        "clocks-apart",
        "one meter's record is behind the other's: their clocks differ, or one of them averages",
    )
    # idle
    NO_IDLE = "no-idle", "no idle window; net energy is unknown (add --idle)"
    IDLE_UNSTABLE = "idle-unstable", "idle power before and after differ by more than 10 %"
    IDLE_ABOVE_LOAD = "idle-above-load", "idle power is above the power under load"
    IDLE_UNCALIBRATED = (
        "idle-uncalibrated",
        "of load and idle only one is calibrated; net energy is unknown",
    )
    # repeats and work
    ONE_WINDOW = "one-window", "a single window says nothing of how well it repeats"
    SPREAD = "spread", "the repeats did not come within the target half-width"
    NO_WORK = "no-work", "no work was counted; energy per unit is unknown"
    QUICK = "quick", "short windows and few repeats: not comparable with a full run"
    VIRTUAL = (
        "virtual",
        "an instrument in software was read: this is a rehearsal, nothing was measured",
    )
    STAND_IN_DATA = "stand-in-data", "the data set is a stand-in, not the named benchmark set"
    LOADGEN_INVALID = "loadgen-invalid", "LoadGen calls this result INVALID"
    COMMAND_FAILED = "command-failed", "the command did not end with exit code 0"
    # the run itself
    CLOCK_STEP = "clock-step", "the system clock was set during the run; samples kept their places"
    SAMPLER_LATE = "sampler-late", "samples came late or were skipped"
    SAMPLER_LOST = "sampler-lost", "the sampling process ended before the run did"
    THREAD_SAMPLER = "thread-sampler", "sampled by a thread of the measured process"
    DISTURBED = "disturbed", "measuring slowed the work by more than 1 %; sample less often"
    INTERRUPTED = "interrupted", "the run was stopped before its end"
    INCOMPLETE = "incomplete", "the run directory lacks something that a closed run has"


@record(frozen=True, slots=True)
class Caution:
    """One warning.

    Attributes:
        code: which one.
        detail: what was seen, with numbers.
        phase: the phase it concerns, empty for the whole run.
    """

    code: Code
    detail: str = ""
    phase: str = ""

    def __str__(self) -> str:
        """Return one line: where, what it means, what was seen."""
        where = f"{self.phase}: " if self.phase else ""
        seen = f" ({self.detail})" if self.detail else ""
        return f"{where}{self.code.text}{seen}"
