"""What stands in for heavy modules behaves as they do: records, closed lists, scopes, JSON."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import enum
import json
import math
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from joulemark.core import _record, _scope, _words, record, scope, words
from joulemark.core.jsonlight import dumps, loads
from joulemark.core.record import names

# records, made by both decorators


def made(decorator: Any, field: Any, **options: Any) -> Any:
    class Point:
        """A point."""

        x: int
        y: float = 2.0
        tags: list[str] = field(default_factory=list)

        @property
        def far(self) -> bool:
            return self.x > 10

    Point.__module__ = __name__
    Point.__qualname__ = "Point"
    return decorator(slots=True, **options)(Point)


OURS = made(_record.record, _record.field, frozen=True)
THEIRS = made(dataclasses.dataclass, dataclasses.field, frozen=True)
Point = OURS  # where pickle looks for it
BOTH = pytest.mark.parametrize("kind", [OURS, THEIRS], ids=["record", "dataclass"])


@BOTH
def test_a_record_is_made_compared_shown_and_hashed(kind: Any) -> None:
    one, same, other = kind(1), kind(x=1, y=2.0), kind(1, 3.0, ["a"])
    assert one == same
    assert one != other
    assert one != (1, 2.0, [])
    assert repr(other) == "Point(x=1, y=3.0, tags=['a'])"
    assert not one.far
    assert one.tags is not same.tags
    assert kind.__doc__ == "A point."
    assert kind.__match_args__ == ("x", "y", "tags")
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)
    assert not hasattr(one, "__dict__")


@BOTH
def test_a_frozen_record_refuses_changes(kind: Any) -> None:
    one = kind(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.x
    assert one.x == 1


@BOTH
def test_wrong_arguments_are_type_errors(kind: Any) -> None:
    for wrong in (dict[str, Any](), {"x": 1, "z": 2}):
        with pytest.raises(TypeError, match="argument"):
            kind(**wrong)


@BOTH
def test_the_functions_of_dataclasses_take_it(kind: Any) -> None:
    one = kind(1, tags=["a"])
    is_one: Any = dataclasses.is_dataclass
    assert is_one(kind)
    assert [field.name for field in dataclasses.fields(one)] == ["x", "y", "tags"]
    x, y, tags = dataclasses.fields(kind)
    assert (x.default, y.default) == (dataclasses.MISSING, 2.0)
    assert tags.default_factory is list
    assert dataclasses.replace(one, y=5.0) == kind(1, 5.0, ["a"])
    assert dataclasses.asdict(one) == {"x": 1, "y": 2.0, "tags": ["a"]}
    assert names(kind) == ("x", "y", "tags")


def test_records_are_copied_replaced_and_pickled() -> None:
    one = OURS(1, tags=["a"])
    assert _record.replace(one, x=2) == OURS(2, tags=["a"])
    for again in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert again == one
        assert type(again) is OURS
    assert copy.deepcopy(one).tags is not one.tags
    with pytest.raises(TypeError, match="argument"):
        _record.replace(one, nothing=1)


def test_fields_by_name_only_and_records_that_change() -> None:
    kind = made(_record.record, _record.field, kw_only=True)
    one = kind(x=1)
    one.x = 5
    assert one.x == 5
    assert kind.__match_args__ == ()
    assert all(field.kw_only for field in dataclasses.fields(kind))
    with pytest.raises(TypeError, match="positional"):
        kind(1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


def test_frozen_records_of_hashable_fields_are_hashed() -> None:
    @_record.record(frozen=True)
    class Pair:
        left: int
        right: int = 0

    maker: Any = Pair
    assert len({maker(1), maker(1, 0), maker(2)}) == 2


def test_what_is_no_record_has_no_names() -> None:
    assert names(int) == ()


# closed lists, ours and the standard library's


class Ours(_words.StrEnum):
    WARM = "warm"
    COLD = "cold-ish"


class Theirs(enum.StrEnum):
    WARM = "warm"
    COLD = "cold-ish"


LISTS = pytest.mark.parametrize("kind", [Ours, Theirs])


@LISTS
def test_members_are_words_and_themselves(kind: Any) -> None:
    warm, cold = kind
    assert kind("warm") is warm is kind.WARM
    assert (warm.name, warm.value) == ("WARM", "warm")
    assert warm == "warm"
    assert f"{cold}|{cold!s}|{cold:>9}" == "cold-ish|cold-ish| cold-ish"
    assert type(str(cold)) is str
    assert repr(cold) == f"<{kind.__name__}.COLD: 'cold-ish'>"
    assert len(kind) == 2
    assert warm in kind
    assert {warm: 1}["warm"] == 1
    assert json.dumps([warm]) == dumps([warm]) == '["warm"]'


@LISTS
def test_there_is_one_object_of_each(kind: Any) -> None:
    cold = kind.COLD
    for again in (copy.copy(cold), copy.deepcopy(cold), pickle.loads(pickle.dumps(cold))):
        assert again is cold


@LISTS
def test_what_is_not_in_the_list_is_refused(kind: Any) -> None:
    for wrong in ("hot", 3, None):
        with pytest.raises(ValueError, match="is not a valid"):
            kind(wrong)
    with pytest.raises(AttributeError, match="reassign"):
        kind.WARM = "hot"
    kind.remark = 1
    assert kind.remark == 1


def test_words_of_other_kinds_are_not_in_it() -> None:
    ours: Any = Ours
    assert "warm" in ours
    assert "hot" not in ours
    assert 3 not in ours


# scopes


@pytest.mark.parametrize("kind", [_scope.suppress, contextlib.suppress])
def test_only_the_named_errors_are_let_go(kind: Any) -> None:
    with kind(ValueError, KeyError):
        dict[str, int]().pop("x")
    with kind(ValueError):
        pass
    with pytest.raises(KeyError), kind(ValueError):
        dict[str, int]().pop("x")


def test_what_measures_is_given_these() -> None:
    assert vars(scope)["ExitStack"] is _scope.ExitStack
    assert vars(words)["StrEnum"] is _words.StrEnum
    assert vars(record)["record"] is _record.record


STACKS = pytest.mark.parametrize("kind", [_scope.ExitStack, contextlib.ExitStack])


@STACKS
def test_what_was_opened_last_is_closed_first(kind: Callable[[], Any]) -> None:
    done: list[str] = []
    with kind() as stack:
        stack.callback(done.append, "first")
        assert stack.enter_context(contextlib.nullcontext("entered")) == "entered"
        stack.callback(done.append, "last")
    assert done == ["last", "first"]
    stack.close()
    assert done == ["last", "first"]


@STACKS
def test_a_failure_does_not_keep_the_rest_open(kind: Callable[[], Any]) -> None:
    done: list[str] = []
    stack = kind()
    stack.callback(done.append, "first")
    stack.callback(int, "x")
    with pytest.raises(ValueError, match="invalid literal"):
        stack.close()
    assert done == ["first"]


@STACKS
def test_what_was_handed_over_is_not_closed(kind: Callable[[], Any]) -> None:
    done: list[str] = []
    with kind() as stack:
        stack.callback(done.append, "x")
        kept = stack.pop_all()
    assert done == []
    kept.close()
    assert done == ["x"]


# JSON

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_json_is_written_and_read_as_by_the_package(value: Any) -> None:
    text = dumps(value)
    assert text == json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert loads(text) == value
    assert loads(f" \n{text}\t") == value
    if text.isascii():
        assert loads(text.encode()) == value


@example("NaN")
@example("[-Infinity]")
@given(st.text(alphabet='{}[]",:01-.eEtrufalsn\\ \n', max_size=12) | st.text(max_size=6))
def test_what_is_no_json_for_the_package_is_none_here(text: str) -> None:
    try:
        wanted = json.loads(text, parse_constant=int)  # int("NaN") is a ValueError, as it is here
    except ValueError:
        with pytest.raises(ValueError, match=r"."):
            loads(text)
    else:
        assert loads(text) == wanted


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "-Infinity", "", "1 2", '{"a" 1}', b"\xff"])
def test_hostile_text_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        loads(text)


def test_a_text_nested_too_deeply() -> None:
    with pytest.raises(RecursionError):
        loads("[" * 100_000)


@pytest.mark.parametrize("value", [math.nan, math.inf, [-math.inf]])
def test_numbers_that_json_has_not_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="JSON"):
        dumps(value)


def test_what_is_no_json_value_is_refused() -> None:
    with pytest.raises(TypeError, match="a complex is no JSON value"):
        dumps({"a": [1j]})
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(ValueError, match="Circular"):
        dumps(loop)
