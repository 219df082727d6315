"""Figures of every kind, with numbers such as the public record has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from joulemark.analysis.figures.data import Basis, FigureData, Kind, Point, Series

EVIL = '<script>alert("1")</script>\x1b[31m & \u202e'
ROUNDS = ("v1.0", "v1.1", "v2.0", "v2.1", "v3.0", "v3.1", "v4.0", "v4.1")


def series(name: str, values: Mapping[str, float], **more: object) -> Series:
    points = tuple(Point(x=x, y=y) for x, y in values.items())
    return replace(Series(name=name, points=points), **more)  # type: ignore[arg-type]


def _sure(name: str, values: Mapping[str, float], share: float) -> Series:
    points = (Point(x=x, y=y, u95=share * y) for x, y in values.items())
    return Series(name=name, points=tuple(points))


def _dated(name: str, days: Sequence[int], values: Sequence[float]) -> Series:
    points = (Point(at=float(d), y=y) for d, y in zip(days, values, strict=True))
    return Series(name=name, points=tuple(points))


def _since(first: str, values: Sequence[float]) -> dict[str, float]:
    rounds = ROUNDS[ROUNDS.index(first) :]
    return dict(zip(rounds, values, strict=True))


def figure_5a(basis: Basis = Basis.RECORD) -> FigureData:
    last = 1.839 if basis is Basis.RECORD else 3.058
    dlrm = 1.530 if basis is Basis.RECORD else 1.0
    return FigureData(
        number="5a",
        title="Best energy efficiency of Offline results in datacenters, over the first round",
        basis=basis,
        kind=Kind.LINES,
        series=(
            series("ResNet-50", _since("v1.0", [1, 1.12, 1.12, 1.29, 1.36, 1.41, 1.52, last])),
            series("BERT-99", _since("v1.0", [1, 1.21, 1.21, 1.58, 1.685, 1.685, 1.685, 1.685])),
            series("RNN-T", _since("v1.0", [1, 1.06, 1.1, 1.1, 1.249, 1.249, 1.249, 1.249])),
            series("RetinaNet", _since("v2.1", [1, 1.75, 2.2, 2.99, 2.99])),
            series("DLRM-v2-99", _since("v3.1", [1, 1.19, dlrm])),
            series("GPT-J", _since("v3.1", [1, 1.22, 1.637])),
            series("Llama2-70B-99.9", _since("v4.0", [1, 1.374])),
        ),
        x_label="round",
        y_label="samples per joule over the first round",
        marks=(("v2.0", "3D-UNet has a new data set, MultiStream another meaning"),
               ("v4.1", "GPT-J and Llama2 count tokens, not samples")),
        notes=("GPT-J at 69 tokens a sample.",),
    )  # fmt: skip


def figure_2() -> FigureData:
    least = {"tiny": 5.07e-4, "edge": 3.887, "datacenter": 266.9, "training": 5702.0}
    most = {"tiny": 0.0379, "edge": 1122.8, "datacenter": 10442.0, "training": 498e3}
    return FigureData(
        number="2",
        title="Least and greatest mean power at each scale",
        basis=Basis.RECORD,
        kind=Kind.BARS,
        series=(series("least", least), series("greatest", most)),
        x_label="scale",
        y_label="mean power, W",
        log_y=True,
    )


def figure_6() -> FigureData:
    sizes = ("8", "64", "128", "256", "512", "1024")
    compute = dict(zip(sizes, (11.77e6, 15.08e6, 18.2e6, 24.9e6, 38.636e6, 70.1e6), strict=True))
    inter = dict(zip(sizes, (0.0, 5.302e6, 5.5e6, 6.2e6, 7.201e6, 9.3e6), strict=True))
    minutes = dict(zip(sizes, (29.1, 5.49, 3.9, 2.8, 2.015, 1.6), strict=True))
    return FigureData(
        number="6",
        title="Energy and time to fine-tune Llama2-70B by the number of accelerators",
        basis=Basis.RECORD,
        kind=Kind.STACKED,
        series=(
            _sure("compute", compute, 0.06),
            series("interconnect", inter),
            series("time to train", minutes, right=True),
        ),
        x_label="accelerators",
        y_label="energy to train, J",
        right_label="time to train, min",
    )  # fmt: skip


def figure_7() -> FigureData:
    names = ("ResNet-50", "RetinaNet", "BERT-99", "3D-UNet-99", "RNN-T", "DLRM-v2-99", "GPT-J-99",
             "Llama2-70B-99", "Stable Diffusion XL", "KWS", "VWW", "AD", "IC")  # fmt: skip
    joules = (0.0031, 0.19, 0.077, 38.0, 0.022, 0.0119, 26.5, 70.3, 190.0,
              5.25e-6, 2.1e-5, 3.3e-6, 3.1e-5)  # fmt: skip
    macs = (4.1e9, 1.7e11, 1.5e11, 1.2e13, 8e9, 2.6e7, 1.1e13, 2.0e13, 1.0e14,
            2.7e6, 7.5e6, 2.6e5, 1.25e7)  # fmt: skip
    return FigureData(
        number="7",
        title="Energy of a sample and its multiply-accumulates",
        basis=Basis.RECORD,
        kind=Kind.BARS,
        series=(
            series("datacenter", dict(list(zip(names, joules, strict=True))[:9])),
            series("tiny", dict(list(zip(names, joules, strict=True))[9:])),
            series("MACs", dict(zip(names, macs, strict=True)), right=True),
        ),
        x_label="benchmark",
        y_label="energy of a sample, J",
        right_label="MACs of a sample",
        log_y=True,
    )


def figure_7_scatter() -> FigureData:
    data = figure_7()
    macs = {p.x: p.y for p in data.series[2].points}
    sides = []
    for one in data.series[:2]:
        points = (Point(y=p.y, at=macs[p.x], label=p.x, u95=0.2 * p.y) for p in one.points)
        sides.append(replace(one, points=tuple(points)))
    return replace(data, kind=Kind.SCATTER, series=tuple(sides), x_label="MACs of a sample",
                   right_label="", log_x=True)  # fmt: skip


def figure_8() -> FigureData:
    rng = np.random.default_rng(8)
    drops = [*rng.normal(50.5, 2.0, 34), *rng.normal(17, 2, 10)]
    return FigureData(
        number="8",
        title="Energy efficiency that BERT loses from 99 to 99.9 % of the reference's accuracy",
        basis=Basis.RECORD,
        kind=Kind.HISTOGRAM,
        series=(Series(name="Offline", points=tuple(Point(y=float(v)) for v in drops)),),
        x_label="loss of samples per joule, %",
        y_label="pairs of results",
    )


def figure_9() -> FigureData:
    rounds = ("v1.0", "v1.1", "v2.0", "v2.1", "v3.1", "v4.0")
    low = dict(zip(rounds, (7.76, 9.4, 9.4, 9.5, 11.0, 13.0), strict=True))
    high = dict(zip(rounds, (3.76, 4.5, 4.6, 4.7, 9.5, 11.1), strict=True))
    return FigureData(
        number="9", title="BERT at two targets of accuracy on DGX systems of eight accelerators",
        basis=Basis.RECORD, kind=Kind.BARS,
        series=(
            _sure("99 %", low, 0.02),
            series("99.9 %", high),
        ),
        x_label="round", y_label="samples/J",
    )  # fmt: skip


def figure_10(count: int = 150) -> FigureData:
    rng = np.random.default_rng(10)
    values = np.clip(rng.exponential(12, count) - 5, -7.4, 143)
    return FigureData(
        number="10", title="Change of efficiency where only software changed between rounds",
        basis=Basis.RECORD, kind=Kind.HISTOGRAM,
        series=(Series(name="Offline", points=tuple(Point(y=float(v)) for v in values)),),
        x_label="change of samples per joule, %", y_label="pairs of results",
    )  # fmt: skip


def figure_1() -> FigureData:
    days = (17_900, 18_190, 18_560, 18_740, 18_890, 19_090, 19_240, 19_450, 19_610, 19_810, 19_960)
    best = (1.0, 1.9, 2.6, 3.9, 4.4, 6.0, 7.9, 12.5, 14.0, 22.0, 31.0)
    moore = [2 ** ((d - days[0]) / 730) for d in days]
    return FigureData(
        number="1", title="Best performance of a benchmark against Moore's law",
        basis=Basis.RECORD, kind=Kind.LINES, dates=True, log_y=True,
        series=(
            _dated("ResNet-50", days, best),
            _dated("Moore's law", days, moore),
        ),
        x_label="published", y_label="performance over the first round",
    )  # fmt: skip


def own() -> Series:
    return series("my server", {"v3.1": 1.2, "v4.1": 2.4})


ALL = {
    "1": figure_1, "2": figure_2, "5a": figure_5a, "6": figure_6, "7": figure_7,
    "7s": figure_7_scatter, "8": figure_8, "9": figure_9, "10": figure_10,
}  # fmt: skip
