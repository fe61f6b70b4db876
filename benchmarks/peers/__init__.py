"""The programs that Safelight is measured against, in an environment of their own."""

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = Path(__file__).with_name("requirements.lock")
VENV = ROOT / ".venv-peers"


def peer_python() -> Path:
    """Return the peers' interpreter, after installing the peers where they are not there yet.

    SAFELIGHT_PEERS may name the interpreter of an environment that has them already.
    """
    if named := os.environ.get("SAFELIGHT_PEERS"):
        return Path(named)
    python, stamp = VENV / "bin" / "python", VENV / "requirements.lock"
    if not (stamp.exists() and stamp.read_text() == LOCK.read_text()):
        print("Installing the peers to measure against …", file=sys.stderr, flush=True)
        venv.create(VENV, with_pip=True, clear=True)
        install: list[str | Path] = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "-r",
            LOCK,
        ]
        subprocess.run(install, check=True)
        stamp.write_text(LOCK.read_text())
    return python
