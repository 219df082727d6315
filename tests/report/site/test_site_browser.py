"""The site in a real browser: opened as files, as a visitor with a mouse, a keyboard or a phone."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.report.site.made import HOSTILE, entry, few, hostile, many
from tests.report.test_browser import CHROMIUM, DRIVER, FLAGS, LOW_CONTRAST, every, needs_browser
from tests.report.test_browser import one as first

from joulemark.core.units import si, with_u95
from joulemark.report.site.writing import Wanted, write_site

pytestmark = needs_browser

SIZES = (5.3e-6, 31.54e-6, 999.96e-6, 0.0123, 0.99996, 1.0, 12.3456, 999.999, 45.8e3, 1.7e9)
"""Energies from µJ to GJ."""
ENTER, ESCAPE, DOWN, UP, END, HOME, PAGE_DOWN, TAB = (
    "\ue007", "\ue00c", "\ue015", "\ue013", "\ue010", "\ue011", "\ue00f", "\ue004",
)  # fmt: skip


def sizes() -> list[Any]:
    return [
        entry(f"{number}.{share}", energy_j=energy, u95=share, power_w=energy * 10, benchmark="x")
        for number, energy in enumerate(SIZES)
        for share in (None, 0.0113, 0.3)
    ]


MAKERS: dict[str, Callable[[], Any]] = {
    "few": few,
    "hostile": hostile,
    "many": lambda: many(3000),
    "empty": list,
    "sizes": sizes,
}


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sites")
    for name, make in MAKERS.items():
        write_site(Wanted(folder=root / name, store=root / "store"), make)
    return root


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(executable_path=DRIVER))
    started.set_script_timeout(20)
    yield started
    started.quit()


Show = Callable[..., Any]


@pytest.fixture
def show(driver: Any, sites: Path) -> Show:
    """Return a function that opens a site at some view and width, light or dark."""

    def opened(
        name: str = "few",
        view: str = "",
        *,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        js: bool = True,
        url: str = "",
    ) -> Any:
        command = driver.execute_cdp_cmd
        command(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        command("Emulation.setEmulatedMedia", {"media": "", "features": [scheme]})
        command("Emulation.setScriptExecutionDisabled", {"value": not js})
        driver.get("about:blank")
        driver.get((url or (sites / name / "index.html").as_uri()) + view)
        if js:
            waited(driver, "return performance.getEntriesByName('first-view').length > 0")
        return driver

    return opened  # fmt: skip


def waited(driver: Any, code: str) -> Any:
    from selenium.webdriver.support.wait import WebDriverWait

    return WebDriverWait(driver, 20, poll_frequency=0.02).until(lambda d: d.execute_script(code))


def texts(driver: Any, selector: str) -> list[str]:
    """Return what is read in elements, at one moment: the table may be made anew in the next."""
    said: list[str] = driver.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map((e) => e.innerText)", selector
    )
    return [" ".join(text.split()) for text in said]


def systems(driver: Any) -> list[str]:
    return texts(driver, "#rows tbody a")


def column(driver: Any, number: int) -> list[str]:
    return texts(driver, f"#rows tbody td:nth-child({number})")


def key_of(name: str) -> str:
    return entry(name).key


def view(driver: Any) -> dict[str, list[str]]:
    waited(driver, "return !site.later")
    return parse_qs(urlsplit(driver.current_url).fragment)


def press(driver: Any, *keys: str) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(driver).send_keys(*keys).perform()


def focused(driver: Any) -> str:
    said: str = driver.execute_script(
        "const e = document.activeElement;"
        "return e.getAttribute('aria-label') || e.textContent.trim().slice(0, 60) || e.id;"
    )
    return said


def row_of(driver: Any) -> int:
    return int(
        driver.execute_script("return document.activeElement.closest('tr')?.ariaRowIndex || 0")
    )


@contextmanager
def served(folder: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/index.html"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("name", ["few", "hostile", "empty"])
def test_no_error_and_no_request_to_others(show: Show, sites: Path, name: str) -> None:
    driver = show(name)
    driver.get_log("browser")
    driver.get_log("performance")
    driver.refresh()
    waited(driver, "return performance.getEntriesByName('first-view').length > 0")
    assert driver.get_log("browser") == []
    asked = [
        message["params"]["request"]["url"]
        for line in driver.get_log("performance")
        if (message := json.loads(line["message"])["message"])["method"]
        == "Network.requestWillBeSent"
    ]
    ours = (sites / name).as_uri()
    assert all(url.startswith((ours, "data:")) for url in asked), asked
    assert sum(url.startswith(ours) for url in asked) == 2


def test_a_web_server_serves_it_too(show: Show, sites: Path) -> None:
    with served(sites / "few") as url:
        driver = show(url=url, view=f"#show={key_of('one')}")
        waited(driver, "return document.querySelector('#inside')?.textContent.includes('Sources')")
        assert driver.get_log("browser") == []
        driver.get("about:blank")


@pytest.mark.parametrize(
    ("name", "width"), [("few", 360), ("few", 800), ("few", 1280), ("hostile", 360)]
)
def test_nothing_overflows(show: Show, name: str, width: int) -> None:
    driver = show(name, width=width)
    seen, room = driver.execute_script(
        "const e = document.documentElement; return [e.scrollWidth, e.clientWidth];"
    )
    assert seen <= room
    clipped = driver.execute_script(
        "return [...document.querySelectorAll('#rows tbody tr:not(.spacer)')].filter((row) =>"
        " [...row.cells].some((c) => c.getBoundingClientRect().bottom >"
        " row.getBoundingClientRect().bottom + 2)).length"
    )
    assert clipped == 0 or name == "hostile"


@pytest.mark.parametrize(("width", "dark"), [(375, True), (1280, False)])
@pytest.mark.parametrize("where", ["", "compare", "detail"])
def test_all_text_is_legible(show: Show, where: str, width: int, *, dark: bool) -> None:
    views = {
        "": "#sort=energy",
        "compare": f"#pick={key_of('one')}&pick={key_of('old')}&show=compare",
        "detail": f"#show={key_of('doubted')}",
    }
    driver = show("few", views[where], dark=dark, width=width)
    if where == "detail":
        waited(driver, "return document.querySelector('#inside').textContent.includes('Doubts')")
    else:
        driver.execute_script("document.querySelector('[data-facet]').open = true")
    count, low = driver.execute_script(LOW_CONTRAST)
    assert count > 50
    assert low == []


def test_rows_tell_what_is_known(show: Show) -> None:
    driver = show("few", "#round=v3.0&sort=energy")
    assert systems(driver) == ["System doubted", "System one", "System two"]
    assert column(driver, 5)[1] == "50.00 ± 0.57 mJ per sample"
    assert column(driver, 6)[1] == "50.00 ± 0.57 W"
    assert column(driver, 7)[1] == "1.000 k samples/s"
    assert column(driver, 8) == [
        "results repository in doubt",
        "raw log recomputed, passes our rules",
        "raw log recomputed, breaks a rule",
    ]


def test_figures_are_those_of_the_command_line(show: Show) -> None:
    driver = show("sizes", "#sort=name", height=3000)
    found = dict(zip(systems(driver), column(driver, 5), strict=True))
    for one in sizes():
        said = (
            si(one.energy_j, "J")
            if one.u95 is None
            else with_u95(one.energy_j, one.u95 * one.energy_j, "J")
        )
        assert found[one.system_name].removesuffix(" per sample") == said


def test_newest_results_come_first(show: Show) -> None:
    driver = show()
    rounds = [text.split()[0] for text in column(driver, 4)]
    assert rounds[0] == "v4.1"
    head = first(driver, "#rows thead [aria-sort]")
    assert head.text.startswith("Round")
    assert head.get_attribute("aria-sort") == "descending"


def test_what_is_not_known_comes_last_whichever_way(show: Show) -> None:
    for view in ("#sort=submitter", "#sort=-submitter"):
        assert systems(show("few", view))[-1] == "System mine"
    for view in ("#sort=latency", "#sort=-latency"):
        first_two = systems(show("few", view))[:2]
        assert sorted(first_two) == ["System board", "System trained"]


def test_filters_count_and_have_a_link(show: Show) -> None:
    driver = show()
    assert first(driver, "#count").text == "10 of 10 results"
    first(driver, "[data-facet=benchmark] summary").click()
    label = next(
        label
        for label in every(driver, "[data-facet=benchmark] label")
        if label.text.startswith("3d-unet-99")
    )
    assert label.text.endswith("2")
    label.click()
    assert first(driver, "#count").text == "2 of 10 results"
    assert view(driver) == {"benchmark": ["3d-unet-99"]}
    assert "any" not in first(driver, "[data-facet=benchmark] summary").text
    assert "3d-unet since v2.0" in first(driver, "#notes").text
    press(driver, ESCAPE)
    assert not first(driver, "[data-facet=benchmark] .choices").is_displayed()
    address = driver.current_url
    again = show("few", "#" + address.partition("#")[2])
    assert sorted(systems(again)) == ["System new", "System old"]
    first(again, "#clear").click()
    assert first(again, "#count").text == "10 of 10 results"


def test_a_filter_tells_what_others_would_leave(show: Show) -> None:
    driver = show("few", "#benchmark=resnet50")
    first(driver, "[data-facet=round] summary").click()
    tallies = {
        label.text.split()[0]: label.text.split()[-1]
        for label in every(driver, "[data-facet=round] label")
    }
    assert tallies["v3.0"] == "3"
    assert tallies["v4.1"] == "0"
    first(driver, "[data-facet=benchmark] summary").click()
    assert not first(driver, "[data-facet=round] .choices").is_displayed()


def test_a_long_list_of_choices_can_be_searched(show: Show) -> None:
    driver = show("many")
    first(driver, "[data-facet=benchmark] summary").click()
    first(driver, "[data-facet=benchmark] input[type=search]").send_keys("mark-10")
    shown = [x.text.split()[0] for x in every(driver, "[data-facet=benchmark] label") if x.text]
    assert shown
    assert all("mark-10" in word for word in shown)


def test_free_text_looks_into_every_name(show: Show) -> None:
    driver = show()
    field = first(driver, "#text")
    field.send_keys("other RUNTIME")
    assert systems(driver) == ["System two"]
    assert first(driver, "#count").text == "1 of 10 results"
    assert view(driver) == {"q": ["other RUNTIME"]}
    field.send_keys(" nowhere")
    assert systems(driver) == []
    assert "No result is all of this" in first(driver, "#notes").text


def test_energies_of_two_units_are_never_mixed_unsaid(show: Show) -> None:
    driver = show()
    next(b for b in every(driver, "#rows thead button") if b.text == "Energy").click()
    units = [text.partition(" per ")[2] for text in column(driver, 5)]
    assert units == sorted(units)
    notes = first(driver, "#notes").text
    assert "4 units of work (inference, run, sample, token)" in notes
    assert "cannot be compared" in notes
    assert "benchmarks: each is other work" in notes
    assert first(driver, "#said").text.endswith("ascending, within each unit of work")
    next(b for b in every(driver, "#rows thead button") if b.text.startswith("Energy")).click()
    assert [text.partition(" per ")[2] for text in column(driver, 5)] == units
    assert "descending" in first(driver, "#said").text


def test_an_address_of_another_record_says_so(show: Show) -> None:
    driver = show("few", "#benchmark=nothing&pick=gone&show=%3Cimg%3E&sort=__proto__&scale=tiny")
    assert systems(driver) == ["System board"]
    assert "does not have: nothing, gone" in first(driver, "#notes").text
    assert not first(driver, "#dialog").is_displayed()


def test_rows_side_by_side(show: Show) -> None:
    names = ("one", "two", "three", "tokens")
    driver = show("few", "#" + "&".join(f"pick={key_of(n)}" for n in names) + "&show=compare")
    energy, power = (
        [cell.text.split("\n") for cell in every(line, "td")]
        for line in every(driver, ".compared tr.ratio")[:2]
    )
    assert energy[1] == ["× 1.008 ± 0.016", "cannot be told apart"]
    assert energy[2][1].startswith("cannot be told: ")
    assert energy[3] == ["not of one thing"]
    assert power[3] == ["× 1.000 ± 0.016", "cannot be told apart"]
    assert "two benchmarks: resnet50 and llama2-70b" in first(driver, ".compared").text
    every(driver, ".compared .acts button")[1].click()
    assert view(driver)["pick"][0] == key_of("two")
    every(driver, ".compared .acts button")[-1].click()
    assert len(view(driver)["pick"]) == 3
    press(driver, ESCAPE)
    waited(driver, "return !location.hash.includes('show=')")
    assert first(driver, "#told").text == "3 picked"


def test_results_that_differ_are_told_apart(show: Show) -> None:
    driver = show("sizes", f"#pick={key_of('4.0.0113')}&pick={key_of('3.0.0113')}&show=compare")
    said = every(driver, ".compared tr.ratio td")[1].text.split("\n")
    assert said == ["× 0.01230 ± 0.00020", "told apart: less"]


def test_breaks_bar_a_ratio(show: Show) -> None:
    keys = f"#pick={key_of('old')}&pick={key_of('new')}&show=compare"
    driver = show("few", keys)
    assert every(driver, ".compared tr.ratio td")[1].text == "not of one thing"
    assert "KiTS19" in first(driver, ".compared").text


def test_no_more_than_six_are_compared(show: Show) -> None:
    driver = show()
    boxes = every(driver, "#rows tbody input")
    for number in range(7):
        every(driver, "#rows tbody input")[number].click()
    assert len(boxes) == 10
    assert "6 results are picked already" in first(driver, "#told").text
    assert not every(driver, "#rows tbody input")[6].is_selected()
    assert len(view(driver)["pick"]) == 6
    first(driver, "#drop").click()
    assert not first(driver, "#bar").is_displayed()


def test_all_of_one_result(show: Show) -> None:
    driver = show("few", "#submitter=Maker&round=v3.0")
    next(a for a in every(driver, "#rows tbody a") if a.text == "System one").click()
    waited(driver, "return document.querySelector('#inside').textContent.includes('Sources')")
    text = first(driver, "#inside").text
    assert "closed/Maker/one:1" in text
    assert "50.00 ± 0.57 mJ/sample" in text
    assert "20.00 ± 0.23 samples/J" in text
    assert "joulemark report 20230101-000000-run-1" in text
    assert driver.title.startswith("System one")
    first(driver, "#close").click()
    waited(driver, "return !location.hash.includes('show=')")
    waited(driver, "return document.activeElement.textContent === 'System one'")


def test_a_walk_with_the_keyboard(show: Show) -> None:
    driver = show("many", "#sort=name")
    press(driver, TAB)
    assert focused(driver) == "Skip to the results"
    press(driver, ENTER)
    assert view(driver) == {"sort": ["name"]}
    for _ in range(8):
        press(driver, TAB)
    assert focused(driver).startswith("compare A system")
    press(driver, TAB)
    names = systems(driver)
    assert focused(driver) == names[0]
    press(driver, DOWN, DOWN)
    assert row_of(driver) == 4
    press(driver, " ")
    assert first(driver, "#told").text.startswith("1 picked")
    assert row_of(driver) == 4
    press(driver, END)
    assert row_of(driver) == 3001
    assert driver.execute_script(
        "const [row, bar] = [document.activeElement, document.getElementById('bar')]"
        ".map((element) => element.getBoundingClientRect());"
        "return row.top >= 0 && row.bottom <= bar.top;"
    )
    press(driver, UP, ENTER)
    waited(driver, "return document.getElementById('dialog').open")
    press(driver, ESCAPE)
    waited(driver, "return document.activeElement.closest('tr')?.ariaRowIndex === '3000'")
    press(driver, HOME, PAGE_DOWN)
    assert 5 < row_of(driver) < 40


@pytest.mark.parametrize("width", [375, 1280])
def test_a_screen_reader_meets_a_table(show: Show, width: int) -> None:
    driver = show("few", "#sort=energy", width=width, height=3000)
    nodes = driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    known = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"]
    ]
    roles = [role for role, _ in known]
    assert ("table", "Results") in known
    assert ("rowheader", "System board Maker") in known
    assert roles.count("row") == 10 + (width > 1000)
    assert roles.count("cell") == 70
    assert ("columnheader", "Energy") in known or width < 1000
    assert ("checkbox", "compare System one") in known
    assert ("search", "Choose results") in known
    assert {"status", "main", "banner"} <= set(roles)
    assert all(name for role, name in known if role in ("button", "link", "checkbox", "combobox"))


def test_back_closes_what_was_opened(show: Show) -> None:
    driver = show("few", "#q=system")
    first(driver, "#rows tbody a").click()
    waited(driver, "return document.getElementById('dialog').open")
    driver.back()
    waited(driver, "return !document.getElementById('dialog').open")
    assert view(driver) == {"q": ["system"]}


def test_only_rows_that_are_seen_are_made(show: Show) -> None:
    driver = show("many")
    assert first(driver, "#rows").get_attribute("aria-rowcount") == "3001"
    for y in (0, 50_000, 160_000):
        driver.execute_script("scrollTo(0, arguments[0])", y)
        waited(
            driver,
            "const seen = [...document.querySelectorAll('#rows tbody tr[data-at]')]"
            ".map((row) => row.getBoundingClientRect())"
            ".filter((box) => box.top < innerHeight && box.bottom > 0);"
            "return seen.length > 0;",
        )
        assert len(every(driver, "#rows tbody tr")) < 60


def test_rows_follow_when_the_page_moves(show: Show) -> None:
    driver = show("many")
    last = (
        "return Math.max(...[...document.querySelectorAll('[data-at]')].map((r) => r.dataset.at))"
    )
    shown = driver.execute_script(last)
    driver.execute_script("document.querySelector('#reading').open = true")
    waited(driver, f"{last} < {shown}")
    driver.execute_script("document.querySelector('#reading').open = false")
    waited(driver, f"{last} === {shown}")
    tall = driver.execute_script("return document.body.scrollHeight")
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 375, "height": 900, "deviceScaleFactor": 1, "mobile": True},
    )
    waited(driver, f"return document.body.scrollHeight > {2 * tall}")


def test_hostile_names_do_nothing_but_show(show: Show) -> None:
    driver = show("hostile", f"#show={key_of('hostile')}")
    waited(driver, "return document.querySelector('#inside').textContent.includes('Sources')")
    assert driver.execute_script("return window.taken") is None
    assert every(driver, "img") == []
    assert len(every(driver, "script")) == 1
    assert "</script><script>window.taken" in first(driver, "#inside").text
    first(driver, "#close").click()
    waited(driver, "return !location.hash.includes('show=')")
    assert "</script>" in "".join(systems(driver))
    assert "__proto__" in systems(driver)
    assert len(HOSTILE) > 50


def test_no_script_of_others_can_run(show: Show) -> None:
    driver = show()
    ran = driver.execute_script(
        "window.ran = 0; document.body.insertAdjacentHTML('beforeend',"
        ' \'<img src=x onerror="window.ran = 1"><i onclick="window.ran = 2">x</i>\');'
        "document.body.lastChild.click(); return window.ran;"
    )
    assert ran == 0
    driver.get_log("browser")


def test_the_best_shows_without_javascript(show: Show) -> None:
    driver = show(js=False)
    try:
        assert not first(driver, "#results").is_displayed()
        rows = [row.text for row in every(driver, "noscript tbody tr")]
        assert any("resnet50 Offline" in row and "50.00 ± 0.57 mJ/sample" in row for row in rows)
        assert any("3d-unet-99 Offline since v2.0" in row for row in rows)
        assert not any("doubted" in row for row in rows)
        assert first(driver, "noscript .notice").text.endswith("all 10 results.")
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_rows_that_are_lost_are_said(show: Show, tmp_path: Path) -> None:
    write_site(Wanted(folder=tmp_path / "site", store=tmp_path / "store"), few)
    (tmp_path / "site/data/rows.js").unlink()
    driver = show(url="about:blank", js=False)
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    driver.get((tmp_path / "site/index.html").as_uri())
    waited(driver, "return document.getElementById('wait').textContent.includes('cannot be read')")
    driver.get_log("browser")


def test_a_lost_file_of_data_is_said(show: Show, tmp_path: Path) -> None:
    write_site(Wanted(folder=tmp_path / "site", store=tmp_path / "store"), few)
    for path in (tmp_path / "site/data/details").iterdir():
        path.unlink()
    driver = show(url=(tmp_path / "site/index.html").as_uri(), view=f"#show={key_of('one')}")
    waited(driver, "return document.querySelector('#inside .bad') !== null")
    assert "cannot be read" in first(driver, "#inside .bad").text
    driver.get_log("browser")
