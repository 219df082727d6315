"""Logs of nvidia-smi: what they hold, whatever the driver names it, and what is wrong in them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.channel import Domain, Quantity
from joulemark.core.clock import NS
from joulemark.core.errors import FormatError, UnavailableError
from joulemark.formats.files import MAX_LINE
from joulemark.formats.nvidia_smi import smi_traces
from joulemark.formats.telemetry.table import MAX_GPUS

HEAD = "timestamp, utilization.gpu [%], power.draw [W], power.draw.instant [W]\n"
LINE = "2023/07/08 19:28:27.236, 50 %, 126.96 W, 126.80 W\n"


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "gpudata.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refused(folder: Path, text: str | bytes) -> str:
    with pytest.raises(FormatError) as caught:
        smi_traces(written(folder, text))
    return str(caught.value).removeprefix(f"{folder / 'gpudata.csv'}")


def test_each_known_column_is_a_trace(tmp_path: Path) -> None:
    use, draw, instant = smi_traces(written(tmp_path, HEAD + LINE), ahead_s=3600)
    assert draw.channel.name == "nvidia-smi/gpu-0/power.draw"
    assert (draw.channel.domain, draw.channel.quantity) == (Domain.GPU, Quantity.POWER)
    assert draw.time.tolist() == [1_688_840_907 * NS + 236_000_000]
    assert draw.value.tolist() == [126.96]
    assert instant.value.tolist() == [126.8]
    assert (use.channel.quantity, use.si().tolist()) == (Quantity.UTILISATION, [0.5])


def test_units_may_be_left_out_and_other_columns_stand_between(tmp_path: Path) -> None:
    text = "timestamp, name, pstate, power.draw [W], temperature.gpu, memory.used [MiB], x.y\n"
    text += "2023-07-08 19:28:27, Card, P0, 100, 54, 2, -\n"
    draw, heat, memory = smi_traces(written(tmp_path, text))
    assert draw.value.tolist() == [100.0]
    assert heat.value.tolist() == [54.0]
    assert memory.value.tolist() == [2 * 1048576.0]


@pytest.mark.parametrize(
    "cell", ["[N/A]", "N/A", "[Not Supported]", "[Unknown Error]", "ERR!", "", "[GPU is lost]"]
)
def test_what_the_driver_did_not_give_is_no_reading(tmp_path: Path, cell: str) -> None:
    text = f"timestamp, power.draw [W]\n2023/07/08 19:28:27.236, {cell}\n"
    (draw,) = smi_traces(written(tmp_path, text))
    assert math.isnan(draw.value[0])


def test_milliwatts_are_watts(tmp_path: Path) -> None:
    text = "timestamp, power.draw [mW]\n2023/07/08 19:28:27.236, 5000\n"
    assert smi_traces(written(tmp_path, text))[0].value.tolist() == [5.0]


@pytest.mark.parametrize("column", ["index", "uuid", "pci.bus_id"])
def test_boards_are_told_apart(tmp_path: Path, column: str) -> None:
    names = {"index": ("0", "3"), "uuid": ("GPU-a", "GPU-b"), "pci.bus_id": ("00:1", "00:2")}
    text = f"timestamp, {column}, power.draw [W]\n"
    for second in (27, 28):
        for name, watts in zip(names[column], (10, 20), strict=True):
            text += f"2023/07/08 19:28:{second}.5, {name}, {watts + second}\n"
    first, second_board = smi_traces(written(tmp_path, text))
    assert first.value.tolist() == [37, 38]
    assert second_board.value.tolist() == [47, 48]
    parts = ("gpu-0", "gpu-3" if column == "index" else "gpu-1")
    assert (first.channel.part, second_board.channel.part) == parts


def test_a_head_may_come_again_and_the_last_line_may_be_cut(tmp_path: Path) -> None:
    text = "\ufeff" + HEAD + LINE + "\n" + HEAD + LINE.replace("27.236", "28.236")
    traces = smi_traces(written(tmp_path, text + "2023/07/08 19:28:29.2"))
    assert [len(trace) for trace in traces] == [2, 2, 2]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", ": a log without a reading"),
        (HEAD, ": a log without a reading"),
        (LINE, ":1: '2023/07/08 19:28:27.236' names no column"),
        ("time, power.draw [W]\n", ":1: there is no column timestamp"),
        ("timestamp, pstate\n", ":1: there is no column power.draw"),
        ("timestamp, power.draw [W], power.draw [W]\n", ":1: two columns have one name"),
        (HEAD + LINE + "x, 1, 2\n" + LINE, ":3: 3 fields under 4 columns"),
        (HEAD + LINE.replace("19:28", "29:28"), ":2: '2023/07/08 29:28:27.236' is no time"),
        (HEAD + LINE.replace("2023", "9023"), ":2: '9023/07/08 19:28:27.236' is no time"),
        (HEAD + LINE.replace("2023", "soon"), ":2: 'soon/07/08 19:28:27.236' is no time"),
        (HEAD + LINE.replace("126.96 W", "much"), ":2: 'much' is no number"),
        (HEAD + LINE.replace("126.96 W", "1e999"), ":2: '1e999' is no number"),
        (HEAD + LINE.replace("126.96 W", "126.96 J"), ":2: 'J' is no unit of power"),
        (HEAD + LINE + LINE.replace("19:28", "18:28"), ":3: time goes back"),
        (HEAD.encode() + b"\xff\xfe\n", ":2: not UTF-8 text"),
        (HEAD + "x" * (MAX_LINE + 1), f":2: longer than {MAX_LINE} bytes"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str | bytes, what: str) -> None:
    assert refused(tmp_path, text).startswith(what)


def test_a_log_has_a_bounded_number_of_boards(tmp_path: Path) -> None:
    text = "timestamp, uuid, power.draw [W]\n"
    text += "".join(f"2023/07/08 19:28:27.5, {i}, 1\n" for i in range(MAX_GPUS + 1))
    assert "more than 256 boards" in refused(tmp_path, text)


def test_only_plain_files_are_read(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="not a plain file"):
        smi_traces(tmp_path)
    with pytest.raises(UnavailableError, match="cannot be opened"):
        smi_traces(tmp_path / "none.csv")
    with pytest.raises(UnavailableError, match="cannot be opened"):
        smi_traces(Path("a\0b"))


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = written(tmp_path_factory.mktemp("any"), HEAD.encode() + text.encode("utf-8", "replace"))
    try:
        count = len(smi_traces(path))
    except FormatError as error:
        count = 3 * (str(path) in str(error))
    assert count == 3
