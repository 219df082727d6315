"""Power strips: outlets with a power and perhaps an energy counter, however they are asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence

from joulemark.core.channel import Accuracy
from joulemark.core.errors import MeterError
from joulemark.core.record import record


@record(frozen=True, slots=True)
class Outlet:
    """An outlet of a strip.

    Attributes:
        name: its number, as the strip counts.
        label: what somebody called it; may be empty.
        accuracy: of its power; None where the strip does not say.
        counts: whether it has an energy counter.
        update_s: time between two of its values; None where the strip does not say.
    """

    name: str
    label: str
    accuracy: Accuracy | None = None
    counts: bool = False
    update_s: float | None = None

    def __str__(self) -> str:
        """Return it as people call it."""
        return f"{self.name} ({self.label:.40})" if self.label else self.name


Drawn = tuple[float | None, float | None]
"""Power (W) and energy counter (J) of an outlet; None where there is none now."""


class Strip(ABC):
    """A power strip.

    Attributes:
        where: it, in messages.
        model: its maker's words.
        way: how it is asked, in the words of its specification.
        proven: whether it has proved who it is.
        outlets: what it has; known after ``begin``.
        energies: whether energy counters are asked for, too; whoever does not use them says so.
        step_j: smallest step of its energy counters, J.
        failures: what was wrong with single values; whoever asks takes them out.
    """

    where: str
    way: str
    proven: bool

    def __init__(self) -> None:
        """Begin without outlets."""
        self.model = ""
        self.outlets: Sequence[Outlet] = ()
        self.energies = True
        self.step_j = 0.0
        self.failures: list[MeterError] = []

    @abstractmethod
    def begin(self) -> None:
        """Log in and find the outlets.

        Raises:
            UnavailableError: if there are none, or we are not let in.
            MeterError: if it does not answer.
        """

    @abstractmethod
    def ask(self, names: Sequence[str]) -> Mapping[str, Drawn]:
        """Return what outlets draw now, by name.

        Raises:
            MeterError: if it does not answer.
        """

    @abstractmethod
    def interrupt(self) -> None:
        """End a question that another thread is waiting for, if that takes long."""

    @abstractmethod
    def close(self) -> None:
        """Let go of it."""


def together(accuracies: Iterable[Accuracy | None], assumed: Accuracy) -> Accuracy:
    """Return the accuracy of a sum of outlets: relative errors are taken to be alike.

    Args:
        accuracies: of each outlet; None where the strip does not say.
        assumed: what then holds for all.
    """
    known = list(accuracies)
    said = [each for each in known if each is not None]
    if not said or len(said) < len(known):
        return assumed
    return Accuracy(
        gain=max(each.gain for each in said),
        offset_w=sum(each.offset_w for each in said),
        source=said[0].source,
    )
