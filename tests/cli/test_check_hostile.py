"""Hostile and broken trees: each gives a finding, or an error that names the file."""

from __future__ import annotations

import io
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from joulemark.cli import main
from joulemark.core.finding import Verdict
from joulemark.procedures.checked import Asked
from joulemark.procedures.checking import check, search
from tests.inference_samples import Files, Sample, rehashed, submission, written

ROOT = Path(__file__).parents[2]
PLACE = "closed/A/results/s/resnet50/Offline/performance"
FILES = sorted(Sample().files())
LOGS = [name for name in FILES if not name.endswith(("client.log", "server.log", "summary.txt"))]
"""Files that rules read; of the others only the hash counts."""
MODES: tuple[list[str], ...] = ([], ["--as-official"])
Printed = pytest.CaptureFixture[str]


def laid(tmp_path: Path, files: Files) -> Path:
    """Write a power directory into a tree; return it."""
    return written(placed(files), tmp_path / "inference_results_v5.1") / PLACE


def placed(files: Files) -> Files:
    """Return files of a tree with one power directory, the usual files beside it."""
    return submission(files, submitter="A", system="s")


def one(capsys: Printed, tree: Path | str, *words: str, code: int | None = 1) -> dict[str, Any]:
    """Return the result of a check of one directory; None is any exit code of a whole check."""
    capsys.readouterr()
    answer = main(["check", str(tree), "--json", "--jobs", "1", *words])
    assert answer == code or (code is None and answer in (0, 1))
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    (line,) = said.out.splitlines()
    result: dict[str, Any] = json.loads(line)
    assert not [f for f in result["findings"] if f["rule"] == "joulemark/internal"], result
    return result


def errors_about(result: dict[str, Any], file: str) -> list[str]:
    """Return the rules that found an error in a file or name it."""
    return [
        f["rule"]
        for f in result["findings"]
        if f["severity"] == "error" and (file in f["where"] or file in f["message"])
    ]


def broken_off(code: int, capsys: Printed) -> str:
    said = capsys.readouterr()
    assert code == 4, said
    assert said.out == ""
    assert said.err.splitlines()[-1].startswith("joulemark check: ")
    assert "Traceback" not in said.err
    return said.err


# ------------------------------------------------------------------ content


