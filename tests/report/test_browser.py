"""The page in a real browser: Debian's chromium and chromium-driver, where they are installed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from tests.example_tree import Faulty
from tests.inference_samples import Sample
from tests.report.audit.made import PLACE, member, page
from tests.report.audit.made import hostile as hostile_result
from tests.report.audit.test_audit_parts import SEEN, summary
from tests.report.build import Made, empty, estimated, hostile, killed, many_gpus
from tests.report.demo import demo
from tests.report.frontier.answers import of_a_sweep, rated, served
from tests.report.metered import broken, honest
from tests.report.plots.made import ALL, EVIL, figure_2, figure_5a, figure_6
from tests.report.served import EVIL as HOSTILE
from tests.report.served import served as serving_run
from tests.report.test_scales import GROUPS, all_scales
from tests.report.test_scored import FINDING, TINY, TRAINING
from tests.report.test_scored_page import page as scores_page

from joulemark.analysis.figures.data import Basis
from joulemark.core.finding import Verdict
from joulemark.procedures.checked import Measured
from joulemark.procedures.known import known_rules
from joulemark.procedures.results import results_of
from joulemark.procedures.scored import TinyScore
from joulemark.procedures.serving.results import serving_of
from joulemark.report.audit.tally import Tally
from joulemark.report.audit.tree_page import tree_page
from joulemark.report.frontier.page import group_page, index_page
from joulemark.report.frontier.views import links_of, view_name, views_of
from joulemark.report.frontier.words import saving
from joulemark.report.page import run_page
from joulemark.report.plots.page import figures_page
from joulemark.report.plots.pictures import pictures
from joulemark.report.scales_page import scales_page

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None,
    reason="needs a browser: apt-get install chromium chromium-driver",
)
pytestmark = needs_browser

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
)  # fmt: skip
RUNS: dict[str, Callable[[], Made]] = {
    "demo": demo,
    "hostile": hostile,
    "estimated": estimated,
    "killed": killed,
    "empty": empty,
    "gpus": lambda: many_gpus(8, 2),
    "honest": honest,
    "broken": broken,
}


def run_text(make: Callable[[], Made]) -> str:
    made = make()
    return run_page(made.run, made.traces, made.results, path="/data/runs/x")


def faulty_text() -> str:
    sample = Faulty(watts=31.0, ranging_watts=31.2, scenario="SingleStream", performance=180.0)
    return page(member(sample.files(), replace(PLACE, scenario="SingleStream")))


def tree_text() -> str:
    tally = Tally()
    for number, verdict in enumerate(Verdict):
        place = replace(PLACE, submitter=f"Maker {number}", benchmark="bert-99")
        watts = Measured(10.0 ** (3 - number), 1.0)
        seen = (SEEN,) * (number == 2)
        one = summary(place=place, verdict=verdict, average_power_w=watts, seen=seen)
        tally.add([one] * (number + 1))
    return tree_page(tally, known_rules(), trees=["inference_results_v5.1"])


def scales_text() -> str:
    return scales_page(all_scales(), GROUPS, "runs")


def scores_text() -> str:
    failed = replace(TINY, findings=(FINDING,))
    return scores_page(TRAINING, TINY, failed, replace(TINY, tiny=TinyScore()))


def figures_text() -> str:
    published = [replace(figure_5a(Basis.PUBLISHED), notes=(EVIL,)), figure_2()]
    other = replace(figure_6(), y_label="energy to train, kWh", basis=Basis.PUBLISHED)
    record = [make() for name, make in ALL.items() if name != "7s"]
    return figures_page(pictures([*published, other], record), EVIL, png=True)


def serving_text(**made: Any) -> str:
    with TemporaryDirectory() as folder:
        stored = serving_run(Path(folder), **made)
        traces, results = stored.traces(), results_of(stored)
        return run_page(stored.run, traces, results, path="/x", serving=serving_of(stored))


ANSWERS = [served(), rated()]
SWEPT = of_a_sweep()
VIEWS = views_of(SWEPT)
LINKS = links_of(SWEPT, VIEWS, [view_name(view, "frontier-sweep.html") for view in VIEWS])
RUN_PAGES = {path: f"{path}.html" for one in SWEPT.group.candidates for path in one.runs}
SERVING: dict[str, dict[str, Any]] = {
    "serving": {"repeats": 2, "boards": True, "tells": True},
    "serving-hostile": {"failing": 5, "title": HOSTILE, "settings": {"model": HOSTILE}},
    "serving-killed": {"repeats": 2, "killed": True},
    "serving-unmetered": {"metered": False},
    "serving-five": {"repeats": 5, "count": 90},
}
MAKERS: dict[str, Callable[[], str]] = {
    **{name: partial(run_text, make) for name, make in RUNS.items()},
    "audit": faulty_text,
    "audit-channels": lambda: page(member(Sample(channels=3).files())),
    "audit-hostile": lambda: page(hostile_result()),
    "audit-tree": tree_text,
    "scales": scales_text,
    **{name: partial(serving_text, **made) for name, made in SERVING.items()},
    "figures": figures_text,
    "scores": scores_text,
    "frontier": lambda: group_page(served(), confidence=0.95),
    "frontier-rate": lambda: group_page(rated(evil="<b>\u202e"), confidence=0.95),
    "frontier-sweep": lambda: group_page(SWEPT, confidence=0.95, links=LINKS, runs=RUN_PAGES),
    "frontiers": lambda: index_page(ANSWERS, ["frontier.html", "r.html"], confidence=0.95),
}

# Every visible text with the colour behind it: (text, contrast) below the limit.
LOW_CONTRAST = """
const linear = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
const parse = (c) => (c.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
const light = (c) => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
const behind = (element) => {
  if (element.matches(".inside")) return parse(getComputedStyle(element).stroke);
  const band = element.closest(".bandlabel");
  if (band) return parse(getComputedStyle(band.querySelector("rect")).fill);
  for (let e = element; e; e = e.parentElement) {
    const colour = parse(getComputedStyle(e).backgroundColor);
    if (colour.length < 4 || colour[3] > 0.99) return colour;
  }
  return [255, 255, 255];
};
const low = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let count = 0;
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
  if (!text || ["SCRIPT", "STYLE", "title"].includes(element.tagName)) continue;
  if (!element.getClientRects().length) continue;
  const style = getComputedStyle(element);
  const front = parse(element.closest("svg") ? style.fill : style.color), back = behind(element);
  const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
  count += 1;
  if ((a + 0.05) / (b + 0.05) < 4.5) low.push([text.slice(0, 40), (a + 0.05) / (b + 0.05)]);
}
return [count, low];
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for name, make in MAKERS.items():
        (folder / f"{name}.html").write_text(make(), encoding="utf-8")
    return folder


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
    yield started
    started.quit()


