"""One tiny question beforehand: what is wrong is told at once, and how to mend it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from joulemark.core.errors import JoulemarkError, UsageError
from joulemark.meters._listener import Listener
from joulemark.procedures.serving.about import about, models_of, shown, the_model
from joulemark.procedures.serving.probe import first_answer
from joulemark.procedures.serving.ready import ServerError
from joulemark.procedures.serving.whose import WHOLE_MACHINE, whose
from joulemark.virtual.redfish.certificate import self_signed
from joulemark.virtual.serving.server import ScriptedServer
from joulemark.virtual.serving.wrongs import Wrongs
from joulemark.workloads.openai.target import Target
from tests.procedures.serving.helpers import SCRIPT, When, measured, serving

NOWHERE = Target(url="http://127.0.0.1:9", model="m")


def target(server: ScriptedServer, model: str = "scripted") -> Target:
    return Target(url=server.url, model=model)


def test_what_came_is_told() -> None:
    with serving() as server:
        told = first_answer(target(server))
        assert told["counted_by"] == "usage"
        assert told["tokens_out"] == 2
        assert about(target(server)) == {"owned_by": "joulemark"}
        assert models_of(target(server)) == ["scripted"]
        assert the_model(target(server, "")) == "scripted"


def test_nobody_is_there() -> None:
    for ask in (first_answer, the_model):
        with pytest.raises(ServerError) as caught:
            ask(NOWHERE)
        assert caught.value.exit_code == 1
        assert "start the server, or correct --url" in str(caught.value)
    assert about(NOWHERE) == {}


def test_a_server_that_nobody_vouches_for() -> None:
    made = ScriptedServer(SCRIPT, Wrongs(()), context=self_signed("127.0.0.1").context())
    try:
        for ask in (first_answer, the_model):
            with pytest.raises(ServerError, match="--cafile FILE"):
                ask(target(made))
    finally:
        made.close()


@pytest.mark.parametrize(
    ("refused", "cure"),
    [
        (1, "it answers with --no-usage"),
        (2, "it answers with --endpoint completions"),
        (3, "it answers with --endpoint completions --no-usage"),
        (4, "it answers with --limit-field max_completion_tokens"),
        (5, "it answers with --no-stream"),
        (9, "see --model, --endpoint, --no-usage, --limit-field and --extra"),
    ],
)
def test_another_way_to_ask_is_tried(refused: int, cure: str) -> None:
    with (
        serving(When("rejects", lambda number: number <= refused)) as server,
        pytest.raises(UsageError, match="it refuses to be asked so: HTTP 422") as caught,
    ):
        first_answer(target(server))
    assert caught.value.remedy == cure
    assert caught.value.where.endswith("/v1/chat/completions")


def test_a_model_that_is_not_there() -> None:
    with serving(Wrongs(["rejects"])) as server, pytest.raises(UsageError) as caught:
        first_answer(target(server, "other"))
    assert caught.value.remedy == "it serves scripted (--model NAME)"


def test_what_passes_is_asked_again() -> None:
    with serving(When("throttles", lambda number: number <= 2)) as server:
        assert first_answer(target(server))["tokens_out"] == 2
    for fault in ("throttles", "fails", "hangs-up", "bad-event", "drops"):
        with serving(Wrongs([fault])) as server, pytest.raises(ServerError) as caught:
            first_answer(target(server))
        assert caught.value.remedy


@pytest.mark.parametrize("wait_s", [0.2])
def test_a_first_answer_has_its_time(wait_s: float) -> None:
    with (
        serving(Wrongs(["stalls"])) as server,
        pytest.raises(ServerError, match=r"0\.2 s") as caught,
    ):
        first_answer(target(server), wait_s)
    assert "--silence" in caught.value.remedy


def test_nothing_is_kept_of_a_server_that_does_not_answer(tmp_path: Path) -> None:
    with serving(Wrongs(["rejects"])) as server, pytest.raises(JoulemarkError):
        measured(server, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_server_says_does_nothing_to_a_terminal() -> None:
    assert shown("a\x1b[31mb\u202ec\n") == "a\ufffd[31mb\ufffdc\ufffd"
    assert len(shown("x" * 999)) == 300


def test_whose_processor_time_it_is() -> None:
    def found(host: str, port: int) -> Listener | str:
        return Listener(pid=12, root=10, name="python")

    who = whose(NOWHERE, find=found)
    assert (who.root_pid, who.facts["process"]["name"]) == (10, "python")
    assert whose(NOWHERE, pid=77, find=found).root_pid == 77
    whole = whose(NOWHERE, started=9, find=found, within=lambda pid, top: True)
    assert (whole.root_pid, whole.facts["process"]["started"]) == (9, True)
    other = whose(NOWHERE, started=9, find=found, within=lambda pid, top: False)
    assert (other.root_pid, other.facts["process"]["started"]) == (10, False)
    unknown = whose(NOWHERE, started=9, find=lambda host, port: "nobody may look")
    assert unknown.root_pid == WHOLE_MACHINE
    assert unknown.facts["process_unknown"] == "nobody may look"


def test_a_server_elsewhere_needs_a_meter_that_sees_it() -> None:
    far = replace(NOWHERE, url="http://198.51.100.7:8000")
    with pytest.raises(UsageError, match="the meters here do not see it"):
        whose(far)
    assert whose(far, meters_named=True).root_pid == WHOLE_MACHINE
