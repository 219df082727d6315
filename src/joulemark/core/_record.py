"""How :mod:`joulemark.core.record` makes classes; ``__init__`` is compiled when first called."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Factory:
    """The default of a field that every record gets a new one of."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        """Keep the function that makes it."""
        self.make = make


def field(*, default_factory: Callable[[], Any]) -> Any:
    """Return a default that is made anew for every record; see ``dataclasses.field``."""
    return Factory(default_factory)


def record(
    *, frozen: bool = False, slots: bool = True, kw_only: bool = False
) -> Callable[[type], type]:
    """Return a decorator that makes a record of a class; see ``dataclasses.dataclass``.

    Args:
        frozen: whether fields cannot be set afterwards, and records can be hashed.
        slots: always true.
        kw_only: whether fields are given by name only.
    """

    def make(plain: type) -> type:
        return _make(plain, frozen=frozen, kw_only=kw_only)

    return make


def replace(one: Any, /, **changes: Any) -> Any:
    """Return a copy of a record with some fields changed; see ``dataclasses.replace``."""
    kind = type(one)
    return kind(**{**{name: getattr(one, name) for name in kind.__record__}, **changes})


class _Described:
    """``__dataclass_fields__``, made when somebody asks for it."""

    __slots__ = ("_defaults", "_kw_only")

    def __init__(self, defaults: dict[str, Any], *, kw_only: bool) -> None:
        self._defaults = defaults
        self._kw_only = kw_only

    def __get__(self, one: object, kind: Any) -> dict[str, Any]:
        import dataclasses

        described: dict[str, Any] = {}
        for name, annotation in kind.__annotations__.items():
            default = self._defaults.get(name, dataclasses.MISSING)
            if isinstance(default, Factory):
                found: Any = dataclasses.field(default_factory=default.make)
            else:
                found = dataclasses.field(default=default)
            found.name, found.type, found.kw_only = name, annotation, self._kw_only
            found._field_type = dataclasses._FIELD  # type: ignore[attr-defined]  # noqa: SLF001
            described[name] = found
        kind.__dataclass_fields__ = described
        return described


def _make(plain: type, *, frozen: bool, kw_only: bool) -> type:
    """Return the class again, with slots and the methods of a dataclass."""
    space = dict(plain.__dict__)
    names = tuple(space.get("__annotations__", ()))
    defaults = {name: space.pop(name) for name in names if name in space}
    for own in ("__dict__", "__weakref__"):
        space.pop(own, None)
    space.update(
        __slots__=names,
        __record__=names,
        __match_args__=() if kw_only else names,
        __dataclass_fields__=_Described(defaults, kw_only=kw_only),
        __eq__=_equal,
        __hash__=_hash if frozen else None,
        __reduce__=_reduce,
        __replace__=replace,
    )
    space.setdefault("__repr__", _show)
    if frozen:
        space.update(__setattr__=_refuse, __delattr__=_refuse)
    made: Any = type(plain)(plain.__name__, plain.__bases__, space)
    made.__qualname__ = plain.__qualname__

    def first(one: Any, *given: Any, **named: Any) -> None:
        made.__init__ = _initialiser(made, names, defaults, kw_only=kw_only)
        made.__init__(one, *given, **named)

    made.__init__ = first
    return made  # type: ignore[no-any-return]


def _initialiser(
    made: type, names: tuple[str, ...], defaults: dict[str, Any], *, kw_only: bool
) -> Any:
    """Compile ``__init__``; it sets the slots themselves, which a frozen class allows."""
    arguments, body = ["self", "*"] if kw_only else ["self"], []
    known: dict[str, Any] = {}
    for name in names:
        known[f"set_{name}"] = made.__dict__[name].__set__
        default = defaults.get(name, known)
        value = name
        if isinstance(default, Factory):
            known[f"make_{name}"] = default.make
            value = f"make_{name}() if {name} is default_{name} else {name}"
        if default is not known:
            known[f"default_{name}"] = default
            arguments.append(f"{name}=default_{name}")
        else:
            arguments.append(name)
        body.append(f" set_{name}(self, {value})")
    exec(f"def __init__({', '.join(arguments)}):\n" + "\n".join(body), known)  # noqa: S102 # our own text
    initialiser = known["__init__"]
    initialiser.__qualname__ = f"{made.__qualname__}.__init__"
    return initialiser


def _values(one: Any) -> tuple[Any, ...]:
    return tuple(getattr(one, name) for name in one.__record__)


def _equal(one: object, other: object) -> bool:
    return _values(one) == _values(other) if other.__class__ is one.__class__ else NotImplemented


def _hash(one: object) -> int:
    return hash(_values(one))


def _show(one: Any) -> str:
    shown = ", ".join(f"{name}={getattr(one, name)!r}" for name in one.__record__)
    return f"{type(one).__qualname__}({shown})"


def _refuse(one: object, name: str, value: object = None) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot set field {name!r} of a frozen record")


def _reduce(one: Any) -> tuple[Any, ...]:
    """Return how a copy is made; setting fields one by one, as is usual, is refused."""
    return _restored, (type(one), _values(one))


def _restored(kind: Any, values: tuple[Any, ...]) -> Any:
    return kind(**dict(zip(kind.__record__, values, strict=True)))
