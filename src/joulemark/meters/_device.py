"""What :mod:`joulemark.meters._remote` asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from joulemark.core.caution import Caution
from joulemark.core.channel import Channel
from joulemark.core.errors import MeterError

Values = Sequence[float | None]
"""One value for each channel; None where there is none now."""


class Device(Protocol):
    """What is asked.

    Attributes:
        channels: what the values of an answer are.
        failures: what was wrong with single values; whoever asks takes them out.
        cautions: what the record must say of it; likewise.
    """

    failures: list[MeterError]
    cautions: list[Caution]

    @property
    def channels(self) -> Sequence[Channel]:
        """Say what was found."""
        ...

    def ask(self) -> Values:
        """Return the values now.

        Raises:
            MeterError: if there is no answer.
        """
        ...

    def interrupt(self) -> None:
        """End a question that another thread is waiting for."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...
