"""Every error of joulemark, drawn once.

    JoulemarkError                what, where and what to do, in one message
    ├── UsageError                an argument or setting that makes no sense          exit 2
    ├── UnavailableError          a sensor, permission or package is not there        exit 3
    │   ├── MissingExtraError     an optional package must be installed
    │   └── PermissionNeededError a sensor is there and may not be read
    ├── FormatError               a file does not follow its format                   exit 4
    ├── StoreError                a run directory cannot be written or opened         exit 4
    ├── CalibrationError          no calibration can be made, or it does not hold     exit 1
    ├── BoardError                a board under test errs, hangs or starts anew       exit 1
    └── MeterError                a meter failed while it was being read              exit 5
        └── MeterLostError        … and will not come back by itself

Each class carries the exit code that the command line answers with.
"""

from __future__ import annotations


class JoulemarkError(Exception):
    """Base of all errors that joulemark raises on purpose.

    Args:
        what: what was wrong, in one sentence.
        where: file, line, field or device, where known.
        remedy: what to do about it, where known.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        """Keep the three parts apart so that tables and JSON can show them apart."""
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        """Return the whole message: ``where: what; remedy``."""
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}; {self.remedy}" if self.remedy else text


class UsageError(JoulemarkError):
    """An argument or a setting that makes no sense."""

    exit_code = 2


class UnavailableError(JoulemarkError):
    """Something that the machine lacks: a sensor, a device, a right, a package."""

    exit_code = 3


class MissingExtraError(UnavailableError):
    """An optional package is not installed.

    Args:
        feature: what was asked for.
        package: the import name that is missing.
        extra: the extra of joulemark that brings it.
    """

    def __init__(self, feature: str, package: str, extra: str) -> None:
        """Say which extra to install."""
        super().__init__(
            f"{feature} needs the package {package!r}",
            remedy=f"pip install 'joulemark[{extra}]'",
        )


class PermissionNeededError(UnavailableError):
    """A sensor is there, and this user may not read it; the remedy is exact."""


class FormatError(JoulemarkError):
    """A file that does not follow its format; ``where`` names file and line."""

    exit_code = 4


class StoreError(JoulemarkError):
    """A run directory that cannot be written, or that is not one."""

    exit_code = 4


class CalibrationError(JoulemarkError):
    """Readings that give no calibration, or a calibration that does not hold for a run."""


class BoardError(JoulemarkError):
    """A board under test that answers with an error, with nonsense, or not at all."""


class MeterError(JoulemarkError):
    """A meter failed while being read; the next read may succeed."""

    exit_code = 5


class MeterLostError(MeterError):
    """A meter failed for good: the device or its file is gone."""
