"""What one stream of numbers means."""

from __future__ import annotations

from joulemark.core.record import record, replace
from joulemark.core.words import StrEnum

SOFTWARE = "joulemark virtual"
"""How an instrument of ``joulemark virtual`` names itself, in whatever protocol it speaks."""


class Domain(StrEnum):
    """Which kind of part of a system a channel belongs to."""

    WALL = "wall"
    NODE = "node"
    PSYS = "psys"
    PACKAGE = "package"
    CORE = "core"
    UNCORE = "uncore"
    DRAM = "dram"
    GPU = "gpu"
    BOARD = "board"
    SWITCH = "switch"
    RAIL = "rail"
    HOST = "host"


class Quantity(StrEnum):
    """What a channel's values are.

    The first three carry energy; the others describe the state of the machine beside it.
    """

    ENERGY = "energy"
    """A counter that grows with the energy used, and may wrap."""
    POWER = "power"
    """Power at the sample's time (or averaged over ``window_s`` before it)."""
    INTERVAL = "interval"
    """Energy since the sample before."""
    UTILISATION = "utilisation"
    MEMORY = "memory"
    FREQUENCY = "frequency"
    TEMPERATURE = "temperature"
    VOLTAGE = "voltage"
    CURRENT = "current"
    POWER_FACTOR = "power_factor"
    FLAGS = "flags"
    CPU_TIME = "cpu_time"
    """A counter of seconds of processor time."""
    CLOCK_OFFSET = "clock_offset"
    """UTC minus the run's own clock, ns: shows steps and slewing of the system clock."""


class Provenance(StrEnum):
    """How a number came about; a sum is only as good as its weakest part."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    DECLARED = "declared"

    @staticmethod
    def weakest(of: list[Provenance]) -> Provenance:
        """Return the weakest of several: declared, else estimated, else measured."""
        for kind in (Provenance.DECLARED, Provenance.ESTIMATED):
            if kind in of:
                return kind
        return Provenance.MEASURED


class Instrument(StrEnum):
    """What kind of thing read the values; one of the conditions of an evidence tier."""

    UNKNOWN = "unknown"
    MODEL = "model"
    """Nothing was read but what a model needs (processor time, say)."""
    ON_CHIP = "on-chip"
    """A counter or sensor of the device itself: RAPL, NVML."""
    PLATFORM = "platform"
    """A sensor of the board, the battery or the power supply: INA3221, ACPI, BMC."""
    EXTERNAL = "external"
    """A meter in the supply of the system, of a stated accuracy."""
    ANALYSER = "analyser"
    """An accredited power analyser driven by a protocol."""


@record(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """The systematic error of a meter, as 95 % half-widths.

    Attributes:
        gain: relative error of the reading (0.05 is ±5 %).
        offset_w: constant error, W.
        model: relative error of a model's coefficients; zero for a sensor.
        source: where the figures come from.
    """

    gain: float = 0.0
    offset_w: float = 0.0
    model: float = 0.0
    source: str = ""


@record(frozen=True, slots=True, kw_only=True)
class Channel:
    """What one stream of numbers means.

    A *part* is a piece of hardware, named once per node (``package-0``, ``gpu-1``, ``node``);
    several channels may watch one part (an energy counter and a power reading). ``parent`` names
    the part whose energy contains this part's energy, so that no watt is counted twice.

    Attributes:
        name: unique within a run, ``meter/part[/quantity]``.
        meter: registry name of the meter.
        part: the piece of hardware.
        domain: its kind.
        quantity: what the values are.
        unit: unit of the recorded values; times ``scale`` it is SI (J, W, s, Hz, B, K, 1).
        scale: factor from ``unit`` to SI.
        node: host that the part sits in.
        nodes: hosts that it supplies, where that is more than the one it sits in: a wall meter or a
            power strip of a rack. Empty for ``node`` alone.
        parent: part that contains this one.
        wrap: value in ``unit`` at which a counter starts again from zero (its modulus).
        resolution: smallest step of the value, in ``unit``.
        accuracy: systematic error.
        provenance: measured, estimated or declared.
        instrument: what kind of thing read it.
        update_s: nominal time between two updates of the sensor.
        window_s: time over which a power reading is averaged.
        max_power_w: more than this cannot be true; tells a wrap from a counter that went back.
        rated_w: thermal design power, power limit or nameplate of the part, W; None if unknown.
        floor: a power at or below it is not a reading; None lets negative noise through.
        covers: domains contained in this part that have no channel of their own.
        calibration: the calibration that was applied to its energies, in words: what against,
            when, and the first digits of its file's SHA-256. Empty for none; a meter never sets it.
        source: where the value is read: a path, a call.
        note: what a reader of the number must know, the reason of a fallback for instance.
    """

    name: str
    meter: str
    part: str
    domain: Domain
    quantity: Quantity
    unit: str
    scale: float = 1.0
    node: str = "localhost"
    nodes: tuple[str, ...] = ()
    parent: str | None = None
    wrap: float | None = None
    resolution: float = 0.0
    accuracy: Accuracy = Accuracy()
    provenance: Provenance = Provenance.MEASURED
    instrument: Instrument = Instrument.UNKNOWN
    update_s: float | None = None
    window_s: float | None = None
    max_power_w: float | None = None
    rated_w: float | None = None
    floor: float | None = 0.0
    covers: tuple[Domain, ...] = ()
    calibration: str = ""
    source: str = ""
    note: str = ""

    @property
    def carries_energy(self) -> bool:
        """Whether joules can be computed from this channel."""
        return self.quantity in (Quantity.ENERGY, Quantity.POWER, Quantity.INTERVAL)

    @property
    def is_virtual(self) -> bool:
        """Whether the instrument says of itself that it is software: nothing is measured then."""
        return SOFTWARE in self.note.lower()


def as_it_is(channel: Channel) -> Channel:
    """Return a channel; that of an instrument in software as what it is: no measurement."""
    if not channel.is_virtual or channel.provenance is not Provenance.MEASURED:
        return channel
    return replace(channel, provenance=Provenance.ESTIMATED, instrument=Instrument.MODEL)
