"""JSON text with the interpreter's own encoder and scanner, without the package ``json``.

``json`` compiles regular expressions when it is imported, and everything that measures writes and
reads a few lines of JSON. What stands below the package is a C module, and is used here alone.
"""

from __future__ import annotations

from _json import encode_basestring, make_encoder, make_scanner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_SPACE = " \t\n\r"


def dumps(value: object) -> str:
    """Return JSON on one line, without spaces; text as it is, so it may hold any character.

    Raises:
        TypeError: if something in it is no JSON value.
        ValueError: if a number is not finite, or a value holds itself.
        RecursionError: if it is nested too deeply.
    """
    sort_keys = skip_keys = allow_nan = False
    encode = make_encoder(
        {}, _refuse, encode_basestring, None, ":", ",", sort_keys, skip_keys, allow_nan
    )
    return "".join(encode(value, 0))


def loads(text: str | bytes) -> Any:
    """Return the value of JSON text, UTF-8 if bytes.

    Raises:
        ValueError: if it is not JSON (NaN and infinities are not).
        RecursionError: if it is nested too deeply.
    """
    reading: Any = _Reading
    whole = (text if isinstance(text, str) else str(text, "utf-8")).strip(_SPACE)
    try:
        value, end = make_scanner(reading)(whole, 0)
    except (StopIteration, SystemError):  # it leaves saying what is wrong to the package
        end = -1
    if end == len(whole):
        return value
    import json

    return json.loads(whole, parse_constant=_no_number)


def _refuse(value: object) -> NoReturn:
    raise TypeError(f"a {type(value).__name__} is no JSON value")


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


class _Reading:
    """How the scanner reads: as ``json.loads`` does, but NaN and infinities are refused."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = staticmethod(_no_number)
