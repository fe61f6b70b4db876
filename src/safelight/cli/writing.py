"""Files that commands write: refused before the work where possible, and written whole."""

import os
from pathlib import Path

from safelight.kernel.errors import Invalid
from safelight.sources.files import write_whole

ELSEWHERE = "Name a file in a folder that is there and that you may write in."


def check_writable(*paths: Path | None) -> None:
    """Complain of what cannot be written, before hours are spent on it."""
    for path in filter(None, paths):
        if not path.parent.is_dir():
            raise Invalid("out-folder", f"There is no folder {path.parent}.", "Make it first.")
        if path.is_dir():
            raise Invalid("out-file", f"{path} is a folder.", "Name a file in it.")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise Invalid("out-file", f"{path} cannot be written.", ELSEWHERE)


def write_out(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; raises Invalid where it cannot be written."""
    try:
        if path.exists() and not path.is_file():  # a pipe or a device, not to be replaced
            path.write_bytes(content)
        else:
            write_whole(path, content)
    except OSError as error:
        raise Invalid(
            "out-file", f"{path} cannot be written: {error.strerror}.", ELSEWHERE
        ) from error
