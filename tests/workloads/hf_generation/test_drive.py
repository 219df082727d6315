"""A load is handed in when it is due, and every request becomes a record, whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from tests.workloads.hf_generation.engines import BEGIN, STEP, Engine

from joulemark.core.clock import NS
from joulemark.core.request import Counted, Outcome, Prompt, Request
from joulemark.loads.serving.arrivals import closed_loop, poisson, saturation
from joulemark.workloads.hf_generation.answer import SET_BACK
from joulemark.workloads.hf_generation.drive import LEAD_S, Drive, Limits
from joulemark.workloads.hf_generation.driver import largest
from joulemark.workloads.openai.client import Load
from joulemark.workloads.openai.lag import Lag

LIMITS = Limits(tokens=100, answer=7, silence_s=2.0)
SHIFT = 5 * NS
START = BEGIN + round(LEAD_S * NS) + SHIFT


class Driven:
    """What came of a load."""

    def __init__(
        self,
        engine: Engine,
        outs: Sequence[int | None],
        due_s: Sequence[float] | None = None,
        *,
        ids: Sequence[list[int]] | None = None,
        limits: Limits = LIMITS,
        stop_at: int | None = None,
        decode: Callable[[Sequence[int]], str] | None = None,
        **load: Any,
    ) -> None:
        prompts = [Prompt(id=str(i), text="a", tokens_out=out) for i, out in enumerate(outs)]
        self.kept: list[Request] = []
        self.texts: list[str] = []
        self._stop_at = stop_at
        self.drive = Drive(
            engine,
            Load(prompts=prompts, due_s=due_s or [0.0] * len(outs), **load),
            ids or [[1, 2, 3]] * len(outs),
            self._keep,
            limits,
            shift=SHIFT,
            decode=decode,
            name="n-",
            clock=engine.clock,
            engine_clock=engine.clock,
        )
        self.lag = Lag()

    def run(self) -> Driven:
        self.lag = self.drive.run()
        return self

    def _keep(self, request: Request, text: str) -> None:
        self.kept.append(request)
        self.texts.append(text)
        if len(self.kept) == self._stop_at:
            raise KeyboardInterrupt

    def outcomes(self) -> dict[str, Outcome]:
        assert len({one.id for one in self.kept}) == len(self.kept), "told twice"
        return {one.id: one.outcome for one in self.kept}

    def __getitem__(self, name: str) -> Request:
        return next(one for one in self.kept if one.id == name)


def test_a_record_holds_what_the_engine_says() -> None:
    found = Driven(Engine(), [3]).run()
    one = found["0"]
    assert one.outcome is Outcome.OK
    assert (one.planned, one.sent) == (START, START)
    steps = tuple(START + k * STEP for k in (1, 2, 3))
    assert one.chunks == steps
    assert (one.first_byte, one.first_token, one.ended) == (steps[0], steps[0], steps[-1])
    assert one.running == (1, 2, 3)
    assert (one.tokens_in, one.counted_in) == (3, Counted.ENGINE)
    assert (one.tokens_out, one.counted_out, one.asked_tokens) == (3, Counted.ENGINE, 3)
    assert (one.finish, one.error, one.notes, one.attempts) == ("length", "", (), 1)
    assert (one.status, one.prompt) == (None, "0")


def test_times_are_those_of_the_engine_and_not_of_the_client() -> None:
    late = STEP // 2
    found = Driven(Engine(late=late), [2, 2], concurrency=1).run()
    assert found["0"].chunks[0] == START + STEP
    assert found["1"].sent == START + 2 * STEP + 2 * late
    assert found.lag.late_most_s == pytest.approx(late / NS)
    assert found.lag.ticks == 2
    assert found.lag.events == 4


def running(requests: Sequence[Request]) -> int:
    """Return how many requests were between first and last token at most."""
    return largest([(one.first_token or 0, one.ended or 0) for one in requests])


@pytest.mark.parametrize("batch", [1, 3, 8])
def test_the_batch_is_never_above_its_cap(batch: int) -> None:
    engine = Engine(batch)
    found = Driven(engine, [5, 9, 2, 7] * 5, saturation(20).due_s.tolist()).run()
    assert set(found.outcomes().values()) == {Outcome.OK}
    assert max(engine.sizes) == batch
    assert largest(found.drive.spans) == batch
    assert running(found.kept) == batch
    assert all(one.tokens_out == one.asked_tokens for one in found.kept)


def test_a_closed_loop_keeps_its_concurrency() -> None:
    engine = Engine(batch=8)
    found = Driven(engine, [5, 9, 2, 7] * 5, concurrency=closed_loop(20, 3).concurrency).run()
    assert max(engine.sizes) == 3
    flight = [(one.sent or 0, one.ended or 0) for one in found.kept]
    assert largest(flight) == 3
    assert all(one.planned == one.sent for one in found.kept)


def test_arrivals_are_honoured() -> None:
    due = poisson(30, 40.0, seed=3).due_s.tolist()
    found = Driven(Engine(), [4] * 30, due).run()
    for i, seconds in enumerate(due):
        one = found[str(i)]
        assert one.planned == START + round(seconds * NS)
        assert one.lateness_s is not None
        assert 0 <= one.lateness_s <= STEP / NS
    assert found.lag.ticks == 60


def test_a_start_that_is_told_is_kept_and_numbers_count_in_a_row() -> None:
    start = BEGIN + 7 * NS
    found = Driven(Engine(), [1, 1], start=start, first=3, stride=4).run()
    assert set(found.outcomes()) == {"3", "7"}
    assert found["3"].sent == start + SHIFT


def test_an_answer_without_a_length_takes_that_of_the_settings() -> None:
    assert Driven(Engine(), [None]).run()["0"].tokens_out == 7


def test_text_only_where_it_is_asked_for() -> None:
    found = Driven(Engine(), [3], decode=lambda ids: "".join("xyz"[i] for i in ids)).run()
    assert found.texts == ["xyz"]
    assert found["0"].text_length == 3
    assert Driven(Engine(), [3]).run().texts == [""]


def test_what_does_not_fit_is_rejected_and_the_rest_is_served() -> None:
    engine = Engine()
    found = Driven(engine, [98, 3, 97], ids=[[1] * 3, [], [1] * 3]).run()
    rejected, served = Outcome.REJECTED, Outcome.OK
    assert found.outcomes() == {"0": rejected, "1": rejected, "2": served}
    assert "101 tokens are asked for; a request holds 100" in found["0"].error
    assert found["1"].error == "the prompt has no token"
    assert (found["0"].sent, found["0"].ended, found["0"].attempts) == (None, None, 0)
    assert found["0"].counted_out is None


def test_a_request_that_fails_keeps_what_came() -> None:
    def before(engine: Engine, step: int) -> None:
        if step == 2:
            engine.fail(engine.active[0], "out of blocks")

    found = Driven(Engine(before=before), [5, 5]).run()
    assert found.outcomes() == {"0": Outcome.FAILED, "1": Outcome.OK}
    assert (found["0"].error, found["0"].tokens_out, found["0"].finish) == ("out of blocks", 2, "")
    assert found["0"].ended == START + 2 * STEP


def test_an_engine_that_dies_and_tells() -> None:
    def before(engine: Engine, step: int) -> None:
        if step == 2:
            engine.die("no memory")

    found = Driven(Engine(1, before), [5, 5, 5], [0.0, 0.0, 1.0]).run()
    failed, refused = Outcome.FAILED, Outcome.REFUSED
    assert found.outcomes() == {"0": failed, "1": failed, "2": refused}
    assert found["0"].tokens_out == 2
    assert found["2"].sent is None
    assert found["2"].planned == START + NS


def test_an_engine_that_dies_without_a_word() -> None:
    def before(engine: Engine, step: int) -> None:
        if step == 2:
            engine.die()

    found = Driven(Engine(before=before), [5, 5], [0.0, 9.0]).run()
    assert found.outcomes() == {"0": Outcome.DROPPED, "1": Outcome.REFUSED}
    assert found["0"].tokens_out == 2


def test_an_engine_that_takes_nothing_more() -> None:
    engine = Engine()
    engine.taking = False
    found = Driven(engine, [5, 5]).run()
    assert found.outcomes() == {"0": Outcome.REFUSED, "1": Outcome.REFUSED}
    assert found["0"].attempts == 0


def test_an_engine_that_hangs_is_left() -> None:
    def before(engine: Engine, step: int) -> None:
        engine.hanging = step == 2

    engine = Engine(1, before)
    found = Driven(engine, [5, 5, 5], [0.0, 0.0, 60.0]).run()
    stalled = Outcome.STALLED
    assert found.outcomes() == {"0": stalled, "1": stalled, "2": Outcome.CANCELLED}
    assert sorted(engine.cancelled) == ["n-0", "n-1"]
    assert "no token came for 2 s" in found["0"].error
    assert found["2"].error == "not sent: no token came for 2 s"
    silence = engine.now - BEGIN - LEAD_S * NS - 2 * STEP
    assert 2.0 < silence / NS < 2.6


def test_waiting_for_a_request_that_is_due_late_is_no_silence() -> None:
    found = Driven(Engine(), [1, 1], [0.0, 30.0]).run()
    assert set(found.outcomes().values()) == {Outcome.OK}


def test_a_load_that_lasts_too_long_is_cut() -> None:
    engine = Engine(1)
    found = Driven(engine, [50, 5, 5], [0.0, 0.0, 9.0], lasting_s=0.2).run()
    assert set(found.outcomes().values()) == {Outcome.CANCELLED}
    assert found["0"].tokens_out == 20
    assert found["0"].ended == START + round(0.2 * NS)
    assert (found["1"].tokens_out, found["1"].chunks) == (0, ())
    assert found["2"].sent is None
    assert sorted(engine.cancelled) == ["n-0", "n-1"]


def test_ctrl_c_keeps_what_came() -> None:
    engine = Engine(2)
    found = Driven(engine, [2, 9, 9, 9], stop_at=1)
    with pytest.raises(KeyboardInterrupt):
        found.run()
    assert found.outcomes().pop("0") is Outcome.OK
    assert [one.outcome for one in found.kept[1:]] == [Outcome.CANCELLED] * 3
    assert found["1"].tokens_out == 1
    assert sorted(engine.cancelled) == ["n-1", "n-2", "n-3"]


def test_a_request_that_is_set_back_keeps_the_times_that_were_seen() -> None:
    def before(engine: Engine, step: int) -> None:
        if step == 2:
            engine.set_back(engine.active[0])

    one = Driven(Engine(before=before), [4]).run()["0"]
    assert one.chunks == tuple(START + k * STEP for k in (1, 2, 3, 4))
    assert one.notes == (SET_BACK,)


def test_tokens_without_times_take_the_time_of_reading() -> None:
    class Bare(Engine):
        def get_result(self, request_id: str | None = None, timeout: float | None = None) -> Any:
            output = super().get_result(request_id, timeout)
            if output is not None:
                output.timestamps, output.lifespan = None, (-1, -1)
            return output

    found = Driven(Bare(late=STEP), [2]).run()
    assert found["0"].chunks == (START + 2 * STEP, START + 4 * STEP)
    assert found["0"].ended == START + 4 * STEP
    assert found["0"].notes == ()
    assert found.drive.spans == []


def test_late_outputs_of_another_load_are_nothing() -> None:
    engine = Engine()
    engine.add_request([1], "other-1", 3, streaming=True, record_timestamps=True)
    assert Driven(engine, [2]).run().outcomes() == {"0": Outcome.OK}


def test_most_spans_at_one_time() -> None:
    assert largest([]) == 0
    assert largest([(0, 5), (5, 9), (4, 6)]) == 2
