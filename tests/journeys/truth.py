"""What the journal says of a stay, asked on the command line."""

import json
import os
import subprocess
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.journeys.sites import House
from tests.journeys.tablet import Tablet
from tests.support.server import SAFELIGHT


def this_month() -> str:
    """Return the month in which a site of the tests stands now."""
    return f"{datetime.now(ZoneInfo('Europe/London')):%Y-%m}"


def ask(house: House, *arguments: str) -> Any:  # noqa: ANN401 - whatever JSON it prints
    """Call the command line over a home that is being served, and return its JSON."""
    done = subprocess.run(
        [*SAFELIGHT, *arguments, "--json"],
        env={**os.environ, "SAFELIGHT_HOME": str(house.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def figures(house: House, site: str) -> dict[str, Any]:
    """Return this month's figures of a site."""
    month = this_month()
    found = ask(house, "statistics", f"--site={site}", f"--from={month}", f"--to={month}")
    assert [one["month"] for one in found] == [month]
    return dict(found[0])


def journal_says(tablet: Tablet) -> None:
    """Check that the journal holds one stay with one overdose, and that its hashes fit."""
    counted = figures(tablet.house, tablet.site)
    assert counted["visits"] == counted["people"] == 1
    assert counted["episodes"] == {"injecting": 1}
    assert counted["substances"] == {"heroin_and_cocaine": 1}
    assert counted["medical_emergencies"] == counted["ambulance_calls"] == 1
    assert counted["naloxone_given"] == 1
    assert ask(tablet.house, "verify", tablet.site)
