"""The official checker's revisions as data: what each round's program asks for.

The checker is ``compliance/check.py`` of mlcommons/power-dev; since v3.0 a copy of it
(``tools/submission/power/power_checker.py``) travels with mlcommons/inference.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from joulemark.core.errors import UsageError

POWER_DEV, INFERENCE = "mlcommons/power-dev", "mlcommons/inference"

_FIRST_MODELS = {
    "YokogawaWT210": 8,
    "YokogawaWT500": 35,
    "YokogawaWT500_multichannel": 48,
    "YokogawaWT310": 49,
    "YokogawaWT330E": 52,
    "YokogawaWT330_multichannel": 77,
}
_MODELS_1_1 = {**_FIRST_MODELS, "YokogawaWT310E": 49}
_MODELS_2_1 = {**_MODELS_1_1, "YokogawaWT330": 52}
_MODELS_4_0 = {
    **_MODELS_2_1,
    "YokogawaWT210_DC": 508,
    "YokogawaWT310_DC": 549,
    "YokogawaWT330_DC": 586,
}
_UNCERTAIN = "Can't evaluate uncertainty of this sample!"
_RANGING_ERRORS_3_1 = (
    _UNCERTAIN,
    "Bad watts reading nan from ",
    "Bad amps reading nan from ",
    "Bad pf reading nan from ",
    "Bad volts reading nan from ",
    "Current appears to be too high for set range",
)
_OVER_LIMIT = r"Uncertainty \d+.\d+%, which is above 1.00% limit for the last sample!"
_OVER_LIMIT_OF_ALL = r"Uncertainty \d+\.\d+%,? (?:which is )?above 1\.00% limit for the last "


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of the official checker; the defaults are the first round's.

    Attributes:
        name: the round, or ``head``.
        repository: where the program lies.
        commit: the last commit that changed the program before it was used.
        date: of that commit.
        ptd_versions: PTDaemon's versions that pass.
        models: analysers that pass, each with PTDaemon's number of its type.
        types_hashed: a type number that cannot be a key (a list) is an error of the program.
        sources_by_file: source hashes are compared file by file with the one revision allowed.
        skew_s: by how much the clocks of client and server may differ at a phase, s.
        skew_reached: a difference of exactly ``skew_s`` passes.
        duration_change: how far ranging and testing may differ in length, as a part of the longer
            (of ranging where ``duration_warns``).
        duration_warns: only a shorter testing run counts, and it is a warning.
        power_drop: by how many percent the mean power of testing may lie below that of ranging;
            None: not compared.
        power_lines: a line of the power log that does not begin with "Time" is passed over.
        loadgen_shifted: LoadGen's stamps are shifted by the client's time zone.
        console_shifted: the console's stamps are shifted by the server's time zone.
        restored_amps: which of the commands that set the current range must restore it: any.
        client_uploads: the server has one message more, and the client's session file has a hash.
        ranging_errors: beginnings of errors that are passed over in ranging.
        accepted_errors: errors that are a warning wherever they stand.
        over_limit: patterns of warnings under load that fail.
        margin_s: what is cut from both ends of LoadGen's window before warnings count, s.
        goes_on: a warning does not end the search through the console's log.
        analyzers_listed: the settings of PTDaemon are a list, one entry an analyser.
    """

    name: str
    commit: str
    date: str
    models: Mapping[str, int]
    repository: str = POWER_DEV
    ptd_versions: tuple[str, ...] = ("1.9.1", "1.9.2")
    types_hashed: bool = False
    sources_by_file: bool = False
    skew_s: float = 0.2
    skew_reached: bool = False
    duration_change: float = 0.05
    duration_warns: bool = False
    power_drop: float | None = None
    power_lines: bool = True
    loadgen_shifted: bool = False
    console_shifted: bool = True
    restored_amps: tuple[int, ...] = (3,)
    client_uploads: bool = False
    ranging_errors: tuple[str, ...] = (_UNCERTAIN,)
    accepted_errors: tuple[str, ...] = ()
    over_limit: tuple[str, ...] = ()
    margin_s: float = 0.0
    goes_on: bool = False
    analyzers_listed: bool = False


