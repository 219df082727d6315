"""The spool: samples on their way to the disk, as an append-only file of fixed-width rows.

Layout::

    8 bytes     magic, ``JMSPOOL1``
    4 bytes     length of the header, uint32 little-endian
    …           header, JSON: {"writer": …, "channels": […], "anchor": {"utc_ns", "monotonic_ns"}}
    20 bytes …  rows of :data:`joulemark.core.block.ROW`; the channel is a place in the header

Each block is one system call straight to the file, so what was taken is in the kernel at once: a
writer that is killed loses nothing. A power cut may lose the seconds that the kernel had not yet
put on the disk; ``sync`` once at the end is the price that a measurement can afford.

A spool has one writer and is never opened for writing twice.
"""

from __future__ import annotations

from joulemark.meters._channels import channel_from, channel_to
from joulemark.meters._spool_reader import Header, iter_rows, read_header, read_rows
from joulemark.meters._spool_writer import MAGIC, MAX_HEADER, SpoolWriter

__all__ = ["MAGIC", "MAX_HEADER", "Header", "SpoolWriter", "channel_from", "channel_to",
           "iter_rows", "read_header", "read_rows"]  # fmt: skip
