"""The command line: thin commands over the node, the journal and the rehearsals."""

from safelight.cli.app import app
from safelight.cli.main import main

__all__ = ["app", "main"]
