"""Each official check passes on what is right, and says the right word of what is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from joulemark.core.errors import FormatError, UnavailableError, UsageError
from joulemark.formats.inference.directory import PowerDirectory
from joulemark.rules.official import CHECKS, REVISIONS, Outcome, Word, official_verdicts
from tests.formats.inference.samples import Memory
from tests.inference_samples import (
    CLIENT,
    CONSOLE,
    SERVER,
    Files,
    Sample,
    added,
    edited,
    opened,
    rehashed,
    replaced,
)

ROUNDS = [name for name in REVISIONS if name != "head"]
Change = Callable[[Any], object]
TESTING = Sample().phases("testing")


def verdicts(files: Files, revision: str = "v5.1") -> dict[str, Outcome]:
    """The outcomes that are not OK."""
    found = official_verdicts(opened(files), revision)
    assert list(found) == list(CHECKS)
    return {name: outcome for name, outcome in found.items() if outcome.verdict != Word.OK}


def words(files: Files, revision: str = "v5.1") -> dict[str, str]:
    return {name: str(outcome.verdict) for name, outcome in verdicts(files, revision).items()}


def server(change: Change, sample: Sample | None = None) -> Files:
    return edited((sample or Sample()).files(), SERVER, change)


def client(change: Change) -> Files:
    return edited(Sample().files(), CLIENT, change)


def field(name: str, value: Any) -> Change:
    """Set a field; ... takes it out."""

    def change(document: Any) -> None:
        if value is ...:
            del document[name]
        else:
            document[name] = value

    return change


def ptd(place: int, *, cmd: str | None = None, reply: Any = None) -> Files:
    """A server file with one message to PTDaemon changed."""

    def change(document: Any) -> None:
        message = document["ptd_messages"][place]
        message["cmd"] = cmd if cmd is not None else message["cmd"]
        message["reply"] = reply if reply is not None else message["reply"]

    return server(change)


def said(text: str, seconds: float, sample: Sample | None = None) -> Files:
    """A console with one line more."""
    sample = sample or Sample()
    return added(sample.files(), CONSOLE, sample.said(seconds, text))


@pytest.mark.parametrize("timezone_s", [0, 28_800, -3600])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", ROUNDS)
def test_what_is_right_passes(name: str, channels: int, timezone_s: int) -> None:
    sample = Sample(round=name, channels=channels, timezone_s=timezone_s)
    assert verdicts(sample.files(), name) == {}


@pytest.mark.parametrize("name", ROUNDS)
def test_a_round_knows_its_own(name: str) -> None:
    """What passes in one round is another's only if the checkers are the same in everything."""
    files = Sample(round=name).files()
    same = {("v1.1", "v2.0"), ("v4.0", "v4.1"), ("v5.0", "v5.1"), ("v5.0", "head")}
    same |= {("v5.1", "head"), ("v1.1", "v2.1"), ("v2.0", "v2.1")}
    for other in REVISIONS:
        alike = other == name or (name, other) in same or (other, name) in same
        assert (words(files, other) == {}) is alike, other


def _message(place: int, name: str, value: Any) -> Change:
    def change(document: Any) -> None:
        document["messages"][place][name] = value

    return change


def _phase(mode: str, place: int, seconds: float) -> Change:
    def change(document: Any) -> None:
        document["phases"][mode][place][0] += seconds

    return change


IDENTITY = "YokogawaWT310,1000,1,version=1.11.1-1"

