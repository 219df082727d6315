"""Logs of each tool: what they hold, what is left out of them, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.channel import Quantity
from joulemark.core.clock import NS
from joulemark.core.errors import FormatError, UnavailableError
from joulemark.core.trace import Trace
from joulemark.formats.telemetry.log import EDGE, extent, read_log, tool_of
from tests.formats.telemetry import bundles


def written(folder: Path, text: str, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def power(path: Path) -> list[Trace]:
    traces = read_log(path).reader.traces()
    return [trace for trace in traces if trace.channel.quantity is Quantity.POWER]


@pytest.mark.parametrize(
    ("text", "tool", "count"),
    [
        (bundles.nvidia(), "nvidia-smi", 121),
        (bundles.amd(), "amd-smi", 61),
        (bundles.dcgm(), "dcgm", 61),
        (bundles.records(), "aiperf", 61),
    ],
    ids=["nvidia", "amd", "dcgm", "aiperf"],
)
def test_a_log_is_told_by_its_first_lines(tmp_path: Path, text: str, tool: str, count: int) -> None:
    path = written(tmp_path, text)
    assert tool_of(path) == tool
    first, second = power(path)
    assert (first.channel.part, second.channel.part) == ("gpu-0", "gpu-1")
    assert len(first) == len(second) == count
    assert first.value.mean() == pytest.approx(100, abs=0.1)
    assert second.value.mean() == pytest.approx(110, abs=0.1)
    begin, end, utc = extent(path)
    assert begin == int(bundles.BEGAN) * NS
    assert end == pytest.approx(begin + 60 * NS, abs=NS // 100)
    assert utc == (tool != "nvidia-smi")


def test_watts_joules_and_shares_are_si(tmp_path: Path) -> None:
    traces = {
        t.channel.name: t for t in read_log(written(tmp_path, bundles.dcgm())).reader.traces()
    }
    energy = traces["dcgm/gpu-1/DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"]
    assert energy.channel.quantity is Quantity.ENERGY
    assert energy.value[[0, -1]].tolist() == [5e6, 5e6 + 110 * 60]
    amd = {t.channel.name: t for t in read_log(written(tmp_path, bundles.amd())).reader.traces()}
    assert amd["amd-smi/gpu-0/gfx_activity"].value[0] == pytest.approx(0.95)
    assert amd["amd-smi/gpu-0/gfx_0_clk"].value[0] == 1404e6
    assert amd["amd-smi/gpu-1/hotspot"].value[0] == 40


def test_rows_of_partitions_have_no_power_of_their_own(tmp_path: Path) -> None:
    text = "timestamp,gpu,xcp,power_usage,max_power,hotspot_temperature,gfx_clk,gfx\n"
    text += "".join(
        f"{1789948800 + s},0,{x},{250 if x == 0 else 'N/A'},1000,55,144,0\n"
        for s in range(3)
        for x in range(2)
    )
    (trace,) = power(written(tmp_path, text))
    assert trace.value.tolist() == [250.0] * 3


@pytest.mark.parametrize(
    "head", ["# {:.3f}", "{:.0f}000", "# scrape {:.6f}"], ids=["comment", "ms", "word"]
)
def test_a_scrape_may_begin_with_its_time(tmp_path: Path, head: str) -> None:
    (trace, _) = power(written(tmp_path, bundles.dcgm(head=head)))
    assert trace.time[1] - trace.time[0] == NS


def test_a_sample_may_carry_its_time(tmp_path: Path) -> None:
    text = 'DCGM_FI_DEV_POWER_USAGE{gpu="3",UUID="GPU-a"} 77.5 1789948800250\n'
    (trace,) = power(written(tmp_path, text))
    assert trace.channel.part == "gpu-3"
    assert trace.time.tolist() == [1_789_948_800_250_000_000]


def test_a_log_without_a_head_is_read_by_the_columns_that_are_told(tmp_path: Path) -> None:
    rows = bundles.nvidia().split("\n", 1)[1].replace(" W", "").replace(" %", "")
    names = [cell.partition("[")[0].strip() for cell in bundles.NVIDIA.split(",")]
    path = written(tmp_path, rows.replace(" MHz", ""))
    assert tool_of(path) == ""
    with pytest.raises(FormatError, match="no log of power that is known"):
        read_log(path)
    log = read_log(path, names)
    assert (log.tool, log.rows, log.damaged) == ("nvidia-smi", 242, 0)
    assert len(log.reader.boards) == 2


def test_a_last_row_without_its_end_is_left_out(tmp_path: Path) -> None:
    whole = bundles.nvidia(gpus=1)
    log = read_log(written(tmp_path, whole + "2026/09/21 00:01:00.500, 0, 1"))
    assert (log.cut, log.damaged) == (True, 0)
    cut = read_log(written(tmp_path, whole[:-1]))
    assert cut.cut
    assert cut.rows == log.rows - 1


def test_damaged_rows_are_left_out_and_counted(tmp_path: Path) -> None:
    lines = bundles.nvidia().splitlines()
    lines[5] = lines[5][:30] + lines[6]
    log = read_log(written(tmp_path, "\n".join(lines) + "\n"))
    assert (log.damaged, log.cut) == (1, False)
    assert "log.csv:6" in log.damage
    lines[10:20] = ["x, y"] * 10
    with pytest.raises(FormatError, match="11 of 243 rows are damaged"):
        read_log(written(tmp_path, "\n".join(lines) + "\n"))


@pytest.mark.parametrize("cell", ["[N/A]", "[Not Supported]", "N/A", "[Unknown Error]"])
def test_what_a_driver_did_not_give_is_no_reading(tmp_path: Path, cell: str) -> None:
    lines = bundles.nvidia(gpus=1).splitlines(keepends=True)
    lines[2] = lines[2].replace(lines[2].split(",")[2].strip(), cell)
    (trace,) = power(written(tmp_path, "".join(lines)))
    assert math.isnan(trace.value[1])
    assert len(trace) == 121


def test_boards_of_one_number_are_two(tmp_path: Path) -> None:
    text = "timestamp, uuid, index, power.draw [W]\n"
    text += "".join(f"{bundles.local(0)}, GPU-{name}, 0, {name} W\n" for name in (1, 2, 3))
    traces = power(written(tmp_path, text))
    assert [trace.channel.part for trace in traces] == ["gpu-0", "gpu-0-2", "gpu-0-3"]
    labels = ('gpu="0",UUID="a",Hostname="n1"', 'gpu="0",UUID="b",Hostname="n2"')
    text = "".join(f"DCGM_FI_DEV_POWER_USAGE{{{each}}} 7 1789948800000\n" for each in labels)
    traces = power(written(tmp_path, text))
    assert [trace.channel.part for trace in traces] == ["gpu-0", "gpu-0-2"]


@pytest.mark.parametrize("number", ["9" * 400, "+Inf", "NaN"])
def test_what_is_beyond_all_bounds_is_no_reading(tmp_path: Path, number: str) -> None:
    text = f'DCGM_FI_DEV_POWER_USAGE{{gpu="0"}} {number} 1789948800000\n'
    assert math.isnan(power(written(tmp_path, text))[0].value[0])
    if number.isdigit():
        text = f"timestamp, power.draw [W]\n{bundles.local(0)}, {number} W\n"
        assert math.isnan(power(written(tmp_path, text))[0].value[0])


def test_only_what_is_wanted_is_kept(tmp_path: Path) -> None:
    began = int(bundles.BEGAN) * NS
    for text in (bundles.nvidia(), bundles.dcgm()):
        path = written(tmp_path, text)
        log = read_log(path, keep=(began + 20 * NS, began + 30 * NS))
        times = log.reader.traces()[0].time
        assert began + 20 * NS <= times[0] < times[-1] <= began + 30 * NS
        assert log.reader.last == pytest.approx(began + 60 * NS, abs=NS)


def test_of_a_long_log_the_ends_tell_how_long(tmp_path: Path) -> None:
    row = "2026/09/21 00:00:{:02}.000, 0, 100.00 W, 61, 1965 MHz, 3996 MHz, 98 %, 70 %\n"
    text = bundles.NVIDIA + "\n" + row.format(1) * (2 * EDGE // len(row.format(1)))
    path = written(
        tmp_path, text + "damaged\n" * 10 + row.format(2) * (2 * EDGE // 60) + row.format(3)
    )
    begin, end, _ = extent(path)
    assert end - begin == 2 * NS


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no log of power that is known"),
        ("a,b\n1,2\n", "no log of power that is known"),
        (bundles.NVIDIA + "\n", "a log without a reading"),
        ('DCGM_FI_DEV_POWER_USAGE{gpu="0"} 1\n', "a log without a reading"),
        ("\0" * 100, "no log of power that is known"),
    ],
)
def test_what_is_no_log_is_refused(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(FormatError, match=what):
        read_log(written(tmp_path, text))
    with pytest.raises(FormatError, match=what):
        extent(written(tmp_path, text))


def test_a_log_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        read_log(tmp_path / "none.csv")


HOSTILE = (
    '{"timestamp_ns": 1789948800000000000, "telemetry_data": {"gpu_power_usage": '
    + "9" * 400
    + "}}",
    '{"timestamp_ns": true, "telemetry_data": {}}',
    '{"timestamp_ns": 1' + "0" * 300 + ', "telemetry_data": {}}',
    '{"telemetry_data": "timestamp_ns"' + "[" * 5000,
)


def test_hostile_records_are_left_out(tmp_path: Path) -> None:
    path = written(tmp_path, bundles.records() * 4 + "\n".join(HOSTILE) + "\n")
    log = read_log(path)
    assert log.damaged == 3
    assert math.isnan(log.reader.traces()[-1].value[-1])


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("any")
    for head in (bundles.NVIDIA + "\n", bundles.dcgm(1)[:400], bundles.records(1)[:300]):
        path = folder / "log"
        path.write_bytes((head + text).encode("utf-8", "replace"))
        try:
            read_log(path)
        except FormatError:
            continue
