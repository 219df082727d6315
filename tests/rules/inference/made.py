"""A power directory whose every file is made here: good as it is, to be spoilt by tests."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from joulemark.formats.inference.directory import Place, PowerDirectory
from joulemark.formats.inference.system import system_fields
from joulemark.formats.trees.tree import MAX_FILE, Entry
from joulemark.rules.official.sources import known_sources

ROOT = "closed/Maker/results/box/resnet50/Offline/performance"
SESSION = "2025-07-12_23-00-00"
T0 = 1752361200.0
"""2025-07-12 23:00:00 UTC."""
RANGING_AT, TESTING_AT = 20.0, 670.0
"""When the two measurements begin, s after T0."""
WINDOW = 600.5
LEAD = 5.25
"""From the first reading to LoadGen's begin, s."""
READINGS = 615


def stamp(seconds: float) -> str:
    """Return PTDaemon's and LoadGen's way of writing a time, s after T0, as UTC."""
    moment = datetime.fromtimestamp(round(T0 + seconds, 3), UTC)
    return moment.strftime("%m-%d-%Y %H:%M:%S.%f")[:-3]


class MemoryTree:
    """A tree of files held in memory; None stands for a file whose content is not there."""

    def __init__(self, files: dict[str, bytes | None]) -> None:
        self.name, self.location, self.token = "memory", "/memory", ""
        self.left_out: Counter[str] = Counter()
        self.files = files

    def entries(self, under: str = "") -> Iterator[Entry]:
        for path in sorted(self.files):
            if path.startswith(under and f"{under}/"):
                yield Entry(path)

    def read(self, path: str, limit: int = MAX_FILE, *, identity: str = "") -> bytes:
        content = self.files.get(path)
        if content is None:
            raise FileNotFoundError(path)
        return content

    def close(self) -> None:
        pass


def _readings(begin: float) -> list[list[float]]:
    """Return time (s after T0), watts, volts, amperes and power factor of each second."""
    rows = []
    for i in range(READINGS):
        watts = 200 + 2 * math.sin(i / 7)
        volts, factor = 230 + 0.5 * math.cos(i / 11), 0.95
        rows.append([begin + i, watts, volts, watts / volts / factor, factor])
    return rows


def _detail(begin: float) -> dict[str, Any]:
    return {
        "loadgen_version": "5.1.0 @ 0123456789",
        "power_begin": stamp(begin + LEAD),
        "effective_scenario": "Offline",
        "effective_min_duration_ms": 600000,
        "effective_target_qps": 1000.0,
        "effective_samples_per_query": 660000,
        "result_samples_per_second": 1100.0,
        "result_query_count": 1,
        "result_validity": "VALID",
        "power_end": stamp(begin + LEAD + WINDOW),
    }


def _phases(early: float) -> dict[str, list[list[float]]]:
    """Return the stamps of a host whose clock is early, s."""
    times = {
        "ranging": (0.0, RANGING_AT - 0.5, RANGING_AT + READINGS + 5, RANGING_AT + READINGS + 15),
        "testing": (651.0, TESTING_AT - 0.5, TESTING_AT + READINGS + 5, TESTING_AT + READINGS + 15),
    }
    return {run: [[T0 + t - early, 5000 + t] for t in stamps] for run, stamps in times.items()}


def _messages() -> list[dict[str, Any]]:
    pairs = [
        ("mlcommons/power client v3", "mlcommons/power server v3"),
        ("time", str(T0)),
        ("new,,11111111-2222-4333-8444-555555555555", f"OK {SESSION},6"),
    ]
    for run in ("ranging", "testing"):
        pairs += [(f"session,{SESSION},{step},{run}", "OK") for step in ("start", "stop")]
    pairs.append((f"session,{SESSION},done", "OK"))
    return [{"cmd": cmd, "reply": reply, "cmd_time": T0, "reply_time": T0} for cmd, reply in pairs]


STARTED = "Starting untimed measurement, maximum 500000 samples at 1000ms with 0 rampup samples"
IDENTITY = (
    "YokogawaWT310E,1000,1,1,1,1,0,0,1,version=1.11.1-462c978e-20240907,OS=Linux 6,mode=power,"
    "1,1,1,0,0,2025-01-15,YOKOGAWA;WT310E;C3XA04010E;F1.04"
)


