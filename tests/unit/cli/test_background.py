"""What a command says of its progress while it works and when it is told to end."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from safelight.cli.background import ProgressFile

PATIENCE_SECONDS = 0.3
STARTED_SECONDS, WAIT_SECONDS = 3, 60


def test_nothing_is_said_after_the_last_word(tmp_path: Path) -> None:
    told = ProgressFile(tmp_path / "progress.json")
    told.tell(0.5, "Proving")
    told.tell_last("Ended before it was done")
    late = threading.Thread(target=told.tell, args=(0.6, "Proving still"), daemon=True)
    late.start()
    late.join(PATIENCE_SECONDS)
    assert late.is_alive()
    assert json.loads((tmp_path / "progress.json").read_text())["message"] == (
        "Ended before it was done"
    )
    assert [each.name for each in tmp_path.iterdir()] == ["progress.json"]


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Leave no process behind, whatever the test finds."""
    try:
        yield
    finally:
        process.kill()


def test_a_simulation_is_interrupted_without_a_word(tmp_path: Path) -> None:
    out = tmp_path / "hours.csv"
    service = ("--visits-per-day=400", "--booths=9", "--years=100000", f"--csv={out}")
    command = [sys.executable, "-m", "safelight.cli", "capacity", *service]
    # A program that was started with Ctrl+C ignored, as behind ``&``, would rightly ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process, ended(process):
        # Most likely amid the compiled years; amid the imports the answer has to be the same.
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(STARTED_SECONDS)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=WAIT_SECONDS)
    assert (process.returncode, said) == (130, b"")
    assert list(tmp_path.iterdir()) == []
