"""The truth of a scripted server with costs, as it tells it: what a measurement is held against.

It shares no code with :mod:`joulemark.accounting`, so that the one can prove the other.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from joulemark.core.request import Request
from joulemark.virtual.serving.spending import Costs

Floats = NDArray[np.float64]
Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """What a server really did and spent; times are of the run's clock, ns.

    Attributes:
        costs: what things cost.
        time: knots of the energy, shape (k,).
        joules: energy up to each knot, shape (k,).
        written: when each token of an answer was written, shape (m,).
        owner: place of its request, likewise.
        first: when the first token of each request was written, shape (n,).
        tokens_in: of each prompt, likewise.
        tokens_out: of each answer, likewise.
        spent: for each request, J, likewise.
    """

    costs: Costs
    time: Times
    joules: Floats
    written: Times
    owner: Times
    first: Times
    tokens_in: Floats
    tokens_out: Floats
    spent: Floats

    def energy(self, start: int, stop: int) -> float:
        """Return the energy between two moments, J."""
        before, after = np.interp([start, stop], self.time, self.joules)
        return float(after - before)

    def per_token(self, start: int, stop: int) -> float:
        """Return energy by tokens of answers written after one moment up to another, J/token."""
        return self.energy(start, stop) / float(self._inside(start, stop).sum())

    def per_request(self, start: int, stop: int) -> float:
        """Return energy by requests, each by the share of its tokens written then, J/request."""
        inside = self._inside(start, stop)
        return self.energy(start, stop) / float((inside / self.tokens_out[self.owner]).sum())

    def _inside(self, start: int, stop: int) -> NDArray[np.bool_]:
        return np.asarray((self.written > start) & (self.written <= stop))

    def of(self, requests: Sequence[Request]) -> Floats:
        """Return what was spent for each of a client's requests, J, shape (len(requests),).

        A client knows no number of the server's: of requests with the same lengths the one that
        the server answered first is the one whose first token was read first.

        Raises:
            ValueError: if they are not the requests that the server answered.
        """
        theirs = np.lexsort((self.first, self.tokens_out, self.tokens_in))
        into = [one.tokens_in or 0 for one in requests]
        out = [one.tokens_out or 0 for one in requests]
        ours = np.lexsort(([one.first_token or one.ended or 0 for one in requests], out, into))
        same = len(ours) == len(theirs) and (
            (self.tokens_in[theirs] == np.array(into)[ours]).all()
            and (self.tokens_out[theirs] == np.array(out)[ours]).all()
        )
        if not same:
            raise ValueError("these are not the requests that the server answered")
        spent = np.empty(len(ours))
        spent[ours] = self.spent[theirs]
        return spent


def told_by(url: str, shift: int, since: int) -> Told:
    """Ask a scripted server with costs, which keeps the times of tokens, for its truth.

    Args:
        url: its address.
        shift: what turns the monotonic clock into the run's, ns.
        since: requests that came before this moment of the run's clock are left out, ns.

    Raises:
        OSError: if it does not answer, or nothing costs energy.
        ValueError: if it did not keep the times of tokens.
    """
    energy, rows = _asked(f"{url}/energy/truth"), _asked(f"{url}/truth")
    whole = [row for row in rows if row["whole"] and row["arrived"] + shift >= since]

    if not all(row["times"] for row in whole):
        raise ValueError("the server did not keep the times of tokens")

    def column(name: str, kind: type) -> NDArray[Any]:
        return np.array([row[name] for row in whole], dtype=kind)

    return Told(
        costs=Costs(**energy["costs"]),
        time=np.array(energy["time"], dtype=np.int64) + shift,
        joules=np.array(energy["joules"], dtype=np.float64),
        written=np.array([at for row in whole for at in row["times"]], dtype=np.int64) + shift,
        owner=np.repeat(np.arange(len(whole)), [len(row["times"]) for row in whole]),
        first=column("first", np.int64) + shift,
        tokens_in=column("tokens_in", np.float64),
        tokens_out=column("tokens_out", np.float64),
        spent=column("joules", np.float64),
    )


def _asked(address: str) -> Any:
    with urllib.request.urlopen(address) as answer:  # noqa: S310 # an http address of our own
        return json.load(answer)
