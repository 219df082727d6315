"""Flags made from the fields of a dataclass of settings."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Collection
from dataclasses import fields
from typing import Any


def settings_flags(
    parser: ArgumentParser, title: str, kind: Any, prefix: str, leave: Collection[str] = ()
) -> None:
    """Add a flag for each field; one that is not given leaves nothing in the namespace.

    Args:
        parser: takes them, in a group of their own.
        title: of the group.
        kind: dataclass whose fields carry ``help`` and perhaps ``choices`` in their metadata.
        prefix: what names in the namespace begin with.
        leave: fields that get no flag.
    """
    group = parser.add_argument_group(title)
    for item in fields(kind):
        if item.name in leave:
            continue
        kind_of = type(item.default)
        text = f"{item.metadata.get('help', '')} (default: {_shown(item.default)})"
        if item.metadata.get("choices"):
            text = f"{', '.join(item.metadata['choices'])}: {text}"
        more: dict[str, Any] = {"type": kind_of, "metavar": kind_of.__name__.upper()}
        if kind_of is bool:
            more = {"action": BooleanOptionalAction}
        group.add_argument(
            "--" + item.name.replace("_", "-"),
            dest=prefix + item.name,
            default=SUPPRESS,
            help=text.replace("%", "%%"),
            **more,
        )


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return "yes" if default else "no"
    return "none" if default == "" else str(default)


def settings_given(args: Namespace, prefix: str) -> dict[str, Any]:
    """Return the settings whose flags were given, by the names of their fields."""
    return {k.removeprefix(prefix): v for k, v in vars(args).items() if k.startswith(prefix)}
