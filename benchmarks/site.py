"""The leaderboard in a real browser: first view, filters, sorting, scrolling, and building it.

    python benchmarks/site.py                          12,000 made results
    python benchmarks/site.py --store DIR --json       the record of a store
    python benchmarks/site.py --results 50000

Needs selenium, and Debian's chromium and chromium-driver. The site is built in a folder that is
removed at the end and opened as a file in headless Chromium, once on this machine as it is and once
with its processor slowed to a quarter, as Chromium's developer tools do to stand in for a phone.
*First view* is the time from the start of navigation until the frame with the rows is out. Every
other figure is the time from the event (a tick, a letter, a jump of the scroll bar) until the page
is laid out anew, and until the frame that shows it is out; medians and worst of the repeats. The
first sort by a column makes an order that is kept; it is given for itself.

Building: a fresh process, imports included; *again* is the same with nothing changed. Memory is the
highest of the process.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
)  # fmt: skip
MADE = 12_000
SLOWED = 4

BUILD = """
import resource, sys, time
from pathlib import Path
sys.path[:0] = [{source!r}, {root!r}]
began = time.perf_counter()
from joulemark.report.site.writing import Wanted, write_site
def made():
    if {store!r}:
        from joulemark.cli.records import record_with_own
        return record_with_own(Path({store!r}))
    from tests.report.site.made import many
    return many({results})
wanted = Wanted(folder=Path({folder!r}), store=Path({store!r} or {folder!r} + "-none"))
done = write_site(wanted, made)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(time.perf_counter() - began, peak, done.entries, done.new, done.unchanged)
"""

ACT = """
const [what, argument, done] = arguments;
const told = (id, value, event) => {
  const element = document.getElementById(id);
  element.value = value;
  element.dispatchEvent(new Event(event));
};
const acts = {
  tick: () => document.querySelectorAll(argument)[0].click(),
  write: () => told("text", argument, "input"),
  sort: () => told("sort", argument, "change"),
  scroll: () => scrollTo(0, argument),
};
const began = performance.now();
acts[what]();
document.body.offsetHeight;
const laid = performance.now() - began;
requestAnimationFrame(() => setTimeout(() => done([laid, performance.now() - began])));
"""

FIRST_VIEW = """
const done = arguments[0];
const look = () => {
  const mark = performance.getEntriesByName("first-view")[0];
  if (mark) done(mark.startTime); else setTimeout(look, 5);
};
look();
"""


def build(folder: Path, store: str, results: int) -> dict[str, Any]:
    """Build the site in a fresh process; return what it took."""
    code = BUILD.format(
        source=str(ROOT / "src"), root=str(ROOT), folder=str(folder), store=store, results=results
    )
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    _, peak, entries, new, unchanged = done.stdout.split()
    return {
        "seconds": time.perf_counter() - began,
        "peak_mib": float(peak),
        "results": int(entries),
        "files_written": int(new),
        "unchanged": unchanged == "True",
    }


@contextmanager
def browser() -> Iterator[Any]:
    """Start Chromium with a fresh profile."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = _found("chromium")
    with tempfile.TemporaryDirectory() as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        service = Service(executable_path=_found("chromedriver"))
        driver = webdriver.Chrome(options=options, service=service)
        try:
            yield driver
        finally:
            driver.quit()