_V1_0 = Revision(
    "v1.0",
    "7c09a86",
    "2021-03-24",
    _FIRST_MODELS,
    types_hashed=True,
    sources_by_file=True,
    loadgen_shifted=True,
    client_uploads=True,
)
_V1_1 = Revision("v1.1", "efa1489", "2021-08-07", _MODELS_1_1, accepted_errors=("USB.",))
_V2_0 = replace(_V1_1, name="v2.0", commit="f7b3b51", date="2022-02-07")
_V2_1 = replace(
    _V2_0,
    name="v2.1",
    commit="e2baedb",
    date="2022-07-28",
    models=_MODELS_2_1,
    skew_s=0.5,
    skew_reached=True,
)
_V3_0 = replace(_V2_1, name="v3.0", commit="678c23d", date="2023-02-08", ptd_versions=("1.10.0",))
_V3_1 = replace(
    _V3_0,
    name="v3.1",
    repository=INFERENCE,
    commit="c540fcc",
    date="2023-08-25",
    duration_change=0.5,
    duration_warns=True,
    power_drop=5.0,
    power_lines=False,
    console_shifted=False,
    ranging_errors=_RANGING_ERRORS_3_1,
    over_limit=(_OVER_LIMIT,),
    margin_s=500.0,
)
_V4_0 = replace(
    _V3_1,
    name="v4.0",
    repository=POWER_DEV,
    commit="8d5d010",
    date="2024-01-26",
    models=_MODELS_4_0,
    skew_s=0.8,
    power_lines=True,
    margin_s=800.0,
)
_V4_1 = replace(_V4_0, name="v4.1")
_V5_0 = replace(
    _V4_1,
    name="v5.0",
    commit="3785ea1",
    date="2025-02-20",
    ptd_versions=("1.11.1",),
    restored_amps=(3, 4),
    analyzers_listed=True,
)
_V5_1 = replace(_V5_0, name="v5.1")
_HEAD = replace(_V5_1, name="head")

REVISIONS: Mapping[str, Revision] = {
    "v1.0": _V1_0,
    "v1.1": _V1_1,
    "v2.0": _V2_0,
    "v2.1": _V2_1,
    "v3.0": _V3_0,
    "v3.1": _V3_1,
    "v4.0": _V4_0,
    "v4.1": _V4_1,
    "v5.0": _V5_0,
    "v5.1": _V5_1,
    "head": _HEAD,
}
"""The checker of each round.

v3.0 is the one of power-dev's branch r3.0, which submitters ran; a copy of it that
mlcommons/inference took on 14 March 2023 (5205fd2), before the results came out, lets clocks differ
by 1 s and durations by 15 %. The copy at v5.0's tag cannot read the settings that the server of
that round writes; what stands here is its successor of 20 February 2025, which is also v5.1's.
"""

FAULTS = ("H1", "H2", "H3")
"""Known faults of the later checkers.

H1: 800 ms are taken for 800 s where warnings are looked for. H2: only one of the wordings of "above
the limit" fails. H3: the first warning ends the search, so that later errors are not seen.
"""


def mended(revision: Revision, faults: Collection[str]) -> Revision:
    """Return a revision without the faults that are named.

    Args:
        revision: the official one.
        faults: of :data:`FAULTS`; those that the revision does not have change nothing.

    Raises:
        UsageError: if a fault is not known.
    """
    unknown = sorted(set(faults) - set(FAULTS))
    if unknown:
        raise UsageError(
            f"no fault of the official checker is called {unknown[0]!r}",
            remedy=f"known are {', '.join(FAULTS)}",
        )
    if "H1" in faults:
        revision = replace(revision, margin_s=revision.margin_s / 1000)
    if "H2" in faults and revision.over_limit:
        revision = replace(revision, over_limit=(_OVER_LIMIT_OF_ALL,))
    return replace(revision, goes_on=True) if "H3" in faults else revision
