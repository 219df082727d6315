"""The one style of all pictures: colours, dashes, type. Light and dark, safe for colour blindness.

The series colours keep a distance of at least 0.1 in OKLab (Ottosson, 2020) from each other as
people with normal sight see them and as those with protanopia, deuteranopia and tritanopia do
(Machado, Oliveira, Fernandes, 2009, severity 1), and a contrast of at least 3 with their surface;
text has at least 4.5 (WCAG 2.2, 1.4.3 and 1.4.11). Tests compute all three.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

DASHES = ("", "7 3", "2 3", "9 3 2 3")
"""Dash patterns: when the colours are used up, they begin again with the next pattern."""

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif'
PICTURE = 'Helvetica, Arial, "Liberation Sans", "Nimbus Sans", Arimo, sans-serif'
"""Fonts of pictures, by name only: all have the advances of Helvetica, as the layout expects."""
MONOSPACE = 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace'


SERIES: Mapping[str, tuple[str, ...]] = {
    "light": ("#0754c6", "#cf6924", "#115531", "#8e357e", "#138db1", "#2b165e"),
    "dark": ("#708df7", "#e85510", "#aee8c1", "#c36da8", "#6ec6db", "#f0bb3b"),
}
"""Colours of lines and bars by theme, in the order of their use."""

ON_SERIES: Mapping[str, tuple[str, ...]] = {
    "light": ("surface", "text", "surface", "surface", "text", "surface"),
    "dark": ("surface",) * 6,
}
"""Which colour text has that lies on an area of each of these."""

COLOURS: Mapping[str, Mapping[str, str]] = {
    "light": {
        "page": "#f5f6f8",
        "surface": "#ffffff",
        "sunken": "#f0f2f5",
        "line": "#d6dae1",
        "grid": "#e6e9ee",
        "text": "#161a20",
        "muted": "#565f6d",
        "accent": "#1a55b4",
        "good": "#17663a",
        "good-soft": "#dff3e6",
        "caution": "#7d4a00",
        "caution-soft": "#fdf0d3",
        "bad": "#a3231b",
        "bad-soft": "#fde5e2",
        "plain-soft": "#e7eaf0",
        "idle": "#e9ebf0",
        "warm-up": "#fbeccc",
        "measure": "#e1ecfb",
    },
    "dark": {
        "page": "#0e1116",
        "surface": "#161b22",
        "sunken": "#1d232c",
        "line": "#343d49",
        "grid": "#262e38",
        "text": "#e8ebf0",
        "muted": "#a4aebb",
        "accent": "#8ab4ff",
        "good": "#7fdba2",
        "good-soft": "#14331f",
        "caution": "#f3c36b",
        "caution-soft": "#3a2a0b",
        "bad": "#ff9d94",
        "bad-soft": "#42191a",
        "plain-soft": "#2a323d",
        "idle": "#222933",
        "warm-up": "#352b15",
        "measure": "#18243a",
    },
}
"""Everything else by theme and by name of the CSS variable."""


def mark(index: int) -> tuple[int, str]:
    """Return which colour (from 1) and which dash pattern the series at ``index`` has."""
    count = len(SERIES["light"])
    return index % count + 1, DASHES[index // count % len(DASHES)]


def variables(theme: str) -> str:
    """Return a theme, ``light`` or ``dark``, as CSS declarations."""
    named = _named(theme)
    return " ".join(f"--{name}: {colour};" for name, colour in named.items())


def _named(theme: str) -> dict[str, str]:
    series = {f"c{i}": colour for i, colour in enumerate(SERIES[theme], 1)}
    above = {f"o{i}": COLOURS[theme][name] for i, name in enumerate(ON_SERIES[theme], 1)}
    return series | above | dict(COLOURS[theme])


def flat(text: str, theme: str) -> str:
    """Return CSS with the colours of a theme in place of variables, which few programs know."""
    table = _named(theme) | {"font": FONT, "picture": PICTURE, "mono": MONOSPACE}
    return re.sub(r"var\(--([\w-]+)\)", lambda found: table[found[1]], text)


def css() -> str:
    """Return both themes as CSS: by the reader's preference, overruled by ``data-theme``."""
    light, dark = variables("light"), variables("dark")
    fonts = f"--font: {FONT}; --picture: {PICTURE}; --mono: {MONOSPACE};"
    preferred = f":root:not([data-theme='light']) {{ color-scheme: dark; {dark} }}"
    chosen = f":root[data-theme='dark'] {{ color-scheme: dark; {dark} }}"
    return "\n".join(
        (
            f":root {{ color-scheme: light; {fonts} {light} }}",
            f"@media screen and (prefers-color-scheme: dark) {{ {preferred} }}",
            f"@media screen {{ {chosen} }}",
            *(_series_rules(i) for i in range(1, len(SERIES["light"]) + 1)),
        )
    )


def _series_rules(i: int) -> str:
    return f".c{i} {{ --series: var(--c{i}); }}"
