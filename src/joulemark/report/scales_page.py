"""One self-contained page across all scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from joulemark.analysis.scales import Scales
from joulemark.analysis.trained import Trained
from joulemark.report.drawing import STYLE, Drawing, svg_file
from joulemark.report.figures import scale_power, trained
from joulemark.report.format import clean
from joulemark.report.html import STYLES, rendered
from joulemark.report.scales import HEAD, TRAINED, end_rows, notes, table_rows, trained_rows, unread

Groups = Mapping[str, Sequence[Trained]]
POWER, TRAINING = "power-by-scale.svg", "training-energy-{}.svg"
MOST = 6
"""So many benchmarks of training have a picture."""
_NAME = 120


def scales_page(found: Scales, groups: Groups, where: str) -> str:
    """Return the page.

    Args:
        found: all scales.
        groups: training results of each benchmark, by accelerators.
        where: the store, to be named on the page.
    """
    pictures = [(title, _both(group)) for title, group in drawn(groups).items()]
    wide = scale_power.power_drawing(found.rows)
    narrow = scale_power.power_drawing(found.rows, scale_power.NARROW)
    return rendered(
        "scales.html.j2",
        styles=(*STYLES, STYLE, "scales.css"),
        where=clean(where),
        power=_pair(wide, narrow),
        head=HEAD,
        rows=list(table_rows(found.rows)),
        ends=list(end_rows(found.rows, _NAME)),
        pictures=pictures,
        trained_head=TRAINED,
        trained=list(trained_rows(groups, _NAME)),
        notes=[*notes(found), *unread(groups)],
    )


def _pair(wide: Drawing | None, narrow: Drawing | None) -> tuple[Drawing, Drawing] | None:
    return None if wide is None or narrow is None else (wide, narrow)


def _both(group: Sequence[Trained]) -> tuple[Drawing, Drawing] | None:
    return _pair(trained.trained_drawing(group), trained.trained_drawing(group, trained.NARROW))


def drawn(groups: Groups) -> dict[str, Sequence[Trained]]:
    """Return the benchmarks that have a picture: of more than one size, the most sizes first."""
    sized = {
        name: [one for one in group if one.accelerators is not None]
        for name, group in groups.items()
    }
    known = {name: group for name, group in sized.items() if group}
    several = {name: g for name, g in known.items() if len({o.accelerators for o in g}) > 1}
    return dict(list((several or known).items())[:MOST])


def scales_svgs(found: Scales, groups: Groups) -> dict[str, str]:
    """Return the pictures as files of their own, by name."""
    files = {}
    power = scale_power.power_drawing(found.rows)
    if power is not None:
        files[POWER] = svg_file(power)
    for name, group in drawn(groups).items():
        drawing = trained.trained_drawing(group)
        if drawing is not None:
            plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower())
            files[TRAINING.format(plain[:60] or "unknown")] = svg_file(drawing)
    return files
