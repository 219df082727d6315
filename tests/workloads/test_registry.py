"""Workloads are found by name, and load nothing before they are asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from joulemark.core.errors import UsageError
from joulemark.workloads import WORKLOADS
from joulemark.workloads.vision import vision


def test_names() -> None:
    assert "vision" in WORKLOADS.names()
    assert WORKLOADS.load("vision") is vision
    with pytest.raises(UsageError, match="no workload is called 'nothing'; choose from vision"):
        WORKLOADS.load("nothing")


def test_settings_are_checked_before_torch_is_imported() -> None:
    with pytest.raises(UsageError, match="LeNet, ResNet18"):
        vision({"model": "unknown"})


def python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert not done.stderr
    return done.stdout.strip()


def test_importing_the_workload_does_not_import_torch() -> None:
    code = "import joulemark.workloads.vision, sys; print({'torch', 'numpy'} & set(sys.modules))"
    assert python(code) == "set()"


def test_without_torch_the_extra_is_named() -> None:
    code = """
import sys
sys.modules["torch"] = None
from joulemark.core.errors import MissingExtraError
from joulemark.workloads import WORKLOADS
try:
    WORKLOADS.load("vision")({})
except MissingExtraError as error:
    print(error)
"""
    expected = "the workload vision needs the package 'torch'; pip install 'joulemark[vision]'"
    assert python(code) == expected
