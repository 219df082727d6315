"""What was measured, by what, and when: rows of names and texts for the page of a measurement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from joulemark.core.clock import NS
from joulemark.core.units import digits, duration, si
from joulemark.formats.inference.around import measurement_files, system_file
from joulemark.formats.inference.directory import Place, PowerDirectory
from joulemark.formats.inference.figures import Figures
from joulemark.formats.inference.parsed import Exchange, Session
from joulemark.formats.inference.replies import Identity, stated_uncertainty
from joulemark.formats.inference.system import read_system
from joulemark.report.audit.reading import RUNS, Reading, or_none
from joulemark.report.flat import Row
from joulemark.report.format import clean, iso, percent

_SYSTEM = (
    ("name", ("system_name",)),
    ("nodes", ("number_of_nodes",)),
    ("processor", ("host_processors_per_node", "host_processor_model_name")),
    ("memory", ("host_memory_capacity",)),
    ("accelerators", ("accelerators_per_node", "accelerator_model_name")),
    ("framework", ("framework",)),
    ("operating system", ("operating_system",)),
    ("status", ("status",)),
    ("power management", ("power_management",)),
    ("power supplies", ("power_supply_quantity_and_rating_watts",)),
)
_LOGGED = (
    "loadgen_version",
    "effective_min_duration_ms",
    "effective_min_query_count",
    "effective_target_qps",
    "result_validity",
    "result_min_duration_met",
    "result_min_queries_met",
    "result_query_count",
    "result_samples_per_second",
    "result_scheduled_samples_per_sec",
    "result_completed_samples_per_sec",
    "result_tokens_per_second",
    "result_completed_tokens_per_second",
    "result_qps_with_loadgen_overhead",
    "result_mean_latency_ns",
    "result_90.00_percentile_latency_ns",
    "result_99.00_percentile_latency_ns",
)


def kept(pairs: Sequence[tuple[str, object]]) -> list[Row]:
    """Return rows that say something."""
    shown = [(name, clean(text)) for name, text in pairs if text not in (None, "")]
    return [(name, text) for name, text in shown if text]


def place_rows(place: Place) -> list[Row]:
    """Return where a result belongs."""
    names = ("submitter", "system", "benchmark", "scenario", "round", "division")
    return kept([(name, getattr(place, name)) for name in names])


def system_rows(directory: PowerDirectory) -> list[Row]:
    """Return what the submitter says of the system, and about the measurement."""
    source = or_none(lambda: system_file(directory))
    described = None if source is None else or_none(lambda: read_system(source))
    found: list[tuple[str, object]] = []
    if described is not None:
        document = described.document
        for name, fields in _SYSTEM:
            texts = [_text(document.get(field)) for field in fields]
            found.append((name, " × ".join(filter(None, texts))))
        found.append(("description", described.name))
    for kind, name in (("analyzer_table", "analyser table"), ("power_settings", "power settings")):
        files = [entry.path for entry in measurement_files(directory, kind)]
        found.append((name, ", ".join(files[:4])))
    return kept(found)


def _text(value: Any) -> str:
    return clean(value, 160) if isinstance(value, str | int | float) else ""


def meter_rows(reading: Reading, figures: Figures | None) -> list[Row]:
    """Return what read the power."""
    review = reading.review
    server = or_none(lambda: review.server)
    if server is None:
        return []
    found: list[tuple[str, object]] = []
    identities = or_none(lambda: review.identities) or ()
    for number, one in enumerate(identities[:8], 1):
        name = "analyser" if len(identities) == 1 else f"analyser {number}"
        found += [(name, _analyser(one))]
    versions = dict.fromkeys(one.version for one in identities if one.version)
    found.append(("PTDaemon", ", ".join(versions)))
    found += [("configuration", _configuration(one)) for one in server.analyzers[:8]]
    found += _ranges(server.ptd_messages)
    found.append(("stated uncertainty", _stated(server.ptd_messages)))
    if figures is not None and figures.power_factor is not None:
        found.append(("mean power factor", f"{figures.power_factor:.3f}"))
    return kept(found)


def _analyser(one: Identity) -> str:
    calibrated = f"calibrated {one.calibrated}" if one.calibrated else "date of calibration unknown"
    return "; ".join(filter(None, (one.model, one.instrument.replace(";", " "), calibrated)))


def _configuration(settings: Any) -> str:
    names = ("device_type", "interface_flag", "device_port", "channel", "dc_flag")
    said = [f"{name.replace('_', ' ')} {settings[name]}" for name in names if settings.get(name)]
    return ", ".join(said)


def _ranges(messages: Sequence[Exchange]) -> list[tuple[str, object]]:
    """Return the ranges that were set last before the test."""
    stop = next((i for i, m in enumerate(messages) if m.command.endswith("_testing")), 0)
    found: list[tuple[str, object]] = []
    for kind, name, unit in (("SR,V,", "voltage range", "V"), ("SR,A,", "current range", "A")):
        chosen = [m.command for m in messages[:stop] if m.command.startswith(kind)]
        if chosen:
            value = chosen[-1].removeprefix(kind)
            found.append((f"{name} of the test", value if value == "Auto" else f"{value} {unit}"))
    return found


def _stated(messages: Sequence[Exchange]) -> str:
    replies = [stated_uncertainty(message.reply) for message in messages]
    last = next((one for one in reversed(replies) if one is not None), None)
    if last is None or last.mean is None or last.largest is None:
        return ""
    over = f"; {last.over} of {last.readings} readings over 1 %" if last.over else ""
    return f"mean {percent(last.mean)}, largest {percent(last.largest)}{over} (by PTDaemon)"


def session_rows(reading: Reading, figures: Figures | None) -> list[Row]:
    """Return what identifies the session and what its clocks say."""
    review = reading.review
    client, server = or_none(lambda: review.client), or_none(lambda: review.server)
    found: list[tuple[str, object]] = []
    for name, session in (("client", client), ("server", server)):
        if session is not None:
            found.append((f"{name}: session", session.session))
            found.append((f"{name}: id", session.uuid.get(name, "")))
            found.append((f"{name}: time zone", _zone(session)))
    for folder, (begin, end) in reading.windows.items():
        length = duration((end - begin) / NS)
        found.append((f"{RUNS[folder]} began (UTC)", f"{moment(begin)}, for {length}"))
    if figures is not None and figures.skew_s is not None:
        found.append(("largest difference of the clocks", si(figures.skew_s, "s", 3)))
    return kept(found)


def _zone(session: Session) -> str:
    hours = -session.timezone_s / 3600
    return "UTC" if hours == 0 else f"UTC{hours:+g} h"


def moment(ns: int) -> str:
    """Return a time (ns UTC) for people."""
    return (iso(ns) or "").replace("T", " ").removesuffix("Z")


def load_rows(reading: Reading, figures: Figures | None) -> list[Row]:
    """Return what LoadGen says."""
    detail = or_none(lambda: reading.review.testing_detail)
    found: list[tuple[str, object]] = []
    if figures is not None:
        ran = figures.measured
        inferred = f"{ran}, from which {figures.scenario} is inferred"
        found.append(("scenario that ran", ran if ran == figures.scenario else inferred))
        count = figures.n_query
        found.append(("queries", "" if count is None else f"{count:,.0f}".replace(",", " ")))
    if detail is not None:
        said = ((name, detail.values.get(name)) for name in _LOGGED)
        found += [(name, _value(one.value)) for name, one in said if one is not None]
    return kept(found)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return digits(value, 6)
    return str(value) if isinstance(value, str | int) else ""
