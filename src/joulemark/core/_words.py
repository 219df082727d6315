"""How :mod:`joulemark.core.words` makes closed lists."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Closed(type):
    """The class of a closed list: it can be counted, gone through, and asked for a member.

    A member is written as ``NAME = "word"``, or with several values, which ``__new__`` of the list
    takes.
    """

    _value2member_map_: dict[str, Any]

    def __init__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> None:
        """Make the members."""
        super().__init__(name, bases, space)
        given = {
            word: value
            for word, value in space.items()
            if not word.startswith("_") and isinstance(value, str | tuple)
        }
        members: dict[str, Any] = {}
        type.__setattr__(cls, "_value2member_map_", members)
        make: Any = cls.__new__
        for word, value in given.items():
            member = make(cls, *(value if isinstance(value, tuple) else (value,)))
            member.name, member.value = word, str(member)
            members[member.value] = member
            type.__setattr__(cls, word, member)

    def __call__(cls, value: object) -> Any:
        """Return the member of a word.

        Raises:
            ValueError: if there is none.
        """
        member = cls._value2member_map_.get(value) if isinstance(value, str) else None
        if member is None:
            raise ValueError(f"{value!r} is not a valid {cls.__name__}")
        return member

    def __iter__(cls) -> Iterator[Any]:
        """Go through the members, in the order of their writing."""
        return iter(cls._value2member_map_.values())

    def __len__(cls) -> int:
        """Return the number of members."""
        return len(cls._value2member_map_)

    def __contains__(cls, value: object) -> bool:
        """Whether a value is a member or the word of one."""
        return isinstance(value, str) and value in cls._value2member_map_

    def __setattr__(cls, name: str, value: object) -> None:
        """Refuse to change a member."""
        if any(member.name == name for member in cls):
            raise AttributeError(f"cannot reassign member {name!r}")
        type.__setattr__(cls, name, value)


class StrEnum(str, metaclass=Closed):  # noqa: SLOT000 # members have attributes of their own
    """A word of a closed list. There is one object of each, so ``is`` compares them."""

    name: str
    value: str

    def __repr__(self) -> str:
        """Return class, name and word."""
        return f"<{type(self).__name__}.{self.name}: {self.value!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to find the member again."""
        return type(self), (self.value,)

    def __copy__(self) -> StrEnum:
        """Return the same member."""
        return self

    def __deepcopy__(self, memo: object) -> StrEnum:
        """Return the same member."""
        return self
