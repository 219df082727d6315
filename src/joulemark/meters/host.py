"""host: the state of the machine beside its power; read in every run.

=================  =======================================================  ==========
host/cpu           processor time that the whole machine worked             ``cpu_s``
host/workload      processor time of the measured process and its children  ``cpu_s``
host/memory        memory not available to programs                         ``slow_s``
host/clock         system time minus the run's clock: shows steps of it     ``slow_s``
host/temperature   hottest processor package                                ``slow_s``
host/frequency     mean clock of the hardware threads                       ``slow_s``
=================  =======================================================  ==========

Each is sampled at most once in the time on the right (0.5 s and 1 s), because together they are to
cost at most 0.15 % of one core. Processor time is also read at each edge of a window.
"""

from __future__ import annotations

import time

from joulemark.core.block import Block
from joulemark.core.channel import Channel, Domain, Quantity
from joulemark.core.clock import NS, Clock
from joulemark.core.errors import MeterError, UnavailableError
from joulemark.core.scope import ExitStack
from joulemark.meters._billed import SETTINGS, Billed
from joulemark.meters._polled import Polled, Sensor, Values, only_known, seconds_setting
from joulemark.meters._proc import CpuTime, KeptFile, Memory, hertz
from joulemark.meters._system import read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from joulemark.core.interfaces import Settings

UPDATE_S = 0.01
"""The kernel tells processor time in ticks of this length."""
MAX_THREADS = 16
"""Hardware threads whose frequency is read: each read may wake the core that it asks."""
MAX_HWMON = 64
ZERO_CELSIUS_K = 273.15

_PACKAGE_SENSORS = {
    "coretemp": "Package id",
    "k10temp": "T",
    "zenpower": "T",
    "cpu_thermal": "",
}
"""hwmon drivers of processors, and how the labels of their whole-package sensors begin."""


class Host(Polled):
    """Processor time, memory, clock, temperature and frequency of this machine.

    Args:
        billed: whose processor time is the workload's, and where the kernel's files are.
        cpu_s: least time between two reads of processor time, s.
        slow_s: least time between two reads of the other channels, s.
        realtime: the system clock, ns UTC.
    """

    name = "host"

    def __init__(
        self,
        billed: Billed | None = None,
        *,
        cpu_s: float = 0.5,
        slow_s: float = 1.0,
        realtime: Callable[[], int] = time.time_ns,
    ) -> None:
        """Keep the arguments; nothing is touched."""
        super().__init__(slow_s=slow_s)
        self._billed = billed or Billed()
        self._realtime = realtime
        self._opening: Clock = realtime
        self._cpu_ns = round(cpu_s * NS)
        self._due: int | None = None
        self._threads = 0

    def open(self, clock: Clock) -> None:
        """Find what the machine tells; see :class:`joulemark.core.interfaces.Meter`.

        Raises:
            UnavailableError: if it does not even tell its processor time.
        """
        self._opening = clock
        self._due = None
        super().open(clock)

    def read(self) -> Block:
        """Return a row of each channel that is due.

        Raises:
            MeterError: if nothing can be read.
        """
        now = self._now()
        if self._due is not None and now < self._due:
            return Block()
        self._due = now + self._cpu_ns - self._cpu_ns // 20  # ticks come a little early or late
        return super().read()

    def read_edges(self) -> Block:
        """Return a row of each counter of processor time, so that windows know theirs exactly.

        Raises:
            MeterError: if none can be read.
        """
        return self._sample(self._fast, self._now())

    def _find(self, owned: ExitStack) -> list[Sensor]:
        cpu = CpuTime(self._billed.proc, hertz())
        owned.callback(cpu.close)
        self._threads = cpu.threads
        clock = _channel("clock", Quantity.CLOCK_OFFSET, "ns", 1e-9, "system clock")
        found = [
            _sensor(_channel("cpu", Quantity.CPU_TIME, "s", 1.0, "/proc/stat"), cpu.busy_s),
            _sensor(clock, self._offset_ns, slow=True),
        ]
        for add in (self._workload, self._memory, self._temperature, self._frequency):
            try:
                found.extend(add(owned))
            except UnavailableError as error:
                self.missing.append(error)
        return found

    def _offset_ns(self) -> float:
        return float(self._realtime() - self._now())

    def _workload(self, owned: ExitStack) -> list[Sensor]:
        tree = self._billed.tree(self._opening)
        if tree is None:
            return []
        owned.callback(tree.close)
        channel = _channel("workload", Quantity.CPU_TIME, "s", 1.0, str(self._billed))
        return [_sensor(channel, tree.cpu_s)]

    def _memory(self, owned: ExitStack) -> list[Sensor]:
        memory = Memory(self._billed.proc)
        owned.callback(memory.close)
        channel = _channel("memory", Quantity.MEMORY, "B", 1.0, "/proc/meminfo")
        return [_sensor(channel, lambda: float(memory.used_and_total()[0]), slow=True)]

    def _temperature(self, owned: ExitStack) -> list[Sensor]:
        files = _open_all(_package_sensors(f"{self._billed.sys}/class/hwmon"), owned)
        if not files:
            return []
        channel = _channel("temperature", Quantity.TEMPERATURE, "K", 1.0, files[0].path)
        return [_sensor(channel, lambda: max(_numbers(files)) / 1000 + ZERO_CELSIUS_K, slow=True)]

    def _frequency(self, owned: ExitStack) -> list[Sensor]:
        files = _open_all(_frequencies(self._billed.sys, self._threads), owned)
        if not files:
            return []
        channel = _channel("frequency", Quantity.FREQUENCY, "kHz", 1e3, files[0].path)
        return [_sensor(channel, lambda: sum(numbers := _numbers(files)) / len(numbers), slow=True)]


