"""All commands, gathered from one module per subject."""

import typer

from safelight.cli import journal, rehearsal, service

app = typer.Typer(
    name="safelight",
    help="Plan, run and prove supervised drug services.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (service, journal, rehearsal):
    module.register(app)
