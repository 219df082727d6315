"""Who we are to a device is found in few places, and shown in none."""

from __future__ import annotations

import copy
import pickle

import pytest

from joulemark.core.errors import PermissionNeededError
from joulemark.meters._credentials import Credentials, credentials, variable_names

SECRET = "s3cret-%s"


def _empty(service: str, user: str | None) -> None:
    return None


def test_the_general_variables_count_for_every_device() -> None:
    variables = {"JOULEMARK_BMC_USER": "reader", "JOULEMARK_BMC_PASSWORD": SECRET}
    found = credentials("10.0.0.7", variables=variables, ring=_empty)
    assert (found.user, found.password) == ("reader", SECRET)


def test_those_of_one_device_count_first_each_by_itself() -> None:
    variables = {
        "JOULEMARK_BMC_USER": "reader",
        "JOULEMARK_BMC_PASSWORD": "for all",
        "JOULEMARK_BMC_PASSWORD_10_0_0_7": SECRET,
    }
    found = credentials("10.0.0.7", variables=variables, ring=_empty)
    assert (found.user, found.password) == ("reader", SECRET)
    assert credentials("10.0.0.8", variables=variables, ring=_empty).password == "for all"


def test_the_name_may_be_a_setting() -> None:
    variables = {"JOULEMARK_BMC_USER": "reader", "JOULEMARK_BMC_PASSWORD": SECRET}
    assert credentials("bmc", user="other", variables=variables, ring=_empty).user == "other"


def test_a_keyring_is_asked_last_and_only_if_something_lacks() -> None:
    asked: list[tuple[str, str | None]] = []

    def ring(service: str, user: str | None) -> tuple[str, str]:
        asked.append((service, user))
        return "ring's", SECRET

    found = credentials("bmc-1", variables={"JOULEMARK_BMC_USER": "reader"}, ring=ring)
    assert (found.user, found.password) == ("reader", SECRET)
    assert credentials("bmc-1", variables={}, ring=ring).user == "ring's"
    assert asked == [("joulemark-bmc/bmc-1", "reader"), ("joulemark-bmc/bmc-1", None)]
    whole = {"JOULEMARK_BMC_USER": "a", "JOULEMARK_BMC_PASSWORD": "b"}
    credentials("bmc-1", variables=whole, ring=ring)
    assert len(asked) == 2


def test_a_kind_has_variables_of_its_own() -> None:
    variables = {"JOULEMARK_PDU_USER": "reader", "JOULEMARK_PDU_PASSWORD": SECRET}
    assert credentials("p", kind="PDU", variables=variables, ring=_empty).user == "reader"
    with pytest.raises(PermissionNeededError):
        credentials("p", variables=variables, ring=_empty)


@pytest.mark.parametrize(
    ("variables", "what"),
    [({}, "no name and password"), ({"JOULEMARK_BMC_USER": "reader"}, "no password")],
)
def test_what_is_nowhere_is_told_with_what_to_set(variables: dict[str, str], what: str) -> None:
    with pytest.raises(PermissionNeededError, match=what) as caught:
        credentials("node-1.bmc", variables=variables, ring=_empty)
    assert "JOULEMARK_BMC_PASSWORD_NODE_1_BMC" in caught.value.remedy
    assert "keyring set joulemark-bmc/node-1.bmc NAME" in caught.value.remedy


def test_a_secret_is_shown_nowhere() -> None:
    held = Credentials("reader", SECRET)
    assert SECRET not in f"{held!r} {held}"
    assert held.hidden(f"login with {SECRET} failed") == "login with [not shown] failed"
    assert Credentials("reader", "").hidden("text") == "text"
    for write in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="not written down"):
            write(held)


def test_hosts_of_any_form_have_variables_that_a_shell_can_set() -> None:
    for host in ("fe80::1%eth0", "bmc.é", "10.0.0.1"):
        for name in variable_names(host)[0]:
            assert name.isidentifier()
            assert name.isascii()
