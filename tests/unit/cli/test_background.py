"""What a command says of its progress while it works and when it is told to end."""

import json
import threading
from pathlib import Path

from safelight.cli.background import ProgressFile

PATIENCE_SECONDS = 0.3


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
