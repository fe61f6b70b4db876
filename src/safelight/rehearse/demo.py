"""The demonstration: sites with some days of history, and people inside right now."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

from msgspec.structs import replace

from safelight.kernel.clock import local_day
from safelight.rehearse.arrivals import arrivals, passers_by
from safelight.rehearse.clinic.clinic import Clinic
from safelight.rehearse.clinic.live import SCENARIO, prepare_clinic
from safelight.rehearse.clinic.scenario import find_clinic
from safelight.rehearse.keeper import keep
from safelight.rehearse.plan import Plan
from safelight.rehearse.scenario import Hours, Period, Scenario, StopTable, Team, find_scenario
from safelight.rehearse.stage import staged
from safelight.run.identity.vault import Vault
from safelight.run.store.reader import reading
from safelight.wiring import Home, vault_key

BUILDING, VEHICLE = "harbour", "mobile-unit"
HISTORY_DAYS = 10
BUSY_FOR = timedelta(hours=2)  # before now, at the rate of the live floor
OPENS, CLOSES = time(6), time(5, 50)
STOP_HOURS = (
    (time(6, 5), time(13, 55)),
    (time(14, 0), time(21, 55)),
    (time(22, 0), time(5, 40)),
)
TEAM_HOURS = {"early": time(6), "late": time(14), "night": time(22)}


def demo_scenarios() -> list[Scenario]:
    """Return the scenarios of the demonstration, open day and night."""
    return [find_scenario(BUILDING), around_the_clock(find_scenario(VEHICLE))]


def around_the_clock(scenario: Scenario) -> Scenario:
    """Return a vehicle's scenario with its stops and teams spread over day and night."""
    duties = scenario.teams[0].duties
    return replace(
        scenario,
        hours=Hours(opens=OPENS, closes=CLOSES, source=scenario.hours.source),
        teams=tuple(Team(name, starts, duties) for name, starts in TEAM_HOURS.items()),
        stops=tuple(
            StopTable(stop.label, arrives, leaves)
            for stop, (arrives, leaves) in zip(scenario.stops, STOP_HOURS, strict=True)
        ),
    )


def prepare_demo(
    home: Home,
    now: datetime,
    *,
    seed: int = 1,
    days: int = HISTORY_DAYS,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Scenario]:
    """Give a home the demonstration's sites with their history until now; return the scenarios.

    A site that is there already is left as it is. Call it before a node is opened over the home.
    """
    for scenario in demo_scenarios():
        if not _exists(home, scenario.site.id):
            progress(scenario.site.name)
            _rehearse_until(home, scenario, now, seed, days)
    return demo_scenarios()


def prepare_demo_clinic(
    home: Home, now: datetime, progress: Callable[[str], None] = lambda _: None
) -> Clinic | None:
    """Give a home the demonstration's clinic; None where it is there already."""
    site = find_clinic(SCENARIO).site
    if _exists(home, site.id):
        return None
    progress(site.name)
    return prepare_clinic(home, now)


def _exists(home: Home, site: str) -> bool:
    if not (home.database or home.journal.exists()):
        return False
    with reading(home.connector) as reader:
        return site in reader.sites()


def _rehearse_until(home: Home, scenario: Scenario, now: datetime, seed: int, days: int) -> None:
    """Rehearse some days that end in the middle of things."""
    today = local_day(now, scenario.site.timezone)
    recent = replace(scenario, period=Period(today - timedelta(days=days), today))
    with staged(home, recent, seed, None, strict=False) as (floor, post):
        vault = Vault(home.path / "vault.sqlite3", vault_key(home))
        floor.seal = vault.seal
        busy = passers_by(floor, "before the demonstration")
        floor.agenda.spawn(keep(floor, None))
        floor.agenda.spawn(arrivals(floor, Plan(recent, seed), today))
        floor.agenda.spawn(busy, (now - BUSY_FOR - floor.agenda.start).total_seconds())
        floor.agenda.run(until=now)
        post.settle()
        vault.close()
