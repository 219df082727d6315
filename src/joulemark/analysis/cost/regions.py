"""Yearly intensities of grids by region, from kept sources: each with year, licence and place."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from typing import Any

from joulemark.analysis.cost.factors import Grid
from joulemark.core.errors import UsageError

ROWS, SOURCES = "data/regions.csv", "data/sources.toml"
_CLOSE = 3
_ALSO = {"uk": "gb", "great britain": "gb", "usa": "us", "eu27": "eu", "eu-27": "eu", "el": "gr",
         "korea": "kr", "turkey": "tr", "vietnam": "vn"}  # fmt: skip
"""What else some are called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One row.

    Attributes:
        code: two letters of ISO 3166, ``US-`` and a subregion of eGRID, ``EU`` or ``WORLD``.
        alpha3: three letters of ISO 3166; empty for what is no country.
        name: for people.
        kind: ``country``, ``subregion`` or ``aggregate``.
        g_per_kwh: gCO2e/kWh.
        year: that it is of.
        source: what was published, where, what it counts, its licence, where and when it was read.
    """

    code: str
    alpha3: str
    name: str
    kind: str
    g_per_kwh: float
    year: int
    source: Mapping[str, str]


def regions() -> list[Region]:
    """Return all regions, in the order of the file."""
    home = files("joulemark.analysis.cost")
    told: dict[str, dict[str, Any]] = tomllib.loads(home.joinpath(SOURCES).read_text("utf-8"))
    sources = {key: {name: str(value) for name, value in one.items()} for key, one in told.items()}
    rows = csv.DictReader(io.StringIO(home.joinpath(ROWS).read_text("utf-8")))
    return [
        Region(
            code=row["code"],
            alpha3=row["alpha3"],
            name=row["name"],
            kind=row["kind"],
            g_per_kwh=float(row["g_per_kwh"]),
            year=int(row["year"]),
            source=sources[row["source"]],
        )
        for row in rows
    ]


def find_region(text: str) -> Region:
    """Return the region of a code or a name, whatever its case.

    Raises:
        UsageError: if there is none; names the closest.
    """
    known: dict[str, Region] = {}
    for region in regions():
        short = region.code.removeprefix("US-") if region.kind == "subregion" else ""
        for word in filter(None, (region.code, region.alpha3, region.name, short)):
            known.setdefault(word.casefold(), region)
    wanted = " ".join(text.split()).casefold()
    wanted = _ALSO.get(wanted, wanted)
    if wanted in known:
        return known[wanted]
    close = get_close_matches(wanted, known, 2 * _CLOSE, cutoff=0.55)
    close += [word for word in known if wanted and word.startswith(wanted)]
    found = list(dict.fromkeys(known[word].code for word in close))[:_CLOSE]
    names = {region.code: region.name for region in known.values()}
    closest = ", ".join(f"{code} ({names[code]})" for code in found)
    remedy = f"the closest are {closest}" if closest else "joulemark cost --regions lists them"
    raise UsageError(
        f"no region {text!r:.40} is known", remedy=f"{remedy}; or give a number: --grid 350"
    )


def grid_of(region: Region) -> Grid:
    """Return a region's intensity as a factor: declared by its source."""
    source = region.source
    return Grid(
        g_per_kwh=region.g_per_kwh,
        by=source["what"],
        of=region.name,
        code=region.code,
        year=region.year,
        basis=source["basis"],
        facts={
            name: source[name] for name in ("url", "read_in", "retrieved", "licence", "licence_url")
        },
    )