def _found(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise SystemExit(f"site.py: needs {name}: apt-get install chromium chromium-driver")
    return path


def seen(driver: Any, page: str, repeats: int) -> dict[str, Any]:
    """Return the times of one browser, ms, as [laid out, frame out] of each repeat."""
    views = []
    for _ in range(repeats):
        driver.get("about:blank")
        driver.get(page)
        views.append(driver.execute_async_script(FIRST_VIEW))

    def act(what: str, argument: Any) -> list[float]:
        return driver.execute_async_script(ACT, what, argument)

    box = "[data-facet={}] input[type=checkbox]"

    def tick(name: str) -> list[list[float]]:
        return [act("tick", box.format(name)) for _ in range(2 * repeats)]

    first_sorts = [act("sort", name) for name in ("energy", "name", "power", "evidence")]
    act("sort", "round")
    return {
        "first view": [[view, view] for view in views],
        "first sort by a column": first_sorts,
        "tick a scenario": tick("scenario"),
        "tick a benchmark": tick("benchmark"),
        "a letter of free text": [act("write", "system a 1"[:n]) for n in range(1, 11)],
        "clear the text": [act("write", "")],
        "sort again": [act("sort", name) for name in ("energy", "name", "round") * repeats],
        "scroll far": [act("scroll", y) for y in (90_000, 200, 300_000, 9_000) * repeats],
    }


def told(times: dict[str, Any]) -> dict[str, Any]:
    """Return median and worst of the times."""
    return {
        name: {
            "laid_out_ms": statistics.median(laid for laid, _ in found),
            "laid_out_worst_ms": max(laid for laid, _ in found),
            "frame_ms": statistics.median(frame for _, frame in found),
            "frame_worst_ms": max(frame for _, frame in found),
        }
        for name, found in times.items()
    }


def measured(store: str, results: int, repeats: int) -> dict[str, Any]:
    """Build the site and look at it."""
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / "site"
        built = {"first": build(folder, store, results), "again": build(folder, store, results)}
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        page = (folder / "index.html").as_uri()
        with browser() as driver:
            version = driver.capabilities["browserVersion"]
            plain = told(seen(driver, page, repeats))
            driver.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
            slowed = told(seen(driver, page, repeats))
        rows = (folder / "data/rows.js").stat().st_size
        html = (folder / "index.html").stat().st_size
    return {
        "chromium": version, "build": built, "site_bytes": size, "rows_bytes": rows,
        "page_bytes": html, "browser": plain, f"browser_slowed_{SLOWED}": slowed,
    }  # fmt: skip


def markdown(found: dict[str, Any]) -> str:
    """Return the figures as Markdown."""
    first, again = found["build"]["first"], found["build"]["again"]
    slowed = found[f"browser_slowed_{SLOWED}"]
    results = f"{first['results']:,}".replace(",", " ")
    lines = [
        f"{results} results; Chromium {found['chromium']}, headless, from files.",
        "",
        "| | laid out, ms | frame out, ms | worst frame, ms | frame, slowed to a quarter, ms |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, times in found["browser"].items():
        laid = "" if name == "first view" else f"{times['laid_out_ms']:.0f}"
        lines.append(
            f"| {name} | {laid} | {times['frame_ms']:.0f} | {times['frame_worst_ms']:.0f} "
            f"| {slowed[name]['frame_ms']:.0f} |"
        )
    lines += [
        "",
        "| | s | peak, MiB | files written |",
        "|---|---:|---:|---:|",
        f"| build | {first['seconds']:.1f} | {first['peak_mib']:.0f} | {first['files_written']} |",
        f"| again | {again['seconds']:.1f} | {again['peak_mib']:.0f} | {again['files_written']} |",
        "",
        "The page is {:.0f} kB, the rows are {:.0f} kB, all of the site is {:.1f} MB.".format(
            found["page_bytes"] / 1e3, found["rows_bytes"] / 1e3, found["site_bytes"] / 1e6
        ),
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", default="", metavar="DIR", help="the record of this store")
    parser.add_argument("--results", type=int, default=MADE, help=f"made (default: {MADE})")
    parser.add_argument("--repeats", type=int, default=5, help="of each (default: 5)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--markdown", action="store_true", help="print Markdown (the default)")
    args = parser.parse_args()
    store = str(Path(args.store).resolve()) if args.store else ""
    found = measured(store, args.results, args.repeats)
    print(json.dumps(found, indent=2) if args.json else markdown(found))


if __name__ == "__main__":
    main()
