"""Pictures, reasoning, right answers and roles over the whole way: server, client, run, figures."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from joulemark.cli import main
from joulemark.core import record
from joulemark.core.channel import Domain
from joulemark.core.errors import UsageError
from joulemark.procedures.serving.bench import bench_serving
from joulemark.procedures.serving.beyond import Beyond, beyond_of
from joulemark.procedures.serving.driver import HttpDriver
from joulemark.procedures.serving.figures import figures_of, metrics_of
from joulemark.procedures.serving.findings import findings_of_run
from joulemark.procedures.serving.load_plan import LoadPlan
from joulemark.procedures.serving.results import ServingResult, serving_of
from joulemark.procedures.serving.settings import ServingSettings
from joulemark.procedures.session import Options
from joulemark.report.serving import print_serving
from joulemark.report.serving_json import serving_json
from joulemark.store.reader import open_run
from joulemark.virtual.serving.script import Script
from joulemark.virtual.serving.server import ScriptedServer
from joulemark.virtual.serving.wrongs import Wrongs
from joulemark.workloads.openai.target import Target
from tests.procedures.fakes import Steady


@contextmanager
def serving(*wrong: str, **script: Any) -> Iterator[ScriptedServer]:
    settings = {"first_s": 0.001, "step_s": 0.0005, "least": 8, "most": 8, **script}
    made = ScriptedServer(Script(**settings), Wrongs(wrong))
    try:
        yield made
    finally:
        made.close()


def measured(
    server: ScriptedServer,
    store: Path,
    plan: dict[str, Any],
    meters: Sequence[Steady] = (),
    **settings: Any,
) -> ServingResult:
    made = LoadPlan(
        **{"kind": "closed", "requests": 40, "concurrency": 4, "tokens_in": "5", **plan}
    )
    kept = ServingSettings(
        **{"repeats": 1, "max_repeats": 1, "rule": "whole/1", "declared": made.record(), **settings}
    )
    meters = [Steady(), Steady(50.0, "package-1"), *meters]
    options = Options(store=store, objects=meters, period_s=0.01, idle_s=0.02)
    driver = HttpDriver(Target(url=server.url, model="m"))
    return serving_of(open_run(bench_serving(driver, made.load, options, kept)))


def printed(result: ServingResult) -> str:
    out = io.StringIO()
    print_serving(result, out)
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    return " ".join(text.split())


def rules(result: ServingResult) -> set[str]:
    return {one.finding.rule for one in findings_of_run(result)}


def test_what_a_right_answer_costs(tmp_path: Path) -> None:
    path = tmp_path / "prompts.jsonl"
    lines = [
        {"prompt": f"question {i}", "answer": "tok" if i % 4 else "other", "check": "contains"}
        for i in range(20)
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    with serving() as server:
        result = measured(server, tmp_path / "runs", {"prompts": path})
    assert result.settings["keep_text"] is True
    figures, metrics = figures_of(result), metrics_of(result)
    each = figures["energy-per-request/1"].value
    assert figures["energy-per-correct-answer/1"].value == pytest.approx(each / 0.75, rel=1e-6)
    assert metrics["accuracy"] == 0.75
    assert metrics["energy_per_correct_answer_j"] == pytest.approx(each / 0.75, rel=1e-6)
    told = serving_json(result)["quality"]
    assert (told["accuracy/1"]["checked"], told["accuracy/1"]["prompts"]) == (40, 20)
    cost = told["loads"][0]["energy-per-correct-answer/1"]
    assert cost["low"] < cost["value"] < cost["high"]
    text = printed(result)
    assert "right answers 30 of 40 (75.0 %, 95 %: 5" in text
    assert "to 20 different prompts" in text
    assert "per right answer" in text
    assert "no-right-answer" not in rules(result)


def test_no_right_answer_is_said(tmp_path: Path) -> None:
    path = tmp_path / "prompts.jsonl"
    path.write_text('{"prompt": "q", "answer": "42", "check": "number"}\n{"prompt": "free"}')
    with serving() as server:
        result = measured(server, tmp_path / "runs", {"prompts": path})
    assert "energy-per-correct-answer/1" not in figures_of(result)
    assert "no-right-answer" in rules(result)
    assert serving_json(result)["quality"]["accuracy/1"]["value"] == 0
    assert "not checked 20 requests" in printed(result)


@pytest.mark.parametrize("wrong", ["", "no-usage"])
def test_reasoning_apart(tmp_path: Path, wrong: str) -> None:
    faults = [wrong] if wrong else []
    with serving(*faults, reasoning=6) as server:
        result = measured(server, tmp_path, {})
    figures = figures_of(result)
    output = figures["energy-per-output-token/1"].value
    assert figures["energy-per-answer-token/1"].value == pytest.approx(4 * output)
    (told,) = serving_json(result)["reasoning"]
    assert (told["reasoning_tokens"], told["answer_tokens"]) == (240, 80)
    assert told["counted_by"] == (["chunks"] if wrong else ["usage"])
    assert ("reasoning-estimated" in rules(result)) == bool(wrong)
    text = printed(result)
    assert "reasoning 240 of 320 output tokens (75.0 %)" in text
    assert ("estimated by chunks" if wrong else "counted by usage") in text


def test_pictures_of_noise(tmp_path: Path) -> None:
    with serving(image_tokens=100) as server:
        result = measured(server, tmp_path, {"images": 2, "image_size": "16x8"})
        assert {one.images for one in server.truths if one.images} == {2}
    figures = figures_of(result)
    each = figures["energy-per-request/1"].value
    assert figures["energy-per-image-input/1"].value == pytest.approx(each / 2, rel=1e-6)
    assert {one.tokens_in for one in result.repeats[0].requests} == {205}
    assert result.settings["prompts"]["images"] == 2
    assert "per picture asked about" in printed(result)


def test_a_film_is_a_vendors_field(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"\x00\x00\x00\x20ftypisom" + b"\0" * 100)
    path = tmp_path / "prompts.jsonl"
    path.write_text('{"prompt": "q", "videos": ["a.mp4"]}')
    with serving() as server:
        result = measured(server, tmp_path / "runs", {"prompts": path})
    assert "vendor-field" in rules(result)
    assert "energy-per-video-input/1" in figures_of(result)


def test_roles_add_up_and_what_cannot_be_is_said(tmp_path: Path) -> None:
    roles = {"prefill": ("package-0",), "decode": ("package-1",)}
    with serving() as server:
        result = measured(server, tmp_path / "a", {}, roles=roles)
        with pytest.raises(UsageError, match="no part that is read is called 'gpu9'"):
            measured(server, tmp_path / "b", {}, roles={"prefill": ("gpu9",)})
    wrong = replace(result, settings={**result.settings, "roles": {"prefill": ["gpu9"]}})
    (told,) = serving_json(result)["roles"]
    prefill, decode, rest = told["roles"]
    sums = [one["energy"]["value"] for one in (prefill, decode, rest)]
    assert sum(sums) == pytest.approx(told["whole"]["value"])
    assert sums[0] / sums[1] == pytest.approx(2, rel=0.01)
    assert rest["role"] == "unassigned"
    figures = figures_of(result)
    whole = figures["energy-per-output-token/1"].value
    assert figures["decode-role-energy-per-output-token/1"].value == pytest.approx(
        whole / 3, rel=0.01
    )
    assert "prefill-role-energy-per-input-token/1" in figures
    assert "prefill" in printed(result)
    assert "no-roles" in rules(wrong)
    assert serving_json(wrong)["roles"][0]["why_none"]


class Wall(Steady):
    """A wall meter, whose energy holds that of all parts."""

    def __init__(self, watts: float) -> None:
        super().__init__(watts, "wall")
        self.channels = [record.replace(self.channels[0], domain=Domain.WALL)]


def test_roles_of_parts_within_a_part_that_is_added(tmp_path: Path) -> None:
    roles = {"prefill": ("package-0",), "decode": ("package-1",)}
    with serving() as server:
        result = measured(server, tmp_path, {}, meters=[Wall(200.0)], roles=roles)
    assert result.parts == ("localhost/wall",)
    (told,) = serving_json(result)["roles"]
    shares = [one["energy"]["value"] / told["whole"]["value"] for one in told["roles"]]
    assert shares == pytest.approx([0.5, 0.25, 0.25], rel=0.02)
    assert told["roles"][2]["parts"] == ["localhost/wall"]


def test_a_plain_run_has_none_of_it(tmp_path: Path) -> None:
    with serving() as server:
        result = measured(server, tmp_path, {}, rule="steady/1")
    told = serving_json(result)
    assert not {"reasoning", "quality", "roles"} & set(told)
    assert beyond_of(result.repeats[0], result) == Beyond()  # no window counts


def test_as_it_is_typed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["bench", "serving", "--store", str(tmp_path), "--quick", "--idle", "20ms"]
    words += ["--rule", "whole/1", "--concurrency", "4", "--requests", "12", "--json"]
    with serving() as server:
        words += ["--url", server.url, "--images", "1"]
        assert main([*words, "--image-size", "9x9"]) == 0
        metrics = json.loads(capfd.readouterr().out)["serving"]["metrics"]
        assert metrics["energy_per_image_input_j"] == pytest.approx(metrics["energy_per_request_j"])
        assert main([*words, "--image-size", "9y9"]) == 2
        assert "no size of a picture" in capfd.readouterr().err
        assert main([*words, "--endpoint", "completions"]) == 2
        assert "ask the chat endpoint" in capfd.readouterr().err
