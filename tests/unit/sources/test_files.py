"""A file is there whole or not at all."""

import os
from pathlib import Path

import pytest

from safelight.sources.files import write_whole


class Ended(SystemExit):
    """What a request to end raises."""


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_whole(path, b"first")
    (tmp_path / "gone").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(tmp_path / "gone", b"never")
    write_whole(path, b"second")
    assert path.read_bytes() == b"second"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["gone", "state.json"]


def test_a_request_to_end_in_the_middle_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state.json"
    write_whole(path, b"first")

    def end(_descriptor: int) -> None:
        raise Ended

    monkeypatch.setattr(os, "fsync", end)
    with pytest.raises(Ended):
        write_whole(path, b"second")
    assert path.read_bytes() == b"first"
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]
