"""Made entries of the record: a few that tell things apart, and as many as are wanted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from joulemark.analysis.record.entry import Category, Entry, Evidence

HOSTILE = "</script><script>window.taken = 1</script><img src=x onerror='window.taken = 1'>\"'`"
RTL = "\u202egnihtemos\u2066 \u0000\x1b[31m"
LONG = "a name " * 1500


def entry(name: str = "one", **more: Any) -> Entry:
    """Return an entry whose key follows from a name."""
    settings: dict[str, Any] = {
        "key": hashlib.sha256(name.encode()).hexdigest()[:16],
        "suite": "inference",
        "category": Category.EDGE,
        "round": "v3.0",
        "date": "2023-04-05",
        "division": "closed",
        "submitter": "Maker",
        "system": name,
        "system_name": f"System {name}",
        "public_id": "",
        "benchmark": "resnet50",
        "target": "",
        "scenario": "Offline",
        "processor": "A processor",
        "accelerator": "An accelerator",
        "accelerators": 2.0,
        "nodes": 1.0,
        "software": "Some runtime 1.2",
        "work": "sample",
        "performance": 1000.0,
        "latency_s": None,
        "power_w": 50.0,
        "energy_j": 0.05,
        "u95": 0.01132,
        "evidence": Evidence.LOGS,
    }
    return Entry(**(settings | more))


def few() -> list[Entry]:
    """Return results that differ in everything the site shows."""
    stated = {"evidence": Evidence.REPOSITORY, "u95": None}
    return [
        entry("one", passed=True, runs=("20230101-000000-run-1",), sources=("closed/Maker/one:1",)),
        entry("two", energy_j=0.0504, power_w=50.4, passed=False, submitter="Other"),
        entry("three", energy_j=0.08, power_w=80.0, round="v3.1", date="2023-09-11", **stated),
        entry(
            "doubted", energy_j=1e-6, doubts=("results/work-per-joule: cannot be",), **stated
        ),
        entry("old", benchmark="3d-unet", target="99", energy_j=5.0, round="v1.1",
              date="2021-09-22"),
        entry("new", benchmark="3d-unet", target="99", energy_j=6.0, round="v2.0",
              date="2022-04-06"),
        entry("tokens", benchmark="llama2-70b", target="99", work="token", energy_j=0.3,
              category=Category.DATACENTER, scenario="Server", round="v4.1", date="2024-08-28"),
        entry("board", suite="tiny", category=Category.TINY, benchmark="kws", scenario="",
              work="inference", energy_j=31.54e-6, power_w=7.2e-3, performance=None,
              latency_s=0.0044, accelerator="", accelerators=None, round="v1.3", u95=None),
        entry("trained", suite="training", category=Category.TRAINING, benchmark="gpt3",
              scenario="", work="run", energy_j=1.7e9, power_w=498e3, performance=None,
              latency_s=3412.0, accelerators=512.0, nodes=64.0, round="v4.0", u95=0.0566),
        entry("mine", suite="", category=Category.UNKNOWN, evidence=Evidence.OWN, round="",
              division="", submitter="", scenario="", benchmark="LeNet", runs=("20260101-mine",)),
    ]  # fmt: skip


def hostile() -> list[Entry]:
    """Return results whose every text means harm."""
    named = (
        "suite system system_name submitter benchmark target scenario processor accelerator "
        "software public_id division round date work"
    )
    texts = dict.fromkeys(named.split(), HOSTILE)
    lists = dict.fromkeys(("sources", "doubts", "remarks", "runs"), (HOSTILE, RTL, LONG))
    first = entry("hostile", **(texts | lists))
    strange = entry("strange", key=f"{HOSTILE}\n{RTL}", system_name=LONG, submitter=RTL)
    odd = entry(
        "odd",
        energy_j=1e300,
        power_w=1e-300,
        performance=5e-324,
        u95=1e9,
        nodes=float("inf"),
        accelerators=float("nan"),
    )
    return [first, strange, odd, entry("proto", system_name="__proto__", benchmark="constructor")]


def many(count: int) -> Iterator[Entry]:
    """Yield as many results as are wanted, spread as the real record is."""
    scenarios = ("Offline", "SingleStream", "MultiStream", "Server")
    for number in range(count):
        scenario = scenarios[number % 4]
        yield entry(
            str(number),
            round=f"v{1 + number % 7 // 2}.{number % 2}",
            date=f"202{number % 6}-0{1 + number % 9}-01",
            division="open" if number % 8 else "closed",
            submitter=f"Submitter {number % 31}",
            system=f"system-{number % 232}",
            system_name=f"A system of kind {number % 136}",
            benchmark=f"benchmark-{number * 7 % 207}",
            scenario=scenario,
            category=Category.DATACENTER if scenario == "Server" else Category.EDGE,
            work="sample" if scenario == "Offline" else "query",
            performance=None if number % 2 else 10.0 ** (number % 6),
            latency_s=0.001 * (number % 97) if number % 2 else None,
            energy_j=10.0 ** (number % 90 / 10 - 6),
            evidence=Evidence.LOGS if number % 4 else Evidence.REPOSITORY,
            u95=0.0113 + number % 200 * 1e-5 if number % 4 else None,
            sources=(f"open/submitter/results/system/benchmark/{number}/performance",) * 2,
        )
