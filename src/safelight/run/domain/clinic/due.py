"""What a treatment waits for: reviews, plans, contacts and measures, due or overdue."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final, NamedTuple

from safelight.kernel.clock import local_day
from safelight.run.domain.clinic.consent import consents_to
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import (
    ACCEPTED,
    ATTENDED,
    DECLINED,
    PLANNED,
    REFERRED,
    Review,
    Treatment,
)

SECOND_OPINION: Final = "second_opinion"
TREATMENT: Final = "treatment"
STAGES: Final = (REFERRED, ACCEPTED, DECLINED)


class Due(NamedTuple):
    """One thing to do for a treatment: what, of which kind, and the day on which it falls due."""

    on: date
    what: str
    kind: str = ""

    def overdue(self, today: date) -> bool:
        """Tell whether its day has passed."""
        return self.on < today


class Row(NamedTuple):
    """One treatment in the list, with what is due."""

    treatment: Treatment
    due: list[Due]


def treatments(site: Site, today: date, protocol: Protocol) -> dict[str, list[Row]]:
    """Return the treatments in memory by stage, oldest first, each with what is due."""
    timezone = site.premises.timezone if site.premises else "UTC"
    groups: dict[str, list[Row]] = {stage: [] for stage in STAGES}
    # An ended one is among them while a command has recalled it, and is not listed.
    for treatment in sorted(site.all_of(Treatment).values(), key=lambda each: each.seq):
        if treatment.stage in groups:
            groups[treatment.stage].append(
                Row(treatment, due(treatment, today, protocol, timezone))
            )
    return groups


def due(treatment: Treatment, today: date, protocol: Protocol, timezone: str) -> list[Due]:
    """Return what is due today or overdue, longest first."""
    return [each for each in coming(treatment, today, protocol, timezone) if each.on <= today]


def coming(treatment: Treatment, today: date, protocol: Protocol, timezone: str) -> list[Due]:
    """Return everything that a treatment waits for, by its day."""
    if not treatment.is_open:
        return []
    found = list(_contacts(treatment, timezone))
    if not treatment.running:
        return sorted([*found, *_decision(treatment, timezone)])
    began = began_on(treatment, timezone)
    found += _consent(treatment, began)
    found += _care_plan(treatment, began)
    found += _reviews(treatment, began, protocol, timezone)
    found += _psychosocial(treatment, began, today, protocol, timezone)
    found += _measures(treatment, began, protocol)
    return sorted(found)


def began_on(treatment: Treatment, timezone: str) -> date:
    """Return the day of the decision by which a treatment runs."""
    return _day(treatment.decisions[-1].at, timezone)


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _day(instant: datetime, timezone: str) -> date:
    return local_day(instant, timezone)


def _decision(treatment: Treatment, timezone: str) -> Iterator[Due]:
    if treatment.assessments:
        yield Due(_day(treatment.assessments[-1].at, timezone), "decision")
    else:
        yield Due(_day(treatment.referred_at, timezone), "assessment")


def _contacts(treatment: Treatment, timezone: str) -> Iterator[Due]:
    for contact in treatment.contacts:
        if contact.state == PLANNED:
            yield Due(_day(contact.planned_for, timezone), "contact", contact.kind)


def _consent(treatment: Treatment, began: date) -> Iterator[Due]:
    if not consents_to(treatment, TREATMENT):
        yield Due(began, "consent", TREATMENT)


def _care_plan(treatment: Treatment, began: date) -> Iterator[Due]:
    if not treatment.care_plans:
        yield Due(began, "care_plan")
    elif (on := treatment.care_plans[-1].review_on) is not None:
        yield Due(on, "care_plan_review")


def _reviews(treatment: Treatment, began: date, protocol: Protocol, timezone: str) -> Iterator[Due]:
    newest: dict[str, Review] = {review.kind: review for review in treatment.reviews}
    days = {kind: review.next_on for kind, review in newest.items() if review.next_on}
    months = protocol.optional("second_opinion_months")
    if months is not None:
        last = newest.get(SECOND_OPINION)
        latest = months_after(_day(last.at, timezone) if last else began, months)
        days[SECOND_OPINION] = min(latest, days.get(SECOND_OPINION, latest))
    for kind, on in days.items():
        yield Due(on, "review", kind)


def _psychosocial(
    treatment: Treatment, began: date, today: date, protocol: Protocol, timezone: str
) -> Iterator[Due]:
    """While the pack makes psychosocial care mandatory, a next contact has to be planned."""
    months = protocol.optional("psychosocial_months")
    if months is None or today >= months_after(began, months):
        return
    planned = [c for c in treatment.contacts if c.state == PLANNED]
    if not any(_day(contact.planned_for, timezone) >= today for contact in planned):
        kept = [_day(c.planned_for, timezone) for c in treatment.contacts if c.state == ATTENDED]
        yield Due(max([began, *kept]), "psychosocial")


def _measures(treatment: Treatment, began: date, protocol: Protocol) -> Iterator[Due]:
    months = protocol.optional("outcome_months")
    if months is not None:
        last = treatment.outcomes[-1].on if treatment.outcomes else None
        yield Due(months_after(last, months) if last else began, "measures")
