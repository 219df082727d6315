"""Fixtures of the meters' tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.meters import amd_stub, nvml_stub


@pytest.fixture(scope="session")
def compiled_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the stand-in for NVIDIA's library is compiled into, once."""
    return tmp_path_factory.mktemp("nvml")


@pytest.fixture
def stub(compiled_in: Path, tmp_path: Path) -> nvml_stub.Stub:
    """Return a stand-in for NVIDIA's library without boards; skip without a C compiler."""
    return nvml_stub.make(compiled_in, tmp_path / "nvml.txt")


@pytest.fixture
def amd(tmp_path: Path) -> amd_stub.Stub:
    """Return what the stand-ins for AMD's library answer: no boards yet."""
    return amd_stub.Stub(tmp_path / "amd.txt")


@pytest.fixture(scope="session")
def amd_compiled_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the stand-in for AMD's library is compiled into, once."""
    return tmp_path_factory.mktemp("amd")