def _ptd_messages(volts: float, amps: float) -> list[dict[str, str]]:
    pairs = [
        ("Hello", "Hello, PTDaemon here!"),
        ("Identify", IDENTITY),
        ("RR", "Ranges,0,5.000000,1,300.000000"),
        ("SR,V,Auto", "Range V changed"),
        ("SR,A,Auto", "Range A changed"),
        (f"Go,1000,0,{SESSION}_ranging", STARTED),
        ("Stop", "Stopping untimed measurement"),
        ("Uncertainty", "Uncertainty,-1.0,10000000.000000,0.000000,615,0,0,615"),
        (f"SR,V,{volts:.6f}", "Range V changed"),
        (f"SR,A,{amps:.6f}", "Range A changed"),
        (f"Go,1000,0,{SESSION}_testing", STARTED),
        ("Stop", "Stopping untimed measurement"),
        ("Uncertainty", "Uncertainty,0.004000,0.003900,0.004200,615,0,615,0"),
        ("SR,V,Auto", "Range V changed"),
        ("SR,A,5.000000", "Range A changed"),
    ]
    return [{"cmd": command, "reply": reply} for command, reply in pairs]


def _console() -> list[str]:
    return [
        "Selected power meter 'Yokogawa WT310'",
        f"{stamp(2)}: Uncertainty checking for YokogawaWT310E is activated",
        f"{stamp(19)}: Go with mark '{SESSION}_ranging'",
        f"{stamp(20)}: ERROR: Can't evaluate uncertainty of this sample!",
        f"{stamp(20)}: WARNING: Uncertainty unknown for the last measurement sample!",
        f"{stamp(640)}: Completed test",
        f"{stamp(669)}: Go with mark '{SESSION}_testing'",
        f"{stamp(1290)}: Completed test",
    ]


REVISIONS = {"v1.0": "2021-03-03", "v2.1": "2022-06-07", "v5.1": "2025-01-07"}
"""A revision of the official tool that the round allows."""
MEASUREMENTS = "closed/Maker/measurements/box"
TABLE, SETTINGS = f"{MEASUREMENTS}/analyzer_table.md", f"{MEASUREMENTS}/power_settings.md"
SYSTEM = "closed/Maker/systems/box.json"


def _around() -> dict[str, bytes]:
    columns = "| Vendor | Model | Firmware | Config |\n|--|--|--|--|\n"
    fields = system_fields()
    return {
        TABLE: f"{columns}| Yokogawa | WT310E | 1.04 | single |\n".encode(),
        SETTINGS: b"# Power settings\n\nNone.\n",
        SYSTEM: json.dumps(dict.fromkeys((*fields.required, *fields.power), "x")).encode(),
    }


SUMMARY = "SUT name : box\nScenario : Offline\nSamples per second: 1100\nResult is : VALID\n"
UUIDS = {
    "client": "11111111-2222-4333-8444-555555555555",
    "server": "66666666-7777-4888-9999-000000000000",
}


@dataclass
class Made:
    """A directory in the making; what is not changed is good.

    Attributes:
        round: of the place.
        scenario: of the place.
        client, server: documents; the hashes of files are filled in at the end.
        ranging, testing: readings.
        details: of ranging and testing, by key.
        console: lines.
        testing_console: lines within the test, put before its end.
        others: files beside the usual, or instead of them; None takes the content away.
        absent: files that are left out.
        around: files outside the directory.
        after: changes to the finished files, hashes and all.
    """

    round: str = "v5.1"
    scenario: str = "Offline"
    client: dict[str, Any] = field(default_factory=dict)
    server: dict[str, Any] = field(default_factory=dict)
    ranging: list[list[float]] = field(default_factory=lambda: _readings(RANGING_AT))
    testing: list[list[float]] = field(default_factory=lambda: _readings(TESTING_AT))
    details: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    summary: str = SUMMARY
    console: list[str] = field(default_factory=_console)
    testing_console: list[str] = field(default_factory=list)
    mark: str = SESSION
    tails: dict[int, str] = field(default_factory=dict)
    others: dict[str, bytes | None] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    around: dict[str, bytes] = field(default_factory=_around)
    after: list[Callable[[dict[str, bytes | None]], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        common = {
            "version": "1.0",
            "timezone": 0,
            "modules": {},
            "sources": dict(known_sources()[REVISIONS[self.round]]),
            "session_name": SESSION,
        }
        volts = max(row[2] for row in self.ranging)
        amps = 1.1 * max(row[3] for row in self.ranging)
        self.client = {**common, "uuid": dict(UUIDS), "messages": _messages()} | self.client
        self.client["phases"] = _phases(0.002)
        self.server = {**common, "uuid": dict(UUIDS), "messages": _messages()} | self.server
        self.server |= {
            "phases": _phases(0.0),
            "ptd_messages": _ptd_messages(volts, amps),
            "ptd_config": [{"device_type": 49, "command": ["ptd"], "channel": None}],
        }
        self.details = {"ranging": _detail(RANGING_AT), "run_1": _detail(TESTING_AT)}

    def ptd(self, command: str) -> list[dict[str, str]]:
        """Return PTDaemon's messages whose command begins so."""
        return [m for m in self.server["ptd_messages"] if m["cmd"].startswith(command)]

    def files(self) -> dict[str, bytes | None]:
        """Return every file by its path in the directory."""
        made: dict[str, bytes | None] = {
            "power/client.log": b"client\n",
            "power/server.log": b"server\n",
            "power/ptd_logs.txt": self._console().encode(),
            "ranging/spl.txt": self._power_log(self.ranging, "ranging", {}).encode(),
            "run_1/spl.txt": self._power_log(self.testing, "testing", self.tails).encode(),
            "ranging/mlperf_log_summary.txt": SUMMARY.encode(),
            "run_1/mlperf_log_summary.txt": self.summary.encode(),
            "ranging/mlperf_log_detail.txt": self._detail("ranging").encode(),
            "run_1/mlperf_log_detail.txt": self._detail("run_1").encode(),
        }
        made.update(self.others)
        hashes = {
            file: hashlib.sha1(content, usedforsecurity=False).hexdigest()
            for file, content in made.items()
            if content is not None and not file.startswith("power/extra")
        }
        mine = {f: h for f, h in hashes.items() if "mlperf" in f or f == "power/client.log"}
        theirs = {f: h for f, h in hashes.items() if f not in mine}
        self.client.setdefault("results", mine)
        self.server.setdefault("results", theirs)
        made.setdefault("power/client.json", json.dumps(self.client, indent=4).encode())
        made.setdefault("power/server.json", json.dumps(self.server, indent=4).encode())
        for change in self.after:
            change(made)
        return {file: content for file, content in made.items() if file not in self.absent}

    def directory(self) -> PowerDirectory:
        """Return the directory."""
        files = self.files()
        tree = MemoryTree({f"{ROOT}/{file}": content for file, content in files.items()})
        tree.files.update(self.around)
        entries = {file: Entry(f"{ROOT}/{file}") for file in files}
        place = Place(self.round, "closed", "Maker", "box", "resnet50", self.scenario)
        beside = tuple(Entry(path) for path in self.around if path.startswith(MEASUREMENTS))
        return PowerDirectory(tree, ROOT, entries, place, beside)

    def _console(self) -> str:
        return "\r\n".join([*self.console[:-1], *self.testing_console, *self.console[-1:], ""])

    def _power_log(self, rows: list[list[float]], run: str, tails: dict[int, str]) -> str:
        lines = [
            f"Time,{stamp(t)},Watts,{w:.6f},Volts,{v:.6f},Amps,{a:.6f},PF,{p:.6f},"
            f"Mark,{self.mark}_{run}{tails.get(i, '')}"
            for i, (t, w, v, a, p) in enumerate(rows)
        ]
        return "\n".join([*lines, ""])

    def _detail(self, run: str) -> str:
        lines = [_logged(key, value) for key, value in self.details[run].items()]
        if run == "run_1":
            lines += [_logged("error_runtime", text, is_error=True) for text in self.errors]
        return "\n".join([*lines, ""])


def _logged(key: str, value: object, *, is_error: bool = False) -> str:
    record = {
        "key": key,
        "value": value,
        "time_ms": 0.1,
        "namespace": "mlperf::logging",
        "event_type": "POINT_IN_TIME",
        "metadata": {"is_error": is_error, "is_warning": False, "file": "x.cc", "line_no": 1},
    }
    return f":::MLLOG {json.dumps(record)}"
