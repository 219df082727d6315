"""What goes wrong says where and what to do; names lead to factories."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from joulemark.core import errors
from joulemark.core.errors import (
    CalibrationError,
    FormatError,
    JoulemarkError,
    MeterError,
    MeterLostError,
    MissingExtraError,
    PermissionNeededError,
    StoreError,
    UnavailableError,
    UsageError,
)
from joulemark.core.registry import Registry

TABLE = {"ordered": "collections:OrderedDict", "path": "pathlib:Path"}


def registry() -> Registry:
    return Registry("meter", "joulemark.tests.nothing", TABLE)


@pytest.mark.parametrize(
    ("where", "remedy", "text"),
    [
        ("", "", "it broke"),
        ("a.json:3", "", "a.json:3: it broke"),
        ("", "mend it", "it broke; mend it"),
        ("a.json:3", "mend it", "a.json:3: it broke; mend it"),
    ],
)
def test_messages_say_where_what_and_what_to_do(where: str, remedy: str, text: str) -> None:
    error = JoulemarkError("it broke", where=where, remedy=remedy)
    assert str(error) == text
    assert (error.what, error.where, error.remedy) == ("it broke", where, remedy)


def test_a_missing_package_names_its_extra() -> None:
    error = MissingExtraError("the NVML meter", "pynvml", "nvml")
    assert str(error) == (
        "the NVML meter needs the package 'pynvml'; pip install 'joulemark[nvml]'"
    )


@pytest.mark.parametrize(
    ("kind", "parent", "code"),
    [
        (JoulemarkError, Exception, 1),
        (CalibrationError, JoulemarkError, 1),
        (UsageError, JoulemarkError, 2),
        (UnavailableError, JoulemarkError, 3),
        (MissingExtraError, UnavailableError, 3),
        (PermissionNeededError, UnavailableError, 3),
        (FormatError, JoulemarkError, 4),
        (StoreError, JoulemarkError, 4),
        (MeterError, JoulemarkError, 5),
        (MeterLostError, MeterError, 5),
    ],
)
def test_the_tree_is_the_one_that_is_drawn(
    kind: type[JoulemarkError], parent: type[Exception], code: int
) -> None:
    assert kind.__bases__ == (parent,)
    assert kind.exit_code == code
    assert re.search(rf"\b{kind.__name__}\b", errors.__doc__ or "")


def test_names_lead_to_factories() -> None:
    assert registry().names() == ["ordered", "path"]
    assert registry().load("path") is Path


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no meter is called 'volt'; choose from ordered, path"):
        registry().load("volt")


def test_entry_points_of_others_are_found_and_never_replace_our_own(tmp_path: Path) -> None:
    class Outside(Registry):
        def _entry_points(self) -> dict[str, str]:
            return {"path": "os:path", "abacus": "fractions:Fraction", "zeta": "math:pi"}

    both = Outside("meter", "joulemark.meters", TABLE)
    assert both.names() == ["ordered", "path", "abacus", "zeta"]
    assert both.load("path") is Path
    assert both.load("abacus")(1, 2) * 2 == 1


def test_installed_entry_points_are_read() -> None:
    """Every installation of pytest brings console scripts."""
    scripts = Registry("script", "console_scripts", {})
    assert "pytest" in scripts.names()
    assert callable(scripts.load("pytest"))
