"""A server's own counts over a window: differences, never what was before."""

from __future__ import annotations

from pathlib import Path

import pytest

from joulemark.accounting.serving_counters import (
    Histogram,
    Reading,
    ServerCounters,
    server_counters,
    server_levels,
)
from joulemark.accounting.serving_names import VOCABULARIES, known_names
from joulemark.core.clock import NS


def told(*texts: str, start: float = 0.0, stop: float | None = None) -> ServerCounters:
    """What one reading a second, the first at 0 s, tells of a window."""
    readings = [Reading.of(second * NS, text) for second, text in enumerate(texts)]
    last = len(texts) - 1 if stop is None else stop
    found = server_counters(readings, round(start * NS), round(last * NS))
    assert isinstance(found, ServerCounters)
    return found


def vllm(running: int, tokens: int, done: int = 0, more: str = "") -> str:
    label = '{engine="0",model_name="m"}'
    ended = f'vllm:request_success_total{{finished_reason="length"}} {done}\n' if done else ""
    return (
        "# TYPE vllm:num_requests_running gauge\n"
        f"vllm:num_requests_running{label} {running}.0\n"
        f"vllm:generation_tokens_total{label} {tokens}.0\n{ended}{more}"
    )


def test_levels_over_time_are_when_they_were_read() -> None:
    readings = [Reading.of(second * NS, vllm(second, 0)) for second in (3, 1, 2)]
    (name, (time, values)), *others = server_levels(readings).items()
    assert name == "running"
    assert not others
    assert time.tolist() == [NS, 2 * NS, 3 * NS]
    assert values.tolist() == [1, 2, 3]
    assert server_levels([]) == {}


def test_counts_are_what_grew_in_the_window() -> None:
    found = told(*(vllm(4, 1_000_000 + 100 * i) for i in range(11)), start=2, stop=8)
    assert found.server == "vLLM"
    assert found.counts == {"generated_tokens": pytest.approx(600)}
    assert (found.readings, found.restarts, found.remarks) == (7, 0, ())
    assert not found.at_end


def test_edges_between_readings_are_joined_by_a_line() -> None:
    found = told(vllm(0, 0), vllm(0, 100), vllm(0, 300), start=0.5, stop=1.25)
    assert found.counts["generated_tokens"] == pytest.approx(50 + 50)


def test_levels_are_averaged_by_time() -> None:
    readings = [
        Reading.of(second * NS, vllm(level, 0)) for second, level in [(0, 2), (1, 2), (5, 10)]
    ]
    found = server_counters(readings, 0, 5 * NS)
    assert isinstance(found, ServerCounters)
    assert found.levels["running"].mean == pytest.approx((2 * 1 + 6 * 4) / 5)
    assert found.levels["running"].most == 10
    assert "kv_use" not in found.levels
    inner = server_counters(readings, 1 * NS, 3 * NS)
    assert isinstance(inner, ServerCounters)
    assert inner.levels["running"].mean == pytest.approx(4)


def test_a_label_that_first_comes_in_the_window_counts_from_zero() -> None:
    found = told(vllm(1, 0), vllm(1, 10), vllm(0, 20, done=3))
    assert found.counts["succeeded"] == 3


def test_several_engines_are_added_up_and_their_use_averaged() -> None:
    def text(tokens: int) -> str:
        return "".join(
            f'vllm:num_requests_running{{engine="{i}"}} {2 + i}\n'
            f'vllm:kv_cache_usage_perc{{engine="{i}"}} {0.25 + i / 2}\n'
            f'vllm:generation_tokens_total{{engine="{i}"}} {tokens}\n'
            for i in range(2)
        )

    found = told(text(0), text(7))
    assert found.levels["running"].mean == 5
    assert found.levels["kv_use"].mean == 0.5
    assert found.counts["generated_tokens"] == 14


def test_parts_that_share_every_request_count_once() -> None:
    def text(tokens: int) -> str:
        return "".join(
            f'sglang:num_running_reqs{{tp_rank="{i}",dp_rank="{j}"}} {3 + j}\n'
            for i in range(4)
            for j in range(2)
        ) + (f"sglang:generation_tokens_total {tokens}\n")

    found = told(text(5), text(9))
    assert found.server == "SGLang"
    assert found.at_end
    assert found.levels["running"].mean == 3 + 4
    assert found.counts["generated_tokens"] == 4


def test_what_is_told_by_priority_is_not_added_to_the_total() -> None:
    text = (
        'sglang:num_queue_reqs{priority=""} 9\n'
        'sglang:num_queue_reqs{priority="1"} 4\nsglang:num_queue_reqs{priority="2"} 5\n'
    )
    assert told(text, text).levels["waiting"].mean == 9


def test_a_restart_is_said_and_what_follows_is_counted() -> None:
    found = told(vllm(4, 900, done=50), vllm(4, 1000, done=60), vllm(0, 30), vllm(4, 130, done=5))
    assert found.counts["generated_tokens"] == pytest.approx(100 + 30 + 100)
    assert found.counts["succeeded"] == pytest.approx(10 + 5)
    assert found.restarts == 1
    assert "began anew once" in found.remarks[0]


def test_a_restart_outside_the_window_is_not_one_of_it() -> None:
    texts = [vllm(4, 1000), vllm(0, 0), vllm(4, 100), vllm(4, 200), vllm(4, 3)]
    found = told(*texts, start=1, stop=3)
    assert found.restarts == 0
    assert found.counts["generated_tokens"] == pytest.approx(200)
    assert "2 times" in told(*texts).remarks[0]


