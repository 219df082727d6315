"""Knobs that are files of the kernel: frequencies and governor of the processor, limits of RAPL.

Linux writes one value per file (``Documentation/admin-guide/pm/cpufreq.rst``, frequencies in kHz;
``Documentation/power/powercap/powercap.rst``, limits in µW). A knob is one such file of every
policy, or of every package: they are set together.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from joulemark.core.errors import PermissionNeededError, UnavailableError, UsageError
from joulemark.core.interfaces import Settings
from joulemark.core.units import parse
from joulemark.meters._files import Files, entries

CPUFREQ = "sys/devices/system/cpu/cpufreq"
POWERCAP = "sys/class/powercap"
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)
_REMEDY = "run the sweep as root; in a container: where /sys can be written"


class FilesKnob:
    """The same setting in one or several files.

    Args:
        name: its registry name.
        settings: what its factory was given.
        folder: where to look, below the root.
        pattern: of the folders in it that have the file.
        file: name of the file in each.
        text: turns a value into what is written.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        folder: str,
        pattern: str,
        file: str,
        text: Callable[[Any], str],
    ) -> None:
        """Keep the arguments; nothing is touched."""
        self.name = name
        self.settings = only_known(name, settings, ("root",))
        root = settings.get("root", "/")
        if not isinstance(root, str):
            raise UsageError(f"root is {root!r:.40}", where=name, remedy="give a folder")
        self._folder = str(Path(root, folder))
        self._pattern, self._file, self._text = pattern, file, text

    def show(self) -> dict[str, str]:
        """Return the text of each file, by its path."""
        found = {path: Files().line(path) for path in self._paths()}
        if not found or not all(found.values()):
            raise UnavailableError(
                f"there is no {self._file} to read",
                where=next((p for p, text in found.items() if not text), self._folder),
                remedy="this machine, or virtual machine, has no such setting; leave the axis out",
            )
        return found

    def set(self, value: Any) -> None:
        """Write a value into each file; if one refuses, the others are as they were."""
        text, before = self._text(value), self.show()
        for path in (path for path, held in before.items() if held != text):
            try:
                _write(path, text)
            except OSError as error:
                with suppress(UnavailableError):  # the refusal is what must be told
                    self.restore(before)
                raise _refused(self.name, path, text, error) from error

    def restore(self, shown: Any) -> None:
        """Write back what each file held, all of them, whatever one says."""
        kept = shown if isinstance(shown, Mapping) else {}
        failed: Exception | None = None
        for path in self._paths():
            try:
                if path in kept and Files().line(path) != kept[path]:
                    _write(path, str(kept[path]))
            except OSError as error:
                failed = UnavailableError(
                    f"{kept[path]!r:.40} could not be put back: {error.strerror}",
                    where=path,
                    remedy="write it there as root, or: joulemark sweep --restore",
                )
        if failed is not None:
            raise failed

    def _paths(self) -> list[str]:
        names = [name for name in entries(self._folder) if fnmatchcase(name, self._pattern)]
        paths = [Path(self._folder, name, self._file) for name in names]
        return [str(path) for path in paths if path.exists()]


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
    try:
        os.write(descriptor, f"{text}\n".encode())
    finally:
        os.close(descriptor)


def _refused(name: str, path: str, text: str, error: OSError) -> Exception:
    if error.errno in _REFUSED:
        what = f"the knob {name} may not be set by this user ({error.strerror})"
        return PermissionNeededError(what, where=path, remedy=_REMEDY)
    what = f"the kernel does not take {text!r:.40} ({error.strerror})"
    return UsageError(what, where=path, remedy=f"see what it takes: ls {Path(path).parent}")


def only_known(name: str, settings: Settings, known: tuple[str, ...]) -> Settings:
    """Return the settings of a knob.

    Raises:
        UsageError: if one is not known.
    """
    for key in settings:
        if key not in known:
            remedy = f"it takes {', '.join(known)}"
            raise UsageError(f"no setting {key!r:.40}", where=f"knob {name}", remedy=remedy)
    return settings


def quantity(value: Any, unit: str, scale: float) -> int:
    """Return a positive quantity as a whole number of a smaller or larger unit.

    >>> quantity("2.4GHz", "Hz", 1e-3)
    2400000

    Args:
        value: text with the unit, or a number in it.
        unit: a bare SI unit.
        scale: what one of it is in the unit that is wanted.

    Raises:
        UsageError: if it is none.
    """
    number = parse(f"{value}", unit) * scale if not isinstance(value, bool) else -1.0
    if not 0 < number < 1e15:
        raise UsageError(f"{value!r:.40} is no quantity in {unit} that could be set")
    return round(number)


def governor(settings: Settings) -> FilesKnob:
    """The frequency governor of all processors: ``performance``, ``powersave`` and others."""
    return _cpufreq("cpu-governor", settings, "scaling_governor", _word)


def max_frequency(settings: Settings) -> FilesKnob:
    """The highest frequency of all processors: ``2.4GHz``."""
    return _cpufreq("cpu-max-frequency", settings, "scaling_max_freq", _kilohertz)


def min_frequency(settings: Settings) -> FilesKnob:
    """The lowest frequency of all processors: ``800MHz``."""
    return _cpufreq("cpu-min-frequency", settings, "scaling_min_freq", _kilohertz)


def power_limit(settings: Settings) -> FilesKnob:
    """The long-term power limit of every processor package: ``65W``."""
    return FilesKnob(
        "cpu-power-limit",
        settings,
        folder=POWERCAP,
        pattern="intel-rapl:[0-9]",
        file="constraint_0_power_limit_uw",
        text=lambda value: str(quantity(value, "W", 1e6)),
    )


def _cpufreq(name: str, settings: Settings, file: str, text: Callable[[Any], str]) -> FilesKnob:
    return FilesKnob(name, settings, folder=CPUFREQ, pattern="policy*", file=file, text=text)


def _word(value: Any) -> str:
    if not isinstance(value, str) or not value.replace("_", "").isalnum():
        raise UsageError(f"{value!r:.40} is no governor", remedy="see scaling_available_governors")
    return value


def _kilohertz(value: Any) -> str:
    return str(quantity(value, "Hz", 1e-3))