Show = Callable[..., Any]


@pytest.fixture
def show(driver: Any, pages: Path) -> Show:
    """Return a function that opens a page at some width, light or dark, with or without script."""

    def opened(
        name: str = "demo", *, width: int = 1280, dark: bool = False, js: bool = True
    ) -> Any:
        command = driver.execute_cdp_cmd
        command(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        command("Emulation.setEmulatedMedia", {"media": "", "features": [scheme]})
        command("Emulation.setScriptExecutionDisabled", {"value": not js})
        driver.get((pages / f"{name}.html").as_uri())
        return driver

    return opened  # fmt: skip


def one(driver: Any, selector: str) -> Any:
    return driver.find_element("css selector", selector)


def every(driver: Any, selector: str) -> list[Any]:
    found: list[Any] = driver.find_elements("css selector", selector)
    return found


@pytest.mark.parametrize("name", MAKERS)
def test_no_error_and_no_request(show: Show, name: str) -> None:
    driver = show(name)
    driver.get_log("browser")
    driver.get_log("performance")
    driver.refresh()
    assert driver.get_log("browser") == []
    asked = [
        message["params"]["request"]["url"]
        for entry in driver.get_log("performance")
        if (message := json.loads(entry["message"])["message"])["method"]
        == "Network.requestWillBeSent"
    ]
    assert asked
    assert all(url.startswith(("file:", "data:")) for url in asked), asked
    assert sum(url.startswith("file:") for url in asked) == 1


@pytest.mark.parametrize("width", [360, 1400])
@pytest.mark.parametrize("name", MAKERS)
def test_nothing_overflows(show: Show, name: str, width: int) -> None:
    driver = show(name, width=width)
    seen, room = driver.execute_script(
        "const e = document.documentElement; return [e.scrollWidth, e.clientWidth];"
    )
    assert room == pytest.approx(width, abs=20)
    assert seen <= room
    wide = driver.execute_script(
        "return [...document.querySelectorAll('main *')].filter((e) => !e.closest('.scroll, pre')"
        " && !e.parentElement.closest('svg') && e.getBoundingClientRect().right > innerWidth + 1)"
        ".map((e) => e.outerHTML.slice(0, 80));"
    )
    assert wide == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    "name",
    ["demo", "estimated", "hostile", "audit", "audit-hostile", "audit-tree", "figures", *SERVING],
)
def test_all_text_is_legible(show: Show, name: str, *, dark: bool) -> None:
    driver = show(name, dark=dark)
    driver.execute_script("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    count, low = driver.execute_script(LOW_CONTRAST)
    assert count > 100
    assert low == []


def test_dark_is_dark_and_the_button_turns_it(show: Show) -> None:
    ground = "return getComputedStyle(document.documentElement).backgroundColor"
    driver = show(dark=True)
    dark = driver.execute_script(ground)
    button = one(driver, "#theme")
    assert button.text == "Light"
    button.send_keys("\ue007")
    light = driver.execute_script(ground)
    assert light != dark
    assert button.text == "Dark"
    assert driver.execute_script(LOW_CONTRAST)[1] == []
    assert show().execute_script(ground) == light
    one(driver, "#theme").click()
    assert driver.execute_script(ground) == dark


def test_pointing_reads_values(show: Show) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    driver = show()
    plot = one(driver, ".plot")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", plot)
    ActionChains(driver).move_to_element(plot).perform()
    said = one(driver, ".readout").text
    assert re.match(r"at 2 min [56]\.\d s", said)
    assert said.endswith("train 2")
    values = [output.text for output in every(driver, ".legend output")]
    watts = [float(value.removesuffix(" W")) for value in values if value.endswith(" W")]
    assert watts == pytest.approx([96, 61, 14, 312, 301], rel=0.08)
    assert any(value.endswith("°C") for value in values)
    visible = [c.get_attribute("visibility") for c in every(driver, ".cursor")]
    assert visible == ["visible"] * 5
    ActionChains(driver).move_to_element(one(driver, "h1")).perform()
    assert {output.text for output in every(driver, ".legend output")} == {""}


def test_dragging_zooms_and_a_double_click_shows_all(show: Show) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    driver = show()
    plot = one(driver, ".plot")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", plot)
    usual = one(driver, ".xaxis").text
    chain = ActionChains(driver).move_to_element_with_offset(plot, -200, 0).click_and_hold()
    chain.move_by_offset(100, 5).release().perform()
    boxes = {view.get_dom_attribute("viewBox").split(" 0 ")[0] for view in every(driver, ".view")}
    assert len(boxes) == 1
    assert float(boxes.pop()) > 200
    assert one(driver, ".xaxis").text != usual
    assert every(driver, ".brush") == []
    ActionChains(driver).double_click(plot).perform()
    assert one(driver, ".view").get_dom_attribute("viewBox").startswith("0 0 1000")
    assert one(driver, ".xaxis").text == usual


def test_the_chart_works_by_keyboard(show: Show) -> None:
    driver = show()
    chart = one(driver, "#chart")
    chart.send_keys("\ue014")
    first = one(driver, ".readout").text
    assert first.startswith("at 2 min")
    chart.send_keys("\ue014")
    assert one(driver, ".readout").text != first
    chart.send_keys("\ue012")
    assert one(driver, ".readout").text == first
    chart.send_keys("+")
    width = float(one(driver, ".view").get_dom_attribute("viewBox").split()[2])
    assert width == pytest.approx(500, abs=1)
    chart.send_keys("-")
    chart.send_keys("\ue00c")
    assert one(driver, ".view").get_dom_attribute("viewBox").startswith("0 0 1000")
    assert one(driver, ".readout").text.strip() == ""


def test_zoom_buttons_go_to_windows(show: Show) -> None:
    driver = show()
    buttons = every(driver, ".zoom button")
    assert [button.text for button in buttons][:4] == ["whole run", "idle 1", "warm-up", "train 1"]
    buttons[3].send_keys(" ")
    start = float(one(driver, ".view").get_dom_attribute("viewBox").split()[0])
    assert start == pytest.approx((46 - 3) / 252 * 1000, abs=3)
    assert buttons[3].get_attribute("aria-pressed") == "true"
    assert buttons[0].get_attribute("aria-pressed") == "false"


def test_lines_are_hidden_by_keyboard(show: Show) -> None:
    driver = show()
    button = one(driver, "li[data-line='line-1-2'] button")
    line = one(driver, "#line-1-2")
    assert line.is_displayed()
    driver.execute_script("arguments[0].focus()", button)
    button.send_keys(" ")
    assert not line.is_displayed()
    assert button.get_attribute("aria-pressed") == "false"
    button.send_keys("\ue007")
    assert line.is_displayed()


def test_everything_shows_without_javascript(show: Show) -> None:
    driver = show(js=False)
    try:
        assert not one(driver, "#theme").is_displayed()
        assert not one(driver, ".zoom").is_displayed()
        assert every(driver, ".legend button") == []
        assert one(driver, "#line-1-1").is_displayed()
        assert "148.1 ± 6.5" in one(driver, "#result").text
        assert one(driver, ".xaxis").text
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_hostile_text_runs_nothing(show: Show) -> None:
    driver = show("hostile")
    assert every(driver, "img") == []
    assert len(every(driver, "script")) == 1
    assert one(driver, "h1").text.startswith("<img src=x")


def test_no_script_of_others_can_run(show: Show) -> None:
    driver = show("demo")
    ran = driver.execute_script(
        "window.ran = 0; const s = document.createElement('script');"
        "s.textContent = 'window.ran = 1'; document.body.append(s);"
        "const i = document.createElement('div'); document.body.append(i);"
        "i.innerHTML = '<i onclick=\"window.ran = 2\">x</i>'; i.firstChild.click();"
        "return window.ran;"
    )
    assert ran == 0
    assert driver.get_log("browser")


def test_zoom_of_a_load_goes_to_its_window(show: Show) -> None:
    driver = show("serving")
    buttons = {button.text: button for button in every(driver, ".zoom button")}
    assert list(buttons)[:5] == ["whole run", "idle 1", "warm-up 1", "window 1", "drain 1"]
    buttons["window 1"].send_keys(" ")
    boxes = {view.get_dom_attribute("viewBox").split(" 0 ")[0] for view in every(driver, ".view")}
    assert len(boxes) == 1
    assert float(boxes.pop()) > 50
    plot = one(driver, "#chart .plot")
    assert plot.get_attribute("aria-label").startswith("Requests over time: in flight from 0")


def test_zoom_of_many_loads_names_their_windows(show: Show) -> None:
    names = [button.text for button in every(show("serving-five"), ".zoom button")]
    assert names == ["whole run", *(f"window {number}" for number in range(1, 6))]


def test_serving_shows_without_javascript(show: Show) -> None:
    try:
        driver = show("serving", js=False)
        assert "J/token" in one(driver, "#result").text
        assert one(driver, "#line-1-1").is_displayed()
        assert len(every(driver, ".bracketrow")) == 1
        assert "energy-per-output-token/1" in one(driver, "#energy").text
        assert every(driver, "#energy .dot")
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_hostile_answers_of_a_server_run_nothing(show: Show) -> None:
    driver = show("serving-hostile")
    assert every(driver, "img") == []
    assert len(every(driver, "script")) == 1
    assert driver.title != "taken"
    assert "<img src=x" in one(driver, "#findings").text


def test_the_page_prints_in_light(show: Show) -> None:
    driver = show(dark=True)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert (
        driver.execute_script("return getComputedStyle(document.body).color") == "rgb(22, 26, 32)"
    )
    assert not one(driver, "#theme").is_displayed()
    assert not one(driver, ".zoom").is_displayed()


def test_a_finding_leads_to_the_line_and_back(show: Show) -> None:
    driver = show("audit")
    link = one(driver, "#rule-inference-uncertainty-over-limit .found a")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", link)
    link.click()
    line = one(driver, ".code li:target")
    assert "Uncertainty 1.08%" in line.text
    box = driver.execute_script("return arguments[0].getBoundingClientRect().top", line)
    assert 0 < box < 900
    line.find_element("css selector", ".why").click()
    assert driver.current_url.endswith("#rule-inference-uncertainty-over-limit")


def test_zoom_goes_to_the_test(show: Show) -> None:
    driver = show("audit")
    buttons = every(driver, ".zoom button")
    assert [button.text for button in buttons][:3] == ["whole run", "ranging", "testing"]
    buttons[2].send_keys(" ")
    boxes = {view.get_dom_attribute("viewBox").split(" 0 ")[0] for view in every(driver, ".view")}
    assert len(boxes) == 1
    assert float(boxes.pop()) > 400


def test_tables_are_sorted_by_mouse_and_keyboard(show: Show) -> None:
    driver = show("audit-tree")
    table = "#systems tbody th a"
    assert [cell.text for cell in every(driver, table)] == ["Maker 2", "Maker 1", "Maker 0"]
    heads = every(driver, "#systems thead button")
    heads[0].click()
    assert [cell.text for cell in every(driver, table)] == ["Maker 0", "Maker 1", "Maker 2"]
    power = next(head for head in heads if head.text.startswith("highest"))
    power.send_keys("\ue007")
    assert [cell.text for cell in every(driver, table)] == ["Maker 0", "Maker 1", "Maker 2"]
    power.send_keys("\ue007")
    assert [cell.text for cell in every(driver, table)] == ["Maker 2", "Maker 1", "Maker 0"]
    sorted_by = every(driver, "#systems [aria-sort]")
    assert [head.get_attribute("aria-sort") for head in sorted_by] == ["ascending"]


def test_a_system_opens_its_results(show: Show) -> None:
    driver = show("audit-tree")
    assert not one(driver, "#s3 table").is_displayed()
    every(driver, "#systems tbody th a")[2].click()
    assert one(driver, "#s3 table").is_displayed()


def test_a_review_shows_without_javascript(show: Show) -> None:
    try:
        driver = show("audit-tree", js=False)
        assert every(driver, "#systems thead button") == []
        assert one(driver, "#systems tbody th a").text == "Maker 2"
        driver = show("audit", js=False)
        assert one(driver, "#line-1-1").is_displayed()
        assert not one(driver, ".zoom").is_displayed()
        assert "fails" in one(driver, "#result").text
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_hostile_logs_run_nothing(show: Show) -> None:
    driver = show("audit-hostile")
    assert every(driver, "img") == []
    assert len(every(driver, "script")) == 1
    assert driver.title != "taken"
    assert one(driver, "h1").text.startswith("<script>")


def slide(driver: Any, slider: str, share: int) -> None:
    """Move a slider as a hand does."""
    driver.execute_script(
        "const e = document.getElementById(arguments[0]); e.value = arguments[1];"
        "e.dispatchEvent(new Event('input'));",
        slider,
        share,
    )


@pytest.mark.parametrize("bound", [None, 0.0142, 0.05, 0.1, 0.2])
def test_a_frontier_page_chooses_as_the_command_line_does(
    show: Show, driver: Any, pages: Path, bound: float | None
) -> None:
    show("frontier")
    state = "x=1" if bound is None else f"time={bound}"
    driver.get("about:blank")
    driver.get(f"{(pages / 'frontier.html').as_uri()}#{state}")
    if bound is None:
        one(driver, "#reset").click()
    wanted = served(bound)
    assert one(driver, "#best-name").text == (
        "none" if wanted.recommended is None else wanted.recommended.name
    )
    assert one(driver, "#vs-fastest").text == saving(wanted.saving_vs_fastest)
    assert one(driver, "#vs-default").text == saving(wanted.saving_vs_default)
    assert one(driver, "#command").is_displayed() == (wanted.recommended is not None)


def test_a_page_of_a_sweep_tells_each_command_and_links_to_other_numbers(show: Show) -> None:
    driver = show("frontier-sweep")
    assert one(driver, "#best-name").text == "batch=2 rate=1"
    assert one(driver, "#command").text == "serve --cap 2\nload --rate 1"
    assert one(driver, "header .badge").text == "energy estimated"
    assert not one(driver, "details.views a").is_displayed()
    one(driver, "details.views summary").click()
    assert one(driver, "details.views a").is_displayed()
    assert one(driver, ".candidates td a").get_attribute("href").endswith(".html")
    plain = show("frontier-sweep", js=False)
    assert one(plain, "#command").text == "serve --cap 2\nload --rate 1"


def test_sliders_of_a_frontier_stand_in_the_link(show: Show) -> None:
    driver = show("frontier")
    assert one(driver, "#time-out").text == "100 ms"
    slide(driver, "time", 400)
    slide(driver, "energy", 700)
    link = driver.current_url
    assert re.search(r"#time=[\d.]+&energy=[\d.]+$", link)
    chosen = one(driver, "#best-name").text
    driver.get("about:blank")
    driver.get(link)
    assert one(driver, "#best-name").text == chosen
    assert every(driver, ".limit-x[visibility='visible']")
    one(driver, "#reset").click()
    assert "#" not in driver.current_url
    assert one(driver, "#time-out").text == "any"


def test_a_rate_is_asked_for_at_least(show: Show) -> None:
    driver = show("frontier-rate")
    assert one(driver, "#best-name").text.startswith("c1")
    slide(driver, "time", 1000)
    assert one(driver, "#best-name").text == "none"
    slide(driver, "time", 0)
    assert one(driver, "#best-name").text.startswith("c3")


def test_the_page_of_all_groups_keeps_the_targets_for_each(show: Show) -> None:
    driver = show("frontiers")
    names = [cell.text for cell in every(driver, "td.name")]
    assert names == ["1×B200 batch 256", "c1"]
    slide(driver, "t0", 0)
    assert every(driver, "td.name")[0].text == "1×B200 batch 8"
    href = one(driver, ".groups th a").get_attribute("href")
    assert "frontier.html#time=" in href
    plain = show("frontiers", js=False)
    assert [cell.text for cell in every(plain, "td.name")] == names