FAILS: dict[str, tuple[str, Callable[[], Files]]] = {
    "client's sources": (
        "client_sources",
        lambda: client(lambda d: d["sources"].update({"client.py": "0"})),
    ),
    "sources are no object": ("client_sources", lambda: client(field("sources", ["client.py"]))),
    "server's sources": ("server_sources", lambda: server(lambda d: d["sources"].popitem())),
    "no Identify": ("ptd_messages", lambda: ptd(1, cmd="Hello")),
    "version": ("ptd_messages", lambda: ptd(1, reply="YokogawaWT310,version=1.10.0-1")),
    "no version": ("ptd_messages", lambda: ptd(1, reply="YokogawaWT310,1000")),
    "model": ("ptd_messages", lambda: ptd(1, reply="ZESLMG,version=1.11.1-1")),
    "reply to SR": ("ptd_messages", lambda: ptd(4, reply="Error: no such range")),
    "reply to Go": ("ptd_messages", lambda: ptd(6, reply="Starting")),
    "reply to Stop": ("ptd_messages", lambda: ptd(7, reply="Error: no measurement to stop")),
    "ranges": ("ptd_messages", lambda: ptd(2, reply="Ranges,0")),
    "ranges without numbers": ("ptd_messages", lambda: ptd(2, reply="Ranges,0,x,0,1")),
    "amps not restored": ("ptd_messages", lambda: ptd(-1, cmd="SR,A,5.000000")),
    "volts not restored": ("ptd_messages", lambda: ptd(-2, cmd="SR,V,Auto")),
    "too few SR,V": ("ptd_messages", lambda: ptd(-2, cmd="RL")),
    "client's uuid": ("uuid", lambda: client(lambda d: d["uuid"].update(client="0" * 32))),
    "server's uuid": ("uuid", lambda: client(lambda d: d["uuid"].update(server="0" * 32))),
    "session": ("session_name", lambda: client(field("session_name", "another"))),
    "number of phases": ("phases", lambda: client(lambda d: d["phases"]["testing"].append([1]))),
    "skew": ("phases", lambda: Sample(skew_s=-0.9).files()),
    "skew of one phase": ("phases", lambda: server(_phase("testing", 3, 0.9))),
    "begins before": (
        "phases",
        lambda: replaced(
            Sample().files(),
            "run_1/mlperf_log_detail.txt",
            Sample().stamp(TESTING[1] + 1.5),
            Sample().stamp(TESTING[1] - 0.1),
        ),
    ),
    "ends after": (
        "phases",
        lambda: replaced(
            Sample().files(),
            "run_1/mlperf_log_detail.txt",
            Sample().stamp(TESTING[1] + 21.5),
            Sample().stamp(TESTING[2] + 0.1),
        ),
    ),
    "no power_begin": (
        "phases",
        lambda: replaced(
            Sample().files(), "ranging/mlperf_log_detail.txt", "power_begin", "power_start"
        ),
    ),
    "power of testing": ("phases", lambda: Sample(watts=94.0, ranging_watts=100.0).files()),
    "fewer messages": ("messages", lambda: server(lambda d: d["messages"].pop())),
    "another command": ("messages", lambda: server(_message(2, "cmd", "new,,other"))),
    "another reply": ("messages", lambda: server(_message(2, "reply", "Error"))),
    "protocols": (
        "messages",
        lambda: edited(client(_message(0, "reply", "mlcommons/power server v2")), SERVER,
                       _message(0, "reply", "mlcommons/power server v2")),
    ),
    "no protocol": (
        "messages",
        lambda: edited(client(_message(0, "cmd", "hello")), SERVER, _message(0, "cmd", "hello")),
    ),
    "results of both": (
        "results",
        lambda: client(lambda d: d["results"].update({CONSOLE: "0" * 40})),
    ),
    "changed file": (
        "results",
        lambda: {**Sample().files(), "power/client.log": b"rewritten\n"},
    ),
    "missing hash": (
        "results",
        lambda: client(lambda d: d["results"].pop("run_1/mlperf_log_detail.txt")),
    ),
    "missing file and hash": (
        "results",
        lambda: rehashed({k: v for k, v in Sample().files().items() if k != "power/server.log"}),
    ),
    "missing file": (
        "results",
        lambda: {k: v for k, v in Sample().files().items() if k != "power/server.log"},
    ),
    "no ranging": (
        "ptd_logs",
        lambda: replaced(Sample().files(), CONSOLE, "_ranging'", "_rating'"),
    ),
    "ranging does not end": (
        "ptd_logs",
        lambda: replaced(Sample().files(), CONSOLE, "Completed test", "Completed", 2),
    ),
    "uncertainty unchecked": (
        "ptd_logs",
        lambda: replaced(Sample().files(), CONSOLE, "is activated", "is off"),
    ),
    "uncertainty checked late": (
        "ptd_logs",
        lambda: replaced(
            Sample().files(),
            CONSOLE,
            Sample().said(Sample().begin + 2, "Unc"),
            Sample().said(Sample().begin + 20, "Unc"),
        ),
    ),
    "uncertainty checked at no time": (
        "ptd_logs",
        lambda: replaced(
            Sample().files(), CONSOLE, Sample().said(Sample().begin + 2, "Unc"), "Unc"
        ),
    ),
    "error in testing": ("ptd_logs", lambda: said("ERROR: No data", TESTING[1] + 5)),
    "type of analyser": ("ptd_config", lambda: server(lambda d: d["ptd_config"][0].update(
        device_type=0))),
    "one channel of several": (
        "ptd_config",
        lambda: server(lambda d: d["ptd_config"][0].update(channel=[1]), Sample(channels=3)),
    ),
    "no -c": (
        "ptd_config",
        lambda: server(lambda d: d["ptd_config"][0]["command"].remove("-c"), Sample(channels=3)),
    ),
    "debug": ("debug", lambda: server(field("debug", True))),
    "debug that is no truth value": ("debug", lambda: server(field("debug", None))),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILS)
