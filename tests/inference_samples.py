"""Small power directories that are right in every respect, of any round, and copies gone wrong.

``Sample()`` is a session as its client, server, PTDaemon and LoadGen write it, with twenty seconds
of load; ``sample.files()`` gives the files, with the hashes and times that belong together. A copy
goes wrong by :func:`edited` (a session file), :func:`replaced` and :func:`added` (texts in any
file), or by changing the mapping; :func:`rehashed` makes the hashes fit again. :func:`opened` gives
the power directory, :func:`written` puts the files into a folder, :func:`submission` lays them out
as submitters do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from joulemark.formats.inference.directory import Place, PowerDirectory
from joulemark.rules.official.sources import allowed_sources, known_sources
from tests.formats.inference.samples import Memory, record

Files = dict[str, bytes]
CLIENT, SERVER, CONSOLE = "power/client.json", "power/server.json", "power/ptd_logs.txt"
MODES = {"ranging": "ranging", "testing": "run_1"}
STARTING = "Starting untimed measurement, maximum 500000 samples at 1000ms with 0 rampup samples"
STOPPING, NOTHING = "Stopping untimed measurement", "Error: no measurement to stop"
UNCERTAIN = "ERROR: Can't evaluate uncertainty of this sample!"
UNKNOWN = "WARNING: Uncertainty unknown for the last measurement sample!"
DAYS = {
    "v1.0": "2021-03-17",
    "v1.1": "2021-08-12",
    "v2.0": "2022-02-20",
    "v2.1": "2022-08-05",
    "v3.0": "2023-02-20",
    "v3.1": "2023-08-01",
    "v4.0": "2024-02-10",
    "v4.1": "2024-07-24",
    "v5.0": "2025-02-22",
    "v5.1": "2025-07-13",
}
UUID = {
    "client": "0a8e22a4-53b5-4c59-9a6b-38d3a5b4d001",
    "server": "0a8e22a4-53b5-4c59-9a6b-38d3a5b4d002",
}


def stamp(seconds: float) -> str:
    """A stamp of PTDaemon and LoadGen."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%m-%d-%Y %H:%M:%S.%f")[:-3]


