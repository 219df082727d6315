"""Files that hold one number, or something that only begins like one."""

from __future__ import annotations

import pytest

from joulemark.core.errors import MeterError
from joulemark.meters._files import NumberFile


@pytest.mark.parametrize("raw", [b"12x", b"12_", b"12.", b"1e3\n", b"_1\n"])
def test_a_number_that_ends_in_something_else_is_no_number(raw: bytes) -> None:
    with pytest.raises(MeterError, match="no number but"):
        NumberFile(0, "x", lambda *_: raw).value()
