"""Fixtures of the meters' tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.meters import nvml_stub


@pytest.fixture(scope="session")
def compiled_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the stand-in for NVIDIA's library is compiled into, once."""
    return tmp_path_factory.mktemp("nvml")


@pytest.fixture
def stub(compiled_in: Path, tmp_path: Path) -> nvml_stub.Stub:
    """Return a stand-in for NVIDIA's library without boards; skip without a C compiler."""
    return nvml_stub.make(compiled_in, tmp_path / "nvml.txt")
