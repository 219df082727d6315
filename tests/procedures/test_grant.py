"""The right to read the energy counters: what is written, that it works, and that it goes again."""

from __future__ import annotations

import grp
import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from joulemark.core.errors import (
    FormatError,
    PermissionNeededError,
    StoreError,
    UnavailableError,
    UsageError,
)
from joulemark.procedures import grant as what
from joulemark.procedures.grant import Grant, allow, forbid, grant
from joulemark.procedures.granting import apply, run_command, state, under, undo, undone
from tests.meters.trees import intel_laptop

EVERY_RIGHT = 0o777


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("etc", "usr/lib/udev", "usr/lib/systemd/system"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc/group").write_text("root:x:0:\npower:x:7:ada\nplugdev:x:46:\n")
    return tmp_path


def silent(command: tuple[str, ...]) -> str:
    raise AssertionError(f"an image is only written to: {command}")


def files(root: Path) -> set[str]:
    found = (path for path in root.rglob("*") if path.is_file() or path.is_symlink())
    return {f"/{path.relative_to(root)}" for path in found}


def text(granted: Grant, path: str) -> str:
    return next(file.text for file in granted.files if file.path == path)


# -------------------------------------------------------------------- what is written


def test_a_rule_and_a_unit_give_one_group_the_right(root: Path) -> None:
    granted = grant(root, group="power")
    paths = [file.path for file in granted.files]
    assert paths == [what.RULE, what.UNIT, what.WANTED, what.RECORD]
    rule, unit = text(granted, what.RULE), text(granted, what.UNIT)
    assert 'ACTION=="add", SUBSYSTEM=="powercap"' in rule
    assert "chgrp power $$f; chmod g+r $$f" in rule
    assert "chgrp power $$z/$$f; chmod g+r $$z/$$f" in unit
    assert "a+r" not in rule + unit
    assert granted.commands == ()  # an image is only written to
    assert any("CVE-2020-8694" in note for note in granted.notes)


def test_everybody_only_when_asked_and_with_the_reason_against_it(root: Path) -> None:
    granted = grant(root, world=True)
    assert "chmod a+r $$f" in text(granted, what.RULE)
    assert "chgrp" not in text(granted, what.RULE) + text(granted, what.UNIT)
    assert granted.notes[0].startswith("EVERYBODY")
    assert "PLATYPUS" in granted.notes[0]
    with pytest.raises(UsageError, match="both a group and everybody"):
        grant(root, group="power", world=True)


def test_our_own_group_is_made_where_it_is_missing(root: Path) -> None:
    assert "\ng joulemark -\n" in text(grant(root), what.USERS)
    with (root / "etc/group").open("a") as out:
        out.write("joulemark:x:990:\n")
    assert what.USERS not in [file.path for file in grant(root).files]


@pytest.mark.parametrize("name", ["power ;reboot", "Power", "$(id)", "a" * 40, "'", "-x"])
def test_what_is_no_name_of_a_group_is_refused(root: Path, name: str) -> None:
    with pytest.raises(UsageError, match="not the name of a group"):
        grant(root, group=name)


def test_a_group_that_is_named_must_exist(root: Path) -> None:
    with pytest.raises(UsageError, match="there is no group 'wheel'") as caught:
        grant(root, group="wheel")
    assert "groupadd wheel" in caught.value.remedy


def test_without_udev_or_systemd_there_is_what_can_be_done(root: Path) -> None:
    shutil.rmtree(root / "usr/lib/systemd")
    assert [file.path for file in grant(root).files] == [what.RULE, what.RECORD]
    shutil.rmtree(root / "usr/lib/udev")
    with pytest.raises(UnavailableError, match="neither udev nor systemd") as caught:
        grant(root)
    assert "chgrp joulemark $z/$f" in caught.value.remedy


def test_on_this_machine_commands_make_it_hold_at_once() -> None:
    commands = what._commands("joulemark", "ada", made=True, udev=True, systemd=True)
    assert [" ".join(command) for command in commands] == [
        "systemd-sysusers /etc/sysusers.d/joulemark-rapl.conf",
        "usermod -aG joulemark ada",
        "udevadm control --reload",
        "udevadm trigger --action=add --subsystem-match=powercap",
        "systemctl daemon-reload",
        "systemctl start joulemark-rapl.service",
    ]
    bare = what._commands("joulemark", "", made=True, udev=False, systemd=False)
    assert bare == [("groupadd", "--system", "joulemark")]


def test_who_is_a_member_already_is_not_made_one(root: Path) -> None:
    assert json.loads(text(grant(root, group="power", user="ada"), what.RECORD))["member"] == ""
    granted = grant(root, group="power", user="bob")
    assert json.loads(text(granted, what.RECORD))["member"] == "bob"
    assert any(note.startswith("bob becomes a member") for note in granted.notes)


def test_a_machine_without_counters_is_told_so(root: Path) -> None:
    assert any("No energy counter" in note for note in grant(root).notes)
    intel_laptop(root)
    assert not any("No energy counter" in note for note in grant(root).notes)


# -------------------------------------------------------------------- that it works


def modes(root: Path) -> set[int]:
    found = (root / "sys/class/powercap").glob("intel-rapl*:*/energy_uj")
    return {stat.S_IMODE(path.stat().st_mode) & EVERY_RIGHT for path in found}


def as_systemd_reads(unit: str) -> str:
    """Return the shell command of a unit: lines joined, dollars halved, quotes taken off."""
    line = unit.replace("\\\n", " ").partition("ExecStart=/bin/sh -c '")[2]
    return line.partition("'")[0].replace("$$", "$")


@pytest.mark.parametrize("world", [False, True])
def test_what_the_unit_runs_opens_every_counter_and_the_undo_closes_them(
    root: Path, world: bool
) -> None:
    intel_laptop(root)
    for path in (root / "sys/class/powercap").glob("intel-rapl*:*/*_uj"):
        path.chmod(0o400)
    mine = grp.getgrgid(os.getgid()).gr_name
    (root / "etc/group").write_text(f"{mine}:x:0:\n")
    granted = grant(root, world=True) if world else grant(root, group=mine)

    def run(script: str) -> None:
        here = script.replace("/sys/class", str(root / "sys/class"))
        subprocess.run(["/bin/sh", "-c", here], check=True, timeout=60)

    assert modes(root) == {0o400}
    run(as_systemd_reads(text(granted, what.UNIT)))
    assert modes(root) == {0o444 if world else 0o440}
    run(forbid().replace("chgrp root", f"chgrp {mine}"))
    assert modes(root) == {0o400}


def test_the_rule_runs_in_the_folder_of_its_zone(root: Path) -> None:
    zone = intel_laptop(root).root / "intel-rapl:0"
    (zone / "energy_uj").chmod(0o400)
    rule = text(grant(root, world=True), what.RULE).replace("\\\n", " ")
    script = rule.partition("/bin/sh -c '")[2].partition("'")[0].replace("$$", "$")
    subprocess.run(
        ["/bin/sh", "-c", script.replace("/sys%p", str(zone.resolve()))], check=True, timeout=60
    )
    assert stat.S_IMODE((zone / "energy_uj").stat().st_mode) & EVERY_RIGHT == 0o444


def test_systemd_takes_the_unit(root: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("systemd-analyze is not installed")
    apply(root, grant(root), silent)
    done = subprocess.run(
        [verify, "verify", str(under(root, what.UNIT))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert what.SERVICE not in done.stderr
    assert done.returncode == 0


def test_the_command_for_machines_without_systemd_is_the_same(root: Path) -> None:
    unit = as_systemd_reads(text(grant(root, group="power"), what.UNIT))
    assert " ".join(" ".join(allow("power", dollar="$")).split()) == " ".join(unit.split())


# -------------------------------------------------------------------- done and undone


def test_only_what_was_shown_is_written_and_undoing_leaves_nothing(root: Path) -> None:
    before = files(root)
    granted = grant(root)
    assert state(root, granted) == "new"
    apply(root, granted, silent)
    assert files(root) - before == {file.path for file in granted.files}
    for file in granted.files:
        path = under(root, file.path)
        assert (str(path.readlink()) if file.link else path.read_text()) == file.text
    assert state(root, granted) == "done"
    undo(root, undone(root), silent)
    assert files(root) == before
    with pytest.raises(UnavailableError, match="nothing was written"):
        undone(root)


def test_once_group_and_member_are_made_it_is_done_all_the_same(root: Path) -> None:
    apply(root, grant(root, user="ada"), silent)
    with (root / "etc/group").open("a") as out:
        out.write("joulemark:x:990:ada\n")
    again = grant(root, user="ada")
    assert what.USERS not in [file.path for file in again.files]
    assert state(root, again) == "done"


def test_what_is_in_the_way_is_neither_overwritten_nor_removed(root: Path) -> None:
    mine = under(root, what.RULE)
    mine.parent.mkdir(parents=True)
    mine.write_text("# my own\n")
    granted = grant(root)
    with pytest.raises(StoreError, match="in the way") as caught:
        state(root, granted)
    assert caught.value.where == str(mine)
    with pytest.raises(StoreError, match="File exists"):
        apply(root, granted, silent)
    assert mine.read_text() == "# my own\n"
    assert not under(root, what.UNIT).exists()


def test_another_choice_must_undo_the_first(root: Path) -> None:
    apply(root, grant(root), silent)
    with pytest.raises(StoreError) as caught:
        state(root, grant(root, world=True))
    assert "--undo" in caught.value.remedy


def test_a_failure_half_way_leaves_nothing(root: Path) -> None:
    before = files(root)
    blocked = root / "var"
    blocked.write_text("a file where a folder should be")
    with pytest.raises(StoreError):
        apply(root, grant(root), silent)
    blocked.unlink()
    assert files(root) == before


def test_a_link_that_leads_out_of_an_image_is_not_followed(root: Path, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (root / "var").symlink_to(outside)
    with pytest.raises(StoreError, match="leads out of the image"):
        apply(root, grant(root), silent)
    assert list(outside.iterdir()) == []
    assert not under(root, what.RULE).exists()


def test_a_file_that_was_changed_since_stays(root: Path) -> None:
    apply(root, grant(root), silent)
    under(root, what.RULE).write_text("# changed\n")
    planned = undone(root)
    assert planned.kept == (what.RULE,)
    undo(root, planned, silent)
    assert under(root, what.RULE).read_text() == "# changed\n"
    assert not under(root, what.UNIT).exists()


@pytest.mark.parametrize(
    "record",
    [
        "",
        "[]",
        '{"files": []}',
        '{"files": [["/etc/passwd", 1]], "made": "", "group": "", "member": ""}',
        '{"files": ["/etc/passwd"], "made": "", "group": "", "member": ""}',
        '{"files": [["/etc/passwd", "0"]], "made": "", "group": "", "member": ""}',
    ],
)
def test_a_forged_record_removes_nothing(root: Path, record: str) -> None:
    path = under(root, what.RECORD)
    path.parent.mkdir(parents=True)
    path.write_text(record)
    before = files(root)
    with pytest.raises(FormatError):
        undone(root)
    assert files(root) == before


def test_commands_that_fail_are_told_and_the_others_run(root: Path) -> None:
    ran: list[tuple[str, ...]] = []

    def run(command: tuple[str, ...]) -> str:
        ran.append(command)
        return "no" if command[0] == "b" else ""

    granted = Grant(grant(root).files, (("a",), ("b",), ("c",)), ())
    assert apply(root, granted, run) == [(("b",), "no")]
    assert ran == [("a",), ("b",), ("c",)]


def test_undoing_on_this_machine_takes_group_or_member_back(root: Path) -> None:
    from joulemark.procedures.granting import _undo_commands

    record = {"made": "joulemark", "group": "joulemark", "member": "ada"}
    commands = _undo_commands(record, [what.RULE, what.UNIT])
    assert [command[0] for command in commands] == ["udevadm", "systemctl", "/bin/sh", "groupdel"]
    kept = {"made": "", "group": "power", "member": "ada"}
    assert _undo_commands(kept, [])[-1] == ("gpasswd", "-d", "ada", "power")
    assert _undo_commands({**kept, "member": ""}, [])[-1][:2] == ("/bin/sh", "-c")


def test_a_command_says_what_went_wrong() -> None:
    assert run_command(("true",)) == ""
    assert run_command(("sh", "-c", "echo first; echo last >&2; exit 3")) == "exit code 3: last"
    assert "No such file" in run_command(("/no/such/command",))


def test_who_may_not_write_is_told(root: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    (root / "etc").chmod(0o555)
    try:
        with pytest.raises(PermissionNeededError):
            apply(root, grant(root), silent)
    finally:
        (root / "etc").chmod(0o755)
