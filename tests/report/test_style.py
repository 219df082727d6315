from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from joulemark import report
from joulemark.report.style import COLOURS, DASHES, ON_SERIES, SERIES, css, flat, mark

Floats = NDArray[np.float64]

# Machado, Oliveira, Fernandes 2009, severity 1
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                            [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip
# Ottosson 2020
TO_LMS = np.array([[0.4122214708, 0.5363325363, 0.0514459929],
                   [0.2119034982, 0.6806995451, 0.1073969566],
                   [0.0883024619, 0.2817188376, 0.6299787005]])  # fmt: skip
TO_LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468],
                   [1.9779984951, -2.4285922050, 0.4505937099],
                   [0.0259040371, 0.7827717662, -0.8086757660]])  # fmt: skip


def linear(colour: str) -> Floats:
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(light: Floats) -> Floats:
    found: Floats = TO_LAB @ np.cbrt(TO_LMS @ light)
    return found


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", SERIES)
def test_series_can_be_told_apart(theme: str, sight: str) -> None:
    seen = [lab(np.clip(SIGHT[sight] @ linear(colour), 0, 1)) for colour in SERIES[theme]]
    for one, other in itertools.combinations(seen, 2):
        assert float(np.linalg.norm(one - other)) >= 0.1


@pytest.mark.parametrize("theme", SERIES)
def test_lines_stand_out_from_what_they_are_drawn_on(theme: str) -> None:
    for ground in ("surface", "idle", "warm-up", "measure"):
        for colour in SERIES[theme]:
            assert contrast(colour, COLOURS[theme][ground]) >= 3


@pytest.mark.parametrize("theme", COLOURS)
def test_text_is_legible(theme: str) -> None:
    of = COLOURS[theme]
    pairs = [(t, g) for t in ("text", "muted", "accent") for g in ("page", "surface", "sunken")]
    pairs += [(kind, f"{kind}-soft") for kind in ("good", "caution", "bad")]
    pairs += [("text", role) for role in ("idle", "warm-up", "measure", "plain-soft")]
    for text, ground in pairs:
        assert contrast(of[text], of[ground]) >= 4.5, (text, ground)


@pytest.mark.parametrize("theme", SERIES)
def test_text_on_areas_is_legible(theme: str) -> None:
    for name, colour in zip(ON_SERIES[theme], SERIES[theme], strict=True):
        assert contrast(COLOURS[theme][name], colour) >= 4.5


def test_marks_repeat_colours_with_other_dashes() -> None:
    count = len(SERIES["light"])
    assert len(SERIES["dark"]) == count
    marks = [mark(i) for i in range(count * len(DASHES))]
    assert len(set(marks)) == len(marks)
    assert marks[0] == (1, "")
    assert mark(len(marks)) == marks[0]


def test_no_colour_is_written_elsewhere() -> None:
    colour = re.compile(r"[\"': ]#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?\b")
    for path in sorted(Path(report.__file__).parent.rglob("*")):
        if path.suffix in (".py", ".css", ".j2", ".js") and path.name != "style.py":
            assert not colour.findall(path.read_text("utf-8")), path.name


def test_pictures_of_their_own_hold_plain_colours() -> None:
    for theme in SERIES:
        text = flat(".a { fill: var(--c1); stroke: var(--o2); font-family: var(--picture) }", theme)
        assert SERIES[theme][0] in text
        assert "var(" not in text


def test_both_themes_name_the_same_colours() -> None:
    assert COLOURS["light"].keys() == COLOURS["dark"].keys()
    assert all(f"--{name}:" in css() for name in COLOURS["dark"])
