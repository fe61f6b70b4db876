"""Counting a service's months from its visits and incidents, corrections included."""

from collections import Counter
from collections.abc import Iterable

from safelight.contracts.statistics import MonthStatistics
from safelight.run.domain.entities import Handed, Incident, Refusal, Visit
from safelight.run.domain.incident import NALOXONE

# Incidents of these kinds are adverse events, but no medical emergencies.
NOT_MEDICAL = frozenset({"injury", "psychiatric", "other"})


def combination(substances: Iterable[str]) -> str:
    """Name what was declared together, as published: ``heroin_and_cocaine``."""
    return "_and_".join(sorted(substances, reverse=True))


def month_statistics(
    month: str,
    visits: Iterable[Visit],
    incidents: Iterable[Incident],
    handed: Iterable[Handed] = (),
    refusals: Iterable[Refusal] = (),
) -> MonthStatistics:
    """Count one month of one site."""
    visits = list(visits)
    episodes = [episode for visit in visits for episode in visit.episodes]
    referrals = Counter(code for visit in visits for code in visit.referrals)
    doses, calls, emergencies = _count_incidents(incidents)
    moved = Counter[str]()
    for row in handed:
        moved[row.direction] += row.quantity
    return MonthStatistics(
        month=month,
        visits=len(visits),
        episodes=_counted(episode.route for episode in episodes),
        substances=_counted(combination(episode.substances) for episode in episodes),
        medical_emergencies=emergencies,
        people=len({visit.person for visit in visits if visit.person}),
        ambulance_calls=calls,
        naloxone_given=doses,
        referrals=referrals.total(),
        referrals_to=dict(sorted(referrals.items())),
        refusals=sum(1 for _ in refusals),
        left_without_service=sum(v.outcome == "left_without_service" for v in visits),
        equipment_given=moved["given"],
        equipment_returned=moved["returned"],
    )


def _count_incidents(incidents: Iterable[Incident]) -> tuple[int, int, int]:
    """Return doses of naloxone, incidents with an ambulance called, and medical emergencies."""
    doses = calls = emergencies = 0
    for incident in incidents:
        standing = [step for step in incident.steps if step.corrected_by is None]
        doses += sum(step.what == NALOXONE for step in standing)
        calls += any(step.what == "ambulance_called" for step in standing)
        emergencies += incident.kind not in NOT_MEDICAL
    return doses, calls, emergencies


def _counted(codes: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(codes).items()))