def _channel(part: str, quantity: Quantity, unit: str, scale: float, source: str) -> Channel:
    counts = quantity is Quantity.CPU_TIME
    return Channel(
        name=f"host/{part}",
        meter="host",
        part="host",
        domain=Domain.HOST,
        quantity=quantity,
        unit=unit,
        scale=scale,
        resolution=1 / hertz() if counts else 0.0,
        update_s=UPDATE_S if counts else None,
        floor=None,
        source=source,
    )


def _sensor(channel: Channel, value: Callable[[], float], *, slow: bool = False) -> Sensor:
    def query() -> Values:
        return (value(),)

    return Sensor((channel,), query, device=channel.name, slow=slow)


def _package_sensors(root: str) -> list[str]:
    found = []
    for chip in range(MAX_HWMON):
        driver = read_text(f"{root}/hwmon{chip}/name", 64).strip()
        begin = _PACKAGE_SENSORS.get(driver)
        if begin is None:
            continue
        for place in range(1, 9):
            path = f"{root}/hwmon{chip}/temp{place}"
            if read_text(f"{path}_label", 64).startswith(begin):
                found.append(f"{path}_input")
    return found


def _frequencies(sys: str, threads: int) -> list[str]:
    root, step = f"{sys}/devices/system/cpu", -(-threads // MAX_THREADS)
    return [f"{root}/cpu{place}/cpufreq/scaling_cur_freq" for place in range(0, threads, step)]


def _open_all(paths: Sequence[str], owned: ExitStack) -> list[KeptFile]:
    files = []
    for path in paths:
        try:
            file = KeptFile(path, 32)
        except OSError:
            continue
        owned.callback(file.close)
        files.append(file)
    return files


def _numbers(files: Sequence[KeptFile]) -> list[float]:
    """Return what files of one whole number say; those that cannot be read are left out.

    Raises:
        MeterError: if none can be.
    """
    found, reason = [], ""
    for file in files:
        try:
            found.append(float(int(file.read())))
        except (OSError, ValueError) as error:
            reason = str(error)
    if not found:
        raise MeterError(f"cannot be read: {reason}", where=files[0].path)
    return found


def host(settings: Settings) -> Host:
    """Return the meter of the machine's own state.

    Settings: those of :mod:`joulemark.meters._billed`, ``cpu_s`` and ``slow_s``.

    Raises:
        UsageError: if a setting is unknown or makes no sense.
    """
    only_known("host", settings, (*SETTINGS, "cpu_s", "slow_s"))
    return Host(
        Billed.of("host", settings),
        cpu_s=seconds_setting("host", settings, "cpu_s", 0.5),
        slow_s=seconds_setting("host", settings, "slow_s", 1.0),
    )
