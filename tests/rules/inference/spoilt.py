"""What spoils a good directory: for each rule changes that it must find."""

from __future__ import annotations

from collections.abc import Callable

from joulemark.rules.official.sources import known_sources
from tests.rules.inference.made import (
    SESSION,
    SETTINGS,
    SYSTEM,
    TABLE,
    TESTING_AT,
    Made,
    stamp,
)

Spoil = Callable[[Made], object]


def _in_test(made: Made, *messages: str, at: float = 700.0) -> None:
    made.testing_console += [f"{stamp(at)}: {message}" for message in messages]


def _remove(file: str) -> Spoil:
    return lambda made: made.absent.add(file)


def _replace(file: str, content: bytes | None) -> Spoil:
    return lambda made: made.others.update({file: content})


def _after(file: str, change: Callable[[bytes], bytes]) -> Spoil:
    def spoil(made: Made) -> None:
        made.after.append(lambda files: files.update({file: change(files[file] or b"")}))

    return spoil


def _server(**fields: object) -> Spoil:
    return lambda made: made.server.update(fields)


def _dropped(made: Made) -> None:
    for i in (100, 101, 300):
        made.testing[i][1:] = [-1.0, -1.0, -1.0, -1.0]


def _scaled(made: Made, factor: float) -> None:
    for row in made.testing:
        row[1] *= factor
        row[3] *= factor


def _set(made: Made, command: str, value: str) -> None:
    made.ptd(command)[1]["cmd"] = f"{command}{value}"


def _shift(made: Made, run: str, seconds: float) -> None:
    for key, at in (("power_begin", 675.25), ("power_end", 1275.75)):
        made.details[run][key] = stamp(at + seconds)


def _reply(made: Made, command: str, reply: str, *, number: int = -1) -> None:
    made.ptd(command)[number]["reply"] = reply


def _identity(made: Made, old: str, new: str) -> None:
    message = made.ptd("Identify")[0]
    message["reply"] = message["reply"].replace(old, new)


def _phases(made: Made, run: str, place: int, change: float) -> None:
    made.client["phases"][run][place][0] += change


def _without(made: Made, rows: slice) -> None:
    del made.testing[rows]


def _channels(made: Made) -> None:
    first = "Ch1,Watts,50.0,Volts,230.0,Amps,0.23,PF,0.95"
    second = "Ch2,Watts,20.0,Volts,230.0,Amps,0.1,PF,0.9"
    made.tails = dict.fromkeys(range(len(made.testing)), f",{first},{second}")


def _low(made: Made) -> None:
    for row in made.testing:
        row[1:] = [10.0, 230.0, 10 / 230 / 0.4, 0.4]


def _read_twice_as_often(made: Made) -> None:
    """Read the second half, of a little more power, twice a second: the plain mean is too high."""
    for row in made.testing[300:]:
        row[1] *= 1.02
        row[3] *= 1.02
    more = [[row[0] + 0.5, *row[1:]] for row in made.testing[300:]]
    made.testing = sorted(made.testing + more)


def _late_activation(made: Made) -> None:
    made.console.insert(4, made.console.pop(1))