SPOILT: dict[str, Callable[[bytes], bytes | None]] = {
    "missing": lambda data: None,
    "empty": lambda data: b"",
    "cut off": lambda data: data[: len(data) // 2 - 1],
    "junk": lambda data: bytes(range(256)) * 40,
    "NUL bytes": lambda data: bytes(5000),
    "one endless line": lambda data: b"7" * 3_000_000,
    "half a character": lambda data: data[:100] + b"\xff\xfe\xc3" + data[100:],
}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_file_is_found(tmp_path: Path, capsys: Printed, file: str, how: str) -> None:
    files = Sample().files()
    content = SPOILT[how](files.pop(file))
    if content is not None:
        files[file] = content
    laid(tmp_path, files)
    result = one(capsys, tmp_path)
    assert result["verdict"] == "fail"
    assert errors_about(result, file.rpartition("/")[2])
    official = one(capsys, tmp_path, "--as-official")
    assert official["verdict"] == "fail"
    assert set(official["official"].values()) <= {"OK", "WARN", "FAIL", "EXC"}


@pytest.mark.parametrize("file", LOGS)
@pytest.mark.parametrize("words", MODES, ids=["ours", "official"])
def test_ten_gigabytes_of_one_line_are_not_read(
    tmp_path: Path, capsys: Printed, file: str, words: list[str]
) -> None:
    folder = laid(tmp_path, Sample().files())
    os.truncate(folder / file, 10 << 30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = one(capsys, tmp_path, *words)
    assert result["verdict"] == "fail"
    assert errors_about(result, file.rpartition("/")[2])
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 200 << 10, "KiB"


def nested(depth: int) -> bytes:
    return b'{"version": ' + b"[" * depth + b"]" * depth + b"}"


@pytest.mark.parametrize("file", ["power/client.json", "power/server.json"])
def test_json_nested_a_hundred_thousand_deep(tmp_path: Path, capsys: Printed, file: str) -> None:
    laid(tmp_path, {**Sample().files(), file: nested(100_000)})
    assert errors_about(one(capsys, tmp_path), file)
    assert set(one(capsys, tmp_path, "--as-official")["official"].values()) == {"EXC"}


def test_a_detail_log_of_nested_json(tmp_path: Path, capsys: Printed) -> None:
    line = b':::MLLOG {"key": "power_begin", "value": ' + b"[" * 100_000 + b"\n"
    laid(tmp_path, {**Sample().files(), "run_1/mlperf_log_detail.txt": line * 3})
    result = one(capsys, tmp_path)
    assert errors_about(result, "run_1/mlperf_log_detail.txt")
    assert result["metric"] is None


YEAR = Sample().files()["run_1/spl.txt"].decode().split(",")[1].split()[0].rpartition("-")[2]


@pytest.mark.parametrize("year", ["9999", "0001", "99999", "-001", "2O25"])
@pytest.mark.parametrize("words", MODES, ids=["ours", "official"])
def test_years_that_no_clock_has(
    tmp_path: Path, capsys: Printed, year: str, words: list[str]
) -> None:
    files = Sample().files()
    for file in ("run_1/spl.txt", "run_1/mlperf_log_detail.txt", "power/ptd_logs.txt"):
        files[file] = files[file].replace(f"-{YEAR} ".encode(), f"-{year} ".encode())
    laid(tmp_path, files)
    assert one(capsys, tmp_path, *words)["verdict"] == "fail"


@pytest.mark.parametrize("stamp", [1e300, -1e300, 10**400, "NaN", None, [], {}, True])
def test_phases_that_are_no_times(tmp_path: Path, capsys: Printed, stamp: Any) -> None:
    files = Sample().files()
    for name in ("power/client.json", "power/server.json"):
        document = json.loads(files[name])
        document["phases"]["testing"][1] = [stamp, stamp]
        document["timezone"] = stamp
        files[name] = json.dumps(document).encode()
    laid(tmp_path, files)
    assert one(capsys, tmp_path)["verdict"] == "fail"
    official = one(capsys, tmp_path, "--as-official", code=None)["official"]
    assert set(official.values()) <= {"OK", "WARN", "FAIL", "EXC"}


@pytest.mark.parametrize("watts", ["nan", "inf", "-inf", "1e999", "1e308", "-5", "0x10", "", "1,2"])
@pytest.mark.parametrize("every", [True, False], ids=["each", "one"])
def test_watts_that_no_meter_has(tmp_path: Path, capsys: Printed, watts: str, every: bool) -> None:
    files = Sample().files()
    lines = files["run_1/spl.txt"].decode().splitlines(keepends=True)
    middle = len(lines) // 2
    for place in range(len(lines)) if every else (middle,):
        lines[place] = re.sub(r"Watts,[0-9.]+", f"Watts,{watts}", lines[place])
    laid(tmp_path, rehashed({**files, "run_1/spl.txt": "".join(lines).encode()}))
    result = one(capsys, tmp_path, code=None)
    assert result["verdict"] != "pass"
    where = f"{PLACE}/run_1/spl.txt" if every else f"{PLACE}/run_1/spl.txt:{middle + 1}"
    assert any(f["where"].startswith(where) for f in result["findings"]), result["findings"]
    if every:
        assert result["verdict"] == "fail"
        assert result["metric"] is None
        assert result["energy_j"] is None
    else:
        assert result["metric"]["value"] == pytest.approx(100)
    official = one(capsys, tmp_path, "--as-official", code=None)["official"]
    assert set(official.values()) <= {"OK", "WARN", "FAIL", "EXC"}


# ------------------------------------------------------------------ folders


def test_loops_of_folders_are_not_followed(tmp_path: Path, capsys: Printed) -> None:
    folder = laid(tmp_path, Sample().files())
    (folder / "again").symlink_to(tmp_path)
    (folder / "power" / "loop").symlink_to("loop")
    (tmp_path / "back").symlink_to(tmp_path, target_is_directory=True)
    assert one(capsys, tmp_path, code=0)["path"] == PLACE


def test_links_out_of_the_tree_are_not_read(tmp_path: Path, capsys: Printed) -> None:
    folder = laid(tmp_path / "tree", Sample().files())
    outside = tmp_path / "spl.txt"
    (folder / "run_1" / "spl.txt").rename(outside)
    (folder / "run_1" / "spl.txt").symlink_to(outside)
    result = one(capsys, tmp_path / "tree")
    assert errors_about(result, "run_1/spl.txt")
    assert result["metric"] is None


@pytest.mark.parametrize("part", ["power", "ranging", "run_1"])
def test_a_folder_that_is_a_file(tmp_path: Path, capsys: Printed, part: str) -> None:
    folder = laid(tmp_path, Sample().files())
    shutil.rmtree(folder / part)
    (folder / part).write_text("not a folder\n")
    assert errors_about(one(capsys, tmp_path), f"{part}/")


def test_pipes_and_sockets_do_not_hang(tmp_path: Path, capsys: Printed) -> None:
    folder = laid(tmp_path, Sample().files())
    (folder / "run_1" / "spl.txt").unlink()
    os.mkfifo(folder / "run_1" / "spl.txt")
    assert errors_about(one(capsys, tmp_path), "run_1/spl.txt")


def test_names_that_are_no_text(tmp_path: Path, capsys: Printed) -> None:
    folder = laid(tmp_path, Sample().files())
    odd = os.fsencode(folder / "power") + b"/\xff\x1b[31m\n.txt"
    Path(os.fsdecode(odd)).write_text("x")
    strange = os.fsencode(tmp_path) + b"/\xfe/closed/B/results/s/b/Offline/performance"
    written(Sample().files(), Path(os.fsdecode(strange)))
    assert main(["check", str(tmp_path), "--json", "--jobs", "2"]) == 1
    said = capsys.readouterr()
    results = [json.loads(line) for line in said.out.splitlines()]
    assert len(results) == 2
    assert not [f for r in results for f in r["findings"] if f["rule"] == "joulemark/internal"]
    capsys.readouterr()
    assert main(["check", str(tmp_path), "--jobs", "1"]) == 1
    assert "\x1b[31m" not in capsys.readouterr().out


def test_what_vanishes_between_search_and_check(tmp_path: Path) -> None:
    folder = laid(tmp_path, Sample().files())
    other = written(Sample().files(), tmp_path / "inference_results_v5.1" / PLACE.replace("A", "B"))
    with search([str(tmp_path)]) as found:
        (folder / "run_1" / "spl.txt").unlink()
        shutil.rmtree(other)
        first, second = check(found, Asked(), jobs=1)
    for result in (first, second):
        assert result.verdict is Verdict.FAIL
        assert result.metric is None
        assert any("spl.txt" in f.file for f in result.findings)
        assert not [f for f in result.findings if f.rule == "joulemark/internal"]


@pytest.mark.skipif(shutil.which("setpriv") is None and os.geteuid() == 0, reason="no setpriv")
def test_a_folder_that_may_not_be_read(tmp_path: Path) -> None:
    folder = laid(tmp_path, Sample().files())
    words = [sys.executable, "-m", "joulemark", "check", str(tmp_path)]
    if os.geteuid() == 0:
        words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *words]
    (folder / "ranging").chmod(0)
    try:
        done = subprocess.run(
            words,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )
    finally:
        (folder / "ranging").chmod(0o755)
    if "setpriv" in done.stderr:
        pytest.skip(f"capabilities cannot be dropped here: {done.stderr.strip()}")
    assert done.returncode == 3, done
    assert "Traceback" not in done.stderr
    assert "ranging" in done.stderr
    assert "chmod" in done.stderr


# ------------------------------------------------------------------ archives


def tarred(path: Path, *names: str, kind: bytes = tarfile.REGTYPE) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in placed(Sample().files()).items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for name in names:
            member = tarfile.TarInfo(name)
            member.type, member.size, member.linkname = kind, 0, "/etc/passwd"
            archive.addfile(member, io.BytesIO(b""))
    return path


def zipped(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in placed(Sample().files()).items():
            archive.writestr(name, data)
        for name in names:
            archive.writestr(name, b"x")
    return path


@pytest.mark.parametrize("name", ["../run_1/spl.txt", f"{PLACE}/../../x", "/etc/run_1/spl.txt"])
@pytest.mark.parametrize("pack", [tarred, zipped])
def test_paths_that_lead_out_of_an_archive(
    tmp_path: Path, capsys: Printed, name: str, pack: Callable[..., Path]
) -> None:
    path = pack(tmp_path / "x.archive", name)
    said = broken_off(main(["check", str(path)]), capsys)
    assert "x.archive" in said
    assert name in said


def test_links_and_devices_of_an_archive_are_left_out(tmp_path: Path, capsys: Printed) -> None:
    for kind in (tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
        path = tarred(tmp_path / "x.tar.gz", f"{PLACE}/power/extra", kind=kind)
        assert one(capsys, path, code=0)["verdict"] == "warn"


@pytest.mark.parametrize("pack", [tarred, zipped])
@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_an_archive_that_is_cut_off(
    tmp_path: Path, capsys: Printed, pack: Callable[..., Path], keep: float
) -> None:
    path = pack(tmp_path / "x.archive")
    os.truncate(path, int(path.stat().st_size * keep))
    assert "x.archive" in broken_off(main(["check", str(path)]), capsys)


@pytest.mark.parametrize("size", [60, 300])
@pytest.mark.parametrize("words", MODES, ids=["ours", "official"])
def test_a_bomb_is_not_blown_up(
    tmp_path: Path, capsys: Printed, size: int, words: list[str]
) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in placed(Sample().files()).items():
            if not name.endswith("run_1/spl.txt"):
                archive.writestr(name, data)
        with archive.open(f"{PLACE}/run_1/spl.txt", "w") as file:
            for _ in range(size):
                file.write(bytes(1 << 20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = one(capsys, path, *words)
    assert errors_about(result, "run_1/spl.txt")
    assert result["metric"] is None
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 200 << 10, "KiB"


def test_an_archive_in_an_archive_is_no_tree(tmp_path: Path, capsys: Printed) -> None:
    with tarfile.open(tmp_path / "outer.tar", "w") as archive:
        archive.add(tarred(tmp_path / "inner.tar.gz"), arcname="inner.tar.gz")
    said = broken_off(main(["check", str(tmp_path / "outer.tar")]), capsys)
    assert "no power directory" in said


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x1f\x8b\x08", bytes(100_000), b"hello"])
def test_what_is_no_archive(tmp_path: Path, capsys: Printed, content: bytes) -> None:
    for name in ("x.tar", "x.tar.gz", "x.zip"):
        (tmp_path / name).write_bytes(content)
        assert name in broken_off(main(["check", str(tmp_path / name)]), capsys)
