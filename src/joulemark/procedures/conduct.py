"""How a run was conducted, read from its record, as far as evidence asks."""

from __future__ import annotations

from typing import Any

from joulemark.core.evidence import Conduct, Protocol
from joulemark.core.run import Run

PROTOCOL = "protocol"
"""Name of the setting in which a run says which protocol it followed: an object with ``name``,
``ranging`` and ``testing`` (true where such runs were made), ``clock_offset_s``, ``files``
(SHA-256 of the meter's own logs by their names) and ``calibrated`` (dates by channel)."""


def conduct_of(run: Run) -> Conduct:
    """Return how a run was conducted."""
    sampler = run.sampler
    return Conduct(
        ticks=0 if sampler is None else sampler.ticks + sampler.skipped,
        skipped=0 if sampler is None else sampler.skipped,
        protocol=_protocol(run.settings.get(PROTOCOL)),
    )


def _protocol(said: Any) -> Protocol | None:
    """Return the protocol that settings name; what is not of its kind counts as not said."""
    if not isinstance(said, dict) or not isinstance(said.get("name"), str) or not said["name"]:
        return None
    offset = said.get("clock_offset_s")
    number = isinstance(offset, int | float) and not isinstance(offset, bool)
    return Protocol(
        name=said["name"],
        ranging=said.get("ranging") is True,
        testing=said.get("testing") is True,
        clock_offset_s=float(offset) if number and offset is not None else None,
        files=_texts(said.get("files")),
        calibrated=_texts(said.get("calibrated")),
    )


def _texts(said: Any) -> dict[str, str]:
    """Return the texts of an object by name."""
    known = said if isinstance(said, dict) else {}
    return {name: text for name, text in known.items() if isinstance(text, str)}
