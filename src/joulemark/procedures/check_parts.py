"""What a check of MLPerf Inference power results is made of."""

from __future__ import annotations

from functools import partial

from joulemark.procedures.judging import Parts


def parts() -> Parts:
    """Return the parts; each is loaded when this is called."""
    from joulemark.formats.inference.power_directories import power_directories, wanted
    from joulemark.formats.inference.rounds import guess_round
    from joulemark.formats.trees.opening import open_tree, reopen
    from joulemark.rules.inference.register import rules_of
    from joulemark.rules.inference.review import Review
    from joulemark.rules.official import REVISIONS, official_verdicts

    return Parts(
        open_tree=partial(open_tree, keep=wanted),
        reopen=reopen,
        find=power_directories,
        guess_round=guess_round,
        rules=rules_of,
        review=Review,
        figures=lambda directory: directory.figures,
        official=official_verdicts,
        revisions=REVISIONS,
    )
