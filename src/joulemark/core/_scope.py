"""What :mod:`joulemark.core.scope` gives at run time."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Self


class suppress:  # noqa: N801 # named as in contextlib
    """Let a block end at certain errors, and go on behind it.

    Args:
        kinds: the errors.
    """

    __slots__ = ("_kinds",)

    def __init__(self, *kinds: type[BaseException]) -> None:
        """Keep the kinds."""
        self._kinds = kinds

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> bool:
        """Say whether the error is one of the kinds."""
        return kind is not None and issubclass(kind, self._kinds)


class ExitStack:
    """Things to be closed: in the order against that of their opening, whatever fails."""

    __slots__ = ("_todo",)

    def __init__(self) -> None:
        """Begin with none."""
        self._todo: list[tuple[Callable[..., object], tuple[Any, ...]]] = []

    def callback(self, function: Callable[..., object], *arguments: Any) -> None:
        """Have a function called at the end."""
        self._todo.append((function, arguments))

    def enter_context(self, manager: Any) -> Any:
        """Enter a context manager, which is left at the end."""
        entered = manager.__enter__()
        self.callback(manager.__exit__, None, None, None)
        return entered

    def pop_all(self) -> ExitStack:
        """Hand what is to be done over to a new stack."""
        other = ExitStack()
        self._todo, other._todo = other._todo, self._todo
        return other

    def close(self) -> None:
        """Do it now; a second call does nothing."""
        while self._todo:
            function, arguments = self._todo.pop()
            try:
                function(*arguments)
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *error: object) -> None:
        """Do it."""
        self.close()
