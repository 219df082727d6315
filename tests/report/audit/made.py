"""Measurements to make pages of: sample sessions, judged as a check judges them."""

from __future__ import annotations

from collections.abc import Mapping

from tests.example_tree import submitted
from tests.formats.inference.samples import Memory
from tests.inference_samples import Files, Sample, replaced

from joulemark.formats.inference.directory import Place, PowerDirectory
from joulemark.procedures.check_parts import parts
from joulemark.procedures.checked import INFERENCE, Asked
from joulemark.procedures.checking import target
from joulemark.procedures.judging import judge
from joulemark.procedures.known import known_rules
from joulemark.report.audit.reading import Member
from joulemark.report.audit.result_page import result_page
from joulemark.report.audit.stated import Stated
from joulemark.rules.official import official_verdicts

SCRIPT = "<script>document.title='taken'</script>"
TURNED = "\u202egnorw\u2066"
QUOTES = "\"'><img src=x onerror=alert(1)>"
HOSTILE = f"{SCRIPT}{TURNED}{QUOTES}\x1b[31m\x00"
PLACE = Place("v5.1", "closed", "Example", "box", "resnet50", "Offline")


def member(
    files: Mapping[str, bytes],
    place: Place = PLACE,
    path: str = "closed/Example/results/box/resnet50/Offline/performance",
    stated: tuple[Stated, ...] = (),
) -> Member:
    """Return a judged result; where the path is a published one, with what lies beside it."""
    tree = {f"{path}/{name}": data for name, data in files.items()}
    if place.system == PLACE.system:
        _, _, _, system, benchmark, scenario, _ = path.split("/")
        tree |= submitted({}, system=system, benchmark=benchmark, scenario=scenario)
    directory = _opened(tree, path, place)
    kind = parts().kind(INFERENCE)
    checked = judge(directory, target(directory, INFERENCE, kind, 0), "tree", Asked(), kind)
    return Member(directory, checked, official_verdicts(directory, "v5.1"), stated)


def _opened(files: Files, path: str, place: Place) -> PowerDirectory:
    tree, prefix = Memory(files), f"{path}/"
    entries = {e.path.removeprefix(prefix): e for e in tree.entries() if e.path.startswith(prefix)}
    beside = tuple(entry for entry in tree.entries() if "/measurements/" in entry.path)
    return PowerDirectory(tree, path, entries, place, beside)


def page(*members: Member, home: str = "../../index.html", more: int = 0) -> str:
    """Return the page of a measurement."""
    return result_page(members, known_rules(), home=home, more=more)


def hostile_files() -> Files:
    """Return a session whose every text attacks the page."""
    files = Sample().files()
    session = Sample().session
    for name in ("power/client.json", "power/server.json"):
        escaped = HOSTILE.replace('"', '\\"').replace("\x1b", "\\u001b").replace("\x00", "\\u0000")
        files = replaced(files, name, f'"{session}"', f'"{session}{escaped}"', count=1)
    console = f"07-13-2025 01:05:40.000: ERROR: {HOSTILE}\r\n".encode()
    files["power/ptd_logs.txt"] += console
    files["run_1/spl.txt"] += f"Time,{HOSTILE}\n".encode()
    detail = f':::MLLOG {{"key": "loadgen_version", "value": "{SCRIPT}"}}\n'
    files["run_1/mlperf_log_detail.txt"] = detail.encode() + files["run_1/mlperf_log_detail.txt"]
    return files


def hostile() -> Member:
    """Return a result whose names and files attack the page."""
    place = Place("v5.1", "closed", HOSTILE, HOSTILE, HOSTILE, "Offline")
    return member(hostile_files(), place, f"closed/{HOSTILE}/results/{HOSTILE}/performance")
