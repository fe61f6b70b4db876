"""The entry point: turns every error into a sentence and an exit code."""

import sys

from safelight.cli.app import app
from safelight.cli.output import report
from safelight.kernel.errors import SafelightError
from safelight.wiring import keep_sums_steady


def main() -> None:
    """Run the command line."""
    keep_sums_steady()
    try:
        app()
    except SafelightError as error:
        sys.exit(report(error, as_json="--json" in sys.argv))
    except KeyboardInterrupt:
        sys.exit(130)
