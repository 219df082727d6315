"""Help of a verb on a terminal of 80 columns."""

from __future__ import annotations

from argparse import RawDescriptionHelpFormatter
from textwrap import fill

WIDTH = 80


class HelpFormatter(RawDescriptionHelpFormatter):
    """Leaves text as it is written, but for paragraphs that are too wide: those are set anew."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        paragraphs = super()._fill_text(text, width, indent).split("\n\n")
        return "\n\n".join(map(_narrow, paragraphs)) + "\n" * text.endswith("\n")


def _narrow(paragraph: str) -> str:
    lines = paragraph.splitlines()
    if max(map(len, lines), default=0) <= WIDTH or any(line.startswith(" ") for line in lines):
        return paragraph
    return fill(" ".join(lines), WIDTH, break_on_hyphens=False, break_long_words=False)
