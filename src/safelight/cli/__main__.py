"""``python -m safelight.cli``: how one part of Safelight has another do something."""

from safelight.cli.main import main

main()
