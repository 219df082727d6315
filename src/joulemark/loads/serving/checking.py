r"""Whether an answer is right: five ways to hold it against the one that the prompt carries.

* ``exact``: the whole answer, but for white space about it.
* ``contains``: the right one stands in it with no letter or digit against it (42 is not in 142);
  capitals, and how much white space there is, count nothing.
* ``number``: the last number in it is the same number (``1,200`` is ``1200.0``).
* ``choice``: the letter that it decides for: the last ``answer is (B)``, ``Answer: B`` or
  ``\boxed{B}``, else a letter that it begins with or consists of.
* ``regex``: an expression is found in it. DuckDB's RE2 looks for it, whose time grows with the text
  and never explodes; references back and looking around are not in its language.

An answer in which nothing of the kind stands is wrong. Of a long text the last 100,000 characters
are looked at, which is where answers stand.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from joulemark.core.errors import FormatError
from joulemark.core.request import Check, Prompt, Request

if TYPE_CHECKING:
    import duckdb

MOST_TEXT = 100_000
"""Characters of an answer that are looked at, from its end."""
MOST_ANSWER = 10_000
"""Characters of a right answer or an expression."""
_NUMBER = re.compile(
    r"(?<![\w.])[-+\u2212]?(?:(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d{1,400})(?:\.\d{1,400})?|\.\d{1,400})"
    r"(?:[eE][-+]?\d{1,3})?(?!\d)"
)
_DECIDED = re.compile(
    r"(?:(?i:answer)(?: is|:)[ \t]{0,5}(?:\*\*)?|\\boxed\{(?:\\text\{)?)[ \t]?\(?"
    r"([A-Z])(?![\w'])(?!(?<=[AI])[ \t]{1,5}[a-z])"
)
_FIRST = re.compile(r"\s*(?:\*\*)?\(?([A-Za-z])(?:\)|\.|:|\*\*|\s*$)")


def correct(check: Check, answer: str, text: str) -> bool:
    """Return whether a text is, or holds, the right answer.

    Args:
        check: how it is looked at.
        answer: the right answer, or an expression.
        text: what was answered.
    """
    text = text[-MOST_TEXT:]
    if check is Check.EXACT:
        return text.strip() == answer.strip()
    if check is Check.NUMBER:
        found = _NUMBER.findall(text)
        return bool(found) and _decimal(found[-1]) == _decimal(answer.strip())
    if check is Check.CHOICE:
        return chosen(text) == answer.strip().upper()
    if check is Check.REGEX:
        return _found(answer, text)
    return _contains(_plain(answer), _plain(text))


def chosen(text: str) -> str:
    """Return the letter that a text decides for, as a capital; empty where it does for none."""
    decided = _DECIDED.findall(text)
    first = _FIRST.match(text)
    letter = decided[-1] if decided else first[1] if first else ""
    return letter.upper()


def mark(request: Request, text: str) -> bool | None:
    """Return whether a request was answered rightly; None where nothing tells.

    Nothing tells where the prompt has no right answer, or the answer did not come to its end.

    Args:
        request: its record.
        text: of the answer, without reasoning.
    """
    if request.check is None or request.answer is None or not request.ok:
        return None
    return correct(request.check, request.answer, text)


def marks_of(
    requests: Sequence[Request], texts: Mapping[str, str] | None
) -> dict[str, bool | None] | None:
    """Return by the id of each request whether its answer is right; None if nothing is checked.

    Args:
        requests: of one load.
        texts: answers by the id of their request, empty ones left out; None where they were not
            kept, so that nothing tells.
    """
    if all(one.check is None for one in requests):
        return None
    if texts is None:
        return dict.fromkeys((one.id for one in requests), None)
    return {one.id: mark(one, texts.get(one.id, "")) for one in requests}


def checked(prompt: Prompt, entry: Mapping[str, object], where: str) -> Prompt:
    """Return a prompt with the right answer that its line holds.

    Args:
        prompt: what is asked.
        entry: its line: ``answer``, and ``check`` if it is not ``exact``.
        where: for people.

    Raises:
        FormatError: if answer or check makes no sense.
    """
    answer, name = entry.get("answer"), entry.get("check")
    if answer is None and name is None:
        return prompt
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        answer = str(answer)
    if not isinstance(answer, str) or not answer.strip() or len(answer) > MOST_ANSWER:
        raise FormatError("'answer' is no text or number", where=where)
    if name is not None and name not in list(Check):
        known = ", ".join(Check)
        raise FormatError(f"no check is called {name!r:.40}; there are {known}", where=where)
    check = Check.EXACT if name is None else Check(str(name))
    _refuse(check, answer, where)
    return replace(prompt, answer=answer, check=check)


def _refuse(check: Check, answer: str, where: str) -> None:
    """Raise if no answer could ever be found right."""
    if check is Check.NUMBER and _decimal(answer.strip()) is None:
        raise FormatError(f"the answer {answer!r:.40} is no number", where=where)
    if check is Check.CHOICE and not re.fullmatch(r"\s*[A-Za-z]\s*", answer):
        raise FormatError(f"the answer {answer!r:.40} is no letter", where=where)
    if check is Check.REGEX:
        import duckdb

        try:
            _found(answer, "")
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise FormatError(f"the answer is no expression: {reason:.200}", where=where) from None


def _unicode(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _contains(wanted: str, text: str) -> bool:
    """Return whether a text stands in another with no letter or digit against it."""
    place = text.find(wanted)
    while place >= 0:
        before, after = text[place - 1 : place], text[place + len(wanted) : place + len(wanted) + 1]
        begins = not (before.isalnum() and wanted[0].isalnum())
        if begins and not (after.isalnum() and wanted[-1].isalnum()):
            return True
        place = text.find(wanted, place + 1)
    return False


def _decimal(text: str) -> Decimal | None:
    match = _NUMBER.fullmatch(text)
    return None if match is None else Decimal(text.replace(",", "").replace("\u2212", "-"))


def _found(expression: str, text: str) -> bool:
    row = (
        _database(os.getpid())
        .cursor()
        .execute("SELECT regexp_matches(?, ?)", [_unicode(text), expression])
        .fetchone()
    )
    return bool(row and row[0])


@functools.cache
def _database(process: int) -> duckdb.DuckDBPyConnection:
    """Return a database of this process; a forked one must not use its parent's."""
    import duckdb

    return duckdb.connect(":memory:", config={"enable_external_access": False, "threads": 1})