@dataclass(frozen=True)
class Sample:
    """One session.

    Attributes:
        round: whose tools wrote it.
        channels: of each analyser; more than one makes it a multichannel WT330.
        analyzers: how many; the official checker refuses more than one.
        seconds: of load, in each run.
        watts: mean power under load in the testing run.
        ranging_watts: likewise, in the ranging run.
        idle_watts: power before and after the load.
        scenario: LoadGen's name.
        timezone_s: added to local time for UTC, s; v1.0 stamps are local.
        begin: when the session begins, s since 1970; 0: on a day of the round.
        skew_s: how far the server's clock is ahead of the client's.
        min_duration_ms: what LoadGen was set to.
        performance: samples per second, or queries per second of the stream scenarios.
    """

    round: str = "v5.1"
    channels: int = 1
    analyzers: int = 1
    seconds: int = 20
    watts: float = 100.0
    ranging_watts: float = 101.0
    idle_watts: float = 40.0
    scenario: str = "Offline"
    timezone_s: int = 0
    begin: float = 0.0
    skew_s: float = 0.005
    min_duration_ms: int = 600_000
    performance: float = 50.0

    def __post_init__(self) -> None:
        if not self.begin:
            day = datetime.fromisoformat(f"{DAYS.get(self.round, DAYS['v5.1'])}T01:04:14+00:00")
            object.__setattr__(self, "begin", day.timestamp())

    @property
    def number(self) -> tuple[int, int]:
        """The round as numbers."""
        major, minor = self.round.removeprefix("v").split(".")
        return int(major), int(minor)

    @property
    def model(self) -> tuple[str, int]:
        """Name and type of the analyser."""
        return ("YokogawaWT330_multichannel", 77) if self.channels > 1 else ("YokogawaWT310", 49)

    @property
    def ptd_version(self) -> str:
        """Of PTDaemon."""
        if self.number < (3, 0):
            return "1.9.2"
        return "1.10.0" if self.number < (5, 0) else "1.11.1"

    @property
    def session(self) -> str:
        """The session's name."""
        return datetime.fromtimestamp(self.begin, UTC).strftime("%Y-%m-%d_%H-%M-%S")

    def phases(self, mode: str) -> list[float]:
        """Before start, measuring, workload over, stopped, s since 1970, of the client's clock."""
        first = self.begin if mode == "ranging" else self.begin + self.seconds + 40
        return [first, first + 20, first + 23 + self.seconds, first + 34 + self.seconds]

    def load(self, mode: str) -> tuple[float, float]:
        """Begin and end of LoadGen's window."""
        begin = self.phases(mode)[1] + 1.5
        return begin, begin + self.seconds

    def stamp(self, seconds: float) -> str:
        """A stamp as the round's tools write it."""
        return stamp(seconds - (self.timezone_s if self.number == (1, 0) else 0))

    def files(self) -> Files:
        """Return every file of the power directory."""
        files = {
            "power/client.log": self._log("client"),
            "power/server.log": self._log("server"),
            CONSOLE: self.console(),
        }
        for mode, folder in MODES.items():
            files[f"{folder}/spl.txt"] = self.power_log(mode)
            files[f"{folder}/mlperf_log_detail.txt"] = self.detail(mode)
            files[f"{folder}/mlperf_log_summary.txt"] = self.summary()
        files[CLIENT] = dumped(self.session_file("client"))
        files[SERVER] = dumped(self.session_file("server"))
        return rehashed(files)

    def _log(self, side: str) -> bytes:
        when = datetime.fromtimestamp(self.begin - self.timezone_s, UTC)
        line = f"{when:%Y-%m-%d %H:%M:%S},000 [INFO] Session id is {self.session!r}"
        return f"{side} {line}\n".encode()

    # ------------------------------------------------------------------ analyser

    def readings(self, mode: str) -> list[tuple[float, float]]:
        """Return time and power of each reading."""
        phases = self.phases(mode)
        begin, end = self.load(mode)
        busy = self.watts if mode == "testing" else self.ranging_watts
        times = [phases[1] - 9.25 + i for i in range(int(phases[3] - phases[1]) + 8)]
        return [(t, busy if begin < t < end else self.idle_watts) for t in times]

    def power_log(self, mode: str) -> bytes:
        """``spl.txt``."""
        lines = (self.reading(t, watts, mode) for t, watts in self.readings(mode))
        return "".join(f"{line}\n" for line in lines).encode()

    def reading(self, seconds: float, watts: float, mode: str = "testing") -> str:
        """One line of ``spl.txt``."""
        share = watts / self.analyzers
        one = [self._analyzer_line(seconds + 0.01 * i, share, mode) for i in range(self.analyzers)]
        if self.analyzers == 1:
            return one[0]
        whole = f"Time,{self.stamp(seconds)},{_figures(watts, None)},{self._mark(mode)}"
        return whole + "".join(f",Analyzer{i},{line}" for i, line in enumerate(one, 1))

    def _mark(self, mode: str) -> str:
        return f"Mark,{self.session}_{mode}"

    def _analyzer_line(self, seconds: float, watts: float, mode: str) -> str:
        volts = None if self.channels > 1 and self.ptd_version.startswith("1.9") else 230.0
        line = f"Time,{self.stamp(seconds)},{_figures(watts, volts)},{self._mark(mode)}"
        if self.channels == 1:
            return line
        own = _figures(watts / self.channels, 230.0)
        return line + "".join(f",Ch{i},{own}" for i in range(1, self.channels + 1))

    def console(self) -> bytes:
        """``ptd_logs.txt``."""
        model, kind = self.model
        begin = self.begin
        lines = [
            "  ***********************************",
            f"                Version {self.ptd_version}-0123abcd-20240907",
            self.said(begin + 1, f"Attempting to connect to measurement device type {kind}..."),
            self.said(begin + 2, f"Uncertainty checking for {model} is activated"),
            self.said(begin + 2, f"Connected to {model} successfully"),
        ]
        for mode in MODES:
            phases = self.phases(mode)
            lines += [
                self.said(phases[1] - 10, "Go command received"),
                self.said(phases[1] - 10, f"Go with mark '{self.session}_{mode}'"),
                self.said(phases[1] - 10, f"Response to client sent: {STARTING}"),
                "",
            ]
            if mode == "ranging":
                for seconds, _ in self.readings(mode):
                    lines += [self.said(seconds, UNCERTAIN), self.said(seconds, UNKNOWN)]
            lines.append(self.said(phases[3] - 0.5, "Completed test"))
        return "".join(f"{line}\r\n" for line in lines).encode()

    def said(self, seconds: float, text: str) -> str:
        """One line of the console."""
        return f"{self.stamp(seconds)}: {text}"

    # ------------------------------------------------------------------- LoadGen

    def detail(self, mode: str) -> bytes:
        """``mlperf_log_detail.txt``."""
        begin, end = self.load(mode)
        values: dict[str, Any] = {
            "loadgen_version": f"{self.round.removeprefix('v')}.0 @ 0123456789",
            "test_datetime": datetime.fromtimestamp(begin, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "sut_name": "sample",
            "requested_scenario": self.scenario,
            "effective_scenario": self.scenario,
            "effective_min_duration_ms": self.min_duration_ms,
            "generated_query_count": self.queries,
            "generated_samples_per_query": self.samples_per_query,
            "power_begin": self.stamp(begin),
            "power_end": self.stamp(end),
            "result_validity": "VALID",
            "result_min_duration_met": True,
            "result_min_queries_met": True,
        }
        if self.number >= (2, 0):
            values["result_query_count"] = self.queries
        values |= self._results()
        return "".join(f"{record(key, value)}\n" for key, value in values.items()).encode()

    @property
    def samples_per_query(self) -> int:
        """As LoadGen generated them."""
        whole = int(self.performance * self.seconds)
        return {"Offline": whole, "MultiStream": 8}.get(self.scenario, 1)

    @property
    def queries(self) -> int:
        """How many were done."""
        return 1 if self.scenario == "Offline" else int(self.performance * self.seconds)

    def _results(self) -> dict[str, Any]:
        latency = round(1e9 / self.performance)
        if self.scenario == "Offline":
            return {"result_samples_per_second": self.performance}
        if self.scenario == "Server":
            return {
                "result_scheduled_samples_per_sec": self.performance,
                "result_completed_samples_per_sec": self.performance,
            }
        if self.scenario == "MultiStream":
            return {"result_99.00_percentile_per_query_latency_ns": latency}
        return {
            "result_90.00_percentile_latency_ns": latency,
            "result_qps_with_loadgen_overhead": self.performance,
            "result_qps_without_loadgen_overhead": self.performance,
        }

    def summary(self) -> bytes:
        """``mlperf_log_summary.txt``."""
        latency = round(1e9 / self.performance)
        result = {
            "Offline": f"Samples per second: {self.performance:g}",
            "Server": f"Completed samples per second    : {self.performance:g}",
            "MultiStream": f"99.0th percentile latency (ns) : {latency}",
        }.get(self.scenario, f"90.0th percentile latency (ns) : {latency}")
        rule = "=" * 48
        return (
            f"{rule}\nMLPerf Results Summary\n{rule}\nSUT name : sample\n"
            f"Scenario : {self.scenario}\nMode     : PerformanceOnly\n{result}\n"
            "Result is : VALID\n  Min duration satisfied : Yes\n  Min queries satisfied : Yes\n\n"
            f"{rule}\nTest Parameters Used\n{rule}\nsamples_per_query : 1\n"
            f"min_duration (ms): {self.min_duration_ms}\n\n"
            "No warnings encountered during test.\n\nNo errors encountered during test.\n"
        ).encode()

    # ------------------------------------------------------------- session files

    def session_file(self, side: str) -> dict[str, Any]:
        """``client.json`` or ``server.json``, with results still empty."""
        ahead = self.skew_s if side == "server" else 0.0
        sources = known_sources()[(allowed_sources(self.round) or allowed_sources("head"))[0]]
        document: dict[str, Any] = {
            "version": "1.0",
            "timezone": self.timezone_s,
            "modules": {f"lib.{side}": f"lib/{side}.py", "lib.common": "lib/common.py"},
            "sources": dict(sources),
            "messages": self.messages(side),
            "uuid": dict(UUID),
            "session_name": self.session,
            "results": {},
            "phases": {
                mode: [[t + ahead, 5000.0 + t - self.begin] for t in self.phases(mode)]
                for mode in MODES
            },
        }
        if side == "server":
            document["ptd_messages"] = [{"cmd": c, "reply": r} for c, r in self.ptd_messages()]
            settings = [self._settings() for _ in range(self.analyzers)]
            document["ptd_config"] = settings if self.number >= (5, 0) else settings[0]
        return document

    def messages(self, side: str) -> list[dict[str, Any]]:
        """The dialogue of client and server, as a side recorded it."""
        said = [
            ("mlcommons/power client v3", "mlcommons/power server v3"),
            ("time", f"{self.begin + self.skew_s}"),
            (f"new,,{UUID['client']}", f"OK {self.session},{UUID['server']}"),
        ]
        first = self.number == (1, 0)
        for mode in MODES:
            said += [("time", f"{self.phases(mode)[0] + self.skew_s}")]
            said += [(f"session,{self.session},{verb},{mode}", "OK") for verb in ("start", "stop")]
            said += [(f"session,{self.session},upload,{mode}", "OK")] * first
        if first and side == "server":
            said.append((f"session,{self.session},upload,client.json", "OK"))
        times = [self.begin + 0.1 * i for i in range(len(said))]
        return [
            {"cmd": cmd, "cmd_time": t, "reply": reply, "reply_time": t + 0.05}
            for (cmd, reply), t in zip(said, times, strict=True)
        ]

    def ptd_messages(self) -> list[tuple[str, str]]:
        """The dialogue of server and PTDaemon."""
        model, _ = self.model
        identity = (
            f"{model},1000,1,1,1,1,0,0,1,version={self.ptd_version}-0123abcd-20240907,OS=Linux,"
            f"mode=power,1,1,{self.channels},0,0,03 Feb 2025,YOKOGAWA;{model[8:]};C2VL2201;F1.12"
        )
        volts, amps = "Range V changed", "Range A changed"
        late = self.number > (3, 0)
        tail = [("RL", "Last 40 samples"), ("Watts", "Watts,90,40,101,40,0,40")] if late else []
        said = [
            ("Hello", "Hello, PTDaemon here!"),
            ("Identify", identity),
            ("RR", "Ranges,0,2.000000,0,300.000000"),
            ("SR,V,Auto", volts),
            *[("SR,A,Auto", amps)] * (2 if self.number >= (5, 0) else 1),
            (f"Go,1000,0,{self.session}_ranging", STARTING),
            ("Stop", STOPPING),
            *tail,
            ("SR,V,230.000000", volts),
            ("SR,A,0.478261", amps),
            (f"Go,1000,0,{self.session}_testing", STARTING),
            ("Stop", STOPPING),
            *(tail or [("Stop", NOTHING)]),
            ("SR,V,300.000000", volts),
            ("SR,A,2.000000", amps),
        ]
        return [each for each in said for _ in range(self.analyzers)]

    def _settings(self) -> dict[str, Any]:
        _, kind = self.model
        span = [1, self.channels] if self.channels > 1 else None
        flag = ["-c", f"1,{self.channels}"] if span else []
        return {
            "command": ["/opt/ptd", "-l", "/tmp/ptd.log", "-p", "8888", *flag, str(kind), "port"],
            "device_type": kind,
            "interface_flag": "",
            "dc_flag": None,
            "device_port": "port",
            "channel": span,
        }


def _figures(watts: float, volts: float | None) -> str:
    if volts is None:
        return f"Watts,{watts:.6f},Volts,-1.000000,Amps,-1.000000,PF,-1.000000"
    return f"Watts,{watts:.6f},Volts,{volts:.6f},Amps,{watts / volts / 0.9:.6f},PF,0.900000"


def dumped(document: Any) -> bytes:
    """A session file as the tools write it."""
    return json.dumps(document, indent=4).encode()


SERVER_HASHES = (CONSOLE, "power/server.log", "ranging/spl.txt", "run_1/spl.txt")
LOADGEN = ("mlperf_log_detail.txt", "mlperf_log_summary.txt")
CLIENT_HASHES = ("power/client.log", *(f"{m}/{n}" for m in MODES.values() for n in LOADGEN))


def rehashed(files: Mapping[str, bytes]) -> Files:
    """Return files with the hashes in the session files made to fit."""
    found = dict(files)
    client, server = json.loads(found[CLIENT]), json.loads(found[SERVER])
    first = any("upload" in message["cmd"] for message in server["messages"])
    client["results"] = _hashes(found, CLIENT_HASHES)
    found[CLIENT] = dumped(client)
    uploaded = (*CLIENT_HASHES, CLIENT) if first else ()
    server["results"] = _hashes(found, (*SERVER_HASHES, *uploaded))
    found[SERVER] = dumped(server)
    return found


def _hashes(files: Mapping[str, bytes], names: Sequence[str]) -> dict[str, str]:
    return {n: hashlib.sha1(files[n]).hexdigest() for n in sorted(names) if n in files}


def edited(files: Mapping[str, bytes], file: str, change: Callable[[Any], object]) -> Files:
    """Return files with a session file changed in place; what ``change`` returns is not used."""
    document = json.loads(files[file])
    change(document)
    return {**files, file: dumped(document)}


def replaced(files: Mapping[str, bytes], file: str, old: str, new: str, count: int = 1) -> Files:
    """Return files with a text that stands in a file replaced, and hashes that fit."""
    assert old.encode() in files[file]
    data = files[file].replace(old.encode(), new.encode(), count)
    return rehashed({**files, file: data})


def added(files: Mapping[str, bytes], file: str, *lines: str) -> Files:
    """Return files with lines at the end of one, and hashes that fit."""
    more = "".join(f"{line}\n" for line in lines).encode()
    return rehashed({**files, file: files[file] + more})


def opened(
    files: Mapping[str, bytes], path: str = "d", place: Place | None = None
) -> PowerDirectory:
    """Return the power directory that files make."""
    tree = Memory({f"{path}/{name}": data for name, data in files.items()})
    entries = {entry.path.removeprefix(f"{path}/"): entry for entry in tree.entries()}
    return PowerDirectory(tree, path, entries, place)


def written(files: Mapping[str, bytes], folder: Path) -> Path:
    """Put files into a folder, and return it."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def submission(
    files: Mapping[str, bytes],
    *,
    division: str = "closed",
    submitter: str = "Example",
    system: str = "box",
    benchmark: str = "resnet50",
    scenario: str = "Offline",
) -> Files:
    """Return files of a result tree with one power result, by path from its root."""
    home = f"{division}/{submitter}"
    result = f"{home}/results/{system}/{benchmark}/{scenario}/performance"
    measured = f"{home}/measurements/{system}/{benchmark}/{scenario}"
    about = {"division": division, "submitter": submitter, "system_name": system}
    about |= {"status": "available", "system_type": "edge", "number_of_nodes": "1"}
    return {
        **{f"{result}/{name}": data for name, data in files.items()},
        f"{home}/systems/{system}.json": dumped(about),
        f"{measured}/analyzer_table.md": b"| vendor | model |\n|---|---|\n| Yokogawa | WT310 |\n",
        f"{measured}/power_settings.md": b"Fans on automatic, no power cap.\n",
    }
