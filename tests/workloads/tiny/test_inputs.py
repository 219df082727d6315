"""What is fed to a board."""

from __future__ import annotations

from pathlib import Path

import pytest

from joulemark.core.errors import FormatError, JoulemarkError, UsageError
from joulemark.workloads.tiny.inputs import made_up, official


def table(folder: Path, text: str, **files: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "y_labels.csv").write_text(text)
    for name, data in files.items():
        (folder / f"{name}.bin").write_bytes(data)
    return folder


def test_made_up_inputs_are_the_same_for_a_seed_and_differ_among_themselves() -> None:
    first, again = made_up("kws01", 490, 5), made_up("kws01", 490, 5)
    assert first == again
    assert len({one.pieces for one in first}) == 5
    assert {len(one.pieces[0]) for one in first} == {490}
    assert made_up("kws01", 490, 1, seed=2) != first[:1]
    assert not any(one.official for one in first)


def test_official_files_are_found_in_their_order(tmp_path: Path) -> None:
    folder = table(tmp_path / "kws01", "a.bin,12,7\nb.bin,12,2\n", a=bytes(490), b=bytes([1] * 490))
    for where in (tmp_path, folder):
        first, second = official(where, "kws01", None, whole=False)
        assert (first.file, first.label, first.classes) == ("a.bin", 7, 12)
        assert second.pieces == (bytes([1] * 490),)
        assert second.official
    assert len(official(tmp_path, "kws01", 1, whole=False)) == 1


def test_recordings_are_sent_in_pieces_that_overlap(tmp_path: Path) -> None:
    folder = table(tmp_path, "a.bin,2,1,8,2\n", a=bytes(range(14)))
    (whole,) = official(folder, "ad01", None, whole=True)
    assert [piece[0] for piece in whole.pieces] == [0, 2, 4, 6]
    (first,) = official(folder, "ad01", None, whole=False)
    assert first.pieces == (bytes(range(8)),)


@pytest.mark.parametrize(
    ("text", "error", "what"),
    [
        ("", UsageError, "0 inputs"),
        ("a.bin,12,7\n", UsageError, "1 inputs, 5 needed"),
        ("../a.bin,12,7\n", FormatError, "no name of a file"),
        ("missing.bin,12,7\n", FormatError, "cannot be read"),
        ("empty.bin,12,7\n", FormatError, "no input of"),
    ],
)
def test_what_is_wrong_with_a_set_is_told(
    tmp_path: Path, text: str, error: type[JoulemarkError], what: str
) -> None:
    table(tmp_path, text, a=bytes(490), empty=b"")
    with pytest.raises(error, match=what):
        official(tmp_path, "kws01", 5, whole=False)


def test_a_set_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no y_labels\.csv"):
        official(tmp_path, "kws01", 5, whole=False)
    table(tmp_path, "a.bin,2,1\n", a=bytes(99))
    with pytest.raises(FormatError, match="no size and stride"):
        official(tmp_path, "ad01", None, whole=True)
    (tmp_path / "y_labels.csv").write_bytes(b"\xff\xfe,\n")
    with pytest.raises(FormatError, match="cannot be read"):
        official(tmp_path, "kws01", None, whole=False)