def histogram(
    counts: tuple[int, ...], total: float, name: str = "vllm:time_to_first_token_seconds"
) -> str:
    bounds = ("0.1", "0.5", "+Inf")
    lines = [f'{name}_bucket{{le="{b}"}} {c}' for b, c in zip(bounds, counts, strict=True)]
    return "\n".join([*lines, f'{name}_bucket{{le="odd"}} 9', f"{name}_count {counts[-1]}",
                      f"{name}_sum {total}", ""])  # fmt: skip


def test_histograms_are_differences_too() -> None:
    found = told(histogram((90, 90, 100), 500.0), histogram((95, 105, 120), 506.0))
    assert found.times == {"ttft_s": Histogram(20, 6.0, (0.1, 0.5, float("inf")), (5, 15, 20))}
    first = found.times["ttft_s"]
    assert first.mean == pytest.approx(0.3)
    assert first.between(0.25) == (0.0, 0.1)
    assert first.between(0.5) == (0.1, 0.5)
    assert first.between(1.0) == (0.5, float("inf"))


def test_a_histogram_that_did_not_grow_has_no_mean() -> None:
    text = histogram((90, 90, 100), 500.0)
    same = told(text, text).times["ttft_s"]
    assert same.mean is None
    assert same.between(0.5) is None
    assert Histogram(3, 1.0).between(0.5) is None


def test_a_histogram_may_lack_its_sum() -> None:
    texts = [f"vllm:e2e_request_latency_seconds_count {i}\n" for i in (3, 5)]
    assert told(*texts).times["e2e_s"] == Histogram(2, 0.0)


def test_an_older_name_serves_where_the_newer_is_not() -> None:
    old = "vllm:gpu_cache_usage_perc 0.5\n"
    assert told(old, old).levels["kv_use"].mean == 0.5
    both = old + "vllm:kv_cache_usage_perc 0.25\n"
    assert told(both, both).levels["kv_use"].mean == 0.25
    name = "vllm:time_per_output_token_seconds"
    text = [histogram((i, i, i), float(i), name) for i in (1, 2)]
    assert told(*text).times["itl_s"].count == 1


def test_prompts_of_llama_cpp_are_those_computed_and_those_at_hand() -> None:
    def text(computed: int, cached: int | None) -> str:
        lines = f"llamacpp:prompt_tokens_total {computed}\nllamacpp:n_decode_total {computed}\n"
        return lines + ("" if cached is None else f"llamacpp:prompt_tokens_cached_total {cached}\n")

    found = told(text(10, 0), text(40, 25))
    assert found.counts == {"prompt_tokens": 55, "cached_tokens": 25, "steps": 30}
    assert told(text(10, None), text(40, None)).counts["prompt_tokens"] == 30
    only = "llamacpp:tokens_predicted_total 1\n"
    assert told(only, only).counts == {"generated_tokens": 0}


def test_tokens_of_tgi_are_the_sums_of_its_histograms() -> None:
    def text(n: int) -> str:
        return (
            f"tgi_request_generated_tokens_sum {100 * n}\ntgi_request_generated_tokens_count {n}\n"
            f"tgi_request_input_length_sum {30 * n}\ntgi_batch_current_size 4\n"
        )

    found = told(text(1), text(3))
    assert found.server == "TGI"
    assert found.counts == {"generated_tokens": 200, "prompt_tokens": 60}


def test_no_reading_at_an_edge_is_said() -> None:
    found = told(vllm(1, 0), vllm(1, 100), start=-2, stop=3)
    assert (found.start, found.stop) == (0, NS)
    assert found.remarks == ("4.0 s of the window lie before or after all readings",)


def test_a_long_silence_is_said() -> None:
    readings = [Reading.of(second * NS, vllm(1, second)) for second in (0, 1, 9, 10)]
    found = server_counters(readings, 0, 10 * NS)
    assert isinstance(found, ServerCounters)
    assert found.remarks == ("the server did not tell anything for 8 s",)


def test_a_text_without_what_is_known_is_no_reading() -> None:
    gap = [
        vllm(1, 0),
        "python_info 1\n",
        '{"json": []}',
        vllm(1, 90),
        "vllm:generation_tokens_total NaN\n",
    ]
    assert told(*gap, stop=3).counts["generated_tokens"] == 90
    assert server_counters([Reading.of(0, "python_info 1\n")], 0, NS) == (
        "the server told nothing of itself that is known"
    )


@pytest.mark.parametrize(("start", "stop"), [(-9, 0), (1, 9), (-9, -5), (5, 9)])
def test_a_window_beside_all_readings_is_told_nothing(start: int, stop: int) -> None:
    readings = [Reading.of(second * NS, vllm(1, 0)) for second in (0, 1)]
    said = server_counters(readings, start * NS, stop * NS)
    assert said == "the server was not read twice about the window"
    assert server_counters(readings[:1] * 2, -NS, NS) == said


def test_every_name_belongs_to_its_server() -> None:
    names = known_names()
    for words in VOCABULARIES:
        own = {name for name in names if name.startswith(words.prefix)}
        assert own
        names -= own
    assert not names


def test_all_names_of_vllm_are_those_that_a_server_told() -> None:
    """Lines of vLLM 0.32.0 as it wrote them after 224 requests."""
    path = Path(__file__).parents[1] / "data" / "serving" / "vllm-0.32.0.txt"
    text = path.read_text()
    found = told(text.replace(" 8518.0", " 8418.0"), text)
    words = next(one for one in VOCABULARIES if one.server == "vLLM")
    assert found.server == "vLLM"
    assert set(found.levels) == set(words.levels)
    assert set(found.counts) == set(words.counts)
    assert set(found.times) == set(words.times)
    assert found.counts["prompt_tokens"] == 100
