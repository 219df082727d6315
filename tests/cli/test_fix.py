"""``joulemark meters --fix``: it shows, asks and then does."""

from __future__ import annotations

import io
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from joulemark.cli import main
from joulemark.cli.fix import agreed, fix, fix_arguments, on_host
from joulemark.core.errors import PermissionNeededError, UnavailableError, UsageError
from joulemark.procedures.grant import RULE, UNIT, Grant, grant
from joulemark.procedures.granting import under
from joulemark.report.grant import print_failed, print_grant


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("etc", "usr/lib/udev", "usr/lib/systemd/system"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc/group").write_text("root:x:0:\n")
    return tmp_path


def arguments(*words: object) -> Namespace:
    parser = ArgumentParser()
    parser.add_argument("--json", action="store_true")
    fix_arguments(parser)
    return parser.parse_args(["--fix", *map(str, words)])


def answering(answer: str) -> Callable[[str], str]:
    return lambda question: answer


def test_it_shows_all_and_writes_nothing_when_dry(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["meters", "--fix", "--root", str(root), "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert f"--- {under(root, RULE)}\n# Written by joulemark" in shown
    assert "CVE-2020-8694" in shown
    ours = [line for line in shown.splitlines() if str(root) not in line]
    assert max(map(len, ours)) <= 80
    assert not under(root, RULE).exists()


def test_it_does_what_is_agreed_to_and_takes_it_back(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fix(arguments("--root", root), answering("n")) == 0
    assert not under(root, RULE).exists()
    assert fix(arguments("--root", root), answering(" Yes ")) == 0
    assert under(root, RULE).is_file()
    assert fix(arguments("--root", root, "--yes")) == 0
    assert "in place already" in capsys.readouterr().err
    assert fix(arguments("--root", root, "--undo", "--dry-run")) == 0
    assert under(root, RULE).is_file()
    assert fix(arguments("--root", root, "--undo"), answering("")) == 0
    assert under(root, RULE).is_file()
    under(root, RULE).write_text("changed")
    assert fix(arguments("--root", root, "--undo", "--yes")) == 0
    assert "were changed since" in capsys.readouterr().out
    assert list((root / "etc/systemd/system").glob("*.service")) == []


def test_with_nobody_to_ask_nothing_is_changed(root: Path) -> None:
    def nobody(question: str) -> str:
        raise EOFError

    with pytest.raises(UsageError, match="nobody is there") as caught:
        fix(arguments("--root", root), nobody)
    assert "--yes" in caught.value.remedy
    assert not under(root, RULE).exists()


def test_it_answers_in_json(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["meters", "--fix", "--root", str(root), "--dry-run", "--json"]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert planned["files"][0]["path"] == str(under(root, RULE))
    assert planned["commands"] == []
    assert main(["meters", "--fix", "--root", str(root), "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == planned
    assert main(["meters", "--fix", "--undo", "--root", str(root), "--yes", "--json"]) == 0
    removed = json.loads(capsys.readouterr().out)["removed"]
    assert removed[0] == str(under(root, RULE))


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--undo"], 2, "--undo belongs to --fix"),
        (["nvml", "--fix"], 2, "--fix is for the energy counters of the processor"),
        (["--dry-run"], 2, "--dry-run belongs to --fix"),
        (["--fix", "--root", "/no/such/folder"], 2, "no such folder"),
    ],
)
def test_arguments_that_make_no_sense(
    words: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["meters", *words]) == code
    assert message in capsys.readouterr().err


def test_a_missing_group_is_a_wrong_argument(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["meters", "--fix", "--root", str(root), "--group", "wheel"]) == 2
    assert "there is no group 'wheel'" in capsys.readouterr().err


def test_who_is_not_root_is_told_the_command() -> None:
    with pytest.raises(PermissionNeededError) as caught:
        agreed(arguments("--group", "power", "--yes"), answering("y"), user_id=1000)
    assert "nothing was changed" in caught.value.what
    assert caught.value.remedy.startswith("sudo ")
    assert caught.value.remedy.endswith("-m joulemark meters --fix --group power --yes")
    assert agreed(arguments(), answering("y"), user_id=0)


def test_a_container_is_not_changed() -> None:
    assert not on_host("", only_shown=False)
    with pytest.raises(UnavailableError, match=r"a container \(docker\)") as caught:
        on_host("docker", only_shown=False)
    assert "--root DIR" in caught.value.remedy


def test_a_container_is_shown_what_belongs_on_its_host(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert on_host("docker", only_shown=True)
    assert "on its host" in capsys.readouterr().err
    assert [file.path for file in grant(tmp_path, host=True).files][:2] == [RULE, UNIT]


def test_commands_are_shown_before_and_named_when_they_fail() -> None:
    out = io.StringIO()
    granted = Grant((), (("usermod", "-aG", "joulemark", "a b"), ("x" * 60, "y" * 60)), ("n",))
    print_grant(granted, Path("/"), out)
    assert "  usermod -aG joulemark 'a b'\n" in out.getvalue()
    assert max(map(len, out.getvalue().splitlines())) <= 80
    print_failed([(("systemctl", "start", "x"), "exit code 1: no bus")], out)
    assert "failed: systemctl start x: exit code 1: no bus" in out.getvalue()
