"""All detectors of errors in tables, in their order."""

from __future__ import annotations

from collections.abc import Mapping

from joulemark.analysis.claims import (
    detect_breaks,
    detect_duplicates,
    detect_identity,
    detect_missing,
    detect_power,
    detect_scenario,
    detect_units,
)
from joulemark.analysis.claims.corpus import Corpus
from joulemark.analysis.claims.suspicion import Detector, Suspicion


def detectors() -> Mapping[str, Detector]:
    """Return the detectors by name."""
    return {
        detect_power.NAME: detect_power.detect,
        detect_units.NAME: detect_units.detect,
        detect_duplicates.NAME: detect_duplicates.detect,
        detect_scenario.NAME: detect_scenario.detect,
        detect_identity.NAME: detect_identity.detect,
        detect_breaks.NAME: detect_breaks.detect,
        detect_missing.NAME: detect_missing.detect,
    }


def suspicions(corpus: Corpus) -> list[Suspicion]:
    """Return what all detectors find, in their order."""
    return [found for detect in detectors().values() for found in detect(corpus)]
