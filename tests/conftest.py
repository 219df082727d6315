"""The suite in parts that run beside each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--part", default="1/1", metavar="K/N", help="only every Nth test file, from the Kth on"
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    match = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", config.getoption("--part"))
    if match is None or int(match[1]) > int(match[2]):
        raise pytest.UsageError("--part is K/N, as in 1/2")
    if match[2] == "1" or collection_path.suffix != ".py":
        return None
    files = sorted(HERE.rglob("test_*.py"))
    return collection_path not in files[int(match[1]) - 1 :: int(match[2])] or None
