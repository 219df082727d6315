from __future__ import annotations

import json

import pytest

from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Source
from joulemark.formats.inference.rounds import rounds
from joulemark.formats.inference.system import SystemDescription, read_system, system_fields
from tests.formats.inference.samples import source


def _read(**document: object) -> SystemDescription:
    return read_system(source(json.dumps(document, indent=1)))


def _whole(round_: str) -> dict[str, object]:
    names = list(rounds())
    fields = system_fields()
    known = {**fields.required, **fields.power}
    return {f: "x" for f, since in known.items() if names.index(since) <= names.index(round_)}


def test_what_it_says() -> None:
    read = _read(division="closed", submitter="us", system_name="A 1", number_of_nodes="1")
    assert (read.division, read.submitter, read.system_name, read.status) == (
        "closed",
        "us",
        "A 1",
        "",
    )
    assert read.nodes == 1
    assert read.lines == {"division": 2, "submitter": 3, "system_name": 4, "number_of_nodes": 5}
    assert read.problems == ()


@pytest.mark.parametrize("round_", ["v0.7", "v1.0", "v3.0", "v3.1", "v4.1", "v5.1", "v6.1"])
def test_a_whole_description_lacks_nothing(round_: str) -> None:
    read = _read(**_whole(round_))
    assert read.missing(round_) == ()
    assert read.missing_power(round_) == ()
    assert read.missing_network(round_) == ()


def test_what_rounds_added() -> None:
    old = _read(**_whole("v1.0"))
    assert old.missing("v2.1") == ()
    assert old.missing("v3.1") == ("host_network_card_count", "system_type_detail")
    assert old.missing_power("v4.1") == ()
    assert old.missing_power("v5.0") == ("system_power_only",)
    assert len(_read().missing_power("v5.1")) == 15
    assert len(_read().missing("v5.1")) == 35


def test_network_fields_are_asked_of_network_systems() -> None:
    assert _read(is_network="False").missing_network("v5.1") == ()
    read = _read(is_network="True")
    assert len(read.missing_network("v5.1")) == 12
    assert read.missing_network("v2.0") == ()


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (8, 8),
        ("8", 8),
        (" 4x", None),
        ("2 (one each)", 2),
        ("", 0),
        ("N/A", 0),
        (None, None),
        (True, None),
        ("many", None),
    ],
)
def test_counts_as_they_are_written(value: object, count: int | None) -> None:
    assert _read(accelerators_per_node=value).accelerators == count


def test_power_only() -> None:
    assert _read(system_power_only="true").power_only
    assert _read(system_power_only=True).power_only
    assert not _read(system_power_only="no").power_only
    assert not _read().power_only


def test_texts_of_a_wrong_kind() -> None:
    read = _read(division=["closed"])
    assert read.division == ""
    assert [(p.line, p.what) for p in read.problems] == [(2, "division is no text: \"['closed']\"")]


def test_what_is_no_description() -> None:
    for data in (b"", b"[]", b"\xff\x00", b"{" * 10):
        with pytest.raises(FormatError):
            read_system(Source("f", data))
