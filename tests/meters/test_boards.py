"""What the monitors of small boards have in common."""

from __future__ import annotations

import subprocess
import sys

import pytest

from joulemark.core.errors import MeterError, UnavailableError, UsageError
from joulemark.core.interfaces import EnergyMonitor
from joulemark.meters import METERS

MONITORS = ("joulescope", "lpm01a", "ppk2")


@pytest.mark.parametrize("name", MONITORS)
def test_making_one_touches_nothing_and_it_is_a_monitor(name: str) -> None:
    made = METERS.load(name)({})
    assert isinstance(made, EnergyMonitor)
    assert made.name == name
    assert list(made.channels) == []
    made.close()
    made.close()
    with pytest.raises(MeterError, match="closed"):
        made.start()


@pytest.mark.parametrize("name", MONITORS)
def test_an_unknown_setting_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no setting 'nonsense'"):
        METERS.load(name)({"nonsense": 1})


@pytest.mark.parametrize("name", ["lpm01a", "ppk2"])
def test_a_port_that_is_not_there_is_an_answer(name: str) -> None:
    made = METERS.load(name)({"port": "/dev/there-is-none"})
    for _ in range(2):
        with pytest.raises(UnavailableError, match="no such port"):
            made.open(lambda: 0)
    made.close()


@pytest.mark.parametrize("name", MONITORS)
def test_its_import_brings_nothing_heavy(name: str) -> None:
    heavy = "{'numpy', 'serial', 'pyjoulescope_driver', 'rich', 'msgspec', 'duckdb'}"
    code = f"import sys, joulemark.meters.{name}; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == []
