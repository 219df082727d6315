"""Makes files of a power directory as the tools write them; every value is ours."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from joulemark.formats.inference.directory import PowerDirectory
from joulemark.formats.inference.parsed import Source
from joulemark.formats.trees.tree import MAX_FILE, Entry

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
REAL = SHARED / "mlcommons"
EXPECTED = SHARED / "expected" / "inference.csv"
T0 = datetime(2025, 7, 31, 22, 0, tzinfo=UTC)
"""When the test begins."""
SESSION = "2025-07-31_21-45-00"


def stamp(seconds: float) -> str:
    """A stamp so many seconds after T0."""
    return (T0 + timedelta(seconds=seconds)).strftime("%m-%d-%Y %H:%M:%S.%f")[:-3]


def figures(watts: float = 100.0, volts: float = 230.0, amps: float = 0.5, pf: float = 0.9) -> str:
    return f"Watts,{watts:.6f},Volts,{volts:.6f},Amps,{amps:.6f},PF,{pf:.6f}"


def reading(at: float, watts: float = 100.0, mark: str = f"{SESSION}_testing") -> str:
    """One line of a log of one channel."""
    return f"Time,{stamp(at)},{figures(watts)},Mark,{mark}"


def channels(at: float, watts: Sequence[float], first: int = 1) -> str:
    """One line of several channels, with the sum's other figures missing as PTDaemon 1.9 has it."""
    own = "".join(f",Ch{i},{figures(w)}" for i, w in enumerate(watts, first))
    return f"Time,{stamp(at)},{figures(sum(watts), -1, -1, -1)},Mark,{SESSION}_testing{own}"


def analyzers(lines: Sequence[str], at: float, watts: float) -> str:
    """One line that joins those of several analysers."""
    own = "".join(f",Analyzer{i},{line}" for i, line in enumerate(lines, 1))
    return f"Time,{stamp(at)},{figures(watts, -1, -1, -1)},Mark,{SESSION}_testing{own}"


def power_log(count: int = 10, line: Callable[[float, float], str] = reading) -> bytes:
    """A log of so many readings, a second apart."""
    return "".join(f"{line(i, 100.0 + i)}\n" for i in range(count)).encode()


CONSOLE = f"""\
Selected power meter 'Yokogawa WT310' from wt310.cpp
  ****************************************************************************
                        Version 1.11.1-0123abcd-20240907

{stamp(-900)}: Attempting to connect to measurement device type 49...
{stamp(-890)}: Uncertainty checking for YokogawaWT310 is activated
{stamp(-880)}: Go with mark '{SESSION}_ranging'
Buffer was 500.0E-03;1;300.0E+00;1
{stamp(-270)}: Completed test
{stamp(-30)}: Go with mark '{SESSION}_testing'
{stamp(2)}: WARNING: Uncertainty 1.07%, which is above 1.00% limit for the last sample!
{stamp(630)}: Completed test
""".encode()


def session(*, server: bool = False, **changed: Any) -> bytes:
    """A session file; a field given as ... is left out."""
    phases = [[T0.timestamp() + s, 5000.0 + s] for s in (-40.0, -20.0, 620.0, 640.0)]
    document: dict[str, Any] = {
        "version": "1.0",
        "timezone": 0,
        "modules": {"lib.server": "lib/server.py"},
        "sources": {"lib/server.py": "9bc9a3b6b9b716520658ac175913bcbbdb354336"},
        "messages": [
            {"cmd": "mlcommons/power client v3", "cmd_time": 1.5, "reply": "x v3", "reply_time": 2}
        ],
        "uuid": {"client": "c", "server": "s"},
        "session_name": SESSION,
        "results": {"run_1/spl.txt": "0" * 40},
        "phases": {"ranging": [[t - 900, m] for t, m in phases], "testing": phases},
    }
    if server:
        identity = "YokogawaWT310,1000,1,1,1,1,0,0,1,version=1.11.1-0123abcd-20240907,OS=Linux"
        document["ptd_messages"] = [{"cmd": "Identify", "reply": identity}]
        document["ptd_config"] = [{"command": ["ptd"], "device_type": 49, "channel": None}]
    document |= changed
    return json.dumps({k: v for k, v in document.items() if v is not ...}, indent=4).encode()


def record(key: str, value: Any, *, error: bool = False, marker: str = ":::MLLOG") -> str:
    """One line of a detail log."""
    metadata = {"is_error": error, "is_warning": False, "file": "x.cc", "line_no": 1}
    return f"{marker} " + json.dumps(
        {"key": key, "value": value, "time_ms": 0.1, "namespace": "n", "metadata": metadata}
    )


def detail(*more: str) -> bytes:
    """A detail log of a test of 600 s."""
    lines = [
        record("loadgen_version", "5.1.0 @ 0123456789"),
        record("loadgen_git_log_message", "a power_begin in a message"),
        record("effective_scenario", "Offline"),
        record("loaded_qsl_set", list(range(20_000))),
        record("power_begin", stamp(0)),
        record("power_end", stamp(600)),
        record("result_validity", "VALID"),
        record("result_samples_per_second", 1403.82),
        *more,
    ]
    return "".join(f"{line}\n" for line in lines).encode()


SUMMARY = b"""\
================================================
MLPerf Results Summary
================================================
SUT name : nan
Scenario : Offline
Mode     : PerformanceOnly
Samples per second: 1403.82
Result is : VALID
  Min duration satisfied : Yes

================================================
Test Parameters Used
================================================
target_latency (ns): 0
qsl_rng_seed : 14771362308971278857

No warnings encountered during test.
"""


class Memory:
    """A tree of files that stand in memory."""

    name, location, token = "memory", "/memory", ""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.left_out: Counter[str] = Counter()

    def entries(self, under: str = "") -> Iterator[Entry]:
        for path in sorted(self.files):
            if path.startswith(under and f"{under}/"):
                yield Entry(path, len(self.files[path]))

    def read(self, path: str, limit: int = MAX_FILE, *, identity: str = "") -> bytes:
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]

    def close(self) -> None:
        pass


def directory(**changed: bytes) -> PowerDirectory:
    """A power directory; files are changed by ``client``, ``server``, ``console``, ``detail``."""
    files = {
        "power/client.json": changed.get("client", session()),
        "power/server.json": changed.get("server", session(server=True)),
        "power/ptd_logs.txt": changed.get("console", CONSOLE),
        "run_1/spl.txt": power_log(),
        "run_1/mlperf_log_detail.txt": changed.get("detail", detail()),
        "run_1/mlperf_log_summary.txt": SUMMARY,
        "ranging/spl.txt": power_log(),
        "ranging/mlperf_log_detail.txt": detail(),
        "ranging/mlperf_log_summary.txt": SUMMARY,
    }
    tree = Memory({f"d/{name}": data for name, data in files.items() if data})
    entries = {entry.path.removeprefix("d/"): entry for entry in tree.entries()}
    return PowerDirectory(tree, "d", entries)


def source(data: bytes | str) -> Source:
    return Source("f", data.encode() if isinstance(data, str) else data)
