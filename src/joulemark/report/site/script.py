"""The script of the site: its modules in one text; a page opened as a file may import none."""

from __future__ import annotations

import re
from functools import cache

from joulemark.report.html import static

MODULES = (
    "numbers", "dom", "rows", "filters", "meaning", "state", "figures", "table", "facets",
    "detail", "compare", "main",
)  # fmt: skip
"""Each after those that it imports."""
_IMPORT = re.compile(r"^import [^;]+;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


@cache
def program() -> str:
    """Return the modules as one script, whose names nothing outside sees."""
    texts = (static(f"site/{name}.js") for name in MODULES)
    plain = (_EXPORT.sub("", _IMPORT.sub("", text)) for text in texts)
    return "{\n" + "\n".join(plain) + "}\n"
