"""All commands, gathered from one module per subject."""

import typer

from safelight.cli import factors, journal, rehearsal, service
from safelight.cli.lazy import Later, lazy_group

LATER = {
    "register": Later(
        "safelight.cli.register", "Controlled-drugs registers: list, check, print, export."
    ),
    "data": Later("safelight.cli.data", "Published tables: list, add, check."),
    "need": Later(
        "safelight.cli.need", "Estimate how many people are at risk, area by area, and how surely."
    ),
    "site": Later(
        "safelight.cli.site", "Choose where to put buildings and mobile stops, with a proven bound."
    ),
    "timetable": Later(
        "safelight.cli.timetable", "Plan the week of mobile units, with a proven bound."
    ),
    "capacity": Later(
        "safelight.cli.capacity", "Find how many booths, seats and staff keep the wait short."
    ),
}

app = typer.Typer(
    name="safelight",
    help="Plan, run and prove supervised drug services.",
    cls=lazy_group(LATER),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (service, factors, journal, rehearsal):
    module.register(app)
