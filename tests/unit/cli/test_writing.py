"""Files that commands write: refused in words, and there whole or not at all."""

import os
from pathlib import Path

import pytest

from safelight.cli.writing import check_writable, write_out
from safelight.kernel.errors import Invalid


def test_what_can_be_written_is_no_matter(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("old")
    check_writable(None, tmp_path / "new.csv", tmp_path / "old.csv")
    write_out(tmp_path / "old.csv", b"new")
    assert (tmp_path / "old.csv").read_text() == "new"


@pytest.mark.parametrize(
    ("name", "message"),
    [("no/x.csv", "There is no folder {}/no."), ("", "{} is a folder.")],
    ids=["no folder", "a folder"],
)
def test_what_cannot_be_written_is_said_before_the_work(
    tmp_path: Path, name: str, message: str
) -> None:
    with pytest.raises(Invalid) as refused:
        check_writable(tmp_path / name)
    assert refused.value.message == message.format(tmp_path)
    assert refused.value.remedy


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(Invalid, match="cannot be written"):
        check_writable(tmp_path / "x.csv")


def test_what_turns_out_unwritable_is_said(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        write_out(tmp_path / "gone" / "x.csv", b"")
    assert refused.value.message.endswith("x.csv cannot be written: No such file or directory.")


def test_device_is_written_to_and_stays_one() -> None:
    write_out(Path(os.devnull), b"words")
    assert Path(os.devnull).is_char_device()
