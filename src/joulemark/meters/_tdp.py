"""Thermal design power by exact processor model; what is not in the table is not found.

Near misses cost more than a missing row: an EPYC 7763 is no EPYC, and a Xeon Platinum 8480+ is no
8380. A name is therefore reduced to the maker's model words and compared as a whole.

``data/cpu_tdp.csv`` holds what Intel and AMD state. ``tdp_w`` is the thermal design power (Intel
from the 12th generation on: processor base power). ``limit_w`` is the power that the processor may
hold for as long as it is cooled: Intel's maximum turbo power from the 12th generation on; AMD's
package power tracking, 1.35 times the TDP, for Ryzen desktop sockets; the TDP for all others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from joulemark.core.errors import UnavailableError
from joulemark.meters._system import read_text

TABLE = "data/cpu_tdp.csv"
MAX_TABLE = 1 << 20

_MARKS = re.compile(r"\((?:r|tm|c)\)|[®™]")
_AFTER = re.compile(r"\s(?:@|with|w/)\s.*$")
_FILLERS = re.compile(
    r"\b(?:intel|amd|genuine|cpu|apu|processor|\d+(?:st|nd|rd|th) gen"
    r"|(?:\d+|dual|quad|six|eight|twelve|sixteen)-cores?)\b"
)


@dataclass(frozen=True, slots=True)
class Tdp:
    """What the maker states of one processor.

    Attributes:
        tdp_w: thermal design power, W.
        limit_w: power that it may hold for as long as it is cooled, W.
    """

    tdp_w: float
    limit_w: float


def model_key(name: str) -> str:
    """Return the model words of a processor's name, without maker, marks, clock and cores.

    >>> model_key("Intel(R) Xeon(R) Platinum 8480+"), model_key("AMD EPYC 7763 64-Core Processor")
    ('xeon platinum 8480+', 'epyc 7763')
    >>> model_key("Intel(R) Xeon(R) CPU @ 2.20GHz")
    'xeon'
    """
    text = _AFTER.sub("", _MARKS.sub(" ", name.lower()) + " ")
    return " ".join(_FILLERS.sub(" ", text).split())


def find_tdp(name: str, table: str = "") -> Tdp | None:
    """Return what is known of a processor; None if exactly this model is not in the table.

    Args:
        name: the name that the kernel shows.
        table: CSV of ``model,tdp_w,limit_w``; our own by default.

    Raises:
        UnavailableError: if the table itself is missing.
    """
    table = table or f"{__file__.rpartition('/')[0]}/{TABLE}"
    text = read_text(table, MAX_TABLE)
    if not text:
        raise UnavailableError(
            "the table of processors is missing", where=table, remedy="install joulemark again"
        )
    match = re.search(rf"^{re.escape(model_key(name))},([\d.]+),([\d.]+)$", text, re.MULTILINE)
    return Tdp(float(match[1]), float(match[2])) if match else None