def _half_file(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _ends_of_replies(made: Made) -> None:
    """Take away the CR that PTDaemon writes after its replies alone."""
    name = "power/ptd_logs.txt"
    lines = [f"{stamp(1)}: Response to client sent: Hello\r", f"{stamp(1)}: Waiting", ""]
    recorded = "\n".join([*made.console, *lines]).encode()
    made.others[name] = recorded
    made.after.append(lambda files: files.update({name: recorded.replace(b"\r", b"")}))


def _many(made: Made) -> None:
    for i in range(30):
        made.others[f"power/extra{i}"] = b"x"


def _streams(made: Made) -> None:
    made.scenario = "SingleStream"
    made.details["run_1"]["effective_scenario"] = "SingleStream"
    made.details["run_1"]["result_query_count"] = 0


def _short(made: Made) -> None:
    made.details["run_1"]["power_end"] = stamp(675.25 + 599)


def _longer_ranging(made: Made) -> None:
    made.details["ranging"]["power_end"] = stamp(25.25 + 609)
    made.details["run_1"]["power_end"] = stamp(675.25 + 300)


def _short_ranging(made: Made) -> None:
    made.details["ranging"]["power_end"] = stamp(25.25 + 300)


def _no_marks(made: Made) -> None:
    del made.details["ranging"]["power_end"]


def _backwards(made: Made) -> None:
    details = made.details["run_1"]
    details["power_begin"], details["power_end"] = details["power_end"], details["power_begin"]


def _twice(made: Made) -> None:
    made.client["results"] = {}
    made.after.append(lambda files: None)
    made.files()
    file = "power/ptd_logs.txt"
    mine = made.client.pop("results")
    theirs = made.server.pop("results")
    made.client["results"] = {**mine, **theirs, file: "0" * 40}
    made.server["results"] = theirs


def _unrecorded(made: Made) -> None:
    made.files()
    del made.server["results"]["power/server.log"]


def _left_behind(made: Made) -> None:
    made.files()
    made.server["results"]["run_1/ptd_out.txt"] = "0" * 40


def _wrong_volts(made: Made) -> None:
    for row in made.testing:
        row[2] = 100.0


def _silent(made: Made) -> None:
    made.summary = made.summary.replace("Result is", "Result was")
    del made.details["run_1"]["result_validity"]


SPOILT: dict[str, list[tuple[Spoil, str]]] = {
    "inference/missing-file": [(_remove("run_1/spl.txt"), "missing")],
    "inference/missing-content": [(_replace("power/client.log", None), "content")],
    "inference/unreadable-file": [
        (_replace("power/ptd_logs.txt", b"\x00\xff\x00" * 99), "ptd_logs|PTDaemon"),
        (_after("power/server.json", _half_file), ""),
        (_replace("power/client.json", b"[" * 100_000), ""),
        (_replace("run_1/spl.txt", b""), "empty"),
        (_replace("run_1/mlperf_log_summary.txt", b"\n"), ""),
        (_replace("ranging/mlperf_log_detail.txt", b"nothing"), "LoadGen"),
    ],
    "inference/malformed-lines": [
        (
            _after("run_1/spl.txt", lambda data: data + b"Time,99-99-9999 99:99:99.999,Watts,x\n"),
            "",
        ),
        (_after("run_1/spl.txt", lambda data: data + data[:131].replace(b"-2025", b"-9999")), ""),
    ],
    "inference/unexpected-file": [
        (_replace("power/notes.docx", b"x"), "does not belong"),
        (_many, "30 files"),
    ],
    "inference/hash-mismatch": [
        (_after("power/server.log", lambda data: data + b"more"), "recorded [0-9a-f]{40}$"),
    ],
    "inference/line-ends": [
        (_after("power/ptd_logs.txt", lambda data: data.replace(b"\r", b"")), "with CRLF"),
        (_after("run_1/spl.txt", lambda data: data.replace(b"\n", b"\r\n")), "with LF"),
        (_ends_of_replies, "after PTDaemon's replies"),
    ],
    "inference/unrecorded-file": [(_unrecorded, r"power/server\.log")],
    "inference/recorded-twice": [(_twice, "to the client")],
    "inference/left-behind": [(_left_behind, r"ptd_out\.txt")],
    "inference/session-fields": [
        (lambda made: made.client.pop("sources"), "sources"),
        (_server(phases=3), "phases"),
        (_server(timezone=1e9), "timezone of 1e.09 s"),
        (lambda made: made.server.pop("ptd_config"), "ptd_config"),
    ],
    "inference/sources": [
        (lambda made: made.client["sources"].update({"lib/client.py": "0" * 40}), "no revision"),
        (_server(sources=dict(known_sources()["2021-03-03"])), "of 2021-03-03, which v5.1"),
    ],
    "inference/uuid": [
        (lambda made: made.client["uuid"].update(client="0" * 32), "UUID of the client"),
        (lambda made: made.client["uuid"].update(server="none"), "UUID of the server"),
    ],
    "inference/session-name": [(lambda made: made.client.update(session_name="x"), "'x'")],
    "inference/messages": [
        (lambda made: made.client["messages"].pop(), "7 messages"),
        (lambda made: made.client["messages"][4].update(reply="Error"), "message 5"),
    ],
    "inference/protocol-version": [
        (lambda made: made.server["messages"][0].update(reply="mlcommons/power server v2"), "v2"),
        (_server(messages=[]), "begins"),
    ],
    "inference/debug-mode": [(_server(debug=True), "debug")],
    "inference/commands": [
        (lambda made: made.server["messages"].pop(3), "stop,ranging"),
        (lambda made: made.server["messages"][5].update(reply="Error"), "not agree"),
    ],
    "inference/phase-stamps": [(lambda made: made.client["phases"]["testing"].pop(), "3 stamps")],
    "inference/time-skew": [
        (lambda made: _phases(made, "testing", 1, -0.9), "-902 ms"),
        (lambda made: _phases(made, "ranging", 0, 0.9), "898 ms"),
    ],
    "inference/clock-step": [(lambda made: _phases(made, "testing", 3, 0.2), "200 ms")],
    "inference/session-times": [
        (lambda made: _phases(made, "testing", 3, 1e12), "since 1970"),
        (lambda made: _phases(made, "testing", 3, -1300), "before the one"),
    ],
    "inference/power-marks": [(_no_marks, "power_end is missing"), (_backwards, "not after")],
    "inference/window-in-phase": [
        (lambda made: _shift(made, "run_1", -30), r"begins 24\.248 s before the phase testing$"),
        (lambda made: _shift(made, "run_1", 3600), "an hour less"),
    ],
    "inference/short-run": [(_short, "599")],
    "inference/test-much-shorter": [(_longer_ranging, "609.0 s, testing 300.0 s")],
    "inference/ranging-much-shorter": [(_short_ranging, "300.0 s, testing 600.5 s")],
    "inference/ptd-version": [
        (lambda made: _identity(made, "1.11.1", "1.9.2"), "1.9.2"),
        (lambda made: made.server["ptd_messages"].pop(1), "did not answer"),
    ],
    "inference/meter-model": [(lambda made: _identity(made, "WT310E,1000", "X,1000"), "YokogawaX")],
    "inference/ptd-replies": [
        (lambda made: _reply(made, "SR,A", "Error"), "SR,A"),
        (lambda made: _reply(made, "Go,", "Error"), "Go,1000"),
        (lambda made: _reply(made, "Stop", "Error: no measurement to stop"), "Stop"),
    ],
    "inference/measurements": [
        (lambda made: made.ptd("Go,")[0].update(cmd="Go,2000,0,x"), "Go,2000"),
        (_server(ptd_messages=[]), "nothing to measure"),
    ],
    "inference/ranges-restored": [
        (lambda made: made.ptd("SR,A")[-1].update(cmd="SR,A,Auto"), "5 before"),
        (lambda made: made.ptd("SR,V")[-1].update(cmd="SR,V,300"), "Auto before"),
        (lambda made: made.ptd("RR")[0].update(reply="what"), "did not say"),
    ],
    "inference/auto-range": [
        (lambda made: _set(made, "SR,A,", "Auto"), "SR,A,Auto"),
        (
            lambda made: made.server["ptd_messages"].insert(
                11, {"cmd": "SR,A,1", "reply": "Range A changed"}
            ),
            "during the test",
        ),
    ],
    "inference/range-for-test": [
        (lambda made: _set(made, "SR,A,", "5.0"), "times the 0.9"),
        (lambda made: _set(made, "SR,V,", "300"), "times the 230"),
    ],
    "inference/range-far-above": [(lambda made: _set(made, "SR,A,", "20.0"), "set for 20 A")],
    "inference/device-type": [
        (lambda made: made.server["ptd_config"][0].update(device_type=1), "type 1"),
        (lambda made: made.server["ptd_config"][0].update(device_type=[8]), "accepted"),
        (lambda made: made.server["ptd_config"][0].update(device_type=77), "two channel"),
        (
            lambda made: made.server["ptd_config"][0].update(
                device_type=77, command=["ptd", "-c", "1"], channel=[1, 2]
            ),
            "two channel",
        ),
    ],
    "inference/calibration-age": [
        (lambda made: _identity(made, "2025-01-15", "2023-01-15"), "2023-01-15"),
        (lambda made: _identity(made, "2025-01-15", "01-15-2026"), "2026-01-15"),
    ],
    "inference/calibration-unknown": [
        (lambda made: _identity(made, "2025-01-15", "no_cal_date"), "WT310E"),
        (lambda made: _identity(made, "2025-01-15", "last spring"), "WT310E"),
    ],
    "inference/stated-uncertainty": [
        (
            lambda made: _reply(made, "Uncertainty", "Uncertainty,0.011,0.009,0.02,9,8,1,0"),
            "1.10 %",
        ),
        (lambda made: _reply(made, "Uncertainty", "Uncertainty,-1.0,1e7,0.0,9,0,0,9"), "not known"),
    ],
    "inference/console-runs": [
        (lambda made: made.console.pop(6), f"{SESSION}_testing"),
        (lambda made: made.console.pop(2), f"{SESSION}_ranging"),
    ],
    "inference/uncertainty-check": [
        (lambda made: made.console.pop(1), "no line"),
        (_late_activation, "after ranging began"),
    ],
    "inference/uncertainty-over-limit": [
        (
            lambda made: _in_test(
                made,
                "WARNING: Uncertainty 1.05% above 1.00% limit for the last measurement sample!",
            ),
            r"1 of 600 readings are over 1 %, up to 1\.05 %",
        ),
        (
            lambda made: _in_test(
                made,
                *(
                    "WARNING: Uncertainty 1.2%, which is above 1.00% limit for the last sample, "
                    f"logical channel {channel}!"
                    for channel in (1, 2, 3)
                ),
            ),
            r"1 of 600 readings are over 1 %, up to 1\.20 %",
        ),
    ],
    "inference/uncertainty-unknown": [
        (
            lambda made: _in_test(
                made, "WARNING: Uncertainty unknown for the last measurement sample!"
            ),
            "1 of 600",
        )
    ],
    "inference/range-exceeded": [
        (
            lambda made: _in_test(
                made,
                "ERROR: Current exceeds peak value allowed for range 0.50A and CF 3.",
                "ERROR: Can't evaluate uncertainty of this sample!",
                "ERROR: Current exceeds peak value allowed for range 0.50A and CF 3.",
            ),
            "0.50A and CF 3. .2 times",
        )
    ],
    "inference/errors-in-test": [
        (lambda made: _in_test(made, "ERROR: Bad watts reading nan from WT330"), "Bad watts"),
        (lambda made: made.console.append(f"{stamp(1400)}: ERROR: lost"), "lost"),
    ],
    "inference/usb-errors": [
        (lambda made: _in_test(made, "ERROR: USB."), "USB"),
        (lambda made: made.console.append(f"{stamp(1400)}: ERROR: "), "without text"),
    ],
    "inference/warnings-in-test": [
        (lambda made: _in_test(made, "WARNING: Missed 3 samples"), "Missed 3")
    ],
    "inference/errors-in-ranging": [
        (
            lambda made: made.console.insert(
                3, f"{stamp(21)}: ERROR: Bad watts reading inf from WT"
            ),
            "Bad watts",
        )
    ],
    "inference/samples-in-window": [(lambda made: _scaled(made, 0), "none of 615")],
    "inference/dropped-samples": [(_dropped, "3 of 600")],
    "inference/not-finite": [
        (lambda made: made.testing[50].__setitem__(1, float("nan")), "nan"),
        (lambda made: made.ranging[50].__setitem__(1, float("inf")), "nan|inf"),
        (lambda made: made.testing[50].__setitem__(1, 1e30), "1e"),
    ],
    "inference/gaps": [(lambda made: _without(made, slice(100, 103)), "4.0 s; 3 s of")],
    "inference/window-covered": [
        (lambda made: _without(made, slice(0, 10)), "4.8 s after"),
        (lambda made: _without(made, slice(600, 615)), "before the end"),
    ],
    "inference/time-order": [
        (lambda made: made.testing[200].__setitem__(0, TESTING_AT), "goes back 1 times")
    ],
    "inference/marks": [(lambda made: setattr(made, "mark", "other"), "'other_")],
    "inference/mean-power-lower": [(lambda made: _scaled(made, 0.9), "-10.0 %")],
    "inference/mean-power-higher": [(lambda made: _scaled(made, 1.1), r"\+10.0 %")],
    "inference/low-power-factor": [(_low, "0.40 at 0.109 A")],
    "inference/power-product": [(_wrong_volts, "615 readings are not")],
    "inference/channel-sum": [(_channels, "70 W")],
    "inference/integral": [(_read_twice_as_often, "integral")],
    "inference/loadgen-invalid": [
        (
            lambda made: setattr(made, "summary", made.summary.replace("VALID", "INVALID")),
            "summary",
        ),
        (lambda made: made.details["run_1"].update(result_validity="INVALID"), "INVALID"),
        (_silent, "does not say"),
    ],
    "inference/loadgen-errors": [(lambda made: made.errors.append("boom"), "boom")],
    "inference/loadgen-modified": [
        (lambda made: made.errors.append("Loadgen built with uncommitted changes!"), "uncommitted")
    ],
    "inference/min-duration": [
        (lambda made: made.details["run_1"].update(effective_min_duration_ms=60000), "60000")
    ],
    "inference/scenario": [(lambda made: setattr(made, "scenario", "Server"), "ran Offline")],
    "inference/analyzer-table": [
        (lambda made: made.around.pop(TABLE), "no analyzer_table"),
        (lambda made: made.around.update({TABLE: b" \n"}), "is empty"),
    ],
    "inference/power-settings": [
        (lambda made: made.around.pop(SETTINGS), "no power_settings"),
        (lambda made: made.around.update({SETTINGS: b"\n"}), "is empty"),
    ],
    "inference/analyzer-named": [
        (
            lambda made: made.around.update({TABLE: made.around[TABLE].replace(b"310E", b"500")}),
            "names WT500, the session measured with YokogawaWT310E",
        )
    ],
    "inference/system-description": [
        (lambda made: made.around.update({SYSTEM: b"{}"}), "power_management")
    ],
    "inference/alone": [(lambda made: made.around.clear(), "was not checked")],
    "inference/query-count": [(_streams, "not logged")],
    "inference/same-workload": [
        (lambda made: made.details["ranging"].update(effective_target_qps=9.0), "target_qps")
    ],
}
