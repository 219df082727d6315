"""``joulemark calibrate``, and what the other verbs do with what it wrote."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from joulemark.cli import main
from joulemark.core.channel import Domain
from joulemark.store.calibrations import read_calibration
from tests.analysis.metered import DRAM, PACKAGE, WALL, metered

WALL_METER = Path(__file__).parents[2].parent / "shared/data/validation/tool_against_wall_meter.csv"
FIT, OTHER = "20261122-224512-fit", "20261122-224512-other"
LOADS = {"idle": 22.0, "work": 120.0}
GPU = replace(PACKAGE, name="nvml/gpu-0", meter="nvml", part="gpu-0", domain=Domain.GPU)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A run with a plug-in meter, and one of the same machine without."""
    store = tmp_path / "runs"
    metered(store, FIT)
    metered(store, OTHER, LOADS, channels=(PACKAGE, DRAM), seed=9)
    return store


@pytest.fixture
def wall(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A calibration of the total against the wall."""
    path = tmp_path / "wall.json"
    words = ["calibrate", f"{FIT}:total", "--against", "plug/wall", "--store", str(store)]
    assert main([*words, "-o", str(path)]) == 0
    capsys.readouterr()
    return path


def table(path: Path, *, tasks: int = 1, step: float = 0.0) -> Path:
    """A table of 12 models on each task, twice each."""
    noise, lines = np.random.default_rng(4), ["task,model,tool_j,wall_wh,seconds,load"]
    for task in range(tasks):
        for row in range(24):
            watts, busy = 60 + 20 * (row // 2) + noise.normal(0, 2), noise.uniform(0.2, 0.9)
            joules = (1.2 * watts + 40 + noise.normal(0, 1)) * 600
            shown = round(joules / 3600 / step) * step if step else joules / 3600
            lines.append(f"t{task},m{row // 2},{watts * 600},{shown},600,{busy}")
    path.write_text("\n".join(lines) + "\n")
    return path


def words_of(path: Path, *more: str) -> list[str]:
    columns = ["--time", "seconds", "--group", "model"]
    return ["calibrate", "tool_j", "--against", "wall_wh", "--table", str(path), *columns, *more]


def asked(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    """The JSON that a verb prints."""
    assert main([*words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


# ------------------------------------------------------------------ tables


def test_a_table_gives_a_calibration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path / "t.csv")
    assert main(words_of(path, "--groups", "-o", str(tmp_path / "c.json"))) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    for expected in ("tool_j against wall_wh", "all points", "24", "12", "m11", "written: "):
        assert expected in said
    assert "the accuracy class of the reference is not stated" in said
    made = read_calibration(tmp_path / "c.json")
    assert made.coefficients == pytest.approx((1.2, 40), rel=0.05)
    assert list(made.sources) == ["t.csv"]
    assert made.target.node == ""


def test_each_stratum_gets_a_file_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(tmp_path / "t.csv", tasks=2)
    said = asked(capsys, *words_of(path, "--by", "task", "-o", str(tmp_path / "c.json")))
    assert [c["calibration"]["stratum"] for c in said["calibrations"]] == [
        {"task": "t0"},
        {"task": "t1"},
    ]
    assert len(said["calibrations"][0]["left_out"]) == 12
    assert read_calibration(tmp_path / "c-2.json").stratum == {"task": "t1"}
    again = words_of(path, "--by", "task", "-o", str(tmp_path / "c.json"))
    assert main(again) == 2
    assert main([*again, "--force"]) == 0


def test_markdown_has_one_row_for_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words_of(table(tmp_path / "t.csv", tasks=2), "--by", "task", "--markdown")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| calibration | points | groups | gain | offset, W | before")
    assert [line.split(" | ")[0] for line in lines[2:4]] == ["| t0", "| t1"]


def test_a_picture_shows_every_point_that_was_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, picture = table(tmp_path / "t.csv", tasks=2), tmp_path / "off.svg"
    path.write_text(path.read_text().replace("m3,", "<b>&\u202e,"))
    assert main(words_of(path, "--by", "task", "--plot", str(picture))) == 0
    assert f"written: {picture}" in capsys.readouterr().out
    root = ET.fromstring(picture.read_text())
    space = "{http://www.w3.org/2000/svg}"
    titles = [each.text for each in root.iter(f"{space}title")]
    assert len(titles) == 1 + 48
    assert "<b>&\ufffd (line 8)" in titles
    assert main(words_of(path, "--plot", str(picture))) == 2
    assert "exists already" in capsys.readouterr().err


def test_missed_workloads_and_widened_intervals_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, picture = table(tmp_path / "t.csv"), tmp_path / "off.svg"
    lines = path.read_text().splitlines()
    for place in (3, 4):
        cells = lines[place].split(",")
        lines[place] = ",".join([*cells[:3], str(float(cells[3]) + 9), *cells[4:]])
    path.write_text("\n".join(lines))
    assert main(words_of(path, "--plot", str(picture), "--utilisation", "load")) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "! m1: +" in said
    assert "! outlier, kept in the fit: m1 (line 5): +" in said
    assert "of the workloads left out lay where the others expect them; the interval of all" in said
    assert "per load" in said
    assert "load of 0.2" in said


def test_what_is_stated_is_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path / "t.csv", step=1.0)
    more = ["--accuracy", "1%,0.5W", "--applies-to", "rapl/package-0+rapl/dram-0", "--node", "box",
            "--boundary", "node:box"]  # fmt: skip
    said = asked(capsys, *words_of(path, *more, "--utilisation", "load"))
    made = said["calibrations"][0]["calibration"]
    assert made["target"]["name"] == "total"
    assert made["target"]["channels"] == ["rapl/dram-0", "rapl/package-0"]
    assert (made["reference"]["domain"], made["reference"]["part"]) == ("node", "box")
    assert made["reference"]["accuracy"]["gain"] == 0.01
    assert made["reference"]["resolution_j"] == 3600
    assert len(made["coefficients"]) == 3
    (note,) = said["notes"]
    assert note == "wall_wh comes in steps of 3.600 kJ, as all its values are multiples of it"
    step = asked(capsys, *words_of(path, "--step", "wall_wh=2Wh", "--accuracy", "1%"))
    assert step["notes"] == ["wall_wh comes in steps of 7.200 kJ"]


def test_one_channel_can_be_what_a_column_stands_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--applies-to", "rapl/package-0", "--node", "box"]
    said = asked(capsys, *words_of(table(tmp_path / "t.csv"), *more))
    target = said["calibrations"][0]["calibration"]["target"]
    assert (target["name"], target["channels"]) == ("rapl/package-0", [])


def test_two_tables_are_joined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line.split(",") for line in table(tmp_path / "t.csv").read_text().splitlines()]
    for name, places in (("tool", (1, 2, 4)), ("meter", (3, 2))):
        rows = [["key", *(lines[0][p] for p in places)]]
        rows += [[str(n), *(line[p] for p in places)] for n, line in enumerate(lines[1:])]
        (tmp_path / f"{name}.csv").write_text("\n".join(map(",".join, rows[: -2 or None])) + "\n")
    tool, meter = tmp_path / "tool.csv", tmp_path / "meter.csv"
    (tmp_path / "meter.csv").write_text(meter.read_text() + "lonely,5,5\n")
    words = ["calibrate", f"{tool}:tool_j", "--against", f"{meter}:wall_wh"]
    columns = ["--time", "seconds", "--group", "model"]
    said = asked(capsys, *words, "--join", "key", *columns)
    assert said["calibrations"][0]["calibration"]["points"] == 22
    assert "without a partner in the other table" in said["notes"][0]
    same = ["calibrate", f"{tool}:tool_j", "--against", f"{meter}:tool_j", "--join", "key"]
    assert asked(capsys, *same, *columns)["reference"] == "right.tool_j"
    assert main([*words, *columns]) == 2
    assert "two tables need a key" in capsys.readouterr().err


def test_a_stratum_that_gives_none_is_named_and_the_others_are_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(tmp_path / "t.csv")
    path.write_text(path.read_text() + "t9,m1,60000,30,600,0.5\nt9,m2,60000,30,600,0.5\n")
    assert main(words_of(path, "--by", "task")) == 1
    said = capsys.readouterr().out
    assert "t9: no calibration" in said
    assert "2 workloads; at least 4 are needed" in said
    assert main(words_of(path, "--by", "task", "--markdown")) == 1
    assert "| t9 | 2 | refused: 2 workloads" in capsys.readouterr().out
    both = asked(capsys, *words_of(path, "--by", "task"), code=1)
    assert len(both["calibrations"]) == len(both["refused"]) == 1
    assert main(words_of(path, "--only", "task=t9")) == 1
    assert "at least 4 are needed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["--time", "nowhere"], 2, "no column 'nowhere'"),
        (["--only", "task"], 2, "--only: 'task' is not NAME=VALUE"),
        (["--unit", "tool_j=furlong"], 2, "'furlong' is no unit that is known"),
        (["--step", "wall_wh=0Wh"], 2, "'0Wh' is no step of a meter"),
        (["--step", "wall_wh=3m"], 2, "'3m' is not a quantity in J"),
        (["--accuracy", "1"], 2, "'1' is no accuracy class; write it like 1%,0.5W"),
        (["--accuracy", "200%"], 2, "'200%' is no accuracy class"),
        (["--accuracy", "1%,-2W"], 2, "'1%,-2W' is no accuracy class"),
        (["--applies-to", "a"], 2, "give both --applies-to and --node"),
        (["--boundary", "moon"], 2, "'moon' is no kind of part; choose from wall, node"),
        (["-o", "c.txt"], 2, "c.txt: this file is written as .json; end it in .json"),
        (["--plot", "c.png"], 2, "c.png: this file is written as .svg; end it in .svg"),
    ],
)
def test_bad_arguments_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], code: int, words: str
) -> None:
    assert main(words_of(table(tmp_path / "t.csv"), *more)) == code
    assert words in capsys.readouterr().err


def test_bad_cells_refuse_the_table_or_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(tmp_path / "t.csv")
    path.write_text(path.read_text() + "t0,m1,oops,30,600,0.5\n")
    assert main(words_of(path)) == 4
    assert "t.csv:26: 'oops' in tool_j" in capsys.readouterr().err
    assert "left out: " in asked(capsys, *words_of(path, "--skip-bad"))["notes"][0]


def test_the_wall_meter_table_gains_what_it_should(capsys: pytest.CaptureFixture[str]) -> None:
    if not WALL_METER.exists():
        pytest.skip("the shared measurements are not beside this checkout")
    words = ["calibrate", "codecarbon_j", "--against", "wall_meter_j", "--table", str(WALL_METER),
             "--time", "seconds", "--group", "model", "--by", "task,hardware"]  # fmt: skip
    said = asked(capsys, *words)
    checks = [one["calibration"]["check"] for one in said["calibrations"]]
    assert len(checks) == 3
    for check in checks:
        assert 0.2 <= check["before"] <= 0.37
        assert check["after"] <= 0.06
        assert min(check["inside"], check["inside_points"]) >= 0.93
    assert any("steps of 3.600 kJ" in note for note in said["notes"])


# ------------------------------------------------------------------ runs


def test_two_channels_of_a_run_give_a_calibration(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["calibrate", f"{FIT}:rapl/package-0", "--against", "plug", "--store", str(store)]
    said = asked(capsys, *words, "--split", "7s")
    made = said["calibrations"][0]["calibration"]
    assert (made["points"], made["groups"]) == (20, 5)
    assert made["coefficients"] == pytest.approx([1.15 * 1.1, 35], rel=0.02)
    assert made["target"]["node"] == "box"
    assert made["target"]["device"] == "/sys/p0"
    assert list(made["beside"]) == ["rapl/dram-0"]
    assert made["reference"]["accuracy"]["gain"] == 0.01
    assert list(made["sources"]) == [FIT]


def test_two_runs_recorded_at_the_same_time_give_one(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metered(store, "20261122-224512-plug", channels=(WALL,))
    metered(store, "20261122-224512-chip", channels=(PACKAGE,))
    words = ["calibrate", "20261122-224512-chip:rapl", "--against", "20261122-224512-plug:plug"]
    said = asked(capsys, *words, "--store", str(store))
    assert said["calibrations"][0]["calibration"]["points"] == 5


def test_a_board_is_calibrated_against_a_meter_of_its_own_and_no_other_board(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    board, other = (replace(GPU, name=f"nvml/gpu-{n}", part=f"gpu-{n}") for n in range(2))
    shunt = replace(WALL, name="shunt/gpu", meter="shunt", part="gpu", domain=Domain.GPU)
    name = "20261122-224517-boards"
    metered(store, name, channels=(board, other, shunt), boards=True)
    words = ["calibrate", f"{name}:nvml/gpu-0", "--store", str(store), "--against"]
    assert main([*words, "nvml/gpu-1"]) == 1
    assert "nvml/gpu-1 watches gpu-1, not gpu-0" in capsys.readouterr().err
    path = tmp_path / "board.json"
    said = asked(capsys, *words, "shunt", "-o", str(path))
    assert said["calibrations"][0]["calibration"]["reference"]["part"] == "gpu-0"
    alone = "20261122-224518-alone"
    metered(store, alone, {"idle": 40.0, "work": 120.0}, channels=(board, other), boards=True)
    said = asked(capsys, "show", alone, "--store", str(store), "--calibration", str(path))
    parts = {p["part"]: p for p in said["phases"][1]["parts"]}
    assert set(parts) == {"gpu-0", "gpu-1"}
    assert parts["gpu-0"]["calibration"] is not None
    assert parts["gpu-1"]["calibration"] is None
    assert parts["gpu-0"]["average_power_w"] == pytest.approx(1.15 * 132 + 35, rel=0.02)
    assert said["phases"][1]["net_energy_j"] is not None


def test_a_window_that_holds_others_does_not_count_twice(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metered(store, "20261122-224519-nested", outer="everything")
    words = ["calibrate", "20261122-224519-nested:total", "--against", "plug"]
    said = asked(capsys, *words, "--store", str(store))
    assert said["calibrations"][0]["calibration"]["points"] == 5


def test_further_runs_add_workloads(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    metered(store, "20261122-224513-more", {"a": 70.0, "b": 160.0}, seed=3)
    words = ["calibrate", f"{FIT}:total", "--against", "plug/wall", "--store", str(store)]
    said = asked(capsys, *words, "--also", "20261122-224513-more")
    assert said["calibrations"][0]["calibration"]["groups"] == 7


def test_utilisation_that_says_what_power_says_is_refused(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["calibrate", f"{FIT}:total", "--against", "plug", "--store", str(store)]
    assert main([*words, "--utilisation", "host/busy"]) == 1
    assert "utilisation says the same as power" in capsys.readouterr().err
    assert main([*words, "--utilisation", "host/idle"]) == 2
    assert "no channel 'host/idle'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("target", "against", "code", "words"),
    [
        ("rapl", "plug", 2, "meter 'rapl' reads several parts; choose from rapl/package-0, rapl"),
        ("total", "nothing", 2, "no channel of energy 'nothing'"),
        ("plug", "rapl/package-0", 1, "does not hold plug/wall"),
        ("plug", "plug/wall", 2, "plug/wall: target and reference are one and the same"),
    ],
)
def test_sides_that_make_no_sense_are_refused(
    store: Path,
    capsys: pytest.CaptureFixture[str],
    target: str,
    against: str,
    code: int,
    words: str,
) -> None:
    line = ["calibrate", f"{FIT}:{target}", "--against", against, "--store", str(store)]
    assert main(line) == code
    assert words in capsys.readouterr().err


def test_runs_of_other_times_have_nothing_in_common(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["calibrate", f"{OTHER}:total", "--against", f"{FIT}:plug", "--store", str(store)]
    assert main(words) == 1  # two windows: too few
    assert "2 workloads" in capsys.readouterr().err
    metered(store, "20261122-224512-short", {"x": 50.0}, channels=(WALL,))
    words = ["calibrate", f"{FIT}:total", "--against", "20261122-224512-short:plug"]
    assert main([*words, "--store", str(store)]) == 1
    assert "1 workloads" in capsys.readouterr().err


# ------------------------------------------------------------------ applying


def test_show_applies_a_calibration_and_names_it(
    store: Path, wall: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["show", OTHER, "--store", str(store), "--calibration", str(wall)]
    assert main([*words, "--budget"]) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    made = read_calibration(wall)
    assert f"calibration  total against plug/wall, {made.date[:10]}, {made.id}" in said
    assert "W = 1.150 · P + 35.0 W; applied to idle and work" in said
    assert "wall (calibrated)" in said
    work = asked(capsys, *words)["phases"][1]
    assert work["average_power_w"]["value"] == pytest.approx(1.15 * 132 + 35, rel=0.01)
    assert work["calibration"]["applied"] is True
    assert work["provenance"] == "measured"
    assert [p["calibration"] for p in work["parts"] if p["added"]] == [str(made)]
    assert work["net_energy_j"]["value"] == pytest.approx(1.15 * 1.1 * 98 * 28, rel=0.02)


def test_an_estimate_stays_one(store: Path, tmp_path: Path,
                               capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    metered(store, "20261122-224514-model", channels=(PACKAGE, WALL), estimated=True)
    metered(store, "20261122-224515-alone", LOADS, channels=(PACKAGE,), estimated=True)
    path, at = str(tmp_path / "m.json"), ["--store", str(store)]
    words = ["calibrate", "20261122-224514-model:rapl", "--against", "plug", "-o", path]
    assert main([*words, *at]) == 0
    capsys.readouterr()
    said = asked(capsys, "show", "20261122-224515-alone", "--calibration", path, *at)
    assert said["phases"][1]["provenance"] == "estimated"
    assert said["phases"][1]["calibration"]["applied"] is True


def test_beside_the_walls_own_reading_it_is_only_shown(
    store: Path, wall: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", FIT, "--store", str(store), "--calibration", str(wall)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "shown beside the reading of the same part, which is the total" in said


@pytest.mark.parametrize(
    ("loads", "more", "words"),
    [
        ({"work": 420.0}, {}, "is outside of 21.6 W to 209 W"),
        (LOADS, {"host": "mill"}, "it was made on box, not here"),
        (LOADS, {"channels": (PACKAGE,)}, "it is for rapl/dram-0 + rapl/package-0; here is rapl"),
        (LOADS, {"channels": (PACKAGE, DRAM, GPU)}, "here is nvml/gpu-0 + rapl/dram-0 + rapl"),
        (
            LOADS,
            {"channels": (replace(PACKAGE, source="/sys/p9"), DRAM)},
            "it was made for /sys/d0; /sys/p0",
        ),
    ],
)
def test_where_it_does_not_hold_the_exit_code_says_so(
    store: Path,
    wall: Path,
    capsys: pytest.CaptureFixture[str],
    loads: dict[str, float],
    more: dict[str, Any],
    words: str,
) -> None:
    name = "20261122-224599-elsewhere"
    metered(store, name, loads, **{"channels": (PACKAGE, DRAM), **more})
    line = ["show", name, "--store", str(store), "--calibration", str(wall)]
    said = asked(capsys, *line, code=1)
    phase = said["phases"][-1]
    assert phase["calibration"]["applied"] is False
    assert words in phase["calibration"]["reason"]
    assert "calibration-refused" in {w["code"] for w in phase["warnings"]}
    assert phase["energy_j"]["value"] == asked(capsys, *line[:4])["phases"][-1]["energy_j"]["value"]
    assert main(line) == 1
    shown = capsys.readouterr()
    assert "applied to nothing; refused for" in " ".join(shown.out.split())
    assert "was applied to nothing" in shown.err


def test_the_page_names_it(store: Path, wall: Path, tmp_path: Path) -> None:
    page = tmp_path / "run.html"
    words = ["report", OTHER, "--store", str(store), "-o", str(page)]
    assert main([*words, "--calibration", str(wall)]) == 0
    text = page.read_text()
    assert str(read_calibration(wall)) in text
    assert "wall (calibrated)" in text
    assert main([*words, "--force"]) == 0
    assert "(calibrated)" not in page.read_text()


def test_an_export_asks_for_it_and_its_samples_are_as_they_were(
    store: Path, wall: Path, tmp_path: Path
) -> None:
    plain, other = tmp_path / "plain.json", tmp_path / "asking.json"
    words = ["export", OTHER, "--store", str(store), "-o"]
    assert main([*words, str(plain)]) == 0
    assert main([*words, str(other), "--calibration", str(wall)]) == 0
    before, after = json.loads(plain.read_text()), json.loads(other.read_text())
    assert before["traces"] == after["traces"]
    assert after["run"]["settings"]["calibration"]["id"] == read_calibration(wall).id
    assert "calibration" not in before["run"]["settings"]


def test_a_run_that_asks_for_it_gets_it_until_told_otherwise(
    store: Path, wall: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, record = "20261122-224600-asks", json.loads(wall.read_text())
    metered(store, name, LOADS, channels=(PACKAGE, DRAM), settings={"calibration": record})
    show = ["show", name, "--store", str(store)]
    assert asked(capsys, *show)["phases"][1]["calibration"]["applied"] is True
    assert asked(capsys, *show, "--calibration", "none")["phases"][1]["calibration"] is None
    out = tmp_path / "plain.json"
    words = ["export", name, "--store", str(store), "-o", str(out), "--calibration", "none"]
    assert main(words) == 0
    assert "calibration" not in json.loads(out.read_text())["run"]["settings"]


def test_a_request_that_was_tampered_with_is_refused(
    store: Path, wall: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = {**json.loads(wall.read_text()), "between_w": 0.0}
    name = "20261122-224601-bad"
    metered(store, name, LOADS, channels=(PACKAGE, DRAM), settings={"calibration": record})
    assert main(["show", name, "--store", str(store)]) == 4
    assert "it was changed after it was made" in capsys.readouterr().err
    assert main(["show", name, "--store", str(store), "--calibration", "none"]) == 0


def test_run_keeps_the_request_in_the_run(store: Path, wall: Path,
                                          capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    words = ["run", "--store", str(store), "--meter", "estimate", "--calibration", str(wall)]
    assert main([*words, "--", "true"]) == 0
    capsys.readouterr()
    said = asked(capsys, "show", "last", "--store", str(store))
    assert said["settings"]["calibration"]["id"] == read_calibration(wall).id
    assert said["phases"][0]["calibration"]["applied"] is False
    missing = [*words[:-1], str(wall.with_name("nowhere.json"))]
    assert main([*missing, "--", "true"]) == 4


def test_a_calibration_of_a_table_says_what_it_is_not_for(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.json"
    assert main(words_of(table(tmp_path / "t.csv"), "-o", str(path))) == 0
    capsys.readouterr()
    said = asked(capsys, "show", OTHER, "--store", str(store), "--calibration", str(path), code=1)
    reason = said["phases"][0]["calibration"]["reason"]
    assert reason.startswith("it does not say which machine and channel it is for")


def test_a_run_whose_record_is_gone_is_no_source(store: Path, capsys: pytest.CaptureFixture[str],
                                                 ) -> None:  # fmt: skip
    shutil.rmtree(store / FIT)
    words = ["calibrate", f"{FIT}:total", "--against", "plug", "--store", str(store)]
    assert main(words) == 2
    assert "no run is called" in capsys.readouterr().err