def test_what_is_wrong_fails(name: str) -> None:
    check, files = FAILS[name]
    found = verdicts(files())
    assert {name: str(outcome.verdict) for name, outcome in found.items()} == {check: "FAIL"}
    assert found[check].message
    assert found[check].file.startswith("d/")


def test_every_check_fails_somewhere() -> None:
    assert {check for check, _ in FAILS.values()} == set(CHECKS)


RAISES: dict[str, tuple[str, Callable[[], Files]]] = {
    "no ptd_messages": ("ptd_messages", lambda: server(field("ptd_messages", ...))),
    "few ptd_messages": (
        "ptd_messages",
        lambda: server(lambda d: d.update(ptd_messages=[d["ptd_messages"][1]])),
    ),
    "reply that is no text": ("ptd_messages", lambda: ptd(2, reply=5)),
    "uuid": ("uuid", lambda: client(lambda d: d["uuid"].update(client="mine"))),
    "no uuid": ("uuid", lambda: client(field("uuid", {}))),
    "no phases": ("phases", lambda: client(field("phases", {}))),
    "three phases": (
        "phases",
        lambda: edited(
            client(lambda d: d["phases"]["testing"].__delitem__(slice(1, None))),
            SERVER,
            lambda d: d["phases"]["testing"].__delitem__(slice(1, None)),
        ),
    ),
    "stamp that is no time": (
        "phases",
        lambda: replaced(
            Sample().files(), "ranging/mlperf_log_detail.txt", "-2025 ", "-2025 9"
        ),
    ),
    "mark without stamp": (
        "phases",
        lambda: replaced(Sample().files(), "ranging/mlperf_log_detail.txt", "-2025 ", "/2025 "),
    ),
    "no power": (
        "phases",
        lambda: replaced(
            Sample().files(), "ranging/spl.txt", "Watts,101.000000", "Watts,0.000001", -1
        ),
    ),
    "watts that are no number": (
        "phases",
        lambda: replaced(Sample().files(), "run_1/spl.txt", "Watts,100.000000", "Watts,many"),
    ),
    "no messages": (
        "messages",
        lambda: edited(client(field("messages", [])), SERVER, field("messages", [])),
    ),
    "message without reply": ("messages", lambda: client(lambda d: d["messages"][2].pop("reply"))),
    "results": ("results", lambda: client(field("results", []))),
    "no time in the console": (
        "ptd_logs",
        lambda: added(Sample().files(), CONSOLE, "ERROR: at no time"),
    ),
    "no such day in the console": (
        "ptd_logs",
        lambda: replaced(Sample().files(), CONSOLE, "07-13-2025", "02-30-2025"),
    ),
    "console that is no text": (
        "ptd_logs",
        lambda: rehashed({**Sample().files(), CONSOLE: b"\xff\xfe"}),
    ),
    "settings are no list": ("ptd_config", lambda: server(lambda d: d.update(
        ptd_config=d["ptd_config"][0]))),
    "no settings": ("ptd_config", lambda: server(field("ptd_config", ...))),
    "-c at the end": (
        "ptd_config",
        lambda: server(
            lambda d: d["ptd_config"][0].update(command=["ptd", "-c"]), Sample(channels=3)
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RAISES)
def test_where_the_official_checker_breaks_off(name: str) -> None:
    check, files = RAISES[name]
    found = verdicts(files())
    assert {name: str(outcome.verdict) for name, outcome in found.items()} == {check: "EXC"}
    assert "Error" in found[check].message


def test_a_missing_log_breaks_off_both_checks_that_read_it() -> None:
    files = Sample().files()
    del files["run_1/mlperf_log_detail.txt"]
    assert words(files) == {"phases": "EXC", "results": "FAIL", "ptd_logs": "EXC"}


@pytest.mark.parametrize("side", [CLIENT, SERVER])
@pytest.mark.parametrize(
    "data",
    [
        None,
        b"",
        b"{",
        b"[]",
        b"{}",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"version": ' + b"9" * 5000 + b"}",
    ],
    ids=["missing", "empty", "cut", "list", "fields", "junk", "mark", "nested", "number"],
)
def test_without_session_files_nothing_starts(side: str, data: bytes | None) -> None:
    files = {k: v for k, v in Sample().files().items() if k != side}
    if data is not None:
        files[side] = data
    assert words(files) == dict.fromkeys(CHECKS, "EXC")


def test_where_a_reader_is_sent() -> None:
    found = verdicts(ptd(4, reply="Error"))["ptd_messages"]
    assert found.line is not None
    text = ptd(4, reply="Error")[SERVER].splitlines()[found.line - 1]
    assert (found.file, text.strip()) == (f"d/{SERVER}", b'"cmd": "SR,A,Auto",')

    found = verdicts(said("ERROR: No data", TESTING[1] + 5))["ptd_logs"]
    assert found.file == f"d/{CONSOLE}"
    assert found.line == Sample().files()[CONSOLE].count(b"\n") + 1

    found = verdicts({**Sample().files(), "power/client.log": b""})["results"]
    assert (found.file, found.line) == ("d/power/client.log", None)


def test_unknown_revisions_and_faults() -> None:
    directory = opened(Sample().files())
    with pytest.raises(UsageError, match=r"v9.9.*known are v1.0"):
        official_verdicts(directory, "v9.9")
    with pytest.raises(UsageError, match="H7"):
        official_verdicts(directory, "v5.1", ["H7"])


class Failing(Memory):
    """A tree that fails at one file."""

    def __init__(self, files: Files, error: Exception) -> None:
        super().__init__(files)
        self.error = error

    def read(self, path: str, *args: Any, **named: Any) -> bytes:
        if path == f"d/{CONSOLE}":
            raise self.error
        return super().read(path, *args, **named)


def _failing(error: Exception) -> dict[str, str]:
    files = {f"d/{name}": data for name, data in Sample().files().items()}
    tree = Failing(files, error)
    entries = {entry.path.removeprefix("d/"): entry for entry in tree.entries()}
    found = official_verdicts(PowerDirectory(tree, "d", entries), "v5.1")
    return {name: str(outcome.verdict) for name, outcome in found.items() if outcome.message}


def test_errors_of_a_tree_are_not_the_checkers() -> None:
    assert _failing(FormatError("too large")) == {"results": "EXC", "ptd_logs": "EXC"}
    for error in (UnavailableError("gone"), TypeError("ours")):
        with pytest.raises(type(error)):
            _failing(error)
